"""Rows of events in a recording: the columns that are kept, and what the events pointed at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import Source
from sonde.catalog.lookup import EVENTS, NUMBERS, TRACEPOINTS
from sonde.native.join import join
from sonde.native.ops import view
from sonde.plan.batch import PHYSICAL, Array, Batch, Payloads, Views, taken
from sonde.plan.state import State
from sonde.sources.recording.columns import Packed, Values, pack_all
from sonde.sources.recording.frames import LARGEST, Damaged, Frame, Kind, framed

__all__ = ["KEPT", "ROWS_MAX", "Rows", "joined", "rows_frames"]

KEPT = (
    "num", "time", "latency", "nr", "cpu", "flags", "tid", "pid", "res", "a0", "a1", "a2", "a3", "a4", "a5", "proc",
    "file", "dir", "newdir", "unknown",
)  # fmt: skip
NEEDED = ("time", "nr", "flags")  # what a source that does not know everything knows, too
ROWS_MAX = 1 << 20  # of a frame
RISING = frozenset(("num", "time", "p.row"))
POINTED = {"p.row": "i8", "p.arg": "u1", "p.length": "i4", "p.full": "i4"}
POINTED_MAX = 16  # of a row
DATA = "p.data"
WORDS = tuple(f"a{i}" for i in range(6))
Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
FEW = 8  # one row of so many: the others of its column are not made


@cache
def _meaningless() -> dict[str, Bools]:
    """By argument word and event number: does the word mean nothing to the call? What is in it then is not kept."""
    used = np.ones((len(WORDS), NUMBERS), np.bool_)
    for number, event in EVENTS.items():
        params = (*event.arguments, *event.params)
        words = {word.value for param in params for word in (param.source, param.length)} - {Source.RET, Source.NONE}
        if event.arguments:
            used[:, number] = [name in words for name in WORDS]
    return {name: ~used[i] for i, name in enumerate(WORDS)}


def joined(batches: Sequence[Batch]) -> Batch:
    """Batches of one state, one behind the other, as one."""
    if len(batches) == 1:
        return batches[0]
    columns = {name: np.concatenate([batch.columns[name] for batch in batches]) for name in batches[0].columns}
    rows = np.cumsum([0, *map(len, batches)]).tolist()
    bytes_before = np.cumsum([0, *(len(batch.payloads.data) for batch in batches)]).tolist()
    parts = [
        (one.row + rows[i], one.argument, one.offset + bytes_before[i], one.length, one.full, one.data)
        for i, one in enumerate(batch.payloads for batch in batches)
    ]
    return Batch(columns, Payloads(*map(np.concatenate, zip(*parts, strict=True))), batches[0].state)


def rows_frames(batch: Batch) -> Iterator[bytes]:
    """The frames of a batch: one, if it is not larger than a frame can be."""
    size = int(np.maximum(batch.payloads.length, 0).sum(dtype=np.int64))
    if len(batch) > 1 and (len(batch) > ROWS_MAX or size > LARGEST // 2):
        for rows in np.array_split(np.arange(len(batch)), 2):
            yield from rows_frames(batch.take(rows))
    else:
        yield _rows_frame(batch)


def _rows_frame(batch: Batch) -> bytes:
    columns: dict[str, Array] = {name: batch.columns[name] for name in KEPT if name in batch.columns}
    nr = batch.columns["nr"]
    for name, nothing in _meaningless().items():
        if name in columns and (idle := nothing[nr]).any():
            columns[name] = np.where(idle, np.uint64(0), columns[name])
    pointed = batch.payloads
    if len(pointed.row):
        columns |= dict(zip(POINTED, (pointed.row, pointed.argument, pointed.length, pointed.full), strict=True))
        columns[DATA] = _gathered(pointed)
    body, head = pack_all({name: np.ascontiguousarray(values) for name, values in columns.items()}, RISING)
    return framed(Kind.ROWS, body, len(batch), head)


def _gathered(pointed: Payloads) -> npt.NDArray[np.uint8]:
    """The bytes of all payloads, one behind the other."""
    views = Views(pointed.data, pointed.offset, pointed.length, pointed.full)
    return join(len(views), None, [[view(views)]]).data


class Rows:
    """The rows of a frame: extremes of columns at once, columns when they are asked for."""

    def __init__(self, frame: Frame, numbers: npt.NDArray[np.uint16] | None = None) -> None:
        """`numbers`: the event numbers here of those there; they differ only of tracepoints."""
        self._numbers = numbers
        if not 0 < frame.rows <= ROWS_MAX:
            raise Damaged("a frame with more rows than are ever written")
        self._packed, self.rows = Packed(frame.stored, frame.head), frame.rows
        self._read: dict[str, Values] = {}
        if not all(name in self._packed for name in NEEDED):
            raise Damaged("rows without one of their columns")

    def extremes(self, name: str) -> tuple[int, int]:
        """The least and the greatest value of a column."""
        return self._packed.extremes(name, PHYSICAL[name][0])

    def batch(self, names: frozenset[str], pointed: bool, state: State, chosen: Places | None = None) -> Batch:
        """Some columns, and what events pointed at if that is wanted, of all rows or those `chosen` by their places, in
        order. Damaged if they are not as they were written."""
        chosen = None if chosen is not None and len(chosen) == self.rows else chosen
        count = self.rows if chosen is None else len(chosen)
        columns: dict[str, Array] = {
            "unknown": np.broadcast_to(np.uint8(0), (count,)), "seq": np.broadcast_to(np.uint64(0), (count,)),
        }  # fmt: skip
        there = (name for name in names | {"nr", "flags", "unknown"} if name in self._packed)
        columns |= {name: self.column(name, chosen) for name in there}
        payloads = self._payloads if pointed else Payloads.none()
        return Batch(columns, payloads if chosen is None else payloads.take(chosen, self.rows), state)

    def column(self, name: str, chosen: Places | None = None) -> Values:
        """A column, or the `chosen` numbers of it. Damaged if it is not as it was written."""
        if name not in self._read:
            dtype = PHYSICAL[name][0]
            if chosen is not None and len(chosen) < self.rows // FEW:
                return self._valid(name, self._packed.column(name, dtype, self.rows, chosen))
            self._read[name] = self._valid(name, self._packed.column(name, dtype, self.rows))
        values = self._read[name]
        return values if chosen is None else taken(values, chosen)

    def _valid(self, name: str, values: Values) -> Values:
        """The numbers of events as they are here."""
        if name != "nr":
            return values
        most = int(values.max())
        if most >= NUMBERS:
            raise Damaged("an event of an unknown kind")
        return self._numbers[values] if self._numbers is not None and most >= TRACEPOINTS.start else values

    @cached_property
    def _payloads(self) -> Payloads:
        if DATA not in self._packed:
            return Payloads.none()
        try:
            count = self._packed.count("p.row")
            if not 0 < count <= self.rows * POINTED_MAX:
                raise Damaged("more payloads than the rows have arguments")
            row, argument, length, full = (self._packed.column(name, dtype, count) for name, dtype in POINTED.items())
            held = np.maximum(length, 0).astype(np.int64)
            data = self._packed.column(DATA, "u1", int(held.sum()))
        except KeyError:
            raise Damaged("payloads without a part of them") from None
        if row.min() < 0 or row.max() >= self.rows or length.min() < -1:
            raise Damaged("payloads of no row")
        return Payloads(row, argument, np.cumsum(held) - held, length, full, np.ascontiguousarray(data))
