#!/usr/bin/python3
"""Who restores: stopmark itself, BizTalk's own jobs, or people with scripts. All end in the same
proven state, and none recovers anything while the mark is missing somewhere."""
import os
import re
import shutil
import signal
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from demo import Demo  # noqa: E402
from lab import Lab, built_in, expect, wait_for  # noqa: E402
from record import group_of, read_log, restore_login  # noqa: E402
from scripts import code_in, fill_in, run_script, write_scripts  # noqa: E402
from slow import RESTORE, execute, wait_state, worker  # noqa: E402

SERVERS = ("DRSQL1", "DRSQL2")
SHIPPING = ("Get Backup History", "Restore Databases")


def marks_of(lab, server, database):
    return sorted(row[0] for row in execute(
        lab, f"SELECT m.MarkName FROM [{database}].dbo.MarkLog AS m", server))


def end_state(lab, servers=SERVERS):
    """Per database its state, recovery model and MarkLog; per server its shipping jobs."""
    found = {}
    for server in servers:
        rows = execute(lab, "SELECT d.name, d.state, d.is_in_standby, d.is_read_only,"
                            " d.recovery_model FROM sys.databases AS d WHERE d.database_id > 4",
                       server)
        for name, *state in rows:
            found[server, name] = (*state, marks_of(lab, server, name))
        for name, enabled in execute(lab, "SELECT name, enabled FROM msdb.dbo.sysjobs", server):
            if any(words in name for words in SHIPPING):
                found[server, "job " + name] = enabled
    return found


def states(lab, servers=SERVERS):
    return {row[0]: row[1] for server in servers for row in execute(
        lab, "SELECT d.name, d.state FROM sys.databases AS d WHERE d.database_id > 4", server)}


def record(lab, server="DRSQL1"):
    return execute(lab, "SELECT database_name, path, restore_end, succeeded FROM"
                        " master.dbo.lab_record ORDER BY id", server)


def direct_end_state():
    with Lab() as lab:
        lab.sources_die()
        done = lab.run(*RESTORE, seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr))
        return end_state(lab)


def first_scripts(lab, directory, tool="tsql", servers=SERVERS):
    """Runs all; what each server printed."""
    return {server: run_script(lab, f"{directory}/{server}-1-to-mark.sql", server, tool)
            for server in servers}


def second_scripts(lab, directory, codes, tool="tsql", servers=SERVERS):
    printed = {}
    for server in reversed(servers):  # the one with the management database last
        path = f"{directory}/{server}-2-recover.sql"
        if codes:
            fill_in(path, codes)
        printed[server] = run_script(lab, path, server, tool)
    return printed


def restore_by_scripts(lab, tool="tsql", servers=SERVERS, words=()):
    directory = write_scripts(lab, "scripts", *words)
    printed = first_scripts(lab, directory, tool, servers)
    codes = {server: code_in(text) for server, text in printed.items()}
    expect(all(codes.values()) and len(set(codes.values())) == len(servers), printed)
    expect(set(states(lab, servers).values()) == {1}, "nothing is recovered by the first scripts")
    again = first_scripts(lab, directory, tool, servers)
    expect({s: code_in(text) for s, text in again.items()} == codes, again)
    printed = second_scripts(lab, directory, codes, tool, servers)
    expect(all("VERIFIED" in text and "STOPPED" not in text for text in printed.values()), printed)
    recovered = [r for r in read_log(lab)[0] if r["restore_end"] == "RECOVERY"]
    expect(recovered and {group_of(r) for r in recovered} == {"scripts"}, recovered)
    return directory


def the_scripts_end_in_the_same_proven_state_as_the_direct_restore():
    direct = direct_end_state()
    for tool in ("tsql", "bsqldb"):
        with Lab() as lab:
            lab.sources_die()
            restore_by_scripts(lab, tool)
            found = end_state(lab)
            expect(found == direct, f"{tool}: {found} instead of {direct}")


