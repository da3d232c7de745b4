#!/usr/bin/python3
"""The estate as a client of its servers sees it: what a set's header and msdb say of it, and the jobs
on a bad day: a share that fills up and a source that dies in the middle of a set, a job that is
stopped while it waits for a lock."""
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


# HEADERONLY's columns and where msdb's backupset has them; what is msdb's own has no word here.
SAME = {
    "BackupName": "name", "BackupDescription": "description", "ExpirationDate": "expiration_date",
    "Position": "position", "UserName": "user_name", "ServerName": "server_name",
    "DatabaseName": "database_name", "DatabaseVersion": "database_version",
    "DatabaseCreationDate": "database_creation_date", "BackupSize": "backup_size",
    "FirstLSN": "first_lsn", "LastLSN": "last_lsn", "CheckpointLSN": "checkpoint_lsn",
    "DatabaseBackupLSN": "database_backup_lsn", "BackupStartDate": "backup_start_date",
    "BackupFinishDate": "backup_finish_date", "SortOrder": "sort_order", "CodePage": "code_page",
    "UnicodeLocaleId": "unicode_locale", "UnicodeComparisonStyle": "unicode_compare_style",
    "CompatibilityLevel": "compatibility_level", "SoftwareVendorId": "software_vendor_id",
    "SoftwareVersionMajor": "software_major_version",
    "SoftwareVersionMinor": "software_minor_version",
    "SoftwareVersionBuild": "software_build_version", "MachineName": "machine_name",
    "Flags": "flags", "BindingID": "database_guid", "RecoveryForkID": "last_recovery_fork_guid",
    "Collation": "collation_name", "FamilyGUID": "family_guid",
    "HasBulkLoggedData": "has_bulk_logged_data", "IsSnapshot": "is_snapshot",
    "IsReadOnly": "is_readonly", "IsSingleUser": "is_single_user",
    "HasBackupChecksums": "has_backup_checksums", "IsDamaged": "is_damaged",
    "BeginsLogChain": "begins_log_chain", "HasIncompleteMetaData": "has_incomplete_metadata",
    "IsForceOffline": "is_force_offline", "IsCopyOnly": "is_copy_only",
    "FirstRecoveryForkID": "first_recovery_fork_guid", "ForkPointLSN": "fork_point_lsn",
    "RecoveryModel": "recovery_model", "DifferentialBaseLSN": "differential_base_lsn",
    "DifferentialBaseGUID": "differential_base_guid", "BackupSetGUID": "backup_set_uuid",
    "CompressedBackupSize": "compressed_backup_size", "KeyAlgorithm": "key_algorithm",
    "EncryptorThumbprint": "encryptor_thumbprint", "EncryptorType": "encryptor_type",
    "LastValidRestoreTime": "last_valid_restore_time", "TimeZone": "time_zone",
    "CompressionAlgorithm": "compression_algorithm"}
# Of the device, or with other words in msdb (type, whose letters stand in the test).
OTHERWISE = {"BackupType", "BackupTypeDescription", "Compressed", "DeviceType", "Containment"}
TYPES = {1: "D", 2: "L", 5: "I"}


def rows_of(estate, server, text):
    connection = estate.connections[server]
    cursor = connection.cursor()
    cursor.execute(text)
    return [dict(zip([c[0] for c in cursor.description], row)) for row in cursor.fetchall()]


def compare_headers(estate, server, path):
    headers = rows_of(estate, server, f"RESTORE HEADERONLY FROM DISK = N'{path}'")
    expect(headers and set(headers[0]) == set(SAME) | OTHERWISE, sorted(headers[0]))
    for header in headers:
        told, = rows_of(estate, server, "SELECT b.* FROM msdb.dbo.backupset b WHERE"
                                        f" b.backup_set_uuid = '{header['BackupSetGUID']}'")
        expect(TYPES[header["BackupType"]] == told["type"], (path, told["type"]))
        for column, name in SAME.items():
            expect(header[column] == told[name], (path, column, header[column], told[name]))
    return headers


def a_set_s_header_and_its_row_in_msdb_say_the_same():
    with Estate("matrix", lambda scenario: None, speed=0) as estate:
        estate.ask("DRM1", "SELECT 1")
        for path, in estate.ask("DRM1", "SELECT DISTINCT f.physical_device_name FROM"
                                        " msdb.dbo.backupmediafamily f"):
            compare_headers(estate, "DRM1", path)
        # a fork: recovered, and backed up as the new production
        estate.ask("DRM1", "RESTORE DATABASE BizTalkMgmtDb WITH RECOVERY")
        for words in ("DATABASE {} TO DISK = N'{}' WITH NAME = N'a name', DESCRIPTION = N'words'",
                      "DATABASE {} TO DISK = N'{}' WITH DIFFERENTIAL, COMPRESSION",
                      "DATABASE {} TO DISK = N'{}' WITH COPY_ONLY, CHECKSUM",
                      "LOG {} TO DISK = N'{}'", "LOG {} TO DISK = N'{}'"):
            estate.ask("DRM1", "BACKUP " + words.format("BizTalkMgmtDb", r"\\nas\forked.bak"))
        seen = compare_headers(estate, "DRM1", r"\\nas\forked.bak")
        expect([h["Position"] for h in seen] == [1, 2, 3, 4, 5], seen)
        expect([h["BeginsLogChain"] for h in seen] == [0, 0, 0, 1, 0], seen)
        expect(seen[1]["DifferentialBaseGUID"] == seen[0]["BackupSetGUID"], seen[1])


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


