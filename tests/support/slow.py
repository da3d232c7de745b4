"""Runs whose restores take a while, and what tests ask about them."""
import glob
import os
import signal
import sqlite3
import time

from lab import Lab, expect, wait_for
from record import check_record, read_record, restore_login

RESTORE = ("restore", "--target", "newest", "--situation", "source-lost", "--confirm",
           "Contoso production")
SLOW = 30_000_000  # bytes a second: the larger logs take some seconds
FAST = 400_000_000


def execute(lab, text, server="DRSQL1"):
    connection = restore_login(lab, server)
    cursor = connection.cursor()
    cursor.execute(text)
    rows = cursor.fetchall() if cursor.description else []
    while cursor.nextset():  # each message of a RESTORE is a result of its own
        pass
    connection.close()
    return rows


def rate(lab, bytes_per_second):
    for server in ("DRSQL1", "DRSQL2"):
        execute(lab, f"EXEC master.dbo.sp_lab_restore_rate N'{server}', {bytes_per_second}")


def run_row(lab):
    runs = lab.json("runs")["runs"]
    return runs[0] if runs else None


def state_of(lab):
    row = run_row(lab)
    return row["state"] if row else None


def wait_state(lab, *states, seconds=60):
    wait_for(lambda: state_of(lab) in states, seconds, f"state {states}, is {state_of(lab)}")


def worker(lab):
    """The process id of the lab's only worker; 0 = none."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if b"internal-worker" in words and any(lab.directory.encode() in w for w in words):
            return int(pid)
    return 0


def the_worker(lab):
    """Its process id. There must be one: kill() takes 0 for the whole process group of the test."""
    pid = worker(lab)
    expect(pid, "a worker")
    return pid


def kill_worker(lab):
    os.kill(the_worker(lab), signal.SIGKILL)
    wait_for(lambda: not worker(lab), 20, "the worker is gone")


def hold(lab):
    os.kill(the_worker(lab), signal.SIGSTOP)


def journal_path(lab):
    """Of the lab's only run."""
    return next(p for p in glob.glob(os.path.join(lab.state, "**", "*"), recursive=True)
                if os.path.isfile(p) and open(p, "rb").read(6) == b"SQLite" and "run" in p)


def is_being_written(path):
    """Is a worker that is held now in the midst of a write? Whoever reads then waits for it."""
    journal = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0)
    try:
        journal.execute("SELECT uuid FROM run").fetchall()
        return False
    except sqlite3.OperationalError:
        return True
    finally:
        journal.close()


def held_when(lab, condition, seconds=90):
    """Holds the lab's worker by SIGSTOP at the first instant at which condition() is true and it is
    not writing to its journal, which nobody could read then; its process id."""
    pid = the_worker(lab)
    path, end = journal_path(lab), time.monotonic() + seconds
    while True:
        os.kill(pid, signal.SIGSTOP)
        if not is_being_written(path) and condition():
            return pid
        expect(time.monotonic() < end, "the worker comes as far as that")
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.002)  # slow motion: it works in this pause between looks


class SlowRun(Lab):
    """A lab whose sources are dead and whose restores take a while, with a run begun on it."""

    def __init__(self, begin=True, rate_bytes=SLOW):
        super().__init__(speed=1)
        try:
            self.sources_die()
            rate(self, rate_bytes)
            if begin:
                done = self.run(*RESTORE, "--detach")
                expect(done.returncode == 0, (done.returncode, done.stderr))
        except BaseException:
            self.stop()
            raise

    def stop(self):
        pid = worker(self)
        if pid:
            os.kill(pid, signal.SIGKILL)
        super().stop()


def begun_and_held(lab):
    """Begins the run and stops its worker while logs are being restored; the worker's pid."""
    done = lab.run(*RESTORE, "--detach")
    expect(done.returncode == 0, done.stderr)
    wait_for(lambda: logs_running(lab), 60, "logs are being restored")
    return held_when(lab, lambda: logs_running(lab))


def logs_running(lab):
    return [r for r in execute(lab, "SELECT session_id FROM sys.dm_exec_requests "
                                    "WHERE command = N'RESTORE LOG'")]


def expect_done(lab, seconds=60):
    rate(lab, FAST)
    wait_state(lab, "after", seconds=seconds)
    report = lab.json("report", "1")
    expect(report["verdict"] == "ok", report["verdict_text"])
    check_record(lab)


def planned_file(lab, database):
    plan = lab.json("plan")
    return next(step["file"] for d in plan["databases"] if d["database"] == database
                for step in d["steps"] if step["file"])


def enabled_jobs(lab):
    return sorted((s, name) for s in ("DRSQL1", "DRSQL2")
                  for name, enabled in execute(lab, "SELECT name, enabled FROM msdb.dbo.sysjobs", s)
                  if enabled)


def recoveries(lab):
    return [r for r in read_record(lab) if r["restore_end"] == "RECOVERY"]
