#!/usr/bin/python3
"""The commands, their JSON and their exit statuses, on the running lab."""
import json
import os
import re
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import jsonschema  # noqa: E402
import lab as support  # noqa: E402
from lab import Lab, ROOT, STOPMARK, expect  # noqa: E402

TEN = {"BizTalkMgmtDb", "BizTalkMsgBoxDb", "BizTalkDTADb", "SSODB", "BAMPrimaryImport",
       "BAMAlertsApplication", "BAMAlertsNSMain", "BizTalkRuleEngineDb", "ContosoOrders",
       "BizTalkMsgBoxDb2"}
OTHER_MEANS = {"BAMStarSchema", "BAMArchive", "BAMAnalysis", "BizTalkAnalysisDb"}


def valid(document, name):
    with open(os.path.join(ROOT, "man", "schema", name + ".json"), encoding="utf-8") as file:
        jsonschema.validate(document, json.load(file))
    return document


def the_documents_follow_their_schemas():
    with Lab() as lab:
        valid(lab.json("status"), "status")
        valid(lab.json("sets"), "sets")
        valid(lab.json("marks", "-n", "20"), "marks")
        valid(lab.json("plan"), "plan")
        valid(lab.json("plan", "--target", "rule"), "plan")
        valid(lab.json("runs"), "runs")


def the_status_tells_the_healthy_contoso_estate():
    with Lab(scenario="contoso") as lab:
        status = lab.json("status")
        expect(status["group"] == "Contoso production", status["group"])
        readiness = status["readiness"]
        expect(readiness["possible"], readiness)
        expect(readiness["data_loss_basis"] == "live", readiness)
        expect(readiness["data_loss_seconds"] is not None, readiness)
        expect({s["name"] for s in status["servers"]} == {"SQLA", "SQLB", "DRSQL1", "DRSQL2"},
               status["servers"])
        shipped = {d["database"] for d in status["databases"]
                   if d["role"] == "source" and d["method"] == "backup-job"}
        expect(shipped == TEN, shipped)
        other = {d["database"] for d in status["databases"] if d["method"] == "other"}
        expect(other == OTHER_MEANS, other)
        for database in status["databases"]:
            if database["role"] == "destination":
                expect(database["state"] == "RESTORING" and database["lag_sets"] == 1, database)
        critical = [c for c in status["checks"] if c["verdict"] == "critical"]
        expect(not critical, f"false alarms: {critical}")
        expect(len({c["id"] for c in status["checks"]}) >= 6, "at least six rules")


def the_plan_has_route_evidence_and_statements_for_all_ten():
    with Lab(scenario="contoso") as lab:
        plan = lab.json("plan")
        expect(plan["possible"] and plan["gate"], plan["reasons"])
        expect({d["database"] for d in plan["databases"]} == TEN, "the ten databases")
        clauses = set()
        for database in plan["databases"]:
            expect(database["route"] == "roll-forward", database)
            expect(database["evidence"] in ("header", "msdb"), database["evidence"])
            logs = [s for s in database["steps"] if s["kind"] == "restore-log"]
            expect(logs, database)
            for step in logs:
                expect(step["stop_clause"] in step["sql"], step)
                expect("NORECOVERY" in step["sql"], step)
                clauses.add(step["stop_clause"])
            kinds = [s["kind"] for s in database["steps"]]
            expect(kinds[-2:] == ["prove", "recover"], kinds)
        expect(len(clauses) == 1, clauses)
        expect(plan["target"]["mark"] in clauses.pop(), "the clause names the mark")
        by = {a["by"]: a for a in plan["alternatives"]}
        expect({"newest", "rule"} <= set(by), by)
        expect(by["newest"]["routes"]["roll-forward"] == 10, by)
        expect(by["rule"]["routes"]["full-restore"] == 10, by)
        expect(by["rule"]["data_loss_seconds"] > by["newest"]["data_loss_seconds"], by)
        expect(plan["databases"][-1]["database"] == "BizTalkMgmtDb", "management is recovered last")
        again = lab.json("plan")
        expect(again["hash"] == plan["hash"], "the same plan has the same hash")


