"""How values are spelled: the options of strace that change a text, and the smallest texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sonde.catalog import words

__all__ = [
    "RAW", "VERBOSE", "How", "address", "commented", "joined", "named", "number", "octal", "quoted", "scalar",
]  # fmt: skip

RAW, ABBREV, VERBOSE = "raw", "abbrev", "verbose"
_ESCAPES = {9: b"\\t", 10: b"\\n", 11: b"\\v", 12: b"\\f", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}
_DIGITS = frozenset(b"0123456789")
_PLAIN = frozenset(range(32, 127)) | frozenset(b"\t\n\v\f\r")


class How(NamedTuple):
    """The options: `compat` i386, `verbose` -v, `limit` -s, `hexadecimal` 1 for -x and 2 for -xx, `names` -X.

    `fd` and `pid` give the texts of descriptors and processes of the call, None: plain numbers.
    """

    compat: bool = False
    verbose: bool = False
    limit: int = 32
    hexadecimal: int = 0
    names: str = ABBREV
    fd: Callable[[int], bytes] | None = None
    pid: Callable[[int], bytes] | None = None

    @property
    def word(self) -> int:
        """Bytes of a word."""
        return 4 if self.compat else 8


def number(value: int) -> bytes:
    """0x7f, 0."""
    return b"0x%x" % value if value > 0 else b"0" if value == 0 else b"%d" % value


def address(value: int) -> bytes:
    """0x7f, NULL."""
    return b"0x%x" % value if value else b"NULL"


def octal(value: int) -> bytes:
    """Permission bits: `0644`, `000`."""
    return b"0%o" % value if value > 0o77 else b"%03o" % value


def commented(plain: bytes, name: bytes, how: How) -> bytes:
    """A name, by -X the number it stands for or both; a name that is no name is the number."""
    if not name or how.names == RAW:
        return plain
    return b"%s /* %s */" % (plain, name) if how.names == VERBOSE else name


def named(key: str, value: int, how: How) -> bytes:
    """The names of a flag set."""
    try:
        return words.text(key, value, how.names).encode() or b"0"
    except KeyError:
        return number(value)


def joined(*parts: bytes) -> bytes:
    """Parts with `|` between those that are there."""
    return b"|".join(filter(None, parts))


def scalar(data: bytes, signed: bool = False, offset: int = 0, size: int = 0) -> int:
    """A little-endian number."""
    return int.from_bytes(data[offset : offset + size] if size else data, "little", signed=signed)


def quoted(data: bytes, how: How, limit: int | None = None, forced: bool = False) -> bytes:
    """A C string, cut at `limit` with dots behind; `forced`: hexadecimal as with -xx."""
    shown = data if limit is None else data[:limit]
    dots = b"..." if len(shown) < len(data) else b""
    wide = forced or how.hexadecimal > 1 or (how.hexadecimal == 1 and not _PLAIN.issuperset(shown))
    if wide:
        return b'"' + b"".join(b"\\x%02x" % byte for byte in shown) + b'"' + dots
    parts = [b'"']
    for byte, after in zip(shown, shown[1:] + b"\0", strict=False):
        if byte in _ESCAPES:
            parts.append(_ESCAPES[byte])
        elif 32 <= byte < 127:
            parts.append(b"%c" % byte)
        else:
            parts.append(b"\\%03o" % byte if after in _DIGITS else b"\\%o" % byte)
    parts.append(b'"' + dots)
    return b"".join(parts)
