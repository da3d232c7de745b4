#!/usr/bin/python3
"""RESTORE's messages and the rules of its state machine, counted.

    restore_rules.py --write            writes README.md's table anew, from restore_message.def
    restore_rules.py --check            fails if that table is not what the .def says
    restore_rules.py --run PROGRAM...   runs the rules' tests; prints the counts; fails if a rule
                                        has no test, a message was never provoked, or the table in
                                        README.md is not what the .def says
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEF = os.path.join(ROOT, "tests/lab/restore_message.def")
RULES = os.path.join(ROOT, "tests/unit/lab/restore_rules.def")
README = os.path.join(ROOT, "tests/lab/README.md")
BEGIN = "<!-- made by tests/restore_rules.py from restore_message.def -->\n"
END = "<!-- end -->\n"


def messages():
    with open(DEF, encoding="utf-8") as file:
        text = file.read()
    text = text[text.index("*/"):]
    for call in re.findall(r"^MESSAGE\((.*?)\)$", text, re.DOTALL | re.MULTILINE):
        number, severity, state, rest = call.split(",", 3)
        strings = re.findall(r'"((?:[^"\\]|\\.)*)"((?:\s*"(?:[^"\\]|\\.)*")*)', rest)
        parts = [first + "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', more))
                 for first, more in strings]
        yield int(number), int(severity), int(state), parts[0], parts[2]


def table():
    lines = ["| number | severity | state | provoked by |", "| --- | --- | --- | --- |"]
    for number, severity, state, _, cause in messages():
        cause = "`sp_lab_restore_fails`" + cause[5:] if cause.startswith("fault") else cause
        lines.append(f"| {number} | {severity} | {state} | {cause} |")
    return "\n".join(lines) + "\n"


def rules():
    """The names of the rules, and of those that run under both values of a switch."""
    with open(RULES, encoding="utf-8") as file:
        found = re.findall(r"^RULE_([A-Z]+?)(_BOTH)?\((\w+)", file.read(), re.MULTILINE)
    return {name: bool(both) for _, both, name in found}


def run(programs):
    passed, seen, failed = set(), set(), 0
    for program in programs:
        done = subprocess.run([program], capture_output=True, text=True, check=False)
        passed |= set(re.findall(r"^\[       OK \] (.+)$", done.stdout + done.stderr, re.MULTILINE))
        failed += done.returncode != 0
        line = re.search(r"^messages seen:(.*)$", done.stdout, re.MULTILINE)
        seen |= set(map(int, line[1].split())) if line else set()
    names = rules()
    tested = {name for name, both in names.items()
              if name in passed or both and sum(p.startswith(name + " [") for p in passed) == 2}
    without = sorted(set(names) - tested)
    numbers = {message[0] for message in messages()}
    never = sorted(numbers - seen)
    print(f"rules {len(names)}, under both values of a switch {sum(names.values())},"
          f" tests {len(passed)}, without a test: {len(without)}")
    print(f"messages {len(numbers)}, never provoked: {len(never)}")
    for what in (*without, *never):
        print(f"  missing: {what}")
    # not in the form that tests/check.sh adds up: check-unit counts these tests
    print(f"rules of RESTORE: {'good' if not failed else f'{failed} programs failed'}")
    return not (failed or without or never)


def main():
    good = run(sys.argv[2:]) if sys.argv[1:2] == ["--run"] else True
    with open(README, encoding="utf-8") as file:
        text = file.read()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    wanted = before + BEGIN + table() + END + after
    if sys.argv[1:] == ["--write"]:
        with open(README, "w", encoding="utf-8") as file:
            file.write(wanted)
    elif wanted != text:
        sys.exit("tests/lab/README.md is not what restore_message.def says:"
                 " run tests/restore_rules.py --write")
    sys.exit(0 if good else 1)


main()
