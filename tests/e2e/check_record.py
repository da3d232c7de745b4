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
from record import SCRIPTS, jobs_gate, proof_order, read_log, rosters  # noqa: E402

RUN, OTHER_RUN = "stopmark run 0a0a0a0a", "stopmark run 0b0b0b0b"


def log(database, program=RUN, mark="M", succeeded=True, **more):
    return dict({"server_name": "DR", "database_name": database, "program_name": program,
                 "kind": "RESTORE LOG", "path": f"{database}.bak", "stop_kind": "STOPATMARK",
                 "stop_name": "M", "restore_end": "NORECOVERY", "succeeded": succeeded,
                 "at_mark": mark}, **more)


def full(database, program=RUN):
    return log(database, program, mark="", kind="RESTORE DATABASE", stop_name="")


def standby(database, program=RUN, mark="M", succeeded=True):
    return log(database, program, mark, succeeded, kind="RECOVERY ONLY", path="", stop_name="",
               restore_end="STANDBY")


def recovery(database, program=RUN):
    return log(database, program, kind="RECOVERY ONLY", path="", stop_name="", restore_end="RECOVERY")


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
    "standby by hand at the mark": ([*PROVEN, standby("B", "python"), recovery("A")], ROSTER),
    "a standby that failed behind a proof": ([*PROVEN, standby("A", mark="", succeeded=False),
                                              recovery("A")], ROSTER),
    "each mark has its own LSN": ([log("A", mark="lsn:1"), log("B", mark="lsn:2"), recovery("A")], {}),
    "another run had to begin anew": ([log("A", mark=""), full("A", OTHER_RUN), log("A", OTHER_RUN),
                                       recovery("A", OTHER_RUN)], {}),
    "what a run of before proved": ([*PROVEN, standby("A", OTHER_RUN), recovery("A", OTHER_RUN)], {}),
    "by hand nothing is proven and nothing asked": ([recovery("A", "python")], {}),
    "scripts in tsql and bsqldb are one group": ([log("A", "TSQL"), log("B", "bsqldb"),
                                                  recovery("A", "TSQL")], {}),
    "a script cannot see another server": ([log("A", "TSQL"), log("B", "TSQL"),
                                            log("B", "python", mark=""), recovery("A", "TSQL")], {}),
}
BROKEN = {
    "the other was never sent": ([log("A"), recovery("A")], ROSTER),
    "the other comes later": ([log("A"), recovery("A"), log("B"), recovery("B")], {}),
    "the other ended without the mark": ([log("A"), log("B", mark=""), recovery("A")], {}),
    "the other failed": ([log("A"), log("B", succeeded=False), recovery("A")], {}),
    "the other is at another mark": ([log("A"), log("B", mark="N"), recovery("A")], {}),
    "itself without the mark": ([log("A", mark=""), recovery("A")], {}),
    "standby behind a log without the mark": ([log("A", mark=""), standby("A", mark=""),
                                               recovery("A")], {}),
    "standby of what never came there": ([standby("A"), standby("B", mark=""), recovery("A")], {}),
    "a standby that failed": ([standby("A", succeeded=False), recovery("A")], ROSTER),
    "proven and overwritten": ([*PROVEN, full("B"), recovery("A")], {}),
    "rolled on by Agent after the proof": ([*PROVEN, log("B", "SQLAgent", mark=""), recovery("A")], {}),
    "somebody's standby behind the mark": ([*PROVEN, standby("B", "python", mark=""), recovery("A")],
                                           {}),
    "half restored by a run of before": ([log("A"), log("B", OTHER_RUN, mark=""), recovery("A")], {}),
    "a script beside another that is not there": ([log("A", "TSQL"), log("B", "TSQL", mark=""),
                                                   recovery("A", "bsqldb")], {}),
    "a script beside one that was never run": ([log("A", "TSQL"), recovery("A", "TSQL")],
                                               {SCRIPTS: {("DR", "A"), ("DR", "B")}}),
}


def the_order_of_proofs_is_kept_or_broken():
    for name, (rows, roster) in KEPT.items():
        expect(not refuses(proof_order, rows, roster), f"kept: {name}")
    for name, (rows, roster) in BROKEN.items():
        expect(refuses(proof_order, rows, roster), f"broken, and not seen: {name}")


AGENT = "SQLAgent - TSQL JobStep"


