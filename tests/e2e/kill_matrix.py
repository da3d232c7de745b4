#!/usr/bin/python3
"""The kill matrix: a clean run of the restore is counted (journal syncs and socket calls of the
worker), then the worker is killed at the n-th of them, resumed, and must end proven.

    kill_matrix.py [--points N] [--jobs N] [--route roll-forward|full-restore]...

Without --points every single point is tried. The lab's own record is asked after each: no log that
was restored whole was sent again, and nothing was recovered before all ten databases were proven.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from lab import BUILD, expect  # noqa: E402
from matrix import ROUTES, MatrixLab, choose, finish, restore_words, run_matrix  # noqa: E402

SHIM = os.path.join(BUILD, "kill-shim.so")


def count_calls(route):
    with MatrixLab() as lab:
        lab.sources_die()
        path = os.path.join(lab.directory, "count")
        done = lab.run_with(restore_words(lab, route),
                            {"LD_PRELOAD": SHIM, "STOPMARK_KILL_COUNT": path})
        expect(done.returncode == 0, done.stderr[-2000:])
        with open(path, encoding="utf-8") as file:
            return int(file.read())


def kill_at(route, point):
    """The state of the run when it died."""
    with MatrixLab() as lab:
        lab.sources_die()
        words = restore_words(lab, route)
        lab.run_with(words, {"LD_PRELOAD": SHIM, "STOPMARK_KILL_AT": str(point)})
        return finish(lab, words, f"{route} killed at {point}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--route", action="append", choices=ROUTES)
    options = parser.parse_args()
    ok = True
    for route in options.route or ROUTES:
        total = count_calls(route)
        wanted = choose(total, options.points)
        print(f"{route}: a clean run makes K = {total} calls; killing at {len(wanted)} of them",
              flush=True)
        ok = run_matrix(f"kill_matrix_{route}", wanted, options.jobs,
                        lambda point, route=route: kill_at(route, point)) and ok
    sys.exit(0 if ok else 1)


main()
