#!/usr/bin/python3
"""BizTalk's shipping tables as other scripts may define them, and backups that were copied to where
the tables say: each is read right, and restores to the proven state by each method."""
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import ROOT, Lab, expect  # noqa: E402
from matrix import CONFIRM, DATABASES, expect_proven  # noqa: E402
from record import check_record, read_record  # noqa: E402

SCENARIO = os.path.join(ROOT, "tests", "lab", "scenarios", "matrix.json")
SCHEMAS = (
    {"source_id": False},
    {"extra_columns": True},
    {"reversed": True},
    {"source_id": False, "extra_columns": True, "reversed": True},
    {"last_set": "LastRestoredSetId"},
    {"last_set": "LastRestoreSetId", "reversed": True},
    {"last_set": "LastRestoreSet", "source_id": False},
    {"last_set": "LastBackupSetId", "extra_columns": True},
    {"last_set": "SetId"},
    {"server": "SourceServerName", "database": "DBName"},
    {"without": ["ServerName"]},
    {"without": ["BackupDateTime"]},
    {"without": ["RestoredDateTime"]},
    {"without": ["ServerName", "BackupDateTime", "RestoredDateTime"], "source_id": False},
)
MOVED = (
    (r"\\dr\full", r"\\dr\logs"),
    ("\\\\dr\\full\\", "\\\\dr\\logs\\"),
    (r"E:\copied", "E:\\copied\\"),
)


class EditedLab(Lab):
    def __init__(self, edits, speed=0):
        with open(SCENARIO, encoding="utf-8") as file:
            scenario = json.load(file)
        scenario.update(edits)
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "scenario.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(scenario, file)
            super().__init__(path, speed=speed)


def restored(edits, method, target="newest"):
    with EditedLab(edits, speed=60 if method == "jobs" else 0) as lab:
        before = lab.json("status")
        expect(before["readiness"]["possible"], (edits, before["readiness"]))
        for database in before["databases"]:
            expect(database["lag_sets"] in (None, 1), (edits, database))
        lab.sources_die()
        plan = lab.json("plan", "--target", target, "--method", method)
        done = lab.run("restore", "--plan", plan["hash"], "--method", method, *CONFIRM,
                       seconds=120)
        expect(done.returncode == 0, (edits, method, done.returncode, done.stderr[-2000:]))
        expect_proven(lab, 1)
        if method == "direct":
            check_record(lab, DATABASES)
        return read_record(lab)


def any_definition_restores_directly():
    for schema in SCHEMAS:
        restored({"shipping_schema": schema}, "direct")


def any_definition_restores_by_biztalk_s_jobs():
    for schema in SCHEMAS[3::3]:
        restored({"shipping_schema": schema}, "jobs")


def moved(folders):
    return {"moved_files": [{"server": server, "full": folders[0], "log": folders[1]}
                            for server in ("DRM1", "DRM2")]}


def files_that_were_copied_are_read_where_the_tables_say():
    for folders in MOVED:
        for target in ("newest", "rule"):
            for row in restored(moved(folders), "direct", target):
                folder = folders[row["kind"] == "RESTORE LOG"].rstrip("\\") + "\\"
                expect(not row["path"] or row["path"].startswith(folder), (folders, row))
                expect("\\\\" not in row["path"][2:], (folders, row))


def biztalk_s_jobs_read_copied_files_where_the_tables_say():
    for folders in MOVED:
        restored(moved(folders), "jobs")


def a_history_without_mark_names_is_refused_before_the_first_write():
    with EditedLab({"shipping_schema": {"without": ["MarkName"]}}) as lab:
        lab.json("status")
        lab.sources_die()
        done = lab.run("restore", "--target", "newest", *CONFIRM, seconds=120)
        expect(done.returncode == 5 and "MarkName" in done.stderr, (done.returncode, done.stderr))
        expect(not read_record(lab), "nothing was restored")


support.main([any_definition_restores_directly, any_definition_restores_by_biztalk_s_jobs,
              files_that_were_copied_are_read_where_the_tables_say,
              biztalk_s_jobs_read_copied_files_where_the_tables_say,
              a_history_without_mark_names_is_refused_before_the_first_write])
