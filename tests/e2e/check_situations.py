#!/usr/bin/python3
"""Rehearsal, planned move, migration: what each promises, asserted from the lab's own record."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, expect  # noqa: E402
from record import read_record, restore_login  # noqa: E402

PREFIX = "Rehearsal_"


def restore(lab, situation, *words, group="Contoso production", seconds=180):
    return lab.run("restore", "--target", "newest", "--situation", situation, "--confirm", group,
                   *words, seconds=seconds)


def rows(lab, server, sql):
    connection = restore_login(lab, server)
    cursor = connection.cursor()
    cursor.execute(sql)
    found = cursor.fetchall()
    connection.close()
    return found


def states(lab, server):
    return {name: state for name, state in
            rows(lab, server, "SELECT name, state_desc FROM sys.databases WHERE database_id > 4")}


def jobs(lab, server):
    return dict(rows(lab, server, "SELECT name, CAST(enabled AS int) FROM msdb.dbo.sysjobs"))


def messages(lab, run=1):
    return "\n".join(lab.json("report", str(run))["messages"])


def a_rehearsal_proves_copies_and_leaves_the_standby_alone():
    with Lab() as lab:
        before = {s: (states(lab, s), jobs(lab, s)) for s in ("DRSQL1", "DRSQL2")}
        plan = lab.json("plan", "--situation", "rehearsal")
        expect(all(d["database"] == PREFIX + d["original"] and d["route"] == "full-restore"
                   for d in plan["databases"]), plan["databases"][0])
        done = restore(lab, "rehearsal")
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        for server, (old, old_jobs) in before.items():
            now = states(lab, server)
            expect({k: v for k, v in now.items() if not k.startswith(PREFIX)} == old,
                   "the standby's own databases stand as they stood")
            copies = {k: v for k, v in now.items() if k.startswith(PREFIX)}
            expect(len(copies) == len(old) and set(copies.values()) == {"ONLINE"}, copies)
            expect(jobs(lab, server) == old_jobs, "shipping goes on")
        record = read_record(lab)
        expect(record and all(r["database_name"].startswith(PREFIX) for r in record
                              if r["kind"] in ("RESTORE DATABASE", "RESTORE LOG")),
               "every RESTORE is of a copy")
        report = lab.json("report", "1")
        expect(report["verdict"] == "ok" and report["situation"] == "rehearsal", report["verdict"])
        expect(all(d["at_mark"] and d["marklog_has_mark"] for d in report["databases"]),
               report["databases"])
        for database in report["databases"]:
            expect(f"DROP DATABASE [{database['database']}]" in messages(lab),
                   "the statement that removes the copy is shown")
        # shipping works on, behind the copies' backs
        rows(lab, "DRSQL1", "EXEC master.dbo.sp_lab_advance @seconds = 1800; SELECT 1")
        sets = [d for d in lab.json("status")["databases"] if d["role"] == "destination"
                and not d["database"].startswith(PREFIX)]
        expect(all(d["lag_sets"] <= 1 for d in sets), sets)
        again = restore(lab, "rehearsal")
        expect(again.returncode == 5 and "there already" in again.stderr,
               (again.returncode, again.stderr))


def a_rehearsal_needs_no_living_source():
    with Lab("small") as lab:
        lab.json("status")  # the last good view holds the list of files
        lab.sources_die()
        done = restore(lab, "rehearsal", group="Small group")
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))


if __name__ == "__main__":
    support.main([a_rehearsal_proves_copies_and_leaves_the_standby_alone,
                  a_rehearsal_needs_no_living_source])
