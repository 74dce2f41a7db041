"""Several recordings as one: rows of all of them by their time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sonde.plan.batch import Array, Batch, Counters
from sonde.plan.expr import TRUE, Expr
from sonde.plan.state import State
from sonde.sources.recording.source import KNOWN, Recording
from sonde.sources.recording.span import Extent, Span
from sonde.sources.unattached import Unattached

__all__ = ["Merged"]


class Merged(Unattached):
    """Recordings, as `opened` opens each of some paths, merged by time; of each one frame is in memory."""

    rest: Expr = TRUE
    known = KNOWN
    done = False

    def __init__(self, paths: Sequence[str], opened: Callable[[str], Recording]) -> None:
        self._paths = paths
        self._sources = [opened(path) for path in paths]
        self._next: list[Batch | None] = []
        self.state = State()

    def poll(self, final: bool = False) -> Batch | None:
        """The rows of one recording that are earlier than the next ones of all others."""
        self._next = self._next or [source.poll() for source in self._sources]
        there = [place for place, batch in enumerate(self._next) if batch is not None]
        if not there:
            self.done = True
            return None
        firsts = sorted((int(_times(self._next[place])[0]), place) for place in there)
        place = firsts[0][1]
        batch = self._next[place]
        assert batch is not None
        until = firsts[1][0] if len(firsts) > 1 else int(_times(batch)[-1])
        cut = max(1, int(np.searchsorted(_times(batch), until, "right")))
        self._next[place] = batch.take(np.arange(cut, len(batch))) if cut < len(batch) else self._sources[place].poll()
        self.state = batch.state
        return batch.take(np.arange(cut)) if cut < len(batch) else batch

    def counters(self) -> Counters:
        """Those of all together."""
        total = Counters()
        for source in self._sources:
            total.add(source.counters())
        return total

    def aside(self) -> list[str]:
        """What else is worth saying, of any."""
        return list(dict.fromkeys(said for source in self._sources for said in source.aside()))

    def absent(self) -> list[str]:
        """What could not be read, of which recording."""
        both = zip(self._paths, self._sources, strict=True)
        return [f"{path}: {said}" for path, source in both for said in source.absent()]

    def extent(self) -> Extent:
        """What of the time that is asked about was read so far of any, and what of one of them is missing in it."""
        both = [(path, source.extent()) for path, source in zip(self._paths, self._sources, strict=True)]
        spans = [one.span for _, one in both if one.span.until]
        whole = Span(min((span.since for span in spans), default=0), max((span.until for span in spans), default=0))
        gaps = [gap._replace(why=f"{gap.why}, in {path}") for path, one in both for gap in one.within(whole)]
        return Extent(whole, sorted(gaps), [f"{path}: {said}" for path, one in both for said in one.faults])

    def progress(self) -> tuple[int, int]:
        """How much of all together was read."""
        read, there = zip(*(source.progress() for source in self._sources), strict=True)
        return sum(read), sum(there)

    def close(self) -> None:
        """Close the files."""
        for source in self._sources:
            source.close()


def _times(batch: Batch | None) -> Array:
    assert batch is not None
    return batch.columns["time"]
