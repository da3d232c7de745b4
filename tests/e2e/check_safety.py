#!/usr/bin/python3
"""What must stop a run on its way from a confirmed plan to a live group: a source that comes back,
orders that come too late, servers that fall silent, and what the login cannot see."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, expect, wait_for  # noqa: E402
from record import check_record, read_record  # noqa: E402
from slow import (FAST, RESTORE, SlowRun, execute, expect_done, rate, recoveries,  # noqa: E402
                  state_of, wait_state, worker)


def reason(lab):
    return lab.json("report", "1")["reason"] or ""


def a_source_that_comes_back_stops_the_run_before_the_first_recovery():
    with SlowRun() as lab:
        lab.sources(True)
        rate(lab, FAST)
        wait_state(lab, "failed", "done", seconds=90)
        expect(not recoveries(lab), "nothing is recovered beside a living source")
        expect("source" in reason(lab) and "answers" in reason(lab), reason(lab))
        expect(lab.run("resume", "1").returncode == 1, "the sources still live")
        expect(not recoveries(lab), "nothing is recovered beside a living source")
        lab.sources_die()
        done = lab.run("resume", "1", seconds=90)
        expect(done.returncode == 0, (done.returncode, done.stderr))
        check_record(lab)


def a_dead_run_is_not_resumed_beside_a_source_that_came_back():
    with SlowRun() as lab:
        wait_for(lambda: [r for r in read_record(lab) if r["succeeded"]], 60, "a log was restored")
        os.kill(worker(lab), signal.SIGKILL)
        lab.sources(True)
        rate(lab, FAST)
        sent = len(read_record(lab))
        done = lab.run("resume", "1", seconds=90)
        expect(done.returncode == 5 and "answers" in done.stderr, (done.returncode, done.stderr))
        expect(len(read_record(lab)) == sent, "nothing was sent")
        lab.sources_die()
        done = lab.run("resume", "1", seconds=90)
        expect(done.returncode == 0, (done.returncode, done.stderr))
        check_record(lab)


support.main([a_source_that_comes_back_stops_the_run_before_the_first_recovery,
              a_dead_run_is_not_resumed_beside_a_source_that_came_back])
