"""Which descriptor an event works on or makes, what is behind it, and who its thread is."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap.events import EVENTS, Event
from sonde.sources.scap.exits import FCNTL, GETSOCKOPT, asks_for_error, copies
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.threads import Threads

__all__ = ["descriptors", "files_at", "files_of", "makes_descriptor", "records_at"]

I8 = npt.NDArray[np.int64]
_MAKERS_PLACE = {"socketpair": 2, "pipe": 2, "pipe2": 2, "io_uring_setup": 0, "epoll_create": 0, "epoll_create1": 0,
                 "userfaultfd": 0, "eventfd": 0, "eventfd2": 0, "signalfd": 0, "signalfd4": 0, "timerfd_create": 0,
                 "inotify_init": 0, "inotify_init1": 0, "dup": 0, "dup2": 0, "dup3": 0}  # fmt: skip


def _made(event: Event) -> int:
    """Where an exit event has the descriptor that it made, -1 nowhere."""
    if event.enters or not event.params:
        return -1
    if event.params[0].name == "fd" and event.params[0].type == "fd":
        return 0
    return _MAKERS_PLACE.get(event.name, -1)


def _told(event: Event) -> int:
    """Where an exit event says which descriptor it is about, made or not; -1 nowhere."""
    return 1 if not event.enters and event.name == "copy_file_range" else _made(event)


def makes_descriptor(event: Event) -> bool:
    """Is it an exit event that may have made a descriptor?"""
    return _made(event) >= 0


@cache
def _places() -> npt.NDArray[np.int8]:
    table = np.full(1 << 16, -1, np.int8)
    for kind, event in EVENTS.items():
        table[kind] = _told(event)
    return table


def descriptors(piece: Piece, events: I8) -> I8:
    """The descriptor of each of some events: what it works on, or what it made; -1 for none."""
    fds = piece.pairs.fd[events]
    places = _places()[piece.type[events]]
    for place in (0, 1, 2):
        rows = np.flatnonzero(places == place)
        values, there = piece.numbers(place, events[rows])
        fds[rows] = np.where(there & (values >= 0), values, -1)
    for kind, place, about in ((FCNTL, 0, copies), (GETSOCKOPT, 1, asks_for_error)):
        if len(rows := np.flatnonzero(piece.type[events] == kind)):
            rows = rows[about(piece, events[rows])]
            fds[rows] = piece.numbers(place, events[rows])[0]
    return fds


def records_at(threads: Threads, piece: Piece, events: I8) -> I8:
    """The ids of the records of the threads of events."""
    return threads.records_of(piece, events)


def files_at(threads: Threads, piece: Piece, events: I8, fds: I8, behind: bool = True) -> I8:
    """The ids of the files behind descriptors of the threads of events, 0 for none; as they are behind the events, or
    before."""
    tables = threads.tables_of(piece, events)
    keys, number = np.unique(tables << 32 | fds & 0xFFFFFFFF, return_inverse=True)
    return np.where(tables != 0, threads.held.all_at(keys, number, events if behind else events - 1), 0)


def files_of(threads: Threads, piece: Piece, events: I8, behind: bool = True) -> I8:
    """The ids of the files that events work on."""
    fds, out = descriptors(piece, events), np.zeros(len(events), np.int64)
    rows = np.flatnonzero(fds >= 0)
    out[rows] = files_at(threads, piece, events[rows], fds[rows], behind)
    return out
