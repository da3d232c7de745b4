#!/usr/bin/python3
"""A chain that another tool has broken: refused with the reason, bridged with --add-file, proven."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, expect  # noqa: E402
from record import check_record  # noqa: E402

BRIDGE = "\\\\nas\\tool\\BizTalkDTADb_1105.trn"
GROUP = "Stolen log"
RESTORE = ("restore", "--target", "newest", "--situation", "source-lost", "--confirm", GROUP)


def database(plan, name):
    return next(d for d in plan["databases"] if d["database"] == name)


def without_the_stolen_log_nothing_rolls_forward_and_the_reason_names_the_file():
    with Lab("stolen") as lab:
        plan = lab.json("plan", status=5)
        expect(not plan["possible"], plan["reasons"])
        reason = next(r for r in plan["reasons"] if "BizTalkDTADb" in r)
        expect("log is missing between set" in reason, reason)
        expect(BRIDGE in reason and "--add-file" in reason, reason)


def with_it_the_plan_rolls_forward_over_the_bridge():
    with Lab("stolen") as lab:
        plan = lab.json("plan", "--add-file", BRIDGE)
        expect(plan["possible"], plan["reasons"])
        tracking = database(plan, "BizTalkDTADb")
        expect(tracking["route"] == "roll-forward", tracking["route"])
        bridge = [s for s in tracking["steps"] if s["file"] == BRIDGE]
        expect(len(bridge) == 1 and bridge[0]["set"] is None, bridge)
        expect(bridge[0]["evidence"] == "header", bridge)
        expect(all(not s["file"] or s["file"] != BRIDGE for d in plan["databases"]
                   if d is not tracking for s in d["steps"]), "only its own database takes it")
        text = lab.run("plan", "--add-file", BRIDGE).stdout
        expect(", added, " + BRIDGE in text, text[:3000])


def the_scripts_take_the_bridge_too():
    with Lab("stolen") as lab:
        directory = os.path.join(lab.directory, "scripts")
        done = lab.run("script", "--add-file", BRIDGE, "--output", directory)
        expect(done.returncode == 0, (done.returncode, done.stderr))
        with open(os.path.join(directory, "DRSMALL-1-to-mark.sql"), encoding="utf-8") as file:
            expect(BRIDGE in file.read(), "the bridge is in the script")


def a_file_that_is_not_there_or_of_another_kind_is_told():
    with Lab("stolen") as lab:
        plan = lab.json("plan", "--add-file", "\\\\nas\\tool\\nothing.trn", status=5)
        reason = next((r for r in plan["reasons"] if "nothing.trn" in r), None)
        expect(reason is not None and "DRSMALL" in reason, plan["reasons"])


def restored_over_the_bridge(lab):
    done = lab.run(*RESTORE, "--add-file", BRIDGE, seconds=120)
    expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
    run = lab.json("runs")["runs"][0]["run"]
    report = lab.json("report", str(run))
    expect(report["verdict"] == "ok" and len(report["databases"]) == 5, report["verdict"])
    sent = [s for s in report["steps"] if s.get("file") == BRIDGE]
    expect(len(sent) == 1 and sent[0]["state"] == "done", sent)
    check_record(lab, databases=5)


def the_bridge_is_restored_and_proven():
    with Lab("stolen") as lab:
        lab.json("plan", status=5)  # the last good views of the sources
        lab.sources_die()
        refused = lab.run(*RESTORE)
        expect(refused.returncode == 5, (refused.returncode, refused.stderr[-2000:]))
        expect("log is missing between" in refused.stderr, refused.stderr[-2000:])
        expect(not lab.json("runs")["runs"], "nothing was begun")
        restored_over_the_bridge(lab)


def with_the_sources_never_seen_the_headers_tell():
    """The imported history has no LSNs: the hole shows when the files are opened."""
    with Lab("stolen") as lab:
        lab.sources(False)
        lab.sources_die()
        refused = lab.run(*RESTORE)
        expect(refused.returncode == 5, (refused.returncode, refused.stderr[-2000:]))
        restored_over_the_bridge(lab)


def a_planned_move_goes_over_the_bridge_too():
    """It plans again to the mark that it makes: with the file that was confirmed."""
    with Lab("stolen", speed=30) as lab:
        plan = lab.json("plan", "--situation", "planned-move", "--add-file", BRIDGE)
        expect(plan["possible"] and plan["added_files"] == [BRIDGE], plan["reasons"])
        done = lab.run("restore", "--target", "newest", "--situation", "planned-move", "--confirm",
                       GROUP, "--add-file", BRIDGE, seconds=180)
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        report = lab.json("report", "1")
        expect(report["verdict"] == "ok" and report["data_loss_seconds"] == 0, report["verdict_text"])
        expect([s for s in report["steps"] if s["file"] == BRIDGE], "the bridge was restored")
        check_record(lab, databases=5)


support.main([a_planned_move_goes_over_the_bridge_too,
              without_the_stolen_log_nothing_rolls_forward_and_the_reason_names_the_file,
              with_it_the_plan_rolls_forward_over_the_bridge,
              the_scripts_take_the_bridge_too,
              a_file_that_is_not_there_or_of_another_kind_is_told,
              the_bridge_is_restored_and_proven,
              with_the_sources_never_seen_the_headers_tell])
