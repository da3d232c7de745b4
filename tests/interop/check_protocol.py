#!/usr/bin/python3
"""The protocol itself, sent raw: every version with small and large packets, texts and results over
many packets, procedure calls by name and by number, transaction requests, attention at any moment,
and nonsense, which ends its own connection only. Prints what was tried.
"""
import os
import random
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
import tds  # noqa: E402
from lab import Lab, expect, wait_for  # noqa: E402
from proxy import read_ini  # noqa: E402

SIZES = (512, 4096, 32767)
TYPES = ("CAST(1 AS tinyint)", "CAST(-1 AS smallint)", "1", "CAST(1 AS bigint)", "CAST(1 AS bit)",
         "CAST(0.5 AS real)", "CAST(0.5 AS float)", "CAST(1 AS numeric(25,0))",
         "CAST('2026-11-20' AS datetime)", "CAST('2026-11-20' AS datetime2(3))",
         "CAST('2026-11-20' AS date)", "CAST('10:11:12' AS time(7))",
         "CAST('2026-11-20T01:02:03+01:00' AS datetimeoffset(0))", "CAST(N'x' AS nvarchar(9))",
         "CAST(N'x' AS nchar(9))", "CAST('x' AS varchar(9))", "CAST('x' AS char(9))",
         "CAST(0x01 AS varbinary(9))", "CAST(0x01 AS binary(9))", "NEWID()",
         "SERVERPROPERTY('ServerName')", "SERVERPROPERTY('EngineEdition')",
         "CAST(N'x' AS nvarchar(max))",
         "CAST('x' AS varchar(max))", "CAST(0x01 AS varbinary(max))")
INT_NULL = tds.int4(None)


class Door:
    """How to log in to the lab."""

    def __init__(self, lab):
        server = read_ini(lab.ini)["server SQLA"]
        self.lab, self.port, self.user = lab, int(server["port"]), server["restore_user"]
        with open(os.path.join(lab.directory, server["restore_password_file"]),
                  encoding="utf-8") as file:
            self.password = file.readline().rstrip("\n")

    def open(self, **options):
        client = tds.Client(self.port, self.user, self.password, **options)
        expect(client.logged_in, f"the login: {[e.text for e in client.greeting.errors]}")
        return client

    def log(self):
        with open(self.lab.log, encoding="utf-8", errors="replace") as file:
            return file.read()


def every_version_and_packet_size_reads_every_type():
    tried = 0
    with Lab() as lab:
        door = Door(lab)
        for version in tds.VERSIONS:
            for size in SIZES:
                client = door.open(version=version, packet_size=size)
                text = " " * 40000 + "SELECT " + ", ".join(TYPES)
                row = client.batch(text).sets[0][1][0]
                expect(None not in row, f"{version}: {row}")
                variants = [v for v, t in zip(row, TYPES) if "SERVER" in t]
                expect(variants == ["SQLA", 3], f"{version}: sql_variant: {variants}")
                nulls = ", ".join(f"NULLIF({t}, {t})" if "max" not in t and "SERVER" not in t
                                  else f"CASE WHEN 1 = 0 THEN {t} END" for t in TYPES
                                  if t != "NEWID()")
                row = client.batch("SELECT " + nulls).sets[0][1][0]
                expect(set(row) == {None}, f"{version}: {row}")
                long = client.batch("SELECT CAST(REPLICATE(CAST(N'\u00e9' AS nvarchar(max)), 50000)"
                                    " AS nvarchar(max))").sets[0][1][0][0]
                expect(long == "\u00e9" * 50000, f"{version}, {size}: {len(long)} characters")
                expect(client.largest <= size, f"a packet of {client.largest}")
                client.close()
                tried += 1
    print(f"  {len(tds.VERSIONS)} versions, {len(SIZES)} packet sizes: {tried} sessions,"
          f" {len(TYPES)} types with and without NULL in each")


