"""Files of sysdig in a row: when the next one begins, what it is called, and which older one goes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.sources.scap.events_out import Blocks

__all__ = ["Cost", "Names", "Rotation"]

I8 = npt.NDArray[np.int64]
SECOND = 1_000_000_000


class Rotation(NamedTuple):
    """When a file ends: with so many bytes, seconds (by the time of its rows) or events; `keep`: so many files stay."""

    bytes: int | None = None
    seconds: float | None = None
    events: int | None = None
    keep: int | None = None

    @property
    def rotates(self) -> bool:
        """Is there an end of a file?"""
        return any(limit is not None for limit in self[:3])


class Names:
    """Names of files, as sysdig gives them: a number behind the name, from 0 on and from 0 again when so many files are
    kept; or with `seconds` the time at which the file begins, where the name says how (`%H%M`, as strftime)."""

    def __init__(self, path: str, rotation: Rotation) -> None:
        self._path, self._rotation, self._count = path, rotation, 0
        self._timed = rotation.seconds is not None and "%" in path
        self._past: list[str] = []

    def next(self, began: int) -> str:
        """The name of the next file, which begins at a time, ns since the epoch."""
        if not self._rotation.rotates:
            return self._path
        if self._timed:
            return self._at(began)
        keep = self._rotation.keep
        number = self._count % keep if keep else self._count
        self._count += 1
        digits = len(str(keep)) if keep and self._rotation.bytes else 1
        return f"{self._path}{number:0{digits}}"

    def _at(self, began: int) -> str:
        """A name by the time. No file of this run is overwritten: a number follows if the time is the same."""
        name = stem = time.strftime(self._path, time.localtime(began // SECOND))
        count = 0
        while name in self._past:
            count += 1
            name = f"{stem}.{count}"
        self._past.append(name)
        while self._rotation.keep and len(self._past) > self._rotation.keep:
            with contextlib.suppress(OSError):
                os.unlink(self._past.pop(0))
        return name


class Cost:
    """What rows, whose events are `blocks`, add to a file: bytes and events before each row, and its time."""

    def __init__(self, blocks: Sequence[Blocks], time: I8) -> None:
        bytes_, events = np.zeros(len(time) + 1), np.zeros(len(time) + 1)
        for one in blocks:
            bytes_[1:] += np.bincount(one.order >> 1, one.views.length, len(time))
            events[1:] += np.bincount(one.order >> 1, minlength=len(time))
        self.bytes, self.events, self.time = np.cumsum(bytes_), np.cumsum(events), np.maximum.accumulate(time)

    def between(self, first: int, last: int) -> int:
        """Events of some rows."""
        return int(self.events[last] - self.events[first])

    def fitting(self, first: int, rotation: Rotation, size: float, events: int, since: int | None) -> int:
        """How many rows of those from `first` on go into a file that has a size and events and began at a time. sysdig
        looks at the size before it writes an event: the last one reaches beyond."""
        last = len(self.time)
        if rotation.bytes is not None:
            last = int(np.searchsorted(self.bytes[:-1], self.bytes[first] + rotation.bytes - size))
        if rotation.events is not None:
            room = self.events[first] + rotation.events - events
            last = min(last, int(np.searchsorted(self.events, room, "right")) - 1)
        if rotation.seconds is not None:
            since = int(self.time[first]) if since is None else since
            last = min(last, int(np.searchsorted(self.time, since + round(rotation.seconds * SECOND))))
        return max(last - first, 0)
