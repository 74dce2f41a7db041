"""What events change for those after them: threads, descriptors, working directories, users; as sysdig follows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from sonde.native.descriptors import PAUSE
from sonde.native.pairs import MAKES
from sonde.plan.state import State
from sonde.sources.scap import opens, sockets, tasks
from sonde.sources.scap.fds import Fds
from sonde.sources.scap.held import Held
from sonde.sources.scap.lists import Interface
from sonde.sources.scap.people import People
from sonde.sources.scap.pieces import MARKS, NEW_THREADS, Piece
from sonde.sources.scap.steps import Stepping
from sonde.sources.scap.threads import Thread, Threads

__all__ = ["Follow"]

Change = Callable[["Follow", Piece, int, Thread], None]
_META = frozenset((272, 324, 354, 356, 358, 360))
_MAKERS = frozenset(np.flatnonzero(MARKS & MAKES).tolist())


class Follow:
    """State that changes from event to event of a file."""

    def __init__(self, state: State) -> None:
        makes = opens.MAKES | sockets.MAKES
        self.fds = Fds(state)
        self.held = Held(self.fds, makes, sockets.CHANGES, sockets.MOVES)
        self.threads = Threads(state, self.fds, self.held)
        self.people = People()
        state.containers = self.people.containers
        self._stepping = Stepping(makes.keys(), sockets.CHANGES.keys(), tasks.CHANGES.keys() | _META, _META)
        self.marks = self._stepping.marks

    def listed_interfaces(self, found: Iterable[Interface]) -> None:
        """Interfaces of the list: which end of a connection is here may be another."""
        self.fds.interfaces += found
        self.held.known.forget()

    def through(self, piece: Piece) -> None:
        """Follow the events of a piece."""
        threads = self.threads
        threads.begin()
        steps = self._stepping.steps(piece, threads.numbers(piece.pairs.tids))
        self.held.begin(piece, steps)
        event, op = steps.event.data, steps.op.data  # views give one number faster than arrays do
        at = 0
        while (at := self.held.kernel.walk(at, threads.holders, threads.tables)) < len(steps.op):
            threads.event = event[at]
            if op[at] == PAUSE:
                self._other(piece, threads.event)
                at += 1
            else:  # its thread was not there
                threads.get(piece.tid_of(threads.event))
        threads.write()

    def _other(self, piece: Piece, event: int) -> None:
        """An event that changes something else than descriptors."""
        kind, tid = piece.type_of(event), piece.tid_of(event)
        if kind in _META:
            container, group = self.people.event(piece, event, kind)
            if container:
                self.threads.container(tid, container, group)
            return
        thread = self.threads.by_tid.get(tid)
        if thread is None and kind in _MAKERS:
            thread = self.threads.get(tid)
        if thread is not None:
            tasks.CHANGES[kind](self, piece, event, thread)
        elif kind in NEW_THREADS:
            tasks.cloned_by_unknown(self.threads, piece, event)
