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


# A line that is cut no longer is JSON, and fails.
LOGGED = re.compile(r" info (restore to mark asked|header read|restore (\d+) (?:begins|ends)): (\{.*)$")


def read_log(lab):
    """From the lab's log, for which no server needs to answer: the rows of every RESTORE, whoever
    asked for it, and of every header that was told, and who had jobs of Restore To Mark started,
    before which row. In the order in which they took effect: a RECOVERY of ours stands where it began,
    anything else where it ended, and once more, as one that failed, where it began."""
    begun, rows, starts = {}, [], []
    with open(lab.log, encoding="utf-8", errors="replace") as file:
        for line in map(str.rstrip, file):
            if not (found := LOGGED.search(line)):
                continue
            what, number, fields = found[1], found[2], json.loads(found[3])
            if what == "restore to mark asked":
                starts.append(dict(fields, before=len(rows)))
            elif what == "header read":
                rows.append(dict(fields, kind="RESTORE HEADERONLY", restore_end="",
                                 database_name=""))
            elif what.endswith("begins"):
                begun[number] = dict(fields, succeeded=False, at_mark="")
                if fields["restore_end"] == "RECOVERY" or restores_from_file(fields):
                    rows.append(begun[number])
            elif begun[number]["restore_end"] != "RECOVERY" or group_of(begun[number]) is None:
                rows.append(dict(begun[number], **fields))
    return rows, starts


def restores_from_file(row):
    return row["kind"] in ("RESTORE LOG", "RESTORE DATABASE")


SCRIPT_TOOLS = ("tsql", "bsqldb")  # what the script method's files are run with
SCRIPTS = "scripts"


def group_of(row):
    """Whose gate the RESTORE stands behind: a run of stopmark's, or the scripts of all servers; None
    for what others do."""
    program = row["program_name"]
    if program.startswith("stopmark"):
        return program
    return SCRIPTS if program.lower() in SCRIPT_TOOLS else None


def database_of(row):
    return row["server_name"], row["database_name"]


class Proofs:
    """At which mark which databases are proven to be, while one row after the other is taken in. A log
    of ours that reached its stop is a proof, and STANDBY is one where the lab, too, says that the
    database stands at a mark. What somebody else does to it afterwards ends a proof."""

    def __init__(self):
        self.proven, self.moved = {}, set()

    def add(self, row):
        if not restores_from_file(row) and row["restore_end"] != "STANDBY":
            return
        database, mark = database_of(row), row["at_mark"] if row["succeeded"] else ""
        if group_of(row) is None:
            if row["succeeded"] and mark != self.proven.get(database):
                self.moved.add(database)
        elif restores_from_file(row) or row["succeeded"]:
            self.proven[database] = mark
            self.moved.discard(database)

    def waiting(self, group, databases):
        """Those of them, and of all that were restored so far, that are not proven. Scripts stand behind
        codes: what happens on another server afterwards they cannot see."""
        moved = set() if group == SCRIPTS else self.moved
        return sorted("/".join(name) for name in databases | set(self.proven)
                      if not self.proven.get(name) or name in moved)

    def marks(self, databases):
        """At which they are proven to be; the LSN of a mark is another in each database."""
        return {mark for name in databases if (mark := self.proven.get(name, "")) and
                not mark.startswith("lsn:")}


def rosters(lab, rows):
    """{group: the databases of its plan}, of each run with a gate that sent a RECOVERY, and of scripts.
    A run of which nobody knows any more (lab.forgotten) has none."""
    names = {group_of(row) for row in rows if row["restore_end"] == "RECOVERY"} - {None}
    found = {}
    if SCRIPTS in names:
        expect(lab.scripted, "scripts recovered, and nobody knows of which plan")
        names.remove(SCRIPTS)
        found[SCRIPTS] = lab.scripted
    for run in lab.json("runs")["runs"] if names else ():
        mine = {n for n in names if n.endswith(" " + run["uuid"][:8])}
        names -= mine
        report = lab.json("report", str(run["run"])) if mine else {"gate": False}
        if report["gate"]:
            found[mine.pop()] = {(d["server"], d["database"]) for d in report["databases"]
                                 if "\ufffd" not in d["database"]}  # cleaned: not the server's name
    expect(not names or lab.forgotten, f"no journal tells of {names}")
    return found


def proof_order(rows, roster):
    """Fails if any database was recovered while another of its run was not proven, or proven at another
    mark: one that was being restored beside it, one whose first statement came only then, one of the
    run's roster."""
    groups, proofs = {n: set(databases) for n, databases in roster.items()}, Proofs()
    for row in filter(group_of, rows):
        if restores_from_file(row) or row["restore_end"] == "STANDBY":
            groups.setdefault(group_of(row), set()).add(database_of(row))
    for row in rows:
        group = group_of(row)
        if group is not None and row["restore_end"] == "RECOVERY":
            databases, name = groups.get(group, set()), "/".join(database_of(row))
            waiting, marks = proofs.waiting(group, databases), proofs.marks(databases)
            expect(not waiting, f"{name} was recovered before the proof of {waiting}")
            expect(len(marks) <= 1, f"{name} was recovered while its group stood at {marks}")
        proofs.add(row)


def stand_in(start, server):
    """Where the server's shipping stood when the job was asked for."""
    return next({k: v for k, v in d.items() if k != "server_name"} for d in start["destinations"]
                if d["server_name"] == server)


def jobs_gate(rows, starts):
    """Fails if stopmark had a job of Restore To Mark started before the gate that stands there: all
    destinations go for the same set and mark, stand at the same set, have no backlog, and the run has
    read the header of each file that the jobs will restore, on the server that will. A later job of the
    run is started only where its server still stands so."""
    first = {}
    for start in starts:
        program, server = start["program_name"], start["server_name"]
        if not program.startswith("stopmark"):
            continue
        names = [d["server_name"] for d in start["destinations"]]
        if program not in first:
            first[program] = start
            stands = [stand_in(start, name) for name in names]
            expect(stands and all(s == stands[0] and s["newest_set"] for s in stands),
                   f"a job was started while the destinations stood at {start['destinations']}")
        gate = first[program]
        stand = stand_in(gate, server)
        expect(stand_in(start, server) == stand,
               f"{server} stood at {stand} at the gate, and its job was started at {start}")
        read = {(row["server_name"], row["path"].lower()) for row in rows[:gate["before"]]
                if row["kind"] == "RESTORE HEADERONLY" and row["program_name"] == program}
        for row in rows[start["before"]:]:
            if row["kind"] == "RESTORE LOG" and row["program_name"].startswith("SQLAgent"):
                expect(row["stop_name"] == stand["newest_mark"], f"not to the gate's mark: {row}")
                expect((row["server_name"], row["path"].lower()) in read,
                       f"a job was started before the proof of its file: {row}")


def check_record(lab, databases=10, plan=None):
    """No log that was restored whole is sent again, the stop clause is the same on all, and nothing
    is recovered before every database was proven (in which order, Lab.stop asks). With the plan: no
    log of it was skipped and none beside it was sent, and no full set that was restored whole was sent
    again."""
    rows = read_record(lab)
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
