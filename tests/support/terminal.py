"""A terminal for tests: the program in a pseudo-terminal, its screen through pyte."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

import pyte

from lab import Failure

KEYS = {"Enter": "\r", "Esc": "\x1b", "Tab": "\t", "Up": "\x1bOA", "Down": "\x1bOB",
        "Right": "\x1bOC", "Left": "\x1bOD", "PgUp": "\x1b[5~", "PgDn": "\x1b[6~",
        "F1": "\x1bOP", "Space": " ", "Backspace": "\x7f"}


class Screen(pyte.Screen):
    """With REP (repeat the last character), which terminfo offers to ncurses."""
    last = " "

    def draw(self, data):
        if data:
            self.last = data[-1]
        super().draw(data)

    def repeat(self, count=1):
        super().draw(self.last * (count or 1))


class Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, b="repeat")
    events = pyte.ByteStream.events | {"repeat"}


class Terminal:
    def __init__(self, command, environment, columns=80, rows=24, term="xterm-256color"):
        self.screen = Screen(columns, rows)
        self.stream = Stream(self.screen)
        self.status = None
        self.written = b""  # everything that the program wrote, in order
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environment = dict(environment, TERM=term)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execve(command[0], command, environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)
        os.kill(self.pid, signal.SIGWINCH)

    def read(self, seconds):
        """Takes in what comes within the time; the number of bytes."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return 0
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the program has closed its side
            time.sleep(min(seconds, 0.02))  # pause between looks
            return 0
        self.written += data
        self.stream.feed(data)
        return len(data)

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, wanted, seconds=15):
        """Waits until the text is on the screen, or wanted(text) is true."""
        look = wanted if callable(wanted) else lambda text: wanted in text
        end = time.monotonic() + seconds
        while not look(self.text()):
            if time.monotonic() > end:
                raise Failure(f"never saw {wanted!r} within {seconds} s; the screen was:\n"
                              + self.text())
            self.read(0.05)
        return self.text()

    def type(self, text):
        os.write(self.fd, text.encode())

    def key(self, name):
        self.type(KEYS.get(name, name))

    def ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def wait_end(self, seconds=10):
        end = time.monotonic() + seconds
        while not self.ended():
            if time.monotonic() > end:
                raise Failure(f"the program did not end within {seconds} s:\n" + self.text())
            self.read(0.05)
        return self.status

    def kill(self, number=signal.SIGKILL):
        os.kill(self.pid, number)

    def close(self):
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
            if self.ended():
                break
            os.kill(self.pid, number)
            end = time.monotonic() + 3
            while not self.ended() and time.monotonic() < end:
                self.read(0.05)
        os.close(self.fd)