def stand(server, newest=9, mark="M", last=8):
    return {"server_name": server, "newest_set": newest, "newest_mark": mark, "last_restored_set": last}


def start(before, *stands, program=RUN, server="DR"):
    return {"server_name": server, "program_name": program, "before": before,
            "destinations": list(stands or (stand("DR"), stand("DR2")))}


def a_job_before_its_gate_is_seen():
    read = [header("a.bak"), header("b.bak", "DR2")]
    jobs = [log("A", AGENT, path="A.bak", restore_end="RECOVERY"),
            log("B", AGENT, server_name="DR2", path="B.bak", restore_end="RECOVERY")]
    behind = stand("DR", 0, "", 9)
    for name, rows, starts in (
            ("all stand alike", read + jobs, [start(2)]),
            ("the second job stands where it stood", read + jobs,
             [start(2), start(3, behind, stand("DR2"), server="DR2")]),
            ("by hand", jobs, [start(0, program="python")])):
        expect(not refuses(jobs_gate, rows, starts), f"kept: {name}")
    for name, rows, starts in (
            ("another newest set", read + jobs, [start(2, stand("DR"), stand("DR2", newest=10))]),
            ("another mark", read + jobs, [start(2, stand("DR"), stand("DR2", mark="N"))]),
            ("another last set", read + jobs, [start(2, stand("DR"), stand("DR2", last=7))]),
            ("nothing to restore", read, [start(2, stand("DR", 0, ""), stand("DR2", 0, ""))]),
            ("a newer set before the second job", read + jobs,
             [start(2), start(3, behind, stand("DR2", 10, "N"), server="DR2")]),
            ("to another mark", read + [dict(jobs[0], stop_name="N")], [start(2)]),
            ("a header was not read", read[:1] + jobs, [start(1)]),
            ("a header was read too late", read[:1] + jobs[:1] + read[1:] + jobs[1:], [start(1)]),
            ("a header was read elsewhere", [header("a.bak"), header("b.bak"), *jobs], [start(2)]),
            ("another program read a header", [header("a.bak"), header("b.bak", "DR2", "stopmark"),
                                               *jobs], [start(2)]),
            ("a backlog", read + [dict(jobs[0], stop_name="")], [start(2)])):
        expect(refuses(jobs_gate, rows, starts), f"broken, and not seen: {name}")


def a_run_of_which_nobody_knows_is_told():
    class Stranger(support.Estate):
        def json(self, *words, **options):
            return {"runs": []}
    stranger = Stranger("/nowhere")
    expect(refuses(rosters, stranger, [recovery("A")]), "a run without a journal")
    expect(refuses(rosters, stranger, [recovery("A", "TSQL")]), "scripts that nobody wrote")
    expect(not refuses(rosters, stranger, [recovery("A", "python")]), "by hand")


def read_lines(*lines):
    with tempfile.NamedTemporaryFile("w", suffix=".log", encoding="utf-8") as file:
        file.write("\n".join(lines))
        file.flush()
        estate = support.Estate(os.path.dirname(file.name))
        estate.log = file.name
        return read_log(estate)


def the_log_is_read_in_the_order_in_which_things_took_effect():
    begun = {key: value for key, value in log("A").items() if key not in ("succeeded", "at_mark")}
    ended = json.dumps({"succeeded": True, "at_mark": "M", "error_number": 0})
    rows, starts = read_lines(f"2026 info restore 1 begins: {json.dumps(begun)}",
                              f"2026 info restore 2 begins: {json.dumps(dict(begun, restore_end='RECOVERY'))}",
                              f"2026 info restore 2 ends: {ended}", f"2026 info restore 1 ends: {ended}",
                              f"2026 info restore to mark asked: {json.dumps(start(0))}")
    seen = [(row["restore_end"], row["succeeded"]) for row in rows]
    expect(seen == [("NORECOVERY", False), ("RECOVERY", False), ("NORECOVERY", True)], seen)
    expect([one["before"] for one in starts] == [3], starts)
    try:
        read_lines('2026 info header read: {"path": "cut')
    except json.JSONDecodeError:
        return
    raise Failure("a line that was cut is no line")


if __name__ == "__main__":
    support.main([the_order_of_proofs_is_kept_or_broken, a_job_before_its_gate_is_seen,
                  a_run_of_which_nobody_knows_is_told,
                  the_log_is_read_in_the_order_in_which_things_took_effect])
