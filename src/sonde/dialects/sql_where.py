"""WHERE in terms of the filter language: three-valued logic lowered to two values.

NOT is pushed to the comparisons, each of which is false, negated or not, where a value is missing: so a row is kept
exactly where SQL's condition is true.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from sqlglot import exp

from sonde.catalog.events import FIELDS
from sonde.catalog.types import BOOL, Kind, Type
from sonde.dialects.values import EVENT_NAMES, convert
from sonde.plan.expr import And, Compare, Expr, Field, Literal, Not, Or

__all__ = ["lower"]

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


# parts of a condition that are looked at
_PLAIN = frozenset(("this", "expression", "expressions", "low", "high", "negate", "table", "db", "quoted", "is_string"))


def lower(node: exp.Expr, negated: bool = False) -> Expr | None:
    """The expression that is true exactly where the condition (negated: its NOT) is; None if there is none."""
    if isinstance(node, exp.Paren):
        return lower(node.this, negated)
    if isinstance(node, exp.Not):
        return lower(node.this, not negated)
    if isinstance(node, exp.And | exp.Or):
        left, right = lower(node.left, negated), lower(node.right, negated)
        if left is None or right is None:
            return None
        return (And if isinstance(node, exp.And) != negated else Or)((left, right))
    if isinstance(node, exp.Boolean):
        return (Or if node.this == negated else And)(())
    return _comparison(node, negated)


def _comparison(node: exp.Expr, negated: bool) -> Expr | None:
    if any(value for name, value in node.args.items() if name not in _PLAIN and value):
        return None  # a clause of it that is not known here
    if type(node) in _OPERATORS:
        return _ordered(node, negated)
    if isinstance(node, exp.Column):
        field = _field(node)
        return _compare("=", field, str(not negated)) if field and _type(field) is BOOL else None
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return _exists(node.this, negated)
    if isinstance(node, exp.Between):
        low, high = (
            exp.GTE(this=node.this, expression=node.args["low"]),
            exp.LTE(this=node.this, expression=node.args["high"]),
        )
        return lower(exp.And(this=low, expression=high), negated)
    if isinstance(node, exp.In) and node.expressions:
        return _in(node, negated)
    if isinstance(node, exp.Like | exp.Glob | exp.StartsWith | exp.Contains | exp.ArrayContains):
        return _text(node, negated != bool(node.args.get("negate")))
    return None


def _ordered(node: exp.Expr, negated: bool) -> Expr | None:
    assert isinstance(node, exp.Binary)
    operator, left, right = _OPERATORS[type(node)], node.left, node.right
    if isinstance(right, exp.Column):
        operator, left, right = _FLIPPED[operator], right, left
    field, value = _field(left), _value(right)
    if field is None or value is None:
        return None
    return _compare(_OPPOSITE[operator] if negated else operator, field, value)


def _exists(node: exp.Expr, negated: bool) -> Expr | None:
    field = _field(node)
    if field is None or FIELDS[field.name].either:
        return None
    there = Compare("exists", field, ())
    return there if negated else Not(there)


def _in(node: exp.In, negated: bool) -> Expr | None:
    field, values = _field(node.this), [_value(item) for item in node.expressions]
    if field is None:
        return None
    items = [None if value is None else _compare("!=" if negated else "=", field, value) for value in values]
    found = tuple(item for item in items if item is not None)
    return (And if negated else Or)(found) if len(found) == len(values) else None


def _text(node: exp.Expr, negated: bool) -> Expr | None:
    field, pattern = _field(node.this), _value(node.expression)
    if field is None or pattern is None or _type(field).kind not in (Kind.STR, Kind.BYTES) or FIELDS[field.name].either:
        return None
    if isinstance(node, exp.Like):
        found = _like(pattern)
        if found is None:
            return None
        operator, pattern = found
    else:
        operator = (
            "glob" if isinstance(node, exp.Glob) else "startswith" if isinstance(node, exp.StartsWith) else "contains"
        )
    test = Compare(operator, field, Literal(pattern))
    return And((Compare("exists", field, ()), Not(test))) if negated else test


def _like(pattern: str) -> tuple[str, str] | None:
    """LIKE as an operator of the filter language, if it is one."""
    inner = pattern.strip("%")
    if "%" in inner or "_" in pattern or "\\" in pattern or not inner:
        return None
    start, end = not pattern.startswith("%"), not pattern.endswith("%")
    return {(True, True): "=", (True, False): "startswith", (False, True): "endswith", (False, False): "contains"}[
        start, end
    ], inner


def _compare(operator: str, field: Field, text: str) -> Expr | None:
    """A comparison with a constant as written; event names are exact, without their families."""
    kind = _type(field)
    if operator not in kind.operators:
        return None
    try:
        value = convert(text, kind, operator)
    except ValueError:
        return None
    if field.name in EVENT_NAMES and operator in ("=", "!="):
        named = Compare("glob", field, Literal(value))
        return Not(named) if operator == "!=" else named
    return Compare(operator, field, Literal(value))


def _field(node: exp.Expr) -> Field | None:
    found = node.meta.get("field") if isinstance(node, exp.Column) else None
    return found if isinstance(found, Field) and FIELDS[found.name].filterable else None


def _type(field: Field) -> Type:
    return FIELDS[field.name].type


def _value(node: exp.Expr) -> str | None:
    """A constant as text: numbers as whole ones, strings as they are."""
    sign = ""
    if isinstance(node, exp.Neg):
        sign, node = "-", node.this
    if isinstance(node, exp.Boolean):
        return str(node.this).lower()
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return None if sign else str(node.this)
    try:
        number = Decimal(str(node.this))
    except InvalidOperation:
        return None
    return f"{sign}{int(number)}" if number == int(number) else None
