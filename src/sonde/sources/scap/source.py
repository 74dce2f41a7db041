"""A file of sysdig, .scap, as a source of Batches: its events line by line, or its completed calls."""

from __future__ import annotations

import os
import struct
import zlib
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap import blocks as known
from sonde.engines.batch import filter_batch
from sonde.engines.context import Context
from sonde.errors import UsageError
from sonde.native.scap import Blocks, Walk
from sonde.plan.batch import Batch, Counters
from sonde.plan.expr import TRUE, Expr, fields
from sonde.plan.state import State
from sonde.sources.scap import lists
from sonde.sources.scap.call_rows import CallRows
from sonde.sources.scap.conditions import columns_of, conditions_of, passing
from sonde.sources.scap.fds import Fds
from sonde.sources.scap.follow import Follow
from sonde.sources.scap.memory import MEMORY
from sonde.sources.scap.operations import Operations
from sonde.sources.scap.pieces import META, OLD, Piece, of_types
from sonde.sources.scap.rows import EventRows
from sonde.sources.scap.shown import Shown
from sonde.sources.scap.view import View
from sonde.sources.unattached import Unattached

__all__ = ["PIECE", "Reader", "ScapFile", "is_scap"]

OF_THE_ROW_BEFORE = ("evt.deltatime", "evt.deltatime.s", "evt.deltatime.ns")  # they need all rows
PIECE = 1 << 22  # bytes of a file at once
_GZIP = b"\x1f\x8b"
_META = of_types(META)


def is_scap(path: str) -> bool:
    """Does a file begin as sysdig's do, compressed or not?"""
    try:
        with open(path, "rb") as file:
            reader, beginning = Reader(file), b""
            while len(beginning) < 16 and (data := reader.read(PIECE)):
                beginning += data
    except (OSError, zlib.error):
        return False
    return beginning[:4] == known.SECTION.to_bytes(4, "little") and beginning[8:12] == known.MAGIC.to_bytes(4, "little")


