"""Events of a piece of a file: columns, the parameters of each, and which enter event each exit event belongs to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap.events import EVENTS, TYPES
from sonde.native.scap import Blocks

__all__ = ["NEW_THREADS", "OLD", "SWITCHES", "Piece", "of_types"]

I8 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

OLD = np.zeros(TYPES, np.uint16)  # most parameters before version 1.2, by event type
for _event in EVENTS.values():
    OLD[_event.number] = _event.old

SWITCHES = frozenset((146, 152))
NEW_THREADS = frozenset((15, 157, 183, 185, 217, 219, 221, 223, 225, 227, 335))  # a clone, fork or vfork returns
_META = frozenset((272, 324, 354, 356, 358, 360, 322, 402))  # they are of no thread
_EXECVEAT, _EXECS = 330, (289, 293)


def of_types(types: frozenset[int] | set[int]) -> Bools:
    """By event type: is it one of these?"""
    table = np.zeros(1 << 16, np.bool_)
    table[list(types)] = True
    return table


_CALLS = of_types({n for n, e in EVENTS.items() if not e.aside} - _META - SWITCHES)
_USES_FD = of_types({n for n, e in EVENTS.items() if e.uses_fd})


class Pairs(NamedTuple):
    """Of each event: the last enter event of its thread before it (-1: none), whether that is the one it returns
    from, and the descriptor it works on, -1 for none."""

    enter: I8
    valid: Bools
    fd: I8


class Piece:
    """Columns of events in the order of the file. The first `carried` are of pieces before: calls that had not
    returned."""

    def __init__(self, blocks: Blocks, data: bytes, carried: int) -> None:
        self.time, self.tid, self.cpu = blocks.time, blocks.tid, blocks.cpu
        self.type = blocks.type.astype(np.int64)
        self.first, self.offset, self.length = blocks.first, blocks.offset, blocks.length
        self.start, self.data, self.carried = blocks.start, data, carried
        self.pairs = self._paired()

    def __len__(self) -> int:
        return len(self.type)

    def count(self, event: int) -> int:
        """How many parameters an event has."""
        return int(self.first[event + 1] - self.first[event])

    def raw(self, event: int, index: int) -> bytes:
        """A parameter, b"" where there is none."""
        at = int(self.first[event]) + index
        if at >= self.first[event + 1]:
            return b""
        start = int(self.offset[at])
        return self.data[start : start + int(self.length[at])]

    def signed(self, event: int, index: int, absent: int = 0) -> int:
        """A signed number."""
        raw = self.raw(event, index)
        return int.from_bytes(raw[:8], "little", signed=True) if raw else absent

    def unsigned(self, event: int, index: int) -> int:
        """An unsigned number."""
        return int.from_bytes(self.raw(event, index)[:8], "little")

    def text(self, event: int, index: int) -> bytes:
        """A text up to its NUL."""
        return self.raw(event, index).partition(b"\0")[0]

    def numbers(self, index: int, rows: I8, size: int = 8, signed: bool = True) -> tuple[I8, Bools]:
        """(a parameter of events as numbers of `size` bytes, where there is one)."""
        at = self.first[rows] + index
        there = at < self.first[rows + 1]
        at = np.where(there, at, 0)
        there &= (self.length[at] >= size) if len(self.length) else False
        out = np.zeros(len(rows), np.int64)
        if there.any():
            buffer = np.frombuffer(self.data, np.uint8)
            found = buffer[self.offset[at[there]][:, None] + np.arange(size)]
            kind = np.dtype(f"<{'i' if signed else 'u'}{size}")
            out[there] = np.ascontiguousarray(found).view(kind)[:, 0].astype(np.int64)
        return out, there

    def unfinished(self) -> I8:
        """The events to be carried: the last enter event of each thread."""
        rows = np.flatnonzero(_CALLS[self.type] & (self.type & 1 == 0))
        last = dict(zip(self.tid[rows].tolist(), rows.tolist(), strict=True))
        return np.array(sorted(last.values()), np.int64)

    def _paired(self) -> Pairs:
        calls = np.flatnonzero(_CALLS[self.type])
        order = calls[np.argsort(self.tid[calls], kind="stable")]
        enters, tid = self.type[order] & 1 == 0, self.tid[order]
        place = np.arange(len(order))
        last = np.maximum.accumulate(np.where(enters, place, -1)) if len(order) else place
        mine = (last >= 0) & (tid[last] == tid)
        enter = np.full(len(self), -1, np.int64)
        enter[order] = np.where(mine, order[last], -1)
        valid = (enter >= 0) & self._belongs(enter)
        fds, there = self.numbers(0, np.arange(len(self)))
        own = _USES_FD[self.type] & (self.type & 1 == 0) & there
        fd = np.where(own, fds, -1)
        back = valid & _USES_FD[self.type] & (self.type & 1 == 1)
        fd[back] = fd[enter[back]]
        return Pairs(enter, valid, fd)

    def _belongs(self, enter: I8) -> Bools:
        entered = self.type[enter]
        execs = (entered == _EXECVEAT) & np.isin(self.type, _EXECS)
        held: Bools = ((entered + 1 == self.type) | execs) & (self.type & 1 == 1)
        return held
