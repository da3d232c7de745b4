#!/usr/bin/python3
"""The cut matrix: the worker's connections run through a proxy that cuts one of them at its n-th
packet in one direction: before a request reaches the server, or after the server did its work and
before the answer comes back. At the cut the lab's clock is stepped, so that time has passed when the
connection is there again. The run is ended as an operator would, and must be proven.

    cut_matrix.py [--points N] [--jobs N] [--route NAME]...
                  [--switch NAME=0|1]...

--points is for each direction; without it every packet is tried.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from lab import expect  # noqa: E402
from matrix import (ROUTES, STOPPED, MatrixLab, add_options, choose, finish,  # noqa: E402
                    run_matrix, switches_of, undisturbed_stop)
from proxy import Cutter, proxied_ini, read_ini  # noqa: E402
from record import restore_login  # noqa: E402

DIRECTIONS = ("to-server", "to-client")
STEP_S = 900


def run_through(lab, cutter):
    """Runs the restore with every server behind a proxy that the cutter controls."""
    path = os.path.join(lab.directory, "proxied.ini")
    proxies = proxied_ini(lab.ini, path, cutter)
    done = lab.run(*lab.restore_words(), config=path, seconds=120)
    return done, path, proxies


def count_packets(route, switches):
    """None = under these switches a run stops clean before it recovers anything."""
    with MatrixLab(route, switches) as lab:
        cutter = Cutter(restore_user(lab))
        done, _, proxies = run_through(lab, cutter)
        for proxy in proxies.values():
            proxy.close()
        if undisturbed_stop(lab, done, switches):
            return None
        expect(done.returncode == 0, done.stderr[-2000:])
        return cutter.counts


def restore_user(lab):
    return next(s["restore_user"] for s in read_ini(lab.ini).values() if "restore_user" in s)


def step_clock(lab):
    connection = restore_login(lab, None)
    connection.cursor().execute(f"EXEC master.dbo.sp_lab_advance {STEP_S}")
    connection.close()


def cut_at(route, switches, direction, point):
    """The state that the cut left the run in. How many packets a run needs varies a little: a point
    near the end may lie behind that of its own."""
    with MatrixLab(route, switches) as lab:
        lab.direct_ini = lab.ini
        cutter = Cutter(restore_user(lab), direction, point, lambda: step_clock(lab))
        _, lab.ini, proxies = run_through(lab, cutter)  # the run lives with that configuration
        try:
            reached = cutter.counts[direction] >= point
            state = finish(lab, f"{route} cut {direction} at {point}", may_stop=bool(switches))
            return state if reached else "behind its end"
        finally:
            for proxy in proxies.values():
                proxy.close()


def main():
    parser = argparse.ArgumentParser()
    add_options(parser)
    options = parser.parse_args()
    switches = switches_of(options)
    ok = True
    for route in options.route or ROUTES:
        totals = count_packets(route, switches)
        if totals is None:
            print(f"{route}: {STOPPED} even where nothing disturbs it", flush=True)
            continue
        for direction in DIRECTIONS:
            wanted = choose(totals[direction], options.points)
            print(f"{route}: {totals[direction]} packets {direction}; cutting at {len(wanted)} of "
                  "them", flush=True)
            ok = run_matrix(f"cut_matrix_{route}_{direction}", wanted, options.jobs,
                            lambda point, route=route, direction=direction:
                            cut_at(route, switches, direction, point)) and ok
    sys.exit(0 if ok else 1)


main()
