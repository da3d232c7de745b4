#!/usr/bin/python3
"""What happened beside a run before it is resumed or given up: who uses what was recovered, logs that
were restored before, jobs that were disabled already."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import built_in, expect, wait_for  # noqa: E402
from matrix import CONFIRM, DATABASES, ROUTES, SCENARIO, expect_proven  # noqa: E402
from record import check_record, read_record, restore_login  # noqa: E402
from slow import execute, hold, worker  # noqa: E402
from watched import WatchedLab  # noqa: E402

TAKE_LOCK = "EXEC master.dbo.sp_getapplock"
SERVERS = ("DRM1", "DRM2")
MGMT, BOX = ("DRM1", "BizTalkMgmtDb"), ("DRM1", "BizTalkMsgBoxDb")  # recovered last, and before it


class ResumeLab(WatchedLab):
    """The matrix group: what is to happen beside a run happens before one of its statements."""

    def __init__(self, standby=(), switches=None):
        scenario = built_in(SCENARIO)
        scenario["switches"] = switches or {}
        scenario["standby"] = [{"server": s, "database": d, "state": "standby"} for s, d in standby]
        super().__init__(scenario=scenario)

    def restore(self, *words, status=0):
        done = self.run("restore", *words, *CONFIRM, seconds=120)
        expect(done.returncode == status, (done.returncode, done.stderr[-2000:]))
        self.happened()
        return done

    def kill_worker(self):
        """The failed run's worker waits for a retry; dead, its journal and the servers remain."""
        os.kill(wait_for(lambda: worker(self), 10, "the worker"), signal.SIGKILL)
        wait_for(lambda: not worker(self), 10, "the worker is dead")

    def resume(self, run, status=0):
        done = self.run("resume", str(run), seconds=120)
        expect(done.returncode == status, (done.returncode, done.stderr[-2000:]))
        return done

    def abort(self, run):
        done = self.run("abort", str(run), seconds=60)
        expect(done.returncode == 0, (done.returncode, done.stderr[-2000:]))
        state = next(r["state"] for r in self.json("runs")["runs"] if r["run"] == run)
        expect(state == "aborted", state)

    def restore_up_to_standby(self, database, *words):
        """Ends the run when all are proven in STANDBY and none is recovered: nothing is beside a
        living source. The steps that it had for the database; the sources are dead again."""
        steps = self.steps(database, *words)
        self.sources_die()
        self.before(next(s["sql"] for s in steps if s["kind"] == "prove"),
                    lambda: self.sources(True))
        self.restore(*words, status=1)
        self.sources_die()
        return steps

    def steps(self, database, *target):
        """The steps that a plan to the target has for the database."""
        plan = self.json("plan", *target)
        return next(d["steps"] for d in plan["databases"]
                    if (d["server"], d["database"]) == database)

    def stop(self):
        pid = worker(self)
        if pid:
            os.kill(pid, signal.SIGKILL)
        super().stop()


def file_is(lab, path, state):
    execute(lab, f"EXEC master.dbo.sp_lab_file N'{path}', N'{state}'", SERVERS[0])


def enabled_jobs(lab):
    return sorted((server, name) for server in SERVERS for name, enabled in
                  execute(lab, "SELECT name, enabled FROM msdb.dbo.sysjobs", server) if enabled)


def enable(lab, job, enabled):
    for server in SERVERS:
        for name, in execute(lab, "SELECT name FROM msdb.dbo.sysjobs", server):
            if job in name:
                execute(lab, f"EXEC msdb.dbo.sp_update_job @job_name = N'{name}', "
                             f"@enabled = {enabled}", server)


def by_full_restores(lab):
    """The hash of a plan that nothing but its hash asks for while a roll forward is possible."""
    return lab.json("plan", "--target", ROUTES["full-restore"].target)["hash"]


# --- behind the point of no return ----------------------------------------------------------------

