"""The lists before the events of a .scap file: network interfaces, users, processes, descriptors."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from sonde.catalog.scap import blocks

__all__ = ["Cursor", "Entry", "Interface", "Process", "User", "fds", "interfaces", "processes", "users"]

_V4, _V6, _V4_PLAIN, _V6_PLAIN = 1, 2, 3, 4  # types of interfaces; plain: without the speed
_USER = 0
_BEFORE = 29  # bytes behind `root` at most, before libs 0.10 put two fields between
_NOBODY = 0xFFFFFFFF


class Cursor:
    """Reads one number or text after the other; struct.error where there is no more."""

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self.data, self.at, self.end = data, at, len(data) if end is None else end

    @property
    def left(self) -> int:
        """Bytes that were not read."""
        return self.end - self.at

    def number(self, form: str) -> int:
        """The next number, by its struct format."""
        found: int = self._number(struct.calcsize(form), form)
        return found

    def several(self, form: str) -> tuple[int, ...]:
        """Numbers that follow one another."""
        at = self._reach(struct.calcsize(f"<{form}"))
        return struct.unpack_from(f"<{form}", self.data, at)

    def take(self, count: int) -> bytes:
        """So many bytes."""
        at = self._reach(count)
        return self.data[at : at + count]

    def text(self) -> bytes:
        """A text with its length before it."""
        return self.take(self.number("H"))

    def part(self, count: int) -> Cursor:
        """What comes next, to be read apart."""
        at = self._reach(count)
        return Cursor(self.data, at, at + count)

    def _number(self, size: int, form: str) -> int:
        return int(struct.unpack_from(f"<{form}", self.data, self._reach(size))[0])

    def _reach(self, count: int) -> int:
        if count > self.left:
            raise struct.error(f"{count} bytes are wanted and {self.left} are left")
        at, self.at = self.at, self.at + count
        return at


class Interface(NamedTuple):
    """A network interface: address and mask as in packets."""

    address: bytes
    mask: bytes
    name: bytes


class User(NamedTuple):
    """A user, or with `group` a group."""

    group: bool
    ident: int
    name: bytes
    home: bytes = b""
    shell: bytes = b""


class Process(NamedTuple):
    """A thread as it was when the capture began; -1 is unknown."""

    tid: int
    pid: int
    ptid: int
    sid: int
    vpgid: int
    comm: bytes
    exe: bytes
    exepath: bytes
    args: bytes
    cwd: bytes
    fdlimit: int
    flags: int
    uid: int
    gid: int
    memory: tuple[int, ...]  # vmsize vmrss vmswap pfmajor pfminor
    env: bytes
    vtid: int
    vpid: int
    cgroups: bytes
    root: bytes
    tty: int
    loginuid: int
    caps: tuple[int, int, int]  # inheritable permitted effective


class Entry(NamedTuple):
    """A descriptor: by its type two ends of a connection, one, a pair of addresses, or nothing."""

    fd: int
    ino: int
    type: int
    ends: tuple[bytes, int, bytes, int] = (b"", 0, b"", 0)
    l4: int = 0
    pair: tuple[int, int] = (0, 0)
    name: bytes = b""
    openflags: int = 0
    dev: int = 0


def _parts(data: bytes, sized: bool, own: int = 4) -> Iterator[Cursor]:
    """The entries of a list; `sized`: each says its length, in which the length itself counts `own` bytes, else each
    is read where the one before ends."""
    cursor = Cursor(data)
    while cursor.left >= 4:
        yield cursor.part(max(0, cursor.number("I") - own)) if sized else cursor


def interfaces(data: bytes, version: int) -> Iterator[Interface]:
    """The interfaces of a list."""
    for cursor in _parts(data, version > 1, own=0):
        kind, length = cursor.several("HH")
        if kind not in (_V4, _V6, _V4_PLAIN, _V6_PLAIN):
            raise struct.error(f"there is no interface of type {kind}")
        width = 4 if kind in (_V4, _V4_PLAIN) else 16
        address, mask, _ = (cursor.take(width) for _ in range(3))
        if kind in (_V4, _V6):
            cursor.number("Q")
        yield Interface(address, mask, cursor.take(length))


def users(data: bytes, version: int) -> Iterator[User]:
    """The users and groups of a list."""
    for cursor in _parts(data, version > 1):
        if cursor.number("B") == _USER:
            ident, _ = cursor.several("II")
            yield User(False, ident, cursor.text(), cursor.text(), cursor.text())
        else:
            yield User(True, cursor.number("I"), cursor.text())


def processes(data: bytes, version: int) -> Iterator[Process]:
    """The threads of a list; each version has more of them."""
    for cursor in _parts(data, version > 8):
        yield _process(cursor, version)


def _process(c: Cursor, version: int) -> Process:
    tid, pid, ptid = c.several("qqq")
    sid = c.number("q") if version > 5 else -1
    vpgid = c.number("q") if version > 7 else -1
    comm, exe = c.text(), c.text()
    exepath = c.text() if version > 6 else b""
    args, cwd = c.text(), c.text()
    fdlimit, flags, uid, gid = c.several("qIII")
    memory = c.several("IIIQQ") if version > 1 else (0, 0, 0, 0, 0)
    env = c.text() if version > 2 else b""
    vtid, vpid = c.several("qq") if version > 3 else (-1, -1)
    cgroups = c.text() if version > 3 else b""
    root = c.text() if version > 4 else b""
    tty, loginuid, caps = _added(c) if version > 8 else (0, _NOBODY, (0, 0, 0))
    return Process(
        tid, pid, ptid, sid, vpgid, comm, exe, exepath, args, cwd, fdlimit, flags, uid, gid, memory, env, vtid, vpid,
        cgroups, root, tty, loginuid, caps,
    )  # fmt: skip


def _added(c: Cursor) -> tuple[int, int, tuple[int, int, int]]:
    """(terminal, login user, capabilities): what later versions put behind, as far as it is there."""
    tty = 0
    if c.left > _BEFORE:
        _, tty = c.several("QI")
    loginuid = c.number("I") if c.left >= 4 else _NOBODY
    if c.left >= 1:
        c.number("B")
    inheritable, permitted, effective = c.several("QQQ") if c.left >= 24 else (0, 0, 0)
    return tty, loginuid, (inheritable, permitted, effective)


def fds(data: bytes, version: int) -> tuple[int, list[Entry]]:
    """(thread, its descriptors)."""
    tid = struct.unpack_from("<q", data)[0]
    return tid, [_entry(cursor) for cursor in _parts(data[8:], version > 1)]


def _entry(c: Cursor) -> Entry:
    fd, ino, kind = c.several("qqB")
    if kind in (blocks.IPV4, blocks.IPV6):
        width = 4 if kind == blocks.IPV4 else 16
        source, target = c.take(width), c.take(width)
        sport, dport, l4 = c.several("HHB")
        return Entry(fd, ino, kind, (source, sport, target, dport), l4)
    if kind in (blocks.IPV4_SERVER, blocks.IPV6_SERVER):
        address = c.take(4 if kind == blocks.IPV4_SERVER else 16)
        port, l4 = c.several("HB")
        return Entry(fd, ino, kind, (address, port, b"", 0), l4)
    if kind == blocks.UNIX:
        source_, target_ = c.several("QQ")
        return Entry(fd, ino, kind, pair=(source_, target_), name=c.text())
    if kind == blocks.FILE_V2:
        openflags, name = c.number("I"), c.text()
        return Entry(fd, ino, kind, name=name, openflags=openflags, dev=_device(c))
    return Entry(fd, ino, kind, name=c.text())


def _device(c: Cursor) -> int:
    """The mount id comes first; only entries that say their length have both."""
    return c.number("I") if 4 <= c.left < 8 else 0
