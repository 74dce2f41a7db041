"""Which events of a piece of a file are rows, which numbers they have, and which go with them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap.events import EVENTS
from sonde.native.scap import KEPT
from sonde.sources.scap.operations import ALONE, ENDS
from sonde.sources.scap.pieces import Piece

__all__ = ["Shown"]

I8 = npt.NDArray[np.int64]
_UNKNOWN, _UNCOUNTED, _HIDDEN, _CONTAINER, _ENDS, _ALONE = (1 << bit for bit in range(6))  # marks of event types


def _marks() -> npt.NDArray[np.uint8]:
    table = np.full(1 << 16, _UNKNOWN | _UNCOUNTED | _HIDDEN, np.uint8)
    table[list(EVENTS)] = [_HIDDEN if event.category == "internal" else 0 for event in EVENTS.values()]
    table[[228, 272, 324]] |= _CONTAINER
    table[[354, 356, 358, 360]] |= _UNCOUNTED  # sysdig writes what it knows of users as events
    table[ENDS] |= _ENDS
    table[ALONE] |= _ALONE
    return table


_MARKS = _marks()


class Shown:
    """Of a piece, before which there were `before` events. `leading`: none of them was shown, so that the containers
    which come first are those that there are when the capture begins."""

    def __init__(self, piece: Piece, before: int, leading: bool) -> None:
        self._piece, self._before = piece, before
        self._marks = _MARKS[piece.type[piece.carried :]]
        self._kept = piece.form[piece.carried :] & KEPT != 0
        self._uncounted = np.flatnonzero(self._marks & _UNCOUNTED) + piece.carried
        self._shown = (self._marks & (_UNCOUNTED | _HIDDEN) == 0) & ~self._kept
        self.leading = leading
        if leading:
            first = np.flatnonzero(self._marks & _CONTAINER == 0)
            self.leading = not len(first)
            self._shown[: first[0] if len(first) else len(self._marks)] = False

    @property
    def unknown(self) -> int:
        """How many events have a type that nobody knows."""
        return int(np.count_nonzero(self._marks & _UNKNOWN))

    @property
    def count(self) -> int:
        """How many events there are so far."""
        return self._before + len(self._marks) - len(self._uncounted)

    def numbers(self, events: I8) -> I8:
        """The numbers of events, which are counted."""
        before = np.searchsorted(self._uncounted, events)
        return events - before + (self._before + 1 - self._piece.carried)

    @cached_property
    def events(self) -> I8:
        """Those that are shown."""
        return np.flatnonzero(self._shown) + self._piece.carried

    @property
    def ends(self) -> I8:
        """Those of them that end calls."""
        return np.flatnonzero(self._shown & (self._marks & _ENDS != 0)) + self._piece.carried

    @property
    def alone(self) -> I8:
        """Those of them that are of no call."""
        return np.flatnonzero(self._shown & (self._marks & _ALONE != 0)) + self._piece.carried

    def others(self, whole: bool) -> I8:
        """Those that go with what is shown; `whole`: all is."""
        beside = _CONTAINER | _UNCOUNTED | (_HIDDEN if whole else 0)
        others = ~self._shown & (self._marks & _UNKNOWN == 0) & (self._kept | (self._marks & beside != 0))
        return np.flatnonzero(others) + self._piece.carried
