"""What is inside a recording: of each segment who made it, its times and events, and what was lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.kinds import SHARES
from sonde.plan.batch import Counters
from sonde.plan.state import State
from sonde.sources.recording.frames import Damaged, Frame, Kind, Reader
from sonde.sources.recording.header import Header, read_counters, read_header
from sonde.sources.recording.kinds import Kinds, bytes_of_kinds
from sonde.sources.recording.rows import Rows
from sonde.sources.recording.source import being_written, opened
from sonde.sources.recording.span import Covered, Span
from sonde.sources.recording.thinned import ThinnedTimes
from sonde.sources.recording.tracepoints import adopted

__all__ = ["Contents", "Inside", "Kept", "contents"]


@dataclass
class Inside:
    """One segment: `since` and `until` are the times of its first and last event (ns since the epoch, 0: none),
    `events` how often each came by number, `kinds` how many rows of each kind. `fault` says what cannot be read,
    `lacks` what could not be read of the recording that this one was made of."""

    name: str
    size: int = 0
    header: Header | None = None
    since: int = 0
    until: int = 0
    events: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    processes: int = 0
    files: int = 0
    ended: bool = False
    fault: str = ""
    lacks: list[str] = field(default_factory=list)


class Kept(NamedTuple):
    """A kind of rows: since when it is all there (ns since the epoch), how many rows and about how many bytes."""

    since: int
    rows: int
    bytes: int


@dataclass
class Contents:
    """A whole recording; `counters` are those of its sessions, `gaps` say when nothing was recorded within `span`."""

    segments: list[Inside]
    counters: list[Counters]
    span: Span
    gaps: list[str]
    goes_on: bool

    def kinds(self) -> dict[str, Kept]:
        """Each kind that there is or was, as catalog/kinds.py has them."""
        times, rows, sizes = ThinnedTimes(), Counter[str](), dict[str, float]()
        for segment in self.segments:
            if segment.header:
                times.add(segment.header.begun, segment.header.without)
            rows += segment.kinds
            for kind, size in bytes_of_kinds(segment.size, segment.kinds).items():
                sizes[kind] = sizes.get(kind, 0.0) + size
        there = [kind for kind in SHARES if kind in rows or kind in times.kinds]
        return {kind: Kept(times.since(kind), rows[kind], round(sizes.get(kind, 0))) for kind in there}


def contents(path: str) -> Contents:
    """Look through a recording. UsageError if it is none."""
    covered, counters = Covered(), dict[str, Counters]()
    found = []
    for name, file in opened(path):
        inside = Inside(name)
        try:
            _look(file, inside, covered, counters)
        except Damaged as error:
            inside.fault = str(error)
        found.append(inside)
    gaps = covered.missing(Span(), True)
    return Contents(found, list(counters.values()), covered.span, gaps, being_written(path))


def _look(file: BinaryIO, inside: Inside, covered: Covered, counters: dict[str, Counters]) -> None:
    reader, numbers = Reader(file), adopted([])
    for frame in reader:
        inside.size += frame.size
        if frame.kind == Kind.START:
            inside.header = read_header(frame.body)
            numbers = adopted(inside.header.tracepoints)
            covered.begin(inside.header.session, inside.header.segment, inside.header.begun)
        elif inside.header is None:
            raise Damaged("it does not begin with its beginning")
        elif frame.kind == Kind.COUNTERS:
            counted = read_counters(frame.body)
            counters[inside.header.session] = counted.counters
            covered.add(inside.header.session, counted.until, counted.until)
            covered.tell(counted.gaps)
            inside.lacks += counted.faults
        elif frame.kind == Kind.ROWS:
            _count(frame, inside, numbers)
        inside.processes += frame.rows * (frame.kind == Kind.PROCESSES)
        inside.files += frame.rows * (frame.kind == Kind.FILES)
        inside.ended |= frame.kind == Kind.END
    inside.size += reader.left
    if reader.left:
        inside.fault = f"{reader.left:,} bytes at its end are no whole frame"


def _count(frame: Frame, inside: Inside, numbers: npt.NDArray[np.uint16]) -> None:
    rows = Rows(frame, numbers)
    first, last = rows.extremes("time")
    inside.since, inside.until = min(inside.since or first, first), max(inside.until, last)
    came = rows.batch(frozenset(), False, State()).columns["nr"].astype(np.int64)
    kinds = Kinds()
    inside.kinds.update(kinds.counted(kinds.of(rows)))
    counts = np.bincount(came)
    inside.events.update({number: int(counts[number]) for number in np.flatnonzero(counts).tolist()})
