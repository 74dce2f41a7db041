"""How often each call was made, how long it took and how often it failed: the table of strace -c."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.errnos import MAX_ERRNO
from sonde.catalog.event import EXIT_EVENTS
from sonde.catalog.kernel_names import KERNEL_NAMES
from sonde.catalog.lookup import NUMBERS
from sonde.catalog.syscalls import I386_BASE
from sonde.plan.batch import ENTER_ROW, Batch
from sonde.render.strace.options import FAILED, STATUSES, SUCCESSFUL
from sonde.render.strace.threads import is_birth

__all__ = ["ALIASES", "DEFAULT_COLUMNS", "Summary", "SummaryOptions"]

Array = npt.NDArray[np.int64]
MICROSECOND, SECOND = 1000, 10**9
_COLUMNS = {
    "time-percent": "time time_percent",
    "total-time": "total_time time_total time-total",
    "min-time": "min_time shortest time_min time-min",
    "max-time": "max_time longest time_max time-max",
    "avg-time": "avg_time time_avg time-avg",
    "calls": "count",
    "errors": "error",
    "name": "syscall syscall_name syscall-name",
    "none": "nothing",
}

# every name that -S and -U take, and the column it stands for; "none" is no column
ALIASES: dict[str, str] = {name: column for column, names in _COLUMNS.items() for name in (column, *names.split())}
DEFAULT_COLUMNS = ("time-percent", "total-time", "avg-time", "calls", "errors", "name")


@dataclass(frozen=True)
class SummaryOptions:
    """What the table looks like: `sort` is a column or "none", `overhead` ns are taken off each call (-O).

    Times are those between the enter and the exit of a call (strace -w); system time is not known.
    """

    sort: str = "time-percent"
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    overhead: int = 0
    statuses: frozenset[str] = STATUSES


class _Line(NamedTuple):
    """One call."""

    name: str
    calls: int
    errors: int
    total: int
    shortest: int
    longest: int

    @property
    def average(self) -> int:
        """ns a call."""
        return self.total // self.calls


_SORTS: dict[str, Callable[[_Line], int]] = {
    "time-percent": lambda line: line.total,
    "total-time": lambda line: line.total,
    "min-time": lambda line: line.shortest,
    "max-time": lambda line: line.longest,
    "avg-time": lambda line: line.average,
    "calls": lambda line: line.calls,
    "errors": lambda line: line.errors,
}


class Summary:
    """Counts of calls that returned, by event number."""

    def __init__(self, options: SummaryOptions) -> None:
        self.options = options
        self._calls, self._errors, self._total, self._longest = (np.zeros(NUMBERS, np.int64) for _ in range(4))
        self._shortest = np.full(NUMBERS, np.iinfo(np.int64).max)

    def add(self, batch: Batch) -> None:
        """Count a batch."""
        nr, res = batch.columns["nr"].astype(np.int64), batch.columns["res"].astype(np.int64)
        failed = (res < 0) & (res >= -MAX_ERRNO)
        ended = ((batch.columns["flags"].astype(np.int64) & ENTER_ROW) == 0) & ~np.isin(nr, list(EXIT_EVENTS.values()))
        ended &= ~is_birth(batch) & np.where(
            failed, FAILED in self.options.statuses, SUCCESSFUL in self.options.statuses
        )
        nr, failed = nr[ended], failed[ended]
        if not len(nr):
            return
        spent = np.maximum(batch.columns["latency"].astype(np.int64)[ended] - self.options.overhead, 0)
        self._calls += np.bincount(nr, minlength=NUMBERS)
        self._errors += np.bincount(nr[failed], minlength=NUMBERS)
        order = np.argsort(nr, kind="stable")
        starts = np.flatnonzero(np.append(True, np.diff(nr[order]) != 0))
        which, spent = nr[order][starts], spent[order]
        self._total[which] += np.add.reduceat(spent, starts)
        self._longest[which] = np.maximum(self._longest[which], np.maximum.reduceat(spent, starts))
        self._shortest[which] = np.minimum(self._shortest[which], np.minimum.reduceat(spent, starts))

    def text(self) -> bytes:
        """The table of each mode in which calls were made, empty if there were none."""
        native, compat = self._lines(0, I386_BASE), self._lines(I386_BASE, NUMBERS)
        text = self._table(native) if native else ""
        if compat:
            text += "System call usage summary for 32 bit mode:\n" + self._table(compat)
        return text.encode()

    def _lines(self, start: int, end: int) -> list[_Line]:
        lines = [
            _Line(KERNEL_NAMES[nr], *(int(array[nr]) for array in
                  (self._calls, self._errors, self._total, self._shortest, self._longest)))
            for nr in range(start, end) if self._calls[nr]
        ]  # fmt: skip
        if self.options.sort == "name":
            return sorted(lines, key=lambda line: line.name)
        by = _SORTS.get(self.options.sort)
        return sorted(lines, key=by, reverse=True) if by else lines

    def _table(self, lines: Sequence[_Line]) -> str:
        names = [*self.options.columns, *(["name"] if "name" not in self.options.columns else [])]
        total = _Line(
            "total", sum(line.calls for line in lines), sum(line.errors for line in lines),
            sum(line.total for line in lines), min(line.shortest for line in lines),
            max(line.longest for line in lines),
        )  # fmt: skip
        columns = [_column(name, lines, total) for name in names]
        widths = [_width(name, cells, lines) for name, cells in zip(names, columns, strict=True)]
        rule = " ".join("-" * width for width in widths) + "\n"
        rows = [_row(names, row, widths) for row in zip(*columns, strict=True)]
        return rows[0] + rule + "".join(rows[1:-1]) + rule + rows[-1]


def _seconds(ns: int) -> str:
    return f"{ns / SECOND:.6f}"


def _column(name: str, lines: Sequence[_Line], total: _Line) -> list[str]:
    """Title, a cell for each call, and that of the total."""
    cells: dict[str, tuple[str, Callable[[_Line], str]]] = {
        "time-percent": ("% time", lambda line: f"{100 * line.total / total.total if line.total else 0:.2f}"),
        "total-time": ("seconds", lambda line: _seconds(line.total)),
        "min-time": ("shortest", lambda line: _seconds(line.shortest)),
        "max-time": ("longest", lambda line: _seconds(line.longest)),
        "avg-time": ("usecs/call", lambda line: str(line.average // MICROSECOND)),
        "calls": ("calls", lambda line: str(line.calls)),
        "errors": ("errors", lambda line: str(line.errors or "")),
        "name": ("syscall", lambda line: line.name),
    }
    title, cell = cells[name]
    return [title, *map(cell, lines), "100.00" if name == "time-percent" else cell(total)]


_LEAST = {"total-time": 11, "avg-time": 11, "calls": 9, "errors": 9, "name": 16, "min-time": 8, "max-time": 8}


def _width(name: str, cells: Sequence[str], lines: Sequence[_Line]) -> int:
    longest = 1 + max(len(line.name) for line in lines) if name == "name" else max(map(len, cells))
    return max(longest, _LEAST.get(name, 0))


def _row(names: Sequence[str], cells: Sequence[str], widths: Sequence[int]) -> str:
    shown = [
        cell.ljust(width) if name == "name" else cell.rjust(width)
        for name, cell, width in zip(names, cells, widths, strict=True)
    ]
    if names[-1] == "name":
        shown[-1] = cells[-1]
    return " ".join(shown) + "\n"
