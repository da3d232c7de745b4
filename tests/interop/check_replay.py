#!/usr/bin/python3
"""Sends the lab what real servers were sent while their answers were captured (captured.py) and
compares, token by token. Prints how many answers agree, and every difference with its reason; a
difference without one is a failure, and so is a reason for which there is no difference any more.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import captured  # noqa: E402
import lab as support  # noqa: E402
import tds  # noqa: E402
from lab import Lab, expect, wait_for  # noqa: E402
from proxy import read_ini  # noqa: E402

SCENARIO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "replay.json")
LETTERS = {"done": "", "doneproc": "p", "doneinproc": "i"}
# Databases of these chapters are made by the scenario: the product creates none, so neither can
# the lab. (CREATE DATABASE of the captures is DONE 0/203.)
# Messages that the capture of a chapter left out.
LEFT_OUT = {"gaps-backup": {5701, 5703}}
# What differs, and why it stays so. By chapter and case.
SECTORS = "4096 is what the captured machine's disk has, 512 is Windows' usual"
REASONS = {
    ("gaps-backup", "filelistonly"): SECTORS,
    ("gaps-backup", "restored contents"):
        "a table that a client creates is not in the lab's log: BizTalk's stand there from the start",
    ("gaps-backup", "backup missing directory"):
        "the lab has files but no directories: each path can be written, if sp_lab_file lets it",
    ("gaps-backup", "filelistonly file 2"): SECTORS,
}


class Replay:
    """A fresh lab and the connections of one chapter."""

    def __init__(self, lab):
        server = read_ini(lab.ini)["server SQLREPLAY"]
        self.port, self.user = int(server["port"]), server["restore_user"]
        with open(os.path.join(lab.directory, server["restore_password_file"]),
                  encoding="utf-8") as file:
            self.password = file.readline().rstrip("\n")
        self.connections = {}

    def open(self, name, database=""):
        client = tds.Client(self.port, self.user, self.password, database)
        self.connections[name] = client
        return client

    def get(self, name):
        return self.connections.get(name) or self.open(name)

    def step(self, step):
        """None, or what is wrong."""
        if step.kind == "open":
            expect(self.open(step.on, step.database).logged_in, f"{step.on} is not let in")
        elif step.kind == "refused":
            client = self.open(step.on, step.database)
            seen = [str(error) for error in client.greeting.errors]
            client.close()
            if client.logged_in or seen != step.errors:
                return f"the login gave {seen}, not {step.errors}"
        elif step.kind == "close":
            self.get(step.on).close()
            self.wait_until_gone(self.connections.pop(step.on))
        elif step.kind == "send":
            self.get(step.on).send_batch(step.sql)
            self.wait_until_running()
        else:
            return self.see_closed(step.on)
        return None

    def wait_until_gone(self, client):
        watcher = self.get("watcher")
        text = f"SELECT COUNT(*) AS n FROM sys.dm_exec_sessions WHERE session_id = {client.spid}"
        wait_for(lambda: watcher.batch(text).sets[0][1][0][0] == 0, 10, "the session has left")

    def wait_until_running(self):
        watcher = self.get("watcher")
        wait_for(lambda: watcher.batch("SELECT COUNT(*) AS n FROM sys.dm_exec_requests WHERE"
                                       " wait_type = 'WAITFOR'").sets[0][1][0][0] > 0,
                 10, "the request waits")

    def see_closed(self, name):
        client = self.connections.pop(name, None)
        if client is None:
            return f"{name} is lost"
        client.socket.settimeout(3)
        try:
            client.message()
        except (tds.Closed, ConnectionError):
            return None
        except TimeoutError:
            pass
        return f"{name} was not cut"

    def close(self):
        for client in self.connections.values():
            client.close()


def shown(reply):
    out = []
    for kind, status, command, count in reply.dones:
        tail = f"/{count}" if status & 0x10 else ""
        out.append(f"{LETTERS[kind]}{status}/{command}{tail}")
    return out


def shown_shortly(reply):
    """As captures have it that kept neither status nor command."""
    return [("more" if status & 1 else "last") + (f":{count}" if status & 0x10 else "")
            for _, status, _, count in reply.dones]


def compare_dones(case, reply):
    short = case.dones and case.dones[-1].startswith("last")
    seen = shown_shortly(reply) if short else shown(reply)
    if seen != case.dones:
        yield f"DONE {seen}, not {case.dones}"


def compare_sets(chapter, case, reply):
    if len(reply.sets) != len(case.sets):
        yield f"{len(reply.sets)} result sets, not {len(case.sets)}"
        return
    for (columns, rows), (wanted, wanted_rows) in zip(reply.sets, case.sets):
        keeps = chapter in captured.KEEPS_USER_TYPES
        seen = [(c.name, c.kind, c.flags, c.user_type if keeps else 0) for c in columns]
        wanted = wanted if keeps else [(*column[:3], 0) for column in wanted]
        for a, b in zip(seen, wanted):
            if a != b:
                yield f"column {a}, not {b}"
        if len(seen) != len(wanted):
            names = {column[0] for column in wanted}
            yield (f"{len(seen)} columns, not {len(wanted)}: missing "
                   f"{sorted(names - {s[0] for s in seen})}, more "
                   f"{sorted({s[0] for s in seen} - names)}")
        elif wanted_rows is not None and rows != wanted_rows:
            for row, expected in zip(rows, wanted_rows):
                for (name, *_), a, b in zip(seen, row, expected):
                    if not b == a:
                        yield f"{name} = {a!r}, not {b!r}"
            if len(rows) != len(wanted_rows):
                yield f"{len(rows)} rows, not {len(wanted_rows)}"


def compare(chapter, case, reply):
    """What differs between the reply and the case."""
    left_out = LEFT_OUT.get(chapter, set())
    errors = [str(error) for error in reply.errors]
    infos = [str(info) for info in reply.infos if info.number not in left_out]
    if errors != case.errors:
        yield f"errors {errors}, not {case.errors}"
    if infos != case.infos:
        yield f"infos {infos}, not {case.infos}"
    if case.orders is not None and reply.orders != case.orders:
        yield f"ORDER {reply.orders}, not {case.orders}"
    yield from compare_dones(case, reply)
    if case.status is not None and reply.return_status != case.status:
        yield f"RETURNSTATUS {reply.return_status}, not {case.status}"
    yield from compare_sets(chapter, case, reply)


class Tally:
    """Counts, and tells what was not expected."""

    def __init__(self):
        self.agree, self.differ, self.failures = 0, [], []

    def add(self, chapter, name, differences):
        reason = REASONS.get((chapter, name))
        if not differences:
            self.agree += 1
            if reason:
                self.failures.append(f"{chapter}: {name}: agrees, its reason is to go")
        elif reason:
            self.differ.append((chapter, name, differences, reason))
        else:
            self.failures += [f"{chapter}: {name}: {text}" for text in differences]

    def close(self):
        for chapter, name, differences, reason in self.differ:
            print(f"  differs: {chapter}: {name}: {reason}")
            for text in differences[:3]:
                print(f"      {text}")
        print(f"  answers of real servers: {self.agree + len(self.differ)} compared,"
              f" {self.agree} the same, {len(self.differ)} differ for a reason")
        expect(not self.failures, "\n    " + "\n    ".join(self.failures))


def prepare(replay):
    """What the captures' setup made: a table with two rows."""
    reply = replay.get("main").batch(
        "USE foo; CREATE TABLE dbo.t(id int IDENTITY(1,1) PRIMARY KEY, v nvarchar(20) NOT NULL);"
        " INSERT dbo.t(v) VALUES (N'a'),(N'b'); USE master")
    expect(not reply.errors, f"setup: {[e.text for e in reply.errors]}")


