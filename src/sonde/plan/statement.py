"""A SELECT understood, without the tools that it takes to understand one: what a source and DuckDB are asked."""

from __future__ import annotations

from typing import NamedTuple

from sonde.plan.expr import Expr, Field
from sonde.plan.ops import Aggregate

__all__ = ["TABLE", "Grouped", "Output", "Statement"]

TABLE = "events"


class Output(NamedTuple):
    """A column of the answer: its name, and how a person reads it: "bytes", "duration" (ns), one of HISTOGRAMS (a list
    of BUCKETS counts) or "" (as it is). `width` is that of the buckets of a linear one."""

    name: str
    shape: str
    width: int = 0


class Statement(NamedTuple):
    """A SELECT over `events`, tables of state or both: `where` is for the source, `text` what DuckDB is told, over a
    table TABLE with a column for each of `fields`; `written` is what both were made from.

    `states` are the tables of state it asks, `columns` the names of all columns it mentions. `streams`: its answer can
    be given row by row as they come. `still`: it asks of no events. `kept`: DuckDB's text that keeps, with all fields,
    the rows that any more rows can change nothing about, where these are a few, the first in an order; else "".
    """

    written: str
    where: Expr
    text: str
    fields: tuple[Field, ...]
    outputs: tuple[Output, ...]
    states: tuple[str, ...]
    columns: tuple[str, ...]
    streams: bool
    still: bool
    kept: str


class Grouped(NamedTuple):
    """A statement for a source that aggregates: DuckDB's `text` goes over a table `events` whose columns are the fields
    of the keys, the measures by their `column`, and of a histogram one `bucket_column` for each bucket."""

    aggregate: Aggregate
    text: str
