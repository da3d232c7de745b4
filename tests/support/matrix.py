"""What the kill matrix and the cut matrix share: a run is disturbed at a point, ended by the means
an operator has, and must be proven, in the lab's own record too."""
import collections
import concurrent.futures
import time

from lab import Failure, Lab, built_in, expect
from record import check_record, read_record, restore_login

SCENARIO = "matrix"
DATABASES = 4
CONFIRM = ("--situation", "source-lost", "--confirm", "Contoso production")
STOPPED = "stopped clean"


def naming_all(plan):
    """The words by which every database of the plan may be overwritten."""
    return tuple(word for database in plan["databases"] for word in
                 ("--replace", f"{database['server']}/{database['database']}"))


class Route:
    """How the group comes to its mark, and where it stands before."""

    def __init__(self, target="newest", standby=None, stopped_before=False):
        self.target = target
        self.standby = standby  # the state of its databases, other than RESTORING
        self.stopped_before = stopped_before  # at an earlier mark, inside the first log to apply

    def scenario(self, switches):
        scenario = built_in(SCENARIO)
        scenario["switches"] = dict(switches)
        if self.standby:
            scenario["standby"] = [{"server": name, "state": self.standby}
                                   for name in DESTINATIONS]
        return scenario


DESTINATIONS = ("DRM1", "DRM2")
ROUTES = {
    "roll-forward": Route(),
    "full-restore": Route(target="rule"),
    "from-standby": Route(standby="standby"),
    "stopped-before": Route(stopped_before=True),
}


class MatrixLab(Lab):
    """A small group on two sources and two destinations whose sources are dead: a restore makes as
    few calls as the whole path allows, so that every one of them can be disturbed. switches: values
    of the lab's switches. Commands may carry variables without touching this process's
    environment."""

    def __init__(self, route, switches=()):
        route = ROUTES[route]
        super().__init__(scenario=route.scenario(switches))
        try:
            if route.stopped_before:
                self.stop_at_an_earlier_mark()
            self.sources_die()
            self.plan = self.json("plan", "--target", route.target)
            self.named = ()
            if dict(switches).get("restoring_needs_replace"):
                self.name_all_databases(route)
        except BaseException:
            self.stop()
            raise

    def name_all_databases(self, route):
        """As the operator does whom the server told 3154: what stands by may be overwritten."""
        self.named = naming_all(self.plan)
        self.plan = self.json("plan", "--target", route.target, *self.named)

    def stop_at_an_earlier_mark(self):
        """By hand, as somebody did who went no further; then the source takes one more set."""
        for name in DESTINATIONS:
            connection = restore_login(self, name)
            for function in ("Get Backup History", "Restore Databases"):
                connection.cursor().execute("EXEC msdb.dbo.sp_update_job @enabled = 0, @job_name ="
                                            f" N'BTS Log Shipping - {function}'")
            connection.close()
        for database in self.json("plan")["databases"]:
            connection = restore_login(self, database["server"])
            for step in database["steps"]:
                if step["kind"] == "restore-log":
                    connection.cursor().execute(step["sql"])
            connection.close()
        connection = restore_login(self, None)
        connection.cursor().execute("EXEC master.dbo.sp_lab_advance 900")
        for name in DESTINATIONS:
            other = restore_login(self, name)
            other.cursor().execute("EXEC msdb.dbo.sp_start_job @job_name ="
                                   " N'BTS Log Shipping - Get Backup History'")
            other.close()
        connection.cursor().execute("EXEC master.dbo.sp_lab_advance 30")
        connection.close()

    def restore_words(self):
        return ("restore", "--plan", self.plan["hash"], *CONFIRM, *self.named)

    def run_with(self, words, variables, **options):
        before = self.environment
        self.environment = lambda: dict(before(), **variables)
        try:
            return self.run(*words, seconds=120, **options)
        finally:
            self.environment = before


