"""Parameters of many events as slices of bytes, and event blocks joined from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap import blocks
from sonde.catalog.scap.blocks import NOT_KNOWN
from sonde.native.join import join
from sonde.native.ops import Text, literal, view
from sonde.plan.batch import Views

__all__ = ["UNKNOWN", "constant", "event_blocks", "numbers", "pooled", "sliced", "terminated", "within"]

Array = npt.NDArray[np.generic]
I8 = npt.NDArray[np.int64]
UNKNOWN = NOT_KNOWN + b"\0"
_EVENT, _EVENT_FLAGS = 0x216, 0x217  # an event that says how many parameters it has; one that has flags, too
_CPU = [("block", "<u4"), ("total", "<u4"), ("cpu", "<u2")]
_PROPER = [("time", "<i8"), ("tid", "<i8"), ("length", "<u4"), ("type", "<u2"), ("count", "<u4")]
_HEAD = np.dtype([*_CPU, *_PROPER])
_HEAD_FLAGS = np.dtype([*_CPU, ("flags", "<u4"), *_PROPER])
_OWN = 26  # bytes of an event before the lengths of its parameters
_FILL = np.zeros(4, np.uint8)


def numbers(values: Array, kind: str) -> Views:
    """Numbers of a little-endian kind (`<i8`)."""
    typed = np.ascontiguousarray(values.astype(kind))
    size, rows = typed.dtype.itemsize, len(typed)
    length = np.full(rows, size, np.int32)
    return Views(typed.view(np.uint8), np.arange(rows, dtype=np.int64) * size, length, length)


def constant(data: bytes, rows: int) -> Views:
    """The same bytes in every row."""
    length = np.full(rows, len(data), np.int32)
    return Views(np.frombuffer(data or b"\0", np.uint8), np.zeros(rows, np.int64), length, length)


def sliced(parts: Sequence[bytes]) -> Views:
    """One byte string a row."""
    length = np.fromiter(map(len, parts), np.int32, len(parts))
    offset = np.cumsum(length, dtype=np.int64) - length
    return Views(np.frombuffer(b"".join(parts) or b"\0", np.uint8), offset, length, length)


def pooled(ids: Array, made: Callable[[int], bytes]) -> Views:
    """What is made of each distinct number, once."""
    distinct, inverse = np.unique(ids, return_inverse=True)
    parts = sliced([made(ident) for ident in distinct.tolist()])
    return parts.take(inverse)


def terminated(views: Views) -> Views:
    """Texts with a NUL behind them; `<NA>` where they are not known."""
    missing = views.length < 0
    return join(len(views), None, [[view(views, missing=missing), literal(b"\0")]]).views()


def within(views: Views, most: int) -> Views:
    """At most so many bytes of each; nothing where there is none."""
    length = np.clip(views.length, 0, most).astype(np.int32)
    return Views(views.data, views.offset, length, length)


def event_blocks(kind: int, time: I8, tid: I8, cpu: I8, params: Sequence[Views], state_only: bool = False) -> Text:
    """The blocks of events of one type; `state_only`: they are read for what they change, and not shown."""
    rows = len(time)
    lengths = np.array([one.length for one in params], np.int64).reshape(len(params), rows)
    layout = _HEAD_FLAGS if state_only else _HEAD
    head = np.zeros(rows, layout)
    head["length"] = _OWN + 2 * len(params) + lengths.sum(axis=0)
    inside = layout.itemsize - _OWN + head["length"].astype(np.int64)
    padding = -inside % 4
    head["block"], head["total"], head["type"], head["count"] = _EVENT, inside + padding + 4, kind, len(params)
    if state_only:
        head["block"], head["flags"] = _EVENT_FLAGS, blocks.STATE_ONLY
    head["time"], head["tid"], head["cpu"] = time, tid, cpu
    fill = Views(_FILL, np.zeros(rows, np.int64), padding.astype(np.int32), padding.astype(np.int32))
    parts = [_records(head), _records(np.ascontiguousarray(lengths.T.astype("<u2"))), *params, fill]
    return join(rows, None, [[view(part) for part in (*parts, numbers(head["total"], "<u4"))]])


def _records(table: Array) -> Views:
    """Rows of an array as they lie in memory."""
    rows = len(table)
    size = table.nbytes // rows if rows else 0
    length = np.full(rows, size, np.int32)
    data = np.frombuffer(table.tobytes() or b"\0", np.uint8)
    return Views(data, np.arange(rows, dtype=np.int64) * size, length, length)