def scripts_may_be_run_again_at_any_point():
    with Lab() as lab:
        lab.sources_die()
        directory = write_scripts(lab)
        first = first_scripts(lab, directory)
        sent = len(record(lab))
        again = first_scripts(lab, directory)
        expect({s: code_in(t) for s, t in again.items()} == {s: code_in(t) for s, t in first.items()},
               "the same codes")
        expect(len(record(lab)) == sent, "nothing is restored twice")
        codes = {server: code_in(text) for server, text in first.items()}
        # half recovered: two databases by hand, as a script that was cut off would leave them
        execute(lab, "RESTORE DATABASE [ContosoOrders] WITH RECOVERY")
        execute(lab, "RESTORE DATABASE [BAMPrimaryImport] WITH STANDBY = N'D:\\x.undo'")
        printed = second_scripts(lab, directory, codes)
        expect(all("VERIFIED" in text for text in printed.values()), printed)
        sent = len(record(lab))
        printed = second_scripts(lab, directory, None)
        expect(all("VERIFIED" in text for text in printed.values()), printed)
        expect(len(record(lab)) == sent, "nothing is recovered twice")


def a_script_takes_nothing_for_at_the_mark_that_was_rolled_on_by_hand():
    """Behind the mark and before the next one: MarkLog has the mark and none later."""
    for ending in ("RECOVERY", "STANDBY = N'D:\\x.undo'"):
        with Lab() as lab:
            log = last_log(lab, "ContosoOrders")
            lab.sources_die()
            directory = write_scripts(lab)
            codes = {s: code_in(t) for s, t in first_scripts(lab, directory).items()}
            execute(lab, f"RESTORE LOG [ContosoOrders] FROM DISK = N'{log}' WITH {ending}")
            online = [] if ending != "RECOVERY" else ["ContosoOrders"]
            printed = second_scripts(lab, directory, codes)["DRSQL1"]
            expect("ContosoOrders: it is NOT PROVEN" in printed and "VERIFIED" not in printed, printed)
            recovered = {r[0] for r in record(lab) if r[2] == "RECOVERY"} - {"BizTalkMsgBoxDb2"}
            expect(sorted(recovered) == online, recovered)
            printed = first_scripts(lab, directory)["DRSQL1"]
            expect("STOPPED" in printed and code_in(printed) is None, printed)


def without_the_mark_on_one_destination_no_second_script_does_anything():
    with Lab() as lab:
        target = lab.json("plan")["target"]["mark"]
        lab.sources_die()
        directory = write_scripts(lab)
        files = [step["file"] for database in lab.json("plan")["databases"]
                 for step in database["steps"]
                 if database["database"] == "BizTalkMsgBoxDb2" and step["kind"] == "restore-log"]
        execute(lab, f"EXEC master.dbo.sp_lab_file N'{files[-1]}', N'unmarked'")
        printed = first_scripts(lab, directory)
        expect(code_in(printed["DRSQL1"]), printed["DRSQL1"])
        expect(code_in(printed["DRSQL2"]) is None, printed["DRSQL2"])
        expect("NOT PROVEN" in printed["DRSQL2"] and "STOPPED" in printed["DRSQL2"],
               printed["DRSQL2"])
        before = len(record(lab))
        known = code_in(printed["DRSQL1"])
        for codes in (None, {"DRSQL1": known}, {"DRSQL2": known}):
            printed = second_scripts(lab, directory, codes)
            expect(all("STOPPED" in text and "is missing or wrong" in text
                       for text in printed.values()), printed)
        expect(len(record(lab)) == before, "no second script sent anything")
        expect(set(states(lab).values()) == {1}, target)


def a_script_stops_on_the_wrong_server_and_beside_another_restore():
    with Lab() as lab:
        lab.sources_die()
        directory = write_scripts(lab)
        text = run_script(lab, f"{directory}/DRSQL1-1-to-mark.sql", "DRSQL2")
        expect("STOPPED" in text and "this server is DRSQL2" in text, text)
        holder = restore_login(lab, "DRSQL1")
        holder.cursor().execute("EXEC sp_getapplock @Resource = N'stopmark-restore', @LockMode ="
                                " N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0")
        text = run_script(lab, f"{directory}/DRSQL1-1-to-mark.sql", "DRSQL1")
        expect("STOPPED" in text and "lock" in text, text)
        holder.close()
        expect(not record(lab), "nothing was restored")