def expect_proven(lab, run):
    report = lab.json("report", str(run))
    expect(report["verdict"] == "ok", f"verdict {report['verdict']}")
    for database in report["databases"]:
        expect(database["state"] == "ONLINE" and database["marklog_has_mark"]
               and database["later_marks"] == 0, database)


def nothing_was_restored(lab):
    """Did the run send no RESTORE that changes a database?"""
    return not read_record(lab)


def expect_clean_stop(lab, where, done):
    """A refusal with its reason, or a run that ended itself: no worker that died."""
    expect(done.stderr.strip(), f"{where}: stopped without a word")
    runs = lab.json("runs")["runs"]
    expect(done.returncode == 5 or (runs and runs[0]["state"] in ("failed", "aborted")),
           f"{where}: status {done.returncode}, {runs[:1]}")
    expect("died" not in done.stderr, f"{where}: {done.stderr[-2000:]}")


def finish(lab, where, may_stop=False):
    """Ends the newest run as an operator would: the state in which the disturbance left it. With
    may_stop a clean stop is an end too, if no database was recovered before all were proven."""
    runs = lab.json("runs")["runs"]
    words = lab.restore_words()
    if not runs:
        state = "before the journal"
        done = lab.run(*words, seconds=120)
    elif runs[0]["state"] in ("after", "done"):
        state = runs[0]["state"]
        done = lab.run("report", str(runs[0]["run"]))
    else:
        state = runs[0]["state"]
        untouched = nothing_was_restored(lab)
        done = lab.run("resume", str(runs[0]["run"]), seconds=120)
        if done.returncode == 5 and untouched:  # it had not begun, or was ended: a new one may
            where += f" ({done.stderr.strip()})"
            done = lab.run(*words, seconds=120)
    if done.returncode in (1, 5) and may_stop:
        expect_clean_stop(lab, where, done)
        return STOPPED
    if done.returncode != 0:
        raise Failure(f"{where}, left {state}: status {done.returncode}\n{done.stderr[-2000:]}")
    expect_proven(lab, lab.json("runs")["runs"][0]["run"])
    check_record(lab, DATABASES, lab.plan)
    return state


def undisturbed_stop(lab, done, switches):
    """Does an undisturbed run end in a clean stop under these switches? Then there is nothing to
    disturb. It is said why, and nothing was recovered before its proof."""
    if not switches or done.returncode not in (1, 5):
        return False
    expect_clean_stop(lab, "undisturbed", done)
    return True


def choose(total, points):
    if not points or points >= total:
        return list(range(1, total + 1))
    return sorted({1 + round(i * (total - 1) / (points - 1)) for i in range(points)})


def add_options(parser):
    parser.add_argument("--points", type=int, default=0, help="for each route; 0 = all")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--route", action="append", choices=ROUTES)
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=0|1",
                        help="a switch of the lab; with one, a clean stop is a good end too")


def switches_of(options):
    return [(name, value == "1") for name, _, value in
            (word.partition("=") for word in options.switch)]


def run_matrix(name, wanted, jobs, disturb, must_hit=()):
    """disturb(point) for each; prints the outcome by state, and the closing line. Each state of
    must_hit counts as a failure where no point left the run in it."""
    states, failures, started = collections.Counter(), [], time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(disturb, point): point for point in wanted}
        for future in concurrent.futures.as_completed(futures):
            try:
                states[future.result()] += 1
            except Exception as error:  # every point is told, whatever went wrong
                failures.append((futures[future], error))
    for point, error in sorted(failures, key=lambda f: f[0]):
        print(f"  FAILED at {point}: {error}", flush=True)
    missed = [state for state in must_hit if not states[state]]
    for state in missed:
        print(f"  FAILED: no point left the run in the state {state}", flush=True)
    print("  by the state that the run was left in: "
          + ", ".join(f"{state} {count}" for state, count in sorted(states.items()))
          + f"; {time.monotonic() - started:.0f} s", flush=True)
    print(f"{name}: {len(wanted) - len(failures)} passed, {len(failures) + len(missed)} failed",
          flush=True)
    return not failures and not missed
