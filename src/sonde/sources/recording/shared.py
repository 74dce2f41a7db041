"""A directory of segments in which each kind of rows has its share of the room."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import Counter, deque
from itertools import islice

import numpy as np

from sonde.plan.batch import Batch
from sonde.sources.recording.helper import Helper, Thinned
from sonde.sources.recording.kinds import Kinds
from sonde.sources.recording.segments import Directory, segments
from sonde.sources.recording.shares import Held, losses
from sonde.sources.recording.tally import end_frame, tally
from sonde.sources.recording.thinner import TEMPORARY

__all__ = ["Shared"]

# There is room beside the segments that are closed: for the one that is written, another one while old ones are
# thinned, and what a thinned one takes until the old one is gone. Where segments are small there is room for what comes
# in some seconds, in which thinning may begin on a busy system; but half of what there may be is kept in any case.
BESIDE, MEANWHILE = 3, 5.0
HALF = 0.5
AT_ONCE = 16  # segments that are asked for together: more might fill the pipe, and we would wait
NEARLY = 0.3  # of what there may be, from which on something may have to be thinned soon
BEHIND = (
    "sonde: more is recorded than can be thinned meanwhile: to stay within --max whole segments are removed, "
    "with what other kinds have in them"
)


class Shared(Directory):
    """Segments of about `part` bytes, `most` in all. When there is no room for more, kinds lose their oldest rows as
    catalog/kinds.py says, in a process beside; where that does not keep up, whole segments go, and it says so once."""

    def __init__(self, path: str, most: int, part: int) -> None:
        super().__init__(path, anew=False)
        self._most, self._part = most, part
        self._held = [Held(one.path, one.size, tally(one.path)) for one in segments(path)]
        self._rows: Counter[str] = Counter()
        self._kinds = Kinds()
        self._largest, self._said = part, False
        self._changed = False  # since it was looked whether something has to be thinned
        self._newest: deque[tuple[float, int]] = deque()  # segments that were closed just now: when, and their bytes
        self._helper = Helper()
        self.helpers = (self._helper.pid,)

    def count(self, batch: Batch) -> None:
        """Note of which kinds the rows are that are written."""
        codes = self._kinds.codes(batch.columns["nr"].astype(np.uint16), batch.columns["res"].astype(np.int64))
        self._rows.update(self._kinds.counted(codes))

    def ending(self) -> bytes:
        """The last frame of a segment tells how many rows there are of each kind."""
        return end_frame(self._rows)

    def begin(self) -> None:
        """Close the segment, and open the next."""
        if self.fd >= 0:
            self._held.append(Held(self.segment, self.size, self._rows))
            self._largest = max(self._part, self.size)
            self._newest.append((time.monotonic(), self.size))
        self._rows, self._kinds = Counter(), Kinds()
        super().begin()

    def keep(self, count: int | None, age: float | None = None) -> None:
        """Remove what is too old. Where there is no room for another segment, remove whole ones."""
        super().keep(count, age)
        there = {segment.path for segment in segments(self.path)}
        self._held = [one for one in self._held if one.path in there]
        self._take_all()
        room = self._most - self._largest
        while self._held and self._size() > room:
            self._say()
            self._remove(next(iter(losses(self._held, room)), self._held[0].path))
        self._changed = True

    def tend(self) -> None:
        """Take in what was thinned, and have more thinned if it is needed."""
        if self._helper.asked:
            self._take_all()
        if not self._changed or self._helper.asked:
            return
        self._changed = False
        room, size = self._room(), self._size()
        if size > self._most * NEARLY:
            self._helper.prepare()
        if size > room and self._helper.running:
            for path, kinds in islice(losses(self._held, room).items(), AT_ONCE):
                self._helper.ask(path, kinds)

    def _take_all(self) -> None:
        for answer in self._helper.answers():
            self._take(answer)
            self._changed = True

    def _room(self) -> float:
        """Bytes that closed segments may have without any being thinned."""
        while self._newest and time.monotonic() - self._newest[0][0] > MEANWHILE:
            self._newest.popleft()
        beside = max(BESIDE * self._largest, sum(size for _, size in self._newest))
        return max(self._most - beside, self._most * HALF)

    def _size(self) -> int:
        """Bytes of what is closed and of what is being thinned."""
        size = sum(one.size for one in self._held)
        for path in self._helper.asked:
            with contextlib.suppress(FileNotFoundError):
                size += os.stat(path + TEMPORARY).st_size
        return size

    def _take(self, answer: Thinned) -> None:
        """A thinned segment takes the place of the one it was made of, if that is still there."""
        held = next((one for one in self._held if one.path == answer.path), None)
        if held is None or answer.rows is None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(answer.temporary)
            if held is not None:
                held.rows = Counter()  # it is damaged, or the disk full: it can only go as a whole
            return
        os.rename(answer.temporary, answer.path)
        held.size, held.rows, held.spent = os.stat(answer.path).st_size, answer.rows, not answer.rows
        while self._held and self._held[0].spent:
            self._remove(self._held[0].path)

    def _remove(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self._held = [one for one in self._held if one.path != path]

    def _say(self) -> None:
        if not self._said:
            print(BEHIND, file=sys.stderr)
            self._said = True

    def close(self) -> None:
        """Let go of the directory; what is being thinned stays as it was."""
        self._helper.close()
        super().close()
