#!/usr/bin/python3
"""A restore of 40 databases on 4 destinations, 20 logs each: how long the server waits for us
between two statements, and how many restores run side by side on one server. Both from the lab's own record."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, expect  # noqa: E402
from record import check_record, restore_login  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
DATABASES, DESTINATIONS, LOGS, LANES = 40, 4, 20, 4
LIMIT_MS = 10.0


def rows(lab):
    connection = restore_login(lab, None)
    cursor = connection.cursor()
    cursor.execute("SELECT server_name, database_name, kind, path, started_utc, ended_utc,"
                   " done_sent_us, next_request_us FROM master.dbo.lab_record"
                   " WHERE program_name LIKE N'stopmark%' ORDER BY id")
    names = ("server", "database", "kind", "path", "started", "ended", "done", "next")
    found = [dict(zip(names, row)) for row in cursor.fetchall()]
    connection.close()
    return found


def percentile(values, percent):
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def between_restores(record):
    """Milliseconds from a log's end to the beginning of the same database's next, by the lab's clock."""
    ended, gaps = {}, []
    for row in record:
        key = (row["server"], row["database"])
        if row["kind"] == "RESTORE LOG":
            if key in ended:
                gaps.append((row["started"] - ended[key]).total_seconds() * 1000)
            ended[key] = row["ended"]
    return gaps


def most_at_once(record, server):
    """How many RESTOREs ran on a server at one instant, by the lab's clock."""
    events = []
    for row in record:
        if row["server"] == server and row["kind"] == "RESTORE LOG":
            events += [(row["started"], 1), (row["ended"], -1)]
    running = most = 0
    for _, change in sorted(events):  # an end comes before a beginning of the same instant
        running += change
        most = max(most, running)
    return most


def measure(speed):
    with Lab(os.path.join(HERE, "forty.json"), speed=speed) as lab:
        lab.sources_die()
        started = time.monotonic()
        done = lab.run("restore", "--target", "newest", "--situation", "source-lost", "--confirm",
                       "Bench group", seconds=600)
        seconds = time.monotonic() - started
        expect(done.returncode == 0, (done.returncode, done.stderr[-3000:]))
        check_record(lab, databases=DATABASES)
        record = rows(lab)
    logs = [row for row in record if row["kind"] == "RESTORE LOG"]
    servers = sorted({row["server"] for row in logs})
    expect(len(servers) == DESTINATIONS, servers)
    expect(len(logs) == DATABASES * LOGS, f"{len(logs)} logs")
    waits = [(row["next"] - row["done"]) / 1000 for row in logs if row["next"] is not None]
    # a lane's last statement has no next one on its connection
    expect(len(waits) >= len(logs) - DESTINATIONS * LANES, f"{len(waits)} of {len(logs)} are timed")
    lanes = {server: most_at_once(record, server) for server in servers}
    p50, p99, most = percentile(waits, 50), percentile(waits, 99), max(waits)
    print(f"speed {speed}: {DATABASES} databases, {DESTINATIONS} destinations, {LOGS} logs each, "
          f"restored and verified in {seconds:.1f} s")
    print(f"  from the server's DONE to our next request: p50 {p50:.2f} ms, p99 {p99:.2f} ms, "
          f"max {most:.2f} ms ({len(waits)} statements; limit {LIMIT_MS:.0f} ms at p99)")
    gaps = between_restores(record)
    print(f"  from a log's end to the next RESTORE of its database (state read, journal written "
          f"twice): p50 {percentile(gaps, 50):.0f} ms, p99 {percentile(gaps, 99):.0f} ms, "
          f"max {max(gaps):.0f} ms")
    print("  restores side by side, most: " +
          ", ".join(f"{server} {count}" for server, count in lanes.items()) +
          f" (limit {LANES} a server)", flush=True)
    return p99 <= LIMIT_MS, all(count <= LANES for count in lanes.values())


def main():
    subprocess.run([support.STOPMARK, "--version"], check=True, stdout=subprocess.DEVNULL)
    outcomes = []
    for speed in (1,):
        outcomes += measure(speed)
    failed = outcomes.count(False)
    print(f"bench: {len(outcomes) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