def a_failing_log_stops_the_script_at_once():
    with Lab() as lab:
        lab.sources_die()
        directory = write_scripts(lab)
        path = f"{directory}/DRSQL1-1-to-mark.sql"
        with open(path, encoding="utf-8") as file:
            files = re.findall(r"RESTORE LOG .* FROM DISK = N'(.*?)' WITH", file.read())
        execute(lab, f"EXEC master.dbo.sp_lab_file N'{files[1]}', N'missing'")
        text = run_script(lab, path, "DRSQL1")
        expect("STOPPED" in text and "3201" in text and code_in(text) is None, text)
        expect(len(record(lab)) == 2, "one restored, one failed, none after it")
        execute(lab, f"EXEC master.dbo.sp_lab_file N'{files[1]}', N'readable'")
        text = run_script(lab, path, "DRSQL1")
        expect(code_in(text), text)


def restores_of(directory):
    """The RESTORE statements of all scripts, by file; each script has an hour and codes of its
    own."""
    found = {}
    for name in os.listdir(directory):
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            found[name] = re.findall(r"RESTORE (?:DATABASE|LOG) \[.*", file.read())
    return found


def full_restores_are_scripted_too():
    with Lab() as lab:
        lab.sources_die()
        marks = lab.json("marks", "-n", "6")["marks"]
        mark = next(m["mark"] for m in marks if m["reachable"] and not m["by_roll_forward"])
        directory = write_scripts(lab, "full", "--mark", mark)
        by_rule = restores_of(write_scripts(lab, "rule", "--target", "rule"))
        expect(by_rule == restores_of(directory), "the rule's mark is this one: the same restores")
        fulls = [text for texts in by_rule.values() for text in texts if "_Full_" in text]
        expect(len({text.split()[2] for text in fulls}) == 10, fulls)
        with open(f"{directory}/DRSQL1-1-to-mark.sql", encoding="utf-8") as file:
            full = re.search(r"RESTORE DATABASE \[SSODB\] FROM .*NORECOVERY", file.read())
        execute(lab, full[0])  # as a run of the script that was cut off behind it
        printed = first_scripts(lab, directory)
        expect(all(code_in(text) for text in printed.values()), printed)
        again = first_scripts(lab, directory)
        expect(all(code_in(text) for text in again.values()), again)
        fulls = [row for row in record(lab) if row[1] and "_Full_" in row[1] and row[2]]
        expect(len(fulls) == 10, "each full backup is restored once")
        printed = second_scripts(lab, directory,
                                 {s: code_in(t) for s, t in printed.items()})
        expect(all("VERIFIED" in text for text in printed.values()), printed)


def what_cannot_be_read_overwrites_nothing():
    with Lab() as lab:
        lab.sources_die()
        execute(lab, "RESTORE DATABASE [SSODB] WITH RECOVERY")
        refused = lab.run("script", "--output", lab.directory + "/no")
        expect(refused.returncode == 5 and "SSODB" in refused.stderr, refused.stderr)
        mark = lab.json("marks", "-n", "2")["marks"][-1]["mark"]
        directory = write_scripts(lab, "replace", "--mark", mark, "--replace", "DRSQL1/SSODB")
        path = f"{directory}/DRSQL1-1-to-mark.sql"
        with open(path, encoding="utf-8") as file:
            files = re.findall(r"RESTORE LOG \[SSODB\] FROM DISK = N'(.*?)' WITH", file.read())
        file_state(lab, files[-1], "corrupt")
        before = record(lab)
        text = run_script(lab, path, "DRSQL1")
        expect("STOPPED: SSODB" in text and "cannot be used" in text, text[-1500:])
        restored = [row for row in record(lab)[len(before):] if row[2]]
        expect(not restored and states(lab)["SSODB"] == 0, restored)
        file_state(lab, files[-1], "readable")
        printed = first_scripts(lab, directory)
        expect(all(code_in(text) for text in printed.values()), printed)


