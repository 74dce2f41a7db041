"""Named values of arguments: flag words and enumerations of the kernel's user API, shown as `A|B|0x80`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from sonde.catalog import uapi
from sonde.catalog.flagsets import SETS, Spec

__all__ = ["Names", "code", "is_enum", "known", "named", "names", "signed32", "spec"]

_HALF, _WHOLE = (1 << 32) - 1, (1 << 64) - 1


class Names(NamedTuple):
    """The names of one kind of word: `values` of the part under `mask`, and `bits` of the rest, widest first."""

    mask: int
    values: dict[int, str]
    bits: tuple[tuple[int, str], ...]


@cache
def known() -> frozenset[str]:
    """Every key `names` takes."""
    return frozenset(SETS) | frozenset(uapi.families())


def is_enum(key: str) -> bool:
    """Whether the words of a key are one of several values, rather than a sum of bits; KeyError for an unknown key."""
    return not SETS[key].bits if key in SETS else not uapi.families()[key][1]


@cache
def spec(key: str) -> Spec:
    """What is named under a key; KeyError for an unknown key."""
    if key in SETS:
        return SETS[key]
    return Spec(f"@{key}") if is_enum(key) else Spec(f"@{key}", f"@{key}")


@cache
def named(key: str) -> Names:
    """The names of a key's words; KeyError for an unknown key."""
    found = spec(key)
    mask = found.mask if found.bits else _WHOLE
    values: dict[int, str] = {}
    for name, number in _read(found.values, double=False):
        if not number & ~mask or mask == _WHOLE or number < 0:
            values.setdefault(number, name)
    bits = [(number, name) for name, number in _read(found.bits, double=True) if number & ~mask]
    bits.sort(key=lambda item: -item[0].bit_count())
    return Names(mask, values, tuple(bits))


def names(key: str, value: int) -> str:
    """What belongs between the parentheses of `value(..)`: names joined by `|`, the rest as 0x..; "" without names.

    `value` may be negative or the unsigned form of a negative C int. KeyError for an unknown key.
    """
    found = named(key)
    if found.mask == _WHOLE:
        return _one(found.values, value)
    value &= _WHOLE
    parts, rest = [], value
    if found.mask or not value:
        name = found.values.get(value & found.mask, "")
        if name:
            parts.append(name)
            rest &= ~found.mask
    for bit, name in found.bits:
        if rest & bit == bit:
            parts.append(name)
            rest &= ~bit
    parts = _in_order(parts, found)
    return "|".join([*parts, f"0x{rest:x}"] if rest and parts else parts)


def code(key: str, value: int) -> int:
    """The number sysdig shows for a word: the sum of its own codes of the word's names, or the word as it is."""
    coded = spec(key).coded
    if not coded:
        return value
    codes = dict(_read(coded, double=False))
    return sum(codes.get(name, 0) for name in names(key, value).split("|"))


def signed32(value: int) -> int:
    """The low 32 bits as a C int."""
    return (value & _HALF) - ((value & 0x80000000) << 1)


def _one(values: dict[int, str], value: int) -> str:
    """The name of a value, which may be a C int as a signed or an unsigned word of 32 or 64 bits."""
    if value in values:
        return values[value]
    signed = signed32(value)
    if value & _HALF == value or signed & _WHOLE == value & _WHOLE:
        return values.get(signed, "") or values.get(value & _HALF, "")
    return ""


def _in_order(parts: list[str], found: Names) -> list[str]:
    """Values first, then bits from the lowest."""
    rank = {name: bit & -bit for bit, name in found.bits}
    return sorted(parts, key=lambda name: rank.get(name, 0))


def _read(text: str, double: bool) -> Iterator[tuple[str, int]]:
    """(name, number) of the notation of catalog/flagsets.py."""
    number = 0
    for word in text.split():
        if word[0] == "@":
            for name, number in uapi.table(word[1:]).pairs:
                yield name, number
            number = number << 1 if double else number + 1
        elif word[0] in "-0123456789":
            number = int(word, 0)
        else:
            yield word, number
            number = number << 1 if double else number + 1
