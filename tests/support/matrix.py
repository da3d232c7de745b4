"""What the kill matrix and the cut matrix share: a run is disturbed at a point, ended by the means
an operator has, and must be proven, in the lab's own record too."""
import collections
import concurrent.futures

from lab import Failure, Lab, expect
from record import check_record

CONFIRM = ("--situation", "source-lost", "--confirm", "Contoso production")
ROUTES = ("roll-forward", "full-restore")


def restore_words(lab, route):
    """The command line that restores by that route, once the sources are dead."""
    if route == "roll-forward":
        return ("restore", "--target", "newest", *CONFIRM)
    return ("restore", "--plan", lab.json("plan", "--target", "rule")["hash"], *CONFIRM)


def expect_proven(lab, run):
    report = lab.json("report", str(run))
    expect(report["verdict"] == "ok", f"verdict {report['verdict']}")
    for database in report["databases"]:
        expect(database["state"] == "ONLINE" and database["marklog_has_mark"]
               and database["later_marks"] == 0, database)


class MatrixLab(Lab):
    """A lab whose commands may carry variables without touching this process's environment."""

    def run_with(self, words, variables, **options):
        before = self.environment
        self.environment = lambda: dict(before(), **variables)
        try:
            return self.run(*words, seconds=120, **options)
        finally:
            self.environment = before


def finish(lab, words, where):
    """Ends the newest run as an operator would: the state in which the disturbance left it."""
    runs = lab.json("runs")["runs"]
    if not runs:
        state = "before the journal"
        done = lab.run(*words, seconds=120)
    elif runs[0]["state"] in ("after", "done"):
        state = runs[0]["state"]
        done = lab.run("report", str(runs[0]["run"]))
    else:
        state = runs[0]["state"]
        done = lab.run("resume", str(runs[0]["run"]), seconds=120)
        if done.returncode == 5:  # it had not begun, or was ended: a new one takes over
            done = lab.run(*words, seconds=120)
    if done.returncode != 0:
        raise Failure(f"{where}, left {state}: status {done.returncode}\n{done.stderr[-2000:]}")
    expect_proven(lab, lab.json("runs")["runs"][0]["run"])
    check_record(lab)
    return state


def choose(total, points):
    if not points or points >= total:
        return list(range(1, total + 1))
    return sorted({1 + round(i * (total - 1) / (points - 1)) for i in range(points)})


def run_matrix(name, wanted, jobs, disturb):
    """disturb(point) for each; prints the outcome by state, and the closing line."""
    states, failures = collections.Counter(), []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(disturb, point): point for point in wanted}
        for future in concurrent.futures.as_completed(futures):
            try:
                states[future.result()] += 1
            except Exception as error:  # every point is told, whatever went wrong
                failures.append((futures[future], error))
    for point, error in sorted(failures, key=lambda f: f[0]):
        print(f"  FAILED at {point}: {error}", flush=True)
    print("  by the state that the run was left in: "
          + ", ".join(f"{state} {count}" for state, count in sorted(states.items())), flush=True)
    print(f"{name}: {len(wanted) - len(failures)} passed, {len(failures)} failed", flush=True)
    return not failures
