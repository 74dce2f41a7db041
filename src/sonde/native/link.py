"""Numbers that link rows of one table to rows of another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.native import address, kernel

__all__ = ["link"]

Numbers = npt.NDArray[np.uint64]
MOST = 1 << 31  # rows


def link(rows: Numbers, wanted: Numbers) -> npt.NDArray[np.int64]:
    """The index of the first row that has each wanted number, -1 where none has it."""
    native = kernel("link")
    if native is None or len(rows) >= MOST:
        from sonde.native import twin

        return twin.link(rows, wanted)
    rows, wanted = np.ascontiguousarray(rows, np.uint64), np.ascontiguousarray(wanted, np.uint64)
    found = np.empty(len(wanted), np.int64)
    table = np.zeros(1 << max(4, (2 * len(rows)).bit_length()), np.uint32)
    # struct link of link.c, which is u8 only
    job = np.array(
        [address(rows), len(rows), address(wanted), len(wanted), address(found), address(table), len(table) - 1],
        np.uint64,
    )
    native(address(job))
    return found