def a_newer_destination_is_scripted_whatever_was_known_of_the_source():
    scenario = built_in("small")
    for server in scenario["servers"]:
        server["version"] = "15.0.4430" if server["role"] == "source" else "16.0.4236"
    with Lab(scenario) as lab:
        lab.sources_die()
        directory = restore_by_scripts(lab, servers=("DRSMALL",))
        with open(f"{directory}/DRSMALL-2-recover.sql", encoding="utf-8") as file:
            expect("STANDBY" in file.read(), "the plan could not know")
        sent = [row for row in record(lab, "DRSMALL") if row[2] == "STANDBY"]
        expect(not sent, "the script asks what the backups are of")


def stopping_before_the_mark_is_scripted_too():
    with Lab() as lab:
        lab.sources_die()
        mark = lab.json("plan")["target"]["mark"]
        restore_by_scripts(lab, words=("--before",))
        for (server, name), state in end_state(lab).items():
            if not name.startswith("job "):
                expect(state[0] == 0 and mark not in state[-1], (server, name))


def clocks_and_names_of_servers_may_differ():
    """Local time, aliases of the sources, a destination's clock that is late; full restores, run
    twice, are done once."""
    servers = ("DRSMALL", "DRSMALL2")
    with Lab("local-time") as lab:
        lab.json("status")
        marks = lab.json("marks", "-n", "6")["marks"]
        mark = next(m["mark"] for m in marks if m["reachable"] and not m["by_roll_forward"])
        restore_by_scripts(lab, servers=servers, words=("--mark", mark))
        rows = execute(lab, "SELECT path FROM master.dbo.lab_record", "DRSMALL")
        fulls = [path for (path,) in rows if path and "_Full_" in path]
        expect(len(fulls) == len(set(fulls)) == 5, fulls)


def names_with_quotes_and_client_words_are_scripted():
    names = ["go", "O'Brien]]s [x] 100%s", "-- \u05d0 \U0001f600 /* ;", ":setvar a \"b\""]
    scenario = built_in("small")
    for database, name in zip(scenario["databases"], names):
        if database["role"] != "management":
            database["name"] = name
    for tool in ("tsql", "bsqldb"):
        with Lab(scenario) as lab:
            lab.json("status")
            restore_by_scripts(lab, tool, servers=("DRSMALL",))


def names_of_any_kind_are_scripted_or_refused():
    with Lab("hostile-names") as lab:
        done = lab.run("script", "--output", lab.directory + "/out")
        expect(done.returncode == 5 and "script" in done.stderr, (done.returncode, done.stderr))
        expect(not os.path.exists(lab.directory + "/out"), "nothing is written")


def files_are_private_whole_and_never_overwritten():
    with Lab() as lab:
        directory = write_scripts(lab)
        names = sorted(os.listdir(directory))
        expect(names == ["DRSQL1-1-to-mark.sql", "DRSQL1-2-recover.sql", "DRSQL2-1-to-mark.sql",
                         "DRSQL2-2-recover.sql", "README.txt"], names)
        for name in names:
            mode = stat.S_IMODE(os.stat(os.path.join(directory, name)).st_mode)
            expect(mode == 0o600, (name, oct(mode)))
            with open(os.path.join(directory, name), encoding="utf-8") as file:
                text = file.read()
            expect("Contoso production" in text and "BTS_2026_11_20_12_" in text, name)
        before = {n: open(os.path.join(directory, n), "rb").read() for n in names}
        done = lab.run("script", "--output", directory)
        expect(done.returncode == 5 and "nothing was written" in done.stderr, done.stderr)
        after = {n: open(os.path.join(directory, n), "rb").read() for n in os.listdir(directory)}
        expect(after == before, "nothing is overwritten")
        done = lab.run("script")
        expect(done.returncode == 2, done.stderr)


JOBS = (*RESTORE, "--method", "jobs")


def to_mark_runs(lab):
    """How often BizTalk's Restore To Mark jobs were begun."""
    return sum(len(execute(lab, "SELECT h.instance_id FROM msdb.dbo.sysjobhistory AS h"
                                " JOIN msdb.dbo.sysjobs AS j ON j.job_id = h.job_id"
                                " WHERE j.name LIKE N'%Restore To Mark%' AND h.step_id = 0", server))
               for server in SERVERS)