def calls_go_by_name_and_by_number():
    with Lab() as lab:
        client = Door(lab).open()
        for name in (10, "sp_executesql"):
            reply = client.call(name, [("", 0, tds.nvarchar("SET @o = @i * 2")),
                                       ("", 0, tds.nvarchar("@i int, @o int OUTPUT")),
                                       ("@i", 0, tds.int4(21)), ("@o", 1, INT_NULL)])
            expect(reply.return_status == 0, f"{reply.tokens}")
            expect([v[1:] for v in reply.return_values] == [("@o", "intn(4)", 42)],
                   f"{reply.return_values}")
        text, declared = tds.nvarchar_max("SELECT @a + 1"), tds.nvarchar("@a int")
        prepared = client.call(11, [("", 1, INT_NULL), ("", 0, declared), ("", 0, text),
                                    ("", 0, tds.int4(1))])
        handle = prepared.return_values[0][3]
        for value in (1, 2):
            reply = client.call(12, [("", 0, tds.int4(handle)), ("", 0, tds.int4(value))])
            expect(reply.sets[0][1] == [[value + 1]], f"{reply.sets}")
        expect(not client.call(15, [("", 0, tds.int4(handle))]).errors, "sp_unprepare")
        gone = client.call(12, [("", 0, tds.int4(handle)), ("", 0, tds.int4(1))])
        expect([e.number for e in gone.errors] == [8179], f"{gone.errors}")
        both = client.call(13, [("", 1, INT_NULL), ("", 0, declared), ("", 0, text),
                                ("", 0, tds.int4(7))])
        expect(both.sets[0][1] == [[8]] and both.return_values, f"sp_prepexec: {both.tokens}")
        client.batch("SET LOCK_TIMEOUT 77; USE msdb")
        reply = client.call("sp_reset_connection")
        expect(18 in [kind for kind, _ in reply.environment], "ENVCHANGE 18")
        row = client.batch("SELECT @@LOCK_TIMEOUT, DB_NAME()").sets[0][1][0]
        expect(row == [-1, "master"], f"after sp_reset_connection: {row}")
        client.batch("SET LOCK_TIMEOUT 77")
        client.send_batch("SELECT @@LOCK_TIMEOUT", status=1 | 8)
        reply = client.reply()
        expect(reply.sets[0][1] == [[-1]], "a reset asked for by a packet's header")
        client.close()
    print("  sp_executesql, sp_prepare, sp_execute, sp_prepexec, sp_unprepare, sp_reset_connection")


def transactions_begin_and_end_by_request():
    with Lab() as lab:
        client = Door(lab).open()
        client.batch("CREATE TABLE #t (n int)")
        begun = client.transaction(5, b"\x02\x00")
        expect([kind for kind, _ in begun.environment] == [8], f"{begun.tokens}")
        expect(client.descriptor != b"\0" * 8, "a descriptor")
        client.batch("INSERT #t VALUES (1)")
        name = tds.utf16("here")
        client.transaction(9, bytes([len(name)]) + name)
        client.batch("INSERT #t VALUES (2)")
        client.transaction(8, bytes([len(name)]) + name + b"\0")
        ended = client.transaction(7, b"\0\0")
        expect([kind for kind, _ in ended.environment] == [9], f"{ended.tokens}")
        expect(client.batch("SELECT n FROM #t").sets[0][1] == [[1]], "what was not rolled back")
        client.transaction(5, b"\x02\x00")
        ended = client.transaction(8, b"\0\0")
        expect([kind for kind, _ in ended.environment] == [10], f"{ended.tokens}")
        wrong = client.transaction(7, b"\0\0")
        expect([e.number for e in wrong.errors] == [3902], "a commit without a transaction")
        client.close()
    print("  transaction requests: begin, save, roll back to, commit, roll back")


def an_attention_may_come_at_any_moment():
    moments = random.Random(7)
    with Lab() as lab:
        client = Door(lab).open(packet_size=512)
        text = ("SELECT a.name, b.name FROM sys.databases AS a CROSS JOIN sys.databases AS b;"
                " SELECT * FROM msdb.dbo.backupset; WAITFOR DELAY '00:00:00.050'; SELECT 5")
        for i in range(60):
            body = client.headers() + tds.utf16(text)
            if i % 3 == 0:  # in the middle of the message
                client.socket.sendall(tds.packet(tds.BATCH, body[:100], 0))
            else:
                client.send(tds.BATCH, body)
                if moments.random() < 0.7:
                    client.receive(8)  # the first packet's header
                    client.attention()
                    client.socket.settimeout(20)
                    drain(client)
                    continue
            client.attention()
            drain(client, begun=False)
        expect(client.batch("SELECT 6").sets[0][1] == [[6]], "the connection goes on")
        client.close()
    print("  60 attentions: within a message, before, during and after its answer")


