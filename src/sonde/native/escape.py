"""Text made safe for a terminal and for JSON, one string at a time: for pools, each distinct string once."""

from __future__ import annotations

import re

__all__ = ["NOT_PLAIN", "all_hex", "c_string", "printable", "quote"]

# controls, marks that reorder text, and the surrogates that stand for invalid bytes
STEERING = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\udc80-\udcff"
UNSAFE = re.compile(f"[{STEERING}]")
UNSAFE_JSON = re.compile(f'["\\\\{STEERING}]')
SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

C_SHORT = {
    b'"': b'\\"', b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r", b"\t": b"\\t", b"\v": b"\\v", b"\f": b"\\f",
}  # fmt: skip
NOT_PLAIN = re.compile(rb"[^ -~\t-\r]")  # what -x of strace takes for binary data
C_UNSAFE = re.compile(rb'(?:["\\]|[^ -~])(?=([0-7])?)')


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


def c_string(data: bytes, hexadecimal: bool = False, escaped: bytes = b"", quotes: bool = True) -> bytes:
    r"""A C string literal as strace writes it: what is not printable ASCII, or in `escaped`, becomes \ooo or \xNN."""

    def escape(found: re.Match[bytes]) -> bytes:
        byte = found[0]
        if byte in C_SHORT:
            return C_SHORT[byte]
        if hexadecimal:
            return b"\\x%02x" % byte[0]
        return (b"\\%03o" if found[1] else b"\\%o") % byte[0]

    pattern = re.compile(rb'(?:["\\%s]|[^ -~])(?=([0-7])?)' % re.escape(escaped)) if escaped else C_UNSAFE
    text = pattern.sub(escape, data)
    return b'"%s"' % text if quotes else text


def all_hex(data: bytes) -> bytes:
    r"""Every byte as \xNN."""
    return b"".join(b"\\x%02x" % byte for byte in data)
