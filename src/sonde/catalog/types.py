"""The types a column can have, and which operators each allows."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

__all__ = ["BOOL", "BYTES", "DURATION", "INT", "IP", "NET", "PORT", "STR", "TIME", "Kind", "Type"]


class Kind(StrEnum):
    """How values are held in a Vector."""

    INT = "int"  # numpy integers
    BOOL = "bool"  # numpy bool
    STR = "str"  # u4 ids into the session's Strings, 0 = missing
    BYTES = "bytes"  # Views: slices of a buffer, one a row


EQUALITY = ("=", "==", "!=", "in", "exists")
ORDER = ("<", "<=", ">", ">=")
TEXT = ("contains", "icontains", "startswith", "endswith", "glob", "iglob", "regex", "pmatch", "intersects")
HEX = ("bcontains", "bstartswith")


class Type(NamedTuple):
    """A column's type: how it is held, what may be asked of it, how a literal is written."""

    name: str
    kind: Kind
    operators: tuple[str, ...]
    doc: str


INT = Type("Int", Kind.INT, EQUALITY + ORDER + ("intersects",), "A whole number; hex as 0x..")
TIME = Type("Timestamp", Kind.INT, EQUALITY + ORDER, "Nanoseconds since the epoch.")
DURATION = Type("Nanoseconds", Kind.INT, EQUALITY + ORDER, "A length of time in nanoseconds.")
PORT = Type("Port", Kind.INT, EQUALITY + ORDER, "A port number; service names are accepted.")
BOOL = Type("Bool", Kind.BOOL, EQUALITY, "true or false (1, 0).")
STR = Type("Str", Kind.STR, EQUALITY + ORDER + TEXT + HEX, "Text, compared as bytes.")
IP = Type("IpAddr", Kind.STR, EQUALITY, "An IPv4 or IPv6 address.")
NET = Type("IpNet", Kind.STR, EQUALITY, "A network, as 10.0.0.0/8.")
BYTES = Type("Bytes", Kind.BYTES, EQUALITY + TEXT + HEX, "Raw data.")
