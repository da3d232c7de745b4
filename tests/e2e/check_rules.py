#!/usr/bin/python3
"""Every scenario of the lab against every rule: what is broken is named by the right rule and by no
other, and healthy estates raise none. What is expected stands in rules.json beside this file."""
import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, ROOT, STOPMARK, expect  # noqa: E402
from record import restore_login  # noqa: E402
from terminal import Terminal  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIOS = os.path.join(ROOT, "tests", "lab", "scenarios")
DEEP = "--deep" in sys.argv
if DEEP:
    sys.argv.remove("--deep")
SIGNS = {"ok": ".", "warning": "!", "critical": "X", "unknown": "?", "acknowledged": "a"}
RANK = ["ok", "acknowledged", "unknown", "warning", "critical"]
# what a rule says that cannot look, or finds nothing to look at
HIDDEN = re.compile(r"(may not|could not|cannot be) (look|told|read|tried)|not visible|"
                    r"is not known|no (backup set|mark|complete log set)|does not (see|answer)|"
                    r"permission is missing|there is no backup job to read")


def table():
    with open(os.path.join(HERE, "rules.json"), encoding="utf-8") as file:
        return json.load(file)["scenarios"]


def rules_of_the_table_of_rules():
    with open(os.path.join(ROOT, "core", "rules.def"), encoding="utf-8") as file:
        return re.findall(r'^X\(\w+,\s+"([a-z-]+)"', file.read(), re.M)


def worst(results):
    """The worst verdict of each rule."""
    verdicts = {}
    for result in results:
        before = verdicts.get(result["id"], "ok")
        verdicts[result["id"]] = max(before, result["verdict"], key=RANK.index)
    return verdicts


def mistakes(row, results):
    """What the answers have wrong, in words."""
    expected = {**row["named_by"], **row["follows"]}
    verdicts = worst(results)
    for rule in sorted(set(expected) | set(verdicts)):
        verdict, wanted = verdicts.get(rule), expected.get(rule)
        if wanted and verdict != wanted:
            yield f"{rule} says {verdict}, not {wanted}"
        elif not wanted and verdict in ("warning", "critical"):
            text = next(r["text"] for r in results if r["id"] == rule and r["verdict"] == verdict)
            yield f"{rule} raises a false alarm, {verdict}: {text}"
    for result in results:
        hidden = row["unknown"] or []
        if result["verdict"] == "unknown" and isinstance(hidden, list) and result["id"] not in hidden:
            yield f"{result['id']} cannot look though nothing is hidden: {result['text']}"
        elif result["verdict"] == "unknown" and not HIDDEN.search(result["text"]):
            yield f"{result['id']} does not say why it cannot look: {result['text']}"
        elif result["verdict"] != "ok" and not result["remedy"]:
            yield f"{result['id']} has no remedy"


def ask(name):
    """What a scenario's rules say."""
    with Lab(name) as lab:
        return lab.json("status")["checks"]


def print_matrix(rules, answers):
    names = list(answers)
    width = max(map(len, rules))
    for at, name in enumerate(names):
        print(" " * width, " ".join("|" * at) + (" " if at else "") + name)
    for rule in rules:
        print(rule.ljust(width), " ".join(SIGNS[worst(answers[n])[rule]] for n in names))
    print(f"{len(names)} scenarios x {len(rules)} rules")


def each_scenario_is_named_by_its_rules_alone():
    rows = table()
    scenarios = sorted(n[:-5] for n in os.listdir(SCENARIOS) if n.endswith(".json"))
    rules = rules_of_the_table_of_rules()
    wrong = []
    for name in [n for n in scenarios if "deep" in rows.get(n, {}) and not DEEP]:
        print(f"{name} is asked with --deep: {rows[name]['deep']}")
        scenarios.remove(name)
        rows.pop(name)
    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(scenarios, pool.map(ask, scenarios)))
    for name in scenarios:
        if name not in rows:
            wrong.append(f"{name} has no row in rules.json")
            continue
        wrong += [f"{name}: {words}" for words in mistakes(rows[name], answers[name])]
        missing = set(rules) - {r["id"] for r in answers[name]}
        wrong += [f"{name}: status does not list {rule}" for rule in sorted(missing)]
        broken = rows[name]["broken"]
        if broken and not rows[name]["named_by"] and not rows[name]["unknown"]:
            wrong.append(f"{name}: nothing names what is broken")
    wrong += [f"rules.json has a row for {name}, which is no scenario"
              for name in sorted(set(rows) - set(scenarios))]
    print_matrix(rules, answers)
    expect(not wrong, "\n  " + "\n  ".join(wrong))


