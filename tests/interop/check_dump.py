#!/usr/bin/python3
"""What FreeTDS writes into its dump while stopmark watches, plans, restores and reports on the lab:
no token that it does not know, no error of the protocol. Prints what was met.
"""
import collections
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import BUILD, STOPMARK, Lab, expect  # noqa: E402

# Source: FreeTDS 1.3, src/tds/token.c and net.c: what it logs when it does not understand a server.
COMPLAINTS = re.compile(r"unknown (token|marker|type)|bogus|invalid token|unexpected|ignoring"
                        r"|not processed|state error|tds_error.*20004|broken pipe", re.I)
TOKEN = re.compile(r"processing .*?tokens?\.? +(?:marker is|first marker is) +([0-9a-f]+)"
                   r"\(?([A-Z0-9_]*)", re.I)


def run(lab, dump, *words, status=(0,)):
    environment = lab.environment()
    environment.update(LD_PRELOAD=os.path.join(BUILD, "dump-shim.so"), DUMP_SHIM=dump)
    done = subprocess.run([STOPMARK, words[0], "-c", lab.ini, *words[1:]], env=environment,
                          text=True, timeout=300, capture_output=True, stdin=subprocess.DEVNULL,
                          check=False)
    expect(done.returncode in status, f"{' '.join(words)}: {done.returncode} {done.stderr[-500:]}")


def freetds_understands_a_whole_session():
    with Lab("small", speed=0) as lab:
        dump = os.path.join(lab.directory, "dump")
        for words in (("status",), ("sets",), ("marks",), ("metrics",)):
            run(lab, dump, *words)
        run(lab, dump, "check", status=(0, 1, 2, 3))
        lab.sources_die()
        run(lab, dump, "restore", "--target", "newest", "--situation", "source-lost", "--confirm", group(lab))
        tokens, found, lines, files = collections.Counter(), [], 0, glob.glob(dump + ".*")
        for path in files:
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    lines += 1
                    if COMPLAINTS.search(line):
                        found.append(line)
                    for code, name in TOKEN.findall(line):
                        tokens[name or code] += 1
    expect(sum(tokens.values()) > 1000, f"the dump shows {sum(tokens.values())} tokens")
    print(f"  {len(files)} processes, {lines} lines of dump, {sum(tokens.values())} tokens: "
          + ", ".join(f"{name} {count}" for name, count in tokens.most_common())
          + f"; not understood: {len(found)}")
    expect(not found, "".join(found[:5]))


def group(lab):
    with open(lab.ini, encoding="utf-8") as file:
        return re.search(r"^name *= *(.*)$", file.read(), re.M).group(1).strip()


if __name__ == "__main__":
    support.main([freetds_understands_a_whole_session])
