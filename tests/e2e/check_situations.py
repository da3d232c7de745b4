#!/usr/bin/python3
"""Rehearsal, planned move, migration: what each promises, asserted from the lab's own record."""
import glob
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from demo import Demo  # noqa: E402
from lab import Lab, built_in, expect, wait_for  # noqa: E402
from record import check_record, read_record, restore_login  # noqa: E402
from slow import held_when, hold, journal_path, kill_worker, worker  # noqa: E402
from watched import WatchedLab  # noqa: E402

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


# --- planned move -------------------------------------------------------------------------------

SMALL = "Small group"


def execute(lab, server, sql):
    connection = restore_login(lab, server)
    connection.cursor().execute(sql)
    connection.close()


def user_access(lab, server):
    return dict(rows(lab, server, "SELECT name, user_access_desc FROM sys.databases "
                                  "WHERE database_id > 4"))


def a_planned_move_loses_nothing_and_proves_it():
    with Lab(speed=30) as lab:
        roster = {d["original"]: d["source"] for d in
                  lab.json("plan", "--situation", "planned-move")["databases"]}
        before = lab.json("plan")["target"]["set"]
        done = restore(lab, "planned-move")
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        report = lab.json("report", "1")
        expect(report["verdict"] == "ok" and len(report["databases"]) == 10, report["verdict"])
        expect(report["data_loss_seconds"] == 0 and report["loss_proof"].startswith("0, proven"),
               (report["data_loss_seconds"], report["loss_proof"]))
        expect(lab.json("runs")["runs"][0]["mark"] == report["mark"], "the run knows its own mark")
        for server in ("SQLA", "SQLB"):
            now = states(lab, server)
            moved = {k: v for k, v in now.items() if roster.get(k) == server}
            expect(moved and set(moved.values()) == {"OFFLINE"}, now)
            expect(all(v == "ONLINE" for k, v in now.items() if k not in roster), now)
            expect(not any(jobs(lab, server).values()), jobs(lab, server))
        with open(os.path.join(lab.state, "jobs-enable-1-DRSQL1.sql"), encoding="utf-8") as file:
            enabling = file.read()
        expect("Monitor BizTalk Server" in enabling and
               "MessageBox_Message_Cleanup" not in enabling, enabling)
        check_record(lab)
        kinds = [s["kind"] for s in report["steps"]]
        last_offline = max(i for i, k in enumerate(kinds) if k == "set-offline")
        first_restore = min(i for i, k in enumerate(kinds) if k.startswith("restore-"))
        expect(kinds.count("set-offline") == 10 and last_offline < first_restore,
               "every source is OFFLINE before anything is restored")
        newest = max(s["set"] for s in report["steps"] if s["set"])
        expect(newest > before, "the run made a set of its own")
        said = {(c["id"], c["verdict"]) for c in lab.json("status")["checks"]
                if c["verdict"] in ("warning", "critical")}
        expect(said == {("standby-state", "warning"), ("jobs-after-failover", "warning")}, said)


def jobs_that_somebody_disabled_before_a_move_are_named_for_who_enables():
    with Lab("small", speed=30) as lab:
        names = sorted(jobs(lab, "SQLSMALL"))
        for name in names:
            execute(lab, "SQLSMALL", f"EXEC msdb.dbo.sp_update_job @job_name = N'{name}', "
                                     "@enabled = 0")
        done = restore(lab, "planned-move", group=SMALL)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        steps = {s["id"]: s for s in lab.json("report", "1")["manual"]}
        expect(steps["stop-jobs"]["ticked"] and steps["stop-jobs"]["kind"] == "confirmed",
               steps["stop-jobs"])
        with open(os.path.join(lab.state, "jobs-enable-1-DRSMALL.sql"), encoding="utf-8") as file:
            enabling = file.read()
        for name in names:
            line = f"-- EXEC msdb.dbo.sp_update_job @job_name = N'{name}', @enabled = 1;"
            wanted = "MessageBox_Message_Cleanup" not in name
            expect((line in enabling) == wanted, (line, enabling))
        expect("\nEXEC" not in enabling, enabling)


def a_session_in_a_source_is_named_and_refuses_the_move():
    with Lab("small", speed=30) as lab:
        before = jobs(lab, "SQLSMALL")
        somebody = restore_login(lab, "SQLSMALL")
        somebody.cursor().execute("USE BizTalkMsgBoxDb")
        done = restore(lab, "planned-move", group=SMALL)
        expect(done.returncode == 5, (done.returncode, done.stderr))
        expect("is in BizTalkMsgBoxDb" in done.stderr and "stopmark_restore" in done.stderr,
               done.stderr)
        expect(jobs(lab, "SQLSMALL") == before, "nothing was changed")
        somebody.close()


