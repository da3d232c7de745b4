#!/usr/bin/python3
"""Every error with which a RESTORE of a plan can end, provoked by the state of files, folders, disks,
databases, sessions and rights, never planted as a number. The operator reads where it happened, the
server's number and words, and what to do; no database is recovered before the proof of all; and
where a retry is the remedy, the run ends proven after it.

    check_restore_errors.py [--show] [NUMBER]...

Each case is one row of CASES. Its stage says when the state breaks: `before` the run begins, or while
a statement of the plan is on its way: a proxy holds the packet that carries it, the state is broken,
and the statement goes on to the server. --show prints what the operator reads.
"""
import argparse
import collections
import concurrent.futures
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import pytds  # noqa: E402
from lab import ROOT, built_in, expect  # noqa: E402
from matrix import CONFIRM, ROUTES, SCENARIO, expect_proven  # noqa: E402
from proxy import read_ini  # noqa: E402
from record import read_record, restore_login  # noqa: E402
from slow import execute, worker  # noqa: E402
from watched import WatchedLab  # noqa: E402

SERVER, DATABASE = "DRM1", "BizTalkMgmtDb"
FULL, LOG_1, LOG_2, LOG_3 = 0, 1, 2, 3  # steps of its plan by full restore

# edit changes the scenario before the lab starts, prepare the estate before the plan is made.
Case = collections.namedtuple("Case", "number stage break_it remedy mend words route edit prepare")
Case.__new__.__defaults__ = (None, "", "full-restore", None, None)


def scenario_of(case):
    """The case's scenario: its name, or itself where the case edits it."""
    if case.edit is None:
        return SCENARIO
    scenario = built_in(SCENARIO)
    case.edit(scenario)
    return scenario


class ErrorLab(WatchedLab):
    """The matrix group with dead sources and a plan; the state breaks before one statement."""

    def __init__(self, case):
        super().__init__(scenario=scenario_of(case))
        try:
            self.guest = None  # a session of somebody else, held open
            self.sources_die()
            if case.prepare:
                self.steps = self.planned(case)["steps"]
                case.prepare(self)
            self.plan = self.json("plan", "--target", ROUTES[case.route].target)
            self.steps = self.planned(case)["steps"]
            if case.stage != "before":
                self.before(self.statement(case.stage), lambda: case.break_it(self))
        except BaseException:
            self.stop()
            raise

    def planned(self, case):
        plan = self.json("plan", "--target", ROUTES[case.route].target)
        return next(d for d in plan["databases"] if d["database"] == DATABASE)

    def statement(self, stage):
        """The one at whose start the state breaks."""
        if isinstance(stage, int):
            return self.steps[stage]["sql"]
        end = {"prove": "STANDBY", "recover": "RECOVERY"}[stage]
        return f"RESTORE DATABASE [{DATABASE}] WITH {end}"

    def restore(self):
        return self.run("restore", "--plan", self.plan["hash"], *CONFIRM, seconds=120)

    def stop(self):
        pid = worker(self)
        if pid:
            os.kill(pid, 9)
        super().stop()


# --- what breaks, and what mends ------------------------------------------------------------------

def sql(*texts):
    def run(lab):
        for text in texts:
            execute(lab, text.format(database=DATABASE, server=SERVER,
                                     user=read_ini(lab.direct_ini)[f"server {SERVER}"]
                                     ["restore_user"],
                                     **{f"file_{i}": step["file"] for i, step in
                                        enumerate(lab.steps)}), SERVER)
    return run


def file_is(step, state):
    return sql(f"EXEC master.dbo.sp_lab_file N'{{file_{step}}}', N'{state}'")


def folder_is(state, path="D:\\Data"):
    return sql(f"EXEC master.dbo.sp_lab_folder N'{{server}}', N'{path}', N'{state}'")


def database_is(state):
    return sql(f"EXEC master.dbo.sp_lab_database N'{{server}}', N'{{database}}', N'{state}'")


def guest_enters(lab):
    lab.guest = restore_login(lab, SERVER)
    lab.guest.cursor().execute(f"USE [{DATABASE}]")


def encrypted(scenario):
    next(d for d in scenario["databases"] if d["name"] == DATABASE)["encrypted"] = True
    for server in scenario["servers"]:
        server["tde_certificate"] = True


def in_standby(scenario):
    scenario["standby"] = [{"server": SERVER, "database": DATABASE, "state": "standby"}]


def interrupted_full(lab):
    """Somebody begins a full restore by hand, and ends it half way."""
    execute(lab, f"EXEC master.dbo.sp_lab_file N'{lab.steps[FULL]['file']}', N'read-fails'", SERVER)
    try:
        execute(lab, f"RESTORE DATABASE [{DATABASE}] FROM DISK = N'{lab.steps[FULL]['file']}'"
                     " WITH NORECOVERY", SERVER)
    except pytds.Error:
        return
    raise AssertionError("the full restore was to fail half way")