def jobs_running(lab):
    return any(execute(lab, "SELECT a.job_id FROM msdb.dbo.sysjobactivity AS a"
                            " JOIN msdb.dbo.sysjobs AS j ON j.job_id = a.job_id"
                            " WHERE j.name LIKE N'%Restore To Mark%'"
                            " AND a.start_execution_date IS NOT NULL"
                            " AND a.stop_execution_date IS NULL", server) for server in SERVERS)


def last_log(lab, database):
    return [step["file"] for entry in lab.json("plan")["databases"] for step in entry["steps"]
            if entry["database"] == database and step["kind"] == "restore-log"][-1]


def file_state(lab, path, state):
    execute(lab, f"EXEC master.dbo.sp_lab_file N'{path}', N'{state}'")


def the_jobs_end_in_the_same_proven_state_as_the_direct_restore():
    direct = direct_end_state()
    with Lab(speed=1) as lab:
        plan = lab.json("plan", "--method", "jobs")
        expect(plan["possible"] and not plan["gate"], plan["reasons"])
        expect([job["server"] for job in plan["jobs"]] == ["DRSQL2", "DRSQL1"], plan["jobs"])
        expect("no gate" in plan["cannot"].lower(), plan["cannot"])
        lab.sources_die()
        done = lab.run(*JOBS, seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr))
        found = end_state(lab)
        expect(found == direct, f"{found} instead of {direct}")
        starts = read_log(lab)[1]
        expect([s["server_name"] for s in starts] == ["DRSQL2", "DRSQL1"] and
               all(len(s["destinations"]) == 2 for s in starts), starts)
        report = lab.json("report", "1")
        expect(report["verdict"] == "ok" and report["method"] == "jobs", report["verdict_text"])
        expect(not report["gate"] and "No gate" in report["cannot"], report["cannot"])
        kinds = [step["kind"] for step in report["steps"]]
        expect(kinds == ["start-job", "start-job"], kinds)
        expect(all(d["at_mark"] and d["verified"] for d in report["databases"]), report["databases"])
        expect(to_mark_runs(lab) == 2, "each job ran once")
        text = lab.run("report", "1").stdout
        expect("No gate" in text and "sp_start_job" in text, text[:2000])


def expect_no_job(lab, done, status, words):
    expect(done.returncode == status and words in done.stderr, (done.returncode, done.stderr))
    expect(to_mark_runs(lab) == 0 and not jobs_running(lab), "no job was started")
    expect(set(states(lab).values()) == {1}, "nothing is recovered")


def without_the_mark_on_one_destination_no_job_is_started():
    with Lab(speed=1) as lab:
        lab.sources_die()
        path = last_log(lab, "BizTalkMsgBoxDb2")
        for state, number in (("missing", 3201), ("corrupt", 3241)):
            file_state(lab, path, state)
            expect_no_job(lab, lab.run(*JOBS), 5, "DRSQL2/BizTalkMsgBoxDb2: the server reported an"
                                                  f" error: server error {number}: ")
        file_state(lab, path, "readable")
        # imported as complete everywhere, but under another mark on one destination
        target = lab.json("plan")["target"]
        update = ("UPDATE master.dbo.bts_LogShippingHistory SET {} WHERE BackupSetId = "
                  "(SELECT MAX(h.BackupSetId) FROM master.dbo.bts_LogShippingHistory AS h"
                  " WHERE h.BackupType = 'lg' AND h.SetComplete = 1)")
        execute(lab, update.format("MarkName = N'BTS_other'"), "DRSQL2")
        expect_no_job(lab, lab.run(*JOBS), 5,
                      f"DRSQL2: its set {target['set']} has another mark than {target['mark']}")
        execute(lab, update.format("SetComplete = 0"), "DRSQL2")
        expect_no_job(lab, lab.run(*JOBS), 5,
                      f"DRSQL2: its history has not the complete set {target['set']}")


def a_source_that_did_not_mark_one_database_starts_no_job():
    with Lab() as lab:
        execute(lab, "DELETE FROM msdb.dbo.logmarkhistory WHERE database_name = N'BizTalkMsgBoxDb2'",
                "SQLB")
        plan = lab.json("plan", "--method", "jobs", status=5)
        expect(any("logmarkhistory" in reason for reason in plan["reasons"]), plan["reasons"])


