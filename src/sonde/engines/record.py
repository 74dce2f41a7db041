"""Records of tracepoints: the slices and the numbers that lie in them, for many rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import Place
from sonde.plan.batch import Views

__all__ = ["RECORD", "number_in", "slice_of", "text_of"]

Words = npt.NDArray[np.int64]
RECORD = 0  # the argument that a record is sent as, by bpf/events.bpf.c


def slice_of(records: Views, place: Place) -> Views:
    """The bytes at a place of each record; missing where it is not all there."""
    start = np.full(len(records), place.offset, np.int64)
    length = np.full(len(records), place.size, np.int64)
    if place.told:
        where = number_in(records, place._replace(told=False), signed=False)
        start, length = where & 0xFFFF, where >> 16
    there = records.length >= start + length
    held = np.where(there, length, -1).astype(np.int32)
    return Views(records.data, records.offset + np.where(there, start, 0), held, held)


def text_of(records: Views, place: Place) -> Views:
    """The text there: as far as its NUL."""
    whole = slice_of(records, place)
    nuls = np.append(np.flatnonzero(whole.data == 0), len(whole.data))
    length = np.minimum(whole.length, nuls[np.searchsorted(nuls, whole.offset)] - whole.offset).astype(np.int32)
    return Views(whole.data, whole.offset, length, length)


def number_in(records: Views, place: Place, signed: bool) -> Words:
    """The number there, bit for bit if it has 64; 0 where it is missing."""
    whole = slice_of(records, place)
    there = np.flatnonzero(whole.length >= 0)
    found = np.zeros(len(records), np.int64)
    raw = whole.data[whole.offset[there, None] + np.arange(place.size)]
    found[there] = np.ascontiguousarray(raw).view(f"{'i' if signed else 'u'}{place.size}")[:, 0].astype(np.int64)
    return found
