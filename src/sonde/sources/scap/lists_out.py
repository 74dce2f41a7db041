"""The blocks before the events of a .scap file, as bytes: the counterpart of lists.py."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Sequence

from sonde.catalog.scap import blocks
from sonde.sources.scap.lists import Entry, Interface, Process, User

__all__ = ["block", "fds_block", "interfaces_block", "machine_block", "processes_block", "section_block", "users_block"]

# block types of version 1.2 of the format, the newest that sysdig 0.29.3 reads
_MACHINE, _INTERFACES, _USERS, _PROCESSES, _FDS = 0x201, 0x219, 0x220, 0x215, 0x218
_VERSION = (1, 2)
_V4_PLAIN, _V6_PLAIN = 3, 4
_TEXT_MAX, _PATH_MAX = 4095, 1023  # bytes; sysdig refuses a file with a longer one
_NAME_SIZE = 128
_PIDS = "/proc/sys/kernel/pid_max"


def block(kind: int, body: bytes) -> bytes:
    """A block with its length at both ends, filled up to four bytes."""
    body += bytes(-len(body) % 4)
    total = len(body) + 12
    return struct.pack("<II", kind, total) + body + struct.pack("<I", total)


def section_block() -> bytes:
    """What a file begins with; its length is not known."""
    return block(blocks.SECTION, struct.pack("<IHHq", blocks.MAGIC, *_VERSION, -1))


def machine_block() -> bytes:
    """The machine: processors, memory, greatest process id, name."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with open(_PIDS, encoding="ascii") as file:
        most = int(file.read())
    name = os.uname().nodename.encode()[: _NAME_SIZE - 1]
    return block(_MACHINE, struct.pack(f"<IQQ{_NAME_SIZE}s32x", os.cpu_count() or 1, memory, most, name))


def interfaces_block(found: Iterable[Interface]) -> bytes:
    """The network interfaces."""
    out = b""
    for one in found:
        kind = _V4_PLAIN if len(one.address) == 4 else _V6_PLAIN
        body = struct.pack("<HH", kind, len(one.name)) + one.address + one.mask + bytes(len(one.address)) + one.name
        out += struct.pack("<I", len(body)) + body
    return block(_INTERFACES, out)


def users_block(found: Iterable[User]) -> bytes:
    """Users and groups."""
    return block(_USERS, b"".join(map(_user, found)))


def _user(user: User) -> bytes:
    if user.group:
        return _sized(struct.pack("<BI", 1, user.ident) + _text(user.name))
    return _sized(struct.pack("<BII", 0, user.ident, 0) + b"".join(map(_text, (user.name, user.home, user.shell))))


def processes_block(found: Iterable[Process]) -> bytes:
    """Threads."""
    return block(_PROCESSES, b"".join(map(_process, found)))


def _process(p: Process) -> bytes:
    out = struct.pack("<qqqqq", p.tid, p.pid, p.ptid, p.sid, p.vpgid)
    out += b"".join(_text(name, _PATH_MAX) for name in (p.comm, p.exe, p.exepath))
    out += _text(p.args) + _text(p.cwd, _PATH_MAX)
    out += struct.pack("<qIII", p.fdlimit, p.flags, p.uid, p.gid) + struct.pack("<IIIQQ", *p.memory)
    out += _text(p.env) + struct.pack("<qq", p.vtid, p.vpid) + _text(p.cgroups) + _text(p.root, _PATH_MAX)
    return _sized(out + struct.pack("<IBQQQ", p.loginuid, 0, *p.caps))  # as sysdig 0.29.3: no terminal


def fds_block(tid: int, entries: Sequence[Entry]) -> bytes:
    """The descriptors of a thread."""
    return block(_FDS, struct.pack("<q", tid) + b"".join(_sized(_entry(entry)) for entry in entries))


def _entry(e: Entry) -> bytes:
    out = struct.pack("<qQB", e.fd, e.ino, e.type)
    if e.type in (blocks.IPV4, blocks.IPV6):
        return out + e.ends[0] + e.ends[2] + struct.pack("<HHB", e.ends[1], e.ends[3], e.l4)
    if e.type in (blocks.IPV4_SERVER, blocks.IPV6_SERVER):
        return out + e.ends[0] + struct.pack("<HB", e.ends[1], e.l4)
    if e.type == blocks.UNIX:
        return out + struct.pack("<QQ", *e.pair) + _text(e.name, _PATH_MAX)
    if e.type == blocks.FILE_V2:
        return out + struct.pack("<I", e.openflags) + _text(e.name, _PATH_MAX) + struct.pack("<I", e.dev)
    return out + _text(e.name, _PATH_MAX)


def _sized(body: bytes) -> bytes:
    """An entry with its length before it, which counts."""
    return struct.pack("<I", len(body) + 4) + body


def _text(value: bytes, most: int = _TEXT_MAX) -> bytes:
    value = value[:most]
    return struct.pack("<H", len(value)) + value
