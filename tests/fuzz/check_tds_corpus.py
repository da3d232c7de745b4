#!/usr/bin/python3
"""Every packet type that the lab accepts, every type of a parameter that it reads and every token
that it writes must be in the first inputs of fuzz_tds. What there is, is read from the sources;
what the inputs reach, the target itself says (FUZZ_TDS_SEEN).
usage: check_tds_corpus.py FUZZ_TDS CORPUS
"""
import os
import re
import subprocess
import sys
import tempfile


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def wanted():
    """{what: {code: name}} from the sources."""
    packets = dict(re.findall(r"(PACKET_[A-Z0-9_]+) = (\d+)", read("tests/lab/wire_packet.h")))
    known = re.search(r"static bool type_known.*?\n}", read("tests/lab/wire_packet.c"), re.S).group()
    accepted = re.findall(r"case (PACKET_\w+):", known)
    types = re.findall(r"{(0x[0-9A-F]{2}), (SQL_\w+), CONTENT_", read("tests/lab/wire_values.c"))
    tokens = re.findall(r"(TOKEN_[A-Z_]+) = (0x[0-9A-F]{2})", read("tests/lab/reply.c"))
    return {"packets": {int(packets[name]): name for name in accepted},
            "types": {int(code, 16): name for code, name in types},
            "tokens": {int(code, 16): name for name, code in tokens}}


def seen(target, corpus):
    with tempfile.NamedTemporaryFile(mode="r") as out:
        subprocess.run([target, "-runs=0", corpus], check=True, capture_output=True,
                       env={**os.environ, "FUZZ_TDS_SEEN": out.name})
        lines = [line.split() for line in out.read().splitlines()]
    return {words[0]: {int(code, 16) for code in words[1:]} for words in lines}


def main():
    reached, missing = seen(sys.argv[1], sys.argv[2]), 0
    for what, codes in wanted().items():
        absent = [name for code, name in codes.items() if code not in reached[what]]
        missing += len(absent)
        print(f"{what} in the corpus: {len(codes) - len(absent)} of {len(codes)}"
              + (f"; missing: {', '.join(absent)}" if absent else ""))
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
