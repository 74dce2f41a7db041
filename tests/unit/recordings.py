"""Recordings of hand-built rows, and what is read from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
from rows import Rows

from sonde.catalog.lookup import NUMBERS
from sonde.catalog.state import RECORDED, STATE
from sonde.catalog.types import Kind
from sonde.plan.batch import PHYSICAL, Batch, Counters
from sonde.plan.expr import TRUE, Expr
from sonde.plan.state import State
from sonde.sources.recording.rows import KEPT
from sonde.sources.recording.segments import Directory
from sonde.sources.recording.snapshot import _frame
from sonde.sources.recording.source import Recording
from sonde.sources.recording.writer import USUAL, Limits, Recorder

__all__ = ["ABOUT", "Row", "little", "looked_at", "plain", "reader", "recording", "rows_of", "some_state"]

ABOUT = {
    "session": "boot 1", "host": "here", "kernel": "6.1.0", "filter": "", "command": "", "snaplen": 80, "sonde": "0",
}  # fmt: skip
AT_FDCWD = 0xFFFFFF9C


class Row(NamedTuple):
    """What can be said of an event however its ids are numbered."""

    columns: tuple[int, ...]
    file: bytes
    process: tuple[bytes, int, bytes]
    pointed: tuple[tuple[int, bytes, int], ...]


def some_state(epoch: int, lost: int) -> bytes:
    """Small tables of state as they were long ago, for a Recorder."""
    known: dict[str, Any] = {"name": "proc", "path": "/etc/d1/f1", "type": "file", "cmdline": "a b", "proto": "tcp"}
    about = {"since": 1, "time": 2, "followed": 0, "lost": lost}

    def row(table: str, at: int) -> tuple[Any, ...]:
        numbers = {"pid": 101 + at, "tid": 101 + at, "ppid": 100, "fd": 3 + at}
        return tuple(
            numbers.get(c.name, at) if c.type.kind is not Kind.STR else known.get(c.name, None if at else "")
            for c in STATE[table].columns
        )

    return b"".join(_frame(table, [row(table, at) for at in range(4)], about) for table in RECORDED)


def recording(
    path: Path, batches: Iterable[Batch], limits: Limits = USUAL, flush: bool = True,
    snapshot: Callable[[int, int], bytes] | None = None,
) -> list[Path]:  # fmt: skip
    """Record batches, with `flush` a frame each; -> the segments there are then."""
    recorder = Recorder(Directory(str(path), anew=True), ABOUT, limits, snapshot)
    state = State()
    for at, batch in enumerate(batches):
        state = batch.state
        if not at:
            recorder.start(state)
        recorder.write(batch)
        if flush:
            recorder.settle(Counters, final=True)
    recorder.close(Counters(seen=7, lost=2, lost_by_event={0: 2}), state)
    return sorted(path.iterdir())


def little(path: Path, seed: int = 0, snapshot: Callable[[int, int], bytes] | None = None) -> list[Path]:
    """A segment with a little of everything in three frames."""
    random, rows = Random(seed), Rows()
    parts = []
    for turn in range(3):
        process = rows.process(2 * turn + 1, comm=b"proc%d" % turn, pcomm=b"bash", argv=b"a\0b", ppid=101, uid=turn)
        files = [rows.file(b"/etc/d%d/f%d" % (turn, i)) for i in range(2)]
        files.append(rows.tcp((b"10.0.0.1", 1000 + turn), (b"10.0.0.2", 80)))
        first = len(rows.columns["nr"])
        for _ in range(6):
            file = random.choice(files)
            name, data = b"/etc/x%d" % random.randrange(9), random.randbytes(random.randrange(60))
            ids: dict[str, Any] = {"proc": process, "tid": 100 + process, "pid": 100 + process}
            common = {**ids, "latency": random.randrange(9999)}
            rows.add("openat", AT_FDCWD, 1, 0o101, 0o644, point={1: name}, res=3, file=file, **common)
            rows.add("read", 3, 4096, 60, point={1: data}, res=len(data), file=file, **common)
            rows.add("close", 3, res=-9, file=file, **common)
        parts.append((first, len(rows.columns["nr"])))
    whole = rows.batch()
    return recording(path, (whole.take(np.arange(first, end)) for first, end in parts), snapshot=snapshot)


def plain(count: int, rows: Rows | None = None) -> Rows:
    """Rows of closes of one process."""
    rows = rows or Rows()
    process = rows.process(1, comm=b"one")
    file = rows.file(b"/tmp/file")
    for _ in range(count):
        rows.add("close", 3, res=0, file=file, proc=process)
    return rows


def reader(path: Path | str, expr: Expr = TRUE) -> Recording:
    """A recording, to be read with all columns."""
    return Recording(str(path), expr, np.ones(NUMBERS, np.bool_), frozenset(PHYSICAL), True)


def looked_at(source: Recording) -> list[Row]:
    """All rows of it."""
    found = []
    while (batch := source.poll()) is not None:
        found += rows_of(batch)
    return found


def rows_of(batch: Batch) -> list[Row]:
    """Rows as they can be compared."""
    state, columns = batch.state, batch.columns
    named = [name for name in KEPT if name not in ("proc", "file", "unknown")]
    numbers = zip(*(columns[name].tolist() for name in named), strict=True)
    paths = [state.strings[ident] for ident in state.files.paths(columns["file"].astype(np.uint32)).tolist()]
    processes = state.processes.rows[state.processes.at(columns["proc"].astype(np.uint32))]
    pointed: list[list[tuple[int, bytes, int]]] = [[] for _ in range(len(batch))]
    one = batch.payloads
    for at, row in enumerate(one.row.tolist()):
        data = one.data[int(one.offset[at]) :][: int(one.length[at])].tobytes()
        pointed[row].append((int(one.argument[at]), data, int(one.full[at])))
    of = [(state.strings[int(row["comm"])], int(row["tid"]), state.strings[int(row["argv"])]) for row in processes]
    return [Row(*row) for row in zip(numbers, paths, of, map(tuple, pointed), strict=True)]
