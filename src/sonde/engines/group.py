"""Rows put together by the values of some fields: the aggregates that the kernel makes, made here of a batch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.engines.alike import rows_alike
from sonde.engines.batch import value_of
from sonde.engines.context import Context
from sonde.engines.payload import strings_of
from sonde.plan.batch import Array, Batch, Vector
from sonde.plan.expr import Field
from sonde.plan.ops import BUCKETS, HISTOGRAMS, Aggregate, Groups, Measure

__all__ = ["Codes", "counted", "group_rows", "one_of", "read_by", "sums"]

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
DENSE = 1 << 20  # codes up to here are counted in a table
HALF = np.int64(32)


def counted(batch: Batch, aggregate: Aggregate) -> tuple[Batch, Codes] | None:
    """(one of the rows that are alike in what an aggregate reads, how many each stands for). None where something else
    than columns matters."""
    found = rows_alike(batch, read_by(aggregate), len(batch))
    if found is None:
        return None
    one, (at, which) = found
    return one, np.bincount(which, minlength=len(at))


def read_by(aggregate: Aggregate) -> list[Field]:
    """The fields of an aggregate."""
    measured = (measure.field for measure in aggregate.measures if measure.field is not None)
    return [*aggregate.keys, *measured]


def group_rows(batch: Batch, aggregate: Aggregate, context: Context, times: Codes | None = None) -> Groups:
    """The groups of a batch; each row stands for so many `times`, None: for itself. The keys are one row of each group;
    nothing is left over for `other`."""
    codes, groups = _codes(batch, aggregate.keys, context)
    first = np.zeros(groups, np.int64)
    first[codes[::-1]] = np.arange(len(batch) - 1, -1, -1)
    measures = {}
    for measure in aggregate.with_counts():
        values = _number(batch, measure.field, context) if measure.field is not None else None
        measures[measure] = _measured(measure, values, codes, times, groups)
    return Groups(batch.take(first), measures, {measure: found[:0] for measure, found in measures.items()})


def _codes(batch: Batch, keys: tuple[Field, ...], context: Context) -> tuple[Codes, int]:
    """(the number of each row's group, how many groups there are)."""
    codes, size = np.zeros(len(batch), np.int64), 1
    for key in keys:
        more, count = _dense(_codes_of(one_of(batch, key, context), context))
        codes, size = codes * count + more, size * count
        if size > DENSE:
            codes, size = _dense(codes)
    return _without_gaps(codes, size)


def _codes_of(vector: Vector, context: Context) -> Codes:
    """Numbers that are the same where the values are; a missing value is one of its own."""
    if vector.views is not None:
        return strings_of(context.state.strings, vector.views).astype(np.int64)
    values = vector.values.astype(np.int64)
    if vector.valid is None:
        return values
    distinct, places = np.unique(values, return_inverse=True)
    return np.where(vector.valid, places + 1, 0) if len(distinct) else places


def _dense(codes: Codes) -> tuple[Codes, int]:
    """The codes as numbers from 0 on, below the second number given."""
    if not len(codes):
        return codes, 1
    least, most = int(codes.min()), int(codes.max())
    if most - least < DENSE:
        return codes - least, most - least + 1
    distinct, places = np.unique(codes, return_inverse=True)
    return places, len(distinct)


def _without_gaps(codes: Codes, size: int) -> tuple[Codes, int]:
    there = np.zeros(size, np.bool_)
    there[codes] = True
    places = np.cumsum(there) - 1
    return places[codes], int(there.sum())


def one_of(batch: Batch, field: Field, context: Context) -> Vector:
    """The values of a field; the first of several."""
    found = value_of(field, batch, context)
    return found[0] if isinstance(found, tuple) else found


def _number(batch: Batch, field: Field, context: Context) -> tuple[Codes, Mask]:
    """(the values of a field, where there are any)."""
    vector = one_of(batch, field, context)
    there = vector.present()
    return np.where(there, vector.values, 0).astype(np.int64), there


def _measured(
    measure: Measure, values: tuple[Codes, Mask] | None, codes: Codes, times: Codes | None, groups: int
) -> Array:  # fmt: skip
    """One measure of all groups."""
    if values is None:
        return _counts(codes, times, groups)
    number, there = values
    if not there.all():
        codes, number, times = codes[there], number[there], None if times is None else times[there]
    if measure.kind == "count":
        return _counts(codes, times, groups)
    if measure.kind == "sum":
        return sums(number if times is None else number * times, codes, groups)
    if measure.kind in HISTOGRAMS:
        places = codes * BUCKETS + _buckets(number, measure.width)
        return _counts(places, times, groups * BUCKETS).reshape(groups, BUCKETS)
    found = np.zeros(groups, np.int64)
    found[codes] = number  # any of the group's values
    (np.minimum if measure.kind == "min" else np.maximum).at(found, codes, number)
    return found


def _counts(codes: Codes, times: Codes | None, size: int) -> Codes:
    """How many rows have each code."""
    return np.bincount(codes, times, size).astype(np.int64)


def sums(number: Codes, codes: Codes, groups: int) -> Codes:
    """The sum of the numbers of each group. Exact, unlike sums of floats: the halves of the numbers apart."""
    low = np.bincount(codes, (number & np.int64(0xFFFFFFFF)).astype(np.float64), groups).astype(np.int64)
    high = np.bincount(codes, (number >> HALF).astype(np.float64), groups).astype(np.int64)
    total: Codes = (high << HALF) + low
    return total


def _buckets(values: Codes, width: int) -> Codes:
    """The bucket of each value, as bpf/groups.h has them."""
    if width:
        places = np.minimum(values // width, BUCKETS - 2)
    else:
        places = np.frexp(np.maximum(values, 0).astype(np.longdouble))[1].astype(np.int64)
    return np.where(values < 0, BUCKETS - 1, places)
