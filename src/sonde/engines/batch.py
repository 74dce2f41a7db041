"""Expressions over batches: two-valued, lazily, each comparison only on the rows that still depend on it."""

from __future__ import annotations

import re
from functools import reduce

import numpy as np
import numpy.typing as npt

from sonde.catalog.types import Type
from sonde.engines.compare import Mask, compare, compare_vectors
from sonde.engines.context import Context, number, string
from sonde.engines.fields import column, derive, physical, points_at
from sonde.engines.transformers import transform
from sonde.plan.batch import Batch, Payloads, Vector
from sonde.plan.expr import And, Compare, Expr, Field, Literal, Not, Scalar, Value

__all__ = ["evaluate", "filter_batch", "value_of"]

Rows = npt.NDArray[np.int64]
Values = Vector | tuple[Vector, ...]

# of the row before: to be derived from the whole batch
_WHOLE = ("evt.deltatime", "evt.deltatime.s", "evt.deltatime.ns")
_NUMBER = re.compile(r"-?(0[xX][0-9a-fA-F]+|[0-9]+)")


def filter_batch(batch: Batch, expr: Expr, context: Context) -> Batch:
    """The rows for which the expression is true."""
    mask = evaluate(expr, batch, context)
    return batch if mask.all() else batch.take(np.flatnonzero(mask))


def evaluate(expr: Expr, batch: Batch, context: Context) -> Mask:
    """Where the expression is true. A comparison with a missing value is false, so its `not` is true."""
    return _evaluate(expr, batch, np.arange(len(batch)), context)


def value_of(value: Value, batch: Batch, context: Context) -> Values:
    """The values of a field, constant or transformer for all rows; several Vectors as `derive` gives."""
    return _value(value, batch, np.arange(len(batch)), context)


def _evaluate(expr: Expr, batch: Batch, rows: Rows, context: Context) -> Mask:
    """The verdicts of some rows."""
    if not len(rows):
        return np.zeros(0, np.bool_)
    if isinstance(expr, Compare):
        return _compare(expr, batch, rows, context)
    if isinstance(expr, Not):
        return ~_evaluate(expr.item, batch, rows, context)
    decided = not isinstance(expr, And)  # the verdict that ends the search: true for Or, false for And
    out = np.full(len(rows), not decided)
    open_rows = np.arange(len(rows))
    for item in expr.items:
        held = _evaluate(item, batch, rows[open_rows], context)
        out[open_rows[held == decided]] = decided
        open_rows = open_rows[held != decided]
    return out


def _compare(leaf: Compare, batch: Batch, rows: Rows, context: Context) -> Mask:
    if isinstance(leaf.left, Field) and leaf.left.name == "evt.arg" and (numeric := _numeric(leaf)):
        return _compare_argument(leaf, numeric, batch, rows, context)
    left = _value(leaf.left, batch, rows, context)
    ends = left if isinstance(left, tuple) else (left,)
    kind = _type(leaf.left)
    held = [_compare_one(leaf, end, kind, batch, rows, context) for end in ends]
    if leaf.operator != "!=" or len(ends) == 1:
        return reduce(np.logical_or, held)
    # both ends, every ancestor differs: of those that are there, at least one
    differs = [mask | ~end.present() for mask, end in zip(held, ends, strict=True)]
    return reduce(np.logical_and, differs) & reduce(np.logical_or, [end.present() for end in ends])


def _compare_one(leaf: Compare, left: Vector, kind: Type | None, batch: Batch, rows: Rows, context: Context) -> Mask:
    right = leaf.right if isinstance(leaf.right, tuple) else (leaf.right,)
    if all(isinstance(value, Literal) for value in right):
        constants = tuple(value.value for value in right if isinstance(value, Literal))
        many = isinstance(leaf.right, tuple)
        return compare(left, leaf.operator, constants if many else constants[0], kind, context.state)
    out = np.zeros(len(rows), np.bool_)
    for value in right:
        other = _value(value, batch, rows, context)
        for end in other if isinstance(other, tuple) else (other,):
            out |= compare_vectors(left, leaf.operator, end, context.state)
    return out


def _type(value: Value) -> Type | None:
    return column(value).type if isinstance(value, Field) else None


def _value(value: Value, batch: Batch, rows: Rows, context: Context) -> Values:
    if isinstance(value, Field):
        return _field(value, batch, rows, context)
    if isinstance(value, Literal):
        return _constant(value.value, len(rows), context)
    arguments = [_value(argument, batch, rows, context) for argument in value.arguments]
    return transform(value.function, arguments, context.state, len(rows))


def _constant(value: Scalar, rows: int, context: Context) -> Vector:
    if isinstance(value, (bool, int, float)):
        return number(np.full(rows, value))
    text = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    return string(np.full(rows, context.state.strings.intern(text)))


def _field(field: Field, batch: Batch, rows: Rows, context: Context) -> Values:
    if field.name not in _WHOLE:
        return derive(_narrow(field, batch, rows), field, context)
    whole = derive(batch, field, context)
    assert isinstance(whole, Vector)
    return whole.take(rows)


def _narrow(field: Field, batch: Batch, rows: Rows) -> Batch:
    """Only the rows, columns and payloads the field needs."""
    if len(rows) == len(batch):
        return batch
    if batch.own:
        return batch.take(rows)
    needed = (physical(field) | {"unknown"}) & batch.columns.keys() or {next(iter(batch.columns))}
    payloads = batch.payloads.take(rows, len(batch)) if points_at(field) else Payloads.none()
    return Batch({name: batch.columns[name][rows] for name in sorted(needed)}, payloads, batch.state)


def _numeric(leaf: Compare) -> tuple[Scalar, ...]:
    """The constants as numbers if all of them are, else (): `evt.arg.fd = 3`, `evt.arg.mode = 0644`."""
    right = leaf.right if isinstance(leaf.right, tuple) else (leaf.right,)
    if leaf.operator not in ("=", "!=", "<", "<=", ">", ">=", "in", "intersects"):
        return ()
    numbers = [_number(value.value) for value in right if isinstance(value, Literal)]
    found = tuple(n for n in numbers if n is not None)
    return found if len(found) == len(right) else ()


def _number(value: Scalar) -> int | None:
    if isinstance(value, int):
        return int(value)
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return None
    digits = value.lstrip("-")
    octal = digits.startswith("0") and not set(digits) & set("89")
    return int(value, 16 if "x" in digits.lower() else 8 if octal else 10)


def _compare_argument(leaf: Compare, numbers: tuple[Scalar, ...], batch: Batch, rows: Rows, context: Context) -> Mask:
    """An argument against numbers: by its number where it has one, else by its text."""
    assert isinstance(leaf.left, Field)
    narrow = _narrow(leaf.left, batch, rows)
    words = derive(narrow, Field("evt.rawarg", leaf.left.argument), context)
    texts = derive(narrow, leaf.left, context)
    assert isinstance(words, Vector) and isinstance(texts, Vector)
    right = numbers if isinstance(leaf.right, tuple) else numbers[0]
    by_number = compare(words, leaf.operator, right, None, context.state)
    by_text = _compare_one(leaf, texts, None, batch, rows, context)
    return np.where(words.present(), by_number, by_text)
