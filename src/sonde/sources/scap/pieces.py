"""Events of a piece of a file: columns, the parameters of each, and which enter event each exit event belongs to."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap.events import EVENTS, TYPES
from sonde.native.pairs import CALL, ENDS, EXEC, EXECVEAT, MAKES, USES_FD, pairs
from sonde.native.scap import Blocks

__all__ = ["ENDING", "MARKS", "META", "NEW_THREADS", "OLD", "SWITCHES", "Piece", "of_types"]

I8 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Numbers = Sequence[int]

OLD = np.zeros(TYPES, np.uint16)  # most parameters before version 1.2, by event type
for _event in EVENTS.values():
    OLD[_event.number] = _event.old

_WORD: Callable[[bytes, int], tuple[int]] = struct.Struct("<q").unpack_from
SWITCHES = frozenset((146, 152))
NEW_THREADS = frozenset((15, 157, 183, 185, 217, 219, 221, 223, 225, 227, 335))  # a clone, fork or vfork returns
ENDING = frozenset((16, 186))
META = frozenset((272, 324, 354, 356, 358, 360, 322, 402))  # they are of no thread
_EXECVEAT, _EXECS = 330, frozenset((289, 293))


def of_types(types: frozenset[int] | set[int]) -> Bools:
    """By event type: is it one of these?"""
    table = np.zeros(1 << 16, np.bool_)
    table[list(types)] = True
    return table


def _marks() -> npt.NDArray[np.uint8]:
    """What native/pairs.py is told of event types."""
    calls = {n for n, e in EVENTS.items() if not e.aside} - META - SWITCHES
    marked = {
        CALL: calls, USES_FD: {n for n, e in EVENTS.items() if e.uses_fd}, EXEC: _EXECS, EXECVEAT: {_EXECVEAT},
        MAKES: calls - NEW_THREADS - ENDING, ENDS: ENDING,
    }  # fmt: skip
    out = np.zeros(1 << 16, np.uint8)
    for mark, types in marked.items():
        out[list(types)] |= np.uint8(mark)
    return out


MARKS = _marks()
_ENTERED = of_types({n for n, e in EVENTS.items() if e.enters and n + 1 in EVENTS} - ENDING)  # of calls that return


class Piece:
    """Columns of events in the order of the file. The first `carried` are of pieces before: calls that had not
    returned."""

    def __init__(self, blocks: Blocks, data: bytes, carried: int) -> None:
        self.time, self.tid, self.cpu = blocks.time, blocks.tid, blocks.cpu
        self.type = blocks.type.astype(np.int64)
        self.first, self.offset, self.length = blocks.first, blocks.offset, blocks.length
        self.word, self.worded = blocks.word, blocks.worded
        self.start, self.data, self.carried = blocks.start, data, carried
        self.pairs = pairs(blocks, MARKS, carried)
        # one number of these is wanted at a time: a view gives it faster than an array does
        self._first: Numbers = self.first.data
        self._offset: Numbers = self.offset.data
        self._length: Numbers = self.length.data
        self._word: Numbers = self.word.data
        self._type: Numbers = blocks.type.data
        self._enter: Numbers = self.pairs.enter.data
        self._valid: Numbers = self.pairs.valid.data
        self._fd: Numbers = self.pairs.fd.data

    def __len__(self) -> int:
        return len(self.type)

    def type_of(self, event: int) -> int:
        """The type of an event."""
        return self._type[event]

    def count(self, event: int) -> int:
        """How many parameters an event has."""
        return self._first[event + 1] - self._first[event]

    def entered(self, event: int) -> int:
        """The enter event that an event returns from, -1 if it is not there."""
        return self._enter[event] if self._valid[event] else -1

    def result(self, event: int) -> int:
        """The first parameter of an exit event."""
        return self._word[event]

    def fd(self, event: int) -> int:
        """The descriptor that an event works on, -1 for none."""
        return self._fd[event]

    def raw(self, event: int, index: int) -> bytes:
        """A parameter, b"" where there is none."""
        at = self._first[event] + index
        if at >= self._first[event + 1]:
            return b""
        return self.cut(self._offset[at], self._length[at])

    def behind(self, event: int) -> bytes:
        """The parameters of an event, all but the first of an exit event: its result."""
        at, end = self._first[event] + (self._type[event] & 1), self._first[event + 1] - 1
        return self.data[self._offset[at] : self._offset[end] + self._length[end]] if at <= end else b""

    def spans(self, events: I8) -> tuple[I8, I8]:
        """Where that begins and ends in `data`; of event -1 nowhere."""
        at, last = self.first[events] + (self.type[events] & 1), self.first[events + 1] - 1
        there = np.flatnonzero((events >= 0) & (at <= last))
        start, end = np.zeros((2, len(events)), np.int64)
        start[there] = self.offset[at[there]]
        end[there] = self.offset[last[there]] + self.length[last[there]]
        return start, end

    def span(self, events: I8, index: int) -> tuple[I8, I8]:
        """Where one parameter begins and ends in `data`; nowhere if there is none."""
        at, there = self.places(index, events)
        there &= events >= 0
        begin, end = np.zeros((2, len(events)), np.int64)
        begin[there] = self.offset[at[there]]
        end[there] = begin[there] + self.length[at[there]]
        return begin, end

    def cut(self, start: int, length: int) -> bytes:
        """Bytes of the file."""
        return self.data[start : start + length]

    def signed(self, event: int, index: int, absent: int = 0) -> int:
        """A signed number."""
        at = self._first[event] + index
        if at >= self._first[event + 1]:
            return absent
        start, length = self._offset[at], self._length[at]
        if length >= 8:
            return _WORD(self.data, start)[0]
        return int.from_bytes(self.data[start : start + length], "little", signed=True) if length else absent

    def unsigned(self, event: int, index: int) -> int:
        """An unsigned number."""
        at = self._first[event] + index
        if at >= self._first[event + 1]:
            return 0
        start = self._offset[at]
        return int.from_bytes(self.data[start : start + min(self._length[at], 8)], "little")

    def text(self, event: int, index: int) -> bytes:
        """A text up to its NUL."""
        return self.raw(event, index).partition(b"\0")[0]

    def numbers(self, index: int, rows: I8, size: int = 8, signed: bool = True) -> tuple[I8, Bools]:
        """(a parameter of events as numbers of `size` bytes, where there is one)."""
        if index == 0 and size == 8:
            there = self.worded[rows]
            return np.where(there, self.word[rows], 0), there
        at, there = self.places(index, rows)
        there &= (self.length[at] >= size) if len(self.length) else False
        out = np.zeros(len(rows), np.int64)
        if there.any():
            kind = np.dtype(f"<{'i' if signed else 'u'}{size}")
            anywhere = np.ndarray((len(self.data) - size + 1,), kind, self.data, strides=(1,))
            out[there] = anywhere[self.offset[at[there]]]
        return out, there

    def places(self, index: int, rows: I8) -> tuple[I8, Bools]:
        """(where a parameter of events stands in `offset` and `length`, where there is one)."""
        at = self.first[rows] + index
        there = at < self.first[rows + 1]
        return np.where(there, at, 0), there

    def unfinished(self) -> I8:
        """The events to be carried: the last enter event of each thread."""
        last = self.pairs.last
        return np.sort(last[last >= 0])

    def running(self, before: Bools) -> Bools:
        """Which of `unfinished` are calls that have not returned; `before`: which of those carried had not."""
        calls = np.flatnonzero(MARKS[self.type] & CALL)
        newest = np.full(len(self.pairs.tids), -1, np.int64)
        np.maximum.at(newest, self.pairs.thread[calls], calls)
        events = self.unfinished()
        held: Bools = (newest[self.pairs.thread[events]] == events) & _ENTERED[self.type[events]]
        old = events < self.carried
        held[old] &= before[events[old]]
        return held
