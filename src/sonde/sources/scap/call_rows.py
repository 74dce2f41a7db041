"""Calls of a piece that returned, as rows whose columns are made when they are asked for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.plan.batch import Batch
from sonde.sources.scap.operations import ENDS, Operations
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.rows import kinds_of

__all__ = ["CallRows", "calls_of"]

I8 = npt.NDArray[np.int64]


def calls_of(operations: Operations, piece: Piece, events: I8, numbers: I8) -> CallRows:
    """The events among some that end a call."""
    ends = np.flatnonzero(ENDS[piece.type[events]])
    return CallRows(operations, piece, events[ends], numbers[ends])


class CallRows:
    """A row for each of some events that end a call."""

    def __init__(self, operations: Operations, piece: Piece, events: I8, numbers: I8) -> None:
        self._operations, self._piece, self._events, self._numbers = operations, piece, events, numbers

    def __len__(self) -> int:
        return len(self._events)

    def take(self, rows: I8) -> CallRows:
        """Some of the rows."""
        return CallRows(self._operations, self._piece, self._events[rows], self._numbers[rows])

    def kinds(self) -> I8:
        """What kind of event each is."""
        return kinds_of(self._piece, self._events)

    def batch(self, names: frozenset[str], pointed: bool = False) -> Batch:
        """The rows with columns by name; the usual ones are always there. `pointed`: with what arguments point at."""
        return self._operations.rows(self._piece, self._events, self._numbers, names, pointed)
