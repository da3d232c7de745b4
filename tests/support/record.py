"""What the lab itself saw of every RESTORE (master.dbo.lab_record), and what must hold for it."""
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


def proof_order(rows):
    """Fails if any database was recovered while another that was being restored beside it was not
    proven: after its last log neither the positive proof (STANDBY) nor the end at the mark."""
    proven = {}
    for row in rows:
        database = (row["server_name"], row["database_name"])
        if row["restore_end"] == "RECOVERY":
            waiting = sorted("/".join(name) for name, good in proven.items() if not good)
            expect(not waiting, f"{'/'.join(database)} was recovered before the proof of {waiting}")
        elif row["kind"] == "RESTORE LOG" or (row["kind"] == "RESTORE DATABASE" and row["path"]):
            proven[database] = bool(row["succeeded"] and row["reached_stop"])
        elif row["restore_end"] == "STANDBY":
            proven[database] = proven.get(database, False) or bool(row["succeeded"])


def check_record(lab, databases=10, plan=None):
    """No log that was restored whole is sent again, the stop clause is the same on all, and nothing
    is recovered before every database was proven. With the plan: no log of it was skipped and none
    beside it was sent."""
    rows = read_record(lab)
    proof_order(rows)
    complete, clauses, proven, recovered = set(), set(), {}, {}
    logs, own = {}, {}
    for row in rows:
        database = (row["server_name"], row["database_name"])
        if row["kind"] == "RESTORE LOG":
            key = (*database, row["path"].lower())
            expect(key not in complete, f"restored whole, and sent again: {key}")
            expect(row["error_number"] not in (4305, 4326), f"sent out of order: {row}")
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
        elif row["succeeded"] and row["restore_end"] == "STANDBY":
            proven[database] = row["id"]
        if row["restore_end"] == "RECOVERY":
            expect(len(proven) == databases,
                   f"{database} was recovered when {len(proven)} of {databases} were proven")
            recovered[database] = row["id"]
    expect(len(clauses) <= 1 and all(len(c) == 1 for c in own.values()),
           f"stop clauses: {clauses}, {own}")
    expect(len(recovered) == databases, f"{len(recovered)} databases were recovered")
    for one in plan["databases"] if plan else ():
        wanted = [s["file"].lower() for s in one["steps"] if s["kind"] == "restore-log"]
        got = logs.get((one["server"], one["database"]))
        expect(got == wanted, f"{one['database']}: the logs {got} and not {wanted}")
