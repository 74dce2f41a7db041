"""Writing .scap files: Batches as they come, as events in the order of time, behind the lists of the beginning."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from sonde.catalog.lookup import TRACEPOINTS
from sonde.engines.context import Context
from sonde.plan.batch import Batch, Counters
from sonde.plan.state import State
from sonde.sources.scap.before import EntryOf, entry_of
from sonde.sources.scap.beginning import Beginning
from sonde.sources.scap.containers_out import ContainersOut, groups_of
from sonde.sources.scap.events_out import Blocks, blocks_of
from sonde.sources.scap.file_out import FileOut
from sonde.sources.scap.ordering import Order
from sonde.sources.scap.rotation import Cost, Names, Rotation
from sonde.sources.scap.seam import Last, Seam

__all__ = ["Form", "ScapWriter"]

HELD = 5_000_000_000  # ns that events wait for those that began before them
WHOLE = Rotation()


def _same(batch: Batch) -> Batch:
    return batch


class Form(NamedTuple):
    """How rows become events: their blocks, the calls that they tell of, what is listed of a descriptor. `copied`: they
    are events of a file that tells of containers among them."""

    blocks: Callable[[Batch, Context], list[Blocks]] = blocks_of
    calls: Callable[[Batch], Batch] = _same
    entry: EntryOf = entry_of
    copied: bool = False


AS_CALLS = Form()


class ScapWriter:
    """Writes a file, or several; SondeError if that fails: what was written before can be read.

    Between two files no call is torn: both of its events are in that file in which it returns.
    """

    def __init__(
        self, path: str, begin: Callable[[State], Beginning], compress: bool = False, rotation: Rotation = WHOLE,
        told: Callable[[Beginning], Beginning] = lambda beginning: beginning, form: Form = AS_CALLS,
        past: int | None = None,
    ) -> None:  # fmt: skip
        """`begin` is asked for what there was when the recording begins; `told`: what of such a beginning is told;
        `form`: how rows become events; `past`: the time of the first row, where it is a recording that is read."""
        self._names, self._rotation, self._compress = Names(path, rotation), rotation, compress
        self._begin, self._told, self._form, self._last = begin, told, form, Last()
        self._past = past is not None  # its rows can be read again
        self._part = _Part(self._file(time.time_ns() if past is None else past), told, form)
        self._context: Context | None = None

    def start(self, state: State) -> None:
        """Begin now, with a state, and not when there are rows."""
        if not self._part.begun:
            found = self._begin(state)
            self._last.past = found if self._past else None
            self._part.begin(found, state)

    def write(self, batch: Batch) -> None:
        """Take in a batch; sysdig has no events for tracepoints."""
        traced = np.isin(batch.columns["nr"], np.array(TRACEPOINTS, np.uint16))
        batch = batch.take(np.flatnonzero(~traced)) if traced.any() else batch
        if not len(batch):
            return
        if self._part.seam is None:
            self.start(batch.state)
        self._context = Context(batch.state) if self._context is None else self._context.of(batch.state)
        blocks = self._form.blocks(batch, self._context)
        if self._rotation.rotates:
            self._distribute(batch, blocks)
        else:
            self._part.add(blocks, batch)

    def _distribute(self, batch: Batch, blocks: Sequence[Blocks]) -> None:
        """Rows into this file and those behind it."""
        cost, first = Cost(blocks, batch.columns["time"].astype(np.int64)), 0
        while first < len(batch):
            part = self._part
            fitting = cost.fitting(first, self._rotation, part.size, part.events, part.since)
            if not fitting and part.events:
                part.close(batch.state)
                seam = Seam(self._last, self._form.entry)
                self._part = _Part(self._file(int(cost.time[first])), self._told, self._form, seam)
                continue
            last = first + max(fitting, 1)  # a file has one row at least
            rows = batch.take(np.arange(first, last))
            part.add([one.of_rows(first, last) for one in blocks], rows, cost.between(first, last))
            self._last.look(self._form.calls(rows))
            first = last

    def _file(self, began: int) -> FileOut:
        # files that follow one another end by their size, which has to be known
        return FileOut(self._names.next(began), self._compress, at_once=not self._past or self._rotation.rotates)

    def settle(self, counters: Callable[[], Counters], final: bool = False) -> None:
        """Write what has waited long enough, or `final`ly all of it."""
        self._part.settle()

    def close(self, counters: Counters, state: State) -> None:
        """Write the rest and close the file; `state` is what an empty one begins with."""
        if self._part.seam is None:
            self.start(state)
        self._part.close(state)


class _Part:
    """A file: events wait in it for those that began before them. `seam` tells how it begins, if nobody else does."""

    def __init__(
        self, out: FileOut, told: Callable[[Beginning], Beginning], form: Form, seam: Seam | None = None
    ) -> None:  # fmt: skip
        self._out, self._told, self._form, self.seam, self._order = out, told, form, seam, Order()
        self._state, self._newest = State(), 0
        self._containers = ContainersOut()
        self._tells = seam is not None or not form.copied  # else those that are copied do
        self.begun = False
        self.events = 0
        self.since: int | None = None  # the time of its first row

    @property
    def size(self) -> float:
        """Bytes on the disk, with those that wait."""
        return self._out.would_be(self._order.bytes)

    def begin(self, beginning: Beginning, state: State) -> None:
        """Write what there was before the first event, with the containers of its processes."""
        self.begun = True
        told = self._told(beginning)
        self._out.write(told.blocks())
        groups, time = [process.cgroups for process in told.processes], self.since or state.start
        for blocks in self._containers.news(groups, state.containers, time) if self._tells else []:
            self._out.write(blocks.views.data[: int(blocks.views.length.sum())].tobytes())

    def add(self, blocks: Sequence[Blocks], rows: Batch, events: int = 0) -> None:
        """Take in rows, with their events; how many these are matters only where files follow one another."""
        if self.seam is not None and not self.begun:
            self.seam.look(self._form.calls(rows))
        if self._tells:
            first = min((int(one.time.min()) for one in blocks if len(one.time)), default=int(rows.columns["time"][0]))
            groups = groups_of(self._form.calls(rows))
            self._order.add(self._containers.news(groups, rows.state.containers, first), 0)
        self._order.add(blocks, len(rows))
        self.events += events
        self._state, self._newest = rows.state, int(rows.columns["time"][-1])
        if self.since is None:
            self.since = int(rows.columns["time"][0])

    def settle(self) -> None:
        """Write what has waited long enough, once it can be said what there was before it."""
        until = self._newest - HELD
        if not self.begun and self.seam is not None:
            if not self._order.due(until) or not self.seam.ready(self._state, self._newest):
                return
            self.begin(self.seam.beginning(self._state), self._state)
        self._out.write(self._order.take(until))

    def close(self, state: State) -> None:
        """Write the rest."""
        if not self.begun and self.seam is not None:
            self.begin(self.seam.beginning(state), state)
        self._out.write(self._order.take())
        self._out.close()
