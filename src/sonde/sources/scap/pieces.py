"""Events of a piece of a file: columns, the parameters of each, and which enter event each exit event belongs to."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap.events import EVENTS, TYPES
from sonde.native.pairs import CALL, ENDS, EXEC, EXECVEAT, MAKES, USES_FD, pairs
from sonde.native.params import ALL, params
from sonde.native.params import begins as begins_of
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
_MOST = 1024  # events whose parameters are remembered
_EXECVEAT, _EXECS = 330, frozenset((289, 293))


def of_types(types: frozenset[int] | set[int]) -> Bools:
    """By event type: is it one of these?"""
    table = np.zeros(1 << 16, np.bool_)
    table[list(types)] = True
    return table


def _marks() -> npt.NDArray[np.uint16]:
    """What native/pairs.py is told of event types."""
    calls = {n for n, e in EVENTS.items() if not e.aside} - META - SWITCHES
    marked = {
        CALL: calls, USES_FD: {n for n, e in EVENTS.items() if e.uses_fd}, EXEC: _EXECS, EXECVEAT: {_EXECVEAT},
        MAKES: calls - NEW_THREADS - ENDING, ENDS: ENDING,
    }  # fmt: skip
    out = np.zeros(1 << 16, np.uint16)
    for mark, types in marked.items():
        out[list(types)] |= np.uint16(mark)
    return out


MARKS = _marks()
_ENTERED = of_types({n for n, e in EVENTS.items() if e.enters and n + 1 in EVENTS} - ENDING)  # of calls that return


class Piece:
    """Columns of events in the order of the file. The first `carried` are of pieces before: calls that had not
    returned. `marks`: MARKS, and what native/pairs.py is told of what types change."""

    def __init__(self, blocks: Blocks, data: bytes, carried: int, marks: npt.NDArray[np.uint16] = MARKS) -> None:
        self.time, self.tid, self.cpu = blocks.time, blocks.tid, blocks.cpu
        self.type = blocks.type.astype(np.int64)
        self.word, self.worded, self.form = blocks.word, blocks.worded, blocks.form
        self.start, self.data, self.carried = blocks.start, data, carried
        self.pairs = pairs(blocks, marks, carried)
        self._blocks = blocks
        self._begins: dict[int, list[int]] = {}  # of parameters, by event
        # one number of these is wanted at a time: a view gives it faster than an array does
        self._lengths: Numbers = blocks.lengths.data
        self._count: Numbers = blocks.counts.data
        self._form: Numbers = blocks.form.data
        self._word: Numbers = self.word.data
        self._type: Numbers = blocks.type.data
        self._tid: Numbers = self.tid.data
        self._enter: Numbers = self.pairs.enter.data
        self._valid: Numbers = self.pairs.valid.data
        self._fd: Numbers = self.pairs.fd.data

    def __len__(self) -> int:
        return len(self.type)

    def type_of(self, event: int) -> int:
        """The type of an event."""
        return self._type[event]

    def tid_of(self, event: int) -> int:
        """The thread of an event."""
        return self._tid[event]

    def count(self, event: int) -> int:
        """How many parameters an event has."""
        return self._count[event]

    def counts(self, events: I8) -> I8:
        """How many parameters events have."""
        return self._blocks.counts[events].astype(np.int64)

    def entered(self, event: int) -> int:
        """The enter event that an event returns from, -1 if it is not there."""
        return self._enter[event] if self._valid[event] else -1

    def result(self, event: int) -> int:
        """The first parameter of an exit event."""
        return self._word[event]

    def fd(self, event: int) -> int:
        """The descriptor that an event works on, -1 for none."""
        return self._fd[event]

    def _looked_up(self, event: int) -> list[int]:
        """Where the parameters of an event begin, and the last ends; nowhere of event -1."""
        if event < 0:
            return []
        if len(self._begins) >= _MOST:
            self._begins.clear()
        found = begins_of(self.data, self._lengths[event], self._count[event], self._form[event])
        self._begins[event] = found
        return found

    def raw(self, event: int, index: int) -> bytes:
        """A parameter, b"" where there is none."""
        begins = self._begins.get(event) or self._looked_up(event)
        return self.data[begins[index] : begins[index + 1]] if index + 1 < len(begins) else b""

    def spans(self, events: I8, index: I8 | int) -> tuple[I8, I8]:
        """Where one parameter of events begins and ends in `data`, the number `index` of each; -1 if there is none."""
        return params(self.data, self._blocks, events, index)[:2]

    def behind(self, events: I8) -> tuple[I8, I8]:
        """Where the parameters of events begin and end, all but the first of an exit event: its result; -1 if there are
        none, or for event -1."""
        return params(self.data, self._blocks, events, self.type[events] & 1, ALL)[:2]

    def cut(self, start: int, length: int) -> bytes:
        """Bytes of the file."""
        return self.data[start : start + length]

    def signed(self, event: int, index: int, absent: int = 0) -> int:
        """A signed number."""
        begins = self._begins.get(event) or self._looked_up(event)
        if index + 1 >= len(begins):
            return absent
        begin, end = begins[index], begins[index + 1]
        if end - begin >= 8:
            return _WORD(self.data, begin)[0]
        return int.from_bytes(self.data[begin:end], "little", signed=True) if end > begin else absent

    def unsigned(self, event: int, index: int) -> int:
        """An unsigned number."""
        begins = self._begins.get(event) or self._looked_up(event)
        if index + 1 >= len(begins):
            return 0
        begin = begins[index]
        return int.from_bytes(self.data[begin : min(begins[index + 1], begin + 8)], "little")

    def text(self, event: int, index: int) -> bytes:
        """A text up to its NUL."""
        return self.raw(event, index).partition(b"\0")[0]

    def numbers(self, index: int, rows: I8, size: int = 8, signed: bool = True) -> tuple[I8, Bools]:
        """(a parameter of events as numbers of `size` bytes, where there is one)."""
        if index == 0 and size == 8:
            there = self.worded[rows]
            return np.where(there, self.word[rows], 0), there
        begin, end, word = params(self.data, self._blocks, rows, index)
        there = end - begin >= size
        above = 64 - 8 * size
        shifted = word << above
        found = shifted >> above if signed else (shifted.view(np.uint64) >> np.uint64(above)).view(np.int64)
        return np.where(there, found, 0), there

    def unfinished(self) -> I8:
        """The events to be carried: the last enter event of each thread."""
        last = self.pairs.last
        return np.sort(last[last >= 0])

    def running(self, before: Bools) -> Bools:
        """Which of `unfinished` are calls that have not returned; `before`: which of those carried had not."""
        events = self.unfinished()
        held: Bools = (self.pairs.newest[self.pairs.thread[events]] == events) & _ENTERED[self.type[events]]
        old = events < self.carried
        held[old] &= before[events[old]]
        return held
