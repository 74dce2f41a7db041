"""What was behind a key at the time of each event of a piece of a file: the changes, and what did not change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Timeline"]

I8 = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int64] | npt.NDArray[np.int32]


class _Sorted(NamedTuple):
    """Changes by key, those of a key in their order."""

    keys: I8  # that changed
    first: I8  # the place of each one's first change, and the end
    when: I8
    old: I8
    new: I8


class Timeline:
    """Numbers by key and event. `now` gives the values of keys behind the last event; 0 is none."""

    def __init__(self, now: Callable[[I8], I8]) -> None:
        self._now = now
        self._log: list[tuple[int, int, int, int]] = []  # key, event, value before and from then on
        self._told: I8 | None = None  # the same, if all are told at once
        self._sorted: _Sorted | None = None
        self._by_key: dict[int, list[tuple[int, int, int]]] | None = None

    def clear(self) -> None:
        """Begin a new piece."""
        self._log.clear()
        self._told = self._sorted = self._by_key = None

    def tell(self, log: I8) -> None:
        """All changes of a piece: rows of key, event, value before and from then on, and what else there is."""
        self._told = log[:, :4]

    def change(self, key: int, event: int, old: int, new: int) -> None:
        """From `event` on a key has another value. All changes of a piece are told before it is asked about."""
        self._log.append((key, event, old, new))

    def at(self, key: int, event: int) -> int:
        """The value that a key has behind an event."""
        if self._by_key is None:
            self._by_key = {}
            for changed, *change in self._rows().tolist():
                self._by_key.setdefault(changed, []).append((change[0], change[1], change[2]))
        found = self._by_key.get(key)
        if found is None:
            return int(self._now(np.array([key], np.int64))[0])
        place = bisect_right(found, event, key=lambda change: change[0])
        return found[place - 1][2] if place else found[0][1]

    def all_at(self, keys: I8, number: Numbers, events: I8) -> I8:
        """The same for each of several events, of the key with its number among distinct ones."""
        if not len(events):
            return np.zeros(0, np.int64)
        out: I8 = self._now(keys)[number]
        if not len(self._log if self._told is None else self._told):
            return out
        changes = self._changes()
        index = np.minimum(np.searchsorted(changes.keys, keys), len(changes.keys) - 1)
        rows = np.flatnonzero((changes.keys[index] == keys)[number])
        of, span = index[number[rows]], max(int(events.max()), int(changes.when.max())) + 1
        ordered = np.repeat(np.arange(len(changes.keys)), np.diff(changes.first)) * span + changes.when
        places = np.searchsorted(ordered, of * span + events[rows], "right")
        begun = places > changes.first[of]
        out[rows] = np.where(begun, changes.new[places - 1], changes.old[changes.first[of]])
        return out

    def _changes(self) -> _Sorted:
        if self._sorted is None:
            log = self._rows()
            log = log[np.argsort(log[:, 0], kind="stable")]
            keys, first = np.unique(log[:, 0], return_index=True)
            self._sorted = _Sorted(keys, np.append(first, len(log)), log[:, 1], log[:, 2], log[:, 3])
        return self._sorted

    def _rows(self) -> I8:
        return np.array(self._log, np.int64).reshape(-1, 4) if self._told is None else self._told