def fails_at_the_last_recovery(lab, kill=True, mend=True):
    """A run by full restores that recovered all but the last database."""
    lab.sources_die()
    execute(lab, f"EXEC master.dbo.sp_lab_database N'{MGMT[0]}', N'{MGMT[1]}', N'files-disagree'",
            MGMT[0])
    lab.restore("--plan", by_full_restores(lab), status=1)
    recovered = {(r["server_name"], r["database_name"]) for r in read_record(lab)
                 if r["restore_end"] == "RECOVERY" and r["succeeded"]}
    expect(BOX in recovered and MGMT not in recovered, recovered)
    if kill:
        lab.kill_worker()
    if mend:
        execute(lab, f"EXEC master.dbo.sp_lab_database N'{MGMT[0]}', N'{MGMT[1]}', N'good'", MGMT[0])


def who_uses_a_recovered_database_does_not_stop_the_resume():
    with ResumeLab() as lab:
        fails_at_the_last_recovery(lab)
        user = restore_login(lab, BOX[0])
        user.cursor().execute(f"USE [{BOX[1]}]")
        lab.resume(1)
        expect_proven(lab, 1)
        check_record(lab, DATABASES)
        user.close()


def a_mark_set_in_a_recovered_database_does_not_stop_the_resume():
    with ResumeLab() as lab:
        fails_at_the_last_recovery(lab)
        execute(lab, "EXEC master.dbo.sp_lab_advance 5", BOX[0])
        execute(lab, f"USE [{BOX[1]}]; BEGIN TRANSACTION OF_THE_NEW_GROUP WITH MARK N'by its job'; "
                     "INSERT INTO dbo.MarkLog (MarkName) VALUES (N'OF_THE_NEW_GROUP'); "
                     "COMMIT TRANSACTION", BOX[0])
        lab.resume(1)
        expect(lab.json("report", "1")["verdict"] == "ok", "verified")
        check_record(lab, DATABASES)


def what_cannot_be_recovered_comes_to_the_same_mark_by_the_way_that_is_told():
    """As long as it is there it is taken for at the mark, and every recovery of it fails."""
    with ResumeLab() as lab:
        mark = lab.json("plan", "--target", ROUTES["full-restore"].target)["target"]["mark"]
        fails_at_the_last_recovery(lab, mend=False)
        said = "\n".join(lab.json("report", "1")["messages"])
        expect(f"DROP DATABASE [{MGMT[1]}]" in said and f"a new plan to {mark}" in said, said)
        execute(lab, f"DROP DATABASE [{MGMT[1]}]", MGMT[0])
        lab.restore("--mark", mark)
        expect_proven(lab, 2)
        once = [r for r in read_record(lab) if r["restore_end"] == "RECOVERY" and r["succeeded"]]
        expect(len(once) == DATABASES, once)


def who_keeps_the_last_database_from_its_recovery_is_told_and_nobody_drops_it():
    """3101, which another try mends: no word of the way out, which takes the database away."""
    with ResumeLab() as lab:
        guests = []

        def enters():
            guests.append(restore_login(lab, MGMT[0]))
            guests[0].cursor().execute(f"USE [{MGMT[1]}]")
        lab.sources_die()
        lab.before(f"RESTORE DATABASE [{MGMT[1]}] WITH RECOVERY", enters)
        said = lab.restore("--target", "newest", status=1).stderr
        expect("3101" in said and "end them" in said, said)
        said = "\n".join(lab.json("report", "1")["messages"])
        expect("DROP DATABASE" not in said, said)
        guests[0].close()
        lab.resume(1)
        expect_proven(lab, 1)


