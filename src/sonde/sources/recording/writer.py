"""Writing a recording: Batches as they come, gathered for half a second at most, into segments."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import NamedTuple

import numpy as np

from sonde.plan.batch import Batch, Counters
from sonde.plan.people import people_here
from sonde.plan.state import State
from sonde.sources.recording.frames import Kind, framed
from sonde.sources.recording.header import FORMAT
from sonde.sources.recording.rows import joined, rows_frames
from sonde.sources.recording.segments import Directory, Sink
from sonde.sources.recording.span import Extent
from sonde.sources.recording.state import Choice, Told
from sonde.sources.recording.tracepoints import told_tracepoints

__all__ = ["Limits", "Recorder"]

AT_ONCE = 1 << 16  # rows of a frame, about
DELAY = 500_000_000  # ns that rows wait for others
SECOND = 1_000_000_000
APART = 5.0  # s between two snapshots at least, where segments are short


class Limits(NamedTuple):
    """When a segment ends: at so many bytes, seconds or events; what is kept, the oldest go first: at most so many
    segments, and for how many seconds."""

    bytes: int = 1 << 28
    seconds: float | None = None
    events: int | None = None
    keep: int | None = None
    age: float | None = None


USUAL = Limits()


class Recorder:
    """Writes to a sink what `about` (the other fields of a Header) describes. `snapshot` gives the tables of state as
    they are now, for a State's epoch and the number of events lost so far: they are written where a segment begins.
    `chosen`: the records of processes that are told (see Told). `past`: the rows are of a recording that is read, which
    is of a time from then on (0: from the rows' state on): times are theirs, not those of the clock.

    SondeError if that fails: what was written before can be read.
    """

    def __init__(
        self, sink: Sink, about: Mapping[str, object], limits: Limits = USUAL,
        snapshot: Callable[[int, int], bytes] | None = None, chosen: Choice | None = None, past: int | None = None,
    ) -> None:  # fmt: skip
        self.sink, self._about, self._limits, self._snapshot = sink, about, limits, snapshot
        self._chosen, self._past, self._begun = chosen, past is not None, past or 0
        self._first = self._newest = 0  # times of rows that are read: of the segment's first, of the last known
        self._lost, self._next_snapshot = 0, 0.0
        self._waiting: list[Batch] = []
        self._rows = self._events = self._segments = 0
        self._since, self._began = 0, 0.0
        self._told: Told | None = None
        self.extent: Extent | None = None  # of the recording that is read, once it was

    def start(self, state: State) -> None:
        """Begin now, with a state, and not when there are rows."""
        self._begin(state)

    def write(self, batch: Batch) -> None:
        """Take in a batch."""
        while (room := self._room(batch)) < len(batch):
            self._take(batch.take(np.arange(room)))
            self._flush()
            self._begin(batch.state)
            batch = batch.take(np.arange(room, len(batch)))
        self._take(batch)

    def _room(self, batch: Batch) -> int:
        """How many rows of a batch go into the segment, by number and by the time of those that are read."""
        room, limits = len(batch), self._limits
        if not self.sink.rotates or not room:
            return room
        if limits.events is not None:
            room = min(room, limits.events - self._events - self._rows)
        if self._past and limits.seconds is not None:
            first = self._first or _first_time((*self._waiting, batch)[0])
            room = min(room, int(np.searchsorted(batch.columns["time"], first + round(limits.seconds * SECOND))))
        return room

    def _take(self, batch: Batch) -> None:
        if not len(batch):
            return
        if self._waiting and self._waiting[0].state is not batch.state:
            self._flush()
        if not self._waiting and self._full():  # now: rows that have waited should not wait for tables of state too
            self._begin(batch.state)
        self._waiting.append(batch)
        self._rows += len(batch)
        self._newest = max(self._newest, int(batch.columns["time"][-1]))

    def _now(self) -> int:
        """The time, ns since the epoch."""
        return self._newest if self._past else time.time_ns()

    def settle(self, counters: Callable[[], Counters], final: bool = False) -> None:
        """Write what has waited long enough, or `final`ly all of it, with what was seen and lost until now."""
        self.sink.tend()
        now = time.monotonic_ns()
        if not final and self._rows < AT_ONCE and now < self._since + DELAY:
            return
        self._since = now
        self._flush()
        found = counters()
        self._lost = found.lost + found.lost_payloads + found.lost_dictionary
        self._count(found, self._now())

    def _count(self, counters: Counters, until: int, **more: object) -> None:
        self.sink.write(framed(Kind.COUNTERS, json.dumps({"time": until, **asdict(counters), **more}).encode()))

    def close(self, counters: Counters, state: State) -> None:
        """Write the rest and the end; `state` is what an empty recording tells."""
        if self._told is None and not self._waiting:
            self._begin(state)
        self.settle(lambda: counters, final=True)
        if self.extent:
            until = max(self._newest, self.extent.span.until)
            self._count(counters, until, gaps=self.extent.gaps, faults=self.extent.faults)
        self.sink.write(self.sink.ending())
        self.sink.close()

    def _flush(self) -> None:
        if not self._waiting:
            return
        batch = joined(self._waiting)
        self._waiting, self._rows = [], 0
        if self._told is None or self._told.state is not batch.state:
            self._begin(batch.state)
        assert self._told is not None
        self._events += len(batch)
        self._first = self._first or _first_time(batch)
        # in one piece: rows without what they refer to would be no use
        self.sink.write(b"".join((*self._told.news(batch), *rows_frames(batch))))
        self.sink.count(batch)

    def _full(self) -> bool:
        """Has the segment reached its limit of time or bytes?"""
        limits = self._limits
        late = limits.seconds is not None and not self._past and time.monotonic() - self._began >= limits.seconds
        return self.sink.rotates and self._events > 0 and (self.sink.size >= limits.bytes or late)

    def _begin(self, state: State) -> None:
        """Begin a segment, or in a stream a state."""
        if self._told is None or self.sink.rotates:
            if self._told is not None:
                self.sink.write(self.sink.ending())
            tables = self._tables(state.epoch)
            self.sink.begin()
            if isinstance(self.sink, Directory):
                self.sink.keep(self._limits.keep, self._limits.age)
            self._segments += 1
            header: dict[str, object] = {
                "format": FORMAT,
                "segment": self._segments,
                "epoch": state.epoch,
                "start": state.start,
            }
            people = state.people or people_here()
            header["tracepoints"] = told_tracepoints()
            header["users"] = [[uid, *user] for uid, user in people.users.items()]
            header["groups"] = list(people.groups.items())
            header["begun"] = begun = self._now() if self._segments > 1 else self._begun or state.start
            self._newest = max(self._newest, begun)
            about = {**self._about, "host": state.host} if self._past else self._about
            self.sink.write(framed(Kind.START, json.dumps({**header, **about}).encode()) + tables)
            self._events, self._first, self._began = 0, 0, time.monotonic()
        self._told = Told(state, self._chosen)
        self.sink.write(self._told.begin())

    def _tables(self, epoch: int) -> bytes:
        """The tables of state, if they are wanted and were not written just now."""
        if self._snapshot is None or time.monotonic() < self._next_snapshot:
            return b""
        self._next_snapshot = time.monotonic() + APART
        return self._snapshot(epoch, self._lost)


def _first_time(batch: Batch) -> int:
    return int(batch.columns["time"][0])
