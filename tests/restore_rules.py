#!/usr/bin/python3
"""The table of RESTORE's messages in tests/lab/README.md, made from restore_message.def.

    restore_rules.py --write    writes it anew
    restore_rules.py --check    fails if it is not what the .def says
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEF = os.path.join(ROOT, "tests/lab/restore_message.def")
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


def main():
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


main()
