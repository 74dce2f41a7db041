"""What is done with rows: aggregates over groups, as a source may compute them."""

from __future__ import annotations

from typing import NamedTuple

from sonde.plan.batch import Array, Batch
from sonde.plan.expr import Field

__all__ = ["BUCKETS", "HISTOGRAMS", "LINEAR", "MEASURES", "Aggregate", "Groups", "Measure", "bucket_column"]


# buckets of a histogram: of LOG2 by the bits of a value from 0 to 63, of LINEAR by how often its width fits, at most 63
# times; the last is for values below zero
BUCKETS = 65
MEASURES = ("count", "sum", "min", "max")
LOG2, LINEAR = HISTOGRAMS = ("log2_hist", "linear_hist")


class Measure(NamedTuple):
    """Something computed of the rows of a group: `kind` is one of MEASURES or HISTOGRAMS.

    `field` is None for the number of rows; a count of a field counts the rows that have it. `width` is that of the
    buckets of a linear histogram.
    """

    kind: str
    field: Field | None = None
    width: int = 0

    @property
    def column(self) -> str:
        """The name of its column in the table of groups."""
        return f"{self.kind}({'*' if self.field is None else self.field}{f', {self.width}' if self.width else ''})"


def bucket_column(measure: Measure, bucket: int) -> str:
    """The column of one bucket of a histogram."""
    return f"{measure.column}[{bucket}]"


class Aggregate(NamedTuple):
    """Rows put together by the values of some fields."""

    keys: tuple[Field, ...]
    measures: tuple[Measure, ...]

    def with_counts(self) -> list[Measure]:
        """The measures, the number of rows, and of each field how many rows have it."""
        counts = [Measure("count", measure.field) for measure in self.measures if measure.field is not None]
        return list(dict.fromkeys((Measure("count"), *self.measures, *counts)))


class Groups(NamedTuple):
    """The answer of a source: one row a group of `keys`, with its measures (of a histogram BUCKETS a row).

    Several rows may have the same values of the key fields: they are to be put together again. A measure of which a
    group had no value is 0 with `count(FIELD)` 0. `other` are the measures of groups for which there was no room.
    """

    keys: Batch
    measures: dict[Measure, Array]
    other: dict[Measure, Array]
