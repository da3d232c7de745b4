#!/usr/bin/python3
"""Another host takes over a dead run without its journal: a new plan, from the servers alone."""
import json
import os
import re
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, built_in, expect, wait_for  # noqa: E402
from record import check_record, read_record  # noqa: E402
from slow import FAST, RESTORE, SlowRun, rate, recoveries, run_row, state_of, worker  # noqa: E402


def kill_and_forget(lab):
    """The worker dies, and with it everything that this host knew of the run."""
    mark = run_row(lab)["mark"]
    pid = worker(lab)
    expect(pid, "a worker was running")
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not worker(lab), 20, "the worker is gone")
    shutil.rmtree(lab.state)
    lab.forgotten = True
    rate(lab, FAST)
    expect(not lab.json("runs")["runs"], "no journal is left")
    return mark


def routes(lab, mark):
    plan = lab.json("plan", "--mark", mark)
    return {d["database"]: d["route"] for d in plan["databases"]}


def take_over(lab, mark):
    """plan and restore to the same mark, on nothing but the servers' word."""
    def settled():
        """The dead worker's statements have ended: the servers say where every database stands."""
        return lab.run("plan", "--mark", mark).returncode == 0
    wait_for(settled, 60, "a new plan is possible")
    done = lab.run("restore", "--mark", mark, *RESTORE[3:], seconds=120)
    expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
    report = lab.json("report", "1")
    expect(report["verdict"] == "ok" and len(report["databases"]) == 10, report["verdict_text"])
    check_record(lab)


def a_run_killed_while_restoring_is_taken_over():
    with SlowRun() as lab:
        wait_for(lambda: [r for r in read_record(lab) if r["reached_stop"] and r["succeeded"]], 60,
                 "a database reached the mark")
        mark = kill_and_forget(lab)
        found = wait_for(lambda: routes(lab, mark), 30, "a plan")
        expect("at-mark" in found.values(), found)
        expect("full-restore" not in found.values(), found)
        take_over(lab, mark)
        reached = [(r["server_name"], r["database_name"]) for r in read_record(lab)
                   if r["kind"] == "RESTORE LOG" and r["reached_stop"] and r["succeeded"]]
        expect(len(reached) == len(set(reached)) == 10, f"sent again behind the mark: {reached}")


def a_run_killed_behind_the_gate_is_taken_over():
    """Databases stand in STANDBY, which shows no redo point; their MarkLog does."""
    with SlowRun() as lab:
        rate(lab, FAST)
        wait_for(lambda: len([r for r in read_record(lab)
                              if r["restore_end"] == "STANDBY" and r["succeeded"]]) >= 3,
                 60, "databases are being proven")
        mark = kill_and_forget(lab)
        found = routes(lab, mark)
        expect(set(found.values()) <= {"at-mark", "recovered-at-mark"}, found)
        take_over(lab, mark)


def a_run_killed_while_recovering_is_taken_over():
    with SlowRun() as lab:
        rate(lab, FAST)
        wait_for(lambda: [r for r in recoveries(lab) if r["succeeded"]], 60,
                 "a database is recovered")
        state = state_of(lab)
        mark = kill_and_forget(lab)
        found = routes(lab, mark)
        expect("recovered-at-mark" in found.values(), (state, found))
        if "at-mark" in found.values():
            take_over(lab, mark)
        again = [r["database_name"] for r in recoveries(lab) if r["succeeded"]]
        expect(len(again) == len(set(again)) == 10, "none is recovered twice")


def the_next_shift_resumes_from_a_shared_journal():
    """Another state directory (another host), the same journal directory."""
    with SlowRun() as lab:
        wait_for(lambda: [r for r in read_record(lab) if r["succeeded"]], 60, "a log was restored")
        pid = worker(lab)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not worker(lab), 20, "the worker is gone")
        rate(lab, FAST)
        with open(lab.ini, encoding="utf-8") as file:
            text = file.read()
        other = os.path.join(lab.directory, "night-shift.ini")
        with open(other, "w", encoding="utf-8") as file:
            file.write(re.sub(r"(?m)^state_dir = .*$", f"state_dir = {lab.directory}/other-host\n"
                              f"journal_dir = {lab.state}", text))
        done = lab.run("resume", "1", config=other, seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        report = json.loads(lab.run("report", "1", "--json", config=other).stdout)
        expect(report["verdict"] == "ok", report["verdict_text"])
        check_record(lab)


def a_newer_destination_whose_source_this_host_never_saw_ends_proven():
    """No MarkLog can be read before the upgrade; nothing told so when the plan was made."""
    scenario = built_in("small")
    for server in scenario["servers"]:
        server["version"] = "15.0.4430" if server["role"] == "source" else "16.0.4236"
    with Lab(scenario) as lab:
        lab.sources_die()
        done = lab.run(*RESTORE[:-1], "Small group", seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        report = lab.json("report", "1")
        expect(report["verdict"] == "ok" and len(report["databases"]) == 4, report["verdict_text"])
        refused = [s for s in report["steps"] if s["kind"] == "prove"]
        expect(len(refused) == 4 and all(s["state"] == "failed" for s in refused), refused)
        said = [m for m in report["messages"] if "MarkLog cannot be read before" in m]
        expect(len(said) == 4, report["messages"])
        rows = [r for r in read_record(lab) if r["restore_end"] in ("STANDBY", "RECOVERY")]
        expect([r["succeeded"] for r in rows] == [0] * 4 + [1] * 4, rows)


support.main([a_run_killed_while_restoring_is_taken_over,
              a_run_killed_behind_the_gate_is_taken_over,
              a_run_killed_while_recovering_is_taken_over,
              the_next_shift_resumes_from_a_shared_journal,
              a_newer_destination_whose_source_this_host_never_saw_ends_proven])