BY_HAND = "RESTORE LOG [{database}] FROM DISK = N'{file_%d}' WITH NORECOVERY"
FULL_BY_HAND = "RESTORE DATABASE [{database}] FROM DISK = N'{file_0}' WITH NORECOVERY"
GRANT = "GRANT %s TO [{user}]"
NO_SYSADMIN = [GRANT % right for right in
               ("VIEW SERVER STATE", "VIEW ANY DEFINITION", "CONNECT ANY DATABASE",
                "SELECT ALL USER SECURABLES")]
NO_SYSADMIN.append("ALTER SERVER ROLE sysadmin DROP MEMBER [{user}]")
RECOVER = "RESTORE DATABASE [{database}] WITH RECOVERY"
GOOD = {step: file_is(step, "readable") for step in range(4)}
ALL_GOOD = database_is("good")

OPEN = "check path, share and rights"
COPY = "another copy"
CASES = [
    # --- the device -------------------------------------------------------------------------------
    Case(3201, "before", file_is(LOG_2, "missing"), OPEN, GOOD[LOG_2], "error 2("),
    Case(3201, "before", file_is(FULL, "no-folder"), OPEN, GOOD[FULL], "error 3("),
    Case(3201, LOG_2, file_is(LOG_2, "missing"), OPEN, GOOD[LOG_2], "error 2("),
    Case(3201, LOG_2, file_is(LOG_2, "denied"), OPEN, GOOD[LOG_2], "error 5("),
    Case(3201, LOG_2, file_is(LOG_2, "in-use"), OPEN, GOOD[LOG_2], "error 32("),
    Case(3201, LOG_2, file_is(LOG_2, "no-server"), OPEN, GOOD[LOG_2], "error 53("),
    Case(3201, LOG_2, file_is(LOG_2, "no-share"), OPEN, GOOD[LOG_2], "error 67("),
    Case(3201, FULL, file_is(FULL, "no-logon"), OPEN, GOOD[FULL], "error 1326("),
    Case(3203, LOG_2, file_is(LOG_2, "read-fails"), "check share and network", GOOD[LOG_2]),
    Case(3271, LOG_2, file_is(LOG_2, "short"), "check disk and share", GOOD[LOG_2]),
    Case(3241, "before", file_is(LOG_1, "corrupt"), COPY, GOOD[LOG_1]),
    Case(3241, LOG_2, file_is(LOG_2, "corrupt"), COPY, GOOD[LOG_2]),
    Case(3242, "before", file_is(LOG_1, "not-mtf"), COPY, GOOD[LOG_1]),
    Case(3242, LOG_2, file_is(LOG_2, "not-mtf"), COPY, GOOD[LOG_2]),
    Case(3243, LOG_2, file_is(LOG_2, "mtf-version"), COPY, GOOD[LOG_2]),
    Case(3254, "before", file_is(LOG_1, "empty"), COPY, GOOD[LOG_1]),
    Case(3254, LOG_2, file_is(LOG_2, "empty"), COPY, GOOD[LOG_2]),
    Case(3266, LOG_2, file_is(LOG_2, "end-malformed"), COPY, GOOD[LOG_2]),
    Case(3270, LOG_2, file_is(LOG_2, "inconsistent"), "", GOOD[LOG_2]),
    Case(3132, LOG_2, file_is(LOG_2, "striped"), "striped", GOOD[LOG_2]),
    # --- the backup set ---------------------------------------------------------------------------
    Case(3183, FULL, file_is(FULL, "bad-page"), COPY, None),
    Case(3189, "before", file_is(FULL, "damaged"), COPY, GOOD[FULL]),
    Case(3189, LOG_2, file_is(LOG_2, "damaged"), COPY, GOOD[LOG_2]),
    Case(3154, FULL, file_is(FULL, "foreign"), "check the path"),
    Case(3169, FULL, file_is(FULL, "newer"), "newer destination"),
    Case(3456, LOG_2, file_is(LOG_2, "redo-fails"), "", None),
    Case(4332, LOG_2, file_is(LOG_2, "log-halts"), "error log", GOOD[LOG_2]),
    Case(4330, LOG_2, file_is(LOG_2, "forked"), "recovery path"),
    Case(4341, LOG_3, file_is(LOG_3, "bulk-logged"), "another mark", GOOD[LOG_3]),
    Case(4327, LOG_3, sql("EXEC master.dbo.sp_lab_switch N'bulk_logged_runs_to_end', 1",
                          "EXEC master.dbo.sp_lab_file N'{file_3}', N'bulk-logged'"), "", None),
    Case(33111, FULL, sql("EXEC master.dbo.sp_lab_certificate N'{server}', 0"), "certificate",
         sql("EXEC master.dbo.sp_lab_certificate N'{server}', 1"), edit=encrypted),
    Case(33111, "before", sql("EXEC master.dbo.sp_lab_certificate N'{server}', 0"), "certificate",
         sql("EXEC master.dbo.sp_lab_certificate N'{server}', 1"), edit=encrypted),
    # the set's own list of files, or the past of its log, does not fit the database's
    Case(3121, LOG_2, file_is(LOG_2, "paths-mixed"), "new plan", GOOD[LOG_2]),
    Case(3155, LOG_2, file_is(LOG_2, "files-changed"), "MOVE", GOOD[LOG_2]),
    Case(4312, LOG_2, file_is(LOG_2, "fork-gap"), "newer full backup", GOOD[LOG_2]),
    Case(4328, LOG_2, file_is(LOG_2, "file-unknown"), "full restore", GOOD[LOG_2]),
    Case(4337, LOG_2, file_is(LOG_2, "file-dropped"), "MOVE", GOOD[LOG_2]),
    Case(4342, FULL, file_is(FULL, "no-primary"), "full restore", GOOD[FULL]),
    Case(4349, LOG_2, file_is(LOG_2, "log-begun-anew"), "newer full backup", GOOD[LOG_2]),
    # --- LSNs: somebody restored beside the run ---------------------------------------------------
    Case(4305, LOG_2, sql(FULL_BY_HAND), "a log before this one is missing", None),
    Case(4326, LOG_1, sql(BY_HAND % 1, BY_HAND % 2), "applied already", None),
    Case(3117, LOG_2, sql(RECOVER), "somebody recovered", None),
    Case(3118, LOG_2, sql("DROP DATABASE [{database}]"), "is gone", None),
    Case(3159, FULL, sql(RECOVER), "somebody used it", None),
    Case(4319, LOG_2, interrupted_full, "interrupted", None),
    Case(4320, LOG_2, database_is("file-not-restored"), "interrupted", ALL_GOOD),
    # --- the database and its files ---------------------------------------------------------------
    Case(3104, FULL, database_is("mirrored"), "", ALL_GOOD),
    Case(3257, FULL, sql("EXEC master.dbo.sp_lab_disk N'{server}', 1"), "make room",
         sql("EXEC master.dbo.sp_lab_disk N'{server}', 900000000000")),
    Case(3142, FULL, sql("EXEC master.dbo.sp_lab_folder N'{server}', N'D:\\Data\\{database}.mdf', "
                         "N'occupied'"), "",
         sql("EXEC master.dbo.sp_lab_folder N'{server}', N'D:\\Data\\{database}.mdf', N'readable'"),
         prepare=sql("DROP DATABASE [{database}]")),
    Case(1834, FULL, sql("RESTORE DATABASE [Other] FROM DISK = N'{file_0}' WITH NORECOVERY"), "",
         sql("DROP DATABASE [Other]"), prepare=sql("DROP DATABASE [{database}]")),
    Case(5133, FULL, folder_is("missing"), "folder is missing", folder_is("readable")),
    Case(5123, FULL, folder_is("denied"), "check folder, rights and room", folder_is("readable")),
    # --- the gate and the recovery ----------------------------------------------------------------
    Case(3634, "prove", folder_is("missing"), "", folder_is("readable")),
    Case(3170, "prove", sql("EXEC master.dbo.sp_lab_switch N'standby_folder_is_3170', 1",
                            "EXEC master.dbo.sp_lab_folder N'{server}', N'D:\\Data', N'denied'"),
         "undo file", folder_is("readable")),
    Case(3441, FULL, folder_is("missing", "E:\\Undo"), "undo file", route="roll-forward",
         prepare=sql("RESTORE DATABASE [{database}] WITH STANDBY = N'E:\\Undo\\x.undo'")),
    Case(3101, FULL, guest_enters, "end them", lambda lab: lab.guest.close(),
         route="roll-forward", edit=in_standby),
    Case(3167, "recover", database_is("recovery-fails"), "error log"),
    Case(4331, "recover", database_is("files-disagree"), "full restore", ALL_GOOD),
    # 4339 is information: the statement succeeds and the database is still RESTORING
    Case(0, "recover", database_is("steps-missing"), "look at the server", ALL_GOOD,
         "the statement succeeded, yet"),
    Case(4333, "recover", interrupted_full, "a log was not restored"),
    Case(3153, "recover", sql(RECOVER), ""),
    Case(4303, "recover", database_is("too-early"), "more logs", ALL_GOOD),
    # --- sessions and rights ----------------------------------------------------------------------
    Case(262, "before", sql(*NO_SYSADMIN), "grants"),
    Case(3110, LOG_2, sql(*NO_SYSADMIN), "grants --restore"),
]


