"""The rows of a batch that enter one call, or return from it: their words, and what those point at."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.catalog.errnos import MAX_ERRNO
from sonde.catalog.event import Event, Param, Source
from sonde.catalog.syscalls import I386_BASE
from sonde.engines.context import NO_SOURCE, RESULT, Context, fd_index, source_index
from sonde.engines.decoding import Group
from sonde.engines.strace.fds import Descriptors, Known
from sonde.engines.strace.options import Decoding
from sonde.engines.structs import How
from sonde.native.join import join
from sonde.native.ops import Op, Text, address, pool, text
from sonde.plan.batch import Batch, Views

__all__ = ["Entered", "Site", "either", "pointers", "texts"]

NO_NAME = 0xFFFFFFFF  # in the column of a directory
Array = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def either(mask: Bools, yes: list[Op], no: list[Op]) -> list[Op]:
    """The ops `yes` in rows of the mask, `no` in the others; both have values for all rows."""
    if mask.all():
        return yes
    if not mask.any():
        return no
    templates = [[op if op.values is None else op.take(rows) for op in ops]
                 for ops, rows in ((yes, np.flatnonzero(mask)), (no, np.flatnonzero(~mask)))]  # fmt: skip
    return [text(join(len(mask), (~mask).astype(np.uint16), templates))]


def pointers(words: Array) -> Op:
    """Addresses, NULL for 0."""
    return address(words, missing=words == 0, absent=b"NULL")


def texts(found: list[bytes]) -> Op:
    """A text for each row."""
    ends = np.cumsum([0, *map(len, found)]).astype(np.int64)
    return text(Text(np.frombuffer(b"".join(found), np.uint8), ends))


class Entered:
    """What calls that have not returned pointed at when they were entered, for the rows that return from them."""

    def __init__(self, batch: Batch, before: Array, kept: dict[int, dict[int, bytes]]) -> None:
        self.batch, self.before, self._kept = batch, before, kept
        self._views: dict[int, Views] = {}

    def views(self, argument: int, at: Array) -> Views:
        """Slices at an argument word, of the rows that entered the calls that rows return from."""
        if argument not in self._views:
            self._views[argument] = self.batch.payloads.of_argument(argument, len(self.batch))
        before = self.before[at]
        found = self._views[argument].take(before)
        found.length[before < 0] = -1
        if self._kept and (before < 0).any():
            return self._from_earlier(found, argument, at, np.flatnonzero(before < 0))
        return found

    def _from_earlier(self, found: Views, argument: int, at: Array, lost: Array) -> Views:
        """With what was kept of earlier batches."""
        data, start = [found.data.tobytes()], len(found.data)
        for place in lost.tolist():
            kept = self._kept.get(int(self.batch.columns["tid"][at[place]]), {}).get(argument)
            if kept is not None:
                found.offset[place], found.length[place], found.full[place] = start, len(kept), len(kept)
                data.append(kept)
                start += len(kept)
        return Views(np.frombuffer(b"".join(data), np.uint8), found.offset, found.length, found.full)


class Site(Group):
    """A group of rows of one call; `finished`: they return from it."""

    def __init__(
        self, batch: Batch, context: Context, event: Event, at: Array, finished: bool, slices: dict[int, Views],
        entered: Entered, decoding: Decoding, descriptors: Descriptors, seen: Known, arguments: tuple[Param, ...],
    ) -> None:  # fmt: skip
        super().__init__(batch, context, event, np.zeros(0, np.uint16), 0, finished, slices)
        self.at = at
        self.entered, self.decoding, self.descriptors, self.seen = entered, decoding, descriptors, seen
        self.arguments = arguments
        self.compat = event.number >= I386_BASE
        self.raw = decoding.raw is None or event.number in decoding.raw
        self.verbose = decoding.unabbreviated is None or event.number in decoding.unabbreviated

    def __len__(self) -> int:
        return len(self.at)

    def column(self, name: str) -> Array:
        """A physical column of the group's rows as i8; results of 32-bit calls by their sign."""
        values = super().column(name)
        return values.astype(np.int32).astype(np.int64) if self.compat and name == "res" else values

    @property
    def failed(self) -> Bools:
        """Rows whose result is an error."""
        res = self.column("res")
        return (res < 0) & (res >= -MAX_ERRNO) if self.finished else np.zeros(len(self.at), np.bool_)

    def words(self, source: Source) -> Array:
        """The words of an argument, or the results, as they are; zeros where there is none."""
        index = source_index(source)
        if index == NO_SOURCE or (index == RESULT and not self.finished):
            return np.zeros(len(self.at), np.int64)
        return self.column("res" if index == RESULT else f"a{index}")

    def pointed(self, param: Param, part: int = 0) -> Views:
        """What an argument pointed at when it is shown: at the enter if it goes in, at the exit if it goes out."""
        argument = source_index(param.source) + 8 * part
        if self.finished and not param.out:
            return self.entered.views(argument, self.at)
        return self.views(argument)

    def entered_or_own(self, param: Param, part: int) -> Views:
        """A part of an argument that is the same at both ends, from the end at which it is shown or else the other."""
        argument = source_index(param.source) + 8 * part
        own = self.views(argument)
        if self.finished and not (own.length >= 0).any():
            return self.entered.views(argument, self.at)
        return own

    def files_of(self, source: Source, values: Array) -> npt.NDArray[np.uint32]:
        """Node ids of the files behind descriptors in a word; zeros if nothing is told of them."""
        if not self.decoding.fds:
            return np.zeros(len(values), np.uint32)
        if source_index(source) == fd_index(self.event):
            return self.column("file").astype(np.uint32)  # of the kernel: without one it is not open
        files = np.zeros(len(values), np.uint32)
        if not self.finished and fd_index(self.event) == RESULT and source is self._first_fd:
            files = self.column("file").astype(np.uint32)
        if not self.finished and source is self._second_fd:
            files = self.column("newdir").astype(np.uint32)
        lost = np.flatnonzero((files == 0) & (values >= 0))
        files[lost] = self.remembered(lost, values[lost])
        return np.where(files == NO_NAME, np.uint32(0), files)

    def remembered(self, rows: Array, fds: Array) -> npt.NDArray[np.uint32]:
        """Node ids of the files behind descriptors of some of the rows, by other calls."""
        if not len(rows):
            return np.zeros(0, np.uint32)
        parents = self.context.state.processes.column("ppid", self.column("proc")[rows].astype(np.uint32))
        return self.seen.files(self.at[rows], self.column("pid")[rows], fds, parents.astype(np.int64))

    @property
    def _first_fd(self) -> Source | None:
        return next((param.source for param in self.event.given_fds), None)

    @property
    def _second_fd(self) -> Source | None:
        fds = self.event.given_fds
        return fds[1].source if len(fds) > 1 and len(self.event.directories) < 2 else None

    def how(self, row: int) -> How:
        """How structures are shown, those of a row of the group."""
        decoding = self.decoding
        fd = self._teller(row) if decoding.fds else None
        pid = self._namer() if decoding.comm else None
        return How(self.compat, self.verbose, decoding.limit, decoding.hexadecimal, decoding.names, fd, pid)

    def named(self, tid: int) -> bytes:
        """`<bash>` of a thread, where its name is known."""
        processes = self.context.state.processes
        rows = processes.rows[: processes.size]
        places = np.flatnonzero((rows["tid"] == tid) & (rows["known"] != 0)) if tid > 0 else np.zeros(0, np.int64)
        comm = self.context.state.strings[int(rows["comm"][places[-1]])] if len(places) else b""
        return b"<%s>" % comm if comm else b""

    def _namer(self) -> Callable[[int], bytes]:
        return lambda tid: b"%d%s" % (tid, self.named(tid))

    def _teller(self, row: int) -> Callable[[int], bytes]:
        """What makes text of a descriptor of a row's process."""

        def tell(fd: int) -> bytes:
            if fd < 0:
                return b"%d" % fd
            node = self.remembered(np.array([row]), np.array([fd], np.int64))
            ident = int(self.descriptors.texts(node, self.context)[0])
            return b"%d%s" % (fd, self.context.state.strings[ident])

        return tell

    def pooled(self, ids: npt.NDArray[np.uint32]) -> Op:
        """Interned strings; 0 writes nothing."""
        return pool(ids, *self.context.state.strings.packed())
