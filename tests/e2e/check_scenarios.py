#!/usr/bin/python3
"""What the product makes of the lab's scenarios: what it names, and whether it restores them."""
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import pytds  # noqa: E402

from lab import ROOT, Lab, expect, main  # noqa: E402
from proxy import read_ini  # noqa: E402
from record import check_record, read_record, restore_login  # noqa: E402


def restore(lab, *words):
    group = read_ini(lab.ini)["group"]["name"]
    return lab.run("restore", *words, "--situation", "source-lost", "--confirm", group, seconds=120)


def restores(scenario, databases):
    with Lab(scenario) as lab:
        lab.sources_die()
        done = restore(lab, "--target", "newest")
        expect(done.returncode == 0, done.stderr[-1500:])
        check_record(lab, databases)


MATRIX = ("BizTalkMgmtDb", "BizTalkMsgBoxDb", "BizTalkMsgBoxDb2", "BizTalkDTADb")


def a_set_that_failed_at_any_position_leaves_the_one_before_it():
    for position, database in enumerate(MATRIX):
        partial = [{"time": "2026-11-20T12:15:00Z", "fails_at": database}]
        with EditedLab("matrix", history=lambda h, p=partial: {**h, "partial": p}) as lab:
            # a set that failed at its first database has no row at all
            newest, before = lab.json("sets", "-n", "2")["sets"]
            if position > 0:
                expect(not newest["complete"] and newest["databases"] == position, newest)
            else:
                before = newest
            expect(before["complete"], before)
            lab.sources_die()
            done = restore(lab, "--target", "newest")
            expect(done.returncode == 0, (database, done.stderr[-1500:]))
            check_record(lab, len(MATRIX))
            report = lab.json("report", "1")
            expect(report["verdict"] == "ok" and report["mark"] == before["mark"], report)


def a_group_that_is_live_elsewhere_is_the_production_and_no_standby():
    for scenario in ("live", "moved"):
        with Lab(scenario) as lab:
            ready = lab.json("status")["readiness"]
            expect(not ready["possible"] and ready["mark"] is None and
                   ready["restore_seconds"] is None, ready)
            text = lab.run("status").stdout
            for words in ("verdict: warning: ALREADY FAILED OVER",
                          "standby: ok: is the production: 5 of 5 databases online; no standby",
                          "DRSMALL/BizTalkMgmtDb: ok: ONLINE"):
                expect(words in text, (words, text))
            expect("full restore" not in text, text)


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


def edited(name, **keys):
    """The path of a scenario with other values of these keys."""
    with open(os.path.join(ROOT, "tests", "lab", "scenarios", name + ".json"),
              encoding="utf-8") as file:
        scenario = json.load(file)
    for key, value in keys.items():
        scenario[key] = value(scenario[key]) if callable(value) else value
    handle, path = tempfile.mkstemp(prefix="stopmark-scenario-", suffix=".json")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(scenario, file)
    return path


class EditedLab(Lab):
    def __init__(self, name, **keys):
        self.scenario = edited(name, **keys)
        super().__init__(self.scenario)

    def end(self):
        os.unlink(self.scenario)
        super().end()


PAIRED = (({"mirror": True}, "mirrored"), ({"availability_group": "AG1"}, "availability group"))


def paired(state, see_all):
    def logins(before):
        if see_all:
            before[0]["permissions"] = ["sysadmin"]
        return before
    return EditedLab("matrix", logins=logins, standby=[
        {"server": "DRM2", "database": "BizTalkDTADb", **state}])


def a_mirror_or_a_secondary_replica_is_no_standby():
    for state, words in PAIRED:
        with paired(state, see_all=True) as lab:
            ready = lab.json("status")["readiness"]
            expect(not ready["possible"], ready)
            plan = lab.json("plan", status=5)
            expect(any("DRM2" in reason and words in reason for reason in plan["reasons"]),
                   plan["reasons"])


def a_mirror_that_only_the_restore_login_sees_is_refused_before_the_first_write():
    for state, words in PAIRED:
        with paired(state, see_all=False) as lab:
            lab.sources_die()
            done = restore(lab, "--target", "newest")
            expect(done.returncode == 5 and words in done.stderr
                   and "BizTalkDTADb" in done.stderr, (done.returncode, done.stderr[-1500:]))
            expect(not read_record(lab), read_record(lab))


def a_standby_in_native_log_shipping_is_named():
    with EditedLab("matrix", standby=[{"server": "DRM2", "database": "BizTalkDTADb",
                                       "native_log_shipping": True}]) as lab:
        found = [c["where"] for c in lab.json("status")["checks"]
                 if c["id"] == "native-log-shipping" and c["verdict"] != "ok"]
        expect(found == ["DRM2/BizTalkDTADb"], found)


def backups_at_an_address_need_a_credential_where_they_are_restored():
    address = "https://contoso.blob.core.windows.net/biztalk"
    for credentials, verdict in (([], "critical"), ([address], "ok"), (["an account"], "ok"),
                                 ([address + "2"], "critical")):
        def servers(before, names=tuple(credentials)):
            return [dict(s, credentials=list(names)) for s in before]
        with EditedLab("matrix", servers=servers, backup={"location": address,
                                                          "every_minutes": 15}) as lab:
            found = {c["verdict"] for c in lab.json("status")["checks"]
                     if c["id"] == "backup-credential"}
            expect(found == {verdict}, (credentials, found))
            if verdict == "ok":
                lab.sources_die()
                done = restore(lab, "--target", "newest")
                expect(done.returncode == 0, (credentials, done.stderr[-1500:]))
                check_record(lab, len(MATRIX))


