"""What is told of descriptors behind their numbers: `</etc/passwd>`, `<TCP:[127.0.0.1:5->127.0.0.1:80]>`."""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import Event, Source
from sonde.catalog.lookup import EVENTS
from sonde.engines.context import NO_SOURCE, RESULT, Context, fd_index, ints, of_event, source_index
from sonde.engines.strace.options import Decoding
from sonde.native.escape import c_string
from sonde.plan.batch import Batch
from sonde.plan.files import PIDFS_MAGIC, Node
from sonde.plan.pairs import entered
from sonde.plan.strings import Ids

__all__ = ["Descriptors", "Known"]

Array = npt.NDArray[np.int64]
_INT = 4
_CHARACTER, _BLOCK = 2, 6  # st_mode >> 12
_STREAM = b"-STREAM"  # what the kernel calls the protocol of the other types has no suffix
_PROTOCOLS: dict[int, bytes] = {
    socket.IPPROTO_TCP: b"TCP", socket.IPPROTO_UDP: b"UDP", socket.IPPROTO_ICMP: b"PING", 58: b"PING",
    socket.IPPROTO_SCTP: b"SCTP", 136: b"UDPLITE", 262: b"MPTCP",
}  # fmt: skip
_NETLINK = (
    b"ROUTE UNUSED USERSOCK FIREWALL SOCK_DIAG NFLOG XFRM SELINUX ISCSI AUDIT FIB_LOOKUP CONNECTOR NETFILTER IP6_FW "
    b"DNRTMSG KOBJECT_UEVENT GENERIC DM SCSITRANSPORT ECRYPTFS RDMA CRYPTO SMC"
).split()


class Descriptors:
    """Texts of files by node, made once for each."""

    def __init__(self, decoding: Decoding) -> None:
        self.wanted = decoding.fds
        self.hexadecimal = decoding.hexadecimal > 0

    def texts(self, ids: Ids, context: Context) -> Ids:
        """String ids of `<...>` of files by node id; 0 where there is none or it is not known."""
        if not self.wanted:
            return np.zeros(len(ids), np.uint32)
        places = context.state.files.at(ids)
        found = context.texts("strace fd", places, lambda place: self._text(place, context))
        return np.where(places != 0, found, 0).astype(np.uint32)

    def _text(self, place: int, context: Context) -> bytes | None:
        files = context.state.files
        row = files.rows[place]
        if not row["known"]:
            return None
        flags, kind = int(row["flags"]), int(row["mode"]) >> 12
        if flags & Node.SOCK:
            plain = b"socket:[%d]" % int(row["ino"])
            return b"<%s>" % (_socket(row, context) or plain if "socket" in self.wanted else plain)
        if "path" not in self.wanted and not ("dev" in self.wanted and kind in (_CHARACTER, _BLOCK)):
            return b""
        path = c_string(files.path(place), self.hexadecimal, b"<>", quotes=False)
        if "dev" in self.wanted and kind in (_CHARACTER, _BLOCK) and path[:1] == b"/":
            name = b"block" if kind == _BLOCK else b"char"
            return b"<%s<%s %d:%d>>" % (path, name, int(row["rdev"]) >> 20, int(row["rdev"]) & 0xFFFFF)
        if row["magic"] == PIDFS_MAGIC:
            path = b"anon_inode:[pidfd]"
        path = b"/secretmem" if path == b"secretmem" else path
        deleted = flags & Node.DELETED or path.startswith((b"/memfd:", b"/secretmem"))
        return b"<%s>%s" % (path, b"(deleted)" if deleted else b"")


def _socket(row: np.void, context: Context) -> bytes:
    """`TCP:[1.2.3.4:5->6.7.8.9:10]`, "" for a family without details."""
    family = int(row["family"])
    if family == socket.AF_UNIX:
        return _unix(row, context)
    if family == socket.AF_NETLINK:
        proto = int(row["proto"])
        name = _NETLINK[proto] if proto < len(_NETLINK) else b"%d" % proto
        return b"NETLINK:[%s:%d]" % (name, int(row["lport"])) if row["lport"] else b"NETLINK:[%d]" % int(row["ino"])
    if family not in (socket.AF_INET, socket.AF_INET6):
        return b""
    raw = int(row["stype"]) == socket.SOCK_RAW
    name = b"RAW" if raw else _PROTOCOLS.get(int(row["proto"]), b"")
    if not name:
        return b""
    name += b"v6" if family == socket.AF_INET6 else b""
    if not row["lport"] and not row["rport"]:
        return b"%s:[%d]" % (name, int(row["ino"]))
    ends = [_end(row, which, family, context) for which in ("l", "r") if which == "l" or row["rport"]]
    return b"%s:[%s]" % (name, b"->".join(ends))


