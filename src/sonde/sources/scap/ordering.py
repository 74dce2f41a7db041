"""Events in the order of time: those that begin before others that are told later wait for a while."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sonde.native.join import join
from sonde.native.ops import view
from sonde.plan.batch import Views
from sonde.sources.scap.events_out import Blocks

__all__ = ["Order"]

I8 = npt.NDArray[np.int64]
MOST = 1 << 19  # events that wait at most


class Order:
    """Holds events until none that is earlier can come any more, or there are too many."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._rows = 0
        self._waiting: list[Blocks] = []
        self.bytes = 0  # that wait

    def __len__(self) -> int:
        return sum(len(one.time) for one in self._waiting)

    def add(self, found: Sequence[Blocks], rows: int) -> None:
        """Take in events of so many rows."""
        for one in found:
            self._waiting.append(one._replace(order=one.order + 2 * self._rows))
            self.bytes += int(one.views.length.sum())
        self._rows += rows

    def due(self, until: int) -> bool:
        """Is there one that is not later than a time?"""
        return any(int(one.time.min(initial=until + 1)) <= until for one in self._waiting)

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
        self.bytes -= int(text.offsets[-1])
        return text.data[: int(text.offsets[-1])].tobytes()


def _joined(parts: Sequence[Blocks]) -> Blocks:
    before = np.cumsum([0, *(len(one.views.data) for one in parts)]).tolist()
    offset = np.concatenate([one.views.offset + at for one, at in zip(parts, before, strict=False)])
    length = np.concatenate([one.views.length for one in parts])
    views = Views(np.concatenate([one.views.data for one in parts]), offset, length, length)
    return Blocks(np.concatenate([one.time for one in parts]), np.concatenate([one.order for one in parts]), views)


def _picked(found: Blocks, rows: I8) -> Blocks:
    """Some events, with no more bytes than theirs."""
    text = join(len(rows), None, [[view(found.views.take(rows))]])
    return Blocks(found.time[rows], found.order[rows], text.views())
