"""A raw TDS client for tests: it sends messages byte by byte as a test wants them and takes replies
apart, token by token, knowing every token that it reads: an unknown one is a failure. It shares
nothing with the lab and hides nothing that a driver would.
"""
import socket
import struct
import uuid

VERSIONS = {"7.0": 0x70000000, "7.1": 0x71000001, "7.2": 0x72090002, "7.3A": 0x730A0003,
            "7.3B": 0x730B0003, "7.4": 0x74000004}
BATCH, RPC, REPLY, ATTENTION, TRANSACTION, LOGIN7, PRELOGIN = 1, 3, 4, 6, 14, 16, 18
FIXED = {0x30: ("tinyint", "<B"), 0x32: ("bit", "<?"), 0x34: ("smallint", "<h"),
         0x38: ("int", "<i"), 0x7F: ("bigint", "<q"), 0x3B: ("real", "<f"), 0x3E: ("float", "<d"),
         0x3D: ("datetime", "<iI")}
COUNTED = {0x24: "guid", 0x26: "intn", 0x68: "bitn", 0x6D: "fltn", 0x6F: "datetimn", 0x28: "date",
           0x29: "time", 0x2A: "datetime2", 0x2B: "datetimeoffset"}
STRINGS = {0xE7: "nvarchar", 0xEF: "nchar", 0xA7: "varchar", 0xAF: "char", 0xA5: "varbinary",
           0xAD: "binary"}
LONG = {0x63: "ntext", 0x23: "text", 0x22: "image"}
DONE_KINDS = {0xFD: "done", 0xFE: "doneproc", 0xFF: "doneinproc"}


class Malformed(Exception):
    """The reply is not what the protocol says."""


class Closed(Exception):
    """The server closed the connection."""


class Reader:
    """Numbers and texts out of a reply."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        if self.at + size > len(self.data):
            raise Malformed(f"cut short at {self.at}, {size} bytes more are due")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def text(self, units):
        return self.take(2 * units).decode("utf-16-le")

    def left(self):
        return len(self.data) - self.at


def read_variant(raw):
    """A sql_variant's value: the type, how many bytes describe it, those, the value."""
    token, value = raw[0], raw[2 + raw[1]:]
    if token in FIXED:
        return struct.unpack(FIXED[token][1], value)[0]
    if token == 0xE7:
        return value.decode("utf-16-le")
    raise Malformed(f"unknown type {token:#x} in a sql_variant")


class Column:
    """One column of COLMETADATA: `kind` is its type with length as the wire has it."""

    def __init__(self, reader, version, in_columns=True):
        wide = version >= VERSIONS["7.2"]
        self.user_type = reader.number(4 if wide else 2)
        self.flags = reader.number(2)
        self.token = reader.number(1)
        self.version = version
        self.long = self.counted = False
        self.read_type(reader, in_columns)
        self.name = reader.text(reader.number(1)) if in_columns else ""

    def read_type(self, reader, in_columns):
        token = self.token
        self.scale = 0
        if token in FIXED:
            self.kind = FIXED[token][0]
        elif token == 0x28:
            self.kind = "date"
        elif token in (0x29, 0x2A, 0x2B):
            self.scale = reader.number(1)
            self.kind = f"{COUNTED[token]}({self.scale})"
        elif token in COUNTED:
            self.kind = f"{COUNTED[token]}({reader.number(1)})"
        elif token in (0x6C, 0x6A):
            length, precision, self.scale = reader.take(3)
            name = "numericn" if token == 0x6C else "decimaln"
            self.kind = f"{name}({precision},{self.scale})/{length}"
        elif token in STRINGS:
            length = reader.number(2)
            self.long = length == 0xFFFF
            self.collation = self.read_collation(reader, token in (0xE7, 0xEF, 0xA7, 0xAF))
            self.kind = f"{STRINGS[token]}({'max' if self.long else length})"
        elif token in LONG:
            reader.number(4)
            self.collation = self.read_collation(reader, token != 0x22)
            if in_columns:
                parts = reader.number(1) if self.version >= VERSIONS["7.2"] else 1
                for _ in range(parts):
                    reader.text(reader.number(2))
            self.kind = LONG[token]
        elif token == 0x62:
            reader.number(4)
            self.kind = "sql_variant"
        else:
            raise Malformed(f"unknown type {token:#x}")

    def read_collation(self, reader, has_one):
        return reader.take(5) if has_one and self.version >= VERSIONS["7.1"] else b""

    def read_bytes(self, reader):
        """A value's bytes; None = NULL."""
        if self.token in FIXED:
            return reader.take(struct.calcsize(FIXED[self.token][1]))
        if self.token in STRINGS and not self.long:
            length = reader.number(2)
            return None if length == 0xFFFF else reader.take(length)
        if self.token in STRINGS:
            return self.read_chunks(reader)
        if self.token in LONG:
            pointer = reader.number(1)
            if pointer == 0:
                return None
            reader.take(pointer + 8)
            return reader.take(reader.number(4))
        if self.token == 0x62:
            length = reader.number(4)
            return None if length == 0 else reader.take(length)
        length = reader.number(1)
        return None if length == 0 else reader.take(length)

    @staticmethod
    def read_chunks(reader):
        if reader.number(8) == 0xFFFFFFFFFFFFFFFF:
            return None
        out = b""
        while (size := reader.number(4)) != 0:
            out += reader.take(size)
        return out

    def read_value(self, reader):
        raw = self.read_bytes(reader)
        if raw is None:
            return None
        if self.token in FIXED:
            value = struct.unpack(FIXED[self.token][1], raw)
            return value[0] if len(value) == 1 else value
        if self.token == 0x26:
            return int.from_bytes(raw, "little", signed=len(raw) > 1)
        if self.token == 0x68:
            return raw != b"\0"
        if self.token == 0x24:
            return uuid.UUID(bytes_le=raw)
        if self.token in (0x6C, 0x6A):
            number = int.from_bytes(raw[1:], "little")
            number = number if raw[0] else -number
            return number if self.scale == 0 else number / 10 ** self.scale
        if self.token in (0xE7, 0xEF, 0x63):
            return raw.decode("utf-16-le")
        if self.token in (0xA7, 0xAF, 0x23):
            return raw.decode("cp1252")
        if self.token == 0x62:
            return read_variant(raw)
        if self.token == 0x6D:
            return struct.unpack("<f" if len(raw) == 4 else "<d", raw)[0]
        return raw


