"""Which slices of bytes are the same; slices.c does the work."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from sonde.native import address, kernel

__all__ = ["same_slices"]

I8 = npt.NDArray[np.int64]


def same_slices(data: bytes | npt.NDArray[np.uint8], begin: I8, end: I8) -> tuple[I8, I8]:
    """(first i8: the first of those slices that are the same, in their order; which i8: of each slice, the one among
    these that it is like). Slices go from `begin` to before `end`; one that is not inside `data`, or ends before it
    begins, is no bytes."""
    buffer = np.frombuffer(data, np.uint8)
    begin, end = np.ascontiguousarray(begin, np.int64), np.ascontiguousarray(end, np.int64)
    native = kernel("slices")
    if native is None:
        from sonde.native import twin

        return twin.same_slices(buffer.tobytes(), begin, end)
    first, which = np.empty(len(begin), np.int64), np.empty(len(begin), np.int64)
    slots = np.zeros(1 << (2 * len(begin)).bit_length(), np.int32)
    job = np.array(
        [address(buffer), len(buffer), address(begin), address(end), len(begin),
         int.from_bytes(os.urandom(8), "little"), address(first), address(which), address(slots), len(slots) - 1],
        np.uint64,
    )  # struct slices of slices.c, which is u8 only  # fmt: skip
    return first[: native(address(job))].copy(), which
