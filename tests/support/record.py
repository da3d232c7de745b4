"""What the lab itself saw of every RESTORE (master.dbo.lab_record), and what must hold for it."""
import json
import re
import time

from client import connect
from lab import expect
from proxy import read_ini

COLUMNS = ("id", "server_name", "database_name", "program_name", "kind", "path", "stop_kind",
           "stop_name", "restore_end", "succeeded", "reached_stop", "error_number")


def restore_login(lab, name, seconds=20):
    """A connection to a server (None: any destination) with the restore login that the lab's
    configuration names; an answer may take so many seconds."""
    sections = read_ini(getattr(lab, "direct_ini", lab.ini))
    server = (sections[f"server {name}"] if name else
              next(s for s in sections.values() if s.get("role") == "destination"))
    with open(server["restore_password_file"], encoding="utf-8") as file:
        password = file.readline().strip()
    return connect(int(server["port"]), min(10, seconds), user=server["restore_user"],
                   password=password, timeout=seconds)


def read_record(lab, server=None, seconds=20):
    """The rows of stopmark's own statements, oldest first, as dictionaries."""
    connection = restore_login(lab, server, seconds)
    cursor = connection.cursor()
    cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM master.dbo.lab_record "
                   "WHERE program_name LIKE N'stopmark%' ORDER BY id")
    rows = [dict(zip(COLUMNS, row)) for row in cursor.fetchall()]
    connection.close()
    return rows


def stands_still(lab, servers=("DRSQL1", "DRSQL2"), seconds=1.5):
    """True if for so long no log is being restored and none is sent: a single look may fall between
    two statements of a lane."""
    connections = [restore_login(lab, server) for server in servers]
    try:
        before, end = len(read_record(lab)), time.monotonic() + seconds
        while time.monotonic() < end:
            for connection in connections:
                cursor = connection.cursor()
                cursor.execute("SELECT r.session_id FROM sys.dm_exec_requests AS r"
                               " WHERE r.command = N'RESTORE LOG'")
                if cursor.fetchall():
                    return False
            if len(read_record(lab)) != before:
                return False
        return True
    finally:
        for connection in connections:
            connection.close()


LOGGED = re.compile(r" info restore (\d+) (begins|ends): (\{.*\})$")
HEADER = re.compile(r" info header read: (\{.*\})$")
ASKED = re.compile(r" info restore to mark asked: (\{.*\})$")


def read_log(lab):
    """From the lab's log, for which no server needs to answer: the rows of every RESTORE, whoever
    asked for it, and of every header that was told, and who had jobs of Restore To Mark started,
    before which row. In the order in which they took effect: a RECOVERY stands where it began,
    anything else where it ended, and once more, as one that failed, where it began."""
    begun, rows, starts = {}, [], []
    with open(lab.log, encoding="utf-8", errors="replace") as file:
        for line in map(str.rstrip, file):
            if asked := ASKED.search(line):
                starts.append(dict(json.loads(asked[1]), before=len(rows)))
            if read := HEADER.search(line):
                rows.append(dict(json.loads(read[1]), kind="RESTORE HEADERONLY", restore_end="",
                                 database_name=""))
            if not (found := LOGGED.search(line)):
                continue
            number, fields = found[1], json.loads(found[3])
            if found[2] == "begins":
                begun[number] = dict(fields, succeeded=False, reached_stop=False)
                if fields["restore_end"] == "RECOVERY" or restores_from_file(fields):
                    rows.append(begun[number])
            elif begun[number]["restore_end"] != "RECOVERY":
                rows.append(dict(begun[number], **fields))
    return rows, starts


def restores_from_file(row):
    return row["kind"] in ("RESTORE LOG", "RESTORE DATABASE")


SCRIPT_TOOLS = ("tsql", "bsqldb")  # what the script method's files are run with


def group_of(row):
    """Whose gate the RESTORE stands behind: a run of stopmark's, or the scripts of all servers; None
    for what others do."""
    program = row["program_name"]
    if program.startswith("stopmark"):
        return program
    return "scripts" if program.lower() in SCRIPT_TOOLS else None


def database_of(row):
    return row["server_name"], row["database_name"]


class Proofs:
    """Which databases are proven to be at the mark, while one row after the other is taken in. A log
    that reached its stop proves its database, and STANDBY does, but never behind a log that did not
    reach it: that the lab knows better."""

    def __init__(self):
        self.proven, self.not_there = {}, set()

    def add(self, row):
        database = database_of(row)
        if group_of(row) is None:
            if restores_from_file(row) and row["succeeded"]:
                self.not_there.discard(database)  # nobody knows where that left it
        elif restores_from_file(row):
            self.proven[database] = bool(row["succeeded"] and row["reached_stop"])
            if row["succeeded"]:
                (self.not_there.discard if row["reached_stop"] else self.not_there.add)(database)
        elif row["restore_end"] == "STANDBY":
            self.proven[database] = self.proven.get(database, False) or (
                bool(row["succeeded"]) and database not in self.not_there)

    def waiting(self, databases):
        """Those of them, and of all that were restored so far, that are not proven."""
        return sorted("/".join(name) for name in databases | set(self.proven)
                      if not self.proven.get(name))


