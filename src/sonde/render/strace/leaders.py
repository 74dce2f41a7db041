"""What stands before a line: process, wall clock, time since the line before, number of the call."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.native.join import join
from sonde.native.ops import Op, Text, clock, fixed9, literal, pool, sint, uint, view
from sonde.plan.batch import Batch, Views
from sonde.render.strace.options import Options, Stamp
from sonde.render.times import local

__all__ = ["Leaders", "filled", "fraction"]

Array = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
SECOND = 10**9
_POWERS = 10 ** np.arange(1, 5)


def fraction(ns: Array, digits: int) -> list[Op]:
    """`.000012` of nanoseconds (the part below a second), nothing for no digits."""
    return [literal(b"."), fixed9(ns % SECOND, -digits)] if digits else []


def filled(widths: Array, column: int) -> Op:
    """The spaces that bring texts of these widths to a column, none if they are there."""
    length = np.clip(column - widths, 0, None).astype(np.int32)
    return view(Views(np.full(max(column, 0), 0x20, np.uint8), np.zeros(len(widths), np.int64), length, length))


class Leaders:
    """The beginnings of lines of one output; it remembers the time of the line before."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._previous: int | None = None

    def texts(self, batch: Batch, row: Array, several: Bools, begins: Bools, number: Array) -> Text:
        """One for each line, empty unless it `begins` one; `row` says where in the batch it comes from."""
        options = self.options
        named = options.always_pid | (several & (not options.to_file))
        template = np.where(begins, np.where(named & (not options.separate), 2, 1), 0).astype(np.uint16)
        since = self._since(batch.columns["time"].astype(np.int64, copy=False)[row], begins)
        templates = [[], *(self._ops(batch, row[template == t], number[template == t], since[template == t], t == 2)
                           for t in (1, 2))]  # fmt: skip
        return join(len(row), template, templates)

    def _since(self, times: Array, begins: Bools) -> Array:
        """ns since the line before, of lines that begin."""
        out = np.zeros(len(times), np.int64)
        if self.options.relative is None or not begins.any():
            return out
        order = np.flatnonzero(begins)[np.argsort(times[begins], kind="stable")]
        at = times[order]
        out[order] = np.diff(at, prepend=int(at[0]) if self._previous is None else self._previous)
        self._previous = int(at[-1])
        return np.maximum(out, 0)

    def _ops(self, batch: Batch, row: Array, number: Array, since: Array, named: bool) -> list[Op]:
        options, times = self.options, batch.columns["time"].astype(np.int64, copy=False)[row]
        ops = self._process(batch, row) if named else []
        if options.stamp is Stamp.TIME:
            ops += [clock(local(times), -(8 + (options.digits and options.digits + 1))), literal(b" ")]
        elif options.stamp is Stamp.UNIX:
            ops += [sint(times // SECOND), *fraction(times, options.digits), literal(b" ")]
        if options.relative is not None:
            both = options.stamp is not Stamp.NONE
            ops += [literal(b"(+" if both else b""), sint(since // SECOND, 6), *fraction(since, options.relative)]
            ops.append(literal(b") " if both else b" "))
        if options.number:
            ops += [literal(b"["), uint(number, 4), literal(b"] ")]
        return [*ops, *_pointers(batch, row)] if options.pointer else ops

    def _process(self, batch: Batch, row: Array) -> list[Op]:
        options, tid = self.options, batch.columns["tid"][row]
        begin, end = (b"", b" ") if options.always_pid else (b"[pid ", b"] ")
        if not options.comm:
            number = [uint(tid), filled(_digits(tid), 5)]
            return [literal(begin), *(number if options.always_pid else reversed(number)), literal(end)]
        ids = batch.state.processes.column("comm", batch.columns["proc"][row].astype(np.uint32))
        names = pool(ids, *batch.state.strings.packed())
        number = [uint(tid)] if options.always_pid else [filled(_digits(tid), 5), uint(tid)]
        return [literal(begin), *number, literal(b"<"), names, literal(b">" + end)]


def _pointers(batch: Batch, row: Array) -> list[Op]:
    """`[00007f0123456789] `, where it is known."""
    if "ip" not in batch.columns:
        return [literal(b"[????????????????] ")]
    found, which = np.unique(batch.columns["ip"].astype(np.uint64)[row], return_inverse=True)
    texts = [b"[%016x] " % value if value else b"[????????????????] " for value in found.tolist()]
    ends = np.cumsum([0, *map(len, texts)]).astype(np.int64)
    return [pool(which, np.frombuffer(b"".join(texts), np.uint8), ends)]


def _digits(numbers: npt.NDArray[np.generic]) -> Array:
    """How many decimal digits, counted up to five."""
    return 1 + np.searchsorted(_POWERS, numbers.astype(np.int64), "right")