def an_unknown_mark_exits_with_5_and_names_the_nearest():
    with Lab() as lab:
        mark = lab.json("plan")["target"]["mark"]
        done = lab.run("plan", "--mark", mark[:-1] + ("1" if mark[-1] != "1" else "2"))
        expect(done.returncode == 5, done.returncode)
        expect(mark in done.stdout + done.stderr, done.stdout + done.stderr)


def a_configuration_that_is_wrong_in_five_ways_lists_five_errors():
    with Lab() as lab:
        with open(lab.ini, encoding="utf-8") as file:
            text = file.read()
        text = re.sub(r"^name = .*$", "nmae = Contoso", text, count=1, flags=re.M)   # 1 and 2
        text = re.sub(r"^role = destination$", "role = destinaton", text, count=1, flags=re.M)
        text = re.sub(r"^port = \d+$", "port = 99999", text, count=1, flags=re.M)
        text += "\n[lmits]\nbackup_age = 30m, 1h\n"
        path = os.path.join(lab.directory, "wrong.ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = lab.run("config", "check", config=path)
        expect(done.returncode == 3, done.returncode)
        lines = [line for line in done.stderr.splitlines() if line.startswith(path)]
        expect(len(lines) >= 5, done.stderr)
        expect(any("name" in line and "nmae" in line for line in lines), done.stderr)
        expect(all(re.match(re.escape(path) + r"(:\d+)?: ", line) for line in lines), done.stderr)
        expect(lab.run("status", config=path).returncode == 3, "nothing starts on it")


def usage_errors_exit_with_2_and_name_the_nearest():
    with Lab() as lab:
        done = lab.run("statsu")
        expect(done.returncode == 2 and "status" in done.stderr, done.stderr)
        done = lab.run("status", "--jsn")
        expect(done.returncode == 2 and "--json" in done.stderr, done.stderr)
        done = lab.run("restore", "--situation", "source-lost", "--confirm", "Contoso production")
        expect(done.returncode == 2, done.returncode)


def an_assumption_of_no_known_kind_is_a_usage_error():
    with Lab() as lab:
        for command in (("plan",), ("script", "--output", lab.directory + "/never")):
            done = lab.run(*command, "--assume", "disk-full=SQLA")
            expect(done.returncode == 2 and "disk-full" in done.stderr, done.stderr)
        done = lab.run("plan", "--assume", "server-down=NOBODY")
        expect(done.returncode == 5 and "NOBODY" in done.stdout, "no such server: refused")


def script_takes_what_plan_takes():
    with Lab() as lab:
        where = lab.directory + "/scripts"
        done = lab.run("script", "--method", "direct", "--target", "newest", "--json",
                       "--leave-out", "ContosoOrders", "--reason", "comes later",
                       "--output", where)
        expect(done.returncode == 0, done.stderr)
        plan = valid(json.loads(done.stdout), "plan")
        expect({d["database"] for d in plan["databases"]} == TEN - {"ContosoOrders"}, plan)
        expect(plan["method"] == "script", plan["method"])
        expect({"DRSQL1-1-to-mark.sql", "DRSQL1-2-recover.sql", "DRSQL2-1-to-mark.sql",
                "DRSQL2-2-recover.sql"} <= set(os.listdir(where)), os.listdir(where))
        done = lab.run("script", "--method", "jobs", "--output", lab.directory + "/jobs")
        expect(done.returncode == 2 and not os.path.exists(lab.directory + "/jobs"), done.stderr)


def check_says_unknown_where_its_command_line_is_wrong():
    for words in (("check", "--nonsense"), ("check", "now"), ("check", "-c")):
        done = subprocess.run([STOPMARK, *words], capture_output=True, text=True, check=False)
        expect(done.returncode == 3 and done.stdout.startswith("STOPMARK UNKNOWN"),
               (words, done.returncode, done.stdout))
        expect(done.stdout.count("\n") == 1, done.stdout)
    done = subprocess.run([STOPMARK, "check", "--help"], capture_output=True, text=True, check=False)
    expect(done.returncode == 0, done.returncode)


def check_prints_one_line_for_nagios():
    with Lab() as lab:
        done = lab.run("check", "--perfdata")
        expect(done.returncode in (0, 1), done.stdout)
        expect(done.stdout.count("\n") == 1, done.stdout)
        expect(done.stdout.count("|") == 1 and "data_loss=" in done.stdout, done.stdout)
    done = subprocess.run([STOPMARK, "check", "-c", "/nonexistent.ini"], capture_output=True,
                          text=True, check=False)
    expect(done.returncode == 3 and "UNKNOWN" in done.stdout, done.stdout)


def a_silent_server_greys_its_part_and_everything_else_lives():
    with Lab() as lab, socket.create_server(("127.0.0.1", 0)) as silent:
        with open(lab.ini, encoding="utf-8") as file:
            text = file.read()
        head, section, rest = text.partition("[server SQLB]")
        rest = re.sub(r"^port = \d+$", f"port = {silent.getsockname()[1]}", rest, count=1,
                      flags=re.M)
        head = head.replace("[group]\n", "[group]\nconnect_timeout = 2s\n", 1)
        path = os.path.join(lab.directory, "silent.ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write(head + section + rest)
        status = lab.json("status", config=path)
        servers = {s["name"]: s for s in status["servers"]}
        expect(not servers["SQLB"]["reachable"] and servers["SQLB"]["error"], servers["SQLB"])
        for name in ("SQLA", "DRSQL1", "DRSQL2"):
            expect(servers[name]["reachable"], servers[name])


def a_refused_login_is_named_with_the_servers_number():
    with Lab() as lab:
        with open(lab.ini, encoding="utf-8") as file:
            text = file.read()
        secret = os.path.join(lab.directory, "wrong.password")
        with open(secret, "w", encoding="utf-8") as file:
            file.write("not it\n")
        os.chmod(secret, 0o600)
        head, section, rest = text.partition("[server DRSQL2]")
        rest = re.sub(r"^password_file = .*$", f"password_file = {secret}", rest, count=1,
                      flags=re.M)
        path = os.path.join(lab.directory, "refused.ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write(head + section + rest)
        servers = {s["name"]: s for s in lab.json("status", config=path)["servers"]}
        expect("18456" in (servers["DRSQL2"]["error"] or ""), servers["DRSQL2"])
        expect(servers["DRSQL1"]["reachable"], servers["DRSQL1"])


def no_password_reaches_the_outside():
    with Lab() as lab:
        done = lab.run("status")
        passwords = []
        for name in os.listdir(lab.directory):
            if "password" in name:
                with open(os.path.join(lab.directory, name), encoding="utf-8") as file:
                    passwords.append(file.read().strip())
        expect(passwords, "the lab wrote password files")
        seen = done.stdout + done.stderr
        for folder, _, files in os.walk(lab.state):
            for name in files:
                with open(os.path.join(folder, name), "rb") as file:
                    seen += file.read().decode("utf-8", "replace")
        expect(not any(p and p in seen for p in passwords), "a password was seen")


support.main([the_documents_follow_their_schemas,
              the_status_tells_the_healthy_contoso_estate,
              the_plan_has_route_evidence_and_statements_for_all_ten,
              an_unknown_mark_exits_with_5_and_names_the_nearest,
              a_configuration_that_is_wrong_in_five_ways_lists_five_errors,
              usage_errors_exit_with_2_and_name_the_nearest,
              an_assumption_of_no_known_kind_is_a_usage_error,
              script_takes_what_plan_takes,
              check_says_unknown_where_its_command_line_is_wrong,
              check_prints_one_line_for_nagios,
              a_silent_server_greys_its_part_and_everything_else_lives,
              a_refused_login_is_named_with_the_servers_number,
              no_password_reaches_the_outside])
