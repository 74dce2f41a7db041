"""The threads that are followed: which rows become lines, how many threads there are at each, who has come and gone."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import EXIT_EVENTS
from sonde.catalog.kernel_names import KERNEL_NAMES
from sonde.catalog.syscalls import I386_BASE
from sonde.plan.batch import Batch
from sonde.plan.pairs import SIGKILL, entered, fatal, killed, left_open, previous
from sonde.render.strace.options import UNFINISHED, Options, Quiet

__all__ = ["Kind", "Rows", "Threads", "is_birth"]

Array = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
END, SIGNAL = EXIT_EVENTS["procexit"], EXIT_EVENTS["signaldeliver"]
DEADLY = 0x7F  # of a wait status: the signal that killed
_BORN, _ENDED = 0, 1


def _numbers(*names: str) -> Array:
    return np.array([nr for nr, name in enumerate(KERNEL_NAMES) if name in names], np.int64)


_BIRTHS, _EXECS = _numbers("clone", "fork", "vfork", "clone3"), _numbers("execve", "execveat")


class Kind(IntEnum):
    """What a line is made of."""

    ENTER = 0
    EXIT = 1
    GONE = 2  # the thread ended in a call: `= ?`
    LINE = 3  # a signal or an end


class Call(NamedTuple):
    """A call that has not returned; `complete`: all its arguments were shown at the enter."""

    nr: int
    pid: int
    complete: bool


class Extra(NamedTuple):
    """A line that stands before that of a row: the end of a call that never returns, or `text`."""

    kind: Kind
    nr: int = 0
    complete: bool = True
    text: bytes = b""


class Rows(NamedTuple):
    """Lines in the making: the row of the batch of each, what it is, and whether there are several threads then.

    `nr` and `complete` are those of the call, of a GONE one too. `lines` are texts in the place of the row's own, by
    index here; `notices` stand before a line, one after the last at the end.
    """

    row: Array
    kind: Array
    several: Bools
    nr: Array
    complete: Bools
    lines: dict[int, bytes]
    notices: dict[int, bytes]

    def take(self, at: Array) -> Rows:
        """Some of the lines, in the order given."""
        new = {int(old): place for place, old in enumerate(at.tolist())} if self.lines else {}
        lines = {new[old]: line for old, line in self.lines.items() if old in new}
        notices: dict[int, bytes] = {}
        for old, notice in sorted(self.notices.items()):
            after = np.flatnonzero(at >= old)
            place = int(after[0]) if len(after) else len(at)
            notices[place] = notices.get(place, b"") + notice
        return Rows(self.row[at], self.kind[at], self.several[at], self.nr[at], self.complete[at], lines, notices)


class Threads:
    """What is remembered of threads from batch to batch."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.known = set(options.tracees)
        self.open: dict[int, Call] = {}
        self.several: Bools = np.zeros(0, np.bool_)  # were there several threads, at each row of the last batch
        self._compat = dict.fromkeys(options.tracees, options.compat)
        self._unclaimed: set[int] = set()  # seen before the call that made them returned
        self._begun = bool(options.tracees)

    def rows(self, batch: Batch, complete: Bools) -> Rows:
        """The lines of a batch; `complete` says of rows that enter a call whether all its arguments are in the head."""
        nr, tid = batch.columns["nr"].astype(np.int64), batch.columns["tid"].astype(np.int64)
        before, begun = previous(batch), entered(batch)
        kind = np.where(begun, Kind.ENTER, Kind.EXIT).astype(np.int64)
        kind[(nr == END) | (nr == SIGNAL)] = Kind.LINE
        kind[killed(batch)] = Kind.GONE
        alive, notices = self._counted(batch, nr, tid)
        late = _late(batch, nr, tid)
        for row, last in late.items():
            alive[row + 1 : last + 1] += 1
        self.several = alive > 1
        keep = self._shown(batch, nr)
        extra: dict[int, Extra] = {}
        for row in np.flatnonzero(nr == END).tolist():
            call = self._call_of(batch, row, before, complete)
            if call and (not self.options.whole or UNFINISHED in self.options.statuses):
                extra[row] = Extra(Kind.GONE, call.nr, call.complete)
        if np.isin(nr, _EXECS).any() or any(call.nr in _EXECS for call in self.open.values()):
            self._supersede(batch, nr, before, keep, extra)
        if self._compat or (nr >= I386_BASE).any() or self.options.compat:
            self._personalities(nr, tid, begun, notices)
        self._remember(batch, complete)
        rows = _expanded(nr, kind, self.several, keep, complete, extra, notices)
        return _ordered(rows, late, alive) if late else rows

    def _counted(self, batch: Batch, nr: Array, tid: Array) -> tuple[Array, dict[int, bytes]]:
        """(how many threads there are at each row, messages about new ones by row)."""
        notices: dict[int, bytes] = {}
        change = np.zeros(len(tid) + 1, np.int64)
        alive = len(self.known)
        for row, what, thread, made in sorted(self._comings(batch, nr, tid)):
            if what == _ENDED:
                change[row + 1] -= thread in self.known
                self.known.discard(thread)
            elif made and thread in self._unclaimed:
                self._unclaimed.discard(thread)
            elif thread not in self.known and nr[row] in _EXECS and not entered(batch)[row]:
                self.known.add(thread)  # in the place of the thread that executes
            elif thread not in self.known:
                change[row] += 1
                self.known.add(thread)
                if not made and self._begun:
                    self._unclaimed.add(thread)
                if self._begun and Quiet.ATTACH not in self.options.quiet:
                    notices[row] = notices.get(row, b"") + b"strace: Process %d attached\n" % thread
                self._begun = True
        return alive + np.cumsum(change[:-1]), notices

    def _comings(self, batch: Batch, nr: Array, tid: Array) -> list[tuple[int, int, int, bool]]:
        """(row, came or went, thread, by the call that made it)."""
        order = np.argsort(tid, kind="stable")
        first = np.append(True, tid[order][1:] != tid[order][:-1])[: len(order)]
        first[1:] |= nr[order][:-1] == END
        found = [(row, _BORN, thread, False) for row, thread in _pairs(order[first], tid)]
        found += [(row, _ENDED, thread, False) for row, thread in _pairs(np.flatnonzero(nr == END), tid)]
        made = np.flatnonzero(np.isin(nr, _BIRTHS) & ~entered(batch) & (ints(batch, "res") > 0))
        if self.options.follow:
            found += [(row, _BORN, thread, True) for row, thread in _pairs(made, batch.columns["res"])]
        return found

    def _shown(self, batch: Batch, nr: Array) -> Bools:
        """All rows but the return of a new thread, signals and ends that are not wanted."""
        keep = ~is_birth(batch)
        numbers = ints(batch, "a2").copy()
        for row, number in fatal(batch).items():
            numbers[row] = number
        keep &= (nr != SIGNAL) | (numbers != SIGKILL)  # a tracer does not see it delivered
        wanted = self.options.signals
        if wanted is not None:
            keep &= (nr != SIGNAL) | np.isin(numbers, list(wanted))
        for row in np.flatnonzero(nr == END).tolist():
            deadly = int(batch.columns["a0"][row]) & DEADLY
            keep[row] = (wanted is None or deadly in wanted) if deadly else Quiet.EXIT not in self.options.quiet
        return keep

    def _call_of(self, batch: Batch, row: int, before: Array, complete: Bools) -> Call | None:
        """The call that the thread of a row is in, if any."""
        at = int(before[row])
        if at < 0:
            return self.open.get(int(batch.columns["tid"][row]))
        return _call(batch, at, complete) if entered(batch)[at] else None

    def _supersede(self, batch: Batch, nr: Array, before: Array, keep: Bools, extra: dict[int, Extra]) -> None:
        """Another thread than the first executes a program: it takes the place and the id of the first."""
        begun, pid, tid = entered(batch), batch.columns["pid"], batch.columns["tid"]
        running = {call.pid: thread for thread, call in self.open.items() if call.nr in _EXECS and thread != call.pid}
        for row in np.flatnonzero((np.isin(nr, _EXECS) | (nr == END)) & (tid != 0)).tolist():
            process, thread = int(pid[row]), int(tid[row])
            if begun[row] and nr[row] != END:
                running.pop(process, None)
                if thread != process:
                    running[process] = thread
            elif running.get(process) == thread:
                running.pop(process)  # it failed, or was killed
            elif thread != process or process not in running:
                continue
            elif nr[row] == END:
                keep[row] = False
            elif not self._executes(batch, row, before):
                self._replace(process, running.pop(process), row, extra)

    def _replace(self, process: int, old: int, row: int, extra: dict[int, Extra]) -> None:
        self.open.pop(old, None)
        self.known.discard(old)
        self.known.add(process)
        if Quiet.SUPERSEDED not in self.options.quiet:
            extra[row] = Extra(Kind.LINE, text=b"+++ superseded by execve in pid %d +++" % old)

    def _executes(self, batch: Batch, row: int, before: Array) -> bool:
        """Is the thread of a row in an exec of its own?"""
        call = self._call_of(batch, row, before, np.ones(len(batch), np.bool_))
        return call is not None and call.nr in _EXECS

    def _personalities(self, nr: Array, tid: Array, begun: Bools, notices: dict[int, bytes]) -> None:
        """Messages where a thread begins to make calls of another mode."""
        compat = nr >= I386_BASE
        for thread in np.unique(tid[begun], return_index=True)[0].tolist():
            mine = np.flatnonzero(begun & (tid == thread))
            modes = np.append(self._compat.get(thread, self.options.compat), compat[mine])
            for place in np.flatnonzero(modes[1:] != modes[:-1]).tolist():
                text = b"strace: [ Process PID=%d runs in %d bit mode. ]\n" % (thread, 32 if modes[place + 1] else 64)
                if Quiet.PERSONALITY not in self.options.quiet:
                    row = int(mine[place])
                    notices[row] = notices.get(row, b"") + text
            self._compat[thread] = bool(modes[-1])

    def _remember(self, batch: Batch, complete: Bools) -> None:
        rows, idle = left_open(batch)
        for thread in idle.tolist():
            self.open.pop(thread, None)
        for row in rows.tolist():
            self.open[int(batch.columns["tid"][row])] = _call(batch, row, complete)


