"""Regular languages over bytes as trees: what every kind of pattern is parsed into.

A set of bytes is an int of 256 bits: bit b is set if byte b belongs to it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sonde.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ALL", "EMPTY", "EVERYTHING", "POSIX", "Branch", "Choice", "Maybe", "One", "PatternError", "Sequence", "Star",
    "Tree", "branches", "byte_range", "folded", "literal",
]  # fmt: skip

ALL = (1 << 256) - 1
_UPPER = ((1 << 26) - 1) << ord("A")


class PatternError(QueryError):
    """A pattern that cannot be understood; `offset` is the bad byte's, shown as a caret under the pattern."""

    def __init__(self, message: str, pattern: bytes, offset: int = 0, length: int = 1) -> None:
        before, bad = pattern[:offset], pattern[offset : offset + length]
        super().__init__(message, _shown(pattern), len(_shown(before)), len(_shown(bad)))


@dataclass(frozen=True)
class One:
    """One byte of the set `mask`."""

    mask: int


@dataclass(frozen=True)
class Sequence:
    """The items one after the other; no items is the empty string."""

    items: tuple[Tree, ...]


@dataclass(frozen=True)
class Choice:
    """Any one of the items."""

    items: tuple[Tree, ...]


@dataclass(frozen=True)
class Star:
    """The item any number of times, also none."""

    item: Tree


@dataclass(frozen=True)
class Maybe:
    """The item or nothing."""

    item: Tree


Tree = One | Sequence | Choice | Star | Maybe


class Branch(NamedTuple):
    """The strings of `tree`, with any bytes before if `open_start` and any bytes after if `open_end`.

    An open end is what keeps combined automata small: the match is reported when it is complete and then forgotten.
    """

    tree: Tree
    open_start: bool = False
    open_end: bool = False


EMPTY = Sequence(())
EVERYTHING = Branch(EMPTY, True, True)


def _byte_set(members: Iterable[int]) -> int:
    """The set of the given byte values."""
    return functools.reduce(int.__or__, (1 << member for member in members), 0)


def byte_range(low: int, high: int) -> int:
    """The set of the bytes low..high, both included; empty if high < low."""
    return (1 << high + 1) - (1 << low) if low <= high else 0


def folded(mask: int) -> int:
    """The set with the other case of its ASCII letters added."""
    return mask | (mask & _UPPER) << 32 | mask >> 32 & _UPPER


def literal(text: bytes, fold: bool = False) -> Tree:
    """Exactly `text`, or any ASCII casing of it."""
    return Sequence(tuple(One(folded(1 << byte) if fold else 1 << byte) for byte in text))


def branches(tree: Tree) -> tuple[Branch, ...]:
    """The alternatives of `tree`; runs of any bytes at their ends become open ends."""
    if isinstance(tree, Choice):
        return tuple(branch for item in tree.items for branch in branches(item))
    items = tree.items if isinstance(tree, Sequence) else (tree,)
    if len(items) == 1 and isinstance(items[0], Sequence | Choice):
        return branches(items[0])
    start, end = 0, len(items)
    while start < end and items[start] == _ANYTHING:
        start += 1
    while end > start and items[end - 1] == _ANYTHING:
        end -= 1
    return (Branch(Sequence(items[start:end]), start > 0, end < len(items)),)


_ANYTHING = Star(One(ALL))

POSIX = {
    b"alnum": folded(byte_range(65, 90)) | byte_range(48, 57),
    b"alpha": folded(byte_range(65, 90)),
    b"ascii": byte_range(0, 127),
    b"blank": _byte_set(b" \t"),
    b"cntrl": byte_range(0, 31) | 1 << 127,
    b"digit": byte_range(48, 57),
    b"graph": byte_range(33, 126),
    b"lower": byte_range(97, 122),
    b"print": byte_range(32, 126),
    b"punct": _byte_set(rb"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"""),
    b"space": _byte_set(b" \t\n\v\f\r"),
    b"upper": byte_range(65, 90),
    b"word": folded(byte_range(65, 90)) | byte_range(48, 57) | 1 << ord("_"),
    b"xdigit": folded(byte_range(65, 70)) | byte_range(48, 57),
}


def _shown(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")