def rosters(lab, rows):
    """{group: the databases of its plan}, of each run with a gate that sent a RECOVERY and whose journal
    is there, and of scripts."""
    names = {group_of(row) for row in rows if row["restore_end"] == "RECOVERY"} - {None}
    found = {"scripts": lab.scripted} if "scripts" in names else {}
    if not names - {"scripts"}:
        return found
    runs = lab.run("runs", "--json")
    for run in json.loads(runs.stdout)["runs"] if runs.returncode == 0 else ():
        mine = [n for n in names if n.endswith(" " + run["uuid"][:8])]
        report = lab.json("report", str(run["run"])) if mine else {"gate": False}
        if report["gate"]:
            found[mine[0]] = {(d["server"], d["database"]) for d in report["databases"]
                              if "\ufffd" not in d["database"]}  # cleaned: not the server's name
    return found


def proof_order(rows, roster=None):
    """Fails if any database was recovered while another of its run was not proven: one that was being
    restored beside it, one whose first statement came only then, one of the run's roster."""
    groups, proofs = {n: set(databases) for n, databases in (roster or {}).items()}, Proofs()
    for row in filter(group_of, rows):
        if restores_from_file(row) or row["restore_end"] == "STANDBY":
            groups.setdefault(group_of(row), set()).add(database_of(row))
    for row in rows:
        if group_of(row) is not None and row["restore_end"] == "RECOVERY":
            waiting = proofs.waiting(groups.get(group_of(row), set()))
            expect(not waiting,
                   f"{'/'.join(database_of(row))} was recovered before the proof of {waiting}")
        proofs.add(row)


def jobs_gate(rows, starts):
    """Fails if stopmark had a job of Restore To Mark started before the gate that stands there: all
    destinations go for the same set and mark, stand at the same set, have no backlog, and the run has
    read the header of each file that the jobs will restore, on the server that will."""
    begun = set()
    for start in starts:
        program = start["program_name"]
        if not program.startswith("stopmark") or program in begun:
            continue
        begun.add(program)
        stands = [{k: v for k, v in d.items() if k != "server_name"} for d in start["destinations"]]
        expect(stands and all(s == stands[0] and s["newest_set"] for s in stands),
               f"a job was started while the destinations stood at {start['destinations']}")
        read = {(row["server_name"], row["path"].lower()) for row in rows[:start["before"]]
                if row["kind"] == "RESTORE HEADERONLY" and row["program_name"] == program}
        for row in rows[start["before"]:]:
            if row["kind"] == "RESTORE LOG" and row["program_name"].startswith("SQLAgent"):
                expect(row["stop_kind"], f"a job was started over a backlog: {row}")
                expect((row["server_name"], row["path"].lower()) in read,
                       f"a job was started before the proof of its file: {row}")


def check_record(lab, databases=10, plan=None):
    """No log that was restored whole is sent again, the stop clause is the same on all, and nothing
    is recovered before every database was proven. With the plan: no log of it was skipped and none
    beside it was sent, and no full set that was restored whole was sent again."""
    rows = read_record(lab)
    proof_order(rows)
    complete, clauses, proven, recovered = set(), set(), {}, {}
    logs, fulls, own = {}, {}, {}
    for row in rows:
        database = database_of(row)
        if row["kind"] == "RESTORE LOG":
            key = (*database, row["path"].lower())
            expect(key not in complete, f"restored whole, and sent again: {key}")
            expect(row["error_number"] not in (4305, 4326), f"sent out of order: {row}")
            expect(row["stop_kind"], f"a log without a stop clause: {row}")
            own.setdefault(database, set()).add((row["stop_kind"], row["stop_name"]))
            # where only the LSN tells two marks of a name apart, each database has its own
            if not row["stop_name"].startswith("lsn:"):
                clauses.add((row["stop_kind"], row["stop_name"]))
            if row["succeeded"]:
                complete.add(key)
                logs.setdefault(database, []).append(row["path"].lower())
        elif row["kind"] == "RESTORE DATABASE" and row["path"]:
            # a full restore begins the database's chain anew
            complete = {key for key in complete if key[:2] != database}
            logs[database] = []
            if row["succeeded"]:
                fulls.setdefault(database, []).append(row["path"].lower())
        elif row["succeeded"] and row["restore_end"] == "STANDBY":
            proven[database] = row["id"]
        if row["restore_end"] == "RECOVERY":
            expect(len(proven) == databases,
                   f"{database} was recovered when {len(proven)} of {databases} were proven")
            if row["succeeded"]:
                recovered[database] = row["id"]
    expect(len(clauses) <= 1 and all(len(c) == 1 for c in own.values()),
           f"stop clauses: {clauses}, {own}")
    expect(len(recovered) == databases, f"{len(recovered)} databases were recovered")
    for one in plan["databases"] if plan else ():
        for kind, sent in (("restore-log", logs), ("restore-full", fulls)):
            wanted = [s["file"].lower() for s in one["steps"] if s["kind"] == kind]
            got = sent.get((one["server"], one["database"]), [])
            expect(got == wanted, f"{one['database']}: {kind} of {got} and not of {wanted}")
