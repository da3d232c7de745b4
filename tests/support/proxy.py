"""A TDS proxy: passes bytes both ways, and keeps the SQL batches that the client sent."""
import re
import socket
import struct
import threading

SQL_BATCH = 1
END_OF_MESSAGE = 1


class Proxy:
    """Listens on a free loopback port and passes everything to the target port."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.batches = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target_port))
            except OSError:
                client.close()
                continue
            self.open += [client, server]
            threading.Thread(target=self.to_server, args=(client, server), daemon=True).start()
            threading.Thread(target=self.to_client, args=(server, client), daemon=True).start()

    def to_server(self, client, server):
        waiting, message = b"", b""
        try:
            while data := client.recv(65536):
                server.sendall(data)
                waiting += data
                while len(waiting) >= 8:
                    kind, status, length = struct.unpack(">BBH", waiting[:4])
                    if length < 8 or len(waiting) < length:
                        break
                    message += waiting[8:length]
                    waiting = waiting[length:]
                    if status & END_OF_MESSAGE:
                        if kind == SQL_BATCH:
                            self.keep(message)
                        message = b""
        except OSError:
            pass
        self.shut(client, server)

    def keep(self, message):
        headers = struct.unpack("<I", message[:4])[0]
        with self.lock:
            self.batches.append(message[headers:].decode("utf-16-le"))

    def to_client(self, server, client):
        try:
            while data := server.recv(65536):
                client.sendall(data)
        except OSError:
            pass
        self.shut(client, server)

    @staticmethod
    def shut(*sockets):
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()
        self.shut(*self.open)


def read_ini(path):
    """{section: {key: value}} of a stopmark.ini that the lab wrote."""
    sections, current = {}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.strip()
            if match := re.fullmatch(r"\[(.*)\]", line):
                current = sections.setdefault(match[1], {})
            elif "=" in line and not line.startswith("#"):
                key, _, value = line.partition("=")
                current[key.strip()] = value.strip().strip('"')
    return sections


def proxied_ini(path, target):
    """Writes a copy of the configuration in which every server is behind a proxy: {name: Proxy}."""
    proxies = {}
    name = None
    with open(path, encoding="utf-8") as source, open(target, "w", encoding="utf-8") as out:
        for line in source:
            if match := re.fullmatch(r"\[server (.*)\]\n", line):
                name = match[1]
            elif (match := re.fullmatch(r"port = (\d+)\n", line)) and name:
                proxies[name] = Proxy(int(match[1]))
                line = f"port = {proxies[name].port}\n"
            out.write(line)
    return proxies
