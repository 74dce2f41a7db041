"""Named values of the kernel's user API as generated tables, each read when it is first asked for.

A module beside this one holds tables of one field as text. A table is a line `key kind comment` and lines of numbers
and names: a number is that of the name after it; names after it count up by one in an `enum`, and double in `flags`,
whose names stand in the order in which they are shown. `64` behind the kind: the numbers are 64 bits wide; letters
behind it say how words are shown: `u`, `d` in decimal, `w` in all 64 bits. The comment is what strace writes beside a
value without a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import NamedTuple

from sonde.catalog.uapi.index import KEYS

__all__ = ["Table", "families", "numbered", "table"]


class Table(NamedTuple):
    """One set: (name, number) in the order of the table; `base` is how numbers are shown: "x", "u" or "d"."""

    flags: bool
    wide: bool
    base: str
    unknown: str
    pairs: tuple[tuple[str, int], ...]


@cache
def families() -> dict[str, tuple[str, bool]]:
    """For each key the module that holds it, and whether it is flags."""
    found = {}
    module = ""
    for line in KEYS.split("\n"):
        words = line.split()
        if line.startswith(" "):
            for word in words:
                found[word.rstrip("|")] = (module, word[-1] == "|")
        elif words:
            module = words[0]
    return found


@cache
def table(key: str) -> Table:
    """The set of a key; KeyError for an unknown key."""
    head, _, text = _texts(families()[key][0])[key].partition("\n")
    kind, _, unknown = head.partition(" ")
    plain, _, letters = kind.partition(":")
    flags = plain.startswith("flags")
    wide = plain.endswith("64") or "w" in letters
    base = "u" if "u" in letters else "d" if "d" in letters else "x"
    return Table(flags, wide, base, unknown, tuple(numbered(text, double=flags)))


@cache
def _texts(module: str) -> dict[str, str]:
    """The tables of a module by key, without the key."""
    blocks = import_module(f"sonde.catalog.uapi.{module}").TABLES.split("\n\n")
    return dict(block.split(" ", 1) for block in blocks)


def numbered(text: str, double: bool) -> Iterator[tuple[str, int]]:
    """(name, number) of the notation: a number is that of the name after it, further names count up or double."""
    number = int(double)
    for word in text.split():
        if word[0] in "-0123456789" and (word.isalnum() or word[0] == "-"):
            number = int(word, 0)
        else:
            yield word, number
            number = number << 1 if double else number + 1