def _end(row: np.void, which: str, family: int, context: Context) -> bytes:
    address = context.state.strings[int(row[f"{which}ip"])]
    return (b"[%s]:%d" if family == socket.AF_INET6 else b"%s:%d") % (address, int(row[f"{which}port"]))


def _unix(row: np.void, context: Context) -> bytes:
    """`UNIX-STREAM:[12->34,@"name"]`; the peer's inode is known if the peer was seen."""
    rows = context.state.files.rows
    name = context.state.strings[int(row["name"])]
    peers = rows["ino"][(rows["cookie"] == row["peer"]) & (row["peer"] != 0)]
    peer = b"->%d" % int(peers[-1]) if len(peers) else b""
    path = b""
    if name:
        path = b',@"%s"' % c_string(name[1:], quotes=False) if name[:1] in (b"@", b"\0") else b"," + c_string(name)
    return b"UNIX%s:[%d%s%s]" % (_STREAM if row["stype"] == socket.SOCK_STREAM else b"", int(row["ino"]), peer, path)


def _made(event: Event) -> int:
    return int(event.fd is not None and event.fd.source is Source.RET)


def _closes(event: Event) -> int:
    return int(event.name == "close")


def _closes_many(event: Event) -> int:
    return int(event.name in ("close_range", "execve", "execveat"))


def _given(event: Event) -> int:
    """The argument that is a call's first descriptor."""
    return next((source_index(p.source) for p in event.given_fds), NO_SOURCE)


def _pair(event: Event) -> int:
    """The argument at which a call writes two descriptors."""
    return {"pipe": 0, "pipe2": 0, "socketpair": 3}.get(event.name, NO_SOURCE)


class Closed(NamedTuple):
    """Descriptors of a process that were closed at a row, or perhaps were."""

    row: int
    pid: int
    first: int
    last: int

    def covers(self, key: int) -> bool:
        """Is the descriptor of a key one of them?"""
        return key >> 32 == self.pid and self.first <= key & 0xFFFFFFFF <= self.last


