#!/usr/bin/python3
"""Two marks of one name in the logs to apply: AFTER tells them apart, between time zones the LSN."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
import slow  # noqa: E402
from client import connect  # noqa: E402
from lab import Lab, built_in, expect, wait_for  # noqa: E402
from proxy import read_ini  # noqa: E402
from record import check_record, read_record  # noqa: E402

MARK = "BTS_2026_11_20_12_30_00_000"  # of the set that the job takes next
RESTORE = ("restore", "--target", "newest", "--situation", "source-lost", "--confirm",
           "Small group")


def small(destination_offset_minutes, source_clock_ms, own_zone):
    scenario = built_in("small")
    for server in scenario["servers"]:
        server["utc_offset_minutes"] = 60 if server["role"] == "source" else \
            destination_offset_minutes
        if server["role"] == "source":
            server["clock_offset_ms"] = source_clock_ms
    scenario["switches"] = {"stop_times_in_own_zone": own_zone}
    return scenario


def at_source(lab, text):
    sections = read_ini(lab.ini)
    login = next(s for s in sections.values() if s.get("role") == "destination")
    with open(login["restore_password_file"], encoding="utf-8") as file:
        password = file.readline().strip()
    connection = connect(int(sections["server SQLSMALL"]["port"]), user=login["restore_user"],
                         password=password)
    cursor = connection.cursor()
    cursor.execute(text)
    while cursor.nextset():
        pass
    connection.close()


def somebody_sets_the_name_before_the_job_does(lab, mark=MARK):
    for database in ("BizTalkMgmtDb", "SSODB"):
        at_source(lab, f"USE {database}; BEGIN TRAN [{mark}] WITH MARK; "
                       "INSERT INTO dbo.MarkLog (MarkName) VALUES (N'of somebody else'); COMMIT")
    at_source(lab, "EXEC master.dbo.sp_lab_advance 720")  # 12:32:50: the set of 12:30 is there


def restored_to_the_second_mark(destination_offset_minutes, words, mark=MARK, source_clock_ms=0,
                                own_zone=False):
    with Lab(small(destination_offset_minutes, source_clock_ms, own_zone)) as lab:
        somebody_sets_the_name_before_the_job_does(lab, mark)
        plan = lab.json("plan", "--mark", mark)
        expect(plan["possible"] and plan["target"]["mark"] == mark, plan["reasons"])
        clauses = {d["database"]: {s["stop_clause"] for s in d["steps"] if s["stop_clause"]}
                   for d in plan["databases"]}
        expect(all(len(c) == 1 for c in clauses.values()), clauses)
        for database, (clause,) in clauses.items():
            twice = database in ("BizTalkMgmtDb", "SSODB")
            expect((words in clause) == twice, (database, clause))
        lab.sources_die()
        done = lab.run(*RESTORE, seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        report = lab.json("report", "1")
        expect(report["verdict"] == "ok" and report["mark"] == mark, report["verdict"])
        check_record(lab, databases=4)
        logs = [r for r in read_record(lab) if r["kind"] == "RESTORE LOG" and r["reached_stop"]]
        expect(len(logs) == 4, logs)


def after_takes_the_second_of_two_marks():
    for own_zone in (False, True):
        restored_to_the_second_mark(60, " AFTER N'2026-11-20T13:29:59", own_zone=own_zone)


def after_is_in_the_time_of_a_source_whose_clock_is_fast():
    restored_to_the_second_mark(60, " AFTER N'2026-11-20T13:31:34", "BTS_2026_11_20_12_31_35_000",
                                source_clock_ms=95000)


def between_two_zones_the_lsn_does():
    for own_zone in (False, True):
        restored_to_the_second_mark(0, "N'lsn:", own_zone=own_zone)


def killed_on_its_way_to_an_lsn_it_resumes():
    with Lab(small(0, 0, False)) as lab:
        somebody_sets_the_name_before_the_job_does(lab)
        lab.json("plan", "--mark", MARK)  # the last good views of the source
        lab.sources_die()
        slow.execute(lab, "EXEC master.dbo.sp_lab_restore_rate N'DRSMALL', 2000000", "DRSMALL")
        begun = lab.run(*RESTORE, "--detach")
        expect(begun.returncode == 0, begun.stderr[-2000:])
        wait_for(lambda: any(r["reached_stop"] for r in read_record(lab)), 60,
                 "one database is at the mark")
        victim = slow.worker(lab)
        expect(victim, "a worker runs")
        os.kill(victim, signal.SIGKILL)
        slow.execute(lab, "EXEC master.dbo.sp_lab_restore_rate N'DRSMALL', 400000000", "DRSMALL")
        done = lab.run("resume", "1", seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        expect(lab.json("report", "1")["verdict"] == "ok", "verified")
        check_record(lab, databases=4)


support.main([after_takes_the_second_of_two_marks,
              after_is_in_the_time_of_a_source_whose_clock_is_fast, between_two_zones_the_lsn_does,
              killed_on_its_way_to_an_lsn_it_resumes])