def idle(databases):
    for database in databases:
        database["log_kb_per_second"] = 0
    return databases


def an_empty_log_of_somebody_else_breaks_no_chain():
    """Taken behind the job's set while nothing is written: its first LSN is its last, and the chain
    has no hole, with its file and without."""
    for state in ("readable", "missing"):
        with EditedLab("matrix", databases=idle) as lab:
            connection = restore_login(lab, "SQLM2")
            cursor = connection.cursor()
            cursor.execute(r"BACKUP LOG BizTalkDTADb TO DISK = N'\\nas\tool.trn'")
            while cursor.nextset():
                pass
            cursor.execute("SELECT TOP (1) b.first_lsn, b.last_lsn FROM msdb.dbo.backupset b"
                           " WHERE b.database_name = N'BizTalkDTADb' ORDER BY b.backup_set_id DESC")
            first, last = cursor.fetchone()
            expect(first == last, (first, last))
            cursor.execute(rf"EXEC master.dbo.sp_lab_file N'\\nas\tool.trn', N'{state}'")
            cursor.execute("EXEC master.dbo.sp_lab_advance 1000")  # the next set, imported
            connection.close()
            newest = lab.json("sets", "-n", "1")["sets"][0]
            expect(newest["complete"] and newest["chain"] == "ok", newest)
            lab.sources_die()
            done = restore(lab, "--target", "newest")
            expect(done.returncode == 0, (state, done.stderr[-1500:]))
            report = lab.json("report", "1")
            expect(report["verdict"] == "ok" and report["mark"] == newest["mark"], report)
            check_record(lab, len(MATRIX))


def files_that_cannot_be_read_leave_the_set_before_them():
    with Lab("bad-files") as lab:
        lab.sources_die()
        done = restore(lab, "--target", "newest")
        expect(done.returncode == 5 and "(set 94)" in done.stderr, done.stderr)
        expect("BizTalkDTADb cannot roll forward to set 98" in done.stderr
               and "it is missing" in done.stderr, done.stderr)
        expect("BizTalkMsgBoxDb2 cannot roll forward to set 98" in done.stderr
               and "it is corrupt" in done.stderr, done.stderr)


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


def a_spoiled_server_is_named_with_its_number():
    for words, number in (("sp_lab_login N'DRM1', N'stopmark_monitor', N'expired'", 18487),
                          ("sp_lab_login N'DRM1', N'stopmark_monitor', N'must-change'", 18488),
                          ("sp_lab_statement_fails N'DRM1', 1205, N'stopmark', 2, 5", 1205),
                          ("sp_lab_statement_fails N'DRM1', 1222, N'stopmark', 2, 16", 1222)):
        with Lab("matrix") as lab:
            connection = restore_login(lab, "DRM1")
            connection.cursor().execute(f"EXEC master.dbo.{words}")
            found = [c["text"] for c in lab.json("status")["checks"]
                     if c["id"] == "server-reachable" and c["where"] == "DRM1"]
            connection.close()
        expect(len(found) == 1 and str(number) in found[0], (number, found))


def a_statement_that_lost_one_deadlock_or_lock_is_sent_again():
    with Lab("small") as lab:
        sound = lab.json("status")
        for number, skip in ((1205, 5), (1222, 5), (1205, 17), (1222, 19), (1205, 27), (1222, 36)):
            connection = restore_login(lab, "DRSMALL")
            connection.cursor().execute("EXEC master.dbo.sp_lab_statement_fails N'DRSMALL', "
                                        f"{number}, N'stopmark monitor', 1, {skip}")
            status = lab.json("status")
            connection.cursor().execute("EXEC master.dbo.sp_lab_statement_fails N'DRSMALL'")
            connection.close()
            expect([s["error"] for s in status["servers"]] == [None, None], status["servers"])
            expect([(c["id"], c["verdict"]) for c in status["checks"]] ==
                   [(c["id"], c["verdict"]) for c in sound["checks"]], (number, skip))


main([a_set_that_failed_at_any_position_leaves_the_one_before_it,
      a_group_that_is_live_elsewhere_is_the_production_and_no_standby,
      six_sources_and_three_destinations_restore_as_one_group,
      tables_and_jobs_of_older_scripts_are_understood,
      a_lost_source_is_restored_without_a_look_at_it,
      servers_in_several_zones_with_wrong_clocks_restore_to_one_mark,
      jobs_in_trouble_are_named_and_do_not_stop_a_restore,
      a_cluster_a_group_and_native_log_shipping_are_named,
      a_mirror_or_a_secondary_replica_is_no_standby,
      a_mirror_that_only_the_restore_login_sees_is_refused_before_the_first_write,
      a_standby_in_native_log_shipping_is_named,
      backups_at_an_address_need_a_credential_where_they_are_restored,
      an_empty_log_of_somebody_else_breaks_no_chain,
      files_that_cannot_be_read_leave_the_set_before_them,
      a_stolen_log_is_a_bridge_only_while_its_file_is_there,
      a_spoiled_server_is_named_with_its_number,
      a_statement_that_lost_one_deadlock_or_lock_is_sent_again])
