"""Memory and page faults of threads, as events tell them: each event has what its thread had then."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.sources.scap.pieces import NEW_THREADS, Piece, of_types

__all__ = ["MEMORY", "Memory"]

I8 = npt.NDArray[np.int64]
MEMORY = ("pfmajor", "pfminor", "vmsize", "vmrss", "vmswap")
_BYTES = (8, 8, 4, 4, 4)
# by event type, where pfmajor stands; vmsize follows two places behind; without page faults that is -2
_SWITCH, _MAPS, _TASKS = 152, (159, 161, 163, 165), (155, 173, 215, 231, 283, 289, 293, 331)
_AT = {_SWITCH: 1, **dict.fromkeys(_MAPS, -1), **dict.fromkeys(_TASKS, 8), **dict.fromkeys(NEW_THREADS - {15}, 8)}
_SILENT = of_types(set(_MAPS))


class Memory:
    """What was last told of each thread."""

    def __init__(self) -> None:
        self.last: dict[int, tuple[int, ...]] = {}
        self._keys, self._values = np.zeros(0, np.int64), np.zeros((0, len(MEMORY)), np.int64)

    def listed(self, tid: int, memory: tuple[int, ...]) -> None:
        """What the list at the beginning has: vmsize, vmrss, vmswap, pfmajor, pfminor."""
        self.last[tid] = tuple(np.array((*memory[3:], *memory[:3]), np.uint64).view(np.int64).tolist())

    def through(self, piece: Piece) -> None:
        """Follow the events of a piece."""
        told, values = self._told(piece)
        rows, tids = np.flatnonzero(told), piece.pairs.tids.tolist()
        threads = np.arange(len(tids))
        keys = np.concatenate((_keys(piece, threads, -1), _keys(piece, piece.pairs.thread[rows], rows)))
        before = np.array([self.last.get(tid, (0, 0, 0, 0, 0)) for tid in tids], np.int64).reshape(-1, len(MEMORY))
        silent = np.concatenate((np.zeros(len(tids), np.bool_), _SILENT[piece.type[rows]]))
        order = np.argsort(keys)
        self._keys, self._values = keys[order], np.concatenate((before, values[rows]))[order]
        # events that say nothing of page faults leave them as they were
        heard = np.maximum.accumulate(np.where(silent[order], 0, np.arange(len(order))))
        self._values[:, :2] = self._values[heard, :2]
        ends = np.searchsorted(self._keys, _keys(piece, threads, len(piece)), "right") - 1
        self.last |= dict(zip(tids, map(tuple, self._values[ends].tolist()), strict=True))

    def column(self, name: str, piece: Piece, events: I8) -> I8:
        """One of MEMORY for some events of the piece that was followed; 0 where nothing is known."""
        at = np.searchsorted(self._keys, _keys(piece, piece.pairs.thread[events], events), "right") - 1
        found: I8 = self._values[at, MEMORY.index(name)]
        return found

    def _told(self, piece: Piece) -> tuple[npt.NDArray[np.bool_], I8]:
        """(events that tell, the five values of each event)."""
        told = np.zeros(len(piece), np.bool_)
        values = np.zeros((len(piece), len(MEMORY)), np.int64)
        for kind in np.unique(piece.type).tolist():
            first = _AT.get(kind)
            if first is None:
                continue
            rows = np.flatnonzero(piece.type == kind)
            if kind in NEW_THREADS:  # told of the child
                rows = rows[piece.numbers(0, rows)[0] == 0]
            for place, size in enumerate(_BYTES):
                if first < 0 and place < 2:
                    continue
                at = first + place
                found, there = piece.numbers(at, rows, size)
                values[rows, place] = found
                told[rows[there]] = True
        return told, values


def _keys(piece: Piece, threads: npt.NDArray[np.integer], events: I8 | int) -> I8:
    """Threads first, then events, in one number."""
    return threads.astype(np.int64) * (len(piece) + 2) + events + 1