def is_birth(batch: Batch) -> Bools:
    """Rows in which a new thread returns from the call that made it."""
    born: Bools = np.isin(batch.columns["nr"], _BIRTHS) & (ints(batch, "res") == 0) & ~entered(batch)
    return born


def ints(batch: Batch, name: str) -> Array:
    """A column as i8."""
    return batch.columns[name].astype(np.int64, copy=False)


def _call(batch: Batch, row: int, complete: Bools) -> Call:
    return Call(int(batch.columns["nr"][row]), int(batch.columns["pid"][row]), bool(complete[row]))


def _pairs(rows: Array, values: npt.NDArray[np.generic]) -> list[tuple[int, int]]:
    return list(zip(rows.tolist(), values[rows].tolist(), strict=True))


def _late(batch: Batch, nr: Array, tid: Array) -> dict[int, int]:
    """Ends of first threads, and the last end of their processes: a tracer sees a process end with its last thread."""
    ends = np.flatnonzero(nr == END)
    pid = ints(batch, "pid")
    found = {}
    for row in ends[tid[ends] == pid[ends]].tolist():
        last = int(ends[pid[ends] == pid[row]][-1])
        if last > row:
            found[row] = last
    return found


def _ordered(rows: Rows, late: dict[int, int], alive: Array) -> Rows:
    """With the ends of first threads behind those of the others."""
    rank = np.arange(len(rows.row)) * 2
    for row, last in late.items():
        mine = np.flatnonzero((rows.row == row) & (rows.kind == Kind.LINE))[-1:]
        rank[mine] = 2 * (np.searchsorted(rows.row, last, "right") - 1) + 1
        rows.several[mine] = alive[last] - 1 > 1
    return rows.take(np.argsort(rank, kind="stable"))


def _expanded(
    nr: Array, kind: Array, several: Bools, keep: Bools, complete: Bools, extra: dict[int, Extra],
    notices: dict[int, bytes],
) -> Rows:  # fmt: skip
    """The lines, extra ones before those of their rows."""
    counts = keep.astype(np.int64)
    counts[list(extra)] += 1
    row = np.repeat(np.arange(len(nr)), counts)
    kinds, numbers, whole, lines = kind[row], nr[row], complete[row], {}
    for at, more in extra.items():
        place = int(np.searchsorted(row, at))
        kinds[place], whole[place] = more.kind, more.complete
        numbers[place] = more.nr or numbers[place]
        if more.text:
            lines[place] = more.text
    before: dict[int, bytes] = {}
    for at, text in sorted(notices.items()):
        place = int(np.searchsorted(row, at))
        before[place] = before.get(place, b"") + text
    return Rows(row, kinds, several[row], numbers, whole, lines, before)
