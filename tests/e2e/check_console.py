#!/usr/bin/python3
"""The console in a pseudo-terminal: how fast it is, how small it may be, how it leaves."""
import os
import re
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, STOPMARK, expect  # noqa: E402
from terminal import Terminal  # noqa: E402


def console(lab, *words, config=None, **options):
    return Terminal([STOPMARK, "-c", config or lab.ini, *words], lab.environment(), **options)


def the_verdict_is_there_within_two_seconds():
    with Lab(scenario="contoso") as lab:
        started = time.monotonic()
        with console(lab) as terminal:
            terminal.until(lambda text: "YES" in text and "BTS_2026_11_20" in text)
            took = time.monotonic() - started
            text = terminal.text()
            print(f"  start to verdict: {took * 1000:.0f} ms")
            expect(took < 2, f"{took:.2f} s")
            expect("min" in text and "set" in text, text)
            terminal.key("q")
            expect(terminal.wait_end() == 0, "q leaves with 0")


# What each panel shows and no other, whatever is known yet.
PANELS = {"1": "CAN WE FAIL OVER?", "2": "Model  Last log", "3": "Set Kind State",
          "4": "All have applied", "5": "x what if", "6": "State        Last run Outcome",
          "7": "Verdict     Check", "8": "Time      Verdict"}


def fifty_keys_are_each_painted_before_the_next_with_a_silent_server():
    with Lab(scenario="contoso") as lab, socket.create_server(("127.0.0.1", 0)) as silent:
        with open(lab.ini, encoding="utf-8") as file:
            text = file.read()
        head, section, rest = text.partition("[server SQLB]")
        rest = re.sub(r"^port = \d+$", f"port = {silent.getsockname()[1]}", rest, count=1,
                      flags=re.M)
        path = os.path.join(lab.directory, "silent.ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write(head + section + rest)
        with console(lab, config=path) as terminal:
            terminal.until("DRSQL1")
            worst = 0
            for i in range(50):
                key = str(1 + (i + 1) % 8)  # not the panel that is shown already
                expect(PANELS[key] not in terminal.text(), f"{key} shows nothing new")
                started = time.monotonic()
                terminal.key(key)
                terminal.until(PANELS[key], 1)
                worst = max(worst, time.monotonic() - started)
            print(f"  slowest of 50 keys: {worst * 1000:.1f} ms")
            expect(worst < 1, f"{worst:.3f} s")
            terminal.key("q")
            started = time.monotonic()
            expect(terminal.wait_end() == 0, "q leaves with 0")
            expect(time.monotonic() - started < 3, "it leaves although a server is silent")


def a_tiny_terminal_shows_one_line_and_grows_back():
    with Lab() as lab, console(lab, columns=20, rows=5) as terminal:
        terminal.until(lambda text: text.strip() != "")
        lines = [line for line in terminal.text().split("\n") if line.strip()]
        expect(len(lines) == 1, lines)
        for columns, rows in ((60, 15), (1, 1), (132, 40), (39, 9), (80, 24)):
            terminal.resize(columns, rows)
            terminal.until(lambda text: text.strip() != "")
            expect(not terminal.ended(), f"it lives at {columns}x{rows}")
        terminal.until("Overview")
        terminal.key("q")
        expect(terminal.wait_end() == 0, "q leaves with 0")


def every_way_out_gives_the_terminal_back():
    with Lab() as lab:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with console(lab) as terminal:
                terminal.until("Overview")
                terminal.kill(number)
                terminal.until(lambda text: terminal.ended() or "quit" in text.lower() or
                               "leave" in text.lower(), 5)
                if not terminal.ended():  # Ctrl-C asks as q does
                    terminal.key("q")
                    terminal.key("y")
                terminal.wait_end()


def an_unknown_terminal_falls_back_to_lines():
    with Lab() as lab, console(lab, term="no-such-terminal") as terminal:
        terminal.until(lambda _: b"YES" in terminal.written)
        expect(b"\x1b" not in terminal.written, "lines of text have no escape sequences")
        terminal.kill(signal.SIGTERM)
        terminal.wait_end()


def the_monitor_has_no_restore_key():
    with Lab() as lab, console(lab, "--monitor") as terminal:
        terminal.until("YES")
        terminal.key("R")
        terminal.key("2")
        terminal.until("SSODB")
        expect("Situation" not in terminal.text(), terminal.text())


support.main([the_verdict_is_there_within_two_seconds,
              fifty_keys_are_each_painted_before_the_next_with_a_silent_server,
              a_tiny_terminal_shows_one_line_and_grows_back,
              every_way_out_gives_the_terminal_back,
              an_unknown_terminal_falls_back_to_lines,
              the_monitor_has_no_restore_key])
