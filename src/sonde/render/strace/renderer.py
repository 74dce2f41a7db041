"""Rows of the event view as strace's lines: heads and tails of calls put together in time order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.catalog.errnos import MAX_ERRNO
from sonde.catalog.syscalls import ROOM
from sonde.native.join import join
from sonde.native.ops import Text, text
from sonde.plan.batch import Batch, Views
from sonde.plan.pairs import entered, left_open, previous
from sonde.render.strace.leaders import Leaders
from sonde.render.strace.options import FAILED, SUCCESSFUL, Options
from sonde.render.strace.pieces import Calls, Pieces, chosen
from sonde.render.strace.threads import Kind, Rows, Threads

__all__ = ["StraceRenderer"]

Array = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
CALL = 1023  # of an event number: the kernel's number of the call
DETACHED_LINE = b" <detached ...>\n"


class StraceRenderer:
    """The lines of one output. `decode` is `Decoder.texts` of engines.strace.calls.

    A batch's output ends where its last row does: a call that has not returned leaves its line open, as in strace.
    `messages` collects what strace writes to stderr when lines go to a file; who shows it empties it.
    """

    def __init__(self, options: Options, decode: Callable[[Batch], Calls]) -> None:
        self.options, self.decode, self.messages = options, decode, b""
        self._threads, self._leaders = Threads(options), Leaders(options)
        self._open: dict[int, tuple[int, int]] = {}  # of an output: (the thread whose line it ends in, its column)
        self._last: dict[int, int] = {}  # the number of each thread's last call
        self._begun: dict[int, bytes] = {}  # beginnings of calls by thread, where a line waits for its call to end

    def render(self, batch: Batch) -> bytes:
        """The lines of all threads (without -ff)."""
        if not len(batch):
            return b""
        lines, rows, _ = self._lines(batch)
        data = lines.data.tobytes()
        if not rows.notices:
            return data
        if self.options.to_file:
            self.messages += b"".join(rows.notices.values())
            return data
        out, done = [], 0
        for place, notice in sorted(rows.notices.items()):
            out += [data[done : int(lines.offsets[place])], notice]
            done = int(lines.offsets[place])
        return b"".join([*out, data[done:]])

    def render_each(self, batch: Batch) -> dict[int, bytes]:
        """The lines of each thread by its id (-ff)."""
        if not len(batch):
            return {}
        lines, rows, tids = self._lines(batch)
        self.messages += b"".join(rows.notices.values())
        starts = np.flatnonzero(_changes(tids)).tolist()
        data = lines.data.tobytes()
        return {
            int(tids[start]): data[int(lines.offsets[start]) : int(lines.offsets[end])]
            for start, end in zip(starts, [*starts[1:], len(tids)], strict=False)
        }

    def flush(self) -> bytes:
        """What ends the line that is open, when there will be no more rows."""
        return self.flush_each().get(0, b"")

    def flush_each(self) -> dict[int, bytes]:
        """`flush` of the output of each thread (-ff)."""
        ended = {output: DETACHED_LINE for output, (thread, _) in self._open.items() if thread}
        self._open = {}
        return ended

    def _lines(self, batch: Batch) -> tuple[Text, Rows, Array]:
        """(a text for each line, the lines, the output each goes to)."""
        calls = self.decode(batch)
        begun: Views | None = None
        rows = self._threads.rows(batch, calls.complete)
        if self.options.whole:
            begun = self._beginnings(batch, calls)
            rows = rows.take(self._wanted(batch, rows))
        if self.options.separate:
            rows = rows.take(np.argsort(batch.columns["tid"][rows.row], kind="stable"))
        tid = batch.columns["tid"].astype(np.int64)[rows.row]
        output = tid if self.options.separate else np.zeros(len(tid), np.int64)
        ended = (rows.kind == Kind.EXIT) | (rows.kind == Kind.GONE)
        before = self._open_before(rows, tid, output)
        follows = ended & (before == tid)
        if begun is not None:
            begun = chosen(begun, rows.row, ended)
            follows = begun.length > 0
        leaders = self._leaders.texts(batch, rows.row, rows.several, ~follows, self._numbers(batch, rows))
        pieces = Pieces(batch, calls, rows, follows, leaders, begun)
        column = pieces.widths()
        if begun is None:
            column += np.where(follows, self._columns_before(column, output), 0)
            self._remember(rows, tid, output, column)
        ops = pieces.ops(self.options, (before != 0) & ~follows, column)
        return join(len(tid), None, [ops]), rows, output

    def _numbers(self, batch: Batch, rows: Rows) -> Array:
        """The kernel's number of each line's call; of signals and ends that of the thread's last one."""
        numbers = rows.nr & CALL
        if not self.options.number:
            return numbers
        tid, nr = (batch.columns[name].astype(np.int64) for name in ("tid", "nr"))
        order = np.argsort(tid, kind="stable")
        call = ((nr & CALL) < ROOM)[order]
        last = np.maximum.accumulate(np.where(call, np.arange(len(order)), -1))
        mine = (last >= 0) & (tid[order][last] == tid[order])
        before = np.array([self._last.get(thread, 0) for thread in tid[order[~mine]].tolist()], np.int64)
        found = np.zeros(len(order), np.int64)
        found[order[mine]], found[order[~mine]] = nr[order][last[mine]] & CALL, before
        self._last.update(zip(tid.tolist(), found.tolist(), strict=True))
        return np.where(numbers < ROOM, numbers, found[rows.row])

    def _open_before(self, rows: Rows, tid: Array, output: Array) -> Array:
        """The thread whose line is open in the output before each line, 0 for none."""
        before = np.zeros(len(tid), np.int64)
        before[1:] = np.where(rows.kind == Kind.ENTER, tid, 0)[:-1]
        for place in np.flatnonzero(_changes(output)).tolist():
            before[place] = self._open.get(int(output[place]), (0, 0))[0]
        return before

    def _columns_before(self, column: Array, output: Array) -> Array:
        """The column in which the output stands before each line, where one is open."""
        before = np.zeros(len(column), np.int64)
        before[1:] = column[:-1]
        for place in np.flatnonzero(_changes(output)).tolist():
            before[place] = self._open.get(int(output[place]), (0, 0))[1]
        return before

    def _remember(self, rows: Rows, tid: Array, output: Array, column: Array) -> None:
        """Which lines are open when the batch ends, and where."""
        for place in (np.flatnonzero(_changes(output[::-1])[::-1])).tolist():
            thread = int(tid[place]) if rows.kind[place] == Kind.ENTER else 0
            self._open[int(output[place])] = (thread, int(column[place]))

    def _wanted(self, batch: Batch, rows: Rows) -> Array:
        """Lines without calls that begin, or ended in another way than those that are wanted."""
        res = batch.columns["res"].astype(np.int64)[rows.row]
        failed = (res < 0) & (res >= -MAX_ERRNO)
        good = np.where(failed, FAILED in self.options.statuses, SUCCESSFUL in self.options.statuses)
        return np.flatnonzero((rows.kind >= Kind.GONE) | ((rows.kind == Kind.EXIT) & good))

    def _beginnings(self, batch: Batch, calls: Calls) -> Views:
        """Of each row, leader and head of the call its thread is in: where lines show whole calls."""
        begins = entered(batch)
        numbers = batch.columns["nr"].astype(np.int64) & CALL
        leaders = self._leaders.texts(batch, np.arange(len(batch)), self._threads.several, begins, numbers)
        return self._kept(batch, calls, begins, leaders)

    def _kept(self, batch: Batch, calls: Calls, begins: Bools, leaders: Text) -> Views:
        made = join(len(batch), None, [[text(leaders), text(calls.head)]])
        before = previous(batch)
        old = {row: self._begun.get(int(batch.columns["tid"][row]), b"") for row in np.flatnonzero(before < 0).tolist()}
        views = made.views().take(before)
        views.length[~begins[before]] = 0
        start = len(made.data)
        for row, head in old.items():
            views.offset[row], views.length[row] = start, len(head)
            start += len(head)
        data = np.concatenate((made.data, np.frombuffer(b"".join(old.values()), np.uint8)))
        open_rows, idle = left_open(batch)
        for thread in idle.tolist():
            self._begun.pop(thread, None)
        for row in open_rows.tolist():
            self._begun[int(batch.columns["tid"][row])] = made[row]
        return Views(data, views.offset, views.length, views.length)


def _changes(values: Array) -> Bools:
    """Where a value differs from the one before; the first does."""
    changed: Bools = np.ones(len(values), np.bool_)
    changed[1:] = values[1:] != values[:-1]
    return changed
