"""Rows of an answer as an aligned table, as JSON objects or as CSV."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sonde.native.escape import printable
from sonde.render.histogram import histogram

__all__ = ["Tables", "csv_rows", "duration", "json_rows", "size"]

Row = Sequence[Any]
GAP = "  "
WIDEST = 120  # characters of a text before it is cut
LEAST = 8  # columns of a table whose later rows are not known yet
HISTOGRAMS = ("log2_hist", "linear_hist")


class Tables:
    """Prints the tables of one question; `shapes` are those of its columns: how a person reads them."""

    def __init__(self, shapes: Sequence[str], bucket_widths: Sequence[int] = ()) -> None:
        self._shapes, self._buckets = shapes, bucket_widths or [0] * len(shapes)
        self._widths: list[int] = []

    def whole(self, names: Sequence[str], numeric: Sequence[bool], rows: Sequence[Row]) -> str:
        """A header and the rows; histograms are drawn below the values they belong to."""
        if any(shape in HISTOGRAMS for shape in self._shapes):
            return "\n".join(self._drawn(names, row) for row in rows)
        cells = [[_safe(name) for name in names], *self._cells(rows)]
        return _lines(cells, numeric, [max(map(_width, column)) for column in zip(*cells, strict=True)])

    def more(self, names: Sequence[str], numeric: Sequence[bool], rows: Sequence[Row]) -> str:
        """More rows of a table without end: the header comes with the first ones, columns only become wider."""
        cells = self._cells(rows)
        header = [] if self._widths else [[_safe(name) for name in names]]
        if not cells:
            return ""
        before = self._widths or [LEAST] * len(names)
        columns = zip(*header, *cells, strict=True)
        self._widths = [max(width, *map(_width, column)) for width, column in zip(before, columns, strict=True)]
        return _lines([*header, *cells], numeric, self._widths)

    def _cells(self, rows: Iterable[Row]) -> list[list[str]]:
        writers = [_WRITERS.get(shape, _cell) for shape in self._shapes]
        return [[_NOTHING if v is None else write(v) for write, v in zip(writers, row, strict=True)] for row in rows]

    def _drawn(self, names: Sequence[str], row: Row) -> str:
        shaped = list(zip(names, self._shapes, self._buckets, row, strict=True))
        plain = ", ".join(f"{name} = {_cell(value)}" for name, shape, _, value in shaped if shape not in HISTOGRAMS)
        drawn = [(name, histogram(value, width)) for name, shape, width, value in shaped if shape in HISTOGRAMS]
        return "\n".join(f"{name}: {plain}\n{bars}" if plain else f"{name}\n{bars}" for name, bars in drawn)


def json_rows(names: Sequence[str], rows: Sequence[Row]) -> str:
    """One object a row, keys in the order of the columns."""
    return "".join(json.dumps(dict(zip(names, row, strict=True)), default=str) + "\n" for row in rows)


def csv_rows(names: Sequence[str], rows: Sequence[Row], header: bool = True) -> str:
    """Comma-separated values (RFC 4180); a missing value is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([names, *rows] if header else rows)
    return out.getvalue()


def size(count: float) -> str:
    """Bytes with a unit, as sysdig's tables have it: 512B, 1.50KB, 2.00MB."""
    return _scaled(count, ("B", "KB", "MB", "GB", "TB"), 1024.0, 0)


def duration(ns: float) -> str:
    """Nanoseconds with a unit: 950ns, 3.37us, 1.20ms, 2.50s."""
    return _scaled(ns, ("ns", "us", "ms", "s"), 1000.0, 0)


def _scaled(number: float, units: Sequence[str], step: float, at: int) -> str:
    value = float(number)
    while abs(value) >= step and at < len(units) - 1:
        value, at = value / step, at + 1
    return f"{value:.0f}{units[0]}" if at == 0 else f"{value:.2f}{units[at]}"


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 1e15 else f"{value:g}"
    if isinstance(value, int):
        return str(value)
    text = _safe(str(value))
    return text if len(text) <= WIDEST else text[: WIDEST - 3] + "..."


_NOTHING = "<NA>"
_WRITERS: dict[str, Callable[[Any], str]] = {"bytes": size, "duration": duration}


def _lines(cells: Sequence[Sequence[str]], numeric: Sequence[bool], widths: Sequence[int]) -> str:
    """Rows of cells, numbers to the right."""
    lines = [GAP.join(map(_padded, row, widths, numeric)).rstrip() for row in cells]
    return "".join(f"{line}\n" for line in lines)


def _safe(text: str) -> str:
    """Nothing in it can steer the terminal."""
    return printable(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")


def _width(text: str) -> int:
    """Columns on a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
