"""The time of a line as -t wants it, for whole columns."""

from __future__ import annotations

import functools
import time
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from sonde.native.ops import Op, clock, seconds
from sonde.plan.batch import Batch

__all__ = ["OutputTime", "TimeStyle", "local"]

Times = npt.NDArray[np.int64]
QUARTER = 900 * 1_000_000_000  # every zone changes its offset on a quarter of an hour


class TimeStyle(StrEnum):
    """The letter after -t."""

    HUMAN = "h"  # local HH:MM:SS.nnnnnnnnn
    EPOCH = "a"  # seconds since the epoch
    RELATIVE = "r"  # since the start of the capture
    LATENCY = "d"  # from the enter to the exit of the call
    DELTA = "D"  # since the line before


def local(times: Times) -> Times:
    """Epoch ns (i8) moved by the local zone's offset at each of them, summer time included."""
    quarters = times // QUARTER
    if not len(times):
        return times
    first, last = int(quarters.min()), int(quarters.max())
    if first == last:
        return times + _offset(first)
    found, inverse = np.unique(quarters, return_inverse=True)
    return times + np.array([_offset(quarter) for quarter in found.tolist()], np.int64)[inverse]


@functools.lru_cache(4096)
def _offset(quarter: int) -> int:
    return time.localtime(quarter * 900).tm_gmtoff * 1_000_000_000


class OutputTime:
    """evt.outputtime of one output; it remembers the line before for the delta style."""

    def __init__(self, style: TimeStyle) -> None:
        self.style = style
        self._previous: int | None = None

    def op(self, batch: Batch, width: int = 0) -> Op:
        """The op that writes the time of each row; an unknown latency is <NA>, the first row's delta is 0.

        Needs the column `time`, for LATENCY `latency`.
        """
        if self.style is TimeStyle.LATENCY:
            latency = batch.columns["latency"].astype(np.int64, copy=False)
            return seconds(latency, width, latency < 0)
        times = batch.columns["time"].astype(np.int64, copy=False)
        if self.style is TimeStyle.HUMAN:
            return clock(local(times), width)
        if self.style is TimeStyle.EPOCH:
            return seconds(times, width)
        if self.style is TimeStyle.RELATIVE:
            return seconds(times - batch.state.start, width)
        return seconds(self._delta(times), width)

    def _delta(self, times: Times) -> Times:
        if not len(times):
            return times
        before = int(times[0]) if self._previous is None else self._previous
        self._previous = int(times[-1])
        return np.diff(times, prepend=before)
