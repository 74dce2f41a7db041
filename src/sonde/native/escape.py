"""Text made safe for a terminal and for JSON, one string at a time: for pools, each distinct string once."""

from __future__ import annotations

import re

__all__ = ["printable", "quote"]

# controls, marks that reorder text, and the surrogates that stand for invalid bytes
STEERING = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\udc80-\udcff"
UNSAFE = re.compile(f"[{STEERING}]")
UNSAFE_JSON = re.compile(f'["\\\\{STEERING}]')
SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: bytes) -> bytes:
    r"""UTF-8 that is safe on a terminal: controls, direction marks and invalid bytes become \xNN."""
    decoded = text.decode("utf-8", "surrogateescape")
    if decoded.isascii() and decoded.isprintable():  # nearly always
        return text
    return UNSAFE.sub(_hex_bytes, decoded).encode()


def quote(text: bytes) -> bytes:
    r"""A JSON string with its quotes; an invalid byte becomes \udcNN, so that os.fsencode gives it back."""
    decoded = text.decode("utf-8", "surrogateescape")
    changed = UNSAFE_JSON.sub(lambda m: SHORT.get(m[0]) or f"\\u{ord(m[0]):04x}", decoded)
    return b'"' + changed.encode() + b'"'


def _hex_bytes(found: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in found[0].encode("utf-8", "surrogateescape"))
