#!/usr/bin/python3
"""The Debian package, unpacked (BUILD is its bin folder): whole, and its console runs on its own lab.

    package.py PACKAGE.deb
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from demo import Demo  # noqa: E402
from lab import STOPMARK, expect  # noqa: E402

PACKAGE = sys.argv.pop()


def field(name):
    return subprocess.run(["dpkg-deb", "-f", PACKAGE, name], check=True, capture_output=True,
                          text=True).stdout.strip()


def the_package_asks_for_what_the_programs_are_linked_against():
    linked = subprocess.run(["ldd", STOPMARK], check=True, capture_output=True, text=True).stdout
    expect("not found" not in linked, linked)
    for package in ("libc6", "libct4", "libiniparser1", "libncursesw6", "libsqlite3-0"):
        expect(f"{package} (>=" in field("Depends"), field("Depends"))


def its_version_is_that_of_its_program():
    told = subprocess.run([STOPMARK, "--version"], check=True, capture_output=True, text=True)
    expect(field("Version") in told.stdout.split(), (field("Version"), told.stdout))


def everything_in_it_is_roots():
    rows = subprocess.run(["dpkg-deb", "-c", PACKAGE], check=True, capture_output=True,
                          text=True).stdout.splitlines()
    others = [row for row in rows if row.split()[1] != "root/root" or "w" in row.split()[0][4:]]
    expect(rows and not others, others)


def its_console_runs_on_its_own_lab():
    with Demo() as terminal:
        terminal.until("● live")
        terminal.leave()


support.main([the_package_asks_for_what_the_programs_are_linked_against,
              its_version_is_that_of_its_program, everything_in_it_is_roots,
              its_console_runs_on_its_own_lab])
