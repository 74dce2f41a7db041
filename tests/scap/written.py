"""Small .scap files made by hand: blocks of every kind and version, as falcosecurity/libs writes them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from random import Random

from sonde.catalog.scap.events import EVENTS, Param
from sonde.sources.scap.text import size_of

__all__ = ["any_event", "block", "event", "fd_list", "header", "machine", "process_list", "text", "user_list"]

START = 1_700_000_000_000_000_000  # time of the first event


def block(kind: int, body: bytes) -> bytes:
    """A block with its lengths, filled up to four bytes."""
    body += bytes(-len(body) % 4)
    total = len(body) + 12
    return struct.pack("<II", kind, total) + body + struct.pack("<I", total)


def header(minor: int = 2) -> bytes:
    """What a file begins with."""
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, minor, -1))


def text(value: bytes) -> bytes:
    """A text with its length before it."""
    return struct.pack("<H", len(value)) + value


def event(
    kind: int, tid: int, params: Sequence[bytes] = (), time: int = 0, cpu: int = 0, block_type: int = 0x216
) -> bytes:  # fmt: skip
    """An event block: before version 1.2, with flags, and with large parameters as its type says."""
    flags = block_type in (0x208, 0x217, 0x222)
    wide, counts = block_type in (0x221, 0x222), block_type not in (0x204, 0x208)
    lens = b"".join(struct.pack("<I" if wide else "<H", len(param)) for param in params)
    rest = lens + b"".join(params)
    fixed = 26 if counts else 22
    head = struct.pack("<qqIH", START + time, tid, fixed + len(rest), kind)
    head += struct.pack("<I", len(params)) if counts else b""
    return block(block_type, struct.pack("<H", cpu) + (struct.pack("<I", 0) if flags else b"") + head + rest)


def process_list(
    version: int, comm: bytes = b"sh", tid: int = 7, added: bytes = b"", cgroups: bytes = b"cpu=/a\0"
) -> bytes:  # fmt: skip
    """A list of one process, in a version's layout; `added` stands behind what version 9 has at least."""
    kinds = (0x202, 0x207, 0x209, 0x210, 0x211, 0x212, 0x213, 0x214, 0x215)
    out = struct.pack("<qqq", tid, tid, 1)
    out += struct.pack("<q", 5) if version > 5 else b""
    out += struct.pack("<q", 6) if version > 7 else b""
    out += text(comm) + text(b"/bin/" + comm)
    out += text(b"/usr/bin/" + comm) if version > 6 else b""
    out += text(b"-c\0true\0") + text(b"/home/") + struct.pack("<qIII", 1024, 0, 1000, 100)
    out += struct.pack("<IIIQQ", 300, 200, 100, 2, 3) if version > 1 else b""
    out += text(b"HOME=/root\0") if version > 2 else b""
    out += struct.pack("<qq", 70, 71) + text(cgroups) if version > 3 else b""
    out += text(b"/") if version > 4 else b""
    out += added
    return block(kinds[version - 1], (struct.pack("<I", len(out) + 4) if version > 8 else b"") + out)


def fd_list(version: int, tid: int, *entries: tuple[int, int, bytes]) -> bytes:
    """The descriptors of a thread: (descriptor, type, what the type has)."""
    out = struct.pack("<q", tid)
    for fd, kind, rest in entries:
        entry = struct.pack("<qqB", fd, 4242, kind) + rest
        out += (struct.pack("<I", len(entry) + 4) if version > 1 else b"") + entry
    return block(0x218 if version > 1 else 0x203, out)


def user_list(version: int) -> bytes:
    """One user and one group."""
    out = b""
    user = struct.pack("<BII", 0, 1000, 100) + text(b"eva") + text(b"/home/eva") + text(b"/bin/zsh")
    group = struct.pack("<BI", 1, 100) + text(b"crew")
    for entry in (user, group):
        out += (struct.pack("<I", len(entry) + 4) if version > 1 else b"") + entry
    return block(0x220 if version > 1 else 0x206, out)


def machine() -> bytes:
    """What the file says of the machine, and its interfaces."""
    lo = struct.pack("<HH", 3, 2) + b"\x7f\0\0\1" + b"\xff\0\0\0" + bytes(4) + bytes(8) + b"lo"
    return block(0x201, bytes(64)) + block(0x219, struct.pack("<I", len(lo)) + lo)


NUMBERS = (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -11, -100, 21, 80, 4096, 1 << 13, 1 << 29)
TEXTS = (
    b"/etc/hosts",
    b"b.txt",
    b"..",
    b"/",
    b"",
    b"<NA>",
    b"sh",
    b"cpu=/a",
    b"A=1\0B=2",
    b'{"container":{"id":"ab"}}',
)
ENDS = (
    b"\x02" + b"\x7f\0\0\1" + b"\x50\0" + b"\x7f\0\0\2" + b"\xa0\x0f", b"\x02" + b"\x7f\0\0\1" + b"\x50\0",
    b"\x0a" + bytes(15) + b"\1\x50\0" + bytes(15) + b"\1\xa0\x0f", b"\x0a" + bytes(15) + b"\1\x50\0",
    b"\x01" + struct.pack("<QQ", 1, 2) + b"/run/x\0", b"\x01/run/x\0", b"",
)  # fmt: skip
LISTS = (b"", struct.pack("<HqH", 1, 3, 1), struct.pack("<HqHqH", 2, 3, 1, 4, 2), b"\0" + bytes(8), b"\2\x05\0\0\0")


def any_event(kind: int, random: Random, block_type: int = 0x216) -> bytes:
    """An event of a type with parameters of the right kinds, of one of a few threads."""
    params = [_any(param, random) for param in EVENTS[kind].params]
    return event(kind, random.choice((7, 7, 8, 9)), params, random.randrange(1 << 20), random.randrange(4), block_type)


def _any(param: Param, random: Random) -> bytes:
    size = size_of(param.type)[0]
    if size:
        return (random.choice(NUMBERS) & (1 << 8 * size) - 1).to_bytes(size, "little")
    if param.type in ("text", "path", "relpath", "textarray"):
        return random.choice(TEXTS) + b"\0"
    if param.type in ("tuple", "sockaddr"):
        return random.choice(ENDS)
    return random.choice((*LISTS, *TEXTS, random.randbytes(random.randrange(40))))