DISABLE_JOB = "EXEC msdb.dbo.sp_update_job @job_id ="  # a move's first write


def begin_move(lab):
    done = restore(lab, "planned-move", "--detach", group=SMALL)
    expect(done.returncode == 0, (done.returncode, done.stderr))


def waiting_for_import(lab):
    """A move whose set cannot be imported: it waits. Returns once the set is made."""
    execute(lab, "DRSMALL", "EXEC master.dbo.sp_lab_server N'DRSMALL', N'stop agent'")
    begin_move(lab)
    newest = lab.json("sets", "-n", "1")["sets"][0]["set"]

    def made():
        sets = lab.json("sets", "-n", "1")["sets"][0]
        return sets["set"] > newest and sets["complete"]
    wait_for(lambda: "no session is left" in messages(lab), 30, "the sources are quiet")
    wait_for(lambda: made() or lab.json("sets", "-n", "1")["sets"][0]["set"] > 98, 30,
             "the last set is made")


def end_of(lab, seconds=90):
    def state():
        found = lab.json("runs")["runs"][0]["state"]
        return found if found in ("failed", "aborted", "after", "done") else None
    return wait_for(state, seconds, "the run ends")


def a_write_after_the_mark_is_told_and_the_move_makes_another_mark():
    with Lab("small", speed=30) as lab:
        waiting_for_import(lab)
        execute(lab, "SQLSMALL", "UPDATE BizTalkMgmtDb.dbo.adm_Group SET Name = Name")
        execute(lab, "DRSMALL", "EXEC master.dbo.sp_lab_server N'DRSMALL', N'start agent'")
        expect(end_of(lab) == "failed", messages(lab))
        report = lab.json("report", "1")
        expect(report["data_loss_seconds"] != 0 and report["loss_proof"].startswith("not 0"),
               (report["data_loss_seconds"], report["loss_proof"]))
        expect("adm_Group" in report["loss_proof"], report["loss_proof"])
        expect(set(states(lab, "SQLSMALL").values()) == {"ONLINE"}, states(lab, "SQLSMALL"))
        expect(set(user_access(lab, "SQLSMALL").values()) == {"MULTI_USER"},
               user_access(lab, "SQLSMALL"))
        expect(not read_record(lab), "nothing was restored")
        first = report["mark"]
        done = lab.run("resume", "1", seconds=180)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        report = lab.json("report", "1")
        expect(report["data_loss_seconds"] == 0 and report["mark"] != first,
               (report["data_loss_seconds"], report["mark"]))
        check_record(lab, databases=4)


def a_session_that_comes_in_later_is_named_and_nothing_is_taken_from_it():
    with Lab("small", speed=30) as lab:
        waiting_for_import(lab)
        somebody = restore_login(lab, "SQLSMALL")
        somebody.cursor().execute("USE BizTalkDTADb")
        execute(lab, "DRSMALL", "EXEC master.dbo.sp_lab_server N'DRSMALL', N'start agent'")
        expect(end_of(lab) == "failed", messages(lab))
        expect("is in BizTalkDTADb" in messages(lab), messages(lab))
        cursor = somebody.cursor()
        cursor.execute("SELECT DB_NAME()")
        expect(cursor.fetchone()[0] == "BizTalkDTADb", "nobody's session was ended")
        expect(set(user_access(lab, "SQLSMALL").values()) == {"MULTI_USER"},
               user_access(lab, "SQLSMALL"))
        somebody.close()
        done = lab.run("resume", "1", seconds=180)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        expect(lab.json("report", "1")["data_loss_seconds"] == 0, messages(lab))


def with_custom_database():
    """The small estate with a database beside the group."""
    scenario = built_in("small")
    scenario["databases"].append({"name": "ContosoOrders", "server": "SQLSMALL", "role": "none",
                                  "data_mb": 30})
    return scenario


def orders_join(lab):
    """The backup job is told of it, as BizTalk's documentation has it for custom databases."""
    execute(lab, "SQLSMALL", "INSERT INTO BizTalkMgmtDb.dbo.adm_OtherBackupDatabases"
                             " (DefaultDatabaseName, DatabaseName, ServerName, BTSServerName)"
                             " VALUES (N'ContosoOrders', N'ContosoOrders', N'SQLSMALL', N'BTS1')")


