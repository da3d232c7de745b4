#!/usr/bin/python3
"""Every error that a RESTORE of the plan can end with, provoked by the state of files, folders, disks,
databases and sessions: the operator reads the cause, the server's number and words, and what to do;
nothing is recovered; and where the remedy is one that a retry follows, the run ends proven after it.

Each case is one row of CASES. `before`: the state is broken before the run begins, so that PREPARE
refuses it (status 5, before the first write). `running`: it breaks while the first full restore on
that server runs; the database named here comes after it.
"""
import collections
import concurrent.futures
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from lab import Failure, Lab, expect, wait_for  # noqa: E402
from matrix import CONFIRM, ROUTES, SCENARIO, expect_proven  # noqa: E402
from record import proof_order, read_record  # noqa: E402
from slow import execute, state_of, wait_state, worker  # noqa: E402

SERVER, DATABASE = "DRM1", "BizTalkMgmtDb"  # the second that is restored there
SLOW, FAST = 1_000_000, 4_000_000_000       # bytes a second
FULL, LOG_1, LOG_2 = 0, 1, 2                # steps of its plan

# number 0: the program sees the state before it sends the statement that would fail.
Case = collections.namedtuple("Case", "number when break_it words remedy mend route")
Case.__new__.__defaults__ = (None, "full-restore")


def file_becomes(step, state):
    return lambda lab: execute(
        lab, f"EXEC master.dbo.sp_lab_file N'{lab.steps[step]['file']}', N'{state}'", SERVER)


def sql(text):
    return lambda lab: execute(lab, text, SERVER)


class ErrorLab(Lab):
    """The matrix group with dead sources and a plan by one route, one lane a server."""

    def __init__(self, route):
        super().__init__(scenario=SCENARIO, speed=1)
        try:
            with open(self.ini, "a", encoding="utf-8") as file:
                file.write("lanes = 1\n")  # [restore] is the last section
            self.sources_die()
            self.plan = self.json("plan", "--target", ROUTES[route])
            self.command = "RESTORE DATABASE" if route == "full-restore" else "RESTORE LOG"
            self.steps = next(d for d in self.plan["databases"]
                              if d["database"] == DATABASE)["steps"]
        except BaseException:
            self.stop()
            raise

    def rate(self, bytes_per_second):
        for server in ("DRM1", "DRM2"):
            execute(self, f"EXEC master.dbo.sp_lab_restore_rate N'{server}', {bytes_per_second}",
                    SERVER)

    def begin(self, *more):
        return self.run("restore", "--plan", self.plan["hash"], *CONFIRM, *more, seconds=120)

    def stop(self):
        pid = worker(self)
        if pid:
            os.kill(pid, 9)
        super().stop()


def what_the_operator_reads(lab, case):
    """Starts the run, breaks the state at its time: the words of the end."""
    if case.when == "before":
        case.break_it(lab)
        done = lab.begin()
        expect(done.returncode == 5, f"status {done.returncode}, not 5: {done.stderr}")
        expect(not read_record(lab), "nothing was restored")
        return done.stderr
    lab.rate(SLOW)
    done = lab.begin("--detach")
    expect(done.returncode == 0, done.stderr)
    wait_for(lambda: execute(lab, "SELECT session_id FROM sys.dm_exec_requests "
                                  f"WHERE command = N'{lab.command}'", SERVER), 30,
             "the first database is being restored")
    lab.rate(FAST)  # what runs keeps the time it began with
    case.break_it(lab)
    wait_state(lab, "failed", "after", seconds=60)
    expect(state_of(lab) == "failed", "the run ended well")
    return lab.json("report", "1")["reason"]


def check(case):
    with ErrorLab(case.route) as lab:
        text = what_the_operator_reads(lab, case)
        if case.number:
            expect(f"server error {case.number}:" in text, f"the number is not there: {text}")
        for word in (case.words, case.remedy):
            expect(word in text, f"{word!r} is not in: {text}")
        expect(DATABASE in text, f"the database is not named: {text}")
        rows = read_record(lab)
        proof_order(rows)
        expect(not [r for r in rows if r["restore_end"] == "RECOVERY"], "nothing is recovered")
        if case.mend:
            case.mend(lab)
            if case.when == "before":
                done, run = lab.begin(), None
            else:
                done = lab.run("resume", "1", seconds=120)
            expect(done.returncode == 0, f"after the remedy: {done.returncode} {done.stderr}")
            expect_proven(lab, lab.json("runs")["runs"][0]["run"])


READABLE = {step: file_becomes(step, "readable") for step in (FULL, LOG_1, LOG_2)}

CASES = [
    Case(3201, "before", file_becomes(LOG_2, "missing"), "operating system error 2",
         "check path, share and rights", READABLE[LOG_2]),
    Case(3201, "running", file_becomes(LOG_2, "denied"), "operating system error 5",
         "check path, share and rights", READABLE[LOG_2]),
    Case(3241, "before", file_becomes(LOG_1, "corrupt"), "malformed", "another copy",
         READABLE[LOG_1]),
    Case(3241, "running", file_becomes(LOG_2, "corrupt"), "malformed", "another copy",
         READABLE[LOG_2]),
    Case(3189, "before", file_becomes(FULL, "damaged"), "Damage", "another copy", READABLE[FULL]),
    Case(3189, "running", file_becomes(LOG_2, "damaged"), "Damage", "another copy",
         READABLE[LOG_2]),
    Case(3159, "running", sql(f"RESTORE DATABASE [{DATABASE}] WITH RECOVERY"), "xx", "yy"),
    Case(3117, "running", sql(f"RESTORE DATABASE [{DATABASE}] WITH RECOVERY"), "xx", "yy", None, "roll-forward"),
    Case(3118, "running", sql(f"DROP DATABASE [{DATABASE}]"), "xx", "yy", None, "roll-forward"),
    Case(4326, "running", lambda lab: execute(lab, f"RESTORE LOG [{DATABASE}] FROM DISK = N'{lab.steps[0]['file']}' WITH NORECOVERY", SERVER), "xx", "yy", None, "roll-forward"),
    Case(4305, "running", lambda lab: execute(lab, f"RESTORE DATABASE [{DATABASE}] FROM DISK = N'{lab.json('plan', '--target', 'rule')['databases'][-1]['steps'][0]['file']}' WITH NORECOVERY", SERVER), "xx", "yy", None, "roll-forward"),
]


def name_of(case):
    return f"{case.number or 'seen before it is sent'} ({case.when})"


def main():
    wanted = sys.argv[1:]
    cases = [c for c in CASES if not wanted or str(c.number) in wanted]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        futures = [(case, pool.submit(check, case)) for case in cases]
        for case, future in futures:
            try:
                future.result()
                print(f"{name_of(case)}: ok", flush=True)
            except Exception as error:  # the cases behind it run all the same
                failed += 1
                print(f"{name_of(case)}: FAILED: {error}", flush=True)
    print(f"{len({c.number for c in cases if c.number})} numbers")
    print(f"{os.path.basename(sys.argv[0])}: {len(cases) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
