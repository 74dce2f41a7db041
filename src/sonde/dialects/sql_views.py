"""Views in statements: the table becomes the SELECT over events that makes it, the source is asked for its events."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp

from sonde.catalog.events import FIELDS
from sonde.catalog.lookup import NAMES
from sonde.catalog.views import VIEWS, View
from sonde.dialects.filter import parse
from sonde.dialects.lexer import Scanner
from sonde.dialects.operands import field as read_field
from sonde.plan.expr import Compare, Expr, Field, Literal, Or

__all__ = ["events_of", "fields_of", "made_of_events", "view_of"]

_QUOTED = re.compile(r'"([a-z]+\.[^"]+)"')


def view_of(table: exp.Table) -> View | None:
    """The view that a table is, None for others."""
    return VIEWS.get(table.name.lower()) if not table.db else None


def events_of(view: View) -> Expr:
    """The filter for the events that a view is made of."""
    calls = parse(view.filter)
    if view.tracepoint not in NAMES:
        return calls
    return Or((calls, Compare("=", Field("evt.type"), Literal(view.tracepoint))))


def fields_of(view: View) -> tuple[Field, ...]:
    """The fields of events that a view is made of."""
    found = []
    for name in dict.fromkeys(_QUOTED.findall(view.text)):
        operand = read_field(Scanner(name), FIELDS)
        assert operand is not None and isinstance(operand.value, Field)
        found.append(operand.value)
    return tuple(found)


def made_of_events(table: exp.Table, view: View, fields: tuple[Field, ...], dialect: str) -> exp.Expr:
    """The SELECT that stands in the place of the table, with some fields of its events."""
    names = ", ".join(f'"{field}"' for field in fields) or "1 AS one"
    made = sqlglot.parse_one(view.text.format(fields=names), read=dialect)
    assert isinstance(made, exp.Select)
    return made.subquery(table.alias_or_name)
