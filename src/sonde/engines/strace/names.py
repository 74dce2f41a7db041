"""Names of flag words and enumerations as strace shows them: `O_RDONLY|O_CLOEXEC`, `0x5 /* FUTEX_??? */`."""

from __future__ import annotations

from sonde.catalog import words

__all__ = ["mode", "named"]


def named(key: str, value: int, style: str, compat: bool = False) -> bytes:
    """The text of a word by the key of its set, in the style of -X."""
    return words.text(key, value, style, compat).encode()


def mode(value: int) -> bytes:
    """Permission bits: `0644`, `000`."""
    return b"0%o" % value if value > 0o77 else b"%03o" % value
