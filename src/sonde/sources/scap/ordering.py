"""Events in the order of time: those that begin before others that are told later wait for a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.native.join import join
from sonde.native.ops import view
from sonde.plan.batch import Views
from sonde.sources.scap.events_out import Blocks

__all__ = ["Order"]

I8 = npt.NDArray[np.int64]
MOST = 1 << 19  # events that wait at most


class _Waiting(NamedTuple):
    time: I8
    order: I8
    views: Views


class Order:
    """Holds events until none that is earlier can come any more, or there are too many."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._rows = 0
        self._waiting: list[_Waiting] = []

    def __len__(self) -> int:
        return sum(len(one.time) for one in self._waiting)

    def add(self, found: Sequence[Blocks], rows: int) -> None:
        """Take in events of so many rows."""
        for one in found:
            self._waiting.append(_Waiting(one.time, one.order + 2 * self._rows, one.text.views()))
        self._rows += rows

    def take(self, until: int | None = None) -> bytes:
        """The events before a time, in order, as blocks; all of them without one."""
        if not self._waiting:
            return b""
        joined = _joined(self._waiting)
        order = np.lexsort((joined.order, joined.time))
        count = len(order) if until is None else int(np.searchsorted(joined.time[order], until))
        count = max(count, len(order) - self._most)
        self._waiting = [_picked(joined, order[count:])] if count < len(order) else []
        views = joined.views.take(order[:count])
        text = join(count, None, [[view(views)]])
        return text.data[: int(text.offsets[-1])].tobytes()


def _joined(parts: Sequence[_Waiting]) -> _Waiting:
    before = np.cumsum([0, *(len(one.views.data) for one in parts)]).tolist()
    offset = np.concatenate([one.views.offset + at for one, at in zip(parts, before, strict=False)])
    length = np.concatenate([one.views.length for one in parts])
    views = Views(np.concatenate([one.views.data for one in parts]), offset, length, length)
    return _Waiting(np.concatenate([one.time for one in parts]), np.concatenate([one.order for one in parts]), views)


def _picked(found: _Waiting, rows: I8) -> _Waiting:
    """Some events, with no more bytes than theirs."""
    text = join(len(rows), None, [[view(found.views.take(rows))]])
    return _Waiting(found.time[rows], found.order[rows], text.views())
