"""Columns into text without a Python object per row."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import accumulate
from struct import Struct

import numpy as np
import numpy.typing as npt

from sonde.native import Kernel, address, kernel
from sonde.native.ops import Kind, Op, Text

__all__ = ["join"]

# struct op of join.c; addresses are u8
OP = Struct("<4I q Q Q q 8Q")
# where in struct job, which is u8 only, stand what changes
OUT, ROOM, USED, NEED = 7, 8, 9, 11
TYPES = {kind: number for number, kind in enumerate(("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"))}
BY_ROW, NONE_IS_ABSENT = 1, 2
FULL, BAD = 1, -1
GUESS = 192  # bytes of a long line: what is not written takes no memory

Templates = Sequence[Sequence[Op]]


def join(rows: int, template: npt.NDArray[np.uint16] | None, templates: Templates) -> Text:
    """Row i is the ops of `templates[template[i]]` one after another; without `template` every row uses templates[0].

    The arrays of a template's ops have one element for each row that uses it, in row order; those of ops `by_row` one
    for every row. Raises ValueError for an array of another length, or a template, id or slice that is not there.
    """
    _check(rows, template, templates)
    native = kernel("join")
    if native is None:
        from sonde.native import twin

        return twin.join(rows, template, templates)
    return _native_join(native, rows, template, templates)


def _check(rows: int, template: npt.NDArray[np.uint16] | None, templates: Templates) -> None:
    if template is None:
        counts = [rows]
    else:
        if len(template) != rows or (rows and int(template.max()) >= len(templates)):
            raise ValueError("template does not name one of the templates for each row")
        counts = np.bincount(template, minlength=len(templates)).tolist()
    for number, (ops, count) in enumerate(zip(templates, counts, strict=False)):
        for op in ops:
            if op.kind is Kind.LITERAL and op.missing is None:
                continue
            wanted = rows if op.by_row else count
            lengths = [len(a) for a in (op.values, op.lengths, op.missing) if a is not None]
            if lengths.count(wanted) != len(lengths):
                raise ValueError(f"template {number} has {count} rows, its op {op.kind.name} {sorted(lengths)}")


def _native_join(native: Kernel, rows: int, template: npt.NDArray[np.uint16] | None, templates: Templates) -> Text:
    packed: dict[int, bytes] = {}
    for ops in templates:
        for op in ops:
            if id(op) not in packed:
                packed[id(op)] = (_literal if op.kind is Kind.LITERAL else _struct)(op)
    table = np.frombuffer(b"".join([packed[id(op)] for ops in templates for op in ops]), np.uint8)
    starts = np.array([0, *accumulate(len(ops) for ops in templates)], np.uint64)
    counters, offsets = np.zeros(len(templates), np.uint64), np.zeros(rows + 1, np.int64)
    chosen = None if template is None else np.ascontiguousarray(template, np.uint16)
    out = np.empty(rows * GUESS, np.uint8)
    job = np.array(
        [
            rows, 0, _address(chosen), len(templates), _address(starts), _address(table), _address(counters),
            _address(out), len(out), 0, _address(offsets), 0,
        ],
        np.uint64,
    )  # fmt: skip
    place = _address(job)
    while (result := native(place)) == FULL:
        used = int(job[USED])
        grown = np.empty(max(2 * len(out), used + int(job[NEED])), np.uint8)
        grown[:used] = out[:used]
        out = grown
        job[OUT], job[ROOM] = _address(out), len(out)
    if result == BAD:
        raise ValueError("an id or a slice lies outside its data")
    return Text(out[: int(offsets[-1])], offsets)


def _struct(op: Op) -> bytes:
    values = op.values
    kind, stride = (0, 0) if values is None else (TYPES[values.dtype.str[1:]], values.strides[0])
    return OP.pack(
        op.kind, op.form, kind, op.by_row * BY_ROW + op.none_is_absent * NONE_IS_ABSENT, op.width, op.limit,
        _address(values), stride, _address(op.lengths), _address(op.data), 0 if op.data is None else len(op.data),
        _address(op.ends), 0 if op.ends is None else len(op.ends) - 1, _address(op.missing),
        _constant(op.absent)[1], len(op.absent),
    )  # fmt: skip


@functools.cache
def _constant(data: bytes) -> tuple[npt.NDArray[np.uint8], int]:
    """Bytes that stay, and their address; there are few."""
    array = np.frombuffer(data, np.uint8)
    return array, _address(array)


_literal = functools.lru_cache(4096)(_struct)  # most are the same in every batch


def _address(array: npt.NDArray[np.generic] | None) -> int:
    return 0 if array is None else address(array)
