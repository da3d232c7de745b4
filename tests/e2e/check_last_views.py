#!/usr/bin/python3
"""Everything that was last known stands on disk: with the sources dead before stopmark starts, the
commands answer from it, dated, and the wizard finishes its ten steps."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, STOPMARK, expect  # noqa: E402
from terminal import Terminal  # noqa: E402


def step(terminal, name, seconds=30):
    """Waits until the rail's arrow stands at that step."""
    arrow = re.compile(r"(▸|>)\s+\d+ " + name)
    terminal.until(lambda text: arrow.search(text) is not None, seconds)


def seen_once(lab):
    """A first session that keeps its views; then the sources are gone for good."""
    lab.json("status")
    lab.sources_die()


def the_commands_answer_from_the_last_good_views():
    with Lab() as lab:
        seen_once(lab)
        status = lab.json("status")
        sources = [s for s in status["servers"] if s["role"] == "source"]
        expect(all(not s["reachable"] and s["error"] and s["as_of"] for s in sources), sources)
        expect(status["readiness"]["possible"], status["readiness"])
        expect(status["readiness"]["data_loss_basis"] == "last-seen", status["readiness"])
        expect(any(d["server"] == "SQLA" and d["database"] == "BizTalkMgmtDb"
                   for d in status["databases"]), "the sources' databases are known")
        expect(any(j["server"] == "SQLA" for j in status["jobs"]), "and their jobs")
        plan = lab.json("plan")
        expect(plan["possible"] and plan["data_loss_basis"] == "last-seen", plan["reasons"])
        expect(plan["target"]["mark"] == status["readiness"]["mark"], plan["target"])
        expect(lab.json("sets")["sets"] and lab.json("marks")["marks"], "sets and marks too")
        expect(lab.run("updateinfo").returncode == 0, "and the update file")


def the_wizard_finishes_its_ten_steps_from_the_last_good_views():
    with Lab(speed=1) as lab:
        seen_once(lab)
        environment = lab.environment()
        with Terminal([STOPMARK, "-c", lab.ini], environment) as terminal:
            terminal.until("CAN WE FAIL OVER")
            terminal.until(lambda text: "at least" in text, 30)
            terminal.key("R")
            step(terminal, "Situation")
            terminal.key("Enter")
            step(terminal, "Preflight")
            terminal.until(lambda text: "SQLA does not answer" in text and
                           "SQLB does not answer" in text, 30)
            terminal.until(lambda text: "DRSQL1 answers" in text and "DRSQL2 answers" in text, 30)
            terminal.key("Enter")
            step(terminal, "Mark")
            terminal.until("BTS_2026_11_20_12_")
            terminal.key("Enter")
            step(terminal, "Method")
            terminal.key("Enter")
            step(terminal, "Plan")
            terminal.until("possible")
            terminal.key("Enter")
            step(terminal, "Confirm")
            terminal.key("Enter")
            terminal.until("Type Contoso production")
            terminal.type("Contoso production")
            terminal.key("Enter")
            step(terminal, "Verify", 120)
            terminal.until("proven consistent: all 10 databases are online")
            terminal.key("Enter")
            step(terminal, "After")
            terminal.until("manual steps are done")
            terminal.key("Enter")
            step(terminal, "Report")
            path = re.search(r"written to (\S+\.md)", terminal.until("written to "))
            expect(path is not None and os.path.exists(path[1]), "the report is written")
            with open(path[1], encoding="utf-8") as file:
                expect("proven consistent" in file.read(), path[1])
            terminal.key("1")
            terminal.until("CAN WE FAIL OVER")
            terminal.key("q")
            expect(terminal.wait_end() == 0, "q leaves with 0")


support.main([the_commands_answer_from_the_last_good_views,
              the_wizard_finishes_its_ten_steps_from_the_last_good_views])
