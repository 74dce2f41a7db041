"""A recording as a source of Batches: its segments one after the other, of each frame only what the question needs."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import reduce
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.lookup import NUMBERS
from sonde.engines.alike import evaluate_alike
from sonde.engines.batch import evaluate
from sonde.engines.context import Context
from sonde.engines.fields import physical, pointing
from sonde.errors import UsageError
from sonde.plan.batch import HIDDEN, Batch, Counters, Payloads
from sonde.plan.expr import TRUE, And, Expr, fields
from sonde.plan.state import State
from sonde.sources.beginnings import beginnings
from sonde.sources.recording.frames import Damaged, Frame, Kind, Reader
from sonde.sources.recording.header import Counted, Header, read_counters, read_header
from sonde.sources.recording.kinds import asked_kinds
from sonde.sources.recording.rows import KEPT, Rows
from sonde.sources.recording.segments import locked, recordings, segments
from sonde.sources.recording.span import Covered, Extent, span_of
from sonde.sources.recording.state import Heard
from sonde.sources.recording.thinned import ThinnedTimes
from sonde.sources.recording.tracepoints import adopted
from sonde.sources.unattached import Unattached

__all__ = ["Part", "Recording", "adopt", "being_written", "opened", "parts_of"]

KNOWN = frozenset((*KEPT, "seq"))
Mask = npt.NDArray[np.bool_]


class Part(NamedTuple):
    """One of the conditions that all have to be met, and what of a row it reads."""

    expr: Expr
    columns: frozenset[str]
    pointing: Mask  # the events of which it reads payloads


def parts_of(expr: Expr) -> list[Part]:
    """The conditions of a filter in the order in which they are tested: first what is cheap to be read."""
    return sorted(map(_part, expr.items if isinstance(expr, And) else (expr,)), key=_cost)


def _part(expr: Expr) -> Part:
    used = list(fields(expr))
    none = np.zeros(NUMBERS, np.bool_)
    return Part(expr, frozenset[str]().union(*map(physical, used)), reduce(np.logical_or, map(pointing, used), none))


def _cost(part: Part) -> tuple[bool, int]:
    """What is cheap to be read is tested first."""
    return bool(part.pointing.any()), len(part.columns)


class Recording(Unattached):
    """What a recording holds: rows that pass `expr`, with the physical columns `names` (with times also their numbers),
    and what they pointed at if `pointed`. `on`: the events that may pass, by number.

    `path` is a directory of segments, a segment, or - for standard input.
    """

    rest: Expr = TRUE  # nothing is left to be decided
    known = KNOWN

    def __init__(self, path: str, expr: Expr, on: Mask, names: frozenset[str], pointed: bool) -> None:
        self._on, self._pointed = on, pointed
        self._names = names | {"num"} if "time" in names else names
        self._expr, self._span = expr, span_of(expr)
        self._covered, self._thinned = Covered(), ThinnedTimes()
        parts = parts_of(expr)
        self._by_number = [part.expr for part in parts if part.columns == {"nr"}]
        self._parts = [part for part in parts if part.columns != {"nr"}]
        self._path = path
        self.done = False
        self.state = State()
        self._context = Context(self.state)
        self._seen = 0
        self._counters: dict[str, Counters] = {}  # by session
        self._faults: Counter[str] = Counter()
        self._numbers, self._asked_for = adopted([]), on
        self._bytes = 0  # of frames that were read
        self._snaplen: int | None = None  # the least of what was recorded of each buffer
        self._batches = self._read()

    def poll(self, final: bool = False) -> Batch | None:
        """The rows of the next frame that has some."""
        batch = next(self._batches, None)
        self.done = batch is None
        return batch

    def counters(self) -> Counters:
        """What was read, and what was lost when it was recorded."""
        total = Counters()
        for counters in self._counters.values():
            total.add(counters)
        return replace(total, seen=self._seen, matched=self._seen, delivered=0, own=0)

    def absent(self) -> list[str]:
        """What could not be read."""
        faults = self._unread()
        goes_on = not self.done or being_written(self._path)  # nobody has looked for an end that was not asked for
        faults += self._covered.missing(self._span, goes_on)
        if self._thinned.kinds:
            faults += self._thinned.missing(self._span, asked_kinds(self._expr, self._on))
        return faults

    def aside(self) -> list[str]:
        """That a filter on data saw what there is of it."""
        if self._snaplen is None:
            return []
        return beginnings([self._expr], self._snaplen, ": no more was recorded (-s LEN)")

    def extent(self) -> Extent:
        """What of the time that is asked about was read so far, and what could not be."""
        return Extent(self._covered.span.both(self._span), self._covered.gaps(self._span), self._unread())

    def _unread(self) -> list[str]:
        return [f"{what} ({count:,})" if count > 1 else what for what, count in self._faults.items()]

    def progress(self) -> tuple[int, int]:
        """How much of its segments was read."""
        if self._path == "-":
            return 0, 0
        there = (
            [one.size for one in segments(self._path)] if os.path.isdir(self._path) else [os.stat(self._path).st_size]
        )
        return self._bytes, sum(there)

    def close(self) -> None:
        """Close the files."""
        self._batches.close()

    def _read(self) -> Generator[Batch, None, None]:
        """The batches of all segments."""
        for name, file in opened(self._path):
            reader = Reader(file)
            try:
                ended = yield from self._segment(reader)
            except Damaged as error:
                self._faults[f"what follows a damaged place in {name}: {error}"] += 1
                continue
            if self._goes_on(name):
                continue  # what is not whole yet is no fault
            if reader.left:
                self._faults[f"{reader.left:,} bytes at the end of {name} that are no whole frame"] += 1
            elif not ended:
                self._faults[f"the end of {name}: its recorder was killed"] += 1

    def _goes_on(self, name: str) -> bool:
        """Is a recorder at work on this segment?"""
        return being_written(self._path) and name == segments(self._path)[-1].path

    def _segment(self, reader: Reader) -> Generator[Batch, None, bool]:
        """The batches of a segment; -> whether it was closed."""
        heard: Heard | None = None
        header: Header | None = None
        closed = False
        with contextlib.ExitStack() as leaving:
            for frame in reader:
                self._bytes += frame.size
                if frame.kind == Kind.START:
                    header = read_header(frame.body)
                    self._numbers = adopted(header.tracepoints)
                    heard = Heard(header.epoch, header.start, header.people, header.host)
                    leaving.callback(heard.leave)
                    self._asked_for = self._on & self._allowed(heard.state)
                    self._snaplen = header.snaplen if self._snaplen is None else min(header.snaplen, self._snaplen)
                    self._covered.begin(header.session, header.segment, header.begun)
                    self._thinned.add(header.begun, header.without)
                elif heard is None or header is None:
                    raise Damaged("it does not begin with its beginning")
                elif frame.kind == Kind.STATE:
                    self._settle(heard)
                    heard.begin(frame.body)
                elif frame.kind in (Kind.STRINGS, Kind.FILES, Kind.PROCESSES, Kind.CONTAINERS):
                    heard.hear(frame)
                elif frame.kind == Kind.COUNTERS:
                    self._count(header.session, read_counters(frame.body))
                elif frame.kind == Kind.ROWS:
                    if (batch := self._rows(frame, heard.state)) is not None:
                        self.state = heard.state
                        self._settle(heard)
                        yield batch
                elif frame.kind == Kind.END:
                    closed = True
                    break
            if heard is not None:
                self._settle(heard)
        return closed

    def _count(self, session: str, counted: Counted) -> None:
        self._counters[session] = counted.counters
        self._covered.add(session, counted.until, counted.until)
        self._covered.tell(counted.gaps)
        self._faults.update(counted.faults)

    def _settle(self, heard: Heard) -> None:
        """Nothing of a state waits to be taken in while others have it."""
        if self.state is heard.state:
            heard.settle()

    def _rows(self, frame: Frame, state: State) -> Batch | None:
        """The rows of a frame that pass."""
        rows = Rows(frame, self._numbers)
        if not self._possible(rows):
            return None
        self._context = self._context.of(state)
        left = self._asked(rows)
        for part in self._parts:
            if not len(left):
                return None
            pointed = bool(part.pointing.any() and part.pointing[rows.column("nr", left)].any())
            tested = rows.batch(part.columns, pointed, state, left)
            held = evaluate_alike(part.expr, tested, self._context)
            left = left if held.all() else left[held]
        return rows.batch(self._names, self._pointed, state, left) if len(left) else None

    def _allowed(self, state: State) -> Mask:
        """By event number: what the conditions that are only about the event say."""
        numbers = np.arange(NUMBERS, dtype=np.uint16)
        constant = np.zeros(NUMBERS, np.uint8)
        each = Batch({"nr": numbers, "flags": constant, "unknown": constant}, Payloads.none(), state)
        held = (evaluate(expr, each, Context(state)) for expr in self._by_number)
        return reduce(np.logical_and, held, np.ones(NUMBERS, np.bool_))

    def _possible(self, rows: Rows) -> bool:
        """Do the extremes of a frame's columns allow that a row passes? What is told apart counts as seen."""
        least, most = rows.extremes("time")
        if most < self._span.since or least > self._span.until:
            return False
        first, last = rows.extremes("nr")
        if not self._asked_for[self._numbers[first : last + 1]].any():
            self._seen += rows.rows
            return False
        return True

    def _asked(self, rows: Rows) -> npt.NDArray[np.int64]:
        """The rows that are in the span, which are seen, and of an event that may pass. If all are in the span, their
        times are not read."""
        asked = self._asked_for.take(rows.column("nr"))
        if rows.extremes("flags")[1] & ~(HIDDEN - 1):
            asked &= rows.column("flags").astype(np.int64) & HIDDEN == 0
        least, most = rows.extremes("time")
        if self._span.since <= least and most <= self._span.until:
            self._seen += rows.rows
            return np.flatnonzero(asked)
        time = rows.column("time")
        held = (time >= self._span.since) & (time <= self._span.until)
        self._seen += int(held.sum())
        return np.flatnonzero(asked & held)


def opened(path: str) -> Iterator[tuple[str, BinaryIO]]:
    """The files of a recording, with what they are called."""
    if path == "-":
        yield "standard input", sys.stdin.buffer
        return
    try:
        names = [segment.path for segment in segments(path)] if os.path.isdir(path) else [path]
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if not names:
        raise UsageError(f"{path} is no recording: there are no segments")
    for name in names:
        try:
            file = open(name, "rb", buffering=0)  # noqa: SIM115
        except FileNotFoundError:
            continue  # removed meanwhile, to keep to a limit
        except OSError as error:
            raise UsageError(f"cannot read {name}: {error.strerror}") from None
        with file:
            yield name, file


def adopt(path: str) -> None:
    """Make the tracepoints of a recording known, so that a question can name them."""
    for each in recordings(path):
        adopt(each)
    if os.path.isdir(path) and segments(path):
        for _, file in opened(path):
            frame = next(iter(Reader(file)), None)
            if frame is not None and frame.kind == Kind.START:
                with contextlib.suppress(Damaged):
                    adopted(read_header(frame.body).tracepoints)


def being_written(path: str) -> bool:
    """Is a recorder at work there?"""
    return os.path.isdir(path) and locked(path)