def a_backlog_is_no_case_for_the_jobs():
    with Lab("behind") as lab:
        plan = lab.json("plan", "--method", "jobs", status=5)
        expect(any("backlog" in reason for reason in plan["reasons"]), plan["reasons"])
        expect(any("restored up to set" in reason for reason in plan["reasons"]), plan["reasons"])


def the_jobs_have_no_choice():
    with Lab() as lab:
        for words in (("--target", "rule"), ("--before",),
                      ("--leave-out", "ContosoOrders", "--reason", "test")):
            plan = lab.json("plan", "--method", "jobs", *words, status=5)
            expect(any("use direct" in reason for reason in plan["reasons"]), plan["reasons"])
        done = lab.run("plan", "--method", "jobs")
        expect(done.returncode == 0 and "WITHOUT A GATE" in done.stdout, done.stdout[:800])


class JobsRun(Lab):
    """A run by BizTalk's jobs, begun, whose first job takes a while."""

    def __init__(self):
        super().__init__(speed=1)
        self.sources_die()
        execute(self, "EXEC master.dbo.sp_lab_restore_rate N'DRSQL2', 40000000")
        done = self.run(*JOBS, "--detach")
        expect(done.returncode == 0, (done.returncode, done.stderr))
        wait_for(lambda: jobs_running(self), 60, "the first job runs")

    def stop(self):
        pid = worker(self)
        if pid:
            os.kill(pid, signal.SIGKILL)
        super().stop()


def what_a_job_leaves_undone_comes_to_the_same_mark_by_the_direct_method():
    direct = direct_end_state()
    with JobsRun() as lab:
        execute(lab, "EXEC master.dbo.sp_lab_server N'DRSQL1', N'stop agent'")
        execute(lab, "EXEC master.dbo.sp_lab_restore_rate N'DRSQL2', 400000000")
        wait_state(lab, "failed", seconds=90)
        now = states(lab)
        expect(now.pop("BizTalkMsgBoxDb2") == 0 and set(now.values()) == {1}, now)
        expect("direct method" in lab.json("report", "1")["reason"], lab.json("report", "1")["reason"])
        expect(lab.run("abort", "1").returncode != 0, "there is no way back")
        done = lab.run("resume", "1", seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr))
        found = end_state(lab)
        expect(found == direct, f"{found} instead of {direct}")
        expect(to_mark_runs(lab) == 1, "no job is started a second time")


def a_destination_that_moves_on_beside_the_first_job_gets_no_job():
    """Its job would go for the newer set, and the group would be split behind the point of no return."""
    direct = direct_end_state()
    with JobsRun() as lab:
        execute(lab, "INSERT INTO master.dbo.bts_LogShippingHistory (SourceID, BackupId, BackupSetId,"
                     " MarkName, DatabaseName, ServerName, BackupFileName, BackupFileLocation,"
                     " BackupType, BackupDateTime, SetComplete, Restored)"
                     " SELECT h.SourceID, h.BackupId + 1000, h.BackupSetId + 1, N'BTS_newer',"
                     " h.DatabaseName, h.ServerName, h.BackupFileName, h.BackupFileLocation,"
                     " h.BackupType, h.BackupDateTime, 1, 0"
                     " FROM master.dbo.bts_LogShippingHistory AS h WHERE h.BackupSetId ="
                     f" {lab.json('plan')['target']['set']}")
        expect(jobs_running(lab), "the first job still runs")
        execute(lab, "EXEC master.dbo.sp_lab_restore_rate N'DRSQL2', 400000000")
        wait_state(lab, "failed", seconds=90)
        report = lab.json("report", "1")
        expect("it has imported set" in report["reason"] and
               "come to the same mark by the direct method" in report["reason"], report["reason"])
        expect(to_mark_runs(lab) == 1, "one job ran")
        now = states(lab)
        expect(now.pop("BizTalkMsgBoxDb2") == 0 and set(now.values()) == {1}, now)
        done = lab.run("resume", "1", seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr))
        expect(lab.json("report", "1")["mark"] == report["mark"], "the same mark")
        found = end_state(lab)
        expect(found == direct, f"{found} instead of {direct}")


