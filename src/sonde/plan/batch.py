"""Batches: rows as columns, the second narrow waist. Sources make them, engines and renderers read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.types import Kind
from sonde.plan.state import State

__all__ = [
    "COUNTS", "ENTER_ROW", "HIDDEN", "PHYSICAL", "RESULT_UNKNOWN", "UNRESOLVED", "Array", "Batch", "Counters", "Own",
    "Payloads", "Vector", "Views", "taken",
]  # fmt: skip

Array = npt.NDArray[np.generic]

# The physical columns of the events table: what a source fills and everything else is derived from.
PHYSICAL: dict[str, tuple[str, str]] = {
    "num": ("u8", "running number of the row"),
    "time": ("i8", "end of the operation, ns since the epoch (for a call in flight: now)"),
    "latency": ("i8", "ns from the enter to the exit; -1 unknown"),
    "nr": ("u2", "event number (catalog/event.py)"),
    "cpu": ("u2", "CPU of the exit"),
    "flags": ("u4", "ENTER_ROW, UNRESOLVED, HIDDEN"),
    "tid": ("u4", "thread id"),
    "pid": ("u4", "process id"),
    "res": ("i8", "result"),
    "a0": ("u8", "first argument word"),
    "a1": ("u8", "second argument word"),
    "a2": ("u8", "third argument word"),
    "a3": ("u8", "fourth argument word"),
    "a4": ("u8", "fifth argument word"),
    "a5": ("u8", "sixth argument word"),
    "proc": ("u4", "id of the row of state.processes, 0 unknown"),
    "file": ("u4", "id of the row of state.files of the event's main fd, 0 none"),
    "dir": ("u4", "id of the directory that the first path is relative to, 0 the working directory, ~0 unknown"),
    "newdir": ("u4", "the same of the second path"),
    "seq": ("u8", "number that links payloads"),
    # only of sources that do not know everything
    "unknown": ("u1", "bits 0..5: that argument word is not known; RESULT_UNKNOWN"),
    # read in the kernel at the moment of the event, only when a query asks for them
    "ip": ("u8", "where the program goes on, 0 unknown"),
    "vmsize": ("u8", "virtual memory of the process, KiB"),
    "vmrss": ("u8", "resident memory of the process, KiB"),
    "vmswap": ("u8", "swapped memory of the process, KiB"),
    "pfmajor": ("u8", "major page faults of the thread"),
    "pfminor": ("u8", "minor page faults of the thread"),
    "nthreads": ("u4", "threads of the process"),
    "fdlimit": ("u8", "limit of open descriptors"),
    "fdcount": ("u4", "open descriptors of the process"),
}

ENTER_ROW = 1  # the call is still running: no result, latency so far
RESULT_UNKNOWN = 1 << 6  # of the column `unknown`: the call has returned, but nobody knows with what
UNRESOLVED = 2  # a dictionary record was lost: file or proc is 0 although there was one
HIDDEN = 4  # the row does not pass the filter: it is kept because it changes tables of state


@dataclass(frozen=True, eq=False)
class Views:
    """One byte slice a row: `data[offset[i] : offset[i] + length[i]]`; length -1 = missing.

    `full` is its length before truncation.
    """

    data: npt.NDArray[np.uint8]
    offset: npt.NDArray[np.int64]
    length: npt.NDArray[np.int32]
    full: npt.NDArray[np.int32]

    def __getitem__(self, row: int) -> bytes | None:
        n = int(self.length[row])
        if n < 0:
            return None
        start = int(self.offset[row])
        return self.data[start : start + n].tobytes()

    def __len__(self) -> int:
        return len(self.length)

    def take(self, rows: Array) -> Views:
        """The views of some rows."""
        return Views(self.data, self.offset[rows], self.length[rows], self.full[rows])


@dataclass(frozen=True, eq=False)
class Vector:
    """A column's values for the rows of a batch.

    INT, BOOL: numpy numbers with `valid` (None: all present). STR: u4 ids of state.strings, 0 = missing. BYTES:
    `views`. A field that stands for several (either-end, ancestors) is a tuple of Vectors, not one.
    """

    kind: Kind
    values: Array
    valid: npt.NDArray[np.bool_] | None = None
    views: Views | None = None

    def present(self) -> npt.NDArray[np.bool_]:
        """Where the row has a value."""
        if self.kind is Kind.STR:
            there: npt.NDArray[np.bool_] = self.values != 0
            return there
        if self.kind is Kind.BYTES:
            assert self.views is not None
            held: npt.NDArray[np.bool_] = self.views.length >= 0
            return held
        return np.ones(len(self.values), np.bool_) if self.valid is None else self.valid

    def take(self, rows: Array) -> Vector:
        """The values of some rows."""
        views = self.views.take(rows) if self.views is not None else None
        return Vector(self.kind, self.values[rows], None if self.valid is None else self.valid[rows], views)


class Payloads(NamedTuple):
    """What events pointed at, sorted by (row, argument): strings, I/O data, socket addresses.

    `row` i8 index into the batch, `argument` u1 (0..5: the argument word that pointed at it), `offset` i8 into `data`,
    `length` i4 captured bytes, `full` i4 bytes there were (-1: unknown, longer).
    """

    row: npt.NDArray[np.int64]
    argument: npt.NDArray[np.uint8]
    offset: npt.NDArray[np.int64]
    length: npt.NDArray[np.int32]
    full: npt.NDArray[np.int32]
    data: npt.NDArray[np.uint8]

    def of_argument(self, argument: int | Array, rows: int) -> Views:
        """A view for each of `rows` rows; `argument` may be an array with one argument index a row (255: none)."""
        offset, length = np.zeros(rows, np.int64), np.full(rows, -1, np.int32)
        full = np.full(rows, -1, np.int32)
        wanted = argument[self.row] if isinstance(argument, np.ndarray) else argument
        pick = self.argument == wanted
        at = self.row[pick]
        offset[at], length[at], full[at] = self.offset[pick], self.length[pick], self.full[pick]
        return Views(self.data, offset, length, full)

    def take(self, rows: npt.NDArray[np.int64], total: int) -> Payloads:
        """The payloads of some rows of a batch that had `total`, renumbered."""
        if not len(self.row):
            return self
        new = np.full(total, -1, np.int64)
        new[rows] = np.arange(len(rows))
        at = new[self.row]
        keep = at >= 0
        return Payloads(at[keep], self.argument[keep], self.offset[keep], self.length[keep], self.full[keep], self.data)

    @staticmethod
    def none() -> Payloads:
        """No payloads."""
        i8, i4, u1 = np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.uint8)
        return Payloads(i8, u1, i8, i4, i4, u1)


@dataclass
class Counters:
    """What a source saw and what it lost; the receipt is their sum.

    `lost` counts events that matched and found the ring full, by event number in `lost_by_event`; `lost_payloads` and
    `lost_dictionary` count records of the other rings; `own` are events of sonde itself, left out; `inflight` rows
    are not counted.
    """

    seen: int = 0
    matched: int = 0
    delivered: int = 0
    lost: int = 0
    truncated: int = 0
    lost_payloads: int = 0
    lost_dictionary: int = 0
    own: int = 0
    lost_by_event: dict[int, int] = field(default_factory=dict)

    def add(self, other: Counters) -> None:
        """Count also what another source counted."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for number, count in other.lost_by_event.items():
            self.lost_by_event[number] = self.lost_by_event.get(number, 0) + count


COUNTS = tuple(one.name for one in fields(Counters) if one.name != "lost_by_event")  # those that are one number
Own = Mapping[str, Callable[..., Any]]  # fields that a source derives itself, by name


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows in time order: physical columns by name (only what the plan asked for), payloads, and the state their ids
    refer to. `own` fields are derived by the source, as engines/context.py Derivation."""

    columns: dict[str, Array]
    payloads: Payloads
    state: State
    own: Own = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def take(self, rows: npt.NDArray[np.int64]) -> Batch:
        """Some rows, in the order given (increasing)."""
        columns = {name: taken(values, rows) for name, values in self.columns.items()}
        return Batch(columns, self.payloads.take(rows, len(self)), self.state, self.own)


def taken(values: Array, rows: npt.NDArray[np.int64]) -> Array:
    """Some of a column; of a constant, that is stored once, the same constant."""
    return values[: len(rows)] if values.strides == (0,) else values[rows]