def drain(client, begun=True):
    """Reads packets until the DONE that acknowledges an attention."""
    wanted = struct.pack("<BHHQ", 0xFD, 0x20, 253, 0)
    tail, header_read = b"", begun
    while True:
        if header_read and tail == b"":
            length = 512  # a packet in the middle of a long answer is full
            tail = client.receive(length - 8)[-13:]
            continue
        _, status, length = struct.unpack(">BBHxxxx", client.receive(8))
        tail = (tail + client.receive(length - 8))[-13:]
        if status & 1 and tail == wanted:
            return


HUGE = "sys.all_objects AS a CROSS JOIN " + " CROSS JOIN ".join(
    f"msdb.dbo.backupset AS {letter}" for letter in "bcdefg")


def an_attention_ends_a_select_without_end():
    with Lab() as lab:
        door = Door(lab)
        client, other = door.open(), door.open()
        for text, columns in ((f"SELECT COUNT_BIG(*) FROM {HUGE}", 0),
                              (f"SELECT b.name, c.name, d.* FROM {HUGE}", 1),
                              (f"DECLARE @n nvarchar(128); SELECT @n = b.name FROM {HUGE}", 0),
                              (f"SELECT b.name INTO #t FROM {HUGE}", 0)):
            client.send_batch(text)
            began = time.monotonic()
            client.attention()
            replies = [client.reply(), client.reply()]
            spent = time.monotonic() - began
            expect(spent < 1, f"{text[:40]}: cancelled after {spent:.1f} s")
            expect(replies[1].dones == [("done", 32, 253, 0)], f"{replies[1].dones}")
            expect(not replies[0].errors, f"{[e.text for e in replies[0].errors]}")
            expect(other.batch("SELECT 6").sets[0][1] == [[6]], "another connection is answered")
        expect(client.batch("SELECT 7").sets[0][1] == [[7]], "the connection goes on")
        client.send_batch(f"SELECT COUNT_BIG(*) FROM {HUGE}")
        client.close()
        began = time.monotonic()
        expect(other.batch("SELECT 8").sets[0][1] == [[8]], "the others go on")
        expect(time.monotonic() - began < 1, "a client that has left wants no answer")
        other.close()
    print("  4 queries without an end: cancelled, and one whose client left")


def a_reply_without_end_ends_its_connection():
    select = f"SELECT b.*, c.* FROM {HUGE}"
    endless = (select, f"BEGIN TRY {select} END TRY BEGIN CATCH SELECT 1 END CATCH",
               f"EXEC sp_executesql N'{select}'")
    with Lab(extra=("--reply-max-mb", "2")) as lab:
        door = Door(lab)
        other = door.open()
        for text in endless:
            client = door.open(packet_size=32767)
            reply = client.batch(text)
            expect([(e.number, e.severity) for e in reply.errors] == [(50000, 20)],
                   f"{text}: {[e.text for e in reply.errors]}")
            expect("--reply-max-mb" in reply.errors[0].text, reply.errors[0].text)
            expect(len(reply.sets) == 1 and reply.dones[-1][1] & 0x100,
                   f"{text}: {len(reply.sets)} sets, {reply.dones[-1]}")
            expect(2 << 20 <= len(reply.raw) < 4 << 20, f"{text}: {len(reply.raw)} bytes")
            try:
                expect(client.socket.recv(1) == b"", f"{text}: the connection goes on")
            except ConnectionError:
                pass
            client.close()
            expect(other.batch("SELECT 6").sets[0][1] == [[6]], "another connection is answered")
        other.close()
    print(f"  {len(endless)} replies without an end: an error and the end of their connection")


def a_print_is_cut_at_the_length_of_its_type():
    with Lab() as lab:
        client = Door(lab).open()
        for text, wanted in (("REPLICATE(CAST(N'\u20ac' AS nvarchar(max)), 5000)", "\u20ac" * 4000),
                             ("REPLICATE(CAST('\u20ac' AS varchar(max)), 9000)", "\u20ac" * 8000),
                             ("N'\U0001f600' + REPLICATE(N'x', 3998) + N'y'",
                              "\U0001f600" + "x" * 3998),
                             ("REPLICATE(N'z', 4000)", "z" * 4000)):
            infos = client.batch("PRINT " + text).infos
            expect([i.text == wanted for i in infos] == [True],
                   f"{text}: {[len(i.text) for i in infos]}")
        client.close()


