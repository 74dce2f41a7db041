"""The rows that BPF programs write, read in place: every CPU fills its own part round and round (bpf/records.h).

A row's stamp is stored last and says how many rows its CPU had begun, so a stamp that is the next one means a whole
row. Who reads rows looks at each stamp before the row; what is looked at here is where reading may begin and end.
"""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.kernel.records import PROGRESS

__all__ = ["Rows", "Waiting"]

PAGE = mmap.PAGESIZE


class Waiting(NamedTuple):
    """Rows of one CPU, in its order, that are about to be read: the first's stamp is `stamp` if it is whole, each
    other's one more."""

    parts: list[npt.NDArray[Any]]
    stamp: int


Read = Callable[[list[Waiting]], list[int]]


class Rows:
    """The consumer side of the tables `rows` (file descriptor `fd`) and `progress`, for `cpus` parts of `count` rows
    (a power of two) of a dtype that begins with u8 `stamp`."""

    def __init__(self, fd: int, progress: int, cpus: int, count: int, dtype: np.dtype[np.void]) -> None:
        size = cpus * count * dtype.itemsize
        self._rows_map = mmap.mmap(fd, -(-size // PAGE) * PAGE, mmap.MAP_SHARED, mmap.PROT_READ)
        whole = -(-cpus * PROGRESS.itemsize // PAGE) * PAGE
        self._progress_map = mmap.mmap(progress, whole, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._rows = np.frombuffer(self._rows_map, dtype, cpus * count).reshape(cpus, count)
        self._stamps = self._rows["stamp"]
        self._progress = np.frombuffer(self._progress_map, PROGRESS, cpus)["read"]
        self._cpus = np.arange(cpus)
        self._at = np.zeros(cpus, np.uint64)
        self.most = 0  # rows that the last `take` took of one CPU
        self.count = count

    def take(self, limit: int, read: Read) -> None:
        """Let `read` read the rows that wait, at most `limit` of each CPU; it says how many of each were whole. Then
        their space is the kernel's again."""
        first = self._stamps[self._cpus, self._at & np.uint64(self.count - 1)]
        ready = np.flatnonzero(first == self._at + np.uint64(1))
        self.most = 0
        if not len(ready):
            return
        taken = read([self._waiting(cpu, limit) for cpu in ready.tolist()])
        self._at[ready] += np.array(taken, np.uint64)
        self._progress[:] = self._at
        self.most = max(taken)

    def _waiting(self, cpu: int, limit: int) -> Waiting:
        """Some of a CPU's rows, at most one round."""
        at, rows = int(self._at[cpu]), self._rows[cpu]
        start = at % self.count
        end = start + self._about(cpu, at, min(limit, self.count))
        parts = [rows[start:end]] if end <= self.count else [rows[start:], rows[: end - self.count]]
        return Waiting(parts, at + 1)

    def _about(self, cpu: int, at: int, most: int) -> int:
        """How many rows wait, if all before the last one are whole; at least one does."""

        def there(rows: int) -> bool:
            return bool(self._stamps.item(cpu, (at + rows - 1) % self.count) == at + rows)

        if there(most):
            return most
        low, high = 1, most
        while high - low > 1:
            middle = min(2 * low, (low + high) // 2)
            low, high = (middle, high) if there(middle) else (low, middle)
        return low

    def close(self) -> None:
        """Unmap; arrays made from it must be gone."""
        del self._rows, self._stamps, self._progress
        for part in (self._rows_map, self._progress_map):
            with contextlib.suppress(BufferError):  # a view is still alive somewhere: the mapping goes with it
                part.close()