def who_is_in_the_backup_jobs_role_is_counted():
    with Lab("small") as lab:
        expect(finding(lab, "backup-role")["text"] ==
               "all databases have the role BTS_BACKUP_USERS", finding(lab, "backup-role"))
    with Lab("recovered") as lab:
        connection = restore_login(lab, "SQLSMALL2")
        connection.cursor().execute("USE BizTalkMsgBoxDb2;"
                                    "ALTER ROLE BTS_BACKUP_USERS DROP MEMBER backup_job")
        check = finding(lab, "backup-role")
        expect(check["verdict"] == "ok" and "backed up all the same" in check["text"], check)
        for sql in ("EXEC master.dbo.sp_lab_backup_fails N'BizTalkMsgBoxDb2'",
                    "EXEC master.dbo.sp_lab_advance @seconds = 1200"):
            management = restore_login(lab, "SQLSMALL")
            management.cursor().execute(sql)
            management.close()
        check = finding(lab, "backup-role")
        expect(check["verdict"] == "warning" and check["where"] == "SQLSMALL2/BizTalkMsgBoxDb2" and
               "nobody is in its role" in check["text"], check)
        connection.close()


def a_seldom_jobs_failed_step_is_told_however_often_others_ran_since():
    words = "The DELETE permission was denied on the object 'BTFExpired'."
    scenario = support.built_in("small")
    scenario["databases"].append({"name": "BizTalkMsgBoxDb2", "server": "SQLSMALL",
                                  "role": "messagebox", "data_mb": 40})
    scenario["jobs"] = [{"server": "SQLSMALL", "fails": words,
                         "name": "CleanupBTFExpiredEntriesJob_BizTalkMgmtDb"}]
    with Lab(scenario) as lab:
        connection = restore_login(lab, "SQLSMALL")
        cursor = connection.cursor()
        cursor.execute("EXEC master.dbo.sp_lab_advance @seconds = 46800")  # it ran at midnight
        cursor.execute("SELECT COUNT(*) FROM msdb.dbo.sysjobhistory WHERE step_id = 0 AND"
                       " instance_id > (SELECT MAX(f.instance_id) FROM msdb.dbo.sysjobhistory AS f"
                       " WHERE f.step_id > 0 AND f.run_status = 0)")
        others = cursor.fetchone()[0]
        connection.close()
        expect(others > 400, others)
        check = finding(lab, "source-jobs")
        expect(words in check["text"], check)


def finding(lab, rule):
    return next(c for c in lab.json("status")["checks"] if c["id"] == rule)


def accept(terminal, reason, until):
    terminal.key("7")
    terminal.until("Checks")
    terminal.until("source-databases")
    terminal.key("a")
    terminal.until("Reason")
    terminal.type(reason)
    terminal.key("\r")
    for _ in range(3):
        terminal.key("\x7f")
    terminal.type(until)
    terminal.key("\r")


def an_accepted_finding_stays_visible_and_counts_again_in_time():
    with Lab("local-time") as lab:
        line = lab.run("check")
        expect("warning DRSMALL2: its clock" in line.stdout, line.stdout)
        with Terminal([STOPMARK, "-c", lab.ini], lab.environment(), columns=110) as terminal:
            terminal.until("DRSMALL2")
            accept(terminal, "", "3d")
            terminal.until("say why")
            terminal.key("\x1b")
            terminal.until("1 warning")
            expect(finding(lab, "clocks")["acknowledged"] is None, "Esc changes nothing")
            accept(terminal, "ntp team knows", "3d")
            terminal.until("acknowledged", 20)
            terminal.key("q")
        check = finding(lab, "clocks")
        expect(check["verdict"] == "acknowledged", check)
        expect("its clock" in check["text"], check)
        accepted = check["acknowledged"]
        expect(accepted["verdict"] == "warning" and accepted["reason"] == "ntp team knows"
               and "@" in accepted["by"] and accepted["until"] > accepted["at"], accepted)
        text = lab.run("status").stdout
        expect(re.search(r"clocks DRSMALL2.*accepted by .* until 20.*: ntp team knows", text), text)
        line = lab.run("check")
        expect("acknowledged DRSMALL2: its clock" in line.stdout
               and "ntp team knows" in line.stdout, line.stdout)
        path = next(os.path.join(at, name) for at, _, names in os.walk(lab.directory)
                    for name in names if name == "acknowledgements")
        expect(os.stat(path).st_mode & 0o777 == 0o600, "only for its owner")
        with open(path, encoding="utf-8") as file:
            kept = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(kept.replace(accepted["until"][:4], "2020"))  # its time is over
        expect(finding(lab, "clocks")["verdict"] == "warning", "it counts again")


def the_wall_screen_accepts_nothing():
    with Lab("local-time") as lab:
        with Terminal([STOPMARK, "-c", lab.ini, "--monitor"], lab.environment()) as terminal:
            terminal.until("1 warning")
            terminal.key("7")
            terminal.until("clocks")
            terminal.key("a")
            terminal.key("?")
            terminal.until("Every rule")
            expect("Reason" not in terminal.text(), terminal.text())
            expect("Accept the selected" not in terminal.text(), terminal.text())


if __name__ == "__main__":
    support.main([each_scenario_is_named_by_its_rules_alone,
                  who_is_in_the_backup_jobs_role_is_counted,
                  a_seldom_jobs_failed_step_is_told_however_often_others_ran_since,
                  an_accepted_finding_stays_visible_and_counts_again_in_time,
                  the_wall_screen_accepts_nothing])
