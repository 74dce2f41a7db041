"""Parts of plans as JSON values, and back: what is kept in files must be data, never code."""

from __future__ import annotations

from typing import Any

from sonde.plan.expr import And, Call, Compare, Field, Literal, Not, Or
from sonde.plan.ops import Aggregate, Measure
from sonde.plan.statement import Grouped, Output, Statement

__all__ = ["packed", "unpacked"]

_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (Field, Literal, Call, Compare, And, Or, Not, Aggregate, Measure, Grouped, Output, Statement)
}
_BYTES = "bytes"


def packed(value: Any) -> Any:
    """A part of a plan as JSON takes it: an object with the name of its kind and its parts."""
    if isinstance(value, bytes):
        return {_BYTES: value.hex()}
    name = type(value).__name__
    if name in _KINDS:
        return {name: [packed(getattr(value, part)) for part in _KINDS[name].__match_args__]}
    return list(map(packed, value)) if isinstance(value, tuple) else value


def unpacked(data: Any) -> Any:
    """What `packed` was given. ValueError, TypeError or KeyError if it gave nothing like that."""
    if isinstance(data, list):
        return tuple(map(unpacked, data))
    if not isinstance(data, dict):
        return data
    [(name, parts)] = data.items()
    return bytes.fromhex(parts) if name == _BYTES else _KINDS[name](*map(unpacked, parts))
