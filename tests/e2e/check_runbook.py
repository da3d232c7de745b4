#!/usr/bin/python3
"""The runbook: checked at the start, printed, ticked without the screen, kept over restarts."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import jsonschema  # noqa: E402
import lab as support  # noqa: E402
from lab import Lab, ROOT, expect, wait_for  # noqa: E402
from record import restore_login  # noqa: E402
from slow import execute  # noqa: E402


def validate(document, name):
    with open(os.path.join(ROOT, "man", "schema", name + ".json"), encoding="utf-8") as file:
        jsonschema.validate(document, json.load(file))
    return document


def tick(lab, *words):
    return lab.run("runbook", *words, "--by", "anna")


def a_wrong_runbook_is_told_as_a_whole_and_nothing_starts():
    with Lab("small") as lab:
        path = os.path.join(lab.directory, "runbook.ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[a]\ntitle = A\nphase = laterr\ntext = x\n[b]\ntitle = B\nfoo = 1\n")
        for command in (("status",), ("config", "check"), ("runbook",), ("runs",)):
            done = lab.run(*command)
            expect(done.returncode == 3, (command, done.returncode, done.stderr))
            for line, words in ((3, "unknown word 'laterr'"), (5, "[b] has no text"),
                                (7, "unknown key 'foo'")):
                expect(f"{path}:{line}: " in done.stderr and words in done.stderr, done.stderr)
            expect("3 errors in the runbook; nothing was started" in done.stderr, done.stderr)
        with open(path, "w", encoding="utf-8") as file:
            file.write("[call]\ntitle = Call {group}\ntext = now\n")
        done = lab.run("runbook")
        expect(done.returncode == 0 and "call: Call Small group" in done.stdout, done.stdout)


def the_paper_has_every_phase_in_order_and_the_way_back_its_own():
    with Lab("small") as lab:
        paper = lab.run("runbook").stdout
        order = ["update-database", "update-registry", "sso-database", "start-services",
                 "restart-wmi", "reconnect-console", "sso-server-name", "bam-databases",
                 "enable-jobs", "enable-processing", "configure-backup"]
        places = [paper.index(step + ": ") for step in order]
        expect(places == sorted(places), places)
        expect("never attested; good for 180 d" in paper, paper[:600])
        back = lab.run("runbook", "--situation", "fail-back").stdout
        expect("The way back" in back and "back-rebuild" in back and "update-database" not in back,
               back)
        expect(lab.run("runbook", "--situation", "panic").returncode == 2, "no such situation")


def an_attestation_has_an_age_and_its_evidence():
    with Lab("small") as lab:
        evidence = os.path.join(lab.directory, "secret.bak")
        with open(evidence, "w", encoding="utf-8") as file:
            file.write("abc")
        done = tick(lab, "--tick", "master-secret", "--note", f"in the safe @{evidence}")
        expect(done.returncode == 0, done.stderr)
        paper = lab.run("runbook").stdout
        expect("ok       master-secret" in paper and "by anna: in the safe" in paper and
               "sha256 ba7816bf" in paper, paper[:900])
        done = tick(lab, "--tick", "master-secret", "--note", f"@{evidence}.gone")
        expect(done.returncode == 1 and "cannot be read" in done.stderr, done.stderr)
        attested = {a["id"]: a for a in validate(lab.json("status"), "status")["attestations"]}
        expect(attested["master-secret"]["verdict"] == "ok" and
               attested["master-secret"]["by"] == "anna", attested["master-secret"])
        expect(attested["drill"]["verdict"] == "unknown" and attested["drill"]["time"] is None,
               attested["drill"])
        expect("unknown: A rehearsal was carried to its end: never carried out"
               in lab.run("status").stdout, "status in words")
        expect(tick(lab, "--tick", "drill").returncode == 2, "a drill is a run, not a word")
        expect(tick(lab, "--tick", "fence-source").returncode == 2, "that belongs to a run")


def attested(lab):
    """What the rule about attestations says, by what it is about."""
    return {c["where"]: c for c in validate(lab.json("status"), "status")["checks"]
            if c["id"] == "attested"}


def what_was_attested_long_ago_is_a_finding_and_never_only_where_the_site_asks():
    with Lab("small") as lab:
        fine = attested(lab)
        expect(list(fine) == [""] and fine[""]["verdict"] == "ok" and
               "never attested: master-secret, drill" in fine[""]["text"], fine)
        expect(tick(lab, "--tick", "update-file", "--note", "checked").returncode == 0, "attest")
        log = subprocess.run(["find", lab.directory, "-name", "attestations.log"],
                             capture_output=True, text=True, check=True).stdout.split()
        expect(len(log) == 1, log)
        with open(log[0], "a", encoding="utf-8") as file:
            file.write('{"id":"master-secret","time":"2020-01-01T00:00:00Z","by":"anna",'
                       '"note":"old safe"}\n')
        found = attested(lab)
        expect(list(found) == ["master-secret"] and
               found["master-secret"]["verdict"] == "warning" and
               "by anna: old safe" in found["master-secret"]["text"] and
               "--tick" in found["master-secret"]["remedy"], found)
        own = os.path.join(os.path.dirname(lab.ini), "runbook.ini")
        with open(own, "w", encoding="utf-8") as file:
            file.write("[secret-copy]\ntitle = The secret is at the standby\nphase = readiness\n"
                       "every = 30d\ntext = Look into the safe.\n")
        found = attested(lab)
        expect(list(found) == ["secret-copy"] and found["secret-copy"]["verdict"] == "unknown" and
               "never attested; good for 30 d" in found["secret-copy"]["text"], found)


def the_steps_of_a_run_are_ticked_and_survive():
    with Lab("small", speed=1) as lab:
        lab.json("status")
        lab.sources_die()
        done = lab.run("restore", "--target", "newest", "--situation", "source-lost", "--confirm",
                       "Small group", seconds=120)
        expect(done.returncode == 0, done.stderr)
        report = lab.json("report", "1")
        steps = {s["id"]: s for s in report["manual"]}
        expect(steps["verified"]["ticked"] and steps["verified"]["kind"] == "automatic",
               steps["verified"])
        expect(steps["at-mark"]["note"].endswith("databases proven at the mark"), steps["at-mark"])
        expect(not steps["fence-source"]["ticked"] and steps["fence-source"]["kind"] == "manual",
               steps["fence-source"])
        expect(steps["back-rebuild"]["back"] and not steps["fence-source"]["back"], "the way back")
        done = tick(lab, "1", "--tick", "fence-source", "--note", "power cut in both racks")
        expect(done.returncode == 0, done.stderr)
        done = tick(lab, "1", "--tick", "verified")
        expect(done.returncode == 5 and "proven by the run itself" in done.stderr, done.stderr)
        expect(tick(lab, "1", "--tick", "nothing").returncode == 2, "no such step")
        text = lab.run("report", "1").stdout
        expect("[x] **Keep the old source from coming back**" in text and
               "anna, 20" in text and "power cut in both racks" in text, text)
        expect("## Fail back (0 of " in text, "the way back is in the report")
        for step in json.loads(lab.run("report", "1", "--json").stdout)["manual"]:
            if step["kind"] == "manual" and not step["back"]:
                expect(tick(lab, "1", "--tick", step["id"]).returncode == 0, step["id"])
        expect(lab.json("runs")["runs"][0]["state"] == "done", "the last tick ends the run")


def the_run_makes_its_files_and_the_scan_says_what_is_left():
    with Lab(speed=1) as lab:
        lab.json("status")
        lab.sources_die()
        done = lab.run("restore", "--target", "newest", "--situation", "source-lost", "--confirm",
                       "Contoso production", seconds=120)
        expect(done.returncode == 0, done.stderr)
        report = lab.json("report", "1")
        names = {os.path.basename(path) for path in report["files"]}
        wanted = {"update-1.xml"} | {f"{kind}-1-{server}.sql" for server in ("DRSQL1", "DRSQL2")
                                     for kind in ("logins", "jobs", "jobs-enable")}
        expect(names == wanted, names)
        for path in report["files"]:
            expect(os.stat(path).st_mode & 0o777 == 0o600, path)
        expect(report["scan"] is None, "nobody has looked yet")
        text = {os.path.basename(path): open(path, encoding="utf-8").read()
                for path in report["files"]}
        expect("N'Backup BizTalk Server (BizTalkMgmtDb)', @enabled = 0" in text["jobs-1-DRSQL1.sql"],
               text["jobs-1-DRSQL1.sql"][:500])
        expect("TrackedMessages_Copy_BizTalkMsgBoxDb2" in text["jobs-1-DRSQL2.sql"] and
               "BizTalkMgmtDb" not in text["jobs-1-DRSQL2.sql"], "each where its database is")
        expect("SID = 0x" in text["logins-1-DRSQL1.sql"], text["logins-1-DRSQL1.sql"])
        with_scan = lab.json("report", "1", "--scan")
        validate(with_scan, "report")
        scan = with_scan["scan"]
        expect(all(kind["looked"] for kind in scan["looked"].values()), scan["looked"])
        found = {(f["kind"], f["where"]) for f in scan["findings"]}
        expect(("old-name", "DRSQL1/BizTalkMgmtDb") in found and ("job", "DRSQL2") in found, found)
        expect(not any(f["kind"] == "old-source" for f in scan["findings"]), "they are dead")
        steps = {s["id"]: s for s in with_scan["manual"]}
        expect(steps["run-files"]["ticked"] and steps["fence-proven"]["ticked"] and
               not steps["names-proven"]["ticked"] and not steps["jobs-proven"]["ticked"],
               "what the scan proves")
        lab.sources(True)
        wait_for(lambda: any(f["kind"] == "old-source" and "online there" in f["text"]
                             for f in lab.json("report", "1", "--scan")["scan"]["findings"]),
                 20, "the old source is found")


def run_script(lab, path, server):
    """As a client tool does: batch after batch."""
    with open(path, encoding="utf-8") as file:
        for batch in re.split(r"(?m)^GO$", file.read()):
            if re.sub(r"(?m)^--.*$", "", batch).strip():
                execute(lab, batch, server)


def jobs(lab, server):
    return {j["name"]: j for j in lab.json("status")["jobs"]
            if j["server"] == server and "Log Shipping" not in j["name"]}


def the_job_scripts_make_the_jobs_disabled_and_enable_them_in_a_step_of_their_own():
    with Lab(speed=1) as lab:
        before = {**jobs(lab, "SQLA"), **jobs(lab, "SQLB")}
        lab.sources_die()
        done = lab.run("restore", "--target", "newest", "--situation", "source-lost", "--confirm",
                       "Contoso production", seconds=120)
        expect(done.returncode == 0, done.stderr)
        path = os.path.join(os.path.dirname(lab.json("report", "1")["files"][0]), "{}-1-{}.sql")
        for _ in range(2):  # the second time everything is there already
            for server in ("DRSQL1", "DRSQL2"):
                run_script(lab, path.format("jobs", server), server)
        made = {**jobs(lab, "DRSQL1"), **jobs(lab, "DRSQL2")}
        expect(set(made) == set(before), set(before) ^ set(made))
        expect(not any(job["enabled"] for job in made.values()), "all are disabled at first")
        missing = [f["text"] for f in lab.json("report", "1", "--scan")["scan"]["findings"]
                   if f["kind"] == "job"]
        expect(not missing, missing)
        for server in ("DRSQL1", "DRSQL2"):
            run_script(lab, path.format("jobs-enable", server), server)
        made = {**jobs(lab, "DRSQL1"), **jobs(lab, "DRSQL2")}
        for name, job in made.items():
            stays = name.startswith(("MessageBox_Message_Cleanup_", "Backup BizTalk Server"))
            expect(job["enabled"] == (before[name]["enabled"] and not stays), (name, job))


STEPS = ("SELECT s.step_id, s.step_name, s.command, s.on_success_action, s.on_success_step_id,"
         " s.on_fail_action, s.on_fail_step_id, s.database_name, s.retry_attempts,"
         " s.retry_interval FROM msdb.dbo.sysjobsteps s JOIN msdb.dbo.sysjobs j"
         " ON j.job_id = s.job_id WHERE j.name = N'DTA Purge and Archive (BizTalkDTADb)'"
         " ORDER BY s.step_id")


def the_job_scripts_keep_what_a_step_does_at_its_end():
    with Lab("small", speed=1) as lab:
        source = restore_login(lab, "SQLSMALL")
        cursor = source.cursor()
        for step in ("@step_name = N'again', @command = N'SELECT 2', @on_success_action = 4,"
                     " @on_success_step_id = 1, @on_fail_action = 3, @retry_attempts = 5,"
                     " @retry_interval = 7, @database_name = N'BizTalkDTADb'",
                     "@step_name = N'to the end', @command = N'SELECT 3', @on_success_action = 2,"
                     " @on_fail_action = 4, @on_fail_step_id = 2, @database_name = N'master'"):
            cursor.execute("EXEC msdb.dbo.sp_add_jobstep @job_name ="
                           f" N'DTA Purge and Archive (BizTalkDTADb)', {step}")
        cursor.execute(STEPS)
        before = cursor.fetchall()
        expect(len(before) == 3 and before[1][3:] == (4, 1, 3, 0, "BizTalkDTADb", 5, 7), before)
        source.close()
        lab.json("status")
        lab.sources_die()
        done = lab.run("restore", "--target", "newest", "--situation", "source-lost", "--confirm",
                       "Small group", seconds=120)
        expect(done.returncode == 0, done.stderr)
        directory = os.path.dirname(lab.json("report", "1")["files"][0])
        run_script(lab, os.path.join(directory, "jobs-1-DRSMALL.sql"), "DRSMALL")
        destination = restore_login(lab, "DRSMALL")
        cursor = destination.cursor()
        cursor.execute(STEPS)
        after = cursor.fetchall()
        destination.close()
        expect(after == before, (before, after))


def jobs_of_biztalk_that_are_enabled_or_missing_are_findings_and_no_failed_proof():
    with Lab("small", speed=1) as lab:
        lab.json("status")
        lab.sources_die()
        connection = restore_login(lab, "DRSMALL")
        for name, enabled in (("PurgeSubscriptionsJob_BizTalkMsgBoxDb", 1),
                              ("TrackedMessages_Copy_BizTalkMsgBoxDb", 0), ("Nightly indexes", 1)):
            connection.cursor().execute(f"EXEC msdb.dbo.sp_add_job @job_name = N'{name}', "
                                        f"@enabled = {enabled}")
        connection.close()
        done = lab.run("restore", "--target", "newest", "--situation", "source-lost", "--confirm",
                       "Small group", seconds=120)
        expect(done.returncode == 0, done.stderr)
        report = lab.json("report", "1")
        expect(report["verdict"] == "ok", report["verdict"])
        said = "\n".join(report["messages"])
        expect("the shipping jobs are disabled; 2 of BizTalk's other Agent jobs there, 1 of them "
               "enabled" in said, said)
        expect("1 of BizTalk's Agent job(s) are enabled, such as PurgeSubscriptionsJob_"
               "BizTalkMsgBoxDb: disable" in said, said)
        expect("Agent job(s) are missing, such as DTA Purge and Archive (BizTalkDTADb)" in said and
               "TrackedMessages_Copy" not in said, said)
        expect("1 Agent job(s) that are not BizTalk's are enabled, such as Nightly indexes" in said,
               said)


def the_scan_is_refused_where_nothing_was_failed_over():
    with Lab("small") as lab:
        done = lab.run("report", "1", "--scan")
        expect(done.returncode == 2, done.stderr)  # there is no run 1


support.main([a_wrong_runbook_is_told_as_a_whole_and_nothing_starts,
              the_paper_has_every_phase_in_order_and_the_way_back_its_own,
              an_attestation_has_an_age_and_its_evidence,
              what_was_attested_long_ago_is_a_finding_and_never_only_where_the_site_asks,
              the_steps_of_a_run_are_ticked_and_survive,
              the_run_makes_its_files_and_the_scan_says_what_is_left,
              the_job_scripts_make_the_jobs_disabled_and_enable_them_in_a_step_of_their_own,
              the_job_scripts_keep_what_a_step_does_at_its_end,
              jobs_of_biztalk_that_are_enabled_or_missing_are_findings_and_no_failed_proof,
              the_scan_is_refused_where_nothing_was_failed_over])