def a_killed_session_that_does_not_read_is_gone():
    lock = ("DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'held', @LockMode = 'Exclusive',"
            " @LockOwner = 'Session', @LockTimeout = 0; ")
    with Lab() as lab:
        door = Door(lab)
        client, other = door.open(), door.open()
        client.send_batch(lock + "SELECT a.*, b.* FROM msdb.dbo.backupset AS a CROSS JOIN"
                                 " (SELECT TOP (20) * FROM msdb.dbo.backupset) AS b")
        locks = ("SELECT COUNT(*) AS n FROM sys.dm_tran_locks"
                 " WHERE resource_type = N'APPLICATION'")
        wait_for(lambda: other.batch(locks).sets[0][1] == [[1]], 10,
                 "it holds the lock, and sends what nobody reads")
        other.batch(f"KILL {client.spid}")
        wait_for(lambda: other.batch(lock + "SELECT @r").sets[0][1] == [[0]], 10,
                 "the killed session's lock is free")
        client.close()
        other.close()


def a_message_that_is_taken_back_is_not_answered():
    with Lab() as lab:
        client = Door(lab).open()
        body = client.headers() + tds.utf16("SELECT 1")
        client.socket.sendall(tds.packet(tds.BATCH, body[:30], 0) + tds.packet(tds.BATCH, b"", 3))
        expect(client.batch("SELECT 2").sets[0][1] == [[2]], "the next message's answer")
        client.close()


def a_parameter_may_ask_for_its_default():
    text = tds.nvarchar
    with Lab() as lab:
        client = Door(lab).open()
        client.batch("BEGIN TRANSACTION")
        client.send_call("sp_getapplock", [
            ("@Resource", 0, text("r")), ("@LockMode", 0, text("Exclusive")),
            ("@LockOwner", 2, text("")), ("@LockTimeout", 0, tds.int4(0))])
        reply = client.reply()
        expect(not reply.errors and not reply.infos, "'' is no owner: Transaction was meant")
        owners = client.batch("SELECT request_owner_type FROM sys.dm_tran_locks WHERE"
                              " resource_type = N'APPLICATION'").sets[0][1]
        expect(owners == [["TRANSACTION"]], owners)
        client.close()


def a_login_is_not_a_large_message():
    with Lab() as lab:
        door = Door(lab)
        with socket.create_connection(("127.0.0.1", door.port), 10) as client:
            try:
                for _ in range(64):
                    client.sendall(tds.packet(tds.LOGIN7, b"\0" * 4088, 0))
                expect(client.recv(1) == b"", "an answer")
            except ConnectionError:
                pass
        wait_for(lambda: "message too long" in door.log(), 5, "a line in the log")
        door.open().close()


def nonsense_ends_its_own_connection():
    with Lab() as lab:
        door = Door(lab)
        good = door.open()
        cases = {
            "unknown packet type": b"\x63\x01\x00\x09\0\0\1\0x",
            "impossible packet length": b"\x01\x01\x00\x03\0\0\1\0",
            "ALL_HEADERS longer": tds.packet(tds.BATCH, b"\xff\xff\xff\x7f"),
            "half a character": tds.packet(tds.BATCH, good.headers() + b"S"),
            "unknown type": tds.packet(tds.RPC, good.headers() + b"\xff\xff\x0a\0\0\0\0\0\x99"),
            "transaction request of an unknown": tds.packet(tds.TRANSACTION,
                                                            good.headers() + b"\x63\0\0\0"),
            "no place after the login": tds.packet(tds.PRELOGIN, b"\xff"),
            "packet type changed": tds.packet(1, b"\0\0", 0) + tds.packet(3, b"\0\0"),
        }
        for reason, data in cases.items():
            client = door.open()
            client.socket.sendall(data)
            try:
                client.message()
                expect(False, f"{reason}: an answer")
            except (tds.Closed, ConnectionError):
                pass
            wait_for(lambda r=reason: r in door.log(), 5, f"a line in the log: {reason}")
        expect(good.batch("SELECT 1").sets[0][1] == [[1]], "the others go on")
        good.close()
    print(f"  {len(cases)} kinds of nonsense: each ended its connection with a line in the log")


if __name__ == "__main__":
    support.main([
        every_version_and_packet_size_reads_every_type,
        calls_go_by_name_and_by_number,
        transactions_begin_and_end_by_request,
        an_attention_may_come_at_any_moment,
        an_attention_ends_a_select_without_end,
        a_reply_without_end_ends_its_connection,
        a_print_is_cut_at_the_length_of_its_type,
        a_killed_session_that_does_not_read_is_gone,
        a_message_that_is_taken_back_is_not_answered,
        a_parameter_may_ask_for_its_default,
        a_login_is_not_a_large_message,
        nonsense_ends_its_own_connection,
    ])
