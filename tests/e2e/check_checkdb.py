#!/usr/bin/python3
"""CHECKDB as a part of VERIFY, where the configuration asks for it."""
import glob
import json
import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, expect, wait_for  # noqa: E402
from record import check_record  # noqa: E402
from slow import RESTORE, execute, rate, state_of  # noqa: E402


def ask_for(lab, kind):
    with open(lab.ini, encoding="utf-8") as file:
        text = file.read()
    with open(lab.ini, "w", encoding="utf-8") as file:
        file.write(re.sub(r"(?m)^\[restore\]$", f"[restore]\ncheckdb = {kind}", text))


def evidence(lab):
    return {d["database"]: d["evidence"] for d in lab.json("report", "1")["databases"]}


def every_page_is_read_before_the_group_is_verified():
    with Lab() as lab:
        ask_for(lab, "physical")
        lab.sources_die()
        done = lab.run(*RESTORE, seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr[-2000:]))
        found = evidence(lab)
        expect(len(found) == 10 and all("CHECKDB (physical only)" in words
                                        for words in found.values()), found)
        check_record(lab)


def a_page_that_is_bad_fails_the_verification_with_the_servers_number():
    with Lab() as lab:
        ask_for(lab, "full")
        lab.sources_die()
        execute(lab, "EXEC master.dbo.sp_lab_database N'DRSQL1', N'SSODB', N'bad-page'")
        done = lab.run(*RESTORE, seconds=120)
        expect(done.returncode == 1, (done.returncode, done.stderr[-2000:]))
        expect("8928" in done.stderr and "DRSQL1/SSODB" in done.stderr and
               "CHECKDB found errors" in done.stderr, done.stderr[-2000:])
        report = lab.json("report", "1")
        expect(report["verdict"] == "critical" and report["state"] == "failed", report["verdict"])
        ok = {d["database"] for d in report["databases"] if d["verified"]}
        expect(len(ok) == 9 and "SSODB" not in ok, ok)
        execute(lab, "EXEC master.dbo.sp_lab_database N'DRSQL1', N'SSODB', N'good'")
        again = lab.run("resume", "1", seconds=120)
        expect(again.returncode == 0, (again.returncode, again.stderr[-2000:]))
        check_record(lab)


def shown(lab):
    """What a console is told of each database now."""
    paths = glob.glob(os.path.join(lab.directory, "**", "*.sock"), recursive=True)
    if not paths:
        return []
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect(paths[0])
        return [d["message"] for d in json.loads(client.makefile().readline())["databases"]]
    except (OSError, ValueError):  # the worker has just ended
        return []
    finally:
        client.close()


def its_progress_is_shown():
    with Lab(speed=1) as lab:
        ask_for(lab, "full")
        lab.sources_die()
        rate(lab, 1_500_000_000)
        done = lab.run(*RESTORE, "--detach", seconds=60)
        expect(done.returncode == 0, done.stderr)
        wait_for(lambda: state_of(lab) == "verifying", 120, "it verifies")
        wait_for(lambda: any(re.fullmatch("CHECKDB [1-9][0-9]* %", words) for words in shown(lab)),
                 60, "a share of the work is shown")
        wait_for(lambda: state_of(lab) == "after", 120, "it is verified")
        expect("CHECKDB found nothing wrong" in " ".join(lab.json("report", "1")["messages"]),
               "the events tell it")


support.main([every_page_is_read_before_the_group_is_verified,
              a_page_that_is_bad_fails_the_verification_with_the_servers_number,
              its_progress_is_shown])