# Errors of RESTORE that no statement of a plan can end with, and why.
NEVER = {
    3013: "follows each of the others", 3119: "comes with 3142, 5123 and 5133",
    3156: "comes with 1834, 5123 and 5133",
    3017: "no plan says RESTART", 3019: "no plan says RESTART", 3264: "no plan says RESTART",
    3021: "the program's sessions open no transactions",
    3031: "no statement of a plan has options that exclude each other",
    3102: "the program's sessions stay in master while they restore",
    3135: "a file of another kind is refused by its header", 3168: "no plan names a system database",
    3136: "no plan has a differential set", 3178: "no plan has a differential set",
    3141: "no plan restores under another name but into a copy",
    3173: "no plan has STOPAT", 4338: "no plan has STOPAT",
    3180: "is no end of a run: the first proof stands (check_takeover.py)",
    3044: "each file of a plan has a path", 3187: "no plan asks for CHECKSUM",
    3206: "no plan names a device",
    3234: "MOVE names what FILELISTONLY told", 4353: "each file is moved once",
    3204: "an order to cancel is the operator's own", 3287: "the position is the header's",
    3402: "a database in such a state is told before RECOVERY is sent",
    4318: "no log is restored with RECOVERY", 4323: "no plan has CONTINUE_AFTER_ERROR",
    4334: "an lsn: clause is made of digits", 4335: "a mark that is passed gives no roll forward",
    4340: "RESTORE DATABASE gets no mark",
}


