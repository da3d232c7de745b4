#!/usr/bin/python3
"""`stopmark demo` by keys only: the sources die, the ten steps are walked, the group is proven."""
import os
import re
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from demo import Demo  # noqa: E402
from lab import STOPMARK, expect  # noqa: E402
from record import read_log, rosters  # noqa: E402
from slow import (FAST, SlowRun, begun_and_held, execute, kill_worker,  # noqa: E402
                  planned_file, rate)
from terminal import Terminal  # noqa: E402


def step(terminal, name, seconds=15):
    """Waits until the rail's arrow stands at that step."""
    arrow = re.compile(r"(▸|>)\s+\d+ " + name)
    terminal.until(lambda text: arrow.search(text) is not None, seconds)


def walk_to_the_run(terminal):
    terminal.until("● live")
    terminal.key("R")
    step(terminal, "Situation")
    terminal.until("source lost")
    terminal.key("Enter")
    step(terminal, "Preflight")
    terminal.until("SQLA answers: a lost source does not")
    terminal.key("Enter")  # refused in words while a source answers
    step(terminal, "Preflight")
    terminal.key("K")
    terminal.until("Type die")
    terminal.type("die")
    terminal.key("Enter")
    terminal.until(lambda text: "SQLA does not answer" in text and "SQLB does not answer" in text, 30)
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
    terminal.key("Enter")  # Enter-Enter must do nothing
    terminal.until("Type Contoso production")
    terminal.type("Contoso production")
    terminal.key("Enter")


def a_newcomer_walks_the_wizard_to_its_end():
    with Demo() as terminal:
        walk_to_the_run(terminal)
        step(terminal, "Verify", 90)
        terminal.until("proven consistent: all 10 databases are online")
        terminal.key("Enter")
        step(terminal, "After")
        terminal.until("0 of 35 manual steps are done")
        terminal.resize(60, 15)
        for key in "jjjj":  # the steps before give way to the words of the selected one
            terminal.key(key)
        terminal.until(lambda text: "5 Keep the old source from coming back" in text and
                       "SQL Server instances cannot" in text and
                       re.search(r"cut from the +↓", text) is not None)
        terminal.resize(80, 24)
        terminal.key("Enter")
        step(terminal, "Report")
        text = terminal.until("written to ")
        path = re.search(r"written to (\S+\.md)", text)
        expect(path is not None, text)
        with open(path[1], encoding="utf-8") as file:
            report = file.read()
        expect("proven consistent" in report and "BizTalkMsgBoxDb2" in report, report[:500])
        expect(os.path.exists(path[1][:-3] + ".json"), "the JSON stands beside it")
        roster, = rosters(terminal, read_log(terminal)[0]).values()
        expect(len(roster) == 10, roster)
        terminal.key("1")
        terminal.until("CAN WE FAIL OVER")
        terminal.leave()
        expect(path[1].encode() in terminal.written.split(b"\x1b")[-1], "the last words name it")
        expect(os.path.exists(path[1]), "the report outlives the demo")
        shutil.rmtree(os.path.dirname(os.path.dirname(path[1])))


def a_failed_run_tells_the_keys_it_waits_for_and_is_resumed_when_nobody_comes():
    with SlowRun(begin=False) as lab:
        path = planned_file(lab, "BizTalkMgmtDb")
        held = begun_and_held(lab)
        execute(lab, f"EXEC master.dbo.sp_lab_file N'{path}', N'missing'")
        with Terminal([STOPMARK, "-c", lab.ini], lab.environment()) as terminal:
            terminal.until("CAN WE FAIL OVER")
            os.kill(held, signal.SIGCONT)
            terminal.key("R")
            terminal.until("watch run 1")
            terminal.key("Enter")
            step(terminal, "Run")
            terminal.until(lambda text: "p pause/go on" in text and "a abort" in text and
                           "t retry" not in text)
            terminal.key("p")
            terminal.until("paused")
            terminal.key("p")
            rate(lab, FAST)
            text = terminal.until(lambda text: "t retry" in text, 60)
            expect("a abort" in text and "pause" not in text and "d detach" in text, text)
            expect("3201" in text and "nothing is online" in text, text)
            terminal.key("1")
            terminal.until("run 1 has FAILED and waits for you: R shows it")
            with Terminal([STOPMARK, "-c", lab.ini], lab.environment()) as another:
                another.until("run 1 has FAILED and waits for you: R shows it")
            terminal.key("R")
            kill_worker(lab)
            text = terminal.until("No worker answers for this run. Enter resumes it")
            execute(lab, f"EXEC master.dbo.sp_lab_file N'{path}', N'readable'")
            terminal.key("Enter")
            terminal.until("proven consistent: all 10 databases are online", 60)


def the_wizard_works_in_ascii_on_sixty_columns():
    with Demo("--ascii", columns=60, rows=20) as terminal:
        terminal.until(lambda text: "live" in text)
        terminal.key("R")
        step(terminal, "Situation")
        terminal.key("Enter")
        step(terminal, "Preflight")
        expect(all(ord(c) < 128 for c in terminal.text()), terminal.text())


support.main([a_newcomer_walks_the_wizard_to_its_end,
              a_failed_run_tells_the_keys_it_waits_for_and_is_resumed_when_nobody_comes,
              the_wizard_works_in_ascii_on_sixty_columns])
