"""Fields of threads and processes as sysdig has them: what is counted and what is told of them, as of each event."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from sonde.engines.context import Context, Derivation, ints, number, string
from sonde.engines.proc import PROC
from sonde.plan.batch import Batch, Vector
from sonde.sources.scap.behind import records_at
from sonde.sources.scap.memory import MEMORY
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.threads import Threads

__all__ = ["thread_fields"]

I8 = npt.NDArray[np.int64]
Count = Callable[["_Rows"], I8]


class _Rows:
    """Some events: their threads as they were then."""

    def __init__(self, threads: Threads, piece: Piece, events: I8) -> None:
        self.threads, self.piece, self.events = threads, piece, events
        self.records = records_at(threads, piece, events)

    def pids(self) -> I8:
        """The processes."""
        pids = self.threads.state.processes.column("pid", self.records.astype(np.uint32))
        return pids.view(np.int32).astype(np.int64)

    def tids(self) -> I8:
        """The threads."""
        return self.piece.pairs.tids[self.piece.pairs.thread[self.events]]

    def counted(self, tids: I8) -> I8:
        """How many threads the process of each main thread has, 0 for what is none."""
        distinct, number_ = np.unique(tids, return_inverse=True)
        return self.threads.counts.all_at(distinct, number_, self.events)

    def main_records(self) -> I8:
        """The records of the main threads, 0 where there is none."""
        distinct, number_ = np.unique(self.pids(), return_inverse=True)
        return self.threads.records.all_at(distinct, number_, self.events)

    def open(self) -> I8:
        """How many descriptors they have."""
        tables = self.threads.tables_of(self.piece, self.events)
        return np.where(tables != 0, self.threads.held.counts(tables, self.events), 0)

    def limits(self) -> I8:
        """How many descriptors they may have."""
        return np.array(self.threads.fdlimits, np.int64)[self.records]

    def memory(self, name: str) -> I8:
        """One of MEMORY."""
        return self.threads.memory.column(name, self.piece, self.events)


def _usage(rows: _Rows) -> I8:
    limits = rows.limits()
    return np.where(limits > 0, 100 * rows.open() // np.maximum(limits, 1), 0)


def _memory(name: str) -> Count:
    return lambda rows: rows.memory(name)


def _of_main(name: str) -> Count:
    """0 for all but main threads."""
    return lambda rows: np.where(rows.tids() == rows.pids(), rows.memory(name), 0)


_FIELDS: dict[str, Count] = {
    "proc.nchilds": lambda rows: np.maximum(rows.counted(rows.tids()) - 1, 0),
    "proc.fdopencount": _Rows.open, "proc.fdlimit": _Rows.limits, "proc.fdusage": _usage,
    **{f"{'thread' if name.startswith('pf') else 'proc'}.{name}": _memory(name) for name in MEMORY},
    **{f"thread.{name}": _of_main(name) for name in ("vmsize", "vmrss")},
}  # fmt: skip


def _blanks(words: bytes) -> bytes:
    """Words, each of which NUL ends, with blanks between them."""
    return words.removesuffix(b"\0").replace(b"\0", b" ")


def _line(comm: bytes, exe: bytes, args: bytes) -> bytes:
    return comm + b" " + _blanks(args) if args else comm


class _Fields:
    """What derives fields of rows whose column `seq` is the number of their event in a piece."""

    def __init__(self, threads: Threads, piece: Piece) -> None:
        self._threads, self._piece = threads, piece

    def _rows(self, batch: Batch) -> _Rows:
        return _Rows(self._threads, self._piece, ints(batch, "seq"))

    def known(self, count: Count) -> Derivation:
        """A number of each thread that is known."""

        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            rows = self._rows(batch)
            return number(count(rows), rows.records != 0)

        return derive

    def threads_of(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """proc.nthreads."""
        rows = self._rows(batch)
        found = rows.counted(rows.pids())
        return number(found, (rows.records != 0) & (found != 0))

    def age(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """proc.duration: of threads that were made since the file began."""
        rows = self._rows(batch)
        starts = np.array(self._threads.starts, np.int64)[rows.records]
        return number(self._piece.time[rows.events] - starts, starts != 0)

    def text(self, key: str, made: Callable[[bytes, bytes, bytes], bytes], parent: bool = False) -> Derivation:
        """A text of the name, the program and the arguments of a thread or its parent, which are joined by NUL."""

        def texts(idents: list[int]) -> Iterator[bytes]:
            processes, strings = self._threads.state.processes, self._threads.state.strings
            ids = np.array(idents, np.uint32)
            for comm, argv in zip(processes.column("comm", ids), processes.column("argv", ids), strict=True):
                yield made(strings[int(comm)], *strings[int(argv)].partition(b"\0")[::2])

        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            records = self._rows(batch).records
            if parent:
                records = np.array(self._threads.parents, np.int64)[records]
            ids = context.all_texts(f"scap {key}", records.astype(np.uint32), texts)
            return string(np.where(records != 0, ids, 0))

        return derive

    def session(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """proc.sname: the session is that of the main thread."""
        rows = self._rows(batch)
        main = rows.main_records()
        columns = batch.columns | {"proc": np.where(main != 0, main, rows.records).astype(np.uint32)}
        found = PROC["proc.sname"](Batch(columns, batch.payloads, batch.state), argument, context)
        assert isinstance(found, Vector)
        return found


def thread_fields(threads: Threads, piece: Piece) -> dict[str, Derivation]:
    """The fields by name, of rows whose column `seq` is the number of their event in a piece."""
    of = _Fields(threads, piece)
    return {
        "proc.sname": of.session,
        "proc.args": of.text("args", lambda comm, exe, args: _blanks(args)), "proc.cmdline": of.text("cmdline", _line),
        "proc.pcmdline": of.text("cmdline", _line, parent=True),
        "proc.exe": of.text("exe", lambda comm, exe, args: exe),
        "proc.exeline": of.text("exeline", lambda comm, exe, args: exe + b" " + _blanks(args)),
        "proc.nthreads": of.threads_of, "proc.duration": of.age,
        **{name: of.known(count) for name, count in _FIELDS.items()},
    }  # fmt: skip
