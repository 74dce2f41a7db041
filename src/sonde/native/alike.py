"""Rows that are alike in some columns: what is asked of them has to be found out once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sonde.native import address, kernel

__all__ = ["Alike", "alike", "alike_all"]

SEED = int.from_bytes(os.urandom(8), "little") | 1
Column = npt.NDArray[Any]
Alike = tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]]


def alike(columns: Sequence[Column], rows: int, most: int) -> Alike | None:
    """(first i8: the first row of those that are alike, in the order of the rows; which u4: of each row, the one among
    these that it is like), None if more than `most` rows are different. `columns`: one or more of `rows` whole numbers
    each, of 1, 2, 4 or 8 bytes.
    """
    columns = [np.ascontiguousarray(column) for column in columns]
    if any(len(column) != rows or column.dtype.kind not in "iub" for column in columns):
        raise ValueError(f"columns that are not {rows} whole numbers")
    native = kernel("alike")
    if native is None:
        from sonde.native import twin

        return twin.alike(columns, most)
    described = np.array([(address(column), column.itemsize, 0, 0) for column in columns], np.uint64)
    table = np.zeros(1 << max(4, (2 * most).bit_length()), np.uint32)
    keys, first, which = np.empty(most, np.uint64), np.empty(most, np.int64), np.empty(rows, np.uint32)
    made: tuple[Column, ...] = keys, first, which
    job = np.array(
        [address(described), len(columns), rows, most, address(table), len(table) - 1, SEED, *map(address, made)],
        np.uint64,
    )  # struct alike of alike.c, which is u8 only
    found = native(address(job))
    return None if found < 0 else (first[:found], which)


def alike_all(columns: Sequence[Column], rows: int) -> Alike:
    """The same, however many are different."""
    found = alike(columns, rows, rows)
    assert found is not None  # there is room for all
    return found
