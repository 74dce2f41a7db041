"""What stands behind descriptors in a log (`3</etc/passwd>`) as rows of files, each described once."""

from __future__ import annotations

import os
import re
import socket
import stat

from sonde.plan.files import Node
from sonde.plan.state import State
from sonde.sources.strace.values import string

__all__ = ["FileIds"]

_PIPEFS, _ANONYMOUS, _NSFS = 0x50495045, 0x09041934, 0x6E736673
_DEVICE = re.compile(r"(.*)<(char|block) (\d+):(\d+)>", re.DOTALL)
_INET = re.compile(r"(TCP|UDP|UDPLITE|DCCP|RAW|SCTP|L2TP|PING|MPTCP)(v6)?:\[(.*)\]")
_UNIX = re.compile(r'UNIX(?:-([A-Z]+))?:\[(\d+)(?:->(\d+))?(?:,(@?"(?:[^"\\]|\\.)*"))?\]')
_OTHER = re.compile(r"(\w+):\[(?:[A-Z_0-9]+:)?(-?\d+)\]")
_PROTOCOLS = {"TCP": (6, 1), "UDP": (17, 2), "UDPLITE": (136, 2), "DCCP": (33, 6), "RAW": (255, 3), "SCTP": (132, 5),
              "L2TP": (115, 2), "PING": (1, 2), "MPTCP": (262, 1)}  # fmt: skip
_TYPES = {"STREAM": 1, "DGRAM": 2, "SEQPACKET": 5, None: 0}
_ESTABLISHED = 1


