"""Variable records of a BPF ring buffer: where each committed one is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.native import kernel

__all__ = ["walk"]

WALK = np.dtype([("buffer", "u8"), ("at", "u8"), ("end", "u8"), ("offsets", "u8"), ("lengths", "u8")])  # as in walk.c
SMALLEST = 8  # bytes of an empty record


def walk(
    buffer: npt.NDArray[np.uint8], start: int, end: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32], int]:
    """(offsets i8, lengths u4, next): where the data of each record between the headers at `start` and `end` lies.

    `start`, `end`, the offsets and `next` are indexes of `buffer` (for a ring: its doubly mapped pages) and 8-byte
    aligned; `next` is `end`, or the first record that is still being written. Discarded records are skipped.
    Raises ValueError if the range is not inside the buffer.
    """
    if not 0 <= start <= end <= len(buffer) or start % SMALLEST:
        raise ValueError(f"records {start}..{end} are not inside the buffer of {len(buffer)} bytes")
    native = kernel("walk")
    if native is None:
        from sonde.native import twin

        return twin.walk(buffer, start, end)
    offsets = np.empty((end - start) // SMALLEST, np.int64)
    lengths = np.empty(len(offsets), np.uint32)
    job = np.zeros(1, WALK)
    job[0] = tuple(
        a if isinstance(a, int) else a.__array_interface__["data"][0] for a in (buffer, start, end, offsets, lengths)
    )
    found = native(job.__array_interface__["data"][0])
    return offsets[:found].copy(), lengths[:found].copy(), int(job["at"][0])
