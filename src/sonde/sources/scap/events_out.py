"""Rows of a Batch as events of a .scap file: an enter and an exit event of each call, as blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.lookup import EVENTS
from sonde.catalog.scap.events import Event
from sonde.engines.context import Context
from sonde.engines.decoding import Group
from sonde.plan.batch import ENTER_ROW, HIDDEN, PHYSICAL, Array, Batch, Views
from sonde.sources.scap.kinds import Written, written
from sonde.sources.scap.packing import constant, event_blocks
from sonde.sources.scap.parameters import parameters
from sonde.sources.scap.program import MAKERS

__all__ = ["Blocks", "blocks_of", "complete"]

I8 = npt.NDArray[np.int64]
# columns, with what they are where a source has none
_USED = dict.fromkeys(("cpu", "flags", "tid", "pid", "res", "proc", "file", *(f"a{at}" for at in range(6))), 0) | {
    "latency": -1
}


class Blocks(NamedTuple):
    """Blocks of events of one type: their times, the numbers of the rows they are of times two (odd: the exit), which
    rise, and the bytes."""

    time: I8
    order: I8
    views: Views

    def of_rows(self, first: int, last: int) -> Blocks:
        """Those of some rows that follow one another."""
        start, end = np.searchsorted(self.order, (2 * first, 2 * last)).tolist()
        length, offset = self.views.length[start:end], self.views.offset[start:end]
        begin = int(offset[0]) if start < end else 0
        data = self.views.data[begin : begin + int(length.sum())]  # they lie one behind the other
        return Blocks(self.time[start:end], self.order[start:end], Views(data, offset - begin, length, length))


def blocks_of(batch: Batch, context: Context) -> list[Blocks]:
    """The events of a batch, by type."""
    batch = complete(batch)
    flags = batch.columns["flags"].astype(np.int64)
    codes = batch.columns["nr"].astype(np.int64) * 4 + (flags & ENTER_ROW) + 2 * (flags & HIDDEN != 0)
    distinct, inverse = np.unique(codes, return_inverse=True)
    slices: dict[int, Views] = {}
    found: list[Blocks] = []
    for index, code in enumerate(distinct.tolist()):
        event = EVENTS.get(code >> 2)
        if event is None:
            continue
        group = Group(batch, context, event, inverse.astype(np.uint16), index, not code & 1, slices)
        found += _of_group(group, written(code >> 2), bool(code & 2))
    return found


def complete(batch: Batch) -> Batch:
    """The batch with all columns that events are made of: a log of strace, for one, has no processors."""
    lacking = [name for name in _USED if name not in batch.columns]
    added: dict[str, Array] = {name: np.full(len(batch), _USED[name]).astype(PHYSICAL[name][0]) for name in lacking}
    return replace(batch, columns={**batch.columns, **added})


def _of_group(group: Group, kinds: Written, hidden: bool) -> list[Blocks]:
    """The events of the rows of one call."""

    def made(event: Event, params: list[Views], time: I8, rows: I8) -> Blocks:
        return _blocks(group, event, params, time, rows, hidden)

    time, latency = group.column("time"), group.column("latency")
    every = np.arange(len(group.at))
    if kinds.leave is None:  # an exit or a signal
        return [made(kinds.enter, parameters(group, kinds.enter), time, every)]
    entered = every
    if group.event.name in MAKERS:  # the side of a child begins with the return
        entered = np.flatnonzero((latency >= 0) | (group.column("res") != 0))
    enters = [made(kinds.enter, _params(group, kinds, kinds.enter), time - np.maximum(latency, 0), entered)]
    if not group.finished:
        return enters
    return [*enters, made(kinds.leave, _params(group, kinds, kinds.leave), time, every)]


def _params(group: Group, kinds: Written, event: Event) -> list[Views]:
    if not kinds.generic:
        return parameters(group, event)
    numbers = (kinds.call, kinds.native) if event.enters else (kinds.call,)
    return [constant(number.to_bytes(2, "little"), len(group.at)) for number in numbers]


def _blocks(group: Group, event: Event, params: list[Views], time: I8, rows: I8, hidden: bool) -> Blocks:
    tid, cpu = group.column("tid"), group.column("cpu")
    given = [param.take(rows) for param in params]
    text = event_blocks(event.number, time[rows], tid[rows], cpu[rows], given, state_only=hidden)
    return Blocks(time[rows], group.at[rows] * 2 + (not event.enters), text.views())
