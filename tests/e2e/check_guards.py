#!/usr/bin/python3
"""What a run must notice before and while it restores: another's lock, another's RESTORE, a copy
that is damaged, and the loss of its own lock."""
import os
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import pytds  # noqa: E402
import lab as support  # noqa: E402
from lab import Lab, STOPMARK, expect, wait_for  # noqa: E402
from matrix import CONFIRM, DATABASES, SCENARIO, naming_all  # noqa: E402
from record import check_record, read_record, restore_login, stands_still  # noqa: E402
from slow import enabled_jobs, execute, worker  # noqa: E402

RESTORE = ("restore", "--target", "newest", "--situation", "source-lost", "--confirm",
           "Contoso production")
TAKE_LOCK = ("EXEC master.dbo.sp_getapplock @Resource = N'stopmark-restore', "
             "@LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 2000")
WORDS_OF_A_LOCK = ("SELECT l.request_session_id FROM sys.dm_tran_locks AS l"
                   " WHERE l.resource_type = N'APPLICATION' AND l.request_status = N'GRANT'")


def value_of(cursor, sql):
    cursor.execute(sql)
    row = cursor.fetchone()
    return None if row is None else row[0]


def newest_logs(lab):
    """{(server, database): path} of the last log of the plan."""
    return {(d["server"], d["database"]):
            [s["file"] for s in d["steps"] if s["kind"] == "restore-log"][-1]
            for d in lab.json("plan")["databases"]}


def expect_refused(lab, words):
    """The restore is refused in those words, and no statement of ours was sent."""
    done = lab.run(*RESTORE, seconds=30)
    expect(done.returncode == 5, (done.returncode, done.stderr[-2000:]))
    for word in words:
        expect(word in done.stderr, (word, done.stderr[-2000:]))
    expect(not read_record(lab), "nothing was restored")


def a_run_is_refused_while_another_holds_the_lock():
    with Lab() as lab:
        lab.sources_die()
        other = restore_login(lab, "DRSQL2")
        other.cursor().execute(TAKE_LOCK)
        expect_refused(lab, ["DRSQL2", "stopmark_restore"])
        other.close()


def a_restore_of_somebody_else_is_refused_before_the_first_write():
    with Lab(speed=1) as lab:
        path = newest_logs(lab)["DRSQL1", "BizTalkMsgBoxDb"]
        lab.sources_die()
        admin, other = restore_login(lab, "DRSQL1"), restore_login(lab, "DRSQL1")
        cursor = admin.cursor()
        cursor.execute("EXEC master.dbo.sp_lab_restore_rate N'DRSQL1', 1000000")

        def restore():
            try:
                other.cursor().execute("RESTORE LOG [BizTalkMsgBoxDb] FROM DISK = "
                                       f"N'{path}' WITH NORECOVERY")
            except (pytds.Error, OSError):
                pass  # killed below
        thread = threading.Thread(target=restore)
        thread.start()
        try:
            session = wait_for(lambda: value_of(
                cursor, "SELECT r.session_id FROM sys.dm_exec_requests AS r"
                        " WHERE r.command = N'RESTORE LOG'"), 20, "the RESTORE runs")
            expect_refused(lab, ["DRSQL1", "RESTORE LOG", f"session {session}"])
        finally:
            cursor.execute(f"KILL {session}")
            thread.join(20)
        admin.close()


def a_file_whose_header_says_damaged_is_refused_before_the_first_write():
    with Lab() as lab:
        path = newest_logs(lab)["DRSQL1", "SSODB"]
        lab.sources_die()
        admin = restore_login(lab, "DRSQL1")
        admin.cursor().execute(f"EXEC master.dbo.sp_lab_file N'{path}', N'damaged'")
        expect_refused(lab, ["SSODB", "damaged"])
        admin.close()


