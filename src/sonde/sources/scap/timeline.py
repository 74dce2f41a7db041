"""What was behind a key at the time of each event of a piece of a file: the changes, and what did not change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["Timeline"]

I8 = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int64] | npt.NDArray[np.int32]
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

    def all_at(self, keys: I8, number: Numbers, events: I8) -> I8:
        """The same for each of several events, of the key with its number among distinct ones."""
        now = np.array([self._now(key) for key in keys.tolist()], np.int64)
        if not len(events):
            return np.zeros(0, np.int64)
        out: I8 = now[number]
        changed = np.array([key in self._changes for key in keys.tolist()], np.bool_)
        rows = np.flatnonzero(changed[number])
        if not len(rows):
            return out
        changes = [self._changes[key] for key in keys[changed].tolist()]
        of = np.repeat(np.flatnonzero(changed), [len(when) for when, _ in changes])
        when = np.concatenate([np.array(when, np.int64) for when, _ in changes])
        values = np.concatenate([np.array(values, np.int64) for _, values in changes])
        span = max(int(events.max()), int(when.max())) + 2  # numbers first, then events, in one number
        places = np.searchsorted(of * span + when + 1, number[rows].astype(np.int64) * span + events[rows] + 1, "right")
        out[rows] = values[places - 1]
        return out
