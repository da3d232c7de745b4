"""A TDS proxy: passes bytes both ways, and keeps the SQL batches that the client sent."""
import re
import socket
import struct
import threading

SQL_BATCH = 1
END_OF_MESSAGE = 1


LOGIN7 = 16


class Cutter:
    """Counts the packets of the connections that one login makes, over all proxies, and cuts the
    connection on which the packet with the given number in the given direction would pass; then
    calls on_cut, from the thread of that connection, before either side can see it."""

    def __init__(self, user, direction=None, point=0, on_cut=lambda: None):
        self.user = user
        self.direction = direction
        self.point = point
        self.on_cut = on_cut
        self.counts = {"to-server": 0, "to-client": 0}
        self.lock = threading.Lock()

    def cuts(self, direction):
        with self.lock:
            self.counts[direction] += 1
            cut = direction == self.direction and self.counts[direction] == self.point
        if cut:
            self.on_cut()
        return cut


def login_user(message):
    """The user name in a LOGIN7 message."""
    offset, length = struct.unpack("<HH", message[40:44])
    return message[offset:offset + 2 * length].decode("utf-16-le")


class Connection:
    """One client's connection and its other half at the server."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.counted = False  # it is of the login that the cutter watches
        self.threads = [threading.Thread(target=self.pass_on, args=words, daemon=True)
                        for words in ((client, server, "to-server"),
                                      (server, client, "to-client"))]
        for thread in self.threads:
            thread.start()

    def pass_on(self, source, target, direction):
        waiting, message = b"", b""
        try:
            while data := source.recv(65536):
                waiting += data
                while len(waiting) >= 8:
                    kind, status, length = struct.unpack(">BBH", waiting[:4])
                    if length < 8 or len(waiting) < length:
                        break
                    packet, waiting = waiting[:length], waiting[length:]
                    if direction == "to-server":
                        message += packet[8:]
                        if status & END_OF_MESSAGE:
                            self.look(kind, message)
                            message = b""
                        if kind == LOGIN7 and self.proxy.swallows_logins:
                            continue
                    if self.counted and self.proxy.cutter.cuts(direction):
                        return
                    target.sendall(packet)
        except OSError:
            pass
        finally:
            self.close()

    def look(self, kind, message):
        if kind == SQL_BATCH:
            headers = struct.unpack("<I", message[:4])[0]
            text = message[headers:].decode("utf-16-le")
            with self.proxy.lock:
                self.proxy.batches.append(text)
            self.proxy.on_batch(text)
        elif kind == LOGIN7 and self.proxy.cutter is not None:
            self.counted = login_user(message) == self.proxy.cutter.user

    def close(self):
        for one in (self.client, self.server):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Proxy:
    """Listens on a free loopback port and passes everything to the target port. Plain TDS only.
    on_batch(text) is called with every SQL batch whose last packet is not passed on yet. While
    swallows_logins is set, a client's PRELOGIN is answered and its login never is."""

    def __init__(self, target_port, cutter=None, on_batch=lambda text: None, address="127.0.0.1"):
        self.swallows_logins = False
        self.target_port = target_port
        self.cutter = cutter
        self.on_batch = on_batch
        self.batches = []
        self.lock = threading.Lock()
        self.listener = socket.create_server((address, 0))
        self.port = self.listener.getsockname()[1]
        self.connections = []
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
            self.connections.append(Connection(self, client, server))

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
        except OSError:
            pass
        self.listener.close()
        for connection in self.connections:
            connection.close()
            for thread in connection.threads:
                thread.join(5)
            connection.client.close()
            connection.server.close()
        self.connections = []


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


def proxied_ini(path, target, cutter=None, on_batch=lambda text: None):
    """Writes a copy of the configuration in which every server is behind a proxy: {name: Proxy}."""
    proxies = {}
    name = None
    with open(path, encoding="utf-8") as source, open(target, "w", encoding="utf-8") as out:
        for line in source:
            if match := re.fullmatch(r"\[server (.*)\]\n", line):
                name = match[1]
            elif (match := re.fullmatch(r"port = (\d+)\n", line)) and name:
                proxies[name] = Proxy(int(match[1]), cutter, on_batch)
                line = f"port = {proxies[name].port}\n"
            out.write(line)
    return proxies
