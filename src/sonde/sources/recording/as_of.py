"""State as of a time: the last tables of state that were recorded before it, rolled forward over the rows up to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt

from sonde.catalog.changes import EXIT, NEEDED
from sonde.catalog.kinds import SHARES
from sonde.catalog.lookup import NAMES
from sonde.catalog.state import RECORDED
from sonde.errors import UsageError
from sonde.sources.procfs.tables import Read, columns_of_state
from sonde.sources.recording.alive import Alive
from sonde.sources.recording.behind import files_of, sockets_of
from sonde.sources.recording.changes import SLACK, changes, numbers_of
from sonde.sources.recording.frames import Damaged, Frame, Kind, Reader
from sonde.sources.recording.header import Header, read_counters, read_header
from sonde.sources.recording.held import Held
from sonde.sources.recording.kinds import Kinds
from sonde.sources.recording.rows import Rows
from sonde.sources.recording.segments import segments
from sonde.sources.recording.snapshot import Snapshot, time_of
from sonde.sources.recording.source import being_written, opened
from sonde.sources.recording.span import END, Covered, Span, moment_text
from sonde.sources.recording.state import Heard
from sonde.sources.recording.thinned import ThinnedTimes
from sonde.sources.recording.tracepoints import adopted

__all__ = ["AsOf"]

Mask = npt.NDArray[np.bool_]
SHOWN = 4  # names of missing events that are told


class AsOf:
    """The tables of state of a recording as of `when` (ns since the epoch; None: its end). `whole` says of the text of
    a filter for which event numbers it keeps every event.

    UsageError if the recording does not know of that time.
    """

    def __init__(self, path: str, when: int | None, whole: Callable[[str], Mask]) -> None:
        self._path, self._when, self._whole_of = path, END if when is None else when, whole
        self._snapshot = Snapshot()
        self._covered = Covered()
        self._whole: Mask | None = None  # by event number: is every one of them there?
        self._lost = 0
        self._thinned = ThinnedTimes()  # since the tables of state
        self._passed = False  # all rows up to then were read
        self._faults: list[str] = []
        self._asked: set[str] = set()
        self._held = Held(())
        self._alive: Alive | None = None

    def read(self, table: str) -> Read:
        """A table. UsageError for one that is not recorded."""
        if table not in RECORDED:
            raise UsageError(f"{table}: what there was is not known of a recording, but for {', '.join(RECORDED)}")
        if self._alive is None:
            self._roll()
        assert self._alive is not None
        self._asked.add(table)
        if table == "processes":
            rows = self._alive.processes()
        elif table == "threads":
            rows = self._alive.threads()
        elif table == "files":
            rows = files_of(self._held)
        else:
            rows = sockets_of(self._held, self._snapshot.tables.get("sockets", []))
        return Read(columns_of_state(table, rows), 0)

    def absent(self) -> list[str]:
        """Why the answer may be another one than it was."""
        goes_on = self._when == END or being_written(self._path)
        told = [*self._faults, *self._covered.missing(Span(self._snapshot.time, self._when), goes_on)]
        since = moment_text(self._snapshot.time)
        for table in RECORDED:
            missing = self._missing(table) if table in self._asked else []
            if missing:
                names = ", ".join(missing[:SHOWN]) + (f" and {len(missing) - SHOWN} more" if missing[SHOWN:] else "")
                told.append(f"changes of {table} since {since}: the recording was made without {names}")
            told += self._taken_out(table) if table in self._asked else []
        if self._snapshot.followed:
            told.append(f"changes since {since} of processes that were not watched")
        if self._lost:
            told.append(f"{self._lost:,} events or what they point at, lost since {since}")
        return told

    def _missing(self, table: str) -> list[str]:
        """The events that change a table and were not all kept."""
        assert self._whole is not None
        lacking = numbers_of(NEEDED[table]) & ~self._whole
        return list(dict.fromkeys(NAMES[number] for number in np.flatnonzero(lacking)))

    def _taken_out(self, table: str) -> list[str]:
        """What changes a table and was there, but is no more."""
        kinds, needed, since = Kinds(), numbers_of(NEEDED[table]), self._snapshot.time
        changing = [kind for kind in SHARES if (kinds.numbers(kind) & needed).any()]
        lacking = self._thinned.lacking(Span(since, self._when), changing)
        what = f"changes of {table} since {moment_text(since)}"
        return [f"{what}: {' and '.join(lacking)} of that time were taken out to make room"] if lacking else []

    def _roll(self) -> None:
        """Take the last tables that are not too late, and what happened from then on."""
        for name, file in islice(opened(self._path), self._first(), None):
            reader = Reader(file)
            try:
                if not self._segment(reader):
                    break
            except Damaged as error:
                self._faults.append(f"what follows a damaged place in {name}: {error}")
        if self._alive is None:
            raise UsageError(self._unknown())

    def _first(self) -> int:
        """The place of the last segment with tables of state that are not too late."""
        if not os.path.isdir(self._path):
            return 0
        there = segments(self._path)
        for place in range(len(there) - 1, -1, -1):
            if (time := _snapshot_time(there[place].path)) is not None and time <= self._when:
                return place
        return 0

    def _segment(self, reader: Reader) -> bool:
        """Roll over a segment; -> whether the next one may matter."""
        heard: Heard | None = None
        header: Header | None = None
        numbers = adopted([])
        for frame in reader:
            if frame.kind == Kind.START:
                header = read_header(frame.body)
                numbers, heard = adopted(header.tracepoints), Heard(header.epoch, header.start)
                if self._alive is not None and header.begun > self._when + SLACK:
                    return False
                self._covered.begin(header.session, header.segment, header.begun)
                self._thinned.add(header.begun, header.without)
            elif heard is None or header is None:
                raise Damaged("it does not begin with its beginning")
            elif frame.kind == Kind.SNAPSHOT:
                self._restart(frame, header)
            elif frame.kind == Kind.STATE:
                heard.begin(frame.body)
            elif frame.kind in (Kind.STRINGS, Kind.FILES, Kind.PROCESSES):
                heard.hear(frame)
                heard.settle()  # who holds what is asked when the file is closed
            elif frame.kind == Kind.COUNTERS:
                self._count(header, frame)
                if self._passed:
                    return False
            elif frame.kind == Kind.ROWS and self._alive is not None:
                self._rows(Rows(frame, numbers), heard)
        return True

    def _restart(self, frame: Frame, header: Header) -> None:
        """Tables of state: what was before them does not matter any more."""
        if time_of(frame) > self._when:
            return
        self._snapshot.take(frame)
        tables = self._snapshot.tables
        if not set(RECORDED) <= tables.keys():
            return  # the others follow
        self._covered.add(header.session, self._snapshot.since, self._snapshot.time)
        self._held = Held(tables["files"])
        self._alive = Alive(tables["processes"], tables["threads"], self._held, self._snapshot.time)
        self._whole, self._lost, self._faults = self._whole_of(header.keeps), 0, []
        self._thinned = ThinnedTimes()
        self._thinned.add(header.begun, header.without)

    def _count(self, header: Header, frame: Frame) -> None:
        """What was lost, up to the first report at or after the moment."""
        counters, until, *_ = read_counters(frame.body)
        before = self._covered.until(header.session)
        self._covered.add(header.session, until, until)
        if self._alive is not None and before < self._when:
            lost = counters.lost + counters.lost_payloads + counters.lost_dictionary
            self._lost = max(self._lost, lost - self._snapshot.lost)

    def _rows(self, rows: Rows, heard: Heard) -> None:
        assert self._alive is not None
        self._passed |= rows.extremes("time")[0] > self._when + SLACK  # a recorder that lags behind writes rows late
        for change in changes(rows, heard.state, self._snapshot.since, self._when):
            self._alive.change(change, heard.state)
            if change.name != EXIT:
                self._held.change(change, heard.state, self._alive.uid(change.pid))

    def _unknown(self) -> str:
        """Why nothing can be said."""
        first = next(_times(self._path), None)
        if first is None:
            return f"{self._path} has no tables of state: it was not made by recording the running system"
        return f"--as-of: what was before {moment_text(first)} is not known: the recording begins there"


def _times(path: str) -> Iterator[int]:
    """When tables of state were read, segment by segment."""
    names = [segment.path for segment in segments(path)] if os.path.isdir(path) else [path]
    return (time for name in names if (time := _snapshot_time(name)) is not None)


def _snapshot_time(path: str) -> int | None:
    """When the tables of state were read with which a segment begins, None without them."""
    try:
        with open(path, "rb", buffering=0) as file:
            for frame in Reader(file):
                if frame.kind == Kind.SNAPSHOT:
                    return time_of(frame)
                if frame.kind not in (Kind.START, Kind.STATE):
                    return None
    except (OSError, Damaged):
        return None
    return None
