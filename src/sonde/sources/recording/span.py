"""What of the time that a question asks about a recording covers."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import NamedTuple

from sonde.plan.expr import And, Compare, Expr, Field, Literal

__all__ = ["END", "Covered", "Span", "moment_text", "span_of"]

BEGINNING, END = 0, (1 << 63) - 1
TIME = Field("evt.rawtime")
NEXT = 1_000_000_000  # ns between two sessions that are no gap worth a word


class Span(NamedTuple):
    """Times from `since` to `until`, ns since the epoch."""

    since: int = BEGINNING
    until: int = END


def span_of(expr: Expr) -> Span:
    """The times at which the filter may be true, as its conditions on evt.rawtime say."""
    since, until = BEGINNING, END
    for item in expr.items if isinstance(expr, And) else (expr,):
        if not isinstance(item, Compare) or item.left != TIME or not isinstance(item.right, Literal):
            continue
        value = item.right.value
        if isinstance(value, int) and item.operator in (">=", ">", "="):
            since = max(since, value)
        if isinstance(value, int) and item.operator in ("<=", "<", "="):
            until = min(until, value)
    return Span(since, until)


class Covered:
    """When something was recorded."""

    def __init__(self) -> None:
        self._sessions: dict[str, Span] = {}

    def add(self, session: str, since: int, until: int) -> None:
        """A session recorded from `since` to `until`."""
        known = self._sessions.get(session, Span(since, until))
        self._sessions[session] = Span(min(known.since, since), max(known.until, until))

    def until(self, session: str) -> int:
        """Until when it is known that a session recorded."""
        return self._sessions[session].until

    def missing(self, asked: Span, goes_on: bool) -> list[str]:
        """The times that are asked for and that nothing was recorded at; `goes_on`: a recorder is at work."""
        there = sorted(self._sessions.values())
        if not there:
            return []
        if asked.since > BEGINNING:
            asked = Span(asked.since, min(asked.until, time.time_ns()))
        said = []
        if BEGINNING < asked.since < there[0].since:
            said.append(f"what was before {moment_text(there[0].since)}: the recording begins there")
        for before, after in pairwise(there):
            if after.since > before.until + NEXT and asked.since < after.since and asked.until > before.until:
                said.append(
                    f"what was from {moment_text(before.until)} to {moment_text(after.since)}: nothing was recorded"
                )
        last = max(span.until for span in there)
        if not goes_on and last + NEXT < asked.until < END:
            said.append(f"what was after {moment_text(last)}: the recording ends there")
        return said


def moment_text(ns: int) -> str:
    """A moment as it is told: local time, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ns // 1_000_000_000))
