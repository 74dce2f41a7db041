"""Descriptors of a .scap file: what is behind each, with sysdig's names, as rows of files that never change."""

from __future__ import annotations

import re
import socket
import stat
from typing import NamedTuple

import numpy as np

from sonde.catalog.scap import blocks
from sonde.plan.files import ANON_INODE_MAGIC, CLIENT, PIPEFS_MAGIC, SERVER, Node
from sonde.plan.state import State
from sonde.sources.scap.lists import Entry, Interface
from sonde.sources.scap.paths import opened

__all__ = ["CLIENT", "SERVER", "Fd", "Fds", "address", "dotted", "inet_name", "mapped", "printed", "unix_name"]

TCP, UDP, ICMP, RAW = range(2, 6)  # as in the file
_PROTOCOLS = {TCP: socket.IPPROTO_TCP, UDP: socket.IPPROTO_UDP, ICMP: socket.IPPROTO_ICMP}
_INET = (blocks.IPV4, blocks.IPV6, blocks.IPV4_SERVER, blocks.IPV6_SERVER)
_MODES = {
    blocks.FILE: stat.S_IFREG, blocks.FILE_V2: stat.S_IFREG, blocks.DIRECTORY: stat.S_IFDIR, blocks.FIFO: stat.S_IFIFO,
}  # fmt: skip
# what has no name in a file of sysdig: the file system that it is in, and its name there
_NAMELESS = {
    blocks.FIFO: (0, b"pipe"), blocks.EVENT: (ANON_INODE_MAGIC, b"[eventfd]"),
    blocks.SIGNALFD: (ANON_INODE_MAGIC, b"[signalfd]"), blocks.EVENTPOLL: (ANON_INODE_MAGIC, b"[eventpoll]"),
    blocks.INOTIFY: (ANON_INODE_MAGIC, b"inotify"), blocks.TIMERFD: (ANON_INODE_MAGIC, b"[timerfd]"),
    blocks.IO_URING: (ANON_INODE_MAGIC, b"[io_uring]"), blocks.BPF: (ANON_INODE_MAGIC, b"bpf"),
}  # fmt: skip
Ends = tuple[bytes, int, bytes, int]  # source, its port, destination, its port; of a server only the first two
NOWHERE: Ends = (b"", 0, b"", 0)


_UNPRINTED = re.compile(rb"[^ -~]")


class Fd(NamedTuple):
    """What is behind a descriptor. `role` is CLIENT, SERVER or 0."""

    type: int
    name: bytes = b""
    ends: Ends = NOWHERE
    l4: int = 0
    role: int = 0
    dev: int = 0
    ino: int = 0

    @property
    def letter(self) -> str:
        """sysdig's letter of the type."""
        return blocks.LETTERS[self.type] if 0 < self.type < len(blocks.LETTERS) else "o"

    @property
    def is_inet(self) -> bool:
        """Is it a socket with addresses of the internet?"""
        return self.type in _INET

    @property
    def is_server(self) -> bool:
        """Is it bound and not connected?"""
        return self.type in (blocks.IPV4_SERVER, blocks.IPV6_SERVER)

    def settled(self, server: bool) -> Fd:
        """A connection with its role; the source is the client."""
        ends = (*self.ends[2:], *self.ends[:2]) if server else self.ends
        return self._replace(ends=ends, name=inet_name(ends), role=SERVER if server else CLIENT)

    @property
    def shown_l4(self) -> str:
        """sysdig's letter of the protocol: unknown while the role is, but of raw sockets and servers."""
        if not self.is_inet or (not self.is_server and not self.role and self.l4 != RAW):
            return ""
        return blocks.L4[self.l4] if self.l4 < len(blocks.L4) else ""

    @property
    def shown(self) -> bytes:
        """As behind a number in a line: <4t>client->server."""
        name = (dotted if self.type in _MODES else printed)(self.name)
        return b"<%s%s>%s" % (self.letter.encode(), self.shown_l4.encode(), name)


def printed(text: bytes) -> bytes:
    """Without what sysdig does not print: all but ASCII characters."""
    return _UNPRINTED.sub(b"", text)


def dotted(text: bytes) -> bytes:
    """As sysdig has a path that it joined: a dot for all but ASCII characters."""
    return _UNPRINTED.sub(b".", text)


def mapped(address_: bytes) -> bool:
    """Is an address of version 6 one of version 4, or none?"""
    return len(address_) == 16 and (address_[:12] == b"\0" * 10 + b"\xff\xff" or not any(address_))


def address(raw: bytes) -> bytes:
    """An address as text."""
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw).encode()


def inet_name(ends: Ends) -> bytes:
    """source:port->destination:port, or one end of a server."""
    first = b"%s:%d" % (address(ends[0]), ends[1])
    return b"%s->%s:%d" % (first, address(ends[2]), ends[3]) if ends[2] else first


def unix_name(source: int, target: int, path: bytes) -> bytes:
    """The addresses of the two ends and the path."""
    return b"%x->%x %s" % (source, target, path)


