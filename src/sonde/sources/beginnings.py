"""What is said of a filter on data, of which sources have the beginning: what it does not find may still be there."""

from __future__ import annotations

from collections.abc import Iterable

from sonde.plan.expr import Expr, fields

__all__ = ["beginnings"]


def beginnings(asked: Iterable[Expr], size: int, why: str) -> list[str]:
    """One line if buffers are asked about, of which the first `size` bytes are there."""
    if all(field.name != "evt.buffer" for expr in asked for field in fields(expr)):
        return []
    return [f"the filter saw the first {size:,} bytes of each buffer{why}"]