def result_sets(estate, server, text):
    """Each result set as its columns' names and its rows."""
    estate.ask(server, "SELECT 1")
    cursor, sets = estate.connections[server].cursor(), []
    cursor.execute(text)
    more = True
    while more:
        if cursor.description:
            sets.append(([column[0] for column in cursor.description], cursor.fetchall()))
        more = cursor.nextset()
    return sets


def help_of_one_job_is_four_result_sets():
    """Source: sql-docs, sp_help_job, sp_help_jobstep, sp_help_jobschedule, sp_help_jobserver."""
    firsts = {"JOB": "job_id", "STEPS": "step_id", "SCHEDULES": "schedule_id",
              "TARGETS": "server_id"}
    with Estate("contoso", lambda _: None, 0) as estate:
        whole = f"EXEC msdb.dbo.sp_help_job @job_name = N'{BACKUP}'"
        sets = result_sets(estate, "SQLA", whole)
        expect([names[0] for names, _ in sets] == list(firsts.values()), sets)
        expect([len(names) for names, _ in sets] == [21, 23, 19, 9], sets)
        (_, jobs), (_, steps), (_, schedules), (_, servers) = sets
        expect([row[2] for row in jobs] == [BACKUP], jobs)
        expect([row[0] for row in steps] == list(range(1, jobs[0][17] + 1)), steps)
        listed = estate.ask("SQLA", "SELECT s.step_name, s.command FROM msdb.dbo.sysjobsteps s JOIN"
                                     " msdb.dbo.sysjobs j ON j.job_id = s.job_id WHERE"
                                     f" j.name = N'{BACKUP}' ORDER BY s.step_id")
        expect([(row[1], row[3]) for row in steps] == [tuple(row) for row in listed], steps)
        expect(schedules[0][15:17] == jobs[0][11:13], (schedules, jobs))
        expect([row[1] for row in servers] == ["SQLA"] and servers[0][4:6] == jobs[0][8:10],
               (servers, jobs))
        for aspect, first in firsts.items():
            only = result_sets(estate, "SQLA", f"{whole}, @job_aspect = '{aspect}'")
            expect([names[0] for names, _ in only] == [first], (aspect, only))
        every = result_sets(estate, "SQLA", "EXEC msdb.dbo.sp_help_job")
        expect(len(every) == 1 and len(every[0][1]) > 1, every)


def a_file_s_existence_is_three_flags():
    with Estate("contoso", lambda _: None, 0) as estate:
        path = estate.ask("SQLA", "SELECT TOP (1) physical_device_name FROM"
                                   " msdb.dbo.backupmediafamily ORDER BY media_set_id DESC")[0][0]
        folder, data = path.rpartition("\\")[0], estate.ask(
            "SQLA", "SELECT physical_name FROM sys.master_files WHERE database_id ="
                     " DB_ID(N'BizTalkMgmtDb') AND file_id = 1")[0][0]
        for asked, flags in ((path, (1, 0, 1)), (folder, (0, 1, 1)), (data, (1, 0, 1)),
                             (path + "x", (0, 0, 1)), ("Q:\\no\\where.bak", (0, 0, 0))):
            sets = result_sets(estate, "SQLA", f"EXEC master.dbo.xp_fileexist N'{asked}'")
            expect([(names, [tuple(row) for row in rows]) for names, rows in sets] ==
                   [(["File Exists", "File is a Directory", "Parent Directory Exists"], [flags])],
                   (asked, sets))
        alone = ("DECLARE @there int; EXEC xp_fileexist N'{}', @there OUTPUT;"
                 " SELECT @there AS there")
        expect(result_sets(estate, "SQLA", alone.format(path))[0][1][0][0] == 1, "it is there")
        estate.ask("SQLA", f"EXEC sp_lab_file N'{path}', 'missing'")
        expect(result_sets(estate, "SQLA", alone.format(path))[0][1][0][0] == 0, "it is gone")


if __name__ == "__main__":
    support.main([help_of_one_job_is_four_result_sets, a_file_s_existence_is_three_flags,
                  a_set_s_header_and_its_row_in_msdb_say_the_same,
                  a_share_that_fills_up_in_the_middle_of_a_set_leaves_it_partial,
                  a_source_that_dies_in_the_middle_of_a_set_leaves_it_partial,
                  a_database_that_goes_offline_in_the_middle_of_a_set_leaves_it_partial,
                  a_job_that_waits_for_the_backup_job_s_lock_can_be_stopped])
