#!/usr/bin/python3
"""Runs under way: two operators, lost consoles, abort, pause, full disks, files that vanish, and
databases that somebody else touched."""
import glob
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, STOPMARK, expect, wait_for  # noqa: E402
from record import check_record, read_record, restore_login, stands_still  # noqa: E402
from slow import (FAST, RESTORE, SlowRun, begun_and_held, enabled_jobs, execute,  # noqa: E402
                  expect_done, held_when, kill_worker, logs_running, planned_file, rate,
                  recoveries, run_row, state_of, wait_state, worker)


def a_second_operator_is_refused_and_told_who_holds_the_lock():
    with SlowRun() as lab:
        second = lab.run(*RESTORE)
        expect(second.returncode == 5, (second.returncode, second.stderr))
        expect("stopmark run 1 " in second.stderr and "since" in second.stderr, second.stderr)
        expect(lab.json("runs")["runs"][1]["alive"], "the first run goes on")
        rate(lab, FAST)
        wait_for(lambda: lab.json("runs")["runs"][1]["state"] == "after", 60, "the first is done")


def with_reversed_servers(lab):
    """The same estate in another operator's configuration: servers in the opposite order, a state
    directory of its own."""
    with open(lab.ini, encoding="utf-8") as file:
        text = file.read()
    sections = re.split(r"(?m)^(?=\[)", text)
    servers = [s for s in sections if s.startswith("[server ")]
    rest = [s for s in sections if not s.startswith("[server ")]
    state = os.path.join(lab.directory, "other-state")
    rest = [re.sub(r"(?m)^(state_dir|journal_dir)\s*=.*$", rf"\1 = {state}", s) for s in rest]
    path = os.path.join(lab.directory, "other.ini")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(rest + servers[::-1]))
    return path, dict(lab.environment(), XDG_STATE_HOME=state)


