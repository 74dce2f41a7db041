"""Layouts of structures on x86-64 and i386: sizes, and where each field is, from catalog/structures."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from sonde.catalog.structures import STRUCTURES

__all__ = ["BEHIND", "HEAD", "LEFT", "RESUMED", "Field", "Layout", "known", "layout", "needed", "size"]

_ASKED = (
    "flags",
    "ifindex",
    "mtu",
    "hwaddr",
    "metric",
    "qlen",
    "map",
    "addr",
    "dstaddr",
    "broadaddr",
    "netmask",
    "name",
)
# shown when the call is entered, and what became of it when it returns
RESUMED = frozenset((
    "off", "loff:moved", "file_handle", "io_uring_params", "clone_args", "fiemap", "ifconf", "uffdio_api",
    "uffdio_register", "uffdio_copy", "uffdio_zeropage", *(f"ifreq:get_{what}" for what in _ASKED),
))  # fmt: skip

LEFT = frozenset(("timespec:left", "timespec64:left"))  # written only by a call that a signal interrupted
HEAD = {"msgbuf": "long"}  # what is in front of what the length counts
BEHIND = frozenset(("sigset6", "aio_sigset"))  # an address, and how many bytes that has
_PAGE = 4096
_BITS = {"fd_set": 64, "nodemask": 64}  # the length counts bits

_WIDTHS = {"i8": 1, "u8": 1, "char": 1, "i16": 2, "u16": 2, "i32": 4, "u32": 4, "int": 4, "i64": 8, "u64": 8, "a64": 8,
           "sigset": 8}  # fmt: skip
_WORDS = {"long", "ulong", "ptr", "time"}
_TYPE = re.compile(r"(\w+)(?:\[(\d+)\])?")


class Field(NamedTuple):
    """A field: `type` is a scalar or the key of a layout, `number` how many in an array (0: it is none)."""

    name: str
    type: str
    offset: int
    size: int
    number: int
    shown: str
    verbose: bool

    @property
    def signed(self) -> bool:
        """Whether a number is signed."""
        return self.type in ("int", "long", "time") or self.type[0] == "i"


class Layout(NamedTuple):
    """A structure: `unit` is what the length of a call counts, 1 where that is bytes, else the size."""

    key: str
    size: int
    align: int
    unit: int
    fields: tuple[Field, ...]

    @property
    def is_value(self) -> bool:
        """Whether it is one value without braces."""
        return len(self.fields) == 1 and self.fields[0].name == "."


def _blocks() -> dict[str, tuple[str, list[list[str]]]]:
    found: dict[str, tuple[str, list[list[str]]]] = {}
    fields: list[list[str]] = []
    for line in filter(None, STRUCTURES.split("\n")):
        if line[0] != " ":
            name, _, kind = line.partition(" ")
            fields = []
            found[name] = (kind, fields)
        else:
            fields.append(line.split())
    return found


_BLOCKS = _blocks()


@cache
def known() -> frozenset[str]:
    """Every key."""
    return frozenset(key for key in _BLOCKS if not key.endswith(".i386"))


def size(key: str, compat: bool = False) -> int:
    """Bytes of one element of what the length counts: of the structure, or 1 where it counts bytes. KeyError."""
    return layout(key, compat).unit


def needed(key: str, count: int, compat: bool = False) -> int:
    """How many bytes a call looks at, if the argument that says how many elements there are is `count`."""
    if key in _BITS:
        return -(-count // _BITS[key]) * 8
    if key == "mincore":
        return -(-count // _PAGE)
    head = HEAD.get(key)
    return count * size(key, compat) + (_measure(head, compat)[0] if head else 0)


@cache
def layout(key: str, compat: bool = False) -> Layout:
    """The layout of a key on x86-64, or with `compat` on i386. KeyError for an unknown key."""
    base = key.partition(":")[0]  # "ifreq:get_mtu" is a way to show ifreq
    kind, lines = _BLOCKS[f"{base}.i386" if compat and f"{base}.i386" in _BLOCKS else base]
    offset, widest, fields = 0, 1, list[Field]()
    for name, written, *rest in lines:
        found = _TYPE.fullmatch(written)
        assert found is not None, written
        width, align = _measure(found[1], compat)
        align = 1 if kind == "packed" else align
        offset = -(-offset // align) * align
        shown = next((word for word in rest if word != "v"), "")
        fields.append(Field(name, found[1], offset, width, int(found[2] or 0), shown, "v" in rest))
        offset += width * int(found[2] or 1)
        widest = max(widest, align)
    whole = -(-offset // widest) * widest
    return Layout(base, whole, widest, 1 if kind == "bytes" else whole, tuple(fields))


def _measure(written: str, compat: bool) -> tuple[int, int]:
    """(size, alignment) of a type."""
    if written in _WORDS:
        return (4, 4) if compat else (8, 8)
    if written in _WIDTHS:
        width = _WIDTHS[written]
        return width, 4 if compat and width == 8 and written != "a64" else width
    inner = layout(written, compat)
    return inner.size, inner.align
