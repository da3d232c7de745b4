#!/usr/bin/python3
"""The kill matrix: a clean run of the restore is counted (journal syncs and socket calls of the
worker), then the worker is killed at the n-th of them, resumed, and must end proven.

    kill_matrix.py [--points N] [--jobs N] [--route roll-forward|full-restore]...

Without --points every single point is tried. The lab's own record is asked after each: no log that
was restored whole was sent again, none skipped, and nothing was recovered before all ten databases
were proven.
"""
import argparse
import collections
import concurrent.futures
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from lab import BUILD, Failure, Lab, expect  # noqa: E402
from record import check_record  # noqa: E402

SHIM = os.path.join(BUILD, "kill-shim.so")
CONFIRM = ("--situation", "source-lost", "--confirm", "Contoso production")


def restore_words(lab, route):
    """The command line that restores by that route, once the sources are dead."""
    if route == "roll-forward":
        return ("restore", "--target", "newest", *CONFIRM)
    plan = lab.json("plan", "--target", "rule")
    replace = [word for d in plan["databases"]
               for word in ("--replace", f"{d['server']}/{d['database']}")]
    return ("restore", "--plan", plan["hash"], *CONFIRM, *replace)


class KillLab(Lab):
    """A lab whose commands may carry the shim without touching this process's environment."""

    def shimmed(self, words, **variables):
        before = self.environment
        self.environment = lambda: dict(before(), LD_PRELOAD=SHIM, **variables)
        try:
            return self.run(*words, seconds=120)
        finally:
            self.environment = before


def expect_proven(lab, run):
    report = lab.json("report", str(run))
    expect(report["verdict"] == "ok", f"verdict {report['verdict']}")
    for database in report["databases"]:
        expect(database["state"] == "ONLINE" and database["marklog_has_mark"]
               and database["later_marks"] == 0, database)


def count_calls(route):
    with KillLab() as lab:
        lab.sources_die()
        path = os.path.join(lab.directory, "count")
        done = lab.shimmed(restore_words(lab, route), STOPMARK_KILL_COUNT=path)
        expect(done.returncode == 0, done.stderr[-2000:])
        with open(path, encoding="utf-8") as file:
            return int(file.read())


def kill_at(route, point):
    """The state of the run when it died."""
    with KillLab() as lab:
        lab.sources_die()
        words = restore_words(lab, route)
        done = lab.shimmed(words, STOPMARK_KILL_AT=str(point))
        runs = lab.json("runs")["runs"]
        if not runs:
            state = "before the journal"
            done = lab.run(*words, seconds=120)
        else:
            state = runs[0]["state"]
            if state in ("after", "done"):
                done = lab.run("report", str(runs[0]["run"]))
            elif state == "aborted" or (state == "planned" and not runs[0]["alive"]):
                done = lab.run("resume", str(runs[0]["run"]), seconds=120)
                if done.returncode == 5:
                    done = lab.run(*words, seconds=120)
            else:
                done = lab.run("resume", str(runs[0]["run"]), seconds=120)
        if done.returncode != 0:
            raise Failure(f"{route} point {point}, died {state}: status {done.returncode}\n"
                          + done.stderr[-2000:])
        expect_proven(lab, lab.json("runs")["runs"][0]["run"])
        check_record(lab)
        return state


def matrix(route, points, jobs):
    total = count_calls(route)
    wanted = range(1, total + 1)
    if points and points < total:
        wanted = sorted({1 + round(i * (total - 1) / (points - 1)) for i in range(points)})
    print(f"{route}: a clean run makes K = {total} calls; killing at {len(wanted)} of them",
          flush=True)
    states, failures = collections.Counter(), []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(kill_at, route, point): point for point in wanted}
        for future in concurrent.futures.as_completed(futures):
            try:
                states[future.result()] += 1
            except Exception as error:  # every point is told, whatever went wrong
                failures.append((futures[future], error))
    for point, error in sorted(failures, key=lambda f: f[0]):
        print(f"  FAILED at {point}: {error}", flush=True)
    print("  by the state in which the run died: "
          + ", ".join(f"{state} {count}" for state, count in sorted(states.items())), flush=True)
    print(f"kill_matrix_{route}: {len(wanted) - len(failures)} passed, {len(failures)} failed",
          flush=True)
    return not failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--route", action="append")
    options = parser.parse_args()
    routes = options.route or ["roll-forward", "full-restore"]
    ok = [matrix(route, options.points, options.jobs) for route in routes]
    sys.exit(0 if all(ok) else 1)


main()
