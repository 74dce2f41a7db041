"""Columns into text without a Python object per row."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from sonde.native import Kernel, kernel
from sonde.native.ops import Op, Text

__all__ = ["join"]

# struct op and struct job of join.c; addresses are u8
OP = np.dtype(
    [
        ("kind", "u4"), ("form", "u4"), ("width", "i8"), ("limit", "u8"), ("values", "u8"), ("lengths", "u8"),
        ("data", "u8"), ("size", "u8"), ("ends", "u8"), ("count", "u8"), ("missing", "u8"), ("absent", "u8"),
        ("absent_size", "u8"),
    ]
)  # fmt: skip
JOB = np.dtype(
    [
        ("rows", "u8"), ("row", "u8"), ("template", "u8"), ("templates", "u8"), ("starts", "u8"), ("ops", "u8"),
        ("counters", "u8"), ("out", "u8"), ("room", "u8"), ("used", "u8"), ("offsets", "u8"), ("need", "u8"),
    ]
)  # fmt: skip
FULL, BAD = 1, -1
GUESS = 96  # bytes of an average line

Templates = Sequence[Sequence[Op]]


def join(rows: int, template: npt.NDArray[np.uint16] | None, templates: Templates) -> Text:
    """Row i is the ops of `templates[template[i]]` one after another; without `template` every row uses templates[0].

    The arrays of a template's ops have one element for each row that uses it, in row order. Raises ValueError for an
    array of another length, or a template, id or slice that is not there.
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
            lengths = {len(a) for a in (op.values, op.lengths, op.missing) if a is not None}
            if lengths - {count}:
                raise ValueError(f"template {number} has {count} rows, its op {op.kind.name} {sorted(lengths)}")


def _native_join(native: Kernel, rows: int, template: npt.NDArray[np.uint16] | None, templates: Templates) -> Text:
    absents = [np.frombuffer(op.absent, np.uint8) for ops in templates for op in ops]
    table = np.array(
        [_row(op, absent) for op, absent in zip((op for ops in templates for op in ops), absents, strict=True)], OP
    )
    starts = np.array([0, *accumulate(len(ops) for ops in templates)], np.uint64)
    counters, offsets = np.zeros(len(templates), np.uint64), np.zeros(rows + 1, np.int64)
    chosen = None if template is None else np.ascontiguousarray(template, np.uint16)
    out = np.empty(rows * GUESS, np.uint8)
    job = np.zeros(1, JOB)
    job[0] = (rows, 0, _address(chosen), len(templates), _address(starts), _address(table),
              _address(counters), _address(out), len(out), 0, _address(offsets), 0)  # fmt: skip
    while (result := native(_address(job))) == FULL:
        used = int(job["used"][0])
        grown = np.empty(max(2 * len(out), used + int(job["need"][0])), np.uint8)
        grown[:used] = out[:used]
        out = grown
        job["out"], job["room"] = _address(out), len(out)
    if result == BAD:
        raise ValueError("an id or a slice lies outside its data")
    return Text(out[: int(offsets[-1])], offsets)


def _row(op: Op, absent: npt.NDArray[np.uint8]) -> tuple[int, ...]:
    ends = 0 if op.ends is None else len(op.ends) - 1
    size = 0 if op.data is None else len(op.data)
    return (op.kind, op.form, op.width, op.limit, _address(op.values), _address(op.lengths), _address(op.data),
            size, _address(op.ends), ends, _address(op.missing), _address(absent), len(absent))  # fmt: skip


def _address(array: npt.NDArray[np.generic] | None) -> int:
    return 0 if array is None else int(array.__array_interface__["data"][0])