JOINED = ("ContosoOrders: ", "it joined the group after the plan was confirmed",
          "make a new plan and confirm it, with this database or with --leave-out")


def expect_sources_live(lab):
    expect(set(states(lab, "SQLSMALL").values()) == {"ONLINE"}, states(lab, "SQLSMALL"))
    expect(set(user_access(lab, "SQLSMALL").values()) == {"MULTI_USER"},
           user_access(lab, "SQLSMALL"))
    expect(not read_record(lab), "nothing was restored")


def a_database_that_joins_before_a_move_begins_stops_it():
    with Lab(with_custom_database(), speed=30) as lab:
        before = jobs(lab, "SQLSMALL"), jobs(lab, "DRSMALL")
        newest = lab.json("sets", "-n", "1")["sets"][0]["set"]
        passing = restore_login(lab, "SQLSMALL")  # the run waits a while for it to pass through
        passing.cursor().execute("USE BizTalkMsgBoxDb")
        move = subprocess.Popen([support.STOPMARK, "restore", "-c", lab.ini, "--target", "newest",
                                 "--situation", "planned-move", "--confirm", SMALL],
                                env=lab.environment(), text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_for(lambda: worker(lab), 20, "the plan is confirmed and its run begins")
        orders_join(lab)
        passing.close()
        _, words = move.communicate(timeout=60)
        expect(move.returncode == 5 and all(part in words for part in JOINED),
               (move.returncode, words))
        expect((jobs(lab, "SQLSMALL"), jobs(lab, "DRSMALL")) == before, "no job was disabled")
        expect(lab.json("sets", "-n", "1")["sets"][0]["set"] == newest, "no set was made")
        expect_sources_live(lab)


def a_database_that_joins_during_a_move_stops_it_before_a_source_goes():
    with WatchedLab(with_custom_database(), speed=30) as lab:
        before = jobs(lab, "SQLSMALL")
        lab.before(DISABLE_JOB, lambda: orders_join(lab))
        begin_move(lab)
        expect(end_of(lab) == "failed", messages(lab))
        lab.happened()
        expect("runs once more" not in messages(lab), "no mark is made that nobody can use")
        reason = lab.json("report", "1")["reason"]
        expect(all(part in reason for part in JOINED), reason)
        expect_sources_live(lab)
        again = lab.run("resume", "1", seconds=120)
        expect(again.returncode == 1 and all(part in again.stderr for part in JOINED),
               (again.returncode, again.stderr))
        expect_sources_live(lab)
        done = lab.run("abort", "1")
        expect(done.returncode == 0, (done.returncode, done.stderr))
        expect(jobs(lab, "SQLSMALL") == before, "the source's jobs are as before")


def an_aborted_move_gives_the_source_back():
    with Lab("small", speed=30) as lab:
        before = jobs(lab, "SQLSMALL")
        waiting_for_import(lab)
        expect(not any(jobs(lab, "SQLSMALL").values()), "the source's jobs are disabled")
        done = lab.run("abort", "1")
        expect(done.returncode in (0, 1), (done.returncode, done.stderr))
        expect(end_of(lab) == "aborted", messages(lab))
        wait_for(lambda: jobs(lab, "SQLSMALL") == before, 20, "the source's jobs are as before")
        expect(set(states(lab, "SQLSMALL").values()) == {"ONLINE"}, states(lab, "SQLSMALL"))


def a_killed_move_is_resumed_and_loses_nothing():
    with Lab("small", speed=30) as lab:
        waiting_for_import(lab)
        kill_worker(lab)
        execute(lab, "DRSMALL", "EXEC master.dbo.sp_lab_server N'DRSMALL', N'start agent'")
        done = lab.run("resume", "1", seconds=180)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        report = lab.json("report", "1")
        expect(report["data_loss_seconds"] == 0 and report["verdict"] == "ok",
               (report["data_loss_seconds"], report["verdict"]))
        check_record(lab, databases=4)


def moved_until(lab, statement, condition=lambda: True):
    """A move whose worker is held when it sends that, and condition() is true; its pid."""
    lab.before(statement, lambda: hold(lab))
    begin_move(lab)
    lab.happened(90)
    return held_when(lab, condition)


def moved_until_offline(lab):
    """All sources are OFFLINE, and the first log is sent."""
    return moved_until(lab, "RESTORE LOG",
                       lambda: set(states(lab, "SQLSMALL").values()) == {"OFFLINE"})


def an_abort_never_wakes_the_source_of_a_group_that_another_run_recovered():
    with WatchedLab("small", speed=30) as lab:
        held = moved_until_offline(lab)
        os.kill(held, signal.SIGKILL)
        lab.sources_die()  # the old server is switched off; another run takes over
        wait_for(lambda: lab.run("plan", "--situation", "source-lost").returncode == 0, 60,
                 "a plan without the source")
        done = restore(lab, "source-lost", group=SMALL)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        lab.sources(True)
        wait_for(lambda: all(s["reachable"] for s in lab.json("status")["servers"]), 30,
                 "the old server is switched on again")
        lab.run("abort", "1", seconds=120)
        expect(set(states(lab, "SQLSMALL").values()) == {"OFFLINE"}, states(lab, "SQLSMALL"))
        expect(not any(jobs(lab, "SQLSMALL").values()), jobs(lab, "SQLSMALL"))
        expect("stays as it is" in messages(lab), messages(lab))


def who_looks_while_the_sources_are_offline_makes_nobody_forget_their_users():
    with WatchedLab("small", speed=30) as lab:
        lab.json("status")
        held = moved_until_offline(lab)
        lab.json("status")
        os.kill(held, signal.SIGCONT)
        expect(end_of(lab) in ("after", "done"), messages(lab))
        with open(os.path.join(lab.state, "logins-1-DRSMALL.sql"), encoding="utf-8") as file:
            script = file.read()
        expect("SID = 0x" in script and "[stopmark_monitor]" in script, script)


def a_set_that_was_made_before_the_sources_were_silent_is_not_the_last():
    with WatchedLab("small", speed=30) as lab:
        newest = lab.json("sets", "-n", "1")["sets"][0]["set"]

        def made():
            sets = lab.json("sets", "-n", "1")["sets"][0]
            return sets["set"] > newest and sets["complete"]

        def a_set_is_made_and_no_other():
            name = next(n for n in jobs(lab, "SQLSMALL") if n.startswith("Backup BizTalk"))
            execute(lab, "SQLSMALL", f"EXEC msdb.dbo.sp_start_job @job_name = N'{name}'")
            wait_for(made, 30, "the backup job's own set is made")
            execute(lab, "SQLSMALL", "EXEC master.dbo.sp_lab_backup_fails N'BizTalkMgmtDb'")
        lab.before(DISABLE_JOB, a_set_is_made_and_no_other)
        begin_move(lab)
        # a minute passes before a job that was asked to start counts as one that does not
        expect(end_of(lab, seconds=180) == "failed", messages(lab))
        lab.happened()
        expect("without a complete log set" in messages(lab), messages(lab))
        expect(not read_record(lab), "nothing was restored")
        execute(lab, "SQLSMALL", "EXEC master.dbo.sp_lab_backup_fails NULL")
        lab.run("abort", "1")


def a_move_that_died_between_its_plan_and_its_target_tells_the_mark_that_it_made():
    with WatchedLab("small", speed=30) as lab:
        held = moved_until(lab, "ALTER DATABASE [")
        os.kill(held, signal.SIGKILL)
        wait_for(lambda: not worker(lab), 20, "the worker is gone")
        made = lab.json("report", "1")["mark"]
        journal = sqlite3.connect(journal_path(lab), timeout=10)
        with journal:  # as it stands between the two writes
            journal.execute("UPDATE run SET mark = 'BTS_of_the_plan', set_id = 1")
        journal.close()
        done = lab.run("resume", "1", seconds=180)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        report = lab.json("report", "1")
        expect(report["mark"] == made and lab.json("runs")["runs"][0]["mark"] == made,
               (report["mark"], made))


def a_move_needs_living_sources():
    with Lab("small") as lab:
        lab.sources_die()
        done = restore(lab, "planned-move", group=SMALL)
        expect(done.returncode == 5 and "does not answer" in done.stderr,
               (done.returncode, done.stderr))


# --- migration ----------------------------------------------------------------------------------


def a_migration_makes_the_databases_on_new_servers():
    with Lab("small", speed=30) as lab:
        for job in jobs(lab, "DRSMALL"):
            execute(lab, "DRSMALL", f"EXEC msdb.dbo.sp_update_job @job_name = N'{job}', "
                                    "@enabled = 0")
        for name in states(lab, "DRSMALL"):
            wait_for(lambda name=name: drop(lab, name), 20, f"{name} is dropped")
        with open(lab.ini, encoding="utf-8") as file:
            text = file.read()
        with open(lab.ini, "w", encoding="utf-8") as file:
            file.write(text.replace("restores =", "data_path = E:\\New\nlog_path = F:\\New\n"
                                                  "restores ="))
        plan = lab.json("plan", "--situation", "migration")
        expect(all(d["route"] == "full-restore" for d in plan["databases"]), plan["reasons"])
        done = restore(lab, "migration", group=SMALL)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        paths = [p for (p,) in rows(lab, "DRSMALL", "SELECT physical_name FROM sys.master_files "
                                                    "WHERE database_id > 4")]
        expect(len(paths) == 8 and all(p.startswith(("E:\\New\\", "F:\\New\\")) for p in paths),
               paths)
        report = lab.json("report", "1")
        expect(report["data_loss_seconds"] == 0 and report["verdict"] == "ok",
               (report["data_loss_seconds"], report["verdict"]))
        expect(set(states(lab, "SQLSMALL").values()) == {"OFFLINE"}, states(lab, "SQLSMALL"))
        check_record(lab, databases=4)


def drop(lab, name):
    execute(lab, "DRSMALL", f"IF DB_ID(N'{name}') IS NOT NULL DROP DATABASE [{name}]")
    return name not in states(lab, "DRSMALL")


# --- MOVE ---------------------------------------------------------------------------------------


def a_file_that_a_log_adds_is_placed_where_the_standby_has_a_folder():
    with Lab("small") as lab:
        execute(lab, "DRSMALL", "EXEC master.dbo.sp_lab_folder N'DRSMALL', N'X:\\New\\', N'missing'")
        execute(lab, "SQLSMALL", "EXEC master.dbo.sp_lab_add_file N'SQLSMALL', N'BizTalkMsgBoxDb',"
                                 " N'Added', N'X:\\New\\added.ndf'")
        execute(lab, "SQLSMALL", "EXEC master.dbo.sp_lab_advance @seconds = 1080")
        plan = lab.json("plan")
        moves = [m for d in plan["databases"] for s in d["steps"] for m in s["moves"]]
        expect([m["name"] for m in moves] == ["Added"], moves)
        lab.sources_die()
        done = restore(lab, "source-lost", group=SMALL)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        paths = [p for (p,) in rows(lab, "DRSMALL", "SELECT physical_name FROM sys.master_files "
                                                    "WHERE name = N'Added'")]
        expect(paths == ["D:\\Data\\added.ndf"], paths)
        check_record(lab, databases=4)


# --- the wizard ---------------------------------------------------------------------------------


def walk(digit, prefix, *words):
    """The ten steps by keys on a small demo, until Verify has told of each database under its name
    with the prefix."""
    proven = [f"DRSMALL/{prefix}{name}: ONLINE, at the mark" for name in
              ("BizTalkMgmtDb", "BizTalkMsgBoxDb", "BizTalkDTADb", "SSODB")]
    with Demo("--scenario", "small", "--speed", "30") as terminal:
        terminal.until("● live")
        terminal.key("R")
        terminal.until("planned move")
        terminal.key(digit)
        terminal.key("Enter")
        for name in ("Preflight", "Mark", "Method", "Plan"):
            arrow = re.compile(r"(▸|>)\s+\d+ " + name)
            terminal.until(lambda text, arrow=arrow: arrow.search(text) is not None, 20)
            if name == "Preflight":
                terminal.until("restore login: its passwords are there", 20)
            if name == "Plan":
                terminal.until("possible", 20)
            terminal.key("Enter")
        terminal.key("Enter")
        for word in words:
            terminal.until(f"Type {word}", 20)
            terminal.type(word)
            terminal.key("Enter")
        terminal.until("proven consistent: all 4 databases are online at the mark", 120)
        terminal.until(lambda text: all(line in text for line in proven), 20)


def a_planned_move_is_walked_in_the_wizard():
    walk("2", "", "stopped", SMALL)


def a_rehearsal_is_walked_in_the_wizard():
    walk("3", PREFIX, SMALL)


# --- demo --from-views ---------------------------------------------------------------------------


def demo_of_views(lab):
    """Runs `demo --from-views --plain` once, the estate being gone; its text and the path of a copy
    of the scenario that it wrote."""
    lab.process.terminate()
    lab.process.wait(10)
    known = set(glob.glob("/tmp/stopmark-demo-*/scenario.json"))
    demo = subprocess.Popen([support.STOPMARK, "demo", "--from-views", "--plain", "-c", lab.ini],
                            env=lab.environment(), text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    copy = os.path.join(lab.directory, "scenario.json")

    def mine():
        for path in set(glob.glob("/tmp/stopmark-demo-*/scenario.json")) - known:
            try:
                with open(path, encoding="utf-8") as file:
                    scenario = json.load(file)
            except (OSError, ValueError):
                continue
            if scenario["group"] == lab_group(lab):
                return scenario
        return None
    scenario = wait_for(mine, 20, "the demo writes its scenario")
    with open(copy, "w", encoding="utf-8") as file:
        json.dump(scenario, file)
    out, err = demo.communicate(timeout=60)
    expect(demo.returncode == 0, (demo.returncode, err))
    return out, copy


def lab_group(lab):
    with open(lab.ini, encoding="utf-8") as file:
        return next(line.split("=", 1)[1].strip() for line in file if line.startswith("name"))


def statements(plan):
    return {(d["server"], d["database"]): [s["sql"] for s in d["steps"]]
            for d in plan["databases"]}


def the_estate_of_the_last_good_views_has_the_same_plan_and_it_ends_proven():
    with Lab() as lab:
        plan = lab.json("plan")
        text, scenario = demo_of_views(lab)
        expect(plan["target"]["mark"] in text, text[:600])
        with Lab(scenario) as again:
            same = again.json("plan")
            expect(same["target"]["mark"] == plan["target"]["mark"] and
                   same["target"]["set"] == plan["target"]["set"], same["target"])
            expect(statements(same) == statements(plan), "the same statements")
            again.sources_die()
            done = restore(again, "source-lost")
            expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
            check_record(again)
        lab.process = subprocess.Popen(["true"], stdout=subprocess.PIPE)  # for the lab's own end
        lab.process.wait()


def any_plan(lab):
    """Possible or not."""
    return json.loads(lab.run("plan", "--json").stdout)


def an_estate_in_trouble_is_rebuilt_with_its_troubles():
    for trouble in ("partial", "behind", "stolen-gone"):
        with Lab(trouble) as lab:
            plan = any_plan(lab)
            _, scenario = demo_of_views(lab)
            with Lab(scenario) as again:
                same = any_plan(again)
                expect(same["possible"] == plan["possible"] and
                       same["target"]["mark"] == plan["target"]["mark"],
                       (trouble, plan["target"], same["target"], same["reasons"]))
            lab.process = subprocess.Popen(["true"], stdout=subprocess.PIPE)
            lab.process.wait()


def without_views_there_is_no_demo_of_them():
    with Lab("small") as lab:
        done = lab.run("demo", "--from-views", "--plain")
        expect(done.returncode == 1 and "no last good view" in done.stderr,
               (done.returncode, done.stderr))


if __name__ == "__main__":
    support.main([a_rehearsal_proves_copies_and_leaves_the_standby_alone,
                  a_rehearsal_needs_no_living_source,
                  a_planned_move_loses_nothing_and_proves_it,
                  a_set_that_was_made_before_the_sources_were_silent_is_not_the_last,
                  who_looks_while_the_sources_are_offline_makes_nobody_forget_their_users,
                  jobs_that_somebody_disabled_before_a_move_are_named_for_who_enables,
                  a_session_in_a_source_is_named_and_refuses_the_move,
                  a_write_after_the_mark_is_told_and_the_move_makes_another_mark,
                  a_session_that_comes_in_later_is_named_and_nothing_is_taken_from_it,
                  a_database_that_joins_before_a_move_begins_stops_it,
                  a_database_that_joins_during_a_move_stops_it_before_a_source_goes,
                  an_aborted_move_gives_the_source_back,
                  an_abort_never_wakes_the_source_of_a_group_that_another_run_recovered,
                  a_killed_move_is_resumed_and_loses_nothing,
                  a_move_that_died_between_its_plan_and_its_target_tells_the_mark_that_it_made,
                  a_move_needs_living_sources,
                  a_migration_makes_the_databases_on_new_servers,
                  a_file_that_a_log_adds_is_placed_where_the_standby_has_a_folder,
                  a_planned_move_is_walked_in_the_wizard,
                  a_rehearsal_is_walked_in_the_wizard,
                  the_estate_of_the_last_good_views_has_the_same_plan_and_it_ends_proven,
                  an_estate_in_trouble_is_rebuilt_with_its_troubles,
                  without_views_there_is_no_demo_of_them])
