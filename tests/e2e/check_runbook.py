#!/usr/bin/python3
"""The runbook: checked at the start, printed, ticked without the screen, kept over restarts."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, expect  # noqa: E402


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
        expect(tick(lab, "--tick", "drill").returncode == 2, "a drill is a run, not a word")
        expect(tick(lab, "--tick", "fence-source").returncode == 2, "that belongs to a run")


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


support.main([a_wrong_runbook_is_told_as_a_whole_and_nothing_starts,
              the_paper_has_every_phase_in_order_and_the_way_back_its_own,
              an_attestation_has_an_age_and_its_evidence,
              the_steps_of_a_run_are_ticked_and_survive])
