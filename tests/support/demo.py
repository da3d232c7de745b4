"""`stopmark demo` in a terminal, with the lab that it starts and removes itself."""
import os
import time

from lab import STOPMARK, Estate, Failure, clean_environment, expect
from terminal import Terminal


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def log_of(pid):
    """The path behind --log of a lab's process; "" = no lab."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().decode().split("\0")
    except OSError:
        return ""
    return words[words.index("--log") + 1] if "--log" in words else ""


class Demo(Terminal, Estate):
    """When it ends, by whatever key, what its lab saw is asked for the order of proofs."""

    def __init__(self, *words, **options):
        Terminal.__init__(self, [STOPMARK, "demo", *words], clean_environment(), **options)
        self.checked = False
        try:
            Estate.__init__(self, os.path.dirname(self.find_log()))
        except BaseException:
            Terminal.close(self)
            raise

    def find_log(self, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.ended():
            for log in filter(None, map(log_of, children(self.pid))):
                return log
            self.read(0.02)
        raise Failure("the demo never started its lab:\n" + self.text())

    def check(self):
        if not self.checked:
            self.checked = True
            self.check_proof_order()

    def leave(self):
        """By q, which removes the lab's directory."""
        self.check()
        self.key("q")
        expect(self.wait_end() == 0, "q leaves with 0")

    def close(self):
        try:
            self.check()
        finally:
            Terminal.close(self)
