"""Calls of a piece that returned, as rows whose columns are made when they are asked for."""

from __future__ import annotations

from collections.abc import Set

import numpy as np
import numpy.typing as npt

from sonde.plan.batch import Array, Batch
from sonde.sources.scap.operations import WORDS, Operations
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.rows import NEEDED, Numbers, kinds_of

__all__ = ["CallRows"]

I8 = npt.NDArray[np.int64]


class CallRows:
    """A row for each of some events that end a call. `numbers` gives those of events; columns `made` are kept."""

    def __init__(
        self, operations: Operations, piece: Piece, events: I8, numbers: Numbers, made: dict[str, Array] | None = None
    ) -> None:
        self._operations, self._piece, self._events, self._numbers = operations, piece, events, numbers
        self._made = made or {}

    def __len__(self) -> int:
        return len(self._events)

    def take(self, rows: I8) -> CallRows:
        """Some of the rows."""
        made = {name: values[rows] for name, values in self._made.items()}
        return CallRows(self._operations, self._piece, self._events[rows], self._numbers, made)

    def kinds(self) -> I8:
        """What kind of event each is."""
        return kinds_of(self._piece, self._events)

    def batch(self, names: frozenset[str], pointed: bool = False) -> Batch:
        """The rows with columns by name, and what these need; `pointed`: with what arguments point at."""
        names |= NEEDED
        made: Set[str] = self._made.keys()
        if pointed or not names.isdisjoint(WORDS):  # what is known of words is made with them
            made = made - WORDS - {"unknown"}
        numbers = self._numbers(self._events)
        batch = self._operations.rows(self._piece, self._events, numbers, names - made, pointed)
        batch.columns.update({name: self._made[name] for name in names & made})
        self._made |= {name: batch.columns[name] for name in names & batch.columns.keys()}
        return batch
