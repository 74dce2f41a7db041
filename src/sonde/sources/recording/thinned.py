"""Which kinds of rows were taken out of a recording, and of what time."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sonde.catalog.kinds import SHARES
from sonde.sources.recording.span import END, Span, moment_text

__all__ = ["ThinnedTimes"]


class ThinnedTimes:
    """What segments say that they are without, as they follow each other."""

    def __init__(self) -> None:
        self._segments: list[tuple[int, frozenset[str]]] = []

    def add(self, begun: int, without: Collection[str]) -> None:
        """A segment begins; it is without some kinds of rows."""
        self._segments.append((begun, frozenset(without)))

    @property
    def kinds(self) -> set[str]:
        """All kinds of which rows were taken out."""
        return {kind for _, without in self._segments for kind in without}

    def since(self, kind: str) -> int:
        """Since when nothing of a kind was taken out, ns since the epoch; END if the last segment is without it."""
        return max((span.until for span in self._spans(kind)), default=self._segments[0][0] if self._segments else 0)

    def missing(self, asked: Span, kinds: Collection[str]) -> list[str]:
        """What of some kinds is not there of the time that is asked for."""
        said: dict[int, list[str]] = {}
        for kind in self.lacking(asked, kinds):
            said.setdefault(self.since(kind), []).append(kind)
        return [f"{' and '.join(names)} {_when(since)}" for since, names in said.items()]

    def lacking(self, asked: Span, kinds: Collection[str]) -> list[str]:
        """Which of some kinds are not all there of the time that is asked for; a kind that only a later sonde knows may
        be any."""
        mattering = (kind for kind in sorted(self.kinds) if kind in kinds or kind not in SHARES)
        return [
            kind
            for kind in mattering
            if any(asked.since < span.until and asked.until > span.since for span in self._spans(kind))
        ]

    def _spans(self, kind: str) -> Iterator[Span]:
        """The times of which a kind was taken out, one after the other."""
        since = None
        for begun, without in self._segments:
            if kind in without:
                since = begun if since is None else since
            elif since is not None:
                yield Span(since, begun)
                since = None
        if since is not None:
            yield Span(since, END)


def _when(since: int) -> str:
    """The oldest are taken out first: what is kept is what came later."""
    if since == END:
        return "of all this time: they were taken out to make room"
    return f"before {moment_text(since)}: they are kept since then"
