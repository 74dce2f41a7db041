"""The rows that BPF programs write, read in place: every CPU fills its own part round and round (bpf/records.h).

A row's stamp is stored last and says how many rows its CPU had begun, so a stamp that is the next one means a whole
row. This reader relies on x86 ordering (numpy has no acquire load).
"""

from __future__ import annotations

import contextlib
import mmap
from typing import Any

import numpy as np
import numpy.typing as npt

from sonde.kernel.records import PROGRESS

__all__ = ["Rows"]

CHUNK = 4096  # stamps compared at a time
PAGE = mmap.PAGESIZE


class Rows:
    """The consumer side of the tables `rows` (file descriptor `fd`) and `progress`, for `cpus` parts of `count` rows
    (a power of two) of a dtype that begins with u8 `stamp`."""

    def __init__(self, fd: int, progress: int, cpus: int, count: int, dtype: np.dtype[np.void]) -> None:
        size = cpus * count * dtype.itemsize
        self._rows_map = mmap.mmap(fd, -(-size // PAGE) * PAGE, mmap.MAP_SHARED, mmap.PROT_READ)
        whole = -(-cpus * PROGRESS.itemsize // PAGE) * PAGE
        self._progress_map = mmap.mmap(progress, whole, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._rows = np.frombuffer(self._rows_map, dtype, cpus * count).reshape(cpus, count)
        self._progress = np.frombuffer(self._progress_map, PROGRESS, cpus)["read"]
        self._at = np.zeros(cpus, np.uint64)
        self.most = 0  # rows that the last `take` gave of one CPU
        self.count = count

    def take(self, limit: int) -> list[npt.NDArray[Any]]:
        """Views of the rows that are whole, at most `limit` of each CPU and in its order; dead after `release`."""
        cpus, mask = np.arange(len(self._at)), np.uint64(self._rows.shape[1] - 1)
        first, before = self._rows["stamp"][cpus, self._at & mask], self._at.copy()
        ready = np.flatnonzero(first == before + np.uint64(1)).tolist()
        views = [view for cpu in ready for view in self._of(cpu, limit)]
        self.most = int((self._at - before).max())
        return views

    def _of(self, cpu: int, limit: int) -> list[npt.NDArray[Any]]:
        """Some of a CPU's rows, at most one round."""
        views, rows, at = [], self._rows[cpu], int(self._at[cpu])
        end = at + min(limit, len(rows))
        while at < end:
            start = at % len(rows)
            view = rows[start : start + min(CHUNK, end - at)]
            wrong = np.flatnonzero(view["stamp"] != np.arange(at + 1, at + 1 + len(view), dtype=np.uint64))
            count = int(wrong[0]) if len(wrong) else len(view)
            if count:
                views.append(view[:count])
            at += count
            if count < len(view):
                break
        self._at[cpu] = at
        return views

    def release(self) -> None:
        """Give the space of the rows that were taken back to the kernel."""
        self._progress[:] = self._at

    def close(self) -> None:
        """Unmap; arrays made from it must be gone."""
        del self._rows, self._progress
        for part in (self._rows_map, self._progress_map):
            with contextlib.suppress(BufferError):  # a view is still alive somewhere: the mapping goes with it
                part.close()
