"""An argument as strace writes it: the word that the call was given, the bytes it pointed at, the file behind it."""

from __future__ import annotations

import re
import socket
from functools import lru_cache
from typing import NamedTuple

from sonde.catalog import errnos, flags
from sonde.sources.strace.lines import ANNOTATION, split

__all__ = ["Value", "address", "buffers", "number", "result", "string", "strings", "value"]

KERNEL_ONLY = {"ERESTARTSYS": 512, "ERESTARTNOINTR": 513, "ERESTARTNOHAND": 514, "ENOIOCTLCMD": 515,
               "ERESTART_RESTARTBLOCK": 516, "ENOTSUPP": 524}  # fmt: skip
AT_FDCWD = -100
_WORD = (1 << 64) - 1
_STRING = re.compile(r'@?"((?:[^"\\]|\\.)*)"(\.\.\.)?', re.DOTALL)
_DESCRIPTOR = re.compile(rf"(-?\d+|AT_FDCWD)({ANNOTATION}(?:\(deleted\))?)", re.DOTALL)
_COMMENT = re.compile(r"\s*/\*.*?\*/")
_HEX = re.compile(r"(?:\\x[0-9a-f]{2})*")
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_SIMPLE = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f", b"a": b"\a", b"b": b"\b", b"0": b"\0"}
_FIELD = re.compile(r'(\w+)=(?:htons\((\d+)\)|inet_addr\("([^"]*)"\)|(@?"(?:[^"\\]|\\.)*"(?:\.\.\.)?)|([^,}]*))')
_INET6 = re.compile(r'inet_pton\(AF_INET6, "([^"]*)"')
_IOVEC = re.compile(r'iov_base=("(?:[^"\\]|\\.)*"(?:\.\.\.)?)')


class Value(NamedTuple):
    """`word` is None where only the text it pointed at is known; `data` None where it pointed at nothing that is
    shown; `whole`: not cut; `behind`: the text in angles behind a descriptor."""

    word: int | None = None
    data: bytes | None = None
    whole: bool = True
    behind: str = ""


@lru_cache(1 << 16)
def value(text: str, names: str = "") -> Value:
    """An argument; `names` is the key of catalog/flags.py for its constants."""
    if text[:1] in '"@' and (found := _STRING.fullmatch(text)):
        return Value(None, _bytes(found[1]), found[2] is None)
    if found := _DESCRIPTOR.fullmatch(text):
        return Value(AT_FDCWD if found[1] == "AT_FDCWD" else int(found[1]), behind=found[2])
    return Value(number(text, names))


@lru_cache(1 << 14)
def number(text: str, names: str = "") -> int | None:
    """A number, or constants joined by `|`; None if it is neither."""
    text = _COMMENT.sub("", text)
    if "=" in text or text[:1] in "[{":
        return None
    total = 0
    for part in text.split("|"):
        one = _one(part.strip(), names)
        if one is None:
            return None
        total |= one
    return total


def _one(text: str, names: str) -> int | None:
    try:
        if text.lstrip("-")[:1].isdigit():
            digits = text.lstrip("-")
            octal = digits[:1] == "0" and digits.isdigit()
            found = int(digits, 8) if octal else int(digits, 0)
            return -found if text[0] == "-" else found
    except ValueError:
        return None
    if text == "NULL":
        return 0
    if text == "AT_FDCWD":
        return AT_FDCWD
    return _named(names).get(text) if names else None


@lru_cache(None)
def _named(key: str) -> dict[str, int]:
    found = flags.named(key)
    return {name: number for number, name in found.values.items()} | {name: bit for bit, name in found.bits}


@lru_cache(1 << 12)
def result(text: str) -> tuple[int | None, str]:
    """(what the call returned, errors as negative numbers; None if it did not return, what is behind a descriptor)."""
    head, _, rest = text.partition(" ")
    if head == "?":
        code = KERNEL_ONLY.get(rest.partition(" ")[0])
        return (-code if code else None), ""
    if head == "-1" and rest:
        name = rest.partition(" ")[0]
        code = errnos.number(name) or KERNEL_ONLY.get(name)
        if code is None and (found := re.search(r"errno (\d+)", rest)):
            code = int(found[1])
        return (-code if code else -1), ""
    if found := re.match(rf"(-?\d+)({ANNOTATION}(?:\(deleted\))?)", text):
        return int(found[1]), found[2]
    return number(head), ""


def _bytes(text: str) -> bytes:
    r"""The bytes of a C string: all `\x..`, or some escapes among plain text."""
    if "\\" not in text:
        return text.encode("utf-8", "surrogateescape")
    if _HEX.fullmatch(text):
        return bytes.fromhex(text.replace("\\x", ""))
    return _ESCAPE.sub(_unescaped, text.encode("utf-8", "surrogateescape"))


def _unescaped(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes((int(found[1], 16),))
    if found[2]:
        return bytes((int(found[2], 8) & 0xFF,))
    return _SIMPLE.get(found[3], found[3])


def string(text: str) -> bytes:
    """The bytes of text in which strace escaped some, without its quotes."""
    return _bytes(text.strip('"'))


def strings(text: str) -> tuple[tuple[bytes, ...], bool] | None:
    """(the strings of an array of them, `["ls", "-l"]`, none of them cut?); None if it is no array of strings."""
    if not text.startswith("[") or not text.endswith("]"):
        return None
    words = split(text[1:-1])
    cut = words[-1:] == ["..."]
    parts = [value(part) for part in words[: len(words) - cut]]
    if any(p.data is None for p in parts):
        return None
    return tuple(p.data for p in parts if p.data is not None), not cut and all(p.whole for p in parts)


def buffers(text: str) -> tuple[bytes, bool] | None:
    """(bytes, whole?) of all the buffers of an array of iovecs, or of a msghdr."""
    parts = [value(found) for found in _IOVEC.findall(text)]
    if not parts:
        return None
    return b"".join(p.data or b"" for p in parts), all(p.whole for p in parts) and "..." not in text


@lru_cache(1 << 12)
def address(text: str) -> bytes | None:
    """The struct sockaddr that `{sa_family=AF_INET, ...}` shows, as far as the kernel would tell; None if unknown."""
    fields = {found[0]: found[1:] for found in _FIELD.findall(text)}
    if "sa_family" not in fields:
        return None
    family = number(fields["sa_family"][3], "domain")
    if family is None:
        return None
    head = family.to_bytes(2, "little")
    if family == socket.AF_INET:
        port, host = _port(fields.get("sin_port")), _host(fields.get("sin_addr"))
        return head + port + host + bytes(8) if port and host else None
    if family == socket.AF_INET6:
        port, raw = _port(fields.get("sin6_port")), fields.get("sin6_addr")
        text6 = _INET6.search(text)
        host = socket.inet_pton(family, text6[1]) if text6 else string(raw[2]) if raw else b""
        return head + port + bytes(4) + host + bytes(4) if port and len(host) == 16 else None
    if family == socket.AF_UNIX:
        path = fields.get("sun_path", ("", "", "", ""))[2]
        named = string(path.removeprefix("@").removesuffix("..."))
        return head + (b"\0" + named if path.startswith("@") else named + b"\0" if named else b"")
    return head


def _port(parts: tuple[str, ...] | None) -> bytes:
    if parts is None:
        return b""
    return int(parts[0]).to_bytes(2, "big") if parts[0] else string(parts[2])


def _host(parts: tuple[str, ...] | None) -> bytes:
    if parts is None:
        return b""
    try:
        return socket.inet_aton(parts[1]) if parts[1] else string(parts[2])
    except OSError:
        return b""
