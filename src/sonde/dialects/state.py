"""`sonde TABLE CONDITIONS`: a table of state in few words, as the SELECT that they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sonde.catalog.column import Column
from sonde.catalog.state import STATE, USUAL
from sonde.catalog.types import Kind
from sonde.errors import UsageError, did_you_mean

__all__ = ["shorthand"]

_CONDITION = re.compile(r"\s*(\w+)\s*(!=|<=|>=|=|<|>|\b(?:contains|startswith|endswith)\b)\s*(.+?)\s*", re.DOTALL)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_NUMBER = re.compile(r"-?[0-9]{1,19}")
_TEXT = {"contains": "contains", "startswith": "starts_with", "endswith": "ends_with"}  # in DuckDB


def shorthand(table: str, words: Sequence[str]) -> str:
    """The statement: the usual columns of the rows for which all conditions hold. UsageError says what is wrong."""
    text = " ".join(words).strip()
    conditions = [_condition(table, part) for part in _AND.split(text)] if text else []
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    shown = USUAL[table]
    return f"SELECT {', '.join(shown)} FROM {table}{where} ORDER BY {', '.join(shown[:2])}"


def _condition(table: str, text: str) -> str:
    match = _CONDITION.fullmatch(text)
    if not match:
        example = f"sonde {table} {USUAL[table][0]}=..."
        raise UsageError(f"{text!r} is no condition of a column, as in {example}; sonde sql takes any other")
    name, operator, value = match.groups()
    columns = {column.name: column for column in STATE[table].columns}
    if name not in columns:
        raise UsageError(f"{table} has no column {name}{did_you_mean(name, columns) or ': ' + ', '.join(columns)}")
    value = _literal(columns[name], value)
    return f"{_TEXT[operator]}({name}, {value})" if operator in _TEXT else f"{name} {operator} {value}"


def _literal(column: Column, text: str) -> str:
    """A value as SQL writes it."""
    if column.type.kind is Kind.STR:
        quoted = _QUOTED.fullmatch(text)
        plain = next(part for part in quoted.groups() if part is not None) if quoted else text
        return "'" + plain.replace("'", "''") + "'"
    if not _NUMBER.fullmatch(text):
        raise UsageError(f"{column.name} is a number, and {text!r} is none")
    return text
