#!/usr/bin/python3
"""The kill matrix and the cut matrix under every value of the lab's switches: behaviour of SQL Server
that no source confirms. Each disturbed run must end proven or stop clean (with its reason, nothing
recovered before the proof of all), whatever the server does; never wrong.

    switch_matrix.py [--points N] [--jobs N]

--points is for each route, matrix and value.
"""
import argparse
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from lab import Lab, expect  # noqa: E402
from matrix import SCENARIO  # noqa: E402
from record import restore_login  # noqa: E402


def switches():
    with Lab(scenario=SCENARIO) as lab:
        connection = restore_login(lab, None)
        cursor = connection.cursor()
        cursor.execute("SELECT name, value FROM master.dbo.lab_switches ORDER BY name")
        rows = cursor.fetchall()
        connection.close()
        expect(rows, "the lab has switches")
        return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    names = [name for name, _ in switches()]
    good = total = 0
    for name in names:
        for value in (0, 1):
            for matrix in ("kill_matrix.py", "cut_matrix.py"):
                print(f"{name} = {value}:", flush=True)
                done = subprocess.run(
                    [sys.executable, "-B", os.path.join(HERE, matrix), "--points",
                     str(options.points), "--jobs", str(options.jobs), "--switch",
                     f"{name}={value}"], check=False)
                total += 1
                good += done.returncode == 0
    print(f"{len(names)} switches, both values, both matrices")
    print(f"switch_matrix: {good} passed, {total - good} failed")
    sys.exit(0 if good == total else 1)


main()