def two_operators_with_opposite_server_orders_start_together_and_one_gets_it():
    with SlowRun(begin=False) as lab:
        path, environment = with_reversed_servers(lab)
        lab.json("status")  # both have seen the sources dead
        starts = [subprocess.Popen([STOPMARK, RESTORE[0], "-c", ini, *RESTORE[1:], "--detach"], env=env,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
                  for ini, env in ((lab.ini, lab.environment()), (path, environment))]
        words = [process.communicate(timeout=60)[1] for process in starts]
        codes = [process.returncode for process in starts]
        expect(sorted(codes) == [0, 5], (codes, words))
        refused = words[codes.index(5)]
        expect("held by" in refused and "stopmark run 1 " in refused and "since" in refused and
               "from" in refused, refused)
        rate(lab, FAST)

        def done():
            rows = subprocess.run([STOPMARK, "runs", "-c", path if codes[0] == 5 else lab.ini,
                                   "--json"], env=environment if codes[0] == 5 else
                                  lab.environment(), capture_output=True, text=True, check=True)
            return json.loads(rows.stdout)["runs"][0]["state"] == "after"
        wait_for(done, 90, "the run that got the locks is done")
        check_record(lab)


def a_restore_by_somebody_else_is_waited_for_by_the_operator():
    with Lab(speed=1) as lab:
        lab.sources_die()
        path = planned_file(lab, "BizTalkMsgBoxDb")
        rate(lab, 1_000_000)
        other = restore_login(lab, "DRSQL1")
        statement = f"RESTORE LOG [BizTalkMsgBoxDb] FROM DISK = N'{path}' WITH NORECOVERY"

        def restore():
            try:
                other.cursor().execute(statement)
            except Exception:  # the lab ends before it does
                pass
        thread = threading.Thread(target=restore, daemon=True)
        thread.start()
        wait_for(lambda: logs_running(lab), 20, "the other's RESTORE runs")
        done = lab.run(*RESTORE)
        expect(done.returncode == 5 and "RESTORE LOG" in done.stderr,
               (done.returncode, done.stderr))


def the_statements_sent_are_the_plans_to_the_byte():
    with Lab() as lab:
        lab.sources_die()
        planned = {(d["server"], d["database"], step["kind"], step["sql"])
                   for d in lab.json("plan")["databases"] for step in d["steps"]}
        done = lab.run(*RESTORE)
        expect(done.returncode == 0, done.stderr)
        sent = [(s["server"], s["database"], s["kind"], s["sql"])
                for s in lab.json("report", "1")["steps"]]
        expect(set(sent) == planned and len(sent) == len(planned),
               f"{len(sent)} sent, {len(planned)} planned: {set(sent) ^ planned}")
        logs = glob.glob(os.path.join(lab.directory, "**", "worker-*.log"), recursive=True)
        with open(logs[0], encoding="utf-8") as file:
            text = file.read()
        expect("Sanitizer" not in text and "runtime error" not in text, text)


def the_console_tells_progress_rate_time_left_and_the_time_reached():
    with Lab(speed=1) as lab:
        lab.json("status")  # seen alive once: whether stamps are UTC is known
        lab.sources_die()
        rate(lab, 15_000_000)
        done = lab.run(*RESTORE, seconds=120)
        expect(done.returncode == 0, done.stderr)
        told = re.findall(r"restoring: (\d+) %, (\d+) of 10 at the mark, ([\d.]+) MB/s, left .*, "
                          r"all have reached (\d\d:\d\d)", done.stderr)
        expect(told, done.stderr)
        expect(all(0 < float(rate_told) < 200 and "12:00" <= reached <= "12:15"
                   for _, _, rate_told, reached in told), told)
        percents = [int(percent) for percent, *_ in told]
        expect(percents == sorted(percents) and 0 < percents[0] <= 100, percents)


def a_killed_console_does_not_touch_the_run():
    with SlowRun(begin=False) as lab:
        console = subprocess.Popen([STOPMARK, RESTORE[0], "-c", lab.ini, *RESTORE[1:]],
                                   env=lab.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_state(lab, "restoring")
        console.send_signal(signal.SIGKILL)
        console.wait()
        expect(run_row(lab)["alive"], "the worker lives")
        expect_done(lab)


def a_hang_up_detaches():
    with SlowRun(begin=False) as lab:
        console = subprocess.Popen([STOPMARK, RESTORE[0], "-c", lab.ini, *RESTORE[1:]],
                                   env=lab.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: "prepared" in console.stderr.readline(), 30, "the console watches")
        console.send_signal(signal.SIGHUP)
        _, words = console.communicate(timeout=20)
        expect("attach" in words, words)
        expect(run_row(lab)["alive"], "the worker lives")
        expect_done(lab)


def the_worker_inherits_no_secret_and_no_descriptor():
    os.environ["UNRELATED_TOKEN"] = "do-not-inherit"
    try:
        with SlowRun() as lab:
            pid = wait_for(lambda: worker(lab), 10, "a worker")
            with open(f"/proc/{pid}/environ", "rb") as file:
                expect(b"do-not-inherit" not in file.read(), "the environment is cleaned")
            names = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in ("0", "1", "2")]
            expect(names[0] == "/dev/null" and names[1].endswith(".log"), names)
            expect(os.getsid(pid) != os.getsid(0), "a session of its own")
            expect_done(lab)
    finally:
        del os.environ["UNRELATED_TOKEN"]


def a_lost_lock_is_noticed_and_taken_again():
    with SlowRun() as lab:
        holder = execute(lab, "SELECT request_session_id FROM sys.dm_tran_locks "
                              "WHERE resource_type = N'APPLICATION'")
        expect(len(holder) == 1, holder)
        execute(lab, f"KILL {holder[0][0]}")

        def told():
            text = " ".join(lab.json("report", "1")["messages"])
            return "lock's connection was lost" in text and "the lock is held again" in text
        wait_for(told, 30, "the loss is told, and the lock is held again")
        expect_done(lab)


def abort_before_anything_was_restored_enables_the_jobs_again():
    with SlowRun(rate_bytes=20_000) as lab:
        before = ("DRSQL1", "BTS Log Shipping - Restore Databases")
        wait_for(lambda: logs_running(lab), 30, "a log is being restored")
        expect(before not in enabled_jobs(lab), "disabled for the run")
        done = lab.run("abort", "1", "--now")
        expect(done.returncode == 0, done.stderr)
        expect(state_of(lab) == "aborted", state_of(lab))
        expect(before in enabled_jobs(lab), "enabled again")
        states = {d["state"] for d in lab.json("status")["databases"] if d["role"] == "destination"}
        expect(states == {"RESTORING"}, states)
        expect(not recoveries(lab), "nothing was recovered")


def abort_after_a_log_was_applied_leaves_the_jobs_disabled():
    with SlowRun() as lab:
        wait_for(lambda: [r for r in read_record(lab) if r["succeeded"]], 60, "a log was restored")
        done = lab.run("abort", "1")
        expect(done.returncode == 0, done.stderr)
        expect(("DRSQL1", "BTS Log Shipping - Restore Databases") not in enabled_jobs(lab),
               "the tables do not know what was done")
        states = {d["state"] for d in lab.json("status")["databases"] if d["role"] == "destination"}
        expect(states == {"RESTORING"}, states)
        expect(not recoveries(lab), "nothing was recovered")
        again = lab.run("resume", "1")
        expect(again.returncode == 5, again.returncode)
        rate(lab, FAST)
        anew = lab.run(*RESTORE)
        expect(anew.returncode == 0, anew.stderr)


def a_dead_run_is_aborted_without_its_worker_and_the_jobs_go_on():
    with SlowRun(begin=False, rate_bytes=20_000) as lab:
        before = enabled_jobs(lab)
        done = lab.run(*RESTORE, "--detach")
        expect(done.returncode == 0, done.stderr)
        wait_for(lambda: logs_running(lab), 30, "a log is being restored")
        kill_worker(lab)
        expect(enabled_jobs(lab) != before, "disabled for the run")
        done = lab.run("abort", "1")
        expect(done.returncode == 0, (done.returncode, done.stderr))
        expect(enabled_jobs(lab) == before, "nothing took effect, so they are enabled again")
        expect(not lab.json("report", "1")["rebuild"], "nothing is to be rebuilt")
    with SlowRun() as lab:
        wait_for(lambda: [r for r in read_record(lab) if r["succeeded"]], 60, "a log was restored")
        kill_worker(lab)
        sent = len(read_record(lab))
        done = lab.run("abort", "1")
        expect(done.returncode == 0, (done.returncode, done.stderr))
        expect(state_of(lab) == "aborted" and not recoveries(lab), state_of(lab))
        expect(len(read_record(lab)) == sent, "no RESTORE was sent")
        report = lab.json("report", "1")
        words = report["rebuild"]
        order = [next(i for i, step in enumerate(words) if part in step)
                 for part in ("Restore Databases", "sp_LogShippingClean", "sp_ForceFullBackup",
                              "Get Backup History", "complete and imported")]
        expect(order == sorted(order) and "enable the job" in words[-1], words)
        again = lab.run("abort", "1")
        expect(again.returncode == 5 and "nothing to abort" in again.stderr, again.stderr)


def restores_fail(lab, number):
    for server in ("DRSQL1", "DRSQL2"):
        execute(lab, f"EXEC master.dbo.sp_lab_restore_fails N'{server}', NULL, {number}, NULL, 50",
                server)


def the_abort_of_a_dead_run_enables_no_job_on_what_another_run_recovered():
    with SlowRun(begin=False, rate_bytes=FAST) as lab:
        restores_fail(lab, 3201)
        lab.run(*RESTORE, "--detach")
        wait_state(lab, "failed")
        kill_worker(lab)
        restores_fail(lab, "NULL")
        wait_for(lambda: lab.run("plan").returncode == 0, 60, "a new plan is possible")
        done = lab.run(*RESTORE, seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        before = enabled_jobs(lab)
        done = lab.run("abort", "1")
        expect(done.returncode == 0, (done.returncode, done.stderr))
        expect(enabled_jobs(lab) == before, "the databases are production now")


def a_dead_run_that_began_to_recover_cannot_be_aborted():
    with SlowRun() as lab:
        rate(lab, FAST)
        held_when(lab, lambda: [r for r in recoveries(lab) if r["succeeded"]])
        kill_worker(lab)
        expect(state_of(lab) == "recovering", state_of(lab))
        done = lab.run("abort", "1")
        expect(done.returncode == 5 and "no way back" in done.stderr,
               (done.returncode, done.stderr))
        expect(len(recoveries(lab)) < 10, "the abort recovers none of the others")
        done = lab.run("resume", "1")
        expect(done.returncode == 0, (done.returncode, done.stderr))
        check_record(lab)


def tell(lab, command):
    """Sends a command as a console does."""
    path, = glob.glob(os.path.join(lab.directory, "**", run_row(lab)["uuid"] + ".sock"),
                      recursive=True)
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    client.sendall(json.dumps({"command": command}).encode() + b"\n")
    return client


def snapshot(client):
    return json.loads(client.makefile().readline())


def a_paused_run_sends_nothing_until_it_goes_on():
    with SlowRun() as lab:
        wait_for(lambda: logs_running(lab), 30, "logs are being restored")
        tell(lab, "pause").close()
        wait_for(lambda: stands_still(lab) or state_of(lab) != "restoring", 60,
                 "the statements under way have ended")
        client = tell(lab, "nonsense")
        expect(snapshot(client)["can_resume"], "paused")
        rate(lab, FAST)
        expect(stands_still(lab) and state_of(lab) == "restoring", "nothing is sent")
        tell(lab, "continue").close()
        client.close()
        expect_done(lab)


def a_full_disk_pauses_the_lanes_and_loses_nothing():
    with SlowRun() as lab:
        pid = wait_for(lambda: worker(lab), 10, "a worker")
        wait_for(lambda: logs_running(lab), 30, "logs are being restored")
        subprocess.run(["prlimit", "--pid", str(pid), "--fsize=0:"], check=True)
        wait_for(lambda: stands_still(lab) or state_of(lab) != "restoring", 60,
                 "the statements under way have ended")

        def says_why():
            client = tell(lab, "nonsense")
            shown = [d["message"] for d in snapshot(client)["databases"]]
            client.close()
            return any("cannot write" in message for message in shown)
        wait_for(says_why, 60, "a lane says why it waits")
        rate(lab, FAST)
        expect(stands_still(lab), "nothing is sent whose intent is not durable")
        subprocess.run(["prlimit", "--pid", str(pid), "--fsize=unlimited:"], check=True)
        expect_done(lab)


def a_missing_or_damaged_file_is_refused_before_the_first_write():
    with Lab() as lab:
        lab.sources_die()
        path = planned_file(lab, "SSODB")
        jobs = enabled_jobs(lab)
        for state in ("missing", "corrupt", "denied"):
            execute(lab, f"EXEC master.dbo.sp_lab_file N'{path}', N'{state}'")
            done = lab.run(*RESTORE)
            expect(done.returncode == 5, (state, done.returncode, done.stderr))
            expect("SSODB" in done.stderr, done.stderr)
            expect(enabled_jobs(lab) == jobs and not read_restores(lab), "nothing was written")
        execute(lab, f"EXEC master.dbo.sp_lab_file N'{path}', N'readable'")
        done = lab.run(*RESTORE)
        expect(done.returncode == 0, done.stderr)


def read_restores(lab):
    return [r for r in read_record(lab) if r["kind"] in ("RESTORE LOG", "RESTORE DATABASE")]


def a_file_that_vanishes_fails_its_lane_and_a_retry_ends_proven():
    with SlowRun(begin=False) as lab:
        path = planned_file(lab, "BizTalkMgmtDb")
        held = begun_and_held(lab)
        expect(not [r for r in read_restores(lab) if r["database_name"] == "BizTalkMgmtDb"],
               "its file is proven, and it waits for a lane")
        execute(lab, f"EXEC master.dbo.sp_lab_file N'{path}', N'missing'")
        os.kill(held, signal.SIGCONT)
        rate(lab, FAST)
        wait_state(lab, "failed")
        report = lab.json("report", "1")
        expect("BizTalkMgmtDb" in report["reason"] and "3201" in report["reason"], report["reason"])
        expect(not recoveries(lab), "nothing was recovered")
        execute(lab, f"EXEC master.dbo.sp_lab_file N'{path}', N'readable'")
        done = lab.run("resume", "1")
        expect(done.returncode == 0, done.stderr)
        check_record(lab)


def a_database_that_somebody_recovered_stops_the_run():
    with SlowRun() as lab:
        wait_for(lambda: [r for r in read_record(lab) if r["succeeded"]], 60, "a log was restored")
        os.kill(worker(lab), signal.SIGKILL)
        wait_for(lambda: not logs_running(lab), 30, "its sessions are gone")
        execute(lab, "RESTORE DATABASE [SSODB] WITH RECOVERY")
        done = lab.run("resume", "1")
        expect(done.returncode in (1, 5), (done.returncode, done.stderr))
        expect("SSODB" in done.stderr, done.stderr)
        expect(not [r for r in recoveries(lab) if r["program_name"].startswith("stopmark run")],
               "the run recovered nothing")


def a_recovered_database_is_overwritten_only_where_it_is_named_and_not_in_use():
    with Lab() as lab:
        mark = lab.json("plan")["target"]["mark"]
        lab.sources_die()
        execute(lab, "RESTORE DATABASE [SSODB] WITH RECOVERY")
        words = ("restore", "--mark", mark, *RESTORE[3:])
        done = lab.run(*words)
        expect(done.returncode == 5 and "SSODB" in done.stderr, (done.returncode, done.stderr))
        words = (*words, "--replace", "DRSQL1/SSODB")
        user = restore_login(lab, "DRSQL1")
        user.cursor().execute("USE [SSODB]")
        done = lab.run(*words)
        expect(done.returncode == 5 and "session" in done.stderr, (done.returncode, done.stderr))
        user.close()
        done = lab.run(*words)
        expect(done.returncode == 0, (done.returncode, done.stderr))
        check_record(lab)


def a_database_that_was_marked_here_since_its_restore_is_never_overwritten():
    """A live group on the standby: its backup job marks the logs there."""
    with Lab() as lab:
        mark = lab.json("plan")["target"]["mark"]
        lab.sources_die()
        execute(lab, "EXEC master.dbo.sp_lab_advance 5")  # not in the instant of the last restore
        execute(lab, "RESTORE DATABASE [SSODB] WITH RECOVERY")
        execute(lab, "EXEC master.dbo.sp_lab_advance 5")
        execute(lab, "USE [SSODB]; BEGIN TRANSACTION BTS_LATER WITH MARK N'later'; "
                     "INSERT INTO dbo.MarkLog (MarkName) VALUES (N'BTS_LATER'); COMMIT TRANSACTION")
        words = ("restore", "--mark", mark, *RESTORE[3:], "--replace", "DRSQL1/SSODB")
        done = lab.run(*words)
        expect(done.returncode == 5, (done.returncode, done.stderr))
        expect("marked here after its last restore" in done.stderr and "BTS_LATER" in done.stderr,
               done.stderr)
        expect(not [r for r in read_restores(lab) if r["program_name"].startswith("stopmark run")],
               "nothing was written")


support.main([a_second_operator_is_refused_and_told_who_holds_the_lock,
              two_operators_with_opposite_server_orders_start_together_and_one_gets_it,
              a_restore_by_somebody_else_is_waited_for_by_the_operator,
              the_statements_sent_are_the_plans_to_the_byte,
              the_console_tells_progress_rate_time_left_and_the_time_reached,
              a_killed_console_does_not_touch_the_run,
              a_hang_up_detaches,
              the_worker_inherits_no_secret_and_no_descriptor,
              a_lost_lock_is_noticed_and_taken_again,
              abort_before_anything_was_restored_enables_the_jobs_again,
              abort_after_a_log_was_applied_leaves_the_jobs_disabled,
              a_dead_run_is_aborted_without_its_worker_and_the_jobs_go_on,
              the_abort_of_a_dead_run_enables_no_job_on_what_another_run_recovered,
              a_dead_run_that_began_to_recover_cannot_be_aborted,
              a_paused_run_sends_nothing_until_it_goes_on,
              a_full_disk_pauses_the_lanes_and_loses_nothing,
              a_missing_or_damaged_file_is_refused_before_the_first_write,
              a_file_that_vanishes_fails_its_lane_and_a_retry_ends_proven,
              a_database_that_somebody_recovered_stops_the_run,
              a_recovered_database_is_overwritten_only_where_it_is_named_and_not_in_use,
              a_database_that_was_marked_here_since_its_restore_is_never_overwritten])
