"""SQL Server Browser, as much of it as a client asks for: the TCP port of a named instance (MS-SQLR,
CLNT_UCAST_INST), on a loopback address of the test's own, for the protocol's port is fixed."""
import os
import socket
import threading

PORT = 1434
ASK_INSTANCE, ANSWER = 4, 5


def own_address():
    """An address of 127/8 that no other test program of this machine has."""
    pid = os.getpid()
    return f"127.{64 + (pid >> 16) % 64}.{pid >> 8 & 255}.{pid & 255 or 1}"


class Browser:
    """ports: {instance: TCP port}; of others it says nothing, as the real one does."""

    def __init__(self, address, ports):
        self.ports = ports
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, PORT))
        self.thread = threading.Thread(target=self.answer, daemon=True)
        self.thread.start()

    def answer(self):
        while True:
            try:
                question, client = self.socket.recvfrom(256)
            except OSError:
                return
            if not question:
                return
            instance = question[1:].rstrip(b"\0").decode("ascii")
            self.asked.append(instance)
            if question[0] != ASK_INSTANCE or instance not in self.ports:
                continue
            text = (f"ServerName;HOST;InstanceName;{instance};IsClustered;No;Version;16.0.1000.6;"
                    f"tcp;{self.ports[instance]};;").encode("ascii")
            self.socket.sendto(bytes([ANSWER]) + len(text).to_bytes(2, "little") + text, client)

    def close(self):
        if not self.thread.is_alive():
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.socket.getsockname())  # wakes who waits
        self.thread.join(5)
        self.socket.close()
