"""Rows of a table into columns, as far as their stamps say that they are whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sonde.native import address, kernel

__all__ = ["spread"]

Columns = Mapping[str, npt.NDArray[Any]]


def spread(rows: npt.NDArray[np.void], stamp: int, columns: Columns, at: int) -> int:
    """Copy the columns of rows to index `at` and above; -> how many: up to the first without the next stamp.

    The rows' dtype begins with u8 `stamp` (aligned); the first row's is to be `stamp`, each other's one more. Raises
    ValueError for columns that have no room for all rows or are not of the rows' types.
    """
    fields = rows.dtype.fields
    if fields is None or "stamp" not in fields or fields["stamp"][:2] != (np.dtype(np.uint64), 0):
        raise ValueError("rows begin with a stamp")
    for name, values in columns.items():
        if len(values) - at < len(rows) or at < 0 or values.dtype != fields[name][0]:
            raise ValueError(f"no room for {len(rows)} values of {name}")
        if not values.flags.c_contiguous or values.itemsize not in (1, 2, 4, 8):
            raise ValueError(f"the column {name} is not one of numbers")
    native = kernel("spread")
    if native is None or not rows.flags.c_contiguous or not rows.flags.aligned:
        from sonde.native import twin

        return twin.spread(rows, stamp, columns, at)
    offsets = np.array([fields[name][1] for name in columns], np.uint64)
    widths = np.array([values.itemsize for values in columns.values()], np.uint64)
    starts = [address(values) + at * values.itemsize for values in columns.values()]
    targets = np.array(starts, np.uint64)
    # struct spread of spread.c, which is u8 only
    job = np.array(
        [
            address(rows["stamp"]),
            len(rows),
            rows.itemsize,
            stamp,
            len(columns),
            *map(address, (offsets, widths, targets)),
        ],
        np.uint64,
    )
    return native(address(job))
