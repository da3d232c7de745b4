#!/usr/bin/python3
"""64 connections at once, each reading a history of a million rows from the lab: how much memory the
lab takes for it. Replies go through files, so that it is what 64 replies' buffers take and no more.
"""
import os
import selectors
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import tds  # noqa: E402
from lab import Lab, expect  # noqa: E402
from proxy import read_ini  # noqa: E402

CONNECTIONS, ROWS, LIMIT_MB, SECONDS = 64, 1_000_000, 256, 1800
TEXT = "SELECT BackupId, DatabaseName, MarkName FROM BizTalkMgmtDb.dbo.adm_BackupHistory"


def memory_kb(process, what):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(what + ":"))


class Reader:
    """Takes one message off a connection and keeps of it only the last DONE."""

    def __init__(self, client):
        self.client, self.tail, self.bytes = client, b"", 0
        self.header, self.left, self.last, self.ended = b"", 0, False, False

    def feed(self, data):
        self.bytes += len(data)
        at = 0
        while at < len(data):
            if self.left == 0:
                need = 8 - len(self.header)
                self.header += data[at:at + need]
                at += need
                if len(self.header) < 8:
                    return
                _, status, length = struct.unpack(">BBHxxxx", self.header)
                self.left, self.last, self.header = length - 8, bool(status & 1), b""
            part = data[at:at + self.left]
            at += len(part)
            self.left -= len(part)
            self.tail = bytes(part[-13:]) if len(part) >= 13 else (self.tail + bytes(part))[-13:]
            self.ended = self.ended or (self.last and self.left == 0)

    def rows(self):
        """The count of the DONE at the end."""
        token, status, _, count = struct.unpack("<BHHQ", self.tail)
        expect(token == 0xFD and status == 0x10, f"the reply ends with {self.tail.hex()}")
        return count


def read_all(readers):
    """Reads every connection to the end of its message."""
    selector = selectors.DefaultSelector()
    for reader in readers:
        reader.client.socket.setblocking(False)
        selector.register(reader.client.socket, selectors.EVENT_READ, reader)
    end = time.monotonic() + SECONDS
    while selector.get_map():
        expect(time.monotonic() < end, f"not read within {SECONDS} s")
        for key, _ in selector.select(5):
            data = key.fileobj.recv(1 << 20)
            expect(data, "the lab closed a connection")
            key.data.feed(data)
            if key.data.ended:
                selector.unregister(key.fileobj)


def main():
    started = time.monotonic()
    with Lab("long-history") as lab:
        print(f"a million rows stand ready after {time.monotonic() - started:.1f} s")
        server = read_ini(lab.ini)["server SQLSMALL"]
        with open(os.path.join(lab.directory, server["restore_password_file"]),
                  encoding="utf-8") as file:
            password = file.readline().rstrip("\n")
        clients = [tds.Client(int(server["port"]), server["restore_user"], password,
                              packet_size=32767, seconds=SECONDS) for _ in range(CONNECTIONS)]
        before = memory_kb(lab.process, "VmRSS")
        with open(f"/proc/{lab.process.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")  # the peak counts from here
        started = time.monotonic()
        readers = [Reader(client) for client in clients]
        for reader in readers:
            reader.client.send_batch(TEXT)
        read_all(readers)
        seconds = time.monotonic() - started
        counts = {reader.rows() for reader in readers}
        peak = memory_kb(lab.process, "VmHWM")
        for client in clients:
            client.close()
    expect(len(counts) == 1 and min(counts) >= ROWS, f"rows read: {counts}")
    more = (peak - before) / 1024
    total = sum(reader.bytes for reader in readers)
    print(f"{CONNECTIONS} connections read {min(counts)} rows each, {total / 2 ** 30:.1f} GB, in"
          f" {seconds:.0f} s")
    print(f"  the lab's memory: {before / 1024:.0f} MB before, {peak / 1024:.0f} MB at most:"
          f" {more:.0f} MB for {CONNECTIONS} replies (limit {LIMIT_MB} MB)")
    failed = int(more > LIMIT_MB)
    print(f"bench-connections: {1 - failed} passed, {failed} failed")
    sys.exit(failed)


main()
