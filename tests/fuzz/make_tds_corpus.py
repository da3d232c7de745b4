#!/usr/bin/python3
"""Writes the first inputs of fuzz_tds: one file for each packet, parameter type and token."""
import os
import struct
import sys

HEADERS = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
COLLATION = bytes.fromhex("0904d00034")
VERSION = b"\x05"


def packet(kind, body, status=1):
    return struct.pack(">BBHHBB", kind, status, len(body) + 8, 0, 0, 0) + body


def text(value):
    return value.encode("utf-16-le")


def login():
    body, data = bytearray(94), b""
    struct.pack_into("<IIHxx", body, 4, 0x74000004, 4096, 0)
    body[27] = 0x10
    password = bytes(((b << 4 | b >> 4) & 0xFF) ^ 0xA5 for b in text("pass"))
    for at, value in ((36, text("host")), (40, text("user")), (44, password), (48, text("app")),
                      (52, text("server")), (64, text("us_english")), (68, text("master"))):
        struct.pack_into("<HH", body, at, 94 + len(data), len(value) // 2)
        data += value
    struct.pack_into("<HH", body, 56, 94 + len(data), 4)
    data += struct.pack("<I", 94 + len(data) + 4) + bytes.fromhex("0a0100000001ff")
    struct.pack_into("<I", body, 0, 94 + len(data))
    return packet(16, bytes(body) + data)


PARAMETERS = {
    "int": "26 04 04 01000000", "bigint": "26 08 08 0100000000000000", "fixed_int": "38 01000000",
    "fixed_tinyint": "30 01", "fixed_bit": "32 01", "fixed_smallint": "34 0100",
    "fixed_bigint": "7f 0100000000000000", "fixed_real": "3b 0000803f",
    "fixed_float": "3e 000000000000f03f", "fixed_smalldatetime": "3a 01000100",
    "fixed_datetime": "3d 0100000001000000", "fixed_money": "3c 0000000001000000",
    "fixed_smallmoney": "7a 01000000",
    "bit": "68 01 01 01", "real": "6d 04 04 0000803f", "float": "6d 08 00",
    "numeric": "6c 11 19 00 0d 01 010000000000000000000000",
    "decimal": "6a 09 0a 02 09 00 0100000000000000", "money": "6e 08 08 0000000001000000",
    "datetime": "6f 08 08 0100000001000000", "smalldatetime": "6f 04 04 01000100",
    "date": "28 03 010000", "time": "29 07 05 0100000000", "datetime2": "2a 07 08 0100000000010000",
    "datetimeoffset": "2b 07 0a 0100000000010000 c4ff", "guid": "24 10 10" + " 01" * 16,
    "nvarchar": "e7 0800" + COLLATION.hex() + "0400 61006200",
    "nvarchar_max": "e7 ffff" + COLLATION.hex() + "0400000000000000 04000000 61006200 00000000",
    "nvarchar_max_null": "e7 ffff" + COLLATION.hex() + "ffffffffffffffff",
    "nvarchar_max_unknown": "e7 ffff" + COLLATION.hex() + "feffffffffffffff 02000000 6100 00000000",
    "nchar": "ef 0800" + COLLATION.hex() + "0400 61006200",
    "varchar": "a7 0800" + COLLATION.hex() + "0200 6162", "varbinary": "a5 0800 0200 0102",
    "char": "af 0800" + COLLATION.hex() + "0200 6162", "binary": "ad 0800 0200 0102",
    "ntext": "63 04000000" + COLLATION.hex() + "04000000 61006200",
    "text": "23 04000000" + COLLATION.hex() + "02000000 6162", "image": "22 04000000 02000000 0102",
    "null": "e7 0800" + COLLATION.hex() + "ffff", "old_varchar": "27 08 02 6162",
    "old_char": "2f 08 02 6162", "old_varbinary": "25 08 02 0102", "old_binary": "2d 08 02 0102",
}


def inputs():
    prelogin = bytes.fromhex("00000b0006 01001100 01 ff 090000000000 02".replace(" ", ""))
    yield "prelogin", packet(18, prelogin)
    yield "login", login()
    yield "batch", packet(1, HEADERS + text("SELECT 1"))
    yield "tokens", packet(1, HEADERS + text("abcdefghijklmnopqr"))
    yield "bulk", packet(7, b"\x81\0\0")
    yield "sspi", packet(17, b"NTLMSSP\0")
    yield "reset", packet(1, HEADERS + text("f"), 9)
    yield "ignored", packet(1, HEADERS + text("f"), 3)
    yield "two_messages", packet(1, HEADERS + text("a")) + packet(6, b"") + packet(1, HEADERS)
    yield "two_packets", packet(1, HEADERS, 0) + packet(1, text("SELECT 1"))
    yield "attention", packet(1, HEADERS, 0) + packet(6, b"")
    for name, body in (("begin", "0500 02 02 6100"), ("commit", "0700 00 01 02 00"),
                       ("rollback", "0800 00 00"), ("save", "0900 02 6100")):
        yield name, packet(14, HEADERS + bytes.fromhex(body.replace(" ", "")))
    for name, value in PARAMETERS.items():
        call = b"\xff\xff\x0a\x00\x00\x00" + b"\x02" + text("@x") + b"\x01"
        call += bytes.fromhex(value.replace(" ", ""))
        yield "rpc_" + name, packet(3, HEADERS + call)
    named = struct.pack("<H", 4) + text("sp_x") + b"\0\0"
    yield "rpc_two", packet(3, HEADERS + named + b"\xff" + named)


def checked():
    """Writes the inputs, and another copy of the batches and calls for an old client."""
    for name, stream in inputs():
        yield name, VERSION + stream
        if name.startswith(("rpc_", "tokens")):
            old = packet(stream[0], stream[8 + len(HEADERS):])
            yield name + "_old", b"\x01" + old


os.makedirs(sys.argv[1], exist_ok=True)
for name, stream in checked():
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(stream)
