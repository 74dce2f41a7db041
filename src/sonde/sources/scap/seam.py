"""The beginning of a .scap file that goes on where another one ended: threads and descriptors as they were there."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import numpy as np

from sonde.catalog.scap.blocks import NOT_KNOWN
from sonde.plan.batch import Batch
from sonde.plan.state import State
from sonde.sources.scap.before import Before, EntryOf, descriptors_of, used
from sonde.sources.scap.beginning import Beginning, process_of
from sonde.sources.scap.events_out import complete
from sonde.sources.scap.interfaces import interfaces
from sonde.sources.scap.lists import Process
from sonde.sources.scap.living import descriptors_now, processes_now

__all__ = ["Last", "Seam"]


class Last:
    """The newest record of each thread by the rows so far. `past`: what there was when a recording began that is read;
    nobody knows more of it than its rows tell."""

    def __init__(self) -> None:
        self._state = State()
        self._records: dict[int, int] = {}
        self._met: set[tuple[int, int]] = set()  # descriptors that rows told of
        self.past: Beginning | None = None

    def look(self, batch: Batch) -> None:
        """Take in rows."""
        if batch.state is not self._state:
            self._state, self._records = batch.state, {}
        known = np.flatnonzero(batch.columns["proc"])[::-1]
        tids, first = np.unique(batch.columns["tid"][known], return_index=True)
        self._records.update(zip(tids.tolist(), batch.columns["proc"][known[first]].tolist(), strict=True))

        if self.past is not None:
            pids, fds = batch.columns["pid"].astype(np.int64), descriptors_of(complete(batch))[0]
            rows = used(pids, fds)
            self._met.update(zip(pids[rows].tolist(), fds[rows].tolist(), strict=True))

    def there(self) -> Beginning | None:
        """What there was when the recording began, without descriptors that may have changed since."""
        if self.past is None:
            return None
        fds = {pid: [entry for entry in entries if (pid, entry.fd) not in self._met]
               for pid, entries in self.past.fds.items()}  # fmt: skip
        return replace(self.past, fds=fds)

    def threads(self) -> dict[int, Process]:
        """The threads as they are by now."""
        place = self._state.processes.place
        return {tid: process_of(self._state, place(record)) for tid, record in self._records.items()}


class Seam:
    """What there was when a file began is told by what its rows use and do not make. A file that is not complete when
    its beginning has to be written also lists what there is then, but for what its rows up to then say otherwise.
    `entry` as in Before."""

    def __init__(self, last: Last, entry: EntryOf) -> None:
        self._before, self._last, self._past = Before(old=False, entry=entry), last.threads(), last.there()
        self._now: Beginning | None = None
        self._asked = 0

    def look(self, batch: Batch) -> None:
        """Take in rows of the file."""
        self._before.look(batch)

    def ready(self, state: State, newest: int) -> bool:
        """Can the beginning be written before the file is complete? `newest`: the time of the newest row."""
        if self._past is not None:
            return False
        if self._now is None:
            self._now = Beginning(processes_now(state), descriptors_now())
            self._asked = time.clock_gettime_ns(time.CLOCK_BOOTTIME) + state.epoch
        return newest > self._asked

    def beginning(self, state: State) -> Beginning:
        """The lists."""
        found = self._now or self._past or Beginning(processes_now(state))
        mine = self._before.beginning(state)
        threads = {process.tid: process for process in found.processes}
        met = {process.tid for process in mine.processes}
        there = met | {tid for tid in self._last if self._past is not None or os.path.exists(f"/proc/{tid}")}
        threads |= {tid: one for tid, one in self._last.items() if tid in there}
        new = (p for p in mine.processes if p.tid not in threads or (_is_known(p) and p.tid not in self._last))
        threads |= {p.tid: p for p in new}  # the row before tells of others better than what the first row made
        fds = {
            pid: [entry for entry in entries if (pid, entry.fd) not in self._before.met]
            for pid, entries in found.fds.items()
        }
        for pid, entries in mine.fds.items():
            fds[pid] = fds.get(pid, []) + entries
        faces = interfaces() if self._past is None else found.interfaces
        return replace(found, processes=list(threads.values()), fds=fds, interfaces=faces)


def _is_known(process: Process) -> bool:
    """Does a thread's first row tell what it was before it?"""
    return process.comm != NOT_KNOWN
