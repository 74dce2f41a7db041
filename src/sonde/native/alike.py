"""Which rows are alike in their numbers and their bytes; alike.c does the work."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sonde.native import kernel

__all__ = ["alike"]

I8 = npt.NDArray[np.int64]


def alike(data: bytes, numbers: Sequence[I8], spans: Sequence[tuple[I8, I8]]) -> tuple[I8, I8]:
    """(the number of each row's group, the first row of each group): rows of a group have the same numbers and the same
    bytes of `data` from the first to before the second place of each span; an end that is not behind the begin, or not
    in `data`, is no bytes. Groups are numbered in the order of their first rows."""
    rows = len(numbers[0])
    words, places = _beside(numbers), _beside([end for span in spans for end in span])
    native = kernel("alike")
    if native is None:
        return _twin(data, words, places)
    group, first = np.empty(rows, np.int64), np.empty(rows, np.int64)
    slots = np.zeros(1 << (2 * rows).bit_length(), np.int32)
    buffer = np.frombuffer(data, np.uint8)
    # struct alike of alike.c, which is u8 only
    job = np.array(
        [_address(buffer), len(buffer), _address(words), len(numbers), _address(places), len(spans), rows,
         _address(group), _address(first), _address(slots), len(slots) - 1], np.uint64,
    )  # fmt: skip
    return group, first[: native(_address(job))].copy()


def _beside(columns: Sequence[I8]) -> I8:
    """Columns as rows."""
    rows = np.empty((len(columns[0]), len(columns)), np.int64)
    for place, column in enumerate(columns):
        rows[:, place] = column
    return rows


def _address(array: npt.NDArray[np.generic]) -> int:
    return int(array.__array_interface__["data"][0])


def _twin(data: bytes, words: I8, places: I8) -> tuple[I8, I8]:
    """The same in Python."""
    known: dict[tuple[object, ...], int] = {}
    first: list[int] = []
    group = np.empty(len(words), np.int64)
    for row, (numbers, ends) in enumerate(zip(words.tolist(), places.tolist(), strict=True)):
        pieces = (data[begin:end] if 0 <= begin < end <= len(data) else b""
                  for begin, end in zip(ends[::2], ends[1::2], strict=True))  # fmt: skip
        key = (*numbers, *pieces)
        if key not in known:
            known[key] = len(first)
            first.append(row)
        group[row] = known[key]
    return group, np.array(first, np.int64)
