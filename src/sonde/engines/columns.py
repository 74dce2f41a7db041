"""Columns as DuckDB takes them and rows as it gives them, without DuckDB itself, which is slow to load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.types import Kind
from sonde.engines.batch import value_of
from sonde.engines.context import Context
from sonde.plan.batch import Batch, Vector
from sonde.plan.expr import Field
from sonde.plan.strings import Strings

__all__ = ["Column", "Columns", "Rows", "column_of", "columns_of", "joined"]

Column = npt.NDArray[Any]
Columns = dict[str, Column]


class Rows(NamedTuple):
    """The answer of a statement: names of its columns, whether each is numeric, and the rows as Python values."""

    names: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: list[tuple[Any, ...]]


def columns_of(batch: Batch, fields: Sequence[Field], context: Context) -> Columns:
    """Some fields of a batch as DuckDB takes them: masked numbers, and texts as objects (None where missing)."""
    return {str(field): column_of(_one(value_of(field, batch, context)), context.state.strings) for field in fields}


def column_of(vector: Vector, strings: Strings) -> npt.NDArray[Any]:
    """A Vector as DuckDB takes it."""
    if vector.kind is Kind.STR:
        return strings.objects(vector.values.astype(np.uint32))
    if vector.views is not None:
        views = vector.views
        return np.array([None if (data := views[row]) is None else _text(data) for row in range(len(views))], object)
    return np.ma.masked_array(vector.values, mask=~vector.present())


def joined(parts: Sequence[Columns]) -> Columns:
    """The rows of several one after another."""
    put: Callable[..., npt.NDArray[Any]] = np.ma.concatenate
    return {name: put([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _one(found: Vector | tuple[Vector, ...]) -> Vector:
    return found[0] if isinstance(found, tuple) else found


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
