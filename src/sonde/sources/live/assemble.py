"""Ring records into Batches: copied out of the ring, put in time order, joined with what their arguments pointed at."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.kernel.codegen import Layout
from sonde.kernel.records import PAYLOAD
from sonde.kernel.rows import Waiting
from sonde.native.link import link
from sonde.native.spread import spread
from sonde.native.walk import walk
from sonde.plan.batch import PHYSICAL, Batch, Payloads
from sonde.plan.state import State

__all__ = ["Assembler", "Chunk"]

Bytes = npt.NDArray[np.uint8]
Columns = dict[str, npt.NDArray[Any]]
KEPT = 3  # blocks that may be used again: rows held back, those in time order, and a batch that is being shown
LARGEST = 1 << 24  # bytes of such a block
HEADER = 8  # bytes of a word of a record's header
LINE = 64  # columns begin with a cache line
WASTE = 4  # a block is not used for columns that fill less than this part of it
CPU = np.uint64(4095)  # the bits of a sequence number that are its CPU, as in bpf/events.bpf.c


class Blocks:
    """Memory of columns, used again when nobody holds a column in it any more: fresh memory costs the kernel as much as
    filling it."""

    def __init__(self) -> None:
        self._blocks: list[Bytes] = []

    def columns(self, types: Mapping[str, np.dtype[Any]], rows: int) -> Columns:
        """Columns of these types, with whatever is in them."""
        starts = [0, *accumulate(-(-rows * dtype.itemsize // LINE) * LINE for dtype in types.values())]
        block = self._block(starts[-1])
        return {
            name: block[start : start + rows * dtype.itemsize].view(dtype)
            for (name, dtype), start in zip(types.items(), starts, strict=False)
        }

    def _block(self, size: int) -> Bytes:
        for block in self._blocks:
            # held by the list, the loop and the call only
            if sys.getrefcount(block) == 3 and size <= len(block) <= WASTE * size:
                return block
        block = np.empty(size, np.uint8)
        if 0 < size <= LARGEST:
            self._blocks = [block, *self._blocks[: KEPT - 1]]
        return block


class Chunk(NamedTuple):
    """Payload records by sequence number, as they came."""

    seq: npt.NDArray[np.uint64]
    argument: npt.NDArray[np.uint8]
    offset: npt.NDArray[np.int64]
    length: npt.NDArray[np.int32]
    full: npt.NDArray[np.int32]
    data: Bytes

    @staticmethod
    def none() -> Chunk:
        """Nothing."""
        return Chunk(
            np.zeros(0, np.uint64), np.zeros(0, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int32),
            np.zeros(0, np.int32), np.zeros(0, np.uint8),
        )  # fmt: skip

    def read(self, data: Bytes) -> tuple[Chunk, int]:
        """(this and the records of a ring's window, which is copied; bytes taken)."""
        room = -(-len(self.data) // HEADER) * HEADER
        copy = np.empty(room + len(data), np.uint8)
        copy[: len(self.data)], copy[room:] = self.data, data
        offsets, lengths, after = walk(copy, room, len(copy))
        # a header is two words: gathering them is faster than gathering its fields
        words = copy[: len(copy) // HEADER * HEADER].view(np.uint64)
        seq, rest = words[offsets // HEADER], words[offsets // HEADER + 1]
        size = lengths.astype(np.int32) - PAYLOAD.itemsize
        size[rest >> np.uint64(16) & np.uint64(0xFFFF) != 0] = -1
        full = (rest >> np.uint64(32)).astype(np.int32)
        new = Chunk(seq, rest.astype(np.uint8), offsets + PAYLOAD.itemsize, size, full, copy)
        return self._and(new) if len(self.seq) else new, after - room

    def _and(self, new: Chunk) -> Chunk:
        """Both; the bytes are the new one's already."""
        return Chunk(
            np.concatenate((self.seq, new.seq)), np.concatenate((self.argument, new.argument)),
            np.concatenate((self.offset, new.offset)), np.concatenate((self.length, new.length)),
            np.concatenate((self.full, new.full)), new.data,
        )  # fmt: skip

    def kept(self, keep: npt.NDArray[np.bool_]) -> Chunk:
        """Some records, their bytes copied together so that the rest can be freed."""
        if not keep.any():
            return Chunk.none()
        length = np.maximum(self.length[keep], 0).astype(np.int64)
        start = np.cumsum(length) - length
        data = self.data[np.repeat(self.offset[keep] - start, length) + np.arange(int(length.sum()))]
        return Chunk(self.seq[keep], self.argument[keep], start, self.length[keep], self.full[keep], data)


class Assembler:
    """Holds rows back until no earlier one can come, then gives them out in time order.

    CPUs take their timestamp before their place in the ring, so records arrive up to a few microseconds out of order.
    """

    def __init__(self, layout: Layout, state: State) -> None:
        self._types = {name: np.dtype(PHYSICAL[name][0]) for name in layout.columns}
        self.state = state
        self._blocks = Blocks()
        self._rows = self._room(0)
        self._payloads = Chunk.none()
        self._newest = np.zeros(int(CPU) + 1, np.uint64)
        self.added: list[tuple[int, int]] = []  # of each CPU with rows at the last `add`: how many, the last one's time

    def add(self, waiting: list[Waiting]) -> list[int]:
        """Copy rows out of the table; -> how many of each were whole."""
        held = len(self._rows["time"])
        rows = self._room(held + sum(len(part) for window in waiting for part in window.parts))
        for name, values in self._rows.items():
            rows[name][:held] = values
        counts, at, self.added = [], held, []
        for parts, stamp in waiting:
            first = at
            for part in parts:
                taken = spread(part, stamp + at - first, rows, at)
                at += taken
                if taken < len(part):
                    break
            counts.append(at - first)
            if at > first:
                self.added.append((at - first, int(rows["time"][at - 1])))
        self._rows = {name: values[:at] for name, values in rows.items()}
        return counts

    def _room(self, rows: int) -> Columns:
        """Columns with room for so many rows."""
        return self._blocks.columns(self._types, rows)

    def add_payloads(self, data: Bytes, start: int, end: int) -> int:
        """Copy payload records of a ring's window; -> bytes taken."""
        self._payloads, taken = self._payloads.read(data[start:end])
        return taken

    def take(self, until: int) -> Batch | None:
        """The rows up to boot time `until` (ns) in time order, or None."""
        rows, time = self._rows, self._rows["time"]
        if not len(time):
            return None
        if (time[1:] < time[:-1]).any():
            order = np.argsort(time, kind="stable")
            rows = self._room(len(order))
            for name, values in rows.items():
                np.take(self._rows[name], order, out=values, mode="clip")
            time = rows["time"]
        cut = int(np.searchsorted(time, until, "right"))
        self._rows = {name: values[cut:] for name, values in rows.items()}
        if not cut:
            return None
        rows = {name: values[:cut] for name, values in rows.items()}
        payloads = self._join(rows["seq"]) if "seq" in rows else Payloads.none()
        rows["time"] += self.state.epoch
        return Batch(rows, payloads, self.state)

    def _join(self, seq: npt.NDArray[np.uint64]) -> Payloads:
        """The payloads of the rows with these numbers; those of later rows wait for theirs."""
        chunk = self._payloads
        if not len(chunk.seq):
            return Payloads.none()
        rows = link(seq, chunk.seq)
        # a CPU's numbers rise with time: what is not above its newest row's has lost its row
        np.maximum.at(self._newest, seq & CPU, seq)
        self._payloads = chunk.kept((rows < 0) & (chunk.seq > self._newest[chunk.seq & CPU]))
        mine = np.flatnonzero(rows >= 0)
        key = rows[mine] << 8 | chunk.argument[mine]
        if (key[1:] < key[:-1]).any():
            mine = mine[np.argsort(key, kind="stable")]
        return Payloads(
            rows[mine], chunk.argument[mine], chunk.offset[mine], chunk.length[mine], chunk.full[mine], chunk.data
        )
