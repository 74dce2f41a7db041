"""Events of a piece as rows: who, when, which file."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from sonde.catalog.lookup import by_name
from sonde.catalog.scap.calls import CALLS
from sonde.catalog.scap.events import EVENTS
from sonde.plan.batch import ENTER_ROW, PHYSICAL, Array, Batch, Payloads
from sonde.sources.scap.behind import files_of, records_at
from sonde.sources.scap.memory import MEMORY
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.view import View

__all__ = ["KINDS", "NEEDED", "EventRows", "Numbers", "kinds_of", "numbers_of"]

I8 = npt.NDArray[np.int64]
Numbers = Callable[[I8], I8]
Make = Callable[[View, I8], Array]
_TYPES = 1 << 16
KINDS = 3 * _TYPES
NO_NUMBER = 511  # of the catalogue's events, for what is none of them
NEEDED = frozenset(("seq", "unknown"))  # columns of every batch


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
        calls = piece.word[events[generic]] & 0xFFFF
        table = _call_numbers()
        out[generic] = table[np.minimum(calls, len(table) - 1)]
    return out


def _latency(view: View, events: I8) -> I8:
    """Since the call was entered."""
    piece, enter = view.piece, view.piece.pairs.enter[events]
    since = piece.time[events] - piece.time[enter]
    return np.where((enter >= 0) & (piece.type[events] & 1 == 1), since, 0)


def _records(view: View, events: I8) -> I8:
    return records_at(view.follow.threads, view.piece, events)


def _pids(view: View, events: I8) -> Array:
    pids = view.follow.threads.state.processes.column("pid", _records(view, events).astype(np.uint32))
    return pids.view(np.int32).astype(np.int64)


def _memory(name: str) -> Make:
    return lambda view, events: view.follow.threads.memory.column(name, view.piece, events)


_NOT_TOLD = ("a0", "a1", "a2", "a3", "a4", "a5", "dir", "newdir")
_MAKE: dict[str, Make] = {
    "time": lambda view, events: view.piece.time[events],
    "latency": _latency,
    "nr": lambda view, events: numbers_of(view.piece, events),
    "cpu": lambda view, events: view.piece.cpu[events],
    "flags": lambda view, events: np.where(view.piece.type[events] & 1 == 0, ENTER_ROW, 0),
    "tid": lambda view, events: view.piece.tid[events],
    "pid": _pids,
    "proc": _records,
    "file": lambda view, events: files_of(view.follow.threads, view.piece, events),
    "seq": lambda view, events: events,
    "unknown": lambda view, events: np.full(len(events), 63, np.uint8),
    "res": lambda view, events: view.results_of(events)[0],
    "fdlimit": lambda view, events: np.array(view.follow.threads.fdlimits, np.int64)[_records(view, events)],
    **{name: _memory(name) for name in MEMORY},
    **{name: lambda view, events: np.zeros(len(events)) for name in _NOT_TOLD},
}  # fmt: skip
_SIGNED = ("tid", "pid")  # as the file has them: of threads of containers -1, -2


def kinds_of(piece: Piece, events: I8) -> I8:
    """What kind of event each is, below KINDS: its type, or the call of those that have no type of their own."""
    kinds = piece.type[events]
    generic = np.flatnonzero(kinds <= 1)
    kinds[generic] = (kinds[generic] + 1) * _TYPES + (piece.word[events[generic]] & 0xFFFF)
    return kinds


class EventRows:
    """Some events of a piece as rows with sysdig's fields; each column is made when it is asked for, and `made` ones
    are kept. `numbers` gives those of events."""

    def __init__(self, view: View, events: I8, numbers: Numbers, made: dict[str, Array] | None = None) -> None:
        self._view, self._events, self._numbers, self._made = view, events, numbers, made or {}

    def __len__(self) -> int:
        return len(self._events)

    def take(self, rows: I8) -> EventRows:
        """Some of the rows."""
        made = {name: values[rows] for name, values in self._made.items()}
        return EventRows(self._view, self._events[rows], self._numbers, made)

    def kinds(self) -> I8:
        """What kind of event each is."""
        return kinds_of(self._view.piece, self._events)

    def batch(self, names: frozenset[str], pointed: bool = False) -> Batch:
        """The rows with columns by name, and what these need. What is `pointed` at the file itself tells, without
        payloads."""
        wanted = (NEEDED | names) & _MAKE.keys()
        for name in wanted - self._made.keys():
            made = _MAKE[name](self._view, self._events)
            self._made[name] = made if name in _SIGNED else made.astype(np.dtype(PHYSICAL[name][0]), copy=False)
        columns: dict[str, Array] = {"num": self._numbers(self._events).astype(np.uint64)}
        columns |= {name: self._made[name] for name in wanted}
        return Batch(columns, Payloads.none(), self._view.follow.threads.state, self._view.fields)
