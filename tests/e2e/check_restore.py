#!/usr/bin/python3
"""A restore of ten databases on two destinations, by commands: refused, done, proven, refused
again, killed and resumed."""
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import jsonschema  # noqa: E402
import lab as support  # noqa: E402
from lab import Lab, STOPMARK, expect, wait_for  # noqa: E402
from record import check_record  # noqa: E402

RESTORE = ("restore", "--target", "newest", "--situation", "source-lost", "--confirm",
           "Contoso production")


def destination_states(lab):
    return {(d["server"], d["database"]): d["state"]
            for d in lab.json("status")["databases"] if d["role"] == "destination"}


def expect_proven(lab, run):
    report = lab.json("report", str(run))
    with open(os.path.join(support.ROOT, "man", "schema", "report.json"), encoding="utf-8") as file:
        jsonschema.validate(report, json.load(file))
    expect(report["verdict"] == "ok", report["verdict"])
    expect(len(report["databases"]) == 10, len(report["databases"]))
    for database in report["databases"]:
        expect(database["state"] == "ONLINE" and database["at_mark"], database)
        expect(database["marklog_has_mark"] and database["later_marks"] == 0, database)
    states = destination_states(lab)
    expect(len(states) == 10 and set(states.values()) == {"ONLINE"}, states)
    check_record(lab)
    return report


def newest_run(lab):
    return lab.json("runs")["runs"][0]


def living_sources_refuse_source_lost_before_the_first_write():
    with Lab() as lab:
        before = destination_states(lab)
        done = lab.run(*RESTORE)
        expect(done.returncode == 5, (done.returncode, done.stderr))
        expect("SQLA" in done.stderr, done.stderr)
        expect(destination_states(lab) == before, "nothing changed")


def a_wrong_confirmation_is_refused():
    with Lab() as lab:
        done = lab.run(*RESTORE[:-1], "contoso production")
        expect(done.returncode == 5, done.returncode)