class Message:
    """An ERROR or INFO token."""

    def __init__(self, reader, version):
        reader.number(2)
        self.number = reader.number(4)
        self.state = reader.number(1)
        self.severity = reader.number(1)
        self.text = reader.text(reader.number(2))
        self.server = reader.text(reader.number(1))
        self.procedure = reader.text(reader.number(1))
        self.line = reader.number(4 if version >= VERSIONS["7.2"] else 2)

    def __str__(self):
        return f"{self.number}.{self.state}.{self.severity}"


class Reply:
    """A whole message of the server, taken apart. `tokens` is the order: (kind, detail)."""

    def __init__(self, data, version):
        self.version = version
        self.tokens, self.sets, self.errors, self.infos, self.dones = [], [], [], [], []
        self.environment, self.orders, self.return_values = [], [], []
        self.return_status = None
        self.raw = data
        reader = Reader(data)
        while reader.left() > 0:
            self.read(reader, reader.number(1))

    def read(self, reader, token):
        name = {0x81: "columns", 0xD1: "row", 0xD2: "nbcrow", 0xAA: "error", 0xAB: "info",
                0x79: "returnstatus", 0xAC: "returnvalue", 0xE3: "envchange", 0xAD: "loginack",
                0xAE: "featureextack", 0xA9: "order", **DONE_KINDS}.get(token)
        if name is None:
            raise Malformed(f"unknown token {token:#x} at {reader.at - 1}")
        if token in DONE_KINDS:
            detail = self.read_done(reader, name)
        else:
            detail = getattr(self, "read_" + name)(reader)
        self.tokens.append((name, detail))

    def read_done(self, reader, kind):
        status, command = reader.number(2), reader.number(2)
        count = reader.number(8 if self.version >= VERSIONS["7.2"] else 4)
        self.dones.append((kind, status, command, count))
        return self.dones[-1]

    def read_columns(self, reader):
        count = reader.number(2)
        columns = [Column(reader, self.version) for _ in range(0 if count == 0xFFFF else count)]
        self.sets.append((columns, []))
        return len(columns)

    def read_row(self, reader):
        columns, rows = self.sets[-1]
        rows.append([column.read_value(reader) for column in columns])

    def read_nbcrow(self, reader):
        columns, rows = self.sets[-1]
        bits = reader.take((len(columns) + 7) // 8)
        rows.append([None if bits[i // 8] >> i % 8 & 1 else column.read_value(reader)
                     for i, column in enumerate(columns)])

    def read_error(self, reader):
        self.errors.append(Message(reader, self.version))
        return str(self.errors[-1])

    def read_info(self, reader):
        self.infos.append(Message(reader, self.version))
        return str(self.infos[-1])

    def read_returnstatus(self, reader):
        self.return_status = struct.unpack("<i", reader.take(4))[0]
        return self.return_status

    def read_returnvalue(self, reader):
        ordinal, name = reader.number(2), reader.text(reader.number(1))
        reader.number(1)
        column = Column(reader, self.version, in_columns=False)
        self.return_values.append((ordinal, name, column.kind, column.read_value(reader)))
        return self.return_values[-1]

    def read_order(self, reader):
        size = reader.number(2)
        self.orders.append([reader.number(2) for _ in range(size // 2)])
        return self.orders[-1]

    def read_envchange(self, reader):
        data = reader.take(reader.number(2))
        self.environment.append((data[0], data[1:]))
        return data[0]

    def read_loginack(self, reader):
        return reader.take(reader.number(2))

    def read_featureextack(self, reader):
        while reader.number(1) != 0xFF:
            reader.take(reader.number(4))


def utf16(text):
    return text.encode("utf-16-le")


def packet(kind, body, status=1):
    return struct.pack(">BBHHBB", kind, status, len(body) + 8, 0, 1, 0) + body


class Client:
    """A connection. `descriptor` is the transaction that it has open."""

    def __init__(self, port, user, password, database="", version="7.4", packet_size=4096,
                 application="tests", seconds=15):
        self.version = VERSIONS[version]
        self.packet_size = packet_size
        self.descriptor = b"\0" * 8
        self.largest = self.spid = 0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send(PRELOGIN, bytes.fromhex("00000b000601001100 01ff 090000000000 02"))
        self.prelogin = self.message()
        self.send(LOGIN7, self.login(user, password, database, application))
        self.greeting = Reply(self.message(), self.version)
        self.logged_in = any(name == "loginack" for name, _ in self.greeting.tokens)

    def login(self, user, password, database, application):
        body, data = bytearray(94), b""
        struct.pack_into("<III", body, 4, self.version, self.packet_size, 0)
        body[25] = 0x02 | 0x01  # ODBC's defaults, the language must be there
        secret = bytes(((b << 4 | b >> 4) & 0xFF) ^ 0xA5 for b in utf16(password))
        for at, value in ((36, utf16("host")), (40, utf16(user)), (44, secret),
                          (48, utf16(application)), (52, utf16("server")), (60, utf16("raw")),
                          (68, utf16(database))):
            struct.pack_into("<HH", body, at, 94 + len(data), len(value) // 2)
            data += value
        struct.pack_into("<I", body, 0, 94 + len(data))
        return bytes(body) + data

    # --- sending

    def send(self, kind, body, status=1):
        """One message, in packets of the agreed size."""
        room = self.packet_size - 8
        while len(body) > room:
            self.socket.sendall(packet(kind, body[:room], status & ~1))
            body, status = body[room:], status & 1
        self.socket.sendall(packet(kind, body, status))

    def headers(self):
        if self.version < VERSIONS["7.2"]:
            return b""
        return struct.pack("<IIH", 22, 18, 2) + self.descriptor + struct.pack("<I", 1)

    def send_batch(self, text, status=1):
        self.send(BATCH, self.headers() + utf16(text), status)

    def send_call(self, name, parameters=(), flags=0):
        """parameters: (name, output, TYPE_INFO and value as bytes)."""
        if isinstance(name, int):
            body = struct.pack("<HH", 0xFFFF, name)
        else:
            body = struct.pack("<H", len(name)) + utf16(name)
        body += struct.pack("<H", flags)
        for label, output, value in parameters:
            body += bytes([len(label)]) + utf16(label) + bytes([output]) + value
        self.send(RPC, self.headers() + body)

    def send_transaction(self, kind, body):
        self.send(TRANSACTION, self.headers() + struct.pack("<H", kind) + body)

    def attention(self):
        self.socket.sendall(packet(ATTENTION, b""))

    # --- receiving

    def receive(self, size):
        out = b""
        while len(out) < size:
            part = self.socket.recv(size - len(out))
            if not part:
                raise Closed()
            out += part
        return out

    def message(self):
        """The payload of the next message."""
        out, status = b"", 0
        while not status & 1:
            kind, status, length, self.spid = struct.unpack(">BBHHxx", self.receive(8))
            if kind != REPLY:
                raise Malformed(f"a reply of packet type {kind}")
            self.largest = max(self.largest, length)
            out += self.receive(length - 8)
        return out

    def reply(self):
        reply = Reply(self.message(), self.version)
        for kind, data in reply.environment:
            if kind == 8:
                self.descriptor = data[1:9]
            elif kind in (9, 10):
                self.descriptor = b"\0" * 8
        return reply

    def batch(self, text):
        self.send_batch(text)
        return self.reply()

    def call(self, name, parameters=(), flags=0):
        self.send_call(name, parameters, flags)
        return self.reply()

    def transaction(self, kind, body=b"\0\0"):
        self.send_transaction(kind, body)
        return self.reply()

    def close(self):
        self.socket.close()


# --- parameters -------------------------------------------------------------------------------

COLLATION = bytes.fromhex("0904d00034")


def int4(value):
    return b"\x26\x04" + (b"\0" if value is None else b"\x04" + struct.pack("<i", value))


def nvarchar(value, units=4000):
    kind = b"\xe7" + struct.pack("<H", units * 2) + COLLATION
    if value is None:
        return kind + b"\xff\xff"
    return kind + struct.pack("<H", len(utf16(value))) + utf16(value)


def nvarchar_max(value):
    data = utf16(value)
    out = b"\xe7\xff\xff" + COLLATION + struct.pack("<Q", len(data))
    for at in range(0, len(data), 1000):
        out += struct.pack("<I", len(data[at:at + 1000])) + data[at:at + 1000]
    return out + struct.pack("<I", 0)
