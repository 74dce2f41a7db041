"""What was behind a key at the time of each event of a piece of a file: the changes, and what did not change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["Timeline"]

I8 = npt.NDArray[np.int64]
BEFORE = -1  # of the value that a key had when the piece began


class Timeline:
    """Numbers by key and event. `now` gives a key's value behind the last event; 0 is none."""

    def __init__(self, now: Callable[[int], int]) -> None:
        self._now = now
        self._changes: dict[int, tuple[list[int], list[int]]] = {}

    def clear(self) -> None:
        """Begin a new piece."""
        self._changes.clear()

    def change(self, key: int, event: int, old: int, new: int) -> None:
        """From `event` on a key has another value."""
        found = self._changes.get(key)
        if found is None:
            self._changes[key] = ([BEFORE, event], [old, new])
        else:
            found[0].append(event)
            found[1].append(new)

    def at(self, key: int, event: int) -> int:
        """The value that a key has behind an event."""
        found = self._changes.get(key)
        if found is None:
            return self._now(key)
        return found[1][bisect_right(found[0], event) - 1]

    def all_at(self, keys: I8, events: I8) -> I8:
        """The same for each of several."""
        distinct, inverse = np.unique(keys, return_inverse=True)
        now = np.array([self._now(key) for key in distinct.tolist()], np.int64)
        out: I8 = now[inverse] if len(keys) else np.zeros(0, np.int64)
        changed = [index for index, key in enumerate(distinct.tolist()) if key in self._changes]
        if not changed:
            return out
        order = np.argsort(inverse, kind="stable")
        ends = np.searchsorted(inverse[order], np.arange(len(distinct) + 1))
        for index in changed:
            rows = order[ends[index] : ends[index + 1]]
            when, values = self._changes[int(distinct[index])]
            out[rows] = np.array(values, np.int64)[np.searchsorted(when, events[rows], side="right") - 1]
        return out