class Known:
    """Which file a descriptor of a process was, by the calls that were seen on it."""

    def __init__(self) -> None:
        self._files: dict[int, int] = {}  # of pid << 32 | fd; 0: it was closed
        self._keys = self._rows = self._ids = self._new = np.zeros(0, np.int64)
        self._closed: list[Closed] = []

    def begin(self, batch: Batch) -> None:
        """Look at a batch that `files` is asked about."""
        index, file = of_event(batch, fd_index, NO_SOURCE), ints(batch, "file")
        begun, worked = entered(batch), ints(batch, "res") == 0
        index = np.where(begun & (index == RESULT), of_event(batch, _given, NO_SOURCE), index)
        fd = np.full(len(batch), -1, np.int64)
        for source in np.unique(index, return_index=True)[0].tolist():
            if source != NO_SOURCE:
                at = index == source
                fd[at] = ints(batch, "res" if source == RESULT else f"a{source}")[at].astype(np.int32)
        closed = (of_event(batch, _closes) != 0) & ~begun & worked
        rows = np.flatnonzero(((file != 0) | closed) & (fd >= 0))
        keys = ints(batch, "pid")[rows] << 32 | fd[rows]
        order = np.argsort(keys, kind="stable")
        self._keys, self._rows = keys[order], rows[order]
        self._ids = np.where(closed, 0, file)[rows][order]
        self._new = (of_event(batch, _made) * ~begun)[rows][order]
        self._add_pairs(batch, np.flatnonzero((of_event(batch, _pair) != NO_SOURCE) & ~begun & worked).tolist())
        many = np.flatnonzero((of_event(batch, _closes_many) != 0) & ~begun & worked).tolist()
        self._closed = [_range(batch, row) for row in many]

    def _add_pairs(self, batch: Batch, rows: list[int]) -> None:
        """Pipes and pairs of sockets that were made: their ends are known from the calls that use them next."""
        found: list[tuple[int, int, int]] = []
        for row in rows:
            event = EVENTS[int(batch.columns["nr"][row])]
            data = batch.payloads.of_argument(_pair(event), len(batch))[row]
            if data is None or len(data) < 2 * _INT:
                continue
            keys = [int(batch.columns["pid"][row]) << 32 | fd for fd in struct.unpack_from("=II", data)]
            ids = [self._next(key, row) for key in keys]
            if event.name != "socketpair":  # both ends of a pipe are one file
                ids = [max(ids)] * 2
            found += [(key, row, ident) for key, ident in zip(keys, ids, strict=True)]
        if found:
            more = np.array(found, np.int64)
            keys_, rows_, ids_ = (
                np.append(old, more[:, i]) for i, old in enumerate((self._keys, self._rows, self._ids))
            )
            order = np.lexsort((rows_, keys_))
            self._keys, self._rows, self._ids = keys_[order], rows_[order], ids_[order]
            self._new = np.append(self._new, np.ones(len(found), np.int64))[order]

    def _next(self, key: int, row: int) -> int:
        """The file that a descriptor is in the next call on it, 0 if there is none."""
        places = np.flatnonzero((self._keys == key) & (self._rows > row))[:1].tolist()
        return int(self._ids[places[0]]) if places and not self._new[places[0]] else 0

    def end(self) -> None:
        """Remember what the batch told."""
        last = np.append(self._keys[1:] != self._keys[:-1], True)[: len(self._keys)]
        for closed in self._closed:
            self._files = {key: ident for key, ident in self._files.items() if not closed.covers(key)}
        found = zip(self._keys[last].tolist(), self._ids[last].tolist(), self._rows[last].tolist(), strict=True)
        self._files.update((key, ident) for key, ident, row in found if not self._gone(key, row, 1 << 62))
        if len(self._files) > 1 << 16:
            self._files = dict(list(self._files.items())[1 << 15 :])

    def _gone(self, key: int, after: int, before: int) -> bool:
        """Was a descriptor one of many that were closed between two rows?"""
        return any(after < closed.row < before and closed.covers(key) for closed in self._closed)

    def files(self, at: Array, pids: Array, fds: Array, parents: Array) -> Ids:
        """Node ids of descriptors of processes at rows of the batch: of the call that named it last, else the next.

        What a process has not used yet, it may have from its parent.
        """
        keys, others = (ids << 32 | (fds & 0xFFFFFFFF) for ids in (pids, parents))
        distinct = np.unique(self._keys, return_index=True)[0]
        span = int(self._rows.max(initial=0)) + int(at.max(initial=0)) + 1
        order = np.searchsorted(distinct, self._keys) * span + self._rows
        places = np.searchsorted(order, np.searchsorted(distinct, keys) * span + at)
        found = zip(keys.tolist(), others.tolist(), places.tolist(), at.tolist(), strict=True)
        return np.array([self._file(*one) for one in found], np.uint32)

    def _file(self, key: int, other: int, place: int, at: int) -> int:
        here = place < len(self._keys) and self._keys[place] == key
        if here and self._rows[place] == at and self._ids[place]:
            return int(self._ids[place])
        if place and self._keys[place - 1] == key:
            row = int(self._rows[place - 1])
            before: int | None = int(self._ids[place - 1])
        else:
            row, before = -1, self._files.get(key)
        if self._gone(key, row, at):
            before = 0
        if before:
            return before
        if here and not self._new[place]:
            return int(self._ids[place])
        return self._files.get(other, 0) if before is None else 0


def _range(batch: Batch, row: int) -> Closed:
    """What a close_range closed; an exec may close all but the standard ones."""
    first, last = (int(batch.columns[name][row]) & 0xFFFFFFFF for name in ("a0", "a1"))
    if EVENTS[int(batch.columns["nr"][row])].name != "close_range":
        first, last = 3, 0xFFFFFFFF
    return Closed(row, int(batch.columns["pid"][row]), first, last)
