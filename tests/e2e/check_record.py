#!/usr/bin/python3
"""What every suite asserts of the lab's record can fail: made-up records that break one rule each,
beside those that keep it."""
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Failure, expect  # noqa: E402
from record import jobs_gate, proof_order, read_log  # noqa: E402

RUN, OTHER_RUN = "stopmark run 0a0a0a0a", "stopmark run 0b0b0b0b"


def log(database, program=RUN, reached=True, succeeded=True, **more):
    return dict({"server_name": "DR", "database_name": database, "program_name": program,
                 "kind": "RESTORE LOG", "path": f"{database}.bak", "stop_kind": "STOPATMARK",
                 "restore_end": "NORECOVERY", "succeeded": succeeded, "reached_stop": reached}, **more)


def full(database, program=RUN):
    return log(database, program, reached=False, kind="RESTORE DATABASE", stop_kind="")


def standby(database, program=RUN, succeeded=True):
    return log(database, program, reached=False, succeeded=succeeded, kind="RECOVERY ONLY", path="",
               stop_kind="", restore_end="STANDBY")


def recovery(database, program=RUN):
    return log(database, program, reached=False, kind="RECOVERY ONLY", path="", stop_kind="",
               restore_end="RECOVERY")


def header(path, server="DR", program=RUN):
    return {"server_name": server, "program_name": program, "path": path, "restore_end": "",
            "kind": "RESTORE HEADERONLY", "database_name": ""}


def refuses(rule, *words):
    try:
        rule(*words)
    except Failure:
        return True
    return False


PROVEN = [log("A"), log("B")]
ROSTER = {RUN: {("DR", "A"), ("DR", "B")}}
KEPT = {
    "a log that reached the mark": ([header("A.bak"), *PROVEN, recovery("A"), recovery("B")], {}),
    "standby proves": ([standby("A"), standby("B"), recovery("A"), recovery("B")], ROSTER),
    "another run had to begin anew": ([log("A", reached=False), full("A", OTHER_RUN),
                                       log("A", OTHER_RUN), recovery("A", OTHER_RUN)], {}),
    "by hand nothing is proven and nothing asked": ([recovery("A", "python")], {}),
    "scripts in tsql and bsqldb are one group": ([log("A", "TSQL"), log("B", "bsqldb"),
                                                  recovery("A", "TSQL")], {}),
}
BROKEN = {
    "the other was never sent": ([log("A"), recovery("A")], ROSTER),
    "the other comes later": ([log("A"), recovery("A"), log("B"), recovery("B")], {}),
    "the other ended without the mark": ([log("A"), log("B", reached=False), recovery("A")], {}),
    "the other failed": ([log("A"), log("B", succeeded=False), recovery("A")], {}),
    "itself without the mark": ([log("A", reached=False), recovery("A")], {}),
    "standby behind a log without the mark": ([log("A", reached=False), standby("A"),
                                               recovery("A")], {}),
    "a standby that failed": ([standby("A", succeeded=False), recovery("A")], ROSTER),
    "proven and overwritten": ([*PROVEN, full("B"), recovery("A")], {}),
    "proven by another run only": ([log("A"), log("B", OTHER_RUN, reached=False), recovery("A")],
                                   {}),
    "a script beside another that is not there": ([log("A", "TSQL"), log("B", "TSQL", reached=False),
                                                   recovery("A", "bsqldb")], {}),
    "a script beside one that was never run": ([log("A", "TSQL"), recovery("A", "TSQL")],
                                               {"scripts": {("DR", "A"), ("DR", "B")}}),
}


def the_order_of_proofs_is_kept_or_broken():
    for name, (rows, roster) in KEPT.items():
        expect(not refuses(proof_order, rows, roster), f"kept: {name}")
    for name, (rows, roster) in BROKEN.items():
        expect(refuses(proof_order, rows, roster), f"broken, and not seen: {name}")


AGENT = "SQLAgent - TSQL JobStep"


def stand(server, newest=9, mark="M", last=8):
    return {"server_name": server, "newest_set": newest, "newest_mark": mark, "last_restored_set": last}


def start(before, *stands, program=RUN):
    return {"server_name": "DR", "program_name": program, "before": before,
            "destinations": list(stands or (stand("DR"), stand("DR2")))}


def a_job_before_its_gate_is_seen():
    read = [header("a.bak"), header("b.bak", "DR2")]
    jobs = [log("A", AGENT, path="A.bak", restore_end="RECOVERY"),
            log("B", AGENT, server_name="DR2", path="B.bak", restore_end="RECOVERY")]
    for name, rows, starts in (
            ("all stand alike", read + jobs, [start(2)]),
            ("the second job stands behind the first's", read + jobs,
             [start(2), start(3, stand("DR", 0, "", 9), stand("DR2"))]),
            ("by hand", jobs, [start(0, program="python")])):
        expect(not refuses(jobs_gate, rows, starts), f"kept: {name}")
    for name, rows, starts in (
            ("another newest set", read + jobs, [start(2, stand("DR"), stand("DR2", newest=10))]),
            ("another mark", read + jobs, [start(2, stand("DR"), stand("DR2", mark="N"))]),
            ("another last set", read + jobs, [start(2, stand("DR"), stand("DR2", last=7))]),
            ("nothing to restore", read, [start(2, stand("DR", 0, ""), stand("DR2", 0, ""))]),
            ("a header was not read", read[:1] + jobs, [start(1)]),
            ("a header was read too late", read[:1] + jobs[:1] + read[1:] + jobs[1:], [start(1)]),
            ("a header was read elsewhere", [header("a.bak"), header("b.bak"), *jobs], [start(2)]),
            ("another program read a header", [header("a.bak"), header("b.bak", "DR2", "stopmark"), *jobs],
             [start(2)]),
            ("a backlog", read + [dict(jobs[0], stop_kind="")], [start(2)])):
        expect(refuses(jobs_gate, rows, starts), f"broken, and not seen: {name}")


def the_log_is_read_in_the_order_in_which_things_took_effect():
    begun = {key: value for key, value in log("A").items() if key not in ("succeeded", "reached_stop")}
    ended = {"succeeded": True, "reached_stop": True, "error_number": 0}
    lines = [f"2026 info restore 1 begins: {json.dumps(begun)}",
             f"2026 info restore 2 begins: {json.dumps(dict(begun, restore_end='RECOVERY'))}",
             f"2026 info restore 2 ends: {json.dumps(ended)}",
             f"2026 info restore 1 ends: {json.dumps(ended)}",
             f"2026 info restore to mark asked: {json.dumps(start(0))}"]
    with tempfile.NamedTemporaryFile("w", suffix=".log", encoding="utf-8") as file:
        file.write("\n".join(lines))
        file.flush()
        estate = support.Estate(os.path.dirname(file.name))
        estate.log = file.name
        rows, starts = read_log(estate)
    seen = [(row["restore_end"], row["succeeded"]) for row in rows]
    expect(seen == [("NORECOVERY", False), ("RECOVERY", False), ("NORECOVERY", True)], seen)
    expect([one["before"] for one in starts] == [3], starts)


if __name__ == "__main__":
    support.main([the_order_of_proofs_is_kept_or_broken, a_job_before_its_gate_is_seen,
                  the_log_is_read_in_the_order_in_which_things_took_effect])
