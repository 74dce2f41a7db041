"""Groups of many batches put together by the ids of their keys: texts are made of what is left at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sonde.catalog.types import Kind
from sonde.engines.columns import Columns, column_of
from sonde.engines.context import Context, string
from sonde.engines.fields import physical
from sonde.engines.group import Codes, counted, group_rows, one_of, read_by, sums
from sonde.engines.payload import strings_of
from sonde.native.alike import alike_all
from sonde.plan.batch import Array, Batch, Payloads, Vector
from sonde.plan.expr import Field
from sonde.plan.ops import BUCKETS, HISTOGRAMS, Aggregate, Measure, bucket_column

__all__ = ["Gathered", "columns_of_measure"]

Which = npt.NDArray[np.int64]
Measures = dict[Measure, Array]
CHANGING = frozenset(("proc", "pid", "tid"))  # columns that lead to what changes: who is whose parent


class Gathered:
    """Groups of the rows of batches of one state; there are `rows` of them, those with the same keys one after
    `put_together`.

    Rows that are alike wait, one for all of them, if their fields say the same later: what a field takes for each batch
    and each text is then done once for many.
    """

    def __init__(self, aggregate: Aggregate) -> None:
        self.aggregate = aggregate
        self._parts: list[tuple[list[Vector], Measures]] = []
        self._waiting: list[tuple[Batch, Codes]] = []
        self._context: Context  # of the rows so far
        self._waits = all(map(_lasts, read_by(aggregate)))
        self.rows = 0

    def add(self, batch: Batch, context: Context) -> None:
        """Rows of the state that `context` is about."""
        self._context = context
        found = counted(batch, self.aggregate)
        if found is None or not self._waits:
            one, times = found or (batch, None)
            self._group(one, times)
            return
        if self._waiting and self._waiting[0][0].columns.keys() != found[0].columns.keys():
            self._take_waiting()
        self._waiting.append(found)
        self.rows += len(found[0])

    def _group(self, batch: Batch, times: Codes | None) -> None:
        context = self._context
        groups = group_rows(batch, self.aggregate, context, times)
        keys = [_numbers(one_of(groups.keys, key, context), context) for key in self.aggregate.keys]
        self._parts.append((keys, groups.measures))
        self.rows += len(groups.keys)

    def _take_waiting(self) -> None:
        """Make groups of the rows that wait."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            batches, times = zip(*waiting, strict=True)
            columns = {name: np.concatenate([one.columns[name] for one in batches]) for name in batches[0].columns}
            batch = Batch(columns, Payloads.none(), batches[0].state)
            self.rows -= len(batch)
            self._group(batch, np.concatenate(times))

    def put_together(self) -> None:
        """One group of all that have the same keys."""
        self._take_waiting()
        keys = [_joined(vectors) for vectors in zip(*(part[0] for part in self._parts), strict=True)]
        first, which = np.zeros(1, np.int64), np.zeros(self.rows, np.int64)
        if keys:
            first, kinds = alike_all([words for key in keys for words in _words(key)], self.rows)
            which = kinds.astype(np.int64)
        joined = {
            measure: np.concatenate([measures[measure] for _, measures in self._parts])
            for measure in self._parts[0][1]
        }  # fmt: skip
        measures = {measure: _measured(measure, joined, which, len(first)) for measure in joined}
        self._parts, self.rows = [([key.take(first) for key in keys], measures)], len(first)

    def columns(self) -> Columns:
        """All of them as a table: the keys, and of each measure its columns."""
        self.put_together()
        keys, measures = self._parts[0]
        strings = self._context.state.strings
        columns = {str(field): column_of(key, strings) for field, key in zip(self.aggregate.keys, keys, strict=True)}
        for measure, values in measures.items():
            columns |= columns_of_measure(measure, values)
        return columns


def _lasts(field: Field) -> bool:
    """Does a field of a row say the same later? Records of files never change, nor where a process was."""
    return field.name.startswith("fd.") or not CHANGING & physical(field)


def columns_of_measure(measure: Measure, values: Array) -> Columns:
    """A measure as it stands in a table: of a histogram a column for each bucket."""
    if measure.kind in HISTOGRAMS:
        return {bucket_column(measure, i): values[:, i] for i in range(BUCKETS)}
    return {measure.column: values}


def _numbers(vector: Vector, context: Context) -> Vector:
    """Slices of bytes as ids of their texts."""
    return vector if vector.views is None else string(strings_of(context.state.strings, vector.views))


def _joined(vectors: tuple[Vector, ...]) -> Vector:
    values = np.concatenate([vector.values for vector in vectors])
    valid = None
    if any(vector.valid is not None for vector in vectors):
        valid = np.concatenate([vector.present() for vector in vectors])
    return Vector(vectors[0].kind, values, valid)


def _words(vector: Vector) -> list[npt.NDArray[Any]]:
    """Whole numbers that are the same where the values are."""
    values = vector.values if vector.kind is not Kind.STR else vector.values.astype(np.uint32, copy=False)
    if vector.valid is None:
        return [_whole(values)]
    return [_whole(np.where(vector.valid, values, np.zeros(1, values.dtype))), vector.valid]


def _whole(values: Array) -> npt.NDArray[Any]:
    return values if values.dtype.kind in "iub" else values.view(f"u{values.dtype.itemsize}")


def _measured(measure: Measure, joined: Measures, which: Which, groups: int) -> Array:
    """A measure of groups that were put together."""
    values = joined[measure].astype(np.int64, copy=False)
    if measure.kind in HISTOGRAMS:
        buckets = np.zeros((groups, BUCKETS), np.int64)
        np.add.at(buckets, which, values)
        return buckets
    if measure.kind not in ("min", "max"):
        return sums(values, which, groups)
    there = joined[Measure("count", measure.field)].astype(np.int64) > 0  # the others have no extremes
    out = np.zeros(groups, np.int64)
    out[which[there]] = values[there]  # any of the group's values
    (np.minimum if measure.kind == "min" else np.maximum).at(out, which[there], values[there])
    return out