def errors_without_a_case():
    """Numbers of the lab's table of RESTORE's errors for which there is neither a case nor a why."""
    with open(os.path.join(ROOT, "tests", "lab", "restore_message.def"), encoding="utf-8") as file:
        known = {int(number) for number, severity in
                 re.findall(r"^MESSAGE\((\d+), (\d+)", file.read(), re.M) if int(severity) > 10}
    return sorted(known - {case.number for case in CASES} - set(NEVER))


# --- the run --------------------------------------------------------------------------------------

def what_the_operator_reads(lab, case):
    if case.stage == "before":
        case.break_it(lab)
        done = lab.restore()
        expect(done.returncode == 5, f"status {done.returncode}, not 5: {done.stderr}")
        expect(not read_record(lab), "nothing was restored")
        return done.stderr
    done = lab.restore()
    lab.happened()
    expect(done.returncode == 1, f"status {done.returncode}, not 1: {done.stderr}")
    report = lab.json("report", "1")
    return "\n".join([report["reason"], *report["messages"]])


def check(case, show):
    with ErrorLab(case) as lab:
        text = what_the_operator_reads(lab, case)
        if show:
            print(f"{name_of(case)}: {text.strip()}", flush=True)
        said = f"server error {case.number}: " if case.number else case.words
        expect(said in text, f"{said!r} is not there: {text}")
        for word in (case.words, case.remedy, SERVER):
            expect(word in text, f"{word!r} is not in: {text}")
        line = next(one for one in text.splitlines() if said in one)
        expect(line.rstrip().endswith(")"), f"what to do is not told: {line}")
        if case.stage != "recover":
            expect(not [r for r in read_record(lab) if r["restore_end"] == "RECOVERY"], "nothing is recovered")
        if case.mend:
            case.mend(lab)
            done = (lab.restore() if case.stage == "before" else
                    lab.run("resume", "1", seconds=120))
            expect(done.returncode == 0, f"after the remedy: {done.returncode} {done.stderr}")
            expect_proven(lab, lab.json("runs")["runs"][0]["run"])


def name_of(case):
    when = case.stage if isinstance(case.stage, str) else f"at step {case.stage + 1}"
    return f"{case.number or 'no error'} {when}{' ' + case.words if case.words else ''}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--show", action="store_true")
    parser.add_argument("numbers", nargs="*", type=int)
    options = parser.parse_args()
    cases = [c for c in CASES if not options.numbers or c.number in options.numbers]
    failed, started = 0, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        futures = [(case, pool.submit(check, case, options.show)) for case in cases]
        for case, future in futures:
            try:
                future.result()
                print(f"{name_of(case)}: ok", flush=True)
            except Exception as error:  # the cases behind it run all the same
                failed += 1
                print(f"{name_of(case)}: FAILED: {type(error).__name__}: {error}", flush=True)
    if not options.numbers:
        missing = errors_without_a_case()
        failed += len(missing)
        print(f"errors of RESTORE without a case: {len(missing)} {missing or ''}; "
              f"that no plan can end with: {len(NEVER)}")
    print(f"{len({c.number for c in cases if c.number})} numbers; {time.monotonic() - started:.0f} s")
    print(f"{os.path.basename(sys.argv[0])}: {len(cases) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
