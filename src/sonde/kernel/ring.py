"""BPF ring buffers read in place, for records of any size.

The kernel writes a record's 8-byte header {u4 length | BUSY | DISCARD, u4 page offset} with release semantics; this
reader relies on x86 ordering (numpy has no acquire load). The data pages are mapped twice in a row: records never wrap.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["Ring"]

PAGE = mmap.PAGESIZE
SPINS = 1000  # a BPF program is never suspended between reserving and finishing a record


class Ring:
    """The consumer side of one ring of `size` bytes (a power of two, >= a page)."""

    def __init__(self, fd: int, size: int) -> None:
        self.size = size
        self._consumer_map = mmap.mmap(fd, PAGE, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._producer_map = mmap.mmap(fd, PAGE + 2 * size, mmap.MAP_SHARED, mmap.PROT_READ, offset=PAGE)
        self._consumer = np.frombuffer(self._consumer_map, np.uint64, 1)
        self._producer = np.frombuffer(self._producer_map, np.uint64, 1)
        self.data = np.frombuffer(self._producer_map, np.uint8, 2 * size, PAGE)

    def drain(self, read: Callable[[npt.NDArray[np.uint8], int, int], int]) -> None:
        """Read everything that was written before now; a record that is being written is waited for.

        `read(data, start, end)` reads records of any size between two offsets and gives the bytes it took: less than
        all when it met an unfinished one.
        """
        written = int(self._producer[0])
        for _ in range(SPINS):
            start, end = int(self._consumer[0]), int(self._producer[0])
            if end > start:
                at = start % self.size
                self._consumer[0] = start + read(self.data, at, at + end - start)
            if int(self._consumer[0]) >= written:
                return
            os.sched_yield()

    def close(self) -> None:
        """Unmap; arrays made from it must be gone."""
        del self._consumer, self._producer, self.data
        for part in (self._consumer_map, self._producer_map):
            with contextlib.suppress(BufferError):  # a view is still alive somewhere: the mapping goes with it
                part.close()
