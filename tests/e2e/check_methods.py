#!/usr/bin/python3
"""Who restores: stopmark itself, BizTalk's own jobs, or people with scripts. All end in the same
proven state, and none recovers anything while the mark is missing somewhere."""
import os
import re
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, expect  # noqa: E402
from record import restore_login  # noqa: E402
from scripts import code_in, fill_in, run_script, write_scripts  # noqa: E402
from slow import RESTORE, execute  # noqa: E402

SERVERS = ("DRSQL1", "DRSQL2")
SHIPPING = ("Get Backup History", "Restore Databases")


def marks_of(lab, server, database):
    return sorted(row[0] for row in execute(
        lab, f"SELECT m.MarkName FROM [{database}].dbo.MarkLog AS m", server))


def end_state(lab, servers=SERVERS):
    """Per database its state, recovery model and MarkLog; per server its shipping jobs."""
    found = {}
    for server in servers:
        rows = execute(lab, "SELECT d.name, d.state, d.is_in_standby, d.is_read_only,"
                            " d.recovery_model FROM sys.databases AS d WHERE d.database_id > 4",
                       server)
        for name, *state in rows:
            found[server, name] = (*state, marks_of(lab, server, name))
        for name, enabled in execute(lab, "SELECT name, enabled FROM msdb.dbo.sysjobs", server):
            if any(words in name for words in SHIPPING):
                found[server, "job " + name] = enabled
    return found


def states(lab, servers=SERVERS):
    return {row[0]: row[1] for server in servers for row in execute(
        lab, "SELECT d.name, d.state FROM sys.databases AS d WHERE d.database_id > 4", server)}


def record(lab):
    return execute(lab, "SELECT database_name, path, restore_end, succeeded FROM"
                        " master.dbo.lab_record ORDER BY id")


def direct_end_state():
    with Lab() as lab:
        lab.sources_die()
        done = lab.run(*RESTORE, seconds=120)
        expect(done.returncode == 0, (done.returncode, done.stderr))
        return end_state(lab)


def first_scripts(lab, directory, tool="tsql"):
    """Runs all; what each server printed."""
    return {server: run_script(lab, f"{directory}/{server}-1-to-mark.sql", server, tool)
            for server in SERVERS}


def second_scripts(lab, directory, codes, tool="tsql"):
    printed = {}
    for server in reversed(SERVERS):  # the one with the management database last
        path = f"{directory}/{server}-2-recover.sql"
        if codes:
            fill_in(path, codes)
        printed[server] = run_script(lab, path, server, tool)
    return printed


def restore_by_scripts(lab, tool):
    directory = write_scripts(lab)
    printed = first_scripts(lab, directory, tool)
    codes = {server: code_in(text) for server, text in printed.items()}
    expect(all(codes.values()) and len(set(codes.values())) == 2, printed)
    expect(set(states(lab).values()) == {1}, "nothing is recovered by the first scripts")
    printed = second_scripts(lab, directory, codes, tool)
    expect(all("VERIFIED" in text and "STOPPED" not in text for text in printed.values()), printed)
    return directory


def the_scripts_end_in_the_same_proven_state_as_the_direct_restore():
    direct = direct_end_state()
    for tool in ("tsql", "bsqldb"):
        with Lab() as lab:
            lab.sources_die()
            restore_by_scripts(lab, tool)
            found = end_state(lab)
            expect(found == direct, f"{tool}: {found} instead of {direct}")


def scripts_may_be_run_again_at_any_point():
    with Lab() as lab:
        lab.sources_die()
        directory = write_scripts(lab)
        first = first_scripts(lab, directory)
        sent = len(record(lab))
        again = first_scripts(lab, directory)
        expect({s: code_in(t) for s, t in again.items()} == {s: code_in(t) for s, t in first.items()},
               "the same codes")
        expect(len(record(lab)) == sent, "nothing is restored twice")
        codes = {server: code_in(text) for server, text in first.items()}
        # half recovered: two databases by hand, as a script that was cut off would leave them
        execute(lab, "RESTORE DATABASE [ContosoOrders] WITH RECOVERY")
        execute(lab, "RESTORE DATABASE [BAMPrimaryImport] WITH STANDBY = N'D:\\x.undo'")
        printed = second_scripts(lab, directory, codes)
        expect(all("VERIFIED" in text for text in printed.values()), printed)
        sent = len(record(lab))
        printed = second_scripts(lab, directory, None)
        expect(all("VERIFIED" in text for text in printed.values()), printed)
        expect(len(record(lab)) == sent, "nothing is recovered twice")


def without_the_mark_on_one_destination_no_second_script_does_anything():
    with Lab() as lab:
        target = lab.json("plan")["target"]["mark"]
        lab.sources_die()
        directory = write_scripts(lab)
        files = [step["file"] for database in lab.json("plan")["databases"]
                 for step in database["steps"]
                 if database["database"] == "BizTalkMsgBoxDb2" and step["kind"] == "restore-log"]
        execute(lab, f"EXEC master.dbo.sp_lab_file N'{files[-1]}', N'unmarked'")
        printed = first_scripts(lab, directory)
        expect(code_in(printed["DRSQL1"]), printed["DRSQL1"])
        expect(code_in(printed["DRSQL2"]) is None, printed["DRSQL2"])
        expect("NOT PROVEN" in printed["DRSQL2"] and "STOPPED" in printed["DRSQL2"],
               printed["DRSQL2"])
        before = len(record(lab))
        known = code_in(printed["DRSQL1"])
        for codes in (None, {"DRSQL1": known}, {"DRSQL2": known}):
            printed = second_scripts(lab, directory, codes)
            expect(all("STOPPED" in text and "is missing or wrong" in text
                       for text in printed.values()), printed)
        expect(len(record(lab)) == before, "no second script sent anything")
        expect(set(states(lab).values()) == {1}, target)


