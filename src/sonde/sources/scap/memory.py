"""Memory and page faults of threads, as events tell them: each event has what its thread had then."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.sources.scap.pieces import NEW_THREADS, Piece

__all__ = ["MEMORY", "Memory"]

I8 = npt.NDArray[np.int64]
MEMORY = ("pfmajor", "pfminor", "vmsize", "vmrss", "vmswap")
_BYTES = (8, 8, 4, 4, 4)
# by event type, where pfmajor stands; vmsize follows two places behind; without page faults that is -2
_SWITCH, _MAPS, _TASKS = 152, (159, 161, 163, 165), (155, 173, 215, 231, 283, 289, 293, 331)
_AT = {_SWITCH: 1, **dict.fromkeys(_MAPS, -1), **dict.fromkeys(_TASKS, 8), **dict.fromkeys(NEW_THREADS - {15}, 8)}


class Memory:
    """What was last told of each thread."""

    def __init__(self) -> None:
        self.last: dict[int, tuple[int, ...]] = {}

    def columns(self, piece: Piece, events: I8) -> dict[str, I8]:
        """The columns of MEMORY for some events; 0 where nothing is known. To be asked for each piece once."""
        told, values = self._told(piece)
        rows = np.flatnonzero(told)
        order = rows[np.argsort(piece.tid[rows], kind="stable")]
        keys = piece.tid[order].astype(object) * len(piece) + order if len(order) else np.zeros(0, object)
        out = {name: np.zeros(len(events), np.int64) for name in MEMORY}
        tids, inverse = np.unique(piece.tid[events], return_inverse=True)
        for index, tid in enumerate(tids.tolist()):
            mine = np.flatnonzero(inverse == index)
            start, end = np.searchsorted(keys, [tid * len(piece), (tid + 1) * len(piece)])
            at = np.searchsorted(order[start:end], events[mine], side="right") - 1
            before = self.last.get(tid, (0, 0, 0, 0, 0))
            for place, name in enumerate(MEMORY):
                column = np.append(values[place][order[start:end]], before[place])
                out[name][mine] = column[at]
        for row in order.tolist():
            self.last[int(piece.tid[row])] = tuple(int(values[place][row]) for place in range(5))
        return out

    def _told(self, piece: Piece) -> tuple[npt.NDArray[np.bool_], list[I8]]:
        """(events that tell, the five values of each)."""
        told = np.zeros(len(piece), np.bool_)
        values = [np.zeros(len(piece), np.int64) for _ in MEMORY]
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
                values[place][rows] = found
                told[rows[there]] = True
        self._carry_faults(piece, told, values)
        return told, values

    def _carry_faults(self, piece: Piece, told: npt.NDArray[np.bool_], values: list[I8]) -> None:
        """Events that say nothing of page faults leave them as they were."""
        faults: dict[int, tuple[int, int]] = {}
        for row in np.flatnonzero(told).tolist():
            tid = int(piece.tid[row])
            if _AT[int(piece.type[row])] < 0:
                values[0][row], values[1][row] = faults.get(tid) or self.last.get(tid, (0, 0))[:2]
            else:
                faults[tid] = (int(values[0][row]), int(values[1][row]))
