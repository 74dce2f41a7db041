"""Rows that are alike in the columns of a question: it is answered once for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import numpy as np

from sonde.catalog.lookup import NUMBERS
from sonde.engines.batch import evaluate
from sonde.engines.compare import Mask
from sonde.engines.context import Context
from sonde.engines.fields import physical, pointing
from sonde.native.alike import Alike, alike
from sonde.plan.batch import Batch, Payloads
from sonde.plan.expr import Expr, Field, fields

__all__ = ["evaluate_alike", "rows_alike"]

ALWAYS = frozenset(("nr", "flags", "unknown"))  # what fields may read beside their columns
UNLIKE = frozenset(("num", "time", "seq", "latency"))  # of each row another one
FEW = 256  # rows that are not worth it
PART = 8  # of the rows may be different: with more of them nothing is won


def rows_alike(batch: Batch, asked: Iterable[Field], most: int) -> tuple[Batch, Alike] | None:
    """(one row of each kind, with the columns of these fields; which rows they are and which are like them). None where
    more than `most` are different, or something else than columns matters."""
    asked = list(asked)
    names = frozenset[str]().union(ALWAYS, *map(physical, asked)) & batch.columns.keys()
    if not most or batch.own or names & UNLIKE:
        return None
    if len(batch.payloads.row):
        reads = reduce(np.logical_or, map(pointing, asked), np.zeros(NUMBERS, np.bool_))
        if reads[batch.columns["nr"]].any():
            return None
    narrow = Batch({name: batch.columns[name] for name in sorted(names)}, Payloads.none(), batch.state)
    varied = [column for column in narrow.columns.values() if column.strides != (0,)]
    found = alike(varied, len(batch), most) if varied else _all_alike(len(batch))
    return None if found is None else (narrow.take(found[0]), found)


def evaluate_alike(expr: Expr, batch: Batch, context: Context) -> Mask:
    """`evaluate`, once for rows that are alike."""
    found = rows_alike(batch, fields(expr), len(batch) // PART if len(batch) >= FEW else 0)
    if found is None:
        return evaluate(expr, batch, context)
    one, (_, which) = found
    held = evaluate(expr, one, context)
    return np.full(len(batch), held[0]) if held.all() or not held.any() else held[which]


def _all_alike(rows: int) -> Alike:
    return np.zeros(1, np.int64), np.zeros(rows, np.uint32)