def nothing_is_written_over_where_a_file_of_the_full_restore_cannot_be_read_to_its_end():
    for kind, state, number in (("restore-full", "short", 3271), ("restore-log", "read-fails", 3203)):
        with Lab("matrix") as lab:
            lab.sources_die()
            plan = lab.json("plan", "--target", "rule")
            database = next(d for d in plan["databases"] if d["database"] == "BizTalkDTADb")
            path = [s["file"] for s in database["steps"] if s["kind"] == kind][-1]
            admin = restore_login(lab, database["server"])
            admin.cursor().execute(f"EXEC master.dbo.sp_lab_file N'{path}', N'{state}'")
            admin.close()
            done = lab.run("restore", "--plan", plan["hash"], *CONFIRM, seconds=60)
            expect(done.returncode == 5, (state, done.returncode, done.stderr[-2000:]))
            for word in (database["server"], database["database"], str(number)):
                expect(word in done.stderr, (state, word, done.stderr[-2000:]))
            expect(not read_record(lab), f"{state}: something was restored")


def what_stands_by_and_is_of_another_family_is_overwritten_only_when_named():
    """The server says 3154 over every database that waits: nothing is done to it until it is named."""
    scenario = support.built_in(SCENARIO)
    scenario["switches"] = {"restoring_needs_replace": True}
    with Lab(scenario=scenario) as lab:
        lab.sources_die()
        plan = lab.json("plan", "--target", "rule")
        done = lab.run("restore", "--plan", plan["hash"], *CONFIRM, seconds=60)
        expect(done.returncode == 1, (done.returncode, done.stderr[-2000:]))
        for word in ("3154", "--replace SERVER/DB"):
            expect(word in done.stderr, (word, done.stderr[-2000:]))
        expect(not any(row["succeeded"] for row in read_record(lab)), "nothing was overwritten")
        lab.run("abort", "1")
        named = naming_all(plan)
        plan = lab.json("plan", "--target", "rule", *named)
        done = lab.run("restore", "--plan", plan["hash"], *CONFIRM, seconds=60)
        expect(done.returncode == 5 and "--replace" in done.stderr, (done.returncode, done.stderr))
        done = lab.run("restore", "--plan", plan["hash"], *CONFIRM, *named, seconds=60)
        expect(done.returncode == 0, (done.returncode, done.stderr[-2000:]))
        check_record(lab, DATABASES, plan)


class WithoutItsLock(Lab):
    """A run that waits on DRSQL1 for its lock, which a session of the test has taken."""

    def __init__(self):
        super().__init__(speed=1)
        self.command = None
        try:
            self.steps = [d for d in self.json("plan")["databases"] if d["server"] == "DRSQL1"]
            self.sources_die()
            self.admin, self.thief = restore_login(self, "DRSQL1"), restore_login(self, "DRSQL1")
            self.take_the_lock()
        except BaseException:
            self.stop()
            raise

    def take_the_lock(self):
        cursor = self.admin.cursor()
        cursor.execute("EXEC master.dbo.sp_lab_restore_rate N'DRSQL1', 60000000")
        self.command = subprocess.Popen([STOPMARK, RESTORE[0], "-c", self.ini, *RESTORE[1:]],
                                        env=self.environment(), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: value_of(cursor, "SELECT COUNT(*) FROM sys.dm_exec_requests AS r"
                                          " WHERE r.command = N'RESTORE LOG'"), 60,
                 "a log is being restored")
        cursor.execute(f"KILL {value_of(cursor, WORDS_OF_A_LOCK)}")
        self.thief.cursor().execute(TAKE_LOCK)
        mine = value_of(self.thief.cursor(), "SELECT @@SPID")
        expect(value_of(cursor, WORDS_OF_A_LOCK) == mine, "the test has the lock")
        wait_for(lambda: stands_still(self, ["DRSQL1"]) or self.command.poll() is not None, 60,
                 "it stands still")
        expect(self.command.poll() is None, "it went on without its lock")
        states = {r["restore_end"] for r in read_record(self) if r["server_name"] == "DRSQL1"}
        expect(states == {"NORECOVERY"}, f"it went on without its lock: {states}")

    def ended(self):
        """Status and words of the run once the lock is free."""
        self.thief.close()
        _, text = self.command.communicate(timeout=120)
        return self.command.returncode, text

    def stop(self):
        if self.command is not None and self.command.poll() is None:
            self.command.kill()
            self.command.communicate()
        pid = worker(self)
        if pid:
            os.kill(pid, signal.SIGKILL)
        super().stop()