def a_script_stops_on_the_wrong_server_and_beside_another_restore():
    with Lab() as lab:
        lab.sources_die()
        directory = write_scripts(lab)
        text = run_script(lab, f"{directory}/DRSQL1-1-to-mark.sql", "DRSQL2")
        expect("STOPPED" in text and "this server is DRSQL2" in text, text)
        holder = restore_login(lab, "DRSQL1")
        holder.cursor().execute("EXEC sp_getapplock @Resource = N'stopmark-restore', @LockMode ="
                                " N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0")
        text = run_script(lab, f"{directory}/DRSQL1-1-to-mark.sql", "DRSQL1")
        expect("STOPPED" in text and "lock" in text, text)
        holder.close()
        expect(not record(lab), "nothing was restored")


def a_failing_log_stops_the_script_at_once():
    with Lab() as lab:
        lab.sources_die()
        directory = write_scripts(lab)
        path = f"{directory}/DRSQL1-1-to-mark.sql"
        with open(path, encoding="utf-8") as file:
            files = re.findall(r"RESTORE LOG .* FROM DISK = N'(.*?)' WITH", file.read())
        execute(lab, f"EXEC master.dbo.sp_lab_file N'{files[1]}', N'missing'")
        text = run_script(lab, path, "DRSQL1")
        expect("STOPPED" in text and "3201" in text and code_in(text) is None, text)
        expect(len(record(lab)) == 2, "one restored, one failed, none after it")
        execute(lab, f"EXEC master.dbo.sp_lab_file N'{files[1]}', N'readable'")
        text = run_script(lab, path, "DRSQL1")
        expect(code_in(text), text)


def full_restores_are_scripted_too():
    with Lab() as lab:
        lab.sources_die()
        refused = lab.run("script", "--target", "rule", "--output", lab.directory + "/rule")
        marks = lab.json("marks", "-n", "6")["marks"]
        mark = next(m["mark"] for m in marks if m["reachable"] and not m["by_roll_forward"])
        expect(refused.returncode in (0, 5), refused.stderr)
        directory = write_scripts(lab, "full", "--mark", mark)
        printed = first_scripts(lab, directory)
        expect(all(code_in(text) for text in printed.values()), printed)
        again = first_scripts(lab, directory)
        expect(all(code_in(text) for text in again.values()), again)
        fulls = [row for row in record(lab) if row[1] and "_Full_" in row[1]]
        expect(len(fulls) == 10, "each full backup is restored once")
        printed = second_scripts(lab, directory,
                                 {s: code_in(t) for s, t in printed.items()})
        expect(all("VERIFIED" in text for text in printed.values()), printed)


def names_of_any_kind_are_scripted_or_refused():
    with Lab("hostile-names") as lab:
        done = lab.run("script", "--output", lab.directory + "/out")
        expect(done.returncode == 5 and "script" in done.stderr, (done.returncode, done.stderr))
        expect(not os.path.exists(lab.directory + "/out"), "nothing is written")


def files_are_private_whole_and_never_overwritten():
    with Lab() as lab:
        directory = write_scripts(lab)
        names = sorted(os.listdir(directory))
        expect(names == ["DRSQL1-1-to-mark.sql", "DRSQL1-2-recover.sql", "DRSQL2-1-to-mark.sql",
                         "DRSQL2-2-recover.sql", "README.txt"], names)
        for name in names:
            mode = stat.S_IMODE(os.stat(os.path.join(directory, name)).st_mode)
            expect(mode == 0o600, (name, oct(mode)))
            with open(os.path.join(directory, name), encoding="utf-8") as file:
                text = file.read()
            expect("Contoso production" in text and "BTS_2026_11_20_12_" in text, name)
        before = {n: open(os.path.join(directory, n), "rb").read() for n in names}
        done = lab.run("script", "--output", directory)
        expect(done.returncode == 5 and "nothing was written" in done.stderr, done.stderr)
        after = {n: open(os.path.join(directory, n), "rb").read() for n in os.listdir(directory)}
        expect(after == before, "nothing is overwritten")
        done = lab.run("script")
        expect(done.returncode == 2, done.stderr)


support.main([the_scripts_end_in_the_same_proven_state_as_the_direct_restore,
              scripts_may_be_run_again_at_any_point,
              without_the_mark_on_one_destination_no_second_script_does_anything,
              a_script_stops_on_the_wrong_server_and_beside_another_restore,
              a_failing_log_stops_the_script_at_once,
              full_restores_are_scripted_too,
              names_of_any_kind_are_scripted_or_refused,
              files_are_private_whole_and_never_overwritten])
