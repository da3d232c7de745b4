#!/usr/bin/python3
"""Planted faults: each mutant of mutants.py is built into a copy of the tree, and the test that it
names must fail. What survives is a hole in the tests.

    run.py [--jobs N] [--list | --check] [ID or part of a file's name]...

The copy stands in $BUILD/mutants; only the object of the changed file is compiled again, and the
good one is put back afterwards. A mutant that does not compile, whose text is not there exactly
once, that survives, or whose test fails without it too, is a failure; so is one whose test timed
out, unless its entry says that a hang is what the fault does.
"""
import argparse
import concurrent.futures
import contextlib
import glob
import os
import queue
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from mutants import MUTANTS  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"), "mutants")
SOURCES = ("Makefile", "conf", "core", "man", "screens", "tests", "tui")
# Warnings are not the killers that count, and the whole tree is built once from nothing.
MAKE = ("make", "--no-print-directory", "-s", "BUILD=build", "WARNINGS=-w", "OPTIMISE=-O1 -g0")
LIMIT_S = 240


class Failure(Exception):
    """Why a mutant does not count as killed."""


class TimedOut(Failure):
    """The test neither passed nor failed: a busy machine looks the same as a fault that hangs."""

    def __init__(self):
        super().__init__(f"timed out after {LIMIT_S} s")


def copy_changed(source, target):
    """Copies a file or folder; what is the same keeps its time, so that make leaves it alone."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
        names = {name for name in os.listdir(source) if name != "__pycache__"}
        for gone in set(os.listdir(target)) - names:
            path = os.path.join(target, gone)
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        for name in names:
            copy_changed(os.path.join(source, name), os.path.join(target, name))
        return
    if os.path.exists(target):
        with open(source, "rb") as a, open(target, "rb") as b:
            if a.read() == b.read():
                return
    shutil.copyfile(source, target)
    shutil.copymode(source, target)


def end_programs_of(tree):
    """A worker outlives the command that began it: what was built in this tree is ended."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            program = os.readlink(f"/proc/{pid}/exe")
        except OSError:
            continue
        if program.removesuffix(" (deleted)") in (os.path.join(tree, "build", "stopmark"),
                                                  os.path.join(tree, "build", "stopmark-lab")):
            with contextlib.suppress(OSError):
                os.kill(int(pid), signal.SIGKILL)


