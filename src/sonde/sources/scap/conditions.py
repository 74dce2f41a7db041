"""The conditions of a filter over events of a .scap file: what needs least is asked first, and of few events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from sonde.engines.batch import evaluate
from sonde.engines.compare import Mask
from sonde.engines.context import Context
from sonde.engines.fields import physical, points_at
from sonde.plan.expr import And, Expr, fields
from sonde.sources.scap.call_rows import CallRows
from sonde.sources.scap.operations import OWN
from sonde.sources.scap.rows import KINDS, EventRows

__all__ = ["Condition", "columns_of", "conditions_of", "passing"]

Rows = TypeVar("Rows", EventRows, CallRows)

# they depend on nothing but the kind of the event
_OF_KINDS = frozenset((
    "evt.type", "syscall.type", "evt.type.is", "evt.dir", "evt.is_io", "evt.is_io_read", "evt.is_io_write",
    "evt.io_dir", "evt.is_wait",
))  # fmt: skip
_OPEN = 2  # not decided yet


def columns_of(expr: Expr) -> frozenset[str]:
    """The columns that a condition needs."""
    return frozenset[str]().union(*map(physical, fields(expr)))


def conditions_of(expr: Expr) -> list[Condition]:
    """The conditions of a filter, those first that need least."""
    return sorted(map(Condition, expr.items if isinstance(expr, And) else (expr,)), key=Condition.cost)


def passing(conditions: Iterable[Condition], rows: Rows, context: Context) -> Rows:
    """The rows that pass, by conditions in their order."""
    for condition in conditions:
        rows = rows.take(np.flatnonzero(condition.held(rows, context)))
    return rows


class Condition:
    """One condition; that on the kind of an event is decided once for each kind."""

    def __init__(self, expr: Expr) -> None:
        self._expr, self._columns = expr, columns_of(expr)
        self.of_kinds = all(field.name in _OF_KINDS for field in fields(expr))
        self._pointed = any(points_at(field) and field.name not in OWN for field in fields(expr))
        self._verdicts = np.full(KINDS if self.of_kinds else 0, _OPEN, np.uint8)

    def cost(self) -> tuple[bool, bool, bool, bool]:
        """What it needs: values that are pointed at, files, processes, more than the kind."""
        pointed = any(map(points_at, fields(self._expr)))
        return pointed, "file" in self._columns, bool(self._columns & {"proc", "pid"}), not self.of_kinds

    def held(self, rows: EventRows | CallRows, context: Context) -> Mask:
        """Which rows it is true of."""
        if not self.of_kinds:
            return evaluate(self._expr, rows.batch(self._columns, self._pointed), context)
        kinds = rows.kinds()
        verdicts = self._verdicts[kinds]
        unknown = np.flatnonzero(verdicts == _OPEN)
        if len(unknown):
            new, first = np.unique(kinds[unknown], return_index=True)
            some = rows.take(unknown[first]).batch(self._columns)
            self._verdicts[new] = evaluate(self._expr, some, context)
            verdicts = self._verdicts[kinds]
        held: Mask = verdicts != 0
        return held
