"""Structures by their layouts: a text for every field, and arrays of them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from functools import cache

from sonde.catalog import layouts
from sonde.catalog.layouts import Field, Layout, layout
from sonde.engines.structs.how import RAW, VERBOSE, How, address, quoted
from sonde.engines.structs.words import spell

__all__ = [
    "Special",
    "braced",
    "bracketed",
    "element",
    "elements",
    "field",
    "interface",
    "number_of",
    "octets",
    "values",
]

Special = Callable[[bytes, How], bytes | None]
UNBRACKETED = frozenset(("sigset", "old_sigset"))


def number_of(data: bytes, found: Field, base: int = 0) -> int:
    """The number in a field."""
    start = base + found.offset
    return int.from_bytes(data[start : start + found.size], "little", signed=found.signed)


@cache
def _fields(key: str, compat: bool) -> dict[str, Field]:
    return {found.name: found for found in layout(key, compat).fields}


def values(key: str, data: bytes, how: How) -> dict[str, int]:
    """The numbers of a structure by name; what is beyond the data is 0."""
    return {name: number_of(data, found) for name, found in _fields(key, how.compat).items() if name != "-"}


def field(key: str, name: str, data: bytes, how: How) -> bytes:
    """`name=text` of one field."""
    return name.encode() + b"=" + _text(_fields(key, how.compat)[name], data, how, {})


def braced(parts: list[bytes]) -> bytes:
    """{a, b}."""
    return b"{" + b", ".join(parts) + b"}"


def bracketed(parts: Iterator[bytes] | list[bytes]) -> bytes:
    """[a, b]."""
    return b"[" + b", ".join(parts) + b"]"


def element(key: str, data: bytes, how: How, specials: dict[str, Special]) -> bytes | None:
    """The text of one structure or value; None if there is too little data."""
    special = specials.get(key)
    if special is not None:
        return special(data, how)
    found = layout(key, how.compat)
    if len(data) < found.size:
        return None
    if found.is_value:
        return _text(found.fields[0], data, how, specials)
    return _structure(found, data, how, specials)


def _structure(found: Layout, data: bytes, how: How, specials: dict[str, Special]) -> bytes:
    parts, left_out = [], False
    for one in found.fields:
        if one.name == "-":
            continue
        if one.verbose and not how.verbose:
            left_out = True
            continue
        parts.append(one.name.encode() + b"=" + _text(one, data, how, specials))
    return braced([*parts, b"..."] if left_out else parts)


def elements(key: str, data: bytes, count: int, how: How, specials: dict[str, Special]) -> bytes | None:
    """An array: as many as there are in the data, at most `count`; None if there is none."""
    width = layout(key, how.compat).size
    there = min(count, len(data) // width)
    if count <= 0:
        return b"[]"
    if not there:
        return None
    shown = there if how.verbose else min(there, how.limit)
    parts = []
    for place in range(shown):
        text = element(key, data[place * width : (place + 1) * width], how, specials)
        parts.append(b"..." if text is None else text)
    return bracketed([*parts, b"..."] if shown < count else parts)


def _text(found: Field, data: bytes, how: How, specials: dict[str, Special]) -> bytes:
    start = found.offset
    if found.type == "char" and found.number:
        return quoted(data[start : start + found.number].partition(b"\0")[0], how)
    if found.shown in _BYTES:
        return _BYTES[found.shown](data[start : start + found.size * (found.number or 1)], how)
    if not found.number:
        return _one(found, data, start, how, specials)
    places = range(start, start + found.number * found.size, found.size)
    return bracketed(_one(found, data, place, how, specials) for place in places)


def _one(found: Field, data: bytes, start: int, how: How, specials: dict[str, Special]) -> bytes:
    raw = data[start : start + found.size]
    if found.type in layouts.known() and found.type not in (
        "int",
        "long",
        "ulong",
        "ptr",
        "time",
        "sigset",
        "i64",
        "u64",
    ):
        return element(found.type, raw, how, specials) or b""
    value = int.from_bytes(raw, "little", signed=found.signed)
    if found.shown:
        return spell(found.shown, value, how)
    return address(value) if found.type == "ptr" else b"%d" % value


def _internet(raw: bytes, how: How) -> bytes:
    """inet_addr("127.0.0.1"); the bytes, with -X raw."""
    text = b'inet_addr("%s")' % socket.inet_ntoa(raw.ljust(4, b"\0")[:4]).encode()
    return octets(raw, text, how)


def _internet6(raw: bytes, how: How) -> bytes:
    text = b'inet_pton(AF_INET6, "%s")' % socket.inet_ntop(socket.AF_INET6, raw.ljust(16, b"\0")[:16]).encode()
    return octets(raw, text, how)


def octets(raw: bytes, text: bytes, how: How) -> bytes:
    """Bytes that have a name, in the style of -X."""
    plain = quoted(raw, how, forced=True)
    if how.names == RAW:
        return plain
    return b"%s /* %s */" % (plain, text) if how.names == VERBOSE else text


def interface(value: int, how: How) -> bytes:
    """if_nametoindex("lo")."""
    try:
        text = b'if_nametoindex("%s")' % socket.if_indextoname(value).encode()
    except (OSError, OverflowError):
        return b"%d" % value
    if how.names == RAW:
        return b"%d" % value
    return b"%d /* %s */" % (value, text) if how.names == VERBOSE else text


_BYTES: dict[str, Callable[[bytes, How], bytes]] = {
    "inet_addr": _internet,
    "inet6_addr": _internet6,
    "b": lambda raw, how: quoted(raw, how, forced=True),
    "ifindex": lambda raw, how: interface(int.from_bytes(raw, "little"), how),
}