def a_worker_killed_beside_a_running_job_is_resumed():
    direct = direct_end_state()
    with JobsRun() as lab:
        os.kill(worker(lab), signal.SIGKILL)
        done = lab.run("resume", "1", seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr))
        found = end_state(lab)
        expect(found == direct, f"{found} instead of {direct}")
        expect(to_mark_runs(lab) == 1, "the job was watched, not started again")


def a_job_that_says_success_and_did_not_reach_the_mark_is_found_out():
    with Lab(speed=1) as lab:
        lab.sources_die()
        path = last_log(lab, "BizTalkMsgBoxDb2")
        file_state(lab, path, "unmarked")
        done = lab.run(*JOBS, seconds=120)
        expect(done.returncode == 1 and "Agent says success" in done.stderr, done.stderr)
        expect(set(states(lab).values()) == {1}, "the other job was not started")
        expect(to_mark_runs(lab) == 1, "one job ran")


def the_wizard_restores_by_jobs_and_says_that_there_is_no_gate():
    with Demo() as terminal:
        terminal.until("● live")
        for key, text in (("R", "source lost"), ("Enter", "SQLA answers: a lost source does not"),
                          ("K", "Type die")):
            terminal.key(key)
            terminal.until(text)
        terminal.type("die")
        terminal.key("Enter")
        terminal.until(lambda text: "SQLA does not answer" in text and
                       "SQLB does not answer" in text, 30)
        for key, text in (("Enter", "BTS_2026_11_20_12_"), ("Enter", "No gate: each recovers"),
                          ("2", "◉ 2 jobs"), ("Enter", "WITHOUT A GATE"), ("Enter", "NO GATE"),
                          ("Enter", "Type Contoso production")):
            terminal.key(key)
            terminal.until(text)
        terminal.type("Contoso production")
        terminal.key("Enter")
        terminal.until("NO GATE  BizTalk's jobs", 60)
        terminal.until("proven consistent: all 10 databases are online", 120)
        terminal.key("Enter")
        terminal.until("manual steps are done")
        terminal.key("Enter")
        written = re.search(r"written to (\S+\.md)", terminal.until("written to "))
        with open(written[1], encoding="utf-8") as file:
            report = file.read()
        expect("No gate" in report and "sp_start_job" in report, report[:800])
        terminal.key("1")
        terminal.until("CAN WE FAIL OVER")
        terminal.leave()
        shutil.rmtree(os.path.dirname(os.path.dirname(written[1])))


support.main([the_scripts_end_in_the_same_proven_state_as_the_direct_restore,
              scripts_may_be_run_again_at_any_point,
              a_script_takes_nothing_for_at_the_mark_that_was_rolled_on_by_hand,
              without_the_mark_on_one_destination_no_second_script_does_anything,
              a_script_stops_on_the_wrong_server_and_beside_another_restore,
              a_failing_log_stops_the_script_at_once,
              full_restores_are_scripted_too,
              what_cannot_be_read_overwrites_nothing,
              a_newer_destination_is_scripted_whatever_was_known_of_the_source,
              stopping_before_the_mark_is_scripted_too,
              clocks_and_names_of_servers_may_differ,
              names_with_quotes_and_client_words_are_scripted,
              names_of_any_kind_are_scripted_or_refused,
              files_are_private_whole_and_never_overwritten,
              the_jobs_end_in_the_same_proven_state_as_the_direct_restore,
              without_the_mark_on_one_destination_no_job_is_started,
              a_source_that_did_not_mark_one_database_starts_no_job,
              a_backlog_is_no_case_for_the_jobs,
              the_jobs_have_no_choice,
              what_a_job_leaves_undone_comes_to_the_same_mark_by_the_direct_method,
              the_wizard_restores_by_jobs_and_says_that_there_is_no_gate,
              a_destination_that_moves_on_beside_the_first_job_gets_no_job,
              a_worker_killed_beside_a_running_job_is_resumed,
              a_job_that_says_success_and_did_not_reach_the_mark_is_found_out])
