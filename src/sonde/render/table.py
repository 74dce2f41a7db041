"""Rows of an answer as an aligned table, as JSON objects or as CSV."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Sequence
from typing import Any

from sonde.native.escape import printable

__all__ = ["csv_rows", "json_rows", "table"]

GAP = "  "
WIDEST = 120  # characters of a text before it is cut


def table(names: Sequence[str], numeric: Sequence[bool], rows: Sequence[Sequence[Any]]) -> str:
    """A header and the rows, numbers to the right; nothing in a text can steer the terminal."""
    cells = [[_cell(value) for value in row] for row in rows]
    columns = [[_safe(name), *(row[i] for row in cells)] for i, name in enumerate(names)]
    widths = [max(map(_width, column)) for column in columns]
    lines = []
    for row in zip(*columns, strict=True):
        padded = [_padded(text, width, right) for text, width, right in zip(row, widths, numeric, strict=True)]
        lines.append(GAP.join(padded).rstrip())
    return "".join(f"{line}\n" for line in lines)


def json_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """One object a row, keys in the order of the columns."""
    return "".join(json.dumps(dict(zip(names, row, strict=True)), default=str) + "\n" for row in rows)


def csv_rows(names: Sequence[str], rows: Sequence[Sequence[Any]], header: bool = True) -> str:
    """Comma-separated values (RFC 4180); a missing value is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([names, *rows] if header else rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return "<NA>"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 1e15 else f"{value:g}"
    if isinstance(value, int):
        return str(value)
    text = _safe(str(value))
    return text if len(text) <= WIDEST else text[: WIDEST - 3] + "..."


def _safe(text: str) -> str:
    return printable(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")


def _width(text: str) -> int:
    """Columns on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
