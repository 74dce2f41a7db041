"""Memory and page faults of threads, as events tell them: each event has what its thread had then."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.sources.scap.pieces import Piece

__all__ = ["MEMORY", "Memory"]

I8 = npt.NDArray[np.int64]
MEMORY = ("pfmajor", "pfminor", "vmsize", "vmrss", "vmswap")
_FAULTS = 2  # so many of them are of page faults, the others of memory
_BYTES = (8, 8, 4, 4, 4)
# by event type, where pfmajor stands, the others follow; without page faults that is -1. Clones tell of the new thread
_SWITCH, _MAPS, _EXECS = 152, (159, 161, 163, 165), (155, 173, 215, 231, 283, 289, 293, 331)
_TOLD = {_SWITCH: 1, **dict.fromkeys(_MAPS, -1), **dict.fromkeys(_EXECS, 8)}
_CLONED = 8


class _Last:
    """Some numbers of each thread, as they were told last."""

    def __init__(self, width: int) -> None:
        self.last: dict[int, tuple[int, ...]] = {}
        self._none, self._span = (0,) * width, 1
        self._tids = self._keys = np.zeros(0, np.int64)
        self._values = np.zeros((0, width), np.int64)

    def through(self, piece: Piece, tids: I8, events: I8, values: I8) -> None:
        """What events of the next piece tell of threads."""
        self._tids, number = np.unique(np.concatenate((piece.pairs.tids, tids)), return_inverse=True)
        self._span, known = len(piece) + 2, self._tids.tolist()
        before = np.array([self.last.get(tid, self._none) for tid in known], np.int64).reshape(-1, len(self._none))
        begin = np.arange(len(known)) * self._span
        keys = np.concatenate((begin, begin[number[len(piece.pairs.tids) :]] + events + 1))
        order = np.argsort(keys, kind="stable")
        self._keys, self._values = keys[order], np.concatenate((before, values))[order]
        ends = self.at(self._tids, np.full(len(known), len(piece)))
        self.last |= dict(zip(known, map(tuple, ends.tolist()), strict=True))

    def at(self, tids: I8, events: I8) -> I8:
        """The numbers of threads of the piece at its events."""
        keys = np.searchsorted(self._tids, tids) * self._span + events + 1
        found: I8 = self._values[np.searchsorted(self._keys, keys, "right") - 1]
        return found


class Memory:
    """What was last told of each thread. As in sysdig a switch tells the memory of the process, which is its main
    thread's, other calls that of the thread that makes them."""

    def __init__(self) -> None:
        self._faults, self._memory = _Last(_FAULTS), _Last(len(MEMORY) - _FAULTS)

    def listed(self, tid: int, memory: tuple[int, ...]) -> None:
        """What the list at the beginning has: vmsize, vmrss, vmswap, pfmajor, pfminor."""
        found = tuple(np.array(memory, np.uint64).view(np.int64).tolist())
        self._memory.last[tid], self._faults.last[tid] = found[:-_FAULTS], found[-_FAULTS:]

    def through(self, piece: Piece, pids: I8, born: list[tuple[int, int]]) -> None:
        """Follow the events of a piece; `pids` are the processes of their threads, 0 where nobody knows; `born` are the
        threads that were made, by the events that made them."""
        tids = piece.pairs.tids[piece.pairs.thread]
        made = np.array(born, np.int64).reshape(-1, 2)
        told = [_told(piece, made[:, 0], made[:, 1], _CLONED)]  # of both, and of memory alone
        maps: list[tuple[I8, I8, I8]] = []
        for kind, first in _TOLD.items():
            rows = np.flatnonzero((piece.type == kind) & (pids != 0))
            (told if first >= 0 else maps).append(_told(piece, tids[rows], rows, first))
            if kind == _SWITCH:  # page faults are the thread's
                maps.append(_told(piece, pids[rows], rows, first))
        threads, events, values = map(np.concatenate, zip(*told, strict=True))
        self._faults.through(piece, threads, events, values[:, :_FAULTS])
        own = piece.type[events] != _SWITCH
        threads, events, values = map(
            np.concatenate, zip((threads[own], events[own], values[own]), *maps, strict=True)
        )  # fmt: skip
        self._memory.through(piece, threads, events, values[:, _FAULTS:])

    def column(self, name: str, piece: Piece, events: I8) -> I8:
        """One of MEMORY for some events of the piece that was followed; 0 where nothing is known."""
        place = MEMORY.index(name)
        last, at = (self._faults, place) if place < _FAULTS else (self._memory, place - _FAULTS)
        found: I8 = last.at(piece.pairs.tids[piece.pairs.thread[events]], events)[:, at]
        return found


def _told(piece: Piece, tids: I8, rows: I8, first: int) -> tuple[I8, I8, I8]:
    """(threads, events, five numbers) of those events that tell of a thread; `first` is where the numbers stand."""
    values, there = np.zeros((len(rows), len(MEMORY)), np.int64), np.zeros(len(rows), np.bool_)
    for place in range(_FAULTS if first < 0 else 0, len(MEMORY)):
        values[:, place], one = piece.numbers(first + place, rows, _BYTES[place])
        there |= one
    return tids[there], rows[there], values[there]