def send(client, case):
    if case.sql is None:
        return client.reply()
    if case.call:
        return client.call(10, [("", 0, tds.nvarchar(case.sql))])
    return client.batch(case.sql)


def run_chapter(chapter, cases, tally):
    with Lab(SCENARIO, speed=1) as lab:
        replay = Replay(lab)
        prepare(replay)
        for case in cases:
            if isinstance(case, captured.Step):
                problem = replay.step(case)
                if problem:
                    tally.add(chapter, f"{case.kind} {case.on}", [problem])
                continue
            client = replay.get(case.on)
            try:
                reply = send(client, case)
            except (OSError, tds.Malformed, tds.Closed) as error:
                tally.add(chapter, case.name, [repr(error)])
                replay.connections.pop(case.on)
                continue
            tally.add(chapter, case.name, list(compare(chapter, case, reply)))
        replay.close()


def answers_are_those_of_real_servers():
    tally = Tally()
    for chapter, cases in captured.CHAPTERS.items():
        run_chapter(chapter, cases, tally)
    for what, count in captured.NOT_SENT.items():
        print(f"  not sent, {count} captures: {what}: the product does not say it, so the lab lacks"
              " it")
    tally.close()


# --- attention ---------------------------------------------------------------------------------

def cancelled_text(guarded):
    text = "INSERT dbo.marks VALUES (1); WAITFOR DELAY '00:00:45'; INSERT dbo.marks VALUES (2)"
    if not guarded:
        return text
    return f"BEGIN TRY {text} END TRY BEGIN CATCH INSERT dbo.marks VALUES (3) END CATCH"