class Fds:
    """Ids of what descriptors lead to, in state.files; `infos` by id."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.infos: list[Fd] = [Fd(0)]
        self.interfaces: list[Interface] = []
        self._ids: dict[Fd, int] = {}
        self._paths: dict[bytes, int] = {b"": 0}
        self._opened: dict[tuple[int, bytes, bytes, int, int], int] = {}

    def of(self, fd: Fd) -> int:
        """The id of what a descriptor leads to."""
        ident = self._ids.get(fd)
        if ident is None:
            ident = self._ids[fd] = self._row(fd)
        return ident

    def info(self, ident: int) -> Fd | None:
        """What is behind a descriptor by its id, None for 0."""
        return self.infos[ident] if ident else None

    def opened(self, kind: int, base: bytes, path: bytes, dev: int = 0, ino: int = 0) -> int:
        """The id of a file that was opened by a path below a directory."""
        key = (kind, b"" if path.startswith(b"/") else base, path, dev, ino)
        ident = self._opened.get(key)
        if ident is None:
            ident = self._opened[key] = self.of(Fd(kind, opened(base, path), dev=dev, ino=ino))
        return ident

    def path(self, path: bytes) -> int:
        """The id of a file that no descriptor leads to: a program, a directory."""
        ident = self._paths.get(path)
        if ident is None:
            ident = self._paths[path] = self.of(Fd(blocks.DIRECTORY, path))
        return ident

    def local(self, ip: bytes) -> bool:
        """Is an address of an interface of the captured system?"""
        return any(one.address == ip for one in self.interfaces)

    def patched(self, ends: Ends) -> Ends:
        """Ends of which one is any address: it is that of the interface towards the other."""
        source, sport, target, dport = ends
        if any(source) and not any(target):
            target = self._towards(source)
        elif any(target) and not any(source):
            source = self._towards(target)
        return source, sport, target, dport

    def _towards(self, ip: bytes) -> bytes:
        """The address of the interface in the network of an address, else of the first that is no loopback."""
        mine = [one for one in self.interfaces if len(one.address) == len(ip)]
        for one in mine:
            mask = one.mask if len(ip) == 4 else b"\xff" * 8 + bytes(8)
            if all((a ^ b) & m == 0 for a, b, m in zip(one.address, ip, mask, strict=True)):
                return one.address
        return next((one.address for one in mine if one.name != b"lo"), bytes(len(ip)))

    def entry(self, entry: Entry) -> Fd:
        """A descriptor of a list."""
        kind, name, ends = entry.type, entry.name, entry.ends
        if kind in _INET:
            if kind in (blocks.IPV6, blocks.IPV6_SERVER) and mapped(ends[0]) and any(ends[0]):
                kind = blocks.IPV4 if kind == blocks.IPV6 else blocks.IPV4_SERVER
                ends = (ends[0][12:], ends[1], ends[2][12:], ends[3])
            return Fd(kind, inet_name(ends), ends, entry.l4, 0, entry.dev, entry.ino)
        return Fd(kind, name, dev=entry.dev, ino=entry.ino)

    def _row(self, fd: Fd) -> int:
        files, strings = self.state.files, self.state.strings
        ident = len(files)
        place = files.ensure(ident)  # first: the table may grow
        row = files.rows[place]
        self.infos.append(fd)
        row["known"], row["ino"], row["dev"] = 1, fd.ino & (1 << 64) - 1, _device(fd.dev)
        row["mode"] = _MODES.get(fd.type, 0)
        if fd.is_inet:
            self._inet(row, fd)
        elif fd.type == blocks.UNIX:
            row["flags"], row["family"], row["mode"] = Node.SOCK, socket.AF_UNIX, stat.S_IFSOCK
            source, _, rest = fd.name.partition(b"->")
            target, _, path = rest.partition(b" ")
            row["cookie"], row["peer"], row["name"] = _hex(source), _hex(target), strings.intern(path)
        elif fd.type == blocks.NETLINK:
            row["flags"], row["family"], row["mode"] = Node.SOCK, socket.AF_NETLINK, stat.S_IFSOCK
        elif fd.name.startswith(b"/") and fd.type in _MODES:
            row["name"] = strings.intern(fd.name[1:])
        else:
            magic, name = (0, fd.name) if fd.name else _NAMELESS.get(fd.type, (0, b""))
            if fd.type == blocks.FIFO and fd.ino:
                magic = PIPEFS_MAGIC
            row["flags"], row["magic"], row["name"] = Node.ANON, magic, strings.intern(name)
        return ident

    def _inet(self, row: np.void, fd: Fd) -> None:
        source, sport, target, dport = fd.ends
        if fd.role == SERVER or (not fd.role and not fd.is_server and target and self.local(target)
                                 and not self.local(source)):  # fmt: skip
            source, sport, target, dport = (target, dport, source, sport) if target else (source, sport, b"", 0)
        intern = self.state.strings.intern
        columns = {
            "flags": Node.SOCK, "mode": stat.S_IFSOCK, "proto": _PROTOCOLS.get(fd.l4, 0), "role": fd.role,
            "family": socket.AF_INET if fd.type in (blocks.IPV4, blocks.IPV4_SERVER) else socket.AF_INET6,
            "stype": {TCP: 1, UDP: 2, RAW: 3}.get(fd.l4, 0), "lport": sport, "rport": dport,
            "lip": intern(address(source)) if source else 0, "rip": intern(address(target)) if target else 0,
            "state": 1 if target else 0,
        }  # fmt: skip
        for name, value in columns.items():
            row[name] = value


def _device(dev: int) -> int:
    """A device's number as the kernel has it; files have it as stat does."""
    return (dev >> 8 & 0xFFF) << 20 | dev & 0xFF | dev >> 12 & 0xFFF00


def _hex(text: bytes) -> int:
    try:
        return int(text, 16) & (1 << 64) - 1
    except ValueError:
        return 0
