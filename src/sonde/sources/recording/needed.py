"""What rows of a segment refer to: the processes, files and strings that have to be told so that they can be read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sonde.plan.batch import Batch
from sonde.plan.files import FILE, Files
from sonde.plan.processes import PROCESS, Processes
from sonde.plan.table import Table
from sonde.sources.recording.columns import Packed, pack_all
from sonde.sources.recording.frames import Damaged, Frame, Kind, framed
from sonde.sources.recording.state import FIRST, ROWS_MAX, TEXTS_MAX

__all__ = ["Needed"]

Array = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]
OF_ROWS = ("file", "dir", "newdir")
OF_PROCESSES = ("exe_file", "cwd", "root")  # ids of files
DTYPES = {Kind.FILES: FILE, Kind.PROCESSES: PROCESS}
TABLES: dict[int, type[Table]] = {Kind.FILES: Files, Kind.PROCESSES: Processes}


class Needed:
    """Of one state of a segment. First `refer` and `hear` all that there is, then `close`, then `pruned` frames."""

    def __init__(self, bases: dict[str, int]) -> None:
        self._bases = {Kind.FILES: bases.get("files", 0), Kind.PROCESSES: bases.get("processes", 0)}
        self._marked = {kind: np.zeros(ROWS_MAX, np.bool_) for kind in DTYPES}
        self._told: dict[int, list[Array]] = {kind: [] for kind in DTYPES}
        self._strings = FIRST
        self._numbers = np.zeros(0, np.uint32)
        self._wanted = np.zeros(0, np.bool_)
        self._next = FIRST

    def refer(self, batch: Batch) -> None:
        """These rows stay."""
        if "proc" in batch.columns:
            self._mark(Kind.PROCESSES, batch.columns["proc"])
        for name in OF_ROWS:
            if name in batch.columns:
                self._mark(Kind.FILES, batch.columns[name])

    def hear(self, frame: Frame) -> None:
        """What a frame of strings, files or processes tells. Damaged if it is not as it was written."""
        if frame.rows > ROWS_MAX:
            raise Damaged("more rows than are ever written at once")
        if frame.kind == Kind.STRINGS:
            self._strings += frame.rows
            if self._strings > TEXTS_MAX:
                raise Damaged("more strings than a state has")
            return
        rows = _table(frame)
        self._stays(frame.kind, rows["id"])
        self._told[frame.kind].append(rows)

    def close(self) -> None:
        """All rows and frames are known: what they refer to refers to more."""
        processes, files = (_together(self._told[kind], kind) for kind in (Kind.PROCESSES, Kind.FILES))
        self._ancestors(processes)
        for name in OF_PROCESSES:
            self._mark(Kind.FILES, processes[name][self._stays(Kind.PROCESSES, processes["id"])])
        self._directories(files)
        self._wanted = np.zeros(self._strings, np.bool_)
        for kind, rows in ((Kind.PROCESSES, processes), (Kind.FILES, files)):
            stays = self._stays(kind, rows["id"])
            for name in TABLES[kind].texts:
                numbers = rows[name][stays]
                if len(numbers) and int(numbers.max()) >= self._strings:
                    raise Damaged("a string that was not told")
                self._wanted[numbers] = True
        self._wanted[:FIRST] = True
        self._numbers = (np.cumsum(self._wanted) - 1).astype(np.uint32)
        self._told.clear()

    def pruned(self, frame: Frame) -> bytes:
        """What of a frame is needed, as a frame; nothing if that is nothing."""
        if frame.kind == Kind.STRINGS:
            return self._pruned_strings(frame)
        rows = _table(frame)
        rows = rows[self._stays(frame.kind, rows["id"])]
        columns = {name: np.ascontiguousarray(rows[name]) for name in rows.dtype.names or ()}
        columns |= {name: self._numbers[columns[name]] for name in TABLES[frame.kind].texts}
        return _framed(frame.kind, columns, len(rows))

    def _pruned_strings(self, frame: Frame) -> bytes:
        packed = Packed(frame.stored, frame.head)
        try:
            lengths = packed.column("length", "u4", frame.rows)
            text = packed.column("text", "u1", int(lengths.sum(dtype=np.int64)))
        except KeyError:
            raise Damaged("strings without a text") from None
        stays = self._wanted[self._next : self._next + frame.rows]
        self._next += frame.rows
        return _framed(
            frame.kind, {"length": lengths[stays], "text": text[np.repeat(stays, lengths)]}, int(stays.sum())
        )

    def _mark(self, kind: int, ids: Array) -> None:
        places = ids.astype(np.uint32) - np.uint32(self._bases[kind])
        self._marked[kind][places[places < ROWS_MAX]] = True

    def _stays(self, kind: int, ids: Array) -> Bools:
        """Which rows of a table are needed. Damaged if they have ids that are never given."""
        places = ids.astype(np.uint32) - np.uint32(self._bases[kind])
        if len(places) and int(places.max()) >= ROWS_MAX:
            raise Damaged("an id that is never given")
        stays: Bools = self._marked[kind][places]
        return stays

    def _ancestors(self, rows: Array) -> None:
        """All records of a process that is needed stay, and of its ancestors: which is the newest changes."""
        own, parent = _keys(rows)
        needed = np.zeros(int(max(own.max(initial=0), parent.max(initial=0))) + 1, np.bool_)
        found = own[self._stays(Kind.PROCESSES, rows["id"])]
        while len(found):
            needed[found] = True
            above = np.unique(parent[needed[own]])
            found = above[~needed[above]]
        self._mark(Kind.PROCESSES, rows["id"][needed[own]])

    def _directories(self, rows: Array) -> None:
        """The directories that files are in stay."""
        marked = self._marked[Kind.FILES]
        parents = np.zeros(ROWS_MAX, np.uint32)
        base = np.uint32(self._bases[Kind.FILES])
        above = rows["parent"] - base
        parents[rows["id"] - base] = np.where(above < ROWS_MAX, above, 0)
        found = np.flatnonzero(marked)
        while len(found):
            marked[found] = True
            found = np.unique(parents[found])
            found = found[~marked[found]]


def _table(frame: Frame) -> Array:
    """The rows of a table with their ids. Damaged if they are not as they were written."""
    packed, dtype = Packed(frame.stored, frame.head), DTYPES[frame.kind]
    rows = np.zeros(frame.rows, [("id", "u4"), *((name, dtype[name].str) for name in dtype.names or ())])
    try:
        rows["id"] = packed.column("id", "u4", frame.rows)
    except KeyError:
        raise Damaged("rows without ids") from None
    for name in dtype.names or ():
        if name in packed:
            rows[name] = packed.column(name, dtype[name].str, frame.rows)
    return rows


def _together(pieces: list[Array], kind: int) -> Array:
    dtype = DTYPES[kind]
    empty = np.zeros(0, [("id", "u4"), *((name, dtype[name].str) for name in dtype.names or ())])
    return np.concatenate([empty, *pieces])


def _keys(rows: Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(a number for each row's process, for its parent): equal for equal pid and start."""
    both = np.zeros(2 * len(rows), [("pid", "u4"), ("start", "u8")])
    both["pid"] = np.concatenate((rows["pid"], rows["ppid"]))
    both["start"] = np.concatenate((rows["start"], rows["pstart"]))
    _, numbers = np.unique(both, return_inverse=True)
    numbers = numbers.astype(np.int64)
    return numbers[: len(rows)], numbers[len(rows) :]


def _framed(kind: int, columns: dict[str, Array], rows: int) -> bytes:
    if not rows:
        return b""
    body, head = pack_all(columns)
    return framed(kind, body, rows, head)
