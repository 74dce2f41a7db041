"""What of the time that a question asks about a recording covers."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from sonde.plan.expr import And, Compare, Expr, Field, Literal

__all__ = ["END", "Covered", "Extent", "Gap", "Span", "moment_text", "span_of"]

BEGINNING, END = 0, (1 << 63) - 1
TIME = Field("evt.rawtime")
NOTHING = "nothing was recorded"
NEXT = 1_000_000_000  # ns between two sessions that are no gap worth a word


class Span(NamedTuple):
    """Times from `since` to `until`, ns since the epoch."""

    since: int = BEGINNING
    until: int = END

    def both(self, other: Span) -> Span:
        """The times that are in both."""
        return Span(max(self.since, other.since), min(self.until, other.until))


class Gap(NamedTuple):
    """Times that lie within a recording and are not in it, and why."""

    since: int
    until: int
    why: str

    @property
    def text(self) -> str:
        """A gap as it is told."""
        return f"what was from {moment_text(self.since)} to {moment_text(self.until)}: {self.why}"


class Extent(NamedTuple):
    """What is known of a recording, for another one that is made of it: the times that it covers, those within them
    that it does not, and what of it could not be read."""

    span: Span
    gaps: list[Gap]
    faults: list[str]

    def within(self, whole: Span) -> list[Gap]:
        """What of a longer time is missing."""
        before, after = Gap(whole.since, self.span.since, NOTHING), Gap(self.span.until, whole.until, NOTHING)
        return [*self.gaps, *(gap for gap in (before, after) if gap.until > gap.since + NEXT)]


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
        self._told: list[Gap] = []  # of the recordings that this one was made of

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

    def tell(self, gaps: Iterable[Gap]) -> None:
        """A session says which times are missing in what it was made of."""
        self._told += gaps

    def until(self, session: str) -> int:
        """Until when it is known that a session recorded."""
        return self._pieces[self._newest[session][0]][1].until

    @property
    def span(self) -> Span:
        """From the first time that was recorded to the last one, 0 twice if nothing is known."""
        spans = [span for _, span in self._pieces]
        return Span(min(span.since for span in spans), max(span.until for span in spans)) if spans else Span(0, 0)

    def gaps(self, asked: Span) -> list[Gap]:
        """The times between, of those that are asked for."""
        asked, found = asked.both(self.span), set(self._told)
        for (session, before), (other, after) in pairwise(sorted(self._pieces, key=lambda piece: piece[1])):
            if after.since > before.until + NEXT or session == other:
                why = "files of it are gone" if session == other else NOTHING
                found.add(Gap(before.until, after.since, why))
        return sorted(gap for gap in found if asked.since < gap.until and asked.until > gap.since)

    def missing(self, asked: Span, goes_on: bool) -> list[str]:
        """The times that are asked for and that nothing was recorded at; `goes_on`: a recorder is at work."""
        if not self._pieces:
            return []
        if asked.since > BEGINNING:
            asked = Span(asked.since, min(asked.until, time.time_ns()))
        said = []
        first, last = self.span
        if BEGINNING < asked.since < first or asked.until < first:
            said.append(f"what was before {moment_text(first)}: the recording begins there")
        said += [gap.text for gap in self.gaps(asked)]
        if not goes_on and last + NEXT < asked.until < END:
            said.append(f"what was after {moment_text(last)}: the recording ends there")
        return said


def moment_text(ns: int) -> str:
    """A moment as it is told: local time, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ns // 1_000_000_000))
