"""Events of a piece as rows: who, when, which file."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from sonde.catalog.lookup import by_name
from sonde.catalog.scap.calls import CALLS
from sonde.catalog.scap.events import EVENTS, Event
from sonde.plan.batch import ENTER_ROW, PHYSICAL, Batch, Payloads
from sonde.sources.scap.follow import Follow
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.view import View, fields_of

__all__ = ["event_rows", "files_of", "numbers_of"]

I8 = npt.NDArray[np.int64]
NO_NUMBER = 511  # of the catalogue's events, for what is none of them
_MAKERS_PLACE = {"socketpair": 2, "pipe": 2, "pipe2": 2, "io_uring_setup": 0, "epoll_create": 0, "epoll_create1": 0,
                 "userfaultfd": 0, "eventfd": 0, "eventfd2": 0, "signalfd": 0, "signalfd4": 0, "timerfd_create": 0,
                 "inotify_init": 0, "inotify_init1": 0, "dup": 0, "dup2": 0, "dup3": 0}  # fmt: skip


@cache
def _number(name: str) -> int:
    try:
        return by_name(name)[0].number
    except KeyError:
        return NO_NUMBER


@cache
def _type_numbers() -> I8:
    table = np.full(1 << 16, NO_NUMBER, np.int64)
    for kind, event in EVENTS.items():
        table[kind] = _number(event.name)
    return table


@cache
def _call_numbers() -> I8:
    return np.array([_number(name) for name in CALLS] + [NO_NUMBER], np.int64)


def numbers_of(piece: Piece, events: I8) -> I8:
    """The catalogue's number of each event's call."""
    out = _type_numbers()[piece.type[events]]
    generic = piece.type[events] <= 1
    if generic.any():
        calls, _ = piece.numbers(0, events[generic], 2, signed=False)
        table = _call_numbers()
        out[generic] = table[np.minimum(calls, len(table) - 1)]
    return out


@cache
def _made(kind: int) -> int:
    """Where an exit event has the descriptor that it made, -1 nowhere."""
    event: Event | None = EVENTS.get(kind)
    if event is None or event.enters or not event.params:
        return -1
    if event.params[0].name == "fd" and event.params[0].type == "fd":
        return 0
    return _MAKERS_PLACE.get(event.name, -1)


def descriptors(piece: Piece) -> I8:
    """The descriptor of each event: what it works on, or what it made."""
    fds = piece.pairs.fd.copy()
    for kind in np.unique(piece.type).tolist():
        place = _made(kind)
        if place >= 0:
            rows = np.flatnonzero(piece.type == kind)
            values, there = piece.numbers(place, rows)
            fds[rows] = np.where(there & (values >= 0), values, -1)
    return fds


def files_of(follow: Follow, piece: Piece, fds: I8) -> I8:
    """The id of the file behind each event's descriptor."""
    out = np.zeros(len(piece), np.int64)
    rows = np.flatnonzero(fds >= 0)
    tables = follow.threads.table_of.all_at(piece.tid[rows], rows)
    keys = tables << 32 | fds[rows] & 0xFFFFFFFF
    out[rows] = np.where(tables != 0, follow.threads.files.all_at(keys, rows), 0)
    return out


def event_rows(follow: Follow, piece: Piece, events: I8, numbers: I8) -> Batch:
    """A row for each of some events, with sysdig's fields."""
    fds = descriptors(piece)
    files = files_of(follow, piece, fds)
    records = follow.threads.records.all_at(piece.tid[events], events)
    enter = piece.pairs.enter[events]
    latency = np.where((enter >= 0) & (piece.type[events] & 1 == 1), piece.time[events] - piece.time[enter], 0)
    processes = follow.threads.state.processes
    pids = processes.column("pid", records.astype(np.uint32)).view(np.int32).astype(np.int64)
    view = View(follow, piece, fds, files)
    res, _ = view.results_of(events)
    columns = {
        "num": numbers, "time": piece.time[events], "latency": latency, "nr": numbers_of(piece, events),
        "cpu": piece.cpu[events], "flags": np.where(piece.type[events] & 1 == 0, ENTER_ROW, 0), "pid": pids,
        "proc": records, "file": files[events], "seq": events, "unknown": np.full(len(events), 63), "res": res,
        "fdlimit": np.array(follow.threads.fdlimits, np.int64)[records],
        **follow.threads.memory.columns(piece, events),
        **{name: np.zeros(len(events)) for name in ("a0", "a1", "a2", "a3", "a4", "a5", "dir", "newdir")},
    }  # fmt: skip
    typed = {name: values.astype(np.dtype(PHYSICAL[name][0])) for name, values in columns.items()}
    typed |= {"tid": piece.tid[events], "pid": pids}
    return Batch(typed, Payloads.none(), follow.threads.state, fields_of(view))
