#!/usr/bin/python3
"""The lab's scenarios as the product and a client that nobody here wrote meet them: what the product
makes of each, and that a scenario, a seed and a client script give the same bytes twice."""
import hashlib
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import pytds  # noqa: E402

from lab import Lab, expect, main  # noqa: E402
from proxy import read_ini  # noqa: E402
from record import check_record, restore_login  # noqa: E402


def restore(lab, *words):
    group = read_ini(lab.ini)["group"]["name"]
    return lab.run("restore", *words, "--situation", "source-lost", "--confirm", group, seconds=120)


def restores(scenario, databases):
    with Lab(scenario) as lab:
        lab.sources_die()
        done = restore(lab, "--target", "newest")
        expect(done.returncode == 0, done.stderr[-1500:])
        check_record(lab, databases)


def six_sources_and_three_destinations_restore_as_one_group():
    restores("scaled-out", 40)


def tables_and_jobs_of_older_scripts_are_understood():
    with Lab("old-schema") as lab:
        status = lab.json("status")
        unknown = {c["id"] for c in status["checks"] if c["verdict"] == "unknown"}
        expect(unknown <= {"disk-space"}, unknown)  # SQL Server 2016 does not tell it
    restores("old-schema", 5)


def a_lost_source_is_restored_without_a_look_at_it():
    restores("source-lost", 5)


def servers_in_several_zones_with_wrong_clocks_restore_to_one_mark():
    with Lab("mixed-clocks") as lab:
        found = {c["where"] for c in lab.json("status")["checks"]
                 if c["id"] == "clocks" and c["verdict"] != "ok"}
        expect({"SQLSMALL2", "DRSMALL2"} <= found, found)
    restores("mixed-clocks", 5)


def jobs_in_trouble_are_named_and_do_not_stop_a_restore():
    with Lab("jobs-in-trouble") as lab:
        bad = {c["id"] for c in lab.json("status")["checks"] if c["verdict"] == "critical"}
        expect({"backup-job", "shipping-jobs"} <= bad, bad)
    restores("jobs-in-trouble", 5)


def a_cluster_a_group_and_native_log_shipping_are_named():
    with Lab("availability") as lab:
        found = {c["id"] for c in lab.json("status")["checks"] if c["verdict"] == "warning"}
        expect({"availability", "native-log-shipping"} <= found, found)


def files_that_cannot_be_read_leave_the_set_before_them():
    with Lab("bad-files") as lab:
        lab.sources_die()
        done = restore(lab, "--target", "newest")
        expect(done.returncode == 5 and "set 97" in done.stderr, done.stderr)
        expect("BizTalkDTADb" in done.stderr and "BizTalkMsgBoxDb2" in done.stderr, done.stderr)


def a_stolen_log_is_a_bridge_only_while_its_file_is_there():
    with Lab("stolen-gone") as lab:
        gone = lab.json("status")
        expect(any(c["id"] == "chain-gap" and c["verdict"] == "critical"
                   for c in gone["checks"]), gone["checks"])
    connection_errors = []
    for scenario in ("stolen", "stolen-gone"):
        with Lab(scenario) as lab:
            cursor_owner = restore_login(lab, "DRSMALL")
            cursor = cursor_owner.cursor()
            try:
                cursor.execute("RESTORE HEADERONLY FROM DISK ="
                               r" N'\\nas\tool\BizTalkDTADb_1105.trn'")
                connection_errors.append(len(cursor.fetchall()))
            except pytds.Error as error:
                connection_errors.append(str(error)[:60])
            cursor_owner.close()
    expect(connection_errors[0] == 1 and "Cannot open backup device" in connection_errors[1],
           connection_errors)


class Recorder:
    """A socket that keeps what the server sent."""
    received = hashlib.sha256()
    size = 0

    def __init__(self, inner):
        self.inner = inner

    def __getattr__(self, name):
        return getattr(self.inner, name)

    @classmethod
    def keep(cls, data):
        cls.received.update(data)
        cls.size += len(data)

    def recv(self, *arguments):
        data = self.inner.recv(*arguments)
        self.keep(data)
        return data

    def recv_into(self, buffer, *arguments):
        count = self.inner.recv_into(buffer, *arguments)
        self.keep(memoryview(buffer)[:count])
        return count


SCRIPT = [
    "SELECT * FROM sys.databases", "SELECT * FROM sys.master_files",
    "SELECT * FROM msdb.dbo.backupset", "SELECT * FROM msdb.dbo.restorehistory",
    "SELECT * FROM msdb.dbo.sysjobs", "SELECT * FROM msdb.dbo.sysjobhistory",
    "SELECT * FROM master.dbo.bts_LogShippingHistory",
    "EXEC master.dbo.sp_lab_advance 5400",
    "SELECT * FROM master.dbo.bts_LogShippingHistory", "SELECT * FROM msdb.dbo.sysjobactivity",
    "SELECT * FROM msdb.dbo.restorehistory",
    "RESTORE DATABASE BizTalkMsgBoxDb WITH RECOVERY",
    "SELECT * FROM BizTalkMsgBoxDb.dbo.MarkLog",
    "RESTORE DATABASE BizTalkMsgBoxDb WITH RECOVERY",
    "SELECT GETDATE(), SYSUTCDATETIME(), @@SPID", "SELECT nothing FROM nowhere",
    # but for the machine's own clock
    "SELECT id, path, kind, started_utc, ended_utc, redo_lsn FROM master.dbo.lab_record",
]


def run_script(seed):
    Recorder.received, Recorder.size = hashlib.sha256(), 0
    create = socket.create_connection
    with Lab("matrix", extra=("--seed", str(seed))) as lab:
        socket.create_connection = lambda *a, **k: Recorder(create(*a, **k))
        try:
            connection = restore_login(lab, "DRM1")
            cursor = connection.cursor()
            for statement in SCRIPT:
                try:
                    cursor.execute(statement)
                    while True:
                        if cursor.description:
                            cursor.fetchall()
                        if not cursor.nextset():
                            break
                except pytds.Error:
                    pass
            connection.close()
        finally:
            socket.create_connection = create
    return Recorder.size, Recorder.received.hexdigest()


def a_scenario_a_seed_and_a_script_give_the_same_bytes_twice():
    first, second, other = run_script(7), run_script(7), run_script(8)
    expect(first[0] > 50000, f"only {first[0]} bytes were seen")
    expect(first == second, f"{first} and {second}")
    expect(first != other, "another seed gives the same bytes")


main([six_sources_and_three_destinations_restore_as_one_group,
      tables_and_jobs_of_older_scripts_are_understood,
      a_lost_source_is_restored_without_a_look_at_it,
      servers_in_several_zones_with_wrong_clocks_restore_to_one_mark,
      jobs_in_trouble_are_named_and_do_not_stop_a_restore,
      a_cluster_a_group_and_native_log_shipping_are_named,
      files_that_cannot_be_read_leave_the_set_before_them,
      a_stolen_log_is_a_bridge_only_while_its_file_is_there,
      a_scenario_a_seed_and_a_script_give_the_same_bytes_twice])