class FileIds:
    """Ids of files by what strace writes of them. With `here` the files are of this system and now: their kind is
    asked of it."""

    def __init__(self, state: State, here: bool) -> None:
        self._state, self._here = state, here
        self._known: dict[str, int] = {}
        self._nodes: dict[tuple[int, bytes, bool], int] = {}
        self._directories: set[int] = set()

    def of(self, behind: str, directory: bool = False) -> int:
        """The id of `<...>`, 0 for nothing; `directory`: it is one."""
        if not behind:
            return 0
        ident = self._known.get(behind)
        if ident is None:
            ident = self._known[behind] = self._made(behind)
        if directory and ident not in self._directories:
            self._directory(ident)
        return ident

    def path(self, path: bytes, directory: bool = False, deleted: bool = False, mode: int = 0, rdev: int = 0) -> int:
        """The id of an absolute path."""
        ident = self._root()
        parts = [part for part in path.split(b"/") if part]
        for part in parts[:-1]:
            ident = self._node(ident, part)
            self._directory(ident)
        if parts:
            ident = self._node(ident, parts[-1], deleted, path, mode, rdev)
        if directory or not parts:
            self._directory(ident)
        return ident

    def connected(self, family: int, host: bytes, port: int) -> int:
        """The id of a socket whose other end is all that is known of it."""
        ends = (b"", 0, socket.inet_ntop(family, host).encode(), port)
        return self._inet(f"connect {family} {ends}", family, 0, 0, ends)

    def _made(self, behind: str) -> int:
        deleted = behind.endswith("(deleted)")
        inner = behind.removesuffix("(deleted)")[1:-1]
        mode = rdev = 0
        if device := _DEVICE.fullmatch(inner):
            inner, mode = device[1], stat.S_IFCHR if device[2] == "char" else stat.S_IFBLK
            rdev = int(device[3]) << 20 | int(device[4])
        if inet := _INET.fullmatch(inner):
            return self._internet(inner, inet)
        if unix := _UNIX.fullmatch(inner):
            return self._unix(unix)
        text = string(inner)
        if text.startswith(b"/"):
            shown = text.removesuffix(b" (deleted)")
            return self.path(shown, deleted=deleted or shown != text, mode=mode, rdev=rdev)
        if text.startswith(b"anon_inode:"):
            return self._anonymous(text[11:], _ANONYMOUS)
        if other := _OTHER.fullmatch(text.decode("utf-8", "surrogateescape")):
            return self._numbered(other[1], int(other[2]))
        if text.startswith(b"pid:"):
            return self._anonymous(b"[pidfd]", _ANONYMOUS)
        return self._anonymous(text, 0)

    def _root(self) -> int:
        ident = self._nodes.get((0, b"", False))
        if ident is None:
            ident = self._nodes[0, b"", False] = self._new(flags=Node.ROOT | Node.MOUNT, name=b"/")
            self._directory(ident)
        return ident

    def _node(
        self, parent: int, name: bytes, deleted: bool = False, path: bytes = b"", mode: int = 0, rdev: int = 0
    ) -> int:  # fmt: skip
        key = (parent, name, deleted)
        ident = self._nodes.get(key)
        if ident is None:
            found: dict[str, int] = {"mode": mode, "rdev": rdev}
            if path and self._here and not deleted:
                found |= _asked(path)
            ident = self._nodes[key] = self._new(
                parent=parent, flags=Node.DELETED * deleted, name=name, **found
            )  # fmt: skip
        return ident

    def _new(self, name: bytes = b"", **columns: int) -> int:
        files = self._state.files
        ident = len(files)
        place = files.ensure(ident)  # first: the table may grow
        row = files.rows[place]
        row["known"] = 1
        row["name"] = self._state.strings.intern(name)
        for column, number in columns.items():
            row[column] = number
        return ident

    def _directory(self, ident: int) -> None:
        self._directories.add(ident)
        row = self._state.files.rows[ident]
        if not row["mode"]:
            row["mode"] = stat.S_IFDIR

    def _anonymous(self, name: bytes, magic: int, ino: int = 0, mode: int = 0) -> int:
        return self._new(name=name, flags=Node.ANON, magic=magic, ino=ino, mode=mode)

    def _numbered(self, kind: str, ino: int) -> int:
        if kind == "pipe":
            return self._anonymous(b"", _PIPEFS, ino, stat.S_IFIFO)
        if kind == "NETLINK":
            return self._new(flags=Node.SOCK, family=socket.AF_NETLINK, ino=ino, mode=stat.S_IFSOCK)
        if kind in ("socket", "PACKET"):
            return self._new(flags=Node.SOCK, family=17 if kind == "PACKET" else 0, ino=ino, mode=stat.S_IFSOCK)
        return self._anonymous(f"{kind}:[{ino}]".encode(), _NSFS if kind == "ns" else 0, ino)

    def _internet(self, inner: str, found: re.Match[str]) -> int:
        protocol, kind = _PROTOCOLS[found[1]]
        family = socket.AF_INET6 if found[2] else socket.AF_INET
        local, arrow, remote = found[3].partition("->")
        if local.isdecimal():  # the inode of one that is not bound
            nowhere = b"::" if found[2] else b"0.0.0.0"
            return self._inet(inner, family, protocol, kind, (nowhere, 0, b"", 0), int(local))
        here, there = _end(local), _end(remote) if arrow else (b"", 0)
        return self._inet(inner, family, protocol, kind, (*here, *there))

    def _inet(
        self, key: str, family: int, protocol: int, kind: int, ends: tuple[bytes, int, bytes, int], ino: int = 0
    ) -> int:  # fmt: skip
        if key not in self._known:
            intern = self._state.strings.intern
            mapped = b"::ffff:"
            if family == socket.AF_INET6 and ends[0].startswith(mapped) and b"." in ends[0]:
                family, ends = socket.AF_INET, (ends[0][7:], ends[1], ends[2].removeprefix(mapped), ends[3])
            self._known[key] = self._new(
                flags=Node.SOCK, family=family, proto=protocol, stype=kind, state=_ESTABLISHED * bool(ends[3]),
                lip=intern(ends[0]) if ends[0] else 0, lport=ends[1], rip=intern(ends[2]) if ends[2] else 0,
                rport=ends[3], ino=ino, mode=stat.S_IFSOCK,
            )  # fmt: skip
        return self._known[key]

    def _unix(self, found: re.Match[str]) -> int:
        name = b""
        if text := found[4]:
            name = (b"@" if text[0] == "@" else b"") + string(text.removeprefix("@"))
        return self._new(
            name=name, flags=Node.SOCK, family=socket.AF_UNIX, stype=_TYPES.get(found[1], 0), ino=int(found[2]),
            cookie=int(found[2]), peer=int(found[3] or 0), mode=stat.S_IFSOCK,
        )  # fmt: skip


def _end(text: str) -> tuple[bytes, int]:
    """Address and port of `1.2.3.4:5` or `[::1]:5`."""
    host, _, port = text.rpartition(":")
    return host.strip("[]").encode(), int(port) if port.isdecimal() else 0


def _asked(path: bytes) -> dict[str, int]:
    """Kind, number and device of a file that is there now."""
    try:
        found = os.lstat(path)
    except OSError:
        return {}
    device = os.major(found.st_dev) << 20 | os.minor(found.st_dev)
    special = os.major(found.st_rdev) << 20 | os.minor(found.st_rdev)
    return {"mode": found.st_mode, "ino": found.st_ino, "dev": device, "rdev": special}
