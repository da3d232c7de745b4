#!/usr/bin/python3
"""The printed grants, run by a client that this project did not write, are what the console and a
restore need: nothing fails with exactly them, and what they leave hidden is named."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, ROOT, STOPMARK, expect  # noqa: E402
from terminal import Terminal  # noqa: E402

BARE = {"name": "O'Hara]s monitor", "password": "Bare-Monitor-1", "use": "other",
        "permissions": [], "databases": []}


def scenario(directory):
    """A small estate of two servers each with a login that may do nothing."""
    path = os.path.join(ROOT, "tests", "lab", "scenarios", "partial.json")
    with open(path, encoding="utf-8") as file:
        made = json.load(file)
    made["logins"].append(BARE)
    made["history"].pop("partial")
    path = os.path.join(directory, "bare.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(made, file)
    return path


def sections(ini):
    with open(ini, encoding="utf-8") as file:
        found = re.findall(r"^\[server (\S+)\]\n(.*?)(?=^\[|\Z)", file.read(), re.M | re.S)
    return {name: dict(re.findall(r"^(\w+) *= *(.*)$", body, re.M)) for name, body in found}


def run_script(server, text):
    """As an administrator would; the client splits at the lines GO."""
    with open(server["restore_password_file"], encoding="utf-8") as file:
        password = file.read().strip()
    done = subprocess.run(["tsql", "-H", "127.0.0.1", "-p", server["port"], "-U",
                           server["restore_user"], "-P", password, "-o", "q"],
                          input=text + "\nexit\n", text=True, capture_output=True, timeout=30,
                          check=False)
    expect("Msg " not in done.stdout + done.stderr and "severity" not in done.stderr,
           done.stdout + done.stderr)


def grant(lab, servers, *options):
    done = lab.run("grants", "--login", BARE["name"], *options)
    expect(done.returncode == 0, done.stderr)
    scripts = re.split(r"(?m)^(?=-- \S+ \((?:source|destination)\))", done.stdout)[1:]
    for script in scripts:
        run_script(servers[re.match(r"-- (\S+)", script).group(1)], script)
    rights = re.findall(r"(?m)^(?:GRANT (?!SELECT ON)|ALTER (?:SERVER )?ROLE)", done.stdout)
    told = re.findall(r"Also permits: \S", done.stdout)
    expect(len(told) >= len(rights), f"{len(rights)} rights, {len(told)} say what else they permit")


def bare_ini(lab):
    """The same configuration with the bare login everywhere, and no restore login."""
    password = os.path.join(lab.directory, "bare.password")
    with open(password, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
        file.write(BARE["password"] + "\n")
    with open(lab.ini, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"(?m)^restore_(user|password_file|auth) *=.*\n", "", text)
    text = re.sub(r"(?m)^user *=.*$", lambda _: "user = " + BARE["name"], text)
    text = re.sub(r"(?m)^password_file *=.*$", lambda _: "password_file = " + password, text)
    path = os.path.join(lab.directory, "bare.ini")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def hidden(status):
    return sorted({c["id"] for c in status["checks"] if c["verdict"] == "unknown"})


def nothing_fails_with_exactly_the_monitor_grants():
    made = support.tempfile.mkdtemp(prefix="stopmark-test-")
    try:
        with Lab(scenario(made)) as lab:
            servers, ini = sections(lab.ini), bare_ini(lab)
            before = lab.json("status", config=ini)
            expect(len(hidden(before)) > 20, "a login without rights sees next to nothing")
            grant(lab, servers)
            status = lab.json("status", config=ini)
            expect(hidden(status) == ["backup-files"], hidden(status))
            for check in status["checks"]:
                if check["verdict"] == "unknown":
                    expect("CREATE ANY DATABASE" in check["remedy"], check)
                else:
                    expect(check["verdict"] == "ok", check)
            for command in (["sets", "--json"], ["marks", "--json"], ["plan", "--json"], ["metrics"]):
                done = lab.run(*command, config=ini)
                expect(done.returncode == 0, f"{command}: {done.stderr}")
            with Terminal([STOPMARK, "-c", ini], lab.environment()) as terminal:
                terminal.until("live")
                for screen in "12345678":
                    terminal.key(screen)
                    terminal.read(0.3)
                    text = terminal.text()
                    for word in ("denied", "permission is missing", "failed:"):
                        expect(word not in text, text)
                terminal.key("7")
                terminal.until("backup-files")
            grant(lab, servers, "--proof")
            proven = lab.json("status", config=ini)
            expect(hidden(proven) == [], hidden(proven))
    finally:
        support.shutil.rmtree(made, ignore_errors=True)


def bare_restorer(lab):
    """The bare login is the restore login everywhere, with exactly the printed restore grants; the
    monitoring login has its own. The configuration."""
    grant(lab, sections(lab.ini), "--restore")
    password = os.path.join(lab.directory, "bare.password")
    with open(password, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
        file.write(BARE["password"] + "\n")
    with open(lab.ini, encoding="utf-8") as file:
        text = file.read()
    text, users = re.subn(r"(?m)^restore_user *=.*$", lambda _: "restore_user = " + BARE["name"],
                          text)
    text = re.sub(r"(?m)^restore_password_file *=.*$",
                  lambda _: "restore_password_file = " + password, text)
    expect(users == 4, f"{users} servers have a restore login")
    path = os.path.join(lab.directory, "restorer.ini")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def is_done(lab, ini, situation, *words):
    done = lab.run("restore", "--target", "newest", "--situation", situation, "--confirm",
                   "Partial set", *words, config=ini, seconds=180)
    expect(done.returncode == 0, (situation, done.returncode, done.stderr[-3000:]))
    report = lab.json("report", str(len(lab.json("runs", config=ini)["runs"])), config=ini)
    expect(report["verdict"] == "ok", (situation, report["verdict"], report["messages"]))
    return report


def a_rehearsal_and_a_planned_move_need_no_more_than_the_restore_grants():
    made = support.tempfile.mkdtemp(prefix="stopmark-test-")
    try:
        with Lab(scenario(made), speed=30) as lab:
            ini = bare_restorer(lab)
            is_done(lab, ini, "rehearsal")
            report = is_done(lab, ini, "planned-move")
            expect(report["data_loss_seconds"] == 0, (report["data_loss_seconds"],
                                                      report["loss_proof"]))
    finally:
        support.shutil.rmtree(made, ignore_errors=True)


def a_lost_source_needs_no_more_than_the_restore_grants_by_either_method():
    made = support.tempfile.mkdtemp(prefix="stopmark-test-")
    try:
        for words, speed in ((("--method", "direct"), 0), (("--method", "jobs"), 30)):
            with Lab(scenario(made), speed=speed) as lab:
                ini = bare_restorer(lab)
                lab.json("status", config=ini)
                lab.sources_die()
                is_done(lab, ini, "source-lost", *words)
    finally:
        support.shutil.rmtree(made, ignore_errors=True)


# What status does not read of a group as new set-up scripts make it, from a living source.
READ_ELSEWHERE = {"adm_ForceFullBackup",  # its column is in adm_BackupSettings
                  "adm_OtherDatabases", "TDDS_Sources", "TDDS_Destinations"}  # in what was restored


def without_one_line_of_the_grants_the_table_is_named():
    made = support.tempfile.mkdtemp(prefix="stopmark-test-")
    login = "[" + BARE["name"].replace("]", "]]") + "]"
    try:
        with Lab(scenario(made)) as lab:
            servers, ini = sections(lab.ini), bare_ini(lab)
            grant(lab, servers, "--proof")
            script = lab.run("grants", "--login", BARE["name"]).stdout
            places = [("SQLSMALL", "BizTalkMgmtDb", table)
                      for table in set(re.findall(r"NOT NULL GRANT SELECT ON dbo\.(\w+)", script))]
            places += [("DRSMALL", "master", table)
                       for table in set(re.findall(r"(?m)^GRANT SELECT ON dbo\.(\w+)", script))]
            expect(len(places) > 12, places)
            for server, database, table in sorted(places):
                change = (f"USE {database};\nGO\nIF OBJECT_ID(N'dbo.{table}') IS NOT NULL %s SELECT"
                          f" ON dbo.{table} %s {login};\nGO\n")
                run_script(servers[server], change % ("REVOKE", "FROM"))
                status = lab.json("status", config=ini)
                named = [c["text"] for c in status["checks"]
                         if c["verdict"] == "unknown" and f"'{table}'" in c["text"]
                         and c["where"] == server and table in c["remedy"]]
                expect(named or table in READ_ELSEWHERE, (table, hidden(status)))
                run_script(servers[server], change % ("GRANT", "TO"))
                expect(hidden(lab.json("status", config=ini)) == [], f"{table} is granted again")
    finally:
        support.shutil.rmtree(made, ignore_errors=True)


def a_message_box_of_any_name_is_not_left_out_where_biztalks_tables_are_hidden():
    made = support.tempfile.mkdtemp(prefix="stopmark-test-")
    try:
        path = scenario(made)
        with open(path, encoding="utf-8") as file:
            renamed = file.read().replace("BizTalkMsgBoxDb2", "Postbox")
        with open(path, "w", encoding="utf-8") as file:
            file.write(renamed)
        leave_out = ("plan", "--leave-out", "Postbox", "--reason", "it is in the way")
        with Lab(path) as lab:
            servers, ini = sections(lab.ini), bare_ini(lab)
            grant(lab, servers)
            told = lab.run(*leave_out, config=ini)
            expect(told.returncode == 5 and "it is the group's MessageBox" in told.stdout, told)
            login = "[" + BARE["name"].replace("]", "]]") + "]"
            run_script(servers["SQLSMALL"], "USE BizTalkMgmtDb;\nREVOKE SELECT ON dbo.adm_MessageBox"
                                            f" FROM {login};\nGO\n")
            blind = lab.run(*leave_out, config=ini)
            expect(blind.returncode == 5 and "what it is for is not known" in blind.stdout, blind)
            roles = {d["database"]: d["used_as"] for d in lab.json("status", config=ini)["databases"]}
            expect(roles["Postbox"] == "unknown" and roles["BizTalkMsgBoxDb"] == "MessageBox", roles)
            words = lab.run("status", config=ini).stdout
            expect("not wholly visible to this login" in words and "'adm_MessageBox'" in words, words)
            made_file = lab.run("updateinfo", config=ini)
            expect(made_file.returncode == 0 and "what Postbox is for is not known" in
                   made_file.stderr and "what Postbox is for is not known" in made_file.stdout,
                   made_file)
    finally:
        support.shutil.rmtree(made, ignore_errors=True)


def the_grants_name_what_each_right_also_permits():
    with Lab("small") as lab:
        for options in ((), ("--proof",), ("--restore",)):
            done = lab.run("grants", "--login", "stopmark", *options)
            lines = done.stdout.splitlines()
            for at, line in enumerate(lines):
                if line.startswith(("GRANT ", "ALTER ")) and "SELECT ON" not in line:
                    expect("Also permits: " in lines[at - 1], line)
            for word in {"--proof": ["CREATE ANY DATABASE"],
                         "--restore": ["dbcreator", "SQLAgentOperatorRole",
                                       "ALTER ANY DATABASE"]}.get(
                             options[0] if options else "", ["VIEW SERVER STATE"]):
                expect(word in done.stdout, done.stdout)


if __name__ == "__main__":
    support.main([nothing_fails_with_exactly_the_monitor_grants,
                  a_rehearsal_and_a_planned_move_need_no_more_than_the_restore_grants,
                  a_lost_source_needs_no_more_than_the_restore_grants_by_either_method,
                  without_one_line_of_the_grants_the_table_is_named,
                  a_message_box_of_any_name_is_not_left_out_where_biztalks_tables_are_hidden,
                  the_grants_name_what_each_right_also_permits])
