"""Fields of descriptors as sysdig has them: what is behind the one that an event works on, or makes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap import blocks
from sonde.catalog.scap.blocks import NOT_KNOWN
from sonde.catalog.scap.events import EVENTS
from sonde.engines.context import Context, Derivation, flag, ints, number, string, written
from sonde.engines.fd import TYPES
from sonde.engines.payload import service
from sonde.native.join import join
from sonde.native.ops import sint
from sonde.plan.batch import Batch, Vector
from sonde.sources.scap.behind import descriptors, files_of, makes_descriptor
from sonde.sources.scap.fds import UDP, Ends, Fd, address
from sonde.sources.scap.follow import Follow
from sonde.sources.scap.pieces import Piece

__all__ = ["Described", "uses_descriptor"]

I8 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_CONNECTIONS = (blocks.IPV4, blocks.IPV6)
_PROTOCOLS = {"t": b"tcp", "u": b"udp", "i": b"icmp", "r": b"raw"}
_OPTIONS = ("getsockopt", "setsockopt")  # about a descriptor when they return, but sysdig does not say of which
_NOT_RENAMING = ("dup", "dup2", "dup3", "fcntl", "getsockopt")
# fd.typechar of calls that make a descriptor, while there is none
_MADE = {
    "open": "f", "openat": "f", "openat2": "f", "creat": "f", "socket": "4", "accept": "4", "pipe": "p", "eventfd": "e",
    "signalfd": "s", "timerfd_create": "t", "inotify_init": "i",
}  # fmt: skip


@cache
def _about() -> Bools:
    """Which event types work on a descriptor, make or end one."""
    table = np.zeros(1 << 16, np.bool_)
    for kind, event in EVENTS.items():
        after = EVENTS.get(kind | 1, event)
        table[kind] = event.uses_fd or makes_descriptor(after) or (not event.enters and event.name in _OPTIONS)
    return table


@cache
def _letters() -> npt.NDArray[np.uint8]:
    """fd.typechar by event type, where nothing is behind the descriptor."""
    table = np.full(1 << 16, ord("o"), np.uint8)
    for kind, event in EVENTS.items():
        table[kind] = ord(_MADE.get(event.name, "o"))
    return table


@cache
def _renames() -> Bools:
    """Which event types may change what a descriptor is called: not those that make one called as another."""
    table = np.ones(1 << 16, np.bool_)
    table[[kind for kind, event in EVENTS.items() if event.name in _NOT_RENAMING]] = False
    return table


def uses_descriptor(piece: Piece, events: I8) -> Bools:
    """Which events work on a descriptor, make or end one; not those whose enter event is not there."""
    known: Bools = (piece.type[events] & 1 == 0) | (piece.pairs.enter[events] >= 0)
    return _about()[piece.type[events]] & known


class Described:
    """The fields of the rows of a piece, which are events or completed `calls`; `files` are the ids of what is behind
    their descriptors."""

    def __init__(self, follow: Follow, piece: Piece, files: Callable[[Batch], I8], calls: bool) -> None:
        self._follow, self._piece, self._files, self._calls = follow, piece, files, calls

    def text(self, key: str, text: Callable[[Fd], bytes | None]) -> Callable[..., Vector]:
        """A text of what is behind the descriptor, once for each."""

        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            idents = self._files(batch).astype(np.uint32)
            ids = context.numbered(f"scap {key}", idents.astype(np.int64), self._of(text))
            return string(np.where(idents != 0, ids, 0))

        return derive

    def _of(self, text: Callable[[Fd], bytes | None]) -> Callable[[int], bytes | None]:
        return lambda ident: text(self._follow.fds.infos[ident]) if ident else None

    def _number(self, value: Callable[[Fd], int | None]) -> Derivation:
        """A number of it, missing where that is None."""

        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            distinct, inverse = np.unique(self._files(batch), return_inverse=True)
            found = [value(self._follow.fds.infos[ident]) if ident else None for ident in distinct.tolist()]
            values = np.array([one or 0 for one in found], np.int64)
            return number(values[inverse], np.array([one is not None for one in found], np.bool_)[inverse])

        return derive

    def _truth(self, test: Callable[[Fd], bool]) -> Derivation:
        """A truth about it."""
        counted = self._number(test)

        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            found = counted(batch, argument, context)
            assert isinstance(found, Vector)
            return flag(found.values != 0, found.valid)

        return derive

    def _fd(self, batch: Batch) -> tuple[I8, Bools]:
        """(descriptors, -1 where there is none yet; where an event is about one)."""
        events = ints(batch, "seq")
        known, fds = self._follow.threads.records_of(self._piece, events) != 0, descriptors(self._piece, events)
        return fds, (uses_descriptor(self._piece, events) | (fds >= 0)) & known

    def _num(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        return number(*self._fd(batch))

    def _uid(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """The thread and the descriptor."""
        fds, valid = self._fd(batch)
        tids = ints(batch, "tid")
        template = (~valid).astype(np.uint16)
        return written(join(len(batch), template, [[sint(tids[valid]), sint(fds[valid])], []]), valid)

    def _typechar(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """By the call where nothing is behind the descriptor."""
        found = self.letter(batch, argument, context).values
        events, (_, valid) = ints(batch, "seq"), self._fd(batch)
        letters = context.numbered("letter", _letters()[self._piece.type[events]].astype(np.int64), lambda n: b"%c" % n)
        return string(np.where((found == 0) & valid, letters, found))

    def letter(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """sysdig's letter of what is behind the descriptor."""
        return self.text("typechar", lambda info: self._letter(info).encode())(batch, argument, context)

    def _letter(self, info: Fd) -> str:
        """X of what sysdig does not know, which it has no type for; calls have it unknown, as live."""
        return "o" if self._calls and info.letter == "X" else info.letter

    def _type(self, info: Fd) -> bytes | None:
        return TYPES[self._letter(info)].encode() if self._letter(info) in TYPES else None

    def _renamed(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """fd.name_changed: a descriptor that is new and no copy, or is called otherwise than before the event."""
        events, files = ints(batch, "seq"), self._files(batch)
        works = np.flatnonzero(self._piece.pairs.fd[events] >= 0)
        before = np.zeros(len(events), np.int64)
        before[works] = files_of(self._follow.threads, self._piece, events[works], behind=False)
        names = self._of(lambda info: info.name)
        ids = context.numbered("scap name", np.append(files, before), names).reshape(2, -1)
        changed = np.maximum(ids[0], 1) != np.maximum(ids[1], 1)
        return flag(changed & _renames()[self._piece.type[events]], files != 0)

    def _ends(self, info: Fd, end: str) -> tuple[bytes, int] | None:
        """An end of a connection: client, server, local or remote."""
        ends: Ends = info.ends
        if info.type not in _CONNECTIONS or not info.role:
            return None
        first = end == "c" or (end != "s" and self._follow.fds.local(ends[0]) == (end == "l"))
        return ends[:2] if first else ends[2:]

    def _ip(self, end: str) -> Callable[[Fd], bytes | None]:
        def of(info: Fd) -> bytes | None:
            found = info.ends[:2] if end == "s" and info.is_server else self._ends(info, end)
            return address(found[0]) if found and found[0] else None

        return of

    def _port(self, end: str) -> Callable[[Fd], int | None]:
        def of(info: Fd) -> int | None:
            if info.is_server and end in "cs":
                return info.ends[1] if end == "s" else 0
            if info.type == blocks.UNIX and info.role and end == "c":
                return 0
            found = self._ends(info, end)
            return found[1] if found else None

        return of

    def _service(self, end: str) -> Derivation:
        """The port as text, with -R the name of its service; nothing of an end that is not there."""

        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            def of(info: Fd) -> bytes | None:
                found = self._port(end)(info)
                if found is None or not self._ends(info, end):
                    return None if found is None else b""
                return service(found, "udp" if info.l4 == UDP else "tcp") if context.services else b"%d" % found

            return self.text(f"{end}proto", of)(batch, argument, context)

        return derive

    def _serves(self, info: Fd) -> bool:
        """fd.is_server: it is bound, or the server's end of its connection is on the captured system."""
        return info.is_server or (info.type in _CONNECTIONS and self._follow.fds.local(info.ends[2]))

    def fields(self) -> dict[str, Derivation]:
        """By name."""
        nothing = None if self._calls else NOT_KNOWN
        return {
            "fd.num": self._num, "fd.uid": self._uid, "fd.name_changed": self._renamed,
            "fd.typechar": self.letter if self._calls else self._typechar, "fd.type": self.text("type", self._type),
            "fd.l4proto": self.text("l4proto", lambda info: _PROTOCOLS.get(info.shown_l4, nothing)),
            "fd.sockfamily": self.text("sockfamily", _family), "fd.is_server": self._truth(self._serves),
            "fd.connected": self._truth(lambda info: info.is_inet and bool(info.ends[2]) and bool(info.role)),
            **{f"fd.{end}ip": self.text(f"{end}ip", self._ip(end)) for end in "cslr"},
            **{f"fd.{end}port": self._number(self._port(end)) for end in "cslr"},
            **{f"fd.{end}proto": self._service(end) for end in "cslr"},
        }  # fmt: skip


def _family(info: Fd) -> bytes | None:
    return b"ip" if info.is_inet else b"unix" if info.type == blocks.UNIX else None
