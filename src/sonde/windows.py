"""Windows of what was recorded: by the time of its rows, not by the time at which they are read."""

from __future__ import annotations

import numpy as np

from sonde.plan.batch import Batch
from sonde.query import Source

__all__ = ["Past"]


class Past:
    """Gives the rows of a source, those of one window `every` so many seconds before those of the next; windows begin
    at whole multiples since the epoch. `waits`: the next rows are another window's."""

    def __init__(self, every: float | None) -> None:
        self._every = int(every * 1_000_000_000) if every else None
        self._first = self._last = self._end = 0
        self._next: Batch | None = None

    @property
    def waits(self) -> bool:
        """Are there rows of the next window?"""
        return self._next is not None

    @property
    def elapsed(self) -> int:
        """What the rows so far cover, or one window, ns."""
        return self._every or max(1, self._last - self._first)

    def next(self, source: Source) -> Batch | None:
        """Rows of one window, or None."""
        held, self._next = self._next, None
        batch = held or source.poll()
        if batch is None or not len(batch):
            return None
        if "time" not in batch.columns:
            return batch  # nobody asks how long it was
        times = batch.columns["time"]
        if self._every and self._end and times[0] >= self._end and held is None:
            self._next = batch  # the window before is at its end
            return None
        self._first, self._last = self._first or int(times[0]), int(times[-1])
        if self._every is None:
            return batch
        if times[0] >= self._end:
            self._end = (int(times[0]) // self._every + 1) * self._every
        cut = int(np.searchsorted(times, self._end))
        if cut < len(batch):
            self._next = batch.take(np.arange(cut, len(batch)))
        return batch.take(np.arange(cut))
