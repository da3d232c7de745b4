#!/usr/bin/python3
"""The cut matrix: the worker's connections run through a proxy that cuts one of them at its n-th
packet in one direction: before a request reaches the server, or after the server did its work and
before the answer comes back. The run is ended as an operator would, and must be proven.

    cut_matrix.py [--points N] [--jobs N] [--route roll-forward|full-restore]...

--points is for each direction; without it every packet is tried.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from lab import expect  # noqa: E402
from matrix import ROUTES, MatrixLab, choose, finish, restore_words, run_matrix  # noqa: E402
from proxy import Cutter, proxied_ini, read_ini  # noqa: E402

DIRECTIONS = ("to-server", "to-client")


def run_through(lab, route, cutter):
    """Runs the restore with every server behind a proxy that the cutter controls."""
    path = os.path.join(lab.directory, "proxied.ini")
    proxies = proxied_ini(lab.ini, path, cutter)
    done = lab.run(*restore_words(lab, route), config=path, seconds=120)
    return done, path, proxies


def count_packets(route):
    with MatrixLab() as lab:
        lab.sources_die()
        cutter = Cutter(restore_user(lab))
        done, _, _ = run_through(lab, route, cutter)
        expect(done.returncode == 0, done.stderr[-2000:])
        return cutter.counts


def restore_user(lab):
    return next(s["restore_user"] for s in read_ini(lab.ini).values() if "restore_user" in s)


def cut_at(route, direction, point):
    with MatrixLab() as lab:
        lab.sources_die()
        cutter = Cutter(restore_user(lab), direction, point)
        words = restore_words(lab, route)
        _, path, proxies = run_through(lab, route, cutter)
        lab.direct_ini, lab.ini = lab.ini, path  # the run lives with the configuration that it began with
        state = finish(lab, words, f"{route} cut {direction} at {point}")
        for proxy in proxies.values():
            proxy.close()
        return state


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--route", action="append", choices=ROUTES)
    options = parser.parse_args()
    ok = True
    for route in options.route or ROUTES:
        totals = count_packets(route)
        for direction in DIRECTIONS:
            wanted = choose(totals[direction], options.points)
            print(f"{route}: {totals[direction]} packets {direction}; cutting at {len(wanted)} of "
                  "them", flush=True)
            ok = run_matrix(f"cut_matrix_{route}_{direction}", wanted, options.jobs,
                            lambda point, route=route, direction=direction:
                            cut_at(route, direction, point)) and ok
    sys.exit(0 if ok else 1)


main()