def holds_a_socket(pid):
    try:
        return any(os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:")
                   for fd in os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return False


def a_worker_that_dies_under_its_order_to_go_on_is_replaced():
    """The socket of a worker takes connections while nobody reads them any more. What such a run
    tells is why it failed before: that is no answer to the order."""
    with ResumeLab() as lab:
        fails_at_the_last_recovery(lab, kill=False)
        victim = worker(lab)
        os.kill(victim, signal.SIGSTOP)
        command = subprocess.Popen([support.STOPMARK, "resume", "-c", lab.ini, "1"],
                                   env=lab.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: holds_a_socket(command.pid), 20, "it has connected")
        os.kill(victim, signal.SIGKILL)
        _, text = command.communicate(timeout=120)
        expect(command.returncode == 0, (command.returncode, text[-2000:]))
        expect_proven(lab, 1)


def a_reader_in_standby_is_told_as_what_he_is():
    with ResumeLab() as lab:
        lab.sources_die()
        steps = lab.steps(MGMT, "--target", ROUTES["full-restore"].target)
        folder = ("EXEC master.dbo.sp_lab_folder N'{}', N'D:\\Data', N'{}'")
        execute(lab, folder.format(MGMT[0], "readable"), MGMT[0])
        prove = next(s["sql"] for s in steps if s["kind"] == "prove")
        lab.before(prove, lambda: execute(lab, folder.format(MGMT[0], "missing"), MGMT[0]))
        lab.restore("--plan", by_full_restores(lab), status=1)
        execute(lab, folder.format(MGMT[0], "readable"), MGMT[0])
        lab.kill_worker()
        reader = restore_login(lab, "DRM2")
        reader.cursor().execute("USE [BizTalkDTADb]")
        said = lab.resume(1, status=1).stderr
        expect("so it cannot be recovered" in said and "overwritten" not in said, said)
        expect(not [r for r in read_record(lab) if r["restore_end"] == "RECOVERY"], "none recovered")
        reader.close()
        lab.resume(1)
        expect_proven(lab, 1)
        check_record(lab, DATABASES)


# --- a log that is applied again ------------------------------------------------------------------

def one_fails_and_the_others_stop_at_the_mark(lab, *target):
    """A run that is aborted with all databases at its mark but one, whose file was missing."""
    lab.sources_die()
    step = next(s for s in lab.steps(MGMT, *target) if s["kind"] == "restore-log")
    lab.before(step["sql"], lambda: file_is(lab, step["file"], "missing"))
    lab.restore(*target, status=1)
    lab.abort(1)
    file_is(lab, step["file"], "readable")
    reached = {(r["server_name"], r["database_name"]) for r in read_record(lab) if r["reached_stop"]}
    expect(BOX in reached and MGMT not in reached, reached)


def fails_at_its_first_log_and_is_resumed(lab, *target):
    """The second run: its log of BOX is one that was restored before, and fails once."""
    steps = lab.steps(BOX, *target)
    first = steps[0]
    expect(first["kind"] == "restore-log", first)
    before = [r for r in read_record(lab)
              if (r["server_name"], r["database_name"], r["path"]) == (*BOX, first["file"])]
    expect(before and before[-1]["succeeded"], "this log was restored before")
    lab.before(first["sql"], lambda: file_is(lab, first["file"], "missing"))
    lab.restore(*target, status=1)
    file_is(lab, first["file"], "readable")
    lab.resume(2)
    expect_proven(lab, 2)
    sent = [r for r in read_record(lab)
            if (r["server_name"], r["database_name"], r["path"]) == (*BOX, first["file"])]
    expect(len(sent) == len(before) + 2 and sent[-1]["succeeded"], sent)


def a_log_that_is_applied_again_to_go_on_from_a_mark_is_sent_again_after_it_failed():
    with ResumeLab() as lab:
        one_fails_and_the_others_stop_at_the_mark(lab, "--target", ROUTES["roll-forward"].target)
        old = lab.json("plan")["target"]["mark"]
        lab.sources(True)
        enable(lab, "Get Backup History", 1)
        execute(lab, "EXEC master.dbo.sp_lab_advance 1500", SERVERS[0])
        wait_for(lambda: lab.json("plan")["target"]["mark"] != old, 20, "a newer mark")
        lab.sources_die()
        fails_at_its_first_log_and_is_resumed(lab, "--target", ROUTES["roll-forward"].target)


def a_log_that_stopped_before_the_mark_is_not_taken_for_one_that_stopped_at_it():
    with ResumeLab() as lab:
        mark = lab.json("plan")["target"]["mark"]
        one_fails_and_the_others_stop_at_the_mark(lab, "--mark", mark, "--before")
        fails_at_its_first_log_and_is_resumed(lab, "--mark", mark)


def a_stop_made_since_the_plan_is_not_rolled_over_where_the_marks_place_is_unknown():
    """No view of the sources was ever read, so no LSN of the mark; another run stops a database
    inside its log between this run's plan and its lock."""
    with ResumeLab() as lab:
        lab.sources_die()
        step = lab.steps(BOX, "--target", ROUTES["roll-forward"].target)[0]
        lab.before(TAKE_LOCK, lambda: execute(lab, step["sql"], BOX[0]))
        said = lab.restore("--target", ROUTES["roll-forward"].target, status=5).stderr
        expect("/".join(BOX) in said and "it was stopped inside its next log" in said, said)
        expect(not read_record(lab), "nothing was restored")


def a_standby_that_stands_before_the_mark_is_not_taken_for_one_at_it():
    """In STANDBY no redo point is shown, and restorehistory names the mark for a stop before it too."""
    with ResumeLab() as lab:
        mark = lab.json("plan")["target"]["mark"]
        lab.restore_up_to_standby(MGMT, "--mark", mark, "--before")
        lab.abort(1)
        before = len(read_record(lab))
        said = lab.restore("--mark", mark, status=5).stderr
        expect("WITH NORECOVERY" in said and "make a new plan" in said, said)
        expect(len(read_record(lab)) == before, "nothing was restored")
        for server in SERVERS:
            for name, in execute(lab, "SELECT d.name FROM sys.databases AS d"
                                      " WHERE d.is_in_standby = 1", server):
                execute(lab, f"RESTORE DATABASE [{name}] WITH NORECOVERY", server)
        lab.restore("--mark", mark)
        expect_proven(lab, lab.json("runs")["runs"][0]["run"])


def rolled_on_by_hand(lab, step, ending):
    """The log that reached the mark once more, to its end: behind the mark, and before the next one."""
    execute(lab, f"RESTORE LOG [{MGMT[1]}] FROM DISK = N'{step['file']}' WITH {ending}", MGMT[0])


def last_log(steps):
    return [s for s in steps if s["kind"] == "restore-log"][-1]


def what_was_rolled_on_and_recovered_by_hand_is_not_taken_for_this_runs_recovery():
    """Its MarkLog has the mark and none later, and it is not at the mark."""
    with ResumeLab() as lab:
        log = last_log(lab.steps(MGMT, "--target", ROUTES["full-restore"].target))
        fails_at_the_last_recovery(lab)
        rolled_on_by_hand(lab, log, "RECOVERY")
        said = lab.resume(1, status=1).stderr
        expect("/".join(MGMT) in said and "was restored" in said, said)
        expect(lab.json("report", "1")["verdict"] == "critical", "not proven")


def what_was_rolled_on_in_standby_is_not_taken_for_at_the_mark():
    with ResumeLab() as lab:
        steps = lab.steps(MGMT, "--target", ROUTES["full-restore"].target)
        prove = next(s["sql"] for s in steps if s["kind"] == "prove")
        lab.sources_die()
        lab.before(prove, lambda: lab.sources(True))  # nothing is recovered beside a living source
        lab.restore("--plan", by_full_restores(lab), status=1)
        lab.kill_worker()
        lab.sources_die()
        rolled_on_by_hand(lab, last_log(steps), "STANDBY = N'D:\\Data\\by_hand.undo'")
        said = lab.resume(1, status=1).stderr
        expect("/".join(MGMT) in said and "was restored" in said, said)
        expect(not [r for r in read_record(lab) if r["restore_end"] == "RECOVERY"], "none recovered")


def none_is_recovered_where_one_was_moved_since_its_proof():
    """The failed run's worker waits between its gate and the first recovery for as long as it takes
    somebody to see to the sources, and his colleague to roll a database on."""
    with ResumeLab() as lab:
        mark = lab.json("plan")["target"]["mark"]
        steps = lab.restore_up_to_standby(MGMT, "--mark", mark)
        rolled_on_by_hand(lab, last_log(steps), "STANDBY = N'D:\\Data\\by_hand.undo'")
        said = lab.resume(1, status=1).stderr
        expect("/".join(MGMT) in said and "not as it was proven" in said, said)
        expect(not [r for r in read_record(lab) if r["restore_end"] == "RECOVERY"], "none recovered")
        said = lab.resume(1, status=1).stderr
        expect("a backup was restored there" in said and "make a new plan" in said, said)


def a_standby_that_was_rolled_on_since_the_plan_is_not_taken_for_at_the_mark():
    with ResumeLab() as lab:
        mark = lab.json("plan")["target"]["mark"]
        steps = lab.restore_up_to_standby(MGMT, "--mark", mark)
        lab.abort(1)
        lab.before(TAKE_LOCK, lambda: rolled_on_by_hand(lab, last_log(steps),
                                                        "STANDBY = N'D:\\Data\\by_hand.undo'"))
        said = lab.restore("--mark", mark, status=5).stderr
        expect("/".join(MGMT) in said and "restorehistory" in said, said)
        expect(not [r for r in read_record(lab) if r["restore_end"] == "RECOVERY"], "none recovered")


def the_evidence_tells_a_stop_at_the_end_of_a_log():
    with ResumeLab(switches={"mark_ends_its_log": True}) as lab:
        mark = lab.json("plan")["target"]["mark"]
        lab.restore_up_to_standby(MGMT, "--mark", mark)
        told = [d["evidence"] for d in lab.json("report", "1")["databases"]]
        expect(len(told) == DATABASES and all("at the end of the log" in e and "STANDBY" in e
                                              for e in told), told)


def a_stop_at_the_end_of_a_log_whose_answer_nobody_read_is_told_as_what_it_is():
    """Nothing but the reply tells it from a log applied whole; a full restore comes to the same mark."""
    with ResumeLab(switches={"mark_ends_its_log": True}) as lab:
        mark = lab.json("plan")["target"]["mark"]
        log = last_log(lab.steps(MGMT, "--mark", mark))
        lab.sources_die()
        lab.before(log["sql"], lambda: hold(lab))
        # Not waited for: it may be held before it has told the command that it is prepared.
        command = subprocess.Popen([support.STOPMARK, "restore", "-c", lab.ini, "--mark", mark,
                                    *CONFIRM], env=lab.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: [r for r in read_record(lab) if r["path"] == log["file"] and r["succeeded"]],
                 20, "the server has done it")
        lab.happened()
        lab.kill_worker()
        expect(command.wait(timeout=20) == 1, "it says that the worker died")
        said = lab.resume(1, status=1).stderr
        expect(f"which holds the mark {mark}" in said and "full restore" in said, said)
        lab.abort(1)
        plan = lab.json("plan", "--mark", mark)
        expect("full-restore" in {d["route"] for d in plan["databases"]}, plan["databases"])
        lab.restore("--plan", plan["hash"])
        expect_proven(lab, 2)


def a_stop_at_a_time_in_standby_is_not_taken_for_a_log_applied_whole():
    """Somebody looked how things stood at ten past; the next log would be refused: 4305."""
    with ResumeLab() as lab:
        mark = lab.json("plan")["target"]["mark"]
        log = next(s for s in lab.steps(BOX) if s["kind"] == "restore-log")
        execute(lab, f"RESTORE LOG [{BOX[1]}] FROM DISK = N'{log['file']}' WITH STOPAT ="
                     " N'2026-11-20T12:10:00', STANDBY = N'D:\\Data\\box.undo'", BOX[0])
        found = lab.run("plan", "--mark", mark).stdout
        expect("stopped at 2026-11-20T12:10:00 on DRM1, and how far is not visible" in found, found)
        execute(lab, f"RESTORE DATABASE [{BOX[1]}] WITH NORECOVERY", BOX[0])
        expect(lab.steps(BOX, "--mark", mark)[0]["file"] == log["file"], "it goes on in that log")


def monitoring_does_not_enter_a_database_in_standby():
    """Who reads it makes the next RESTORE fail: 3101."""
    with ResumeLab(standby=[BOX]) as lab:
        sent = []
        lab.proxies[BOX[0]].on_batch = sent.append
        expect(lab.run("status").returncode == 0, "status")
        entered = [batch for batch in sent if f"[{BOX[1]}]." in batch]
        expect(sent and not entered, entered)


# --- given up -------------------------------------------------------------------------------------

def a_run_whose_logs_failed_in_standby_can_be_aborted_and_shipping_goes_on():
    everyone = [MGMT, BOX, ("DRM2", "BizTalkMsgBoxDb2"), ("DRM2", "BizTalkDTADb")]
    with ResumeLab(standby=everyone) as lab:
        jobs = enabled_jobs(lab)
        expect(len([name for _, name in jobs if "Log Shipping" in name]) >= 4, jobs)
        lab.sources_die()
        guests = [restore_login(lab, server) for server, _ in everyone]
        for guest, (_, database) in zip(guests, everyone):
            guest.cursor().execute(f"USE [{database}]")
        lab.restore("--target", ROUTES["roll-forward"].target, status=1)
        rows = [r for r in read_record(lab) if r["kind"] == "RESTORE LOG"]
        expect(rows and {r["error_number"] for r in rows} == {3101}, rows)
        for guest in guests:
            guest.close()
        lab.abort(1)
        expect(enabled_jobs(lab) == jobs, (enabled_jobs(lab), jobs))
        expect(lab.json("report", "1")["rebuild"] == [], "nothing was moved")


def jobs_that_were_disabled_before_hide_the_way_back_from_nobody():
    """BizTalk's own instructions have them disabled by hand before a restore."""
    with ResumeLab() as lab:
        for job in ("Get Backup History", "Restore Databases"):
            enable(lab, job, 0)
        one_fails_and_the_others_stop_at_the_mark(lab, "--target", ROUTES["roll-forward"].target)
        expect(not [name for _, name in enabled_jobs(lab)
                    if "Get Backup History" in name or "Restore Databases" in name], "as before")
        report = lab.json("report", "1")
        steps = report["rebuild"]

        def where(words):
            return [i for i, step in enumerate(steps) if words in step]
        clean, full = where("sp_LogShippingClean"), where("sp_ForceFullBackup")
        on = [i for i in where("Restore Databases") if ": enable" in steps[i]]
        expect(len(clean) == 2 and len(full) == 1 and len(on) == 2, steps)
        expect(max(clean) < full[0] < min(on), steps)
        said = "\n".join(report["messages"])
        expect("was disabled before this run" in said and "rebuild the standby" in said, said)


support.main([who_uses_a_recovered_database_does_not_stop_the_resume,
              a_mark_set_in_a_recovered_database_does_not_stop_the_resume,
              what_cannot_be_recovered_comes_to_the_same_mark_by_the_way_that_is_told,
              who_keeps_the_last_database_from_its_recovery_is_told_and_nobody_drops_it,
              a_worker_that_dies_under_its_order_to_go_on_is_replaced,
              a_reader_in_standby_is_told_as_what_he_is,
              a_log_that_is_applied_again_to_go_on_from_a_mark_is_sent_again_after_it_failed,
              a_log_that_stopped_before_the_mark_is_not_taken_for_one_that_stopped_at_it,
              a_stop_made_since_the_plan_is_not_rolled_over_where_the_marks_place_is_unknown,
              a_standby_that_stands_before_the_mark_is_not_taken_for_one_at_it,
              what_was_rolled_on_and_recovered_by_hand_is_not_taken_for_this_runs_recovery,
              what_was_rolled_on_in_standby_is_not_taken_for_at_the_mark,
              none_is_recovered_where_one_was_moved_since_its_proof,
              a_standby_that_was_rolled_on_since_the_plan_is_not_taken_for_at_the_mark,
              the_evidence_tells_a_stop_at_the_end_of_a_log,
              a_stop_at_the_end_of_a_log_whose_answer_nobody_read_is_told_as_what_it_is,
              a_stop_at_a_time_in_standby_is_not_taken_for_a_log_applied_whole,
              monitoring_does_not_enter_a_database_in_standby,
              a_run_whose_logs_failed_in_standby_can_be_aborted_and_shipping_goes_on,
              jobs_that_were_disabled_before_hide_the_way_back_from_nobody])
