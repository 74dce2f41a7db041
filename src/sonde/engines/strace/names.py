"""Names of flag words and enumerations as strace shows them: `O_RDONLY|O_CLOEXEC`, `0x5 /* FUTEX_??? */`."""

from __future__ import annotations

from sonde.catalog import flags
from sonde.catalog.flagsets import SETS
from sonde.engines.strace.options import RAW, VERBOSE

__all__ = ["mode", "named"]


def named(key: str, value: int, style: str) -> bytes:
    """The text of a word by the key of its set, in the style of -X."""
    number = b"%#x" % value if value >= 0 else b"%d" % value
    if style == RAW:
        return number
    names = flags.names(key, value).encode()
    unknown = getattr(SETS[key], "unknown", "")
    if not names or names == number:
        return b"%s /* %s */" % (number, unknown.encode()) if unknown and (value or flags.is_enum(key)) else number
    return b"%s /* %s */" % (number, names) if style == VERBOSE and names != number else names


def mode(value: int) -> bytes:
    """Permission bits: `0644`, `000`."""
    return b"0%o" % value if value > 0o77 else b"%03o" % value
