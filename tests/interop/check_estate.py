#!/usr/bin/python3
"""The estate's jobs on a bad day, as a client of the servers sees them: a share that fills up and a
source that dies in the middle of a set, and a job that is stopped while it waits for a lock."""
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import ROOT, Lab, expect, wait_for  # noqa: E402
from record import restore_login  # noqa: E402

SCENARIOS = os.path.join(ROOT, "tests", "lab", "scenarios")
BACKUP = "Backup BizTalk Server (BizTalkMgmtDb)"
IMPORT = "BTS Log Shipping - Get Backup History"


class Estate:
    """A scenario, edited, and a connection of a sysadmin to each server that is asked."""

    def __init__(self, name, edit, speed):
        with open(os.path.join(SCENARIOS, name + ".json"), encoding="utf-8") as file:
            scenario = json.load(file)
        edit(scenario)
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "scenario.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(scenario, file)
            self.lab = Lab(path, speed=speed)
        self.connections = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for connection in self.connections.values():
            connection.close()
        self.lab.stop()

    def ask(self, server, text):
        if server not in self.connections:
            self.connections[server] = restore_login(self.lab, server)
        cursor = self.connections[server].cursor()
        cursor.execute(text)
        return cursor.fetchall() if cursor.description else []

    def start(self, server, job):
        self.ask(server, f"EXEC msdb.dbo.sp_start_job @job_name = N'{job}'")

    def outcome(self, server, job):
        """run_status and message of the job's last run; None while it runs."""
        rows = self.ask(server, "SELECT TOP (1) a.stop_execution_date FROM msdb.dbo.sysjobactivity a"
                                f" JOIN msdb.dbo.sysjobs j ON j.job_id = a.job_id"
                                f" WHERE j.name = N'{job}' AND a.start_execution_date IS NOT NULL"
                                " ORDER BY a.session_id DESC")
        if not rows or rows[0][0] is None:
            return None
        return self.ask(server, "SELECT TOP (1) h.run_status, h.message FROM msdb.dbo.sysjobhistory h"
                                f" JOIN msdb.dbo.sysjobs j ON j.job_id = h.job_id"
                                f" WHERE j.name = N'{job}' AND h.step_id > 0"
                                " ORDER BY h.instance_id DESC")[0]


def slow_backups(scenario):
    """Backups of a second or so each; jobs run when they are started only."""
    for server in scenario["servers"]:
        server["backup_mb_per_second"] = 1
    scenario["backup"]["every_minutes"] = 1440
    scenario["history"] = {"days": 2}
    for database in scenario["databases"]:
        database["data_mb"] = 1
        database["log_kb_per_second"] = 0


def newest_set(estate):
    return estate.ask("SQLM1", "SELECT DatabaseName, SetComplete FROM BizTalkMgmtDb.dbo."
                               "adm_BackupHistory WHERE BackupSetId = (SELECT MAX(BackupSetId)"
                               " FROM BizTalkMgmtDb.dbo.adm_BackupHistory) ORDER BY BackupId")


def files_of_the_set_under_way(estate, before):
    rows = newest_set(estate)
    return rows if rows != before and not rows[0][1] else None


def a_set_stays_partial(break_it, words):
    """The job begins a full set, something breaks after its first files, the rest has none."""
    with Estate("matrix", slow_backups, speed=1) as estate:
        before = newest_set(estate)
        estate.ask("SQLM1", "EXEC BizTalkMgmtDb.dbo.sp_ForceFullBackup")
        estate.start("SQLM1", BACKUP)
        wait_for(lambda: files_of_the_set_under_way(estate, before), 20, "a first file of the set")
        break_it(estate)
        status, message = wait_for(lambda: estate.outcome("SQLM1", BACKUP), 20, "the job has ended")
        expect(status == 0, (status, message))
        for word in words:
            expect(word in message, (word, message))
        rows = newest_set(estate)
        expect(0 < len(rows) < 4 and not any(row[1] for row in rows), rows)
        sets = estate.lab.json("sets", "-n", "1")["sets"][0]
        expect(not sets["complete"] and sets["databases"] == len(rows), sets)


def a_share_that_fills_up_in_the_middle_of_a_set_leaves_it_partial():
    a_set_stays_partial(lambda estate: estate.ask(
        "SQLM1", "EXEC master.dbo.sp_lab_disk N'SQLM1', NULL, 1"), ["3202", "the disk is full"])


def a_source_that_dies_in_the_middle_of_a_set_leaves_it_partial():
    a_set_stays_partial(lambda estate: estate.ask(
        "SQLM1", "EXEC master.dbo.sp_lab_server N'SQLM2', N'stop'"), ["7303", "SQLM2"])


def a_database_that_goes_offline_in_the_middle_of_a_set_leaves_it_partial():
    a_set_stays_partial(lambda estate: estate.ask(
        "SQLM1", "EXEC master.dbo.sp_lab_database N'SQLM2', N'BizTalkDTADb', N'offline'"),
        ["942", "BizTalkDTADb"])


def a_job_that_waits_for_the_backup_job_s_lock_can_be_stopped():
    with Estate("matrix", lambda scenario: None, speed=1) as estate:
        estate.ask("SQLM1", "USE BizTalkMgmtDb; EXEC sp_getapplock @Resource ="
                            " N'BTS_BackupJob_Lock', @LockMode = N'Exclusive',"
                            " @LockOwner = N'Session', @LockTimeout = 5000")
        estate.start("DRM1", IMPORT)
        wait_for(lambda: estate.ask("SQLM1", "SELECT 1 FROM sys.dm_exec_sessions s WHERE"
                                             " s.program_name = N'Microsoft SQL Server'"),
                 20, "the import is at the source")
        expect(estate.outcome("DRM1", IMPORT) is None, "it waits")
        estate.ask("DRM1", f"EXEC msdb.dbo.sp_stop_job @job_name = N'{IMPORT}'")
        status, message = wait_for(lambda: estate.outcome("DRM1", IMPORT), 20, "it was stopped")
        expect(status == 3, (status, message))


if __name__ == "__main__":
    support.main([a_share_that_fills_up_in_the_middle_of_a_set_leaves_it_partial,
                  a_source_that_dies_in_the_middle_of_a_set_leaves_it_partial,
                  a_database_that_goes_offline_in_the_middle_of_a_set_leaves_it_partial,
                  a_job_that_waits_for_the_backup_job_s_lock_can_be_stopped])
