"""What of a filter a source can do.

Each conjunct goes as far down as it can; what is not exact is applied again above.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sonde.plan.expr import TRUE, And, Compare, Expr
from sonde.plan.rewrites import rewrite, weaken

__all__ = ["Part", "Pushdown", "push"]

# None: the source cannot decide the comparison; else whether its verdict is exact.
Accepts = Callable[[Compare], bool | None]


class Part(NamedTuple):
    """One conjunct: what the source gets of it (TRUE: nothing), whether that is `whole`, and whether it settles it: a
    whole one is not `exact` when the source may not know."""

    conjunct: Expr
    pushed: Expr
    exact: bool
    whole: bool


class Pushdown(NamedTuple):
    """A filter taken apart: `pushed`, which follows from it, for the source; `rest`, with which it is whole, above."""

    parts: tuple[Part, ...]
    pushed: Expr
    rest: Expr


def push(expr: Expr, accepts: Accepts) -> Pushdown:
    """Split a rewritten filter."""
    conjuncts = expr.items if isinstance(expr, And) else (expr,)
    parts = tuple(_part(conjunct, accepts) for conjunct in conjuncts if conjunct != TRUE)
    pushed = rewrite(And(tuple(part.pushed for part in parts)))
    rest = rewrite(And(tuple(part.conjunct for part in parts if not part.exact)))
    return Pushdown(parts, pushed, rest)


def _part(conjunct: Expr, accepts: Accepts) -> Part:
    certain = True

    def taken(leaf: Compare) -> bool:
        nonlocal certain
        verdict = accepts(leaf)
        certain = certain and verdict is True
        return verdict is not None

    pushed, whole = weaken(conjunct, taken)
    return Part(conjunct, pushed, whole and certain, whole)