class Reader:
    """The bytes of a file, unpacked if it is compressed; `broken` if they end before the compression does."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.broken = file, False
        packed = file.read(2) == _GZIP
        file.seek(0)
        self._unpack = zlib.decompressobj(31) if packed else None
        self._left = b""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        if self._unpack is None:
            return self._file.read(size)
        while True:
            packed = self._left or self._file.read(size)
            try:
                data = self._unpack.decompress(packed, size)
            except zlib.error:
                self.broken = True
                return b""
            self._left = self._unpack.unconsumed_tail
            if self._unpack.eof:
                self._left = self._unpack.unused_data or self._file.read(size)
                if not self._left.startswith(_GZIP):
                    self._left = b""
                    self._file.seek(0, 2)
                self._unpack = zlib.decompressobj(31)
            if data:
                return data
            if not packed:
                self.broken = not self._unpack.eof and bool(self._unpack.unconsumed_tail)
                return b""


class ScapFile(Unattached):
    """A .scap file. With `events` its rows are events, as sysdig shows them, else completed calls; these have what
    arguments point at if it is asked for (`pointed`)."""

    def __init__(self, path: str, expr: Expr, names: frozenset[str], events: bool = True, snaplen: int = 80,
                 pointed: bool = True) -> None:  # fmt: skip
        try:
            self._file: BinaryIO = open(path, "rb")  # noqa: SIM115 - closed by close()
            self._reader = Reader(self._file)
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from None
        self.done, self.state = False, State()
        self._whole = expr == TRUE
        self._expr = expr
        self._path, self._events, self._context = path, events, Context(self.state)
        alone = not any(field.name in OF_THE_ROW_BEFORE for field in fields(expr))
        self._parts, self.rest = (conditions_of(expr) if alone else []), TRUE if alone else expr
        self._of_kinds = [part for part in self._parts if part.of_kinds]
        self._pointed = pointed
        self._names = names | columns_of(self.rest) | {"time"}
        self._memory = bool((names | columns_of(expr)) & set(MEMORY))
        self._walk, self._follow = Walk(OLD, known.LARGEST), Follow(self.state)
        self.operations = Operations(self._follow, snaplen)
        self._left = self._carried = b""  # bytes of a block that is not whole; enter events that wait for their exits
        self._running = np.zeros(0, np.bool_)  # which of those that wait are calls that have not returned
        self._count = self._at = self._now = 0  # events so far, bytes so far, the latest time
        self.piece: Piece | None = None  # of the last rows
        self._shown: Shown | None = None
        self._alone = 0  # events that are no calls, and pass as far as that is known
        self._skipped = {"unknown block": 0, "unknown event": 0, "torn event": 0, "unreadable list": 0}
        self._damage, self._leading = "", True

    def poll(self, final: bool = False) -> Batch | None:
        """The rows of the next piece; `done` after the last."""
        self.piece = None
        data = b"" if self.done else self._reader.read(PIECE)
        if not data:
            self._end()
            return self._still()
        whole = b"".join((self._carried, self._left, data))
        found = self._walk.blocks(np.frombuffer(whole, np.uint8))
        self._left = whole[found.next :]
        self._at += found.next - len(self._carried)
        if found.damaged:
            self._damaged()
        self._skipped["torn event"] += found.torn
        return self._rows(found, whole)

    def _rows(self, found: Blocks, whole: bytes) -> Batch | None:
        carried = int(np.searchsorted(found.start, len(self._carried)))
        for kind, offset, length in found.other.tolist():
            self._other(kind, whole[offset : offset + length])
        piece = Piece(found, whole, carried, self._follow.marks)
        if not self.state.start:  # what tells of users and containers is older, or younger
            begun = carried + np.flatnonzero(~_META[piece.type[carried:]])
            self.state.start = int(piece.time[begun[0]]) if len(begun) else 0
        if not self._count:
            self._follow.threads.settle()
        self._follow.through(piece)
        if self._memory:
            self._follow.threads.remember(piece)
        self.piece, self._shown = piece, Shown(piece, self._count, self._leading)
        self._skipped["unknown event"] += self._shown.unknown
        self._count, self._leading = self._shown.count, self._shown.leading
        batch = self._passing(piece, self._shown)
        if len(piece) > carried:
            self._now = max(self._now, int(piece.time[carried:].max()))
        waiting, self._running = piece.unfinished(), piece.running(self._running)
        self._carried = b"".join(_block(whole, int(piece.start[event])) for event in waiting.tolist())
        return batch if len(batch) else None

    def _passing(self, piece: Piece, shown: Shown) -> Batch:
        """The rows of a piece that pass."""
        view = View(self._follow, piece)
        if self._events:
            return passing(self._parts, EventRows(view, shown.events, shown.numbers), self._context).batch(self._names)
        alone = EventRows(view, shown.alone, shown.numbers)
        self._alone += len(passing(self._of_kinds, alone, self._context))
        calls = CallRows(self.operations, piece, shown.ends, shown.numbers)
        return passing(self._parts, calls, self._context).batch(self._names, self._pointed)

    def _still(self) -> Batch | None:
        """The calls that have not returned when the file ends, as rows among completed calls."""
        if self._events or not self._running.any():
            return None
        piece = Piece(self._walk.blocks(np.frombuffer(self._carried, np.uint8)), self._carried, len(self._running))
        self._follow.through(piece)
        if self._memory:
            self._follow.threads.remember(piece)
        events, self._running = np.flatnonzero(self._running), np.zeros(0, np.bool_)
        batch = self.operations.running(piece, events, self._now, self._count + 1, self._names)
        return batch if self.rest == self._expr else filter_batch(batch, self._expr, self._context)

    def _other(self, kind: int, data: bytes) -> None:
        """A block that is no event."""
        follow = self._follow
        try:
            if kind in known.INTERFACES:
                follow.listed_interfaces(lists.interfaces(data, known.INTERFACES[kind]))
            elif kind in known.USERS:
                for user in lists.users(data, known.USERS[kind]):
                    follow.people.listed(user)
            elif kind in known.PROCESSES:
                for process in lists.processes(data, known.PROCESSES[kind]):
                    follow.threads.listed(process)
            elif kind in known.FDS:
                follow.threads.listed_fds(*lists.fds(data, known.FDS[kind]))
            elif kind not in known.MACHINE and kind != known.SECTION:
                self._skipped["unknown block"] += 1
        except struct.error:
            self._skipped["unreadable list"] += 1

    def _damaged(self) -> None:
        self._damage = f"damaged at byte {self._at:,}: what follows was not read"
        self._left = b""
        self.done = True

    def _end(self) -> None:
        if not self.done and (self._left or self._reader.broken):
            self._damage = f"it ends in the middle of a block, at byte {self._at + len(self._left):,}"
            self._left = b""
        self.done = True

    def counters(self) -> Counters:
        """What was seen so far."""
        return Counters(seen=self._count, matched=self._count)

    def absent(self) -> list[str]:
        """What of the file could not be read."""
        people = self._follow.people.unreadable
        counts = self._skipped | {"unreadable container": people}
        skipped = [f"{count:,} {what}{'' if count == 1 else 's'}" for what, count in counts.items() if count]
        return skipped + ([self._damage] if self._damage else [])

    @property
    def others(self) -> npt.NDArray[np.int64]:
        """The events of the piece that go with those shown."""
        return self._shown.others(self._whole) if self._shown else np.zeros(0, np.int64)

    @property
    def fds(self) -> Fds:
        """What descriptors lead to."""
        return self._follow.fds

    def no_calls(self) -> list[str]:
        """What of the file no row of calls tells."""
        return [f"{self._alone:,} event{'' if self._alone == 1 else 's'} that are no calls"] if self._alone else []

    def progress(self) -> tuple[int, int]:
        """How much of the file was read."""
        return self._file.tell(), os.fstat(self._file.fileno()).st_size

    def aside(self) -> list[str]:
        """Where the rows come from."""
        return [f"from {self._path}, a file of sysdig"]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _block(data: bytes, start: int) -> bytes:
    length = int.from_bytes(data[start + 4 : start + 8], "little")
    return data[start : start + length]
