"""Tables of state in a recording: as they were when a segment began, a frame for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sonde.catalog.state import RECORDED, STATE
from sonde.catalog.types import Kind as Values
from sonde.sources.procfs.files import files
from sonde.sources.procfs.processes import processes, threads
from sonde.sources.procfs.sockets import sockets_of
from sonde.sources.procfs.tables import signed
from sonde.sources.recording.columns import Packed, pack_all
from sonde.sources.recording.frames import LARGEST, Damaged, Frame, Kind, framed
from sonde.sources.recording.state import ROWS_MAX

__all__ = ["Snapshot", "snapshot_now", "time_of"]

Row = tuple[Any, ...]
Column = npt.NDArray[Any]
Tell = Callable[[str, Sequence[Row]], Sequence[Row]]
_TEXT, _LENGTH, _MISSING, _ABSENT = ".text", ".length", ".missing", -1
_SOCKET = "socket:["
NAME_MAX = 32  # bytes of the name of a table


def _all(table: str, rows: Sequence[Row]) -> Sequence[Row]:
    return rows


def snapshot_now(followed: bool, epoch: int, lost: int, told: Tell = _all) -> bytes:
    """The frames of the tables as they are now. `followed`: only some processes are recorded; `lost`: events so far;
    `told`: what of the rows of a table is told.
    Times are those of rows, which do not follow when the clock is set: epoch ns = boot ns + `epoch`."""
    began = time.clock_gettime_ns(time.CLOCK_BOOTTIME) + epoch
    rows = {"processes": processes()[0], "threads": threads()[0], "files": files()[0]}
    held: dict[int, list[tuple[int, int]]] = {}
    for pid, fd, path, kind, inode, *_ in rows["files"]:
        if kind == "socket" and path.startswith(_SOCKET):
            held.setdefault(inode, []).append((pid, fd))
    rows["sockets"] = sockets_of(held)
    ended = time.clock_gettime_ns(time.CLOCK_BOOTTIME) + epoch
    about = {"since": began, "time": ended, "followed": int(followed), "lost": lost}
    return b"".join(_frame(table, told(table, rows[table]), about) for table in RECORDED)


def _frame(table: str, rows: Sequence[Row], about: dict[str, int]) -> bytes:
    columns: dict[str, Column] = {name: np.array([value], np.int64) for name, value in about.items()}
    columns["table"] = np.frombuffer(table.encode(), np.uint8)
    values = zip(*rows, strict=True) if rows else [()] * len(STATE[table].columns)
    for column, of_rows in zip(STATE[table].columns, values, strict=True):
        columns |= _packed(column.name, column.type.kind, of_rows)
    body, head = pack_all(columns)
    return framed(Kind.SNAPSHOT, body, len(rows), head)


def _packed(name: str, kind: Values, values: Sequence[Any]) -> dict[str, Column]:
    """A column of a table as columns of numbers."""
    missing = np.array([value is None for value in values], np.uint8)
    if kind is not Values.STR:
        numbers = signed(values)
        return {name: numbers} | ({name + _MISSING: missing} if missing.any() else {})
    raw = [b"" if value is None else value.encode("utf-8", "surrogateescape") for value in values]
    lengths = np.where(missing, _ABSENT, np.fromiter(map(len, raw), np.int64, len(raw)))
    return {name + _LENGTH: lengths, name + _TEXT: np.frombuffer(b"".join(raw), np.uint8)}


@dataclass
class Snapshot:
    """Tables of state, rows as catalog/state.py has their columns, read between `since` and `time` (ns since the
    epoch); see `snapshot_now` for the others."""

    since: int = 0
    time: int = 0
    followed: bool = False
    lost: int = 0
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def take(self, frame: Frame) -> None:
        """Take in a frame; the tables of an earlier moment are forgotten. Damaged if it is not as it was written."""
        if frame.rows > ROWS_MAX:
            raise Damaged("more rows than are ever written at once")
        packed = Packed(frame.stored, frame.head)
        try:
            about = {name: int(packed.column(name, "i8", 1)[0]) for name in ("since", "time", "followed", "lost")}
            table = packed.column("table", "u1", min(packed.count("table"), NAME_MAX)).tobytes().decode("latin-1")
            if table not in RECORDED:
                raise Damaged("a table of state that there is not")
            columns = [_values(packed, c.name, c.type.kind, frame.rows) for c in STATE[table].columns]
        except KeyError:
            raise Damaged("a table of state without a part of it") from None
        if about["time"] != self.time:
            self.tables = {}
        self.since, self.time, self.lost = about["since"], about["time"], about["lost"]
        self.followed = bool(about["followed"])
        self.tables[table] = list(zip(*columns, strict=True))


def time_of(frame: Frame) -> int:
    """When the tables of a frame were read. Damaged if it is not as it was written."""
    try:
        return int(Packed(frame.stored, frame.head).column("time", "i8", 1)[0])
    except KeyError:
        raise Damaged("a table of state without a time") from None


def _values(packed: Packed, name: str, kind: Values, rows: int) -> list[Any]:
    if kind is not Values.STR:
        numbers = packed.column(name, "i8", rows).tolist()
        if name + _MISSING not in packed:
            return list(numbers)
        missing = packed.column(name + _MISSING, "u1", rows).tolist()
        return [None if gone else number for number, gone in zip(numbers, missing, strict=True)]
    lengths = packed.column(name + _LENGTH, "i8", rows)
    if (lengths < _ABSENT).any() or (lengths > LARGEST).any():
        raise Damaged("texts of another length")
    ends = np.cumsum(np.maximum(lengths, 0))
    text = packed.column(name + _TEXT, "u1", int(ends[-1]) if rows else 0).tobytes()
    starts = (ends - np.maximum(lengths, 0)).tolist()
    pieces = (text[start:end] for start, end in zip(starts, ends.tolist(), strict=True))
    texts = (piece.decode("utf-8", "surrogateescape") for piece in pieces)
    return [None if length < 0 else found for found, length in zip(texts, lengths.tolist(), strict=True)]