def the_whole_group_is_restored_and_proven():
    with Lab(scenario="contoso") as lab:
        mark = lab.json("plan")["target"]["mark"]
        lab.sources_die()
        done = lab.run(*RESTORE, seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        run = newest_run(lab)
        expect(run["mark"] == mark, (run["mark"], mark))
        report = expect_proven(lab, run["run"])
        recovers = [s for s in report["steps"] if s["kind"] == "recover"]
        expect(len(recovers) == 10, len(recovers))
        again = lab.run(*RESTORE, seconds=60)
        expect(again.returncode == 5, (again.returncode, again.stderr))
        text = lab.run("report", str(run["run"]))
        expect(text.returncode == 0 and mark in text.stdout, text.stdout[:500])


def the_fresh_start_knows_nothing_of_the_dead_sources():
    """No earlier view on disk, sources dead before the first start."""
    with Lab() as lab:
        lab.sources(False)
        wait_for(lambda: not any(s["reachable"] for s in lab.json("status")["servers"]
                                 if s["role"] == "source"), 20, "sources dead")
        subprocess.run(["rm", "-rf", lab.state], check=True)
        done = lab.run(*RESTORE, seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        expect_proven(lab, newest_run(lab)["run"])


def names_of_any_kind_are_restored_and_proven():
    """Quotes, brackets, right-to-left letters, control characters, a newline, 128 characters."""
    with Lab("hostile-names") as lab:
        group = lab.json("status")["group"]
        lab.sources(False)
        wait_for(lambda: not any(s["reachable"] for s in lab.json("status")["servers"]
                                 if s["role"] == "source"), 20, "sources dead")
        done = lab.run(*RESTORE[:-1], group, seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        expect("\x1b" not in done.stderr + done.stdout, "no escape sequence reaches the terminal")
        report = lab.json("report", "1")
        expect(report["verdict"] == "ok" and len(report["databases"]) == 6, report["databases"])
        check_record(lab, databases=6)


def workers(lab):
    """Process ids of workers of this lab's state directory."""
    found = []
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if b"internal-worker" in words and any(lab.directory.encode() in w for w in words):
            found.append(int(pid))
    return found


def lock_for_a_moment(lab, seconds):
    """The lock of a run is held for so long yet, as by a dead worker that is not all cleared away."""
    path = next(os.path.join(folder, name) for folder, _, names in os.walk(lab.directory)
                for name in names if name.startswith(".run-") and name.endswith(".lock"))
    file = open(path, "rb")
    wait_for(lambda: flocked(file), 10, "the lock is free")
    threading.Timer(seconds, file.close).start()


def flocked(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def killed_at(reached, speed=4, lock_lingers_s=0):
    """Kills worker and command with SIGKILL once reached(run) is true; then resumes."""
    with Lab(speed=speed) as lab:
        lab.sources_die()
        command = subprocess.Popen([STOPMARK, RESTORE[0], "-c", lab.ini, *RESTORE[1:]],
                                   env=lab.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: reached(lab), 60, "the run came so far")
            run = newest_run(lab)["run"]
            victims = workers(lab)
            expect(victims, "a worker was running")
            for pid in victims:
                os.kill(pid, signal.SIGKILL)
        finally:
            command.kill()
            command.wait()
        if lock_lingers_s:
            lock_for_a_moment(lab, lock_lingers_s)
        # at once: the dead worker's socket may still take the connection
        done = lab.run("resume", str(run), seconds=180)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        expect_proven(lab, run)


def run_is(*states):
    def reached(lab):
        runs = lab.json("runs")["runs"]
        return runs and runs[0]["state"] in states
    return reached


def killed_while_preparing_it_resumes():
    killed_at(run_is("preparing", "restoring"))


def a_dead_workers_lock_that_lingers_is_waited_for():
    killed_at(run_is("restoring", "gate", "recovering"), lock_lingers_s=0.7)


def killed_while_restoring_it_resumes():
    killed_at(run_is("restoring", "gate", "recovering"))


def killed_after_the_point_of_no_return_it_resumes():
    killed_at(run_is("recovering", "verifying", "after"))


def what_is_left_out_stands_in_plan_decisions_and_verdict():
    left_out = ("--leave-out", "ContosoOrders", "--reason", "restored by its own team")
    with Lab() as lab:
        lab.sources_die()
        blank = lab.run("plan", "--leave-out", "ContosoOrders", "--reason", " ")
        expect(blank.returncode == 2 and "--reason is empty" in blank.stderr, blank)
        plan = lab.json("plan", *left_out)
        expected = [{"database": "ContosoOrders", "reason": "restored by its own team"}]
        expect(plan["left_out"] == expected, plan["left_out"])
        text = lab.run("plan", *left_out).stdout
        expect("left out: ContosoOrders (restored by its own team)" in text, text)
        scripts = os.path.join(lab.directory, "scripts")
        done = lab.run("script", *left_out, "--output", scripts)
        expect(done.returncode == 0, done.stderr)
        with open(f"{scripts}/DRSQL1-1-to-mark.sql", encoding="utf-8") as file:
            expect("-- left out ContosoOrders, for which the group is NOT proven: restored by its own "
                   "team" in file.read(), "the script says it")
        done = lab.run(*RESTORE, *left_out, seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr))
        words = "NOT proven for ContosoOrders (restored by its own team)"
        expect(words in done.stdout + done.stderr, (done.stdout, done.stderr))
        report = lab.json("report", "1")
        expect(report["left_out"] == expected and words in report["verdict_text"], report)
        expect(len(report["databases"]) == 9, report["databases"])
        expect(any(d.endswith("left out ContosoOrders: restored by its own team")
                   for d in report["decisions"]), report["decisions"])
        expect(words in lab.run("report", "1").stdout, "the text says it too")


support.main([what_is_left_out_stands_in_plan_decisions_and_verdict,
              living_sources_refuse_source_lost_before_the_first_write,
              a_wrong_confirmation_is_refused,
              the_whole_group_is_restored_and_proven,
              the_fresh_start_knows_nothing_of_the_dead_sources,
              names_of_any_kind_are_restored_and_proven,
              killed_while_preparing_it_resumes,
              killed_while_restoring_it_resumes,
              a_dead_workers_lock_that_lingers_is_waited_for,
              killed_after_the_point_of_no_return_it_resumes])
