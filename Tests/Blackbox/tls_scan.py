"""Scans a TLS server by hello messages written by hand: every version, and every one of the 65,536 suite numbers.

Libraries and scanners offer only what they know; a server could speak more. Only the first answer of a handshake is
looked at, so nothing here has to compute a key.
"""

import os
import socket
import struct

SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
GROUPS = {"secp256r1": 0x0017, "secp384r1": 0x0018, "secp521r1": 0x0019, "x25519": 0x001D, "x448": 0x001E,
          "ffdhe2048": 0x0100, "ffdhe3072": 0x0101, "sect233k1": 0x0006, "secp224r1": 0x0015, "secp160r1": 0x0010}
SIGNATURES = [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201]
# RFC 8701, and what signals instead of naming a suite: RFC 5746, RFC 7507.
SIGNALS = {0x00FF, 0x5600}
# A hello of this many stays below 16 KiB, which servers take for granted.
_CHUNK = 4096


def _vector(data, size):
    return len(data).to_bytes(size, "big") + data


def _extension(number, data):
    return struct.pack("!H", number) + _vector(data, 2)


def hello(version, suites, groups=None, compression=b"\0"):
    """A ClientHello; for TLS 1.3 with a share of x25519."""
    groups = [GROUPS["x25519"], GROUPS["secp256r1"], GROUPS["secp384r1"]] if groups is None else groups
    extensions = b""
    if version >= TLS10:
        extensions += _extension(10, _vector(b"".join(struct.pack("!H", group) for group in groups), 2))
        extensions += _extension(11, _vector(b"\0", 1))
        extensions += _extension(13, _vector(b"".join(struct.pack("!H", scheme) for scheme in SIGNATURES), 2))
    if version == TLS13:
        extensions += _extension(43, _vector(struct.pack("!H", TLS13), 1))
        # Eight more than a curve's base point: a share that every library takes.
        extensions += _extension(51, _vector(struct.pack("!H", 0x001D) + _vector(b"\x09" + bytes(31), 2), 2))
    body = struct.pack("!H", min(version, TLS12)) + os.urandom(32) + _vector(b"" if version < TLS13 else bytes(32), 1)
    body += _vector(b"".join(struct.pack("!H", suite) for suite in suites), 2) + _vector(compression, 1)
    if version > SSL3:
        body += _vector(extensions, 2)
    message = b"\x01" + _vector(body, 3)
    record = struct.pack("!H", min(version, TLS10))
    return b"".join(b"\x16" + record + _vector(message[at : at + 16384], 2) for at in range(0, len(message), 16384))


def _read(connection, count):
    data = b""
    while len(data) < count:
        try:
            chunk = connection.recv(count - len(data))
        except ConnectionError:
            return None
        if not chunk:
            return None
        data += chunk
    return data


def answer(port, data):
    """The version, suite and group that the server chose; None for an alert or a closed connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        head = _read(connection, 5)
        if head is None or head[0] != 0x16:
            return None
        body = _read(connection, int.from_bytes(head[3:5], "big"))
    if body is None or body[0] != 2:
        return None
    version = int.from_bytes(body[4:6], "big")
    at = 38
    at += 1 + body[at]
    suite = int.from_bytes(body[at : at + 2], "big")
    assert body[at + 2] == 0, "the server agreed on compression"
    at, group = at + 3, None
    end = at + 2 + int.from_bytes(body[at : at + 2], "big") if at < len(body) else at
    at += 2
    while at + 4 <= end:
        number, length = struct.unpack("!HH", body[at : at + 4])
        data = body[at + 4 : at + 4 + length]
        if number == 43:
            version = int.from_bytes(data, "big")
        if number == 51:
            group = int.from_bytes(data[:2], "big")
        at += 4 + length
    return version, suite, group


def accepted_suites(port, version):
    """Every suite number that the server takes under that version: each answer takes one away, until it refuses."""
    found = set()
    everything = [number for number in range(0x10000) if number not in SIGNALS]
    for begin in range(0, len(everything), _CHUNK):
        left = everything[begin : begin + _CHUNK]
        while (chosen := answer(port, hello(version, left))) is not None:
            assert chosen[0] == version, chosen
            assert chosen[1] in left, chosen
            left.remove(chosen[1])
            found.add(chosen[1])
    return found


def accepted_groups(port, suites):
    """The groups that the server takes alone under TLS 1.3, by a share or by asking for one."""
    return {name for name, group in GROUPS.items() if answer(port, hello(TLS13, suites, [group])) is not None}
