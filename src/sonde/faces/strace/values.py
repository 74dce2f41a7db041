"""Arguments of strace's options as values: numbers, precisions, times, columns; ValueError says what is expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

__all__ = [
    "COLUMNS", "FDS", "NO_STAMP", "PRECISIONS", "QUIET", "SORTS", "STATUSES", "Stamp", "choice", "columns",
    "decode_pids", "hexadecimal", "number", "overhead", "pids", "precision", "some", "sort", "stamp",
]  # fmt: skip

PRECISIONS = {"s": 0, "ms": 3, "us": 6, "ns": 9}  # digits of a second's fraction
QUIET = ("attach", "personality", "exit", "path-resolution", "thread-execve")
STATUSES = ("successful", "failed", "unfinished", "unavailable", "detached")
FDS = ("path", "socket", "dev", "pidfd")
COLUMNS = {
    "time-percent": "time-percent", "time_percent": "time-percent", "time": "time-percent",
    "total-time": "total-time", "total_time": "total-time",
    "min-time": "min-time", "min_time": "min-time", "shortest": "min-time",
    "max-time": "max-time", "max_time": "max-time", "longest": "max-time",
    "avg-time": "avg-time", "avg_time": "avg-time",
    "calls": "calls", "count": "calls",
    "errors": "errors", "error": "errors",
    "name": "name", "syscall": "name", "syscall-name": "name", "syscall_name": "name",
}  # fmt: skip
SORTS = ("time", "min-time", "max-time", "avg-time", "calls", "errors", "name", "nothing")
_TIMES = ("time", "total-time", "total_time", "time-total", "time-percent", "time_percent")
_SORTS = COLUMNS | dict.fromkeys(_TIMES, "time") | dict.fromkeys(("nothing", "none"), "nothing")
_PID_MAX = 1 << 22
_HEX = {"none": 0, "non-ascii": 1, "all": 2}


class Stamp(NamedTuple):
    """The wall clock before a line: `format` none, time or unix, `digits` of the fraction of its seconds."""

    format: str = "none"
    digits: int = 0


NO_STAMP = Stamp()


def some(text: str) -> str:
    """Any text but none at all."""
    if not text or "\0" in text:
        raise ValueError("a name")
    return text


def choice(*allowed: str) -> Callable[[str], str]:
    """One of some words."""

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"one of {' '.join(allowed)}")
        return text

    return read


def number(low: int, high: int) -> Callable[[str], int]:
    """A decimal number within bounds."""

    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,18}", text) or not low <= int(text) <= high:
            raise ValueError(f"a number from {low} to {high}")
        return int(text)

    return read


def pids(text: str) -> tuple[int, ...]:
    """Process ids, parted by commas, blanks or line ends, as `pidof` and `pgrep` print them."""
    found = [part for part in re.split(r"[,\s]+", text) if part]
    if not found or not all(re.fullmatch("[0-9]{1,10}", part) and 0 < int(part) <= _PID_MAX for part in found):
        raise ValueError("process ids such as 12,13")
    return tuple(map(int, found))


def precision(text: str) -> int:
    """Digits of a second's fraction."""
    if text not in PRECISIONS:
        raise ValueError(f"one of {' '.join(PRECISIONS)}")
    return PRECISIONS[text]


def stamp(text: str) -> Stamp:
    """`[[format:]FORMAT[,[precision:]PRECISION]]` in any order."""
    found, digits = "time", 0
    for part in text.split(","):
        kind, _, value = part.rpartition(":")
        if kind in ("", "format") and value in ("none", "time", "unix"):
            found = value
        elif kind in ("", "precision") and value in PRECISIONS:
            digits = PRECISIONS[value]
        else:
            raise ValueError("none, time or unix, and one of s ms us ns")
    return Stamp(found, digits)


def hexadecimal(text: str) -> int:
    """Which strings are in hex: 0 none, 1 unprintable ones, 2 all."""
    if text == "non-ascii-chars":
        raise ValueError("one of none non-ascii all; non-ascii-chars is not there yet")
    if text not in _HEX:
        raise ValueError("one of none non-ascii all")
    return _HEX[text]


def decode_pids(text: str) -> bool:
    """Whether names of processes are shown."""
    if text not in ("comm", "none"):
        raise ValueError("comm; ids of other namespaces are not there yet")
    return text == "comm"


def overhead(text: str) -> int:
    """A length of time in ns; microseconds without a unit."""
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(s|ms|us|ns|)", text)
    if not match:
        raise ValueError("a time such as 10, 10us or 1ms")
    return round(float(match[1]) * float(10 ** (9 - PRECISIONS[match[2] or "us"])))


def sort(text: str) -> str:
    """One of SORTS, by any of its names."""
    if text not in _SORTS:
        raise ValueError(f"one of {' '.join(SORTS)}")
    return _SORTS[text]


def columns(text: str) -> tuple[str, ...]:
    """Columns of the summary, by their usual names, each once."""
    found = [COLUMNS.get(part, "") for part in text.split(",")]
    if "" in found or len(set(found)) < len(found):
        raise ValueError(f"some of {' '.join(dict.fromkeys(COLUMNS.values()))}, each once")
    return tuple(found)