class Killer:
    """The test that a mutant names: "core/test_x: function" of a unit-test program, or
    "check_x.py: function" of tests/e2e."""

    def __init__(self, name):
        self.name = name
        self.program, _, self.function = name.partition(": ")
        self.end_to_end = self.program.endswith(".py")
        self.targets = ("all",) if self.end_to_end else (f"build/unit/{self.program}",)

    def fails_in(self, tree):
        """True if it failed, False if it passed; Failure where it did not run at all, or not to
        its end."""
        command = [os.path.join(tree, "build", "unit", self.program)]
        environment = dict(os.environ, BUILD="build", CMOCKA_MESSAGE_OUTPUT="STDOUT",
                           LC_ALL="C.UTF-8")
        if self.end_to_end:
            command = ["/usr/bin/python3", "-B", f"tests/e2e/{self.program}", self.function]
        try:
            done = subprocess.run(command, cwd=tree, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  errors="replace", timeout=LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            end_programs_of(tree)
            raise TimedOut from None
        lines = done.stdout.splitlines()
        if self.end_to_end:
            end_programs_of(tree)
            name = self.function.replace("_", " ")
            if done.returncode == 0 and not any(line.startswith(name + ": ") for line in lines):
                raise Failure(f"there is no test {self.name}")
            return done.returncode != 0
        if f"[       OK ] {self.function}" in lines:
            return False
        if f"[ RUN      ] {self.function}" not in lines and done.returncode >= 0:
            raise Failure(f"there is no test {self.name}")
        return True


def is_killed(mutant, killer, tree):
    """True if the test fails with the fault, or hangs where the entry says that it does."""
    try:
        return killer.fails_in(tree)
    except TimedOut:
        if not mutant.hangs:
            raise
        return True


def count_text(root, mutant):
    with open(os.path.join(root, mutant.file), encoding="utf-8") as file:
        return file.read().count(mutant.old)


class Tree:
    """A copy of the sources with its own build, in which one fault at a time is planted."""

    def __init__(self, path):
        self.path = path

    def fill(self):
        os.makedirs(self.path, exist_ok=True)
        for name in SOURCES:
            copy_changed(os.path.join(ROOT, name), os.path.join(self.path, name))

    def make(self, *targets, jobs=1):
        done = subprocess.run([*MAKE, f"-j{jobs}", *targets], cwd=self.path, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise Failure("it does not build:\n" + (done.stdout + done.stderr)[-3000:])

    def drop_linked(self):
        """Everything that was linked: it may hold a fault."""
        for pattern in ("*.a", "stopmark", "stopmark-lab", "unit/*/test_*"):
            for path in glob.glob(os.path.join(self.path, "build", pattern)):
                os.remove(path)

    def try_mutant(self, mutant, killer):
        """Failure unless the killer fails with the fault in place."""
        path = os.path.join(self.path, mutant.file)
        compiled = os.path.join(self.path, "build", "obj", mutant.file[:-2] + ".o")
        if count_text(self.path, mutant) != 1:
            raise Failure(f"its text is {count_text(self.path, mutant)} times in {mutant.file}")
        with open(path, encoding="utf-8") as file:
            good = file.read()
        source_time = os.stat(path)
        shutil.copy2(compiled, compiled + ".good")
        library = os.path.join(self.path, "build", "libcore.a")
        shutil.copy2(library, library + ".good")
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(good.replace(mutant.old, mutant.new))
            self.make(*killer.targets)
            if not is_killed(mutant, killer, self.path):
                raise Failure("IT SURVIVES")
        finally:
            with open(path, "w", encoding="utf-8") as file:
                file.write(good)
            os.utime(path, ns=(source_time.st_atime_ns, source_time.st_mtime_ns))
            shutil.move(compiled + ".good", compiled)
            shutil.move(library + ".good", library)
            for target in ("build/stopmark",) if killer.end_to_end else killer.targets:
                if os.path.exists(os.path.join(self.path, target)):
                    os.remove(os.path.join(self.path, target))


def prepare(killers, count):
    """The trees, built."""
    first = Tree(os.path.join(BUILD, "tree1"))
    first.fill()
    first.drop_linked()
    first.make(*sorted({target for killer in killers for target in killer.targets}
                       | {"build/libcore.a"}), jobs=count)
    trees = [first]
    for i in range(1, count):
        tree = Tree(os.path.join(BUILD, f"tree{i + 1}"))
        shutil.rmtree(tree.path, ignore_errors=True)
        shutil.copytree(first.path, tree.path, symlinks=True)
        trees.append(tree)
    return trees


def each(trees, items, work):
    """(item, why, seconds) as they end; work(tree, item) raises Failure. Each tree does one at a
    time."""
    free = queue.Queue()
    for tree in trees:
        free.put(tree)

    def one(item):
        tree, why = free.get(), None
        started = time.monotonic()
        try:
            work(tree, item)
        except Failure as failure:
            why = str(failure)
        except Exception as error:  # every one is told, whatever went wrong
            why = f"{type(error).__name__}: {error}"
        finally:
            free.put(tree)
        return item, why, time.monotonic() - started
    with concurrent.futures.ThreadPoolExecutor(len(trees)) as pool:
        futures = [pool.submit(one, item) for item in items]
        for future in concurrent.futures.as_completed(futures):
            yield future.result()


def expect_pass(tree, killer):
    if killer.fails_in(tree.path):
        raise Failure("its test fails without it too")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--check", action="store_true",
                        help="only see that every mutant's text is there, once")
    parser.add_argument("only", nargs="*")
    options = parser.parse_args()
    wanted = [m for m in MUTANTS
              if not options.only or any(o == m.id or o in m.file for o in options.only)]
    if len({m.id for m in MUTANTS}) != len(MUTANTS):
        sys.exit("mutants: two have the same id")
    if options.check:
        stale = [mutant for mutant in wanted if count_text(ROOT, mutant) != 1]
        for mutant in stale:
            print(f"{mutant.id}: its text is {count_text(ROOT, mutant)} times in {mutant.file}")
        sys.exit(1 if stale else 0)
    if options.list:
        for mutant in wanted:
            print(f"{mutant.id}\t{mutant.file}\t{mutant.killer}\t{mutant.why}")
        return
    killers = {m.killer: Killer(m.killer) for m in wanted}
    began = time.monotonic()
    try:
        trees = prepare(killers.values(), options.jobs)
    except Failure as failure:
        sys.exit(f"{failure}\nmutants: 0 passed, {len(wanted)} failed")
    # The slow ones first: the hands then end together.
    slow_first = sorted(killers.values(), key=lambda killer: not killer.end_to_end)
    bad = {killer.name: why for killer, why, _ in each(trees, slow_first, expect_pass) if why}
    print(f"built, and {len(killers) - len(bad)} of {len(killers)} tests pass without a fault "
          f"({time.monotonic() - began:.0f} s)", flush=True)

    def plant(tree, mutant):
        if mutant.killer in bad:
            raise Failure(bad[mutant.killer])
        tree.try_mutant(mutant, killers[mutant.killer])
    passed, failed = 0, 0
    order = sorted(wanted, key=lambda mutant: not killers[mutant.killer].end_to_end)
    for mutant, why, seconds in each(trees, order, plant):
        passed += why is None
        failed += why is not None
        if why is None:
            print(f"{mutant.id}: killed by {mutant.killer} ({seconds:.1f} s)", flush=True)
        else:
            print(f"{mutant.id}: FAILED: {why}\n    {mutant.file}; {mutant.killer}; {mutant.why}",
                  flush=True)
    print(f"mutants: {passed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)


main()
