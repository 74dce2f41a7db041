"""Which events of a piece change what is behind descriptors, and which have to be looked at one by one."""

from __future__ import annotations

from collections.abc import Set

import numpy as np
import numpy.typing as npt

from sonde.native.descriptors import CHANGE, CLOSE, COPY, MAKE, MEET, PAUSE, Steps
from sonde.native.pairs import ALWAYS, BEGINS, CHANGED, CHANGES, ON_FD
from sonde.sources.scap.exits import FCNTL, copies
from sonde.sources.scap.pieces import ENDING, MARKS, NEW_THREADS, Piece, of_types
from sonde.sources.scap.sockets import CONNECT, MOVES

__all__ = ["Stepping"]

I8 = npt.NDArray[np.int64]
_CLOSE, _DUPS = 5, frozenset((125, 363, 365, 367, FCNTL))
_TWO = of_types({61, 393, 43})  # they make two descriptors: the parameters behind the result
_NEWER = {21: 2, CONNECT: 2, **dict.fromkeys(_DUPS, 1)}  # where newer exit events have what the call works on
_PLACES = np.zeros(1 << 16, np.int8)
_PLACES[list(_NEWER)] = list(_NEWER.values())


class Stepping:
    """Events as steps. `makes`, `changes` are the event types by which a new thing is behind a descriptor, or another
    one; `others` those that change anything else, `always` those of them that do so whatever they return. `marks`:
    those of a Piece."""

    def __init__(self, makes: Set[int], changes: Set[int], others: Set[int], always: Set[int]) -> None:
        self._op = np.full(1 << 16, MEET, np.uint8)
        for op, types in ((PAUSE, others), (MAKE, makes), (CLOSE, {_CLOSE}), (COPY, _DUPS), (CHANGE, changes)):
            self._op[list(types)] = op
        self._by_result = of_types({*makes, *_DUPS})
        self.marks = MARKS | np.where(self._op == MEET, 0, CHANGES).astype(np.uint16)
        for mark, types in ((ALWAYS, {*always, *ENDING, *NEW_THREADS, CONNECT}), (ON_FD, {_CLOSE, *MOVES})):
            self.marks[list(types)] |= mark

    def steps(self, piece: Piece, threads: I8) -> Steps:
        """The events that change something, and those by which a thread is there; `threads` are the numbers of those of
        the piece."""
        rows, how = piece.pairs.step, piece.pairs.how
        others = _other_controls(piece, rows)
        if others.any():
            how = np.where(others, how & BEGINS, how)
            rows, how = rows[how != 0], how[how != 0]
        types = piece.type[rows]
        op = np.where(how & CHANGED, self._op[types], np.uint8(MEET))
        fd = piece.pairs.fd[rows]
        late = np.flatnonzero((_PLACES[types] > 0) & (fd < 0))
        for place in set(_NEWER.values()) if len(late) else ():
            there = late[_PLACES[types[late]] == place]
            fd[there] = _numbers(piece, place, rows[there])
        found = Steps(op, threads[piece.pairs.thread[rows]], rows, fd, fd)
        made = self._by_result[types]
        return _doubled(piece, types, found._replace(fd=np.where(made, piece.word[rows], fd)))


def _other_controls(piece: Piece, rows: I8) -> npt.NDArray[np.bool_]:
    """Which events are a fcntl that makes no descriptor."""
    controls: npt.NDArray[np.bool_] = piece.type[rows] == FCNTL
    if controls.any():
        controls[controls] = ~copies(piece, rows[controls])
    return controls


def _numbers(piece: Piece, place: int, rows: I8) -> I8:
    found, there = piece.numbers(place, rows)
    return np.where(there, found, -1)


def _doubled(piece: Piece, types: I8, steps: Steps) -> Steps:
    """Calls that make two descriptors take two steps."""
    two = np.flatnonzero(_TWO[types] & (steps.op == MAKE))
    if not len(two):
        return steps
    first, second = (_numbers(piece, place, steps.event[two]) for place in (1, 2))
    steps.fd[two] = first
    doubled = Steps._make(np.insert(column, two + 1, column[two]) for column in steps)
    doubled.fd[two + 1 + np.arange(len(two))] = second
    return doubled
