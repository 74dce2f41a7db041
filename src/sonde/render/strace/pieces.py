"""The parts of a line that come from its call: beginning, arguments, result, time spent."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from sonde.catalog.kernel_names import KERNEL_NAMES
from sonde.native.join import join
from sonde.native.ops import Op, Text, literal, pool, sint, text, view
from sonde.plan.batch import Batch, Views
from sonde.render.strace.leaders import filled, fraction
from sonde.render.strace.options import Options
from sonde.render.strace.threads import Kind, Rows

__all__ = ["Calls", "Pieces", "chosen"]

Array = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
SECOND = 10**9


class Calls(Protocol):
    """What engines.strace makes of a batch: texts of each row, empty where a row has none."""

    @property
    def head(self) -> Text:
        """`read(3, ` of rows that enter a call; signals and ends have their whole line here."""

    @property
    def tail(self) -> Text:
        """`"data", 10` of rows that return from one."""

    @property
    def result(self) -> Text:
        """`4`, `-1 ENOENT (No such file or directory)`, `?`."""

    @property
    def after(self) -> Text | None:
        """Lines below the row's: dumps and stacks."""

    @property
    def complete(self) -> Bools:
        """Of rows that enter a call: are all its arguments in the head?"""


def _pool(*texts: bytes) -> tuple[npt.NDArray[np.uint8], Array]:
    return np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)]).astype(np.int64)


_NO_CALL = len(KERNEL_NAMES)
_RESUMED = _pool(*(b"<... %s resumed>" % name.encode() for name in KERNEL_NAMES), b"")
_RESUMED_WIDTH = np.diff(_RESUMED[1])
_CLOSED, _ENDING, _LAST = _pool(b"", b" <unfinished ...>\n"), _pool(b"", b" <unfinished ...>"), _pool(b"", b"\n")
_BETWEEN, _EQUALS = _pool(b"", b") "), _pool(b"", b"= ", b"= ?")


def chosen(texts: Views, rows: Array, where: Bools) -> Views:
    """The texts of some rows, empty where not wanted."""
    found = texts.take(rows)
    return Views(found.data, found.offset, np.where(where, found.length, 0).astype(np.int32), found.full)


class Pieces:
    """The lines of a batch in parts; `follows` are those that go on where their call's beginning stands.

    `begun`: texts that such a line begins with, if they are not in the output yet.
    """

    def __init__(
        self, batch: Batch, calls: Calls, rows: Rows, follows: Bools, leaders: Text, begun: Views | None
    ) -> None:
        self.batch, self.calls, self.rows, self.leaders, self.begun = batch, calls, rows, leaders, begun
        self.exits, self.gone = rows.kind == Kind.EXIT, rows.kind == Kind.GONE
        self.ended = self.exits | self.gone
        self._resumed = np.where(self.ended & ~follows, rows.nr, _NO_CALL)
        starts = (rows.kind == Kind.ENTER) | (rows.kind == Kind.LINE)
        starts[list(rows.lines)] = False
        self._head = chosen(calls.head.views(), rows.row, starts)
        self._tail = chosen(calls.tail.views(), rows.row, self.exits)
        self._cut_off = self.gone & ~rows.complete

    def widths(self) -> Array:
        """The bytes that each line has before its `) `, without what was there before."""
        width: Array = np.diff(self.leaders.offsets) + _RESUMED_WIDTH[self._resumed]
        width += self._head.length + self._tail.length + 17 * self._cut_off
        return width if self.begun is None else width + np.maximum(self.begun.length, 0)

    def ops(self, options: Options, closes: Bools, column: Array) -> list[Op]:
        """What writes the lines; `column` is where each stands before its `) `."""
        ended, exits = self.ended, self.exits
        ops = [pool(closes, *_CLOSED), text(self.leaders)]
        if self.begun is not None:
            ops.append(view(self.begun))
        ops += [pool(self._resumed, *_RESUMED), view(self._head), *self._lines(), view(self._tail)]
        if self.gone.any():
            ops.append(pool(self._cut_off, *_ENDING))
        ops += [
            pool(ended, *_BETWEEN), filled(np.where(ended, column + 2, options.column), options.column),
            pool(exits + 2 * self.gone, *_EQUALS), view(chosen(self.calls.result.views(), self.rows.row, exits)),
            *self._spent(options), pool(self.rows.kind != Kind.ENTER, *_LAST),
        ]  # fmt: skip
        if self.calls.after is not None:
            ops.append(view(chosen(self.calls.after.views(), self.rows.row, exits)))
        return ops

    def _lines(self) -> list[Op]:
        """Texts in the place of a row's own."""
        if not self.rows.lines:
            return []
        which = np.zeros(len(self.rows.row), np.uint32)
        for number, place in enumerate(self.rows.lines, 1):
            which[place] = number
        return [pool(which, *_pool(b"", *self.rows.lines.values()))]

    def _spent(self, options: Options) -> list[Op]:
        """`<0.000012>`."""
        if options.spent is None:
            return []
        latency = np.where(self.exits, self.batch.columns["latency"].astype(np.int64)[self.rows.row], -1)
        there = latency >= 0
        some = latency[there]
        ops = [literal(b" <"), sint(some // SECOND), *fraction(some, options.spent), literal(b">")]
        return [text(join(len(there), (~there).astype(np.uint16), [ops, []]))]