def start(client, how, text):
    if how == "batch":
        client.send_batch(text)
    elif how == "rpc":
        client.send_call(10, [("", 0, tds.nvarchar(text))])
    else:
        prepared = client.call(11, [("", 1, tds.int4(None)), ("", 0, tds.nvarchar("")),
                                    ("", 0, tds.nvarchar(text)), ("", 0, tds.int4(1))])
        client.send_call(12, [("", 0, tds.int4(prepared.return_values[0][3]))])


def order_of(reply):
    out, dones = [], iter(shown(reply))
    for kind, detail in reply.tokens:
        if kind in LETTERS:
            out.append(next(dones))
        elif kind == "envchange" and detail == 10:
            out.append("E")
        else:
            out.append(kind)
    return out


def cancel_one(replay, key, wanted, tally):
    how, in_transaction, aborts, guarded = key
    name = f"{how}{', transaction' * in_transaction}{', XACT_ABORT' * aborts}{', TRY' * guarded}"
    client = replay.open("cancelled")
    client.batch("IF OBJECT_ID('dbo.marks') IS NOT NULL DROP TABLE dbo.marks;"
                 " CREATE TABLE dbo.marks(n int)")
    client.batch("SET XACT_ABORT " + ("ON" if aborts else "OFF"))
    if in_transaction:
        client.batch("BEGIN TRANSACTION")
    start(client, how, cancelled_text(guarded))
    replay.wait_until_running()
    client.attention()
    differences = []
    first, second = client.reply(), client.reply()
    if order_of(first) != wanted.split():
        differences.append(f"{order_of(first)}, not {wanted.split()}")
    if order_of(second) != ["32/253"]:
        differences.append(f"acknowledged with {order_of(second)}")
    rows = client.batch("SELECT @@TRANCOUNT AS t; SELECT n FROM dbo.marks").sets
    kept = [[1]] if not (in_transaction and aborts) else []
    if rows[0][1] != [[int(in_transaction and not aborts)]] or rows[1][1] != kept:
        differences.append(f"afterwards {rows[0][1]} transactions, rows {rows[1][1]}")
    client.close()
    tally.add("attention", name, differences)


def an_attention_ends_what_runs_as_captured():
    tally = Tally()
    with Lab(SCENARIO, speed=1) as lab:
        replay = Replay(lab)
        for key, wanted in captured.ATTENTION.items():
            cancel_one(replay, key, wanted, tally)
        client = replay.get("main")
        client.attention()
        seen = order_of(client.reply())
        tally.add("attention", "idle", [] if seen == ["32/253"] else [f"{seen}"])
        replay.close()
    tally.close()


if __name__ == "__main__":
    support.main([answers_are_those_of_real_servers, an_attention_ends_what_runs_as_captured])
