"""A segment without some kinds of rows: what the others refer to, the tables of state and the losses stay."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator

import numpy as np
import numpy.typing as npt

from sonde.plan.batch import Batch
from sonde.plan.state import State
from sonde.sources.recording.frames import Frame, Kind, Reader, framed
from sonde.sources.recording.header import read_counters, read_header
from sonde.sources.recording.kinds import Kinds
from sonde.sources.recording.needed import Needed
from sonde.sources.recording.objects import object_in, whole
from sonde.sources.recording.rows import KEPT, Rows, joined, rows_frames
from sonde.sources.recording.tally import end_frame
from sonde.sources.recording.tracepoints import adopted

__all__ = ["Stopped", "thin"]

AT_ONCE = 1 << 16  # rows of a frame, about
ALL = frozenset(KEPT)
REFERRING = frozenset(("proc", "file", "dir", "newdir"))
TELLING = (Kind.STRINGS, Kind.FILES, Kind.PROCESSES)
Bools = npt.NDArray[np.bool_]
Going = Callable[[], bool]


class Stopped(Exception):
    """Nobody wants it any more."""


def thin(source: str, target: str, without: Collection[str], going: Going = lambda: True) -> Counter[str]:
    """Write the segment `source` without some kinds of rows to `target`, a new file with its time, which is on the disk
    then; -> how many rows of each kind there are in it. The rows of small frames are put together.

    Damaged if the segment cannot be read, OSError if `target` cannot be written, Stopped if it is not `going` on.
    """
    thinned = _Thinned(source, frozenset(without), going)
    about = os.stat(source)
    fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as file:
        file.writelines(thinned.pieces())
        file.flush()
        os.utime(fd, ns=(about.st_atime_ns, about.st_mtime_ns))  # it is not younger than it was
        os.fsync(fd)
    return thinned.left


class _Thinned:
    """The segment: read once for which rows stay and what they refer to, and again for the frames."""

    def __init__(self, path: str, without: frozenset[str], going: Going) -> None:
        self._path, self._without, self._going = path, without, going
        self._kinds, self._numbers = Kinds(), adopted([])
        self.left: Counter[str] = Counter()
        self._needed = [Needed({})]
        self._look()
        self._waiting: list[Batch] = []
        self._counted = b""  # the last counters, and what they say was lost
        self._lost = (0, 0, 0)

    def _frames(self) -> Iterator[Frame]:
        with open(self._path, "rb", buffering=0) as file:
            for frame in Reader(file):
                if not self._going():
                    raise Stopped
                yield frame

    def _look(self) -> None:
        for frame in self._frames():
            if frame.kind == Kind.START:
                self._numbers = adopted(read_header(frame.body).tracepoints)
                self._kinds = Kinds()
            elif frame.kind == Kind.STATE:
                self._needed.append(Needed({name: whole(at, 1 << 32) for name, at in object_in(frame.body).items()}))
            elif frame.kind in TELLING:
                self._needed[-1].hear(frame)
            elif frame.kind == Kind.ROWS:
                codes = self._kinds.of(Rows(frame, self._numbers))
                stays = ~self._kinds.among(codes, self._without)
                self.left.update(self._kinds.counted(codes[stays]))
                self._needed[-1].refer(_some(frame, stays, REFERRING, pointed=False))
        for needed in self._needed:
            needed.close()

    def pieces(self) -> Iterator[bytes]:
        """The frames. Nothing but the beginning, the losses and the end where no rows stay."""
        ending = b""
        states = iter(self._needed)
        needed = next(states)
        for frame in self._frames():
            if frame.kind == Kind.START:
                yield self._beginning(frame)
            elif frame.kind == Kind.SNAPSHOT and self.left:
                yield _copied(frame)
            elif frame.kind == Kind.STATE:
                yield from self._flush()
                needed = next(states)
                yield _copied(frame)
            elif frame.kind == Kind.CONTAINERS:
                yield _copied(frame)
            elif frame.kind in TELLING and (piece := needed.pruned(frame)):
                if frame.kind == Kind.PROCESSES:
                    yield from self._flush()  # the rows before have the processes as they were
                yield piece
            elif frame.kind == Kind.ROWS:
                yield from self._add(frame)
            elif frame.kind == Kind.COUNTERS:
                yield self._count(frame)
            elif frame.kind == Kind.END:
                ending = end_frame(self.left)
        yield from self._flush()
        yield self._counted + ending

    def _beginning(self, frame: Frame) -> bytes:
        said = object_in(frame.body)
        before = read_header(frame.body).without
        said["without"] = sorted({*before, *self._without})
        return framed(Kind.START, json.dumps(said).encode())

    def _add(self, frame: Frame) -> Iterator[bytes]:
        """Rows that stay, until there are enough for a frame."""
        stays = ~self._kinds.among(self._kinds.of(Rows(frame, self._numbers)), self._without)
        batch = _some(frame, stays, ALL, pointed=True)
        if self._waiting and self._waiting[0].columns.keys() != batch.columns.keys():
            yield from self._flush()
        if len(batch):
            self._waiting.append(batch)
        if sum(map(len, self._waiting)) >= AT_ONCE:
            yield from self._flush()

    def _flush(self) -> Iterator[bytes]:
        if self._waiting:
            yield from rows_frames(joined(self._waiting))
            self._waiting = []

    def _count(self, frame: Frame) -> bytes:
        """Of counters that say the same of losses the last ones stay; -> those before, where these say something
        else."""
        counters = read_counters(frame.body).counters
        lost = (counters.lost, counters.lost_payloads, counters.lost_dictionary)
        before = self._counted if lost != self._lost else b""
        self._counted, self._lost = _copied(frame), lost
        return before


def _some(frame: Frame, stays: Bools, names: frozenset[str], pointed: bool) -> Batch:
    """Some rows of a frame, with the numbers of events that they have there."""
    batch = Rows(frame).batch(names, pointed, State())
    return batch if stays.all() else batch.take(np.flatnonzero(stays))


def _copied(frame: Frame) -> bytes:
    return framed(frame.kind, frame.body, frame.rows, frame.head)
