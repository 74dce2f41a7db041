"""The beginning of a .scap file that goes on where another one ended: threads and descriptors as they were there."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import numpy as np

from sonde.plan.batch import Batch
from sonde.plan.state import State
from sonde.sources.scap.before import NOT_KNOWN, Before
from sonde.sources.scap.beginning import Beginning, process_of
from sonde.sources.scap.interfaces import interfaces
from sonde.sources.scap.lists import Process
from sonde.sources.scap.living import descriptors_now, processes_now

__all__ = ["Last", "Seam"]


class Last:
    """The newest record of each thread by the rows so far."""

    def __init__(self) -> None:
        self._state = State()
        self._records: dict[int, int] = {}

    def look(self, batch: Batch) -> None:
        """Take in rows."""
        if batch.state is not self._state:
            self._state, self._records = batch.state, {}
        known = np.flatnonzero(batch.columns["proc"])[::-1]
        tids, first = np.unique(batch.columns["tid"][known], return_index=True)
        self._records.update(zip(tids.tolist(), batch.columns["proc"][known[first]].tolist(), strict=True))

    def threads(self) -> dict[int, Process]:
        """The threads as they are by now."""
        place = self._state.processes.place
        return {tid: process_of(self._state, place(record)) for tid, record in self._records.items()}


class Seam:
    """What there was when a file began is told by what its rows use and do not make. A file that is not complete when
    its beginning has to be written also lists what there is then, but for what its rows up to then say otherwise.
    `past`: what there was when a recording began that is read; of it nobody knows more than its rows."""

    def __init__(self, last: Last, past: Beginning | None = None) -> None:
        self._before, self._last, self._past = Before(old=False), last.threads(), past
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
        found = self._now or (Beginning(processes_now(state)) if self._past is None else replace(self._past, fds={}))
        used = self._before.beginning(state)
        threads = {process.tid: process for process in found.processes}
        met = {process.tid for process in used.processes}
        there = met | {tid for tid in self._last if self._past is not None or os.path.exists(f"/proc/{tid}")}
        threads |= {tid: one for tid, one in self._last.items() if tid in there}
        threads |= {p.tid: p for p in used.processes if _is_known(p) or p.tid not in threads}
        fds = {
            pid: [entry for entry in entries if (pid, entry.fd) not in self._before.met]
            for pid, entries in found.fds.items()
        }
        for pid, entries in used.fds.items():
            fds[pid] = fds.get(pid, []) + entries
        faces = interfaces() if self._past is None else found.interfaces
        return replace(found, processes=list(threads.values()), fds=fds, interfaces=faces)


def _is_known(process: Process) -> bool:
    """Does a thread's first row tell what it was before it?"""
    return process.comm != NOT_KNOWN
