"""Where a filter may be true, and where false, of rows of which only some columns are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.engines.batch import evaluate
from sonde.engines.context import Context
from sonde.plan.batch import Batch
from sonde.plan.expr import And, Compare, Expr, Not

__all__ = ["bounds"]

Mask = npt.NDArray[np.bool_]


def bounds(expr: Expr, batch: Batch, decided: Callable[[Compare], bool]) -> tuple[Mask, Mask]:
    """(rows for which the filter may be true, rows for which it may be false); `decided`: does a comparison depend on
    nothing but the columns that the batch has?"""
    if isinstance(expr, Compare):
        if decided(expr):
            holds = evaluate(expr, batch, Context(batch.state))
            return holds, ~holds
        return np.ones(len(batch), np.bool_), np.ones(len(batch), np.bool_)
    if isinstance(expr, Not):
        return bounds(expr.item, batch, decided)[::-1]
    parts = [bounds(item, batch, decided) for item in expr.items]
    true = np.array([part[0] for part in parts], np.bool_).reshape(-1, len(batch))
    false = np.array([part[1] for part in parts], np.bool_).reshape(-1, len(batch))
    every, some = np.logical_and.reduce, np.logical_or.reduce
    return (every(true), some(false)) if isinstance(expr, And) else (some(true), every(false))
