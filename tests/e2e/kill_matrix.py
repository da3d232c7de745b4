#!/usr/bin/python3
"""The kill matrix: a clean run of the restore is counted (journal syncs and socket calls of the
worker), then the worker is killed at the n-th of them, resumed, and must end proven.

    kill_matrix.py [--points N] [--jobs N] [--route NAME]...
                   [--switch NAME=0|1]...

Without --points every single point is tried. The lab's own record is asked after each: no log that
was restored whole was sent again, none was skipped, and nothing was recovered before all databases
were proven. Between them the points must leave runs in every state of a run.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from lab import BUILD, expect  # noqa: E402
from matrix import (ROUTES, STOPPED, MatrixLab, add_options, choose, finish,  # noqa: E402
                    run_matrix, switches_of, undisturbed_stop)

SHIM = os.path.join(BUILD, "kill-shim.so")
BEFORE_IT_DIES = 64  # calls that its other threads make until the kill is there
STATES = ("preparing", "restoring", "gate", "recovering", "verifying")


def run_counted(lab, **variables):
    """Runs the restore; the finished command and how many calls its worker made."""
    path = os.path.join(lab.directory, "count")
    done = lab.run_with(lab.restore_words(),
                        {"LD_PRELOAD": SHIM, "STOPMARK_KILL_COUNT": path, **variables})
    with open(path, encoding="utf-8") as file:
        return done, int(file.read())


def count_calls(route, switches):
    """0 = under these switches a run stops clean before it recovers anything."""
    with MatrixLab(route, switches) as lab:
        done, calls = run_counted(lab)
        if undisturbed_stop(lab, done, switches):
            return 0
        expect(done.returncode == 0, done.stderr[-2000:])
        return calls


def kill_at(route, switches, point):
    """The state of the run when it died. How often a socket is read varies from run to run: a point
    near the end may lie behind that of its own."""
    with MatrixLab(route, switches) as lab:
        _, calls = run_counted(lab, STOPMARK_KILL_AT=str(point))
        expect(calls < point + BEFORE_IT_DIES, f"killed at {point}, it went on to {calls}")
        state = finish(lab, f"{route} killed at {point}", may_stop=bool(switches))
        return state if calls >= point else "behind its end"


def main():
    parser = argparse.ArgumentParser()
    add_options(parser)
    options = parser.parse_args()
    switches = switches_of(options)
    ok = True
    for route in options.route or ROUTES:
        total = count_calls(route, switches)
        if total == 0:
            print(f"{route}: {STOPPED} even where nothing disturbs it", flush=True)
            continue
        wanted = choose(total, options.points)
        print(f"{route}: a clean run makes K = {total} calls; killing at {len(wanted)} of them",
              flush=True)
        ok = run_matrix(f"kill_matrix_{route}", wanted, options.jobs,
                        lambda point, route=route: kill_at(route, switches, point),
                        () if switches else STATES) and ok
    sys.exit(0 if ok else 1)


main()
