"""Ring records into Batches: copied out of the ring, put in time order, joined with what their arguments pointed at."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.kernel.codegen import Layout
from sonde.kernel.records import PAYLOAD
from sonde.native.walk import walk
from sonde.plan.batch import PHYSICAL, Batch, Payloads
from sonde.plan.state import State

__all__ = ["Assembler", "Chunk"]

Bytes = npt.NDArray[np.uint8]
BLOCK = 2048  # rows that stay in the processor's cache while their columns are taken out one by one
CPU = np.uint64(4095)  # the bits of a sequence number that are its CPU, as in bpf/events.bpf.c


class Chunk(NamedTuple):
    """Payload records by sequence number, in increasing order."""

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

    @staticmethod
    def of(data: Bytes, offsets: npt.NDArray[np.int64], lengths: npt.NDArray[np.uint32]) -> Chunk:
        """Records at `offsets` of `data`, which must stay."""
        if not len(offsets):
            return Chunk.none()
        heads = data[offsets[:, None] + np.arange(PAYLOAD.itemsize)].view(PAYLOAD)[:, 0]
        size = lengths.astype(np.int32) - PAYLOAD.itemsize
        size[heads["failed"] != 0] = -1
        order = np.argsort(heads["seq"], kind="stable")
        start = offsets + PAYLOAD.itemsize
        full = heads["full"].view(np.int32)
        return Chunk(heads["seq"][order], heads["argument"][order], start[order], size[order], full[order], data)

    def plus(self, other: Chunk) -> Chunk:
        """Both, in order."""
        if not len(self.seq):
            return other
        if not len(other.seq):
            return self
        order = np.argsort(np.concatenate((self.seq, other.seq)), kind="stable")

        def joined(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[Any]:
            return np.concatenate((a, b))[order]

        return Chunk(
            joined(self.seq, other.seq), joined(self.argument, other.argument),
            joined(self.offset, other.offset + len(self.data)), joined(self.length, other.length),
            joined(self.full, other.full), np.concatenate((self.data, other.data)),
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
        self._columns = {name: np.dtype(PHYSICAL[name][0]) for name in layout.columns}
        self.state = state
        self._rows: list[dict[str, npt.NDArray[Any]]] = []
        self._payloads = Chunk.none()
        self._newest = np.zeros(int(CPU) + 1, np.uint64)

    def add(self, views: list[npt.NDArray[Any]]) -> int:
        """Copy rows out of the table; -> how many."""
        total = sum(map(len, views))
        if not total:
            return 0
        rows = {name: np.empty(total, dtype) for name, dtype in self._columns.items()}
        at = 0
        for view in views:
            for start in range(0, len(view), BLOCK):
                block = view[start : start + BLOCK]
                for name, values in rows.items():
                    values[at : at + len(block)] = block[name]
                at += len(block)
        self._rows.append(rows)
        return total

    def add_payloads(self, data: Bytes, start: int, end: int) -> int:
        """Copy payload records of a ring's window; -> bytes taken."""
        copy = data[start:end].copy()
        offsets, lengths, taken = walk(copy, 0, len(copy))
        self._payloads = self._payloads.plus(Chunk.of(copy, offsets, lengths))
        return taken

    def take(self, until: int) -> Batch | None:
        """The rows up to boot time `until` (ns) in time order, or None."""
        if not self._rows:
            return None
        rows = self._rows[0]
        if len(self._rows) > 1:
            rows = {name: np.concatenate([part[name] for part in self._rows]) for name in self._columns}
        time = rows["time"]
        if (np.diff(time) < 0).any():
            order = np.argsort(time, kind="stable")
            rows = {name: values[order] for name, values in rows.items()}
            time = rows["time"]
        cut = int(np.searchsorted(time, until, "right"))
        self._rows = [{name: values[cut:] for name, values in rows.items()}] if cut < len(time) else []
        if not cut:
            return None
        rows = {name: values[:cut] for name, values in rows.items()}
        payloads = self._join(rows["seq"]) if "seq" in rows else Payloads.none()
        rows["time"] = rows["time"] + self.state.epoch
        return Batch(rows, payloads, self.state)

    def _join(self, seq: npt.NDArray[np.uint64]) -> Payloads:
        """The payloads of the rows with these numbers; those of later rows wait for theirs."""
        chunk = self._payloads
        if not len(chunk.seq):
            return Payloads.none()
        order = np.argsort(seq, kind="stable")
        at = np.minimum(np.searchsorted(seq, chunk.seq, sorter=order), len(seq) - 1)
        rows = order[at]
        mine = seq[rows] == chunk.seq
        # a CPU's numbers rise with time: what is not above its newest row's has lost its row
        np.maximum.at(self._newest, seq & CPU, seq)
        self._payloads = chunk.kept(~mine & (chunk.seq > self._newest[chunk.seq & CPU]))
        rows = rows[mine]
        argument = chunk.argument[mine]
        if (np.diff(rows) < 0).any():
            final = np.lexsort((argument, rows))
            rows = rows[final]
            mine = np.flatnonzero(mine)[final]
            argument = chunk.argument[mine]
        return Payloads(
            rows.astype(np.int64), argument, chunk.offset[mine], chunk.length[mine], chunk.full[mine], chunk.data
        )