def nothing_is_sent_while_the_lock_is_lost():
    with WithoutItsLock() as lab:
        status, text = lab.ended()
        expect(status == 0, (status, text[-2000:]))
        check_record(lab)


def what_was_restored_under_another_lock_is_not_restored_over():
    """Another run brings databases to the same mark while this one waits: its own log, sent behind
    the mark, would run to its end without a word (4329), and only a full restore would help."""
    with WithoutItsLock() as lab:
        sent = {r["path"].lower() for r in read_record(lab) if r["server_name"] == "DRSQL1"}
        left = [s for d in lab.steps for s in d["steps"]
                if s["kind"] == "restore-log" and s["file"].lower() not in sent]
        expect(left, "some databases wait for their log")
        for step in left:
            cursor = lab.thief.cursor()
            cursor.execute(step["sql"])
            while cursor.nextset():
                pass
        status, text = lab.ended()
        expect(status == 1, (status, text[-2000:]))
        expect("it moved while this run waited" in text, text[-2000:])
        files = {step["file"].lower() for step in left}
        again = [r for r in read_record(lab) if r["path"] and r["path"].lower() in files]
        expect(not again, f"sent behind the mark: {again}")


def an_abort_enables_no_job_where_another_run_has_the_lock():
    """Nothing was moved there, so the tables agree; but what the other run does nobody here knows."""
    with Lab(speed=1) as lab:
        lab.sources_die()
        for server in ("DRSQL1", "DRSQL2"):
            execute(lab, f"EXEC master.dbo.sp_lab_restore_fails N'{server}', NULL, 3201, NULL, 50",
                    server)
        before = set(enabled_jobs(lab))
        done = lab.run(*RESTORE)
        expect(done.returncode == 1, (done.returncode, done.stderr[-2000:]))
        disabled = before - set(enabled_jobs(lab))
        expect({server for server, _ in disabled} == {"DRSQL1", "DRSQL2"}, disabled)
        admin, thief = restore_login(lab, "DRSQL1"), restore_login(lab, "DRSQL1")
        cursor = admin.cursor()
        cursor.execute(f"KILL {value_of(cursor, WORDS_OF_A_LOCK)}")
        thief.cursor().execute(TAKE_LOCK)
        expect(value_of(cursor, WORDS_OF_A_LOCK) == value_of(thief.cursor(), "SELECT @@SPID"),
               "the test has the lock")
        wait_for(lambda: "lock's connection was lost" in " ".join(lab.json("report", "1")["messages"]),
                 30, "the loss is noticed")
        done = lab.run("abort", "1")
        expect(done.returncode == 0, (done.returncode, done.stderr))
        left = before - set(enabled_jobs(lab))
        expect(left == {job for job in disabled if job[0] == "DRSQL1"}, left)
        said = " ".join(lab.json("report", "1")["messages"])
        expect("DRSQL1: no shipping job is enabled again" in said, said)


support.main([a_run_is_refused_while_another_holds_the_lock,
              a_restore_of_somebody_else_is_refused_before_the_first_write,
              a_file_whose_header_says_damaged_is_refused_before_the_first_write,
              nothing_is_written_over_where_a_file_of_the_full_restore_cannot_be_read_to_its_end,
              what_stands_by_and_is_of_another_family_is_overwritten_only_when_named,
              nothing_is_sent_while_the_lock_is_lost,
              what_was_restored_under_another_lock_is_not_restored_over,
              an_abort_enables_no_job_where_another_run_has_the_lock])
