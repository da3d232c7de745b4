#!/usr/bin/python3
"""Files proven ahead: by a login that may read headers, and what is said where it may not."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, expect, wait_for  # noqa: E402
from slow import execute  # noqa: E402


def evidence(lab):
    return lab.json("status")["readiness"]["evidence"]


def the_verdict_becomes_a_plain_yes_once_the_files_are_proven():
    with Lab() as lab:
        wait_for(lambda: evidence(lab) == "header", 30, "the files of the route are proven")
        status = lab.json("status")
        expect(status["readiness"]["reasons"] == [], status["readiness"])
        plan = lab.json("plan")
        expect({d["evidence"] for d in plan["databases"]} == {"header"}, plan["databases"][0])
        lab.sources_die()  # what was proven is remembered
        expect(evidence(lab) == "header", "remembered")


def a_file_that_is_lost_is_known_before_the_restore():
    with Lab() as lab:
        # asked of the server: what the program has proven once stays proven for hours
        location, name, newest_set = execute(
            lab, "SELECT TOP (1) BackupFileLocation, BackupFileName, BackupSetId"
                 " FROM master.dbo.bts_LogShippingHistory WHERE DatabaseName = N'SSODB'"
                 " ORDER BY BackupSetId DESC")[0]
        path = location.rstrip("\\") + "\\" + name
        execute(lab, f"EXEC master.dbo.sp_lab_file N'{path}', N'missing'")

        def says_missing():
            newest = lab.json("sets")["sets"][0]
            return "missing" in {d["state"] for d in newest["destinations"]}
        wait_for(says_missing, 30, "the set is shown as missing")
        expect(lab.json("status")["readiness"]["set"] != newest_set,
               "its mark is no target any more")


def without_the_right_the_missing_grant_is_named_and_nothing_is_opened():
    with Lab("small") as lab:
        for _ in range(3):
            status = lab.json("status")
        expect(status["readiness"]["evidence"] == "msdb", status["readiness"])
        reasons = [r for r in status["readiness"]["reasons"] if "--proof" in r]
        expect(len(reasons) == 1, status["readiness"]["reasons"])
        with open(lab.log, encoding="utf-8") as file:
            expect("HEADERONLY" not in file.read(), "no file was asked for")


def files_of_a_set_being_taken_are_never_opened():
    """The backup job runs while the console watches: no header is asked of a set before it is whole."""
    with Lab(speed=60) as lab:
        end = time.monotonic() + 25
        while time.monotonic() < end:
            lab.json("status")
        opened = {}
        with open(lab.log, encoding="utf-8") as file:
            for line in file:
                if "RESTORE HEADERONLY" in line and "spid" in line:
                    opened[line.split("'")[1]] = line[:24]
        expect(opened, "files were proven meanwhile")
        rows = execute(lab, "SELECT BackupFileLocation, BackupFileName FROM "
                            "BizTalkMgmtDb.dbo.adm_BackupHistory WHERE SetComplete = 0", "SQLA")
        unfinished = {location.rstrip("\\") + "\\" + name for location, name in rows}
        expect(not unfinished & set(opened), unfinished & set(opened))


support.main([the_verdict_becomes_a_plain_yes_once_the_files_are_proven,
              a_file_that_is_lost_is_known_before_the_restore,
              without_the_right_the_missing_grant_is_named_and_nothing_is_opened,
              files_of_a_set_being_taken_are_never_opened])
