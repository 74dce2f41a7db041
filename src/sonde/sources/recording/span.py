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
        self._pieces: list[tuple[str, Span]] = []  # of sessions: what was recorded without a segment missing
        self._newest: dict[str, tuple[int, int]] = {}  # of a session its last piece, and its last segment

    def begin(self, session: str, segment: int, begun: int) -> None:
        """A segment of a session begins; they are counted."""
        piece, last = self._newest.get(session, (-1, 0))
        if piece < 0 or segment > last + 1:
            piece = len(self._pieces)
            self._pieces.append((session, Span(begun, begun)))
        self._newest[session] = piece, segment
        self.add(session, begun, begun)

    def add(self, session: str, since: int, until: int) -> None:
        """A session recorded from `since` to `until`."""
        piece, _ = self._newest[session]
        _, known = self._pieces[piece]
        self._pieces[piece] = session, Span(min(known.since, since), max(known.until, until))

    def until(self, session: str) -> int:
        """Until when it is known that a session recorded."""
        return self._pieces[self._newest[session][0]][1].until

    def missing(self, asked: Span, goes_on: bool) -> list[str]:
        """The times that are asked for and that nothing was recorded at; `goes_on`: a recorder is at work."""
        there = sorted(self._pieces, key=lambda piece: piece[1])
        if not there:
            return []
        if asked.since > BEGINNING:
            asked = Span(asked.since, min(asked.until, time.time_ns()))
        said = []
        first = there[0][1].since
        if BEGINNING < asked.since < first:
            said.append(f"what was before {moment_text(first)}: the recording begins there")
        for (session, before), (other, after) in pairwise(there):
            gap = after.since > before.until + NEXT or session == other
            if gap and asked.since < after.since and asked.until > before.until:
                why = "files of it are gone" if session == other else "nothing was recorded"
                said.append(f"what was from {moment_text(before.until)} to {moment_text(after.since)}: {why}")
        last = max(span.until for _, span in there)
        if not goes_on and last + NEXT < asked.until < END:
            said.append(f"what was after {moment_text(last)}: the recording ends there")
        return said


def moment_text(ns: int) -> str:
    """A moment as it is told: local time, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ns // 1_000_000_000))
