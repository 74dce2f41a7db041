"""Transformers of filters and formats (tolower basename join getopt ...), once for each distinct string."""

from __future__ import annotations

import binascii
from collections.abc import Callable, Sequence

import numpy as np

from sonde.catalog.types import Kind
from sonde.engines.context import missing, number, string
from sonde.plan.batch import Vector
from sonde.plan.state import State
from sonde.plan.strings import Ids, Strings, distinct

__all__ = ["as_ids", "as_texts", "transform"]

Values = Vector | tuple[Vector, ...]
OPTIONS = 16  # values of getopt() that a filter can see


def as_texts(vector: Vector, strings: Strings) -> list[bytes | None]:
    """Each row's value as text, None where missing; numbers in decimal."""
    present = vector.present().tolist()
    if vector.kind is Kind.STR:
        return [strings[i] if i else None for i in vector.values.tolist()]
    if vector.kind is Kind.BYTES:
        views = vector.views
        assert views is not None
        data, starts = views.data.tobytes(), views.offset.tolist()
        return [data[s : s + n] if n >= 0 else None for s, n in zip(starts, views.length.tolist(), strict=True)]
    numbers = zip(vector.values.tolist(), present, strict=True)
    return [str(value).lower().encode() if there else None for value, there in numbers]


def as_ids(vector: Vector, strings: Strings) -> Ids:
    """Each row's value as string id."""
    if vector.kind is Kind.STR:
        return vector.values.astype(np.uint32)
    texts = as_texts(vector, strings)
    return np.fromiter((0 if t is None else strings.intern(t) for t in texts), np.uint32, len(texts))


def _decoded(text: bytes) -> bytes | None:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None


_MAPS: dict[str, Callable[[bytes], bytes | None]] = {
    "tolower": bytes.lower,
    "toupper": bytes.upper,
    "b64": _decoded,
    "basename": lambda path: path.rpartition(b"/")[2],
}


def transform(function: str, arguments: Sequence[Values], state: State, rows: int) -> Values:
    """The transformer's value for each row, missing where an argument is; each of several values is changed."""
    strings = state.strings
    if function in _MAPS:
        return _each(arguments[0], lambda v: string(strings.map(as_ids(v, strings), function, _MAPS[function])))
    if function == "len":
        return _each(arguments[0], lambda v: _length(v, strings))
    flat = [v for a in arguments for v in (a if isinstance(a, tuple) else (a,))]
    columns = [as_ids(v, strings) for v in flat]
    if function == "getopt":
        return _options(columns[:-1], columns[-1], strings, rows)
    separated = function == "join"
    return _joined(columns[1:] if separated else columns, columns[0] if separated else None, strings)


def _each(values: Values, change: Callable[[Vector], Vector]) -> Values:
    return tuple(change(v) for v in values) if isinstance(values, tuple) else change(values)


def _length(vector: Vector, strings: Strings) -> Vector:
    if vector.kind is Kind.BYTES:
        assert vector.views is not None
        return number(np.maximum(vector.views.length, 0).astype(np.int64), vector.present())
    ids = as_ids(vector, strings)
    return number(np.diff(strings.packed()[1])[ids], ids != 0)


def _rows(columns: Sequence[Ids], make: Callable[[tuple[int, ...]], bytes | None], strings: Strings) -> Ids:
    """Ids of `make(the row's ids)`, once for each distinct row."""
    distinct, inverse = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    made = [make(tuple(row)) for row in distinct.tolist()]
    ids = np.array([0 if text is None else strings.intern(text) for text in made], np.uint32)
    return ids[inverse.reshape(-1)]


def _joined(columns: Sequence[Ids], separator: Ids | None, strings: Strings) -> Vector:
    def make(row: tuple[int, ...]) -> bytes | None:
        if not all(row):
            return None
        between, parts = (strings[row[0]], row[1:]) if separator is not None else (b"", row)
        return between.join(strings[part] for part in parts)

    return string(_rows(columns if separator is None else [separator, *columns], make, strings))


def _options(words: Sequence[Ids], letters: Ids, strings: Strings, rows: int) -> Values:
    """The option letters that getopt(3) finds, and their values."""
    import getopt  # rarely asked for, and it brings gettext along

    def make(row: tuple[int, ...]) -> bytes | None:
        argv = [w for ident in row[:-1] if ident for w in strings[ident].decode("utf-8", "surrogateescape").split()]
        try:
            found, _ = getopt.gnu_getopt(argv, strings[row[-1]].decode("utf-8", "surrogateescape"))
        except getopt.GetoptError:
            return None
        parts = [part for option, value in found for part in (option[1:], value) if part]
        return "\0".join(parts).encode("utf-8", "surrogateescape") if parts else None

    ids = _rows([*words, letters], make, strings)
    most = max((strings[i].count(b"\0") + 1 for i in distinct(ids) if i), default=0)
    if not most:
        return missing(Kind.STR, rows)
    return tuple(string(strings.map(ids, ("option", n), _part(n))) for n in range(min(most, OPTIONS)))


def _part(index: int) -> Callable[[bytes], bytes | None]:
    def pick(text: bytes) -> bytes | None:
        parts = text.split(b"\0")
        return parts[index] if index < len(parts) else None

    return pick
