"""Messages of netlink sockets: headers, errors, and what is in them as bytes."""

from __future__ import annotations

import struct

from sonde.catalog import errnos, flags
from sonde.catalog.flags import signed32
from sonde.catalog.layouts import layout
from sonde.engines.structs.fields import Special, braced, bracketed, field
from sonde.engines.structs.how import RAW, How, commented, named, number, quoted

__all__ = ["messages"]

_HEADER = 16
_ERROR, _DONE = 2, 3
_ROUTE = 0  # the protocol
_UNKNOWN = "NLMSG_???"
# of routing messages, by type without its lowest bits: new, delete, get and set follow each other
_VERBS = ("netlink_new_flags", "netlink_delete_flags", "netlink_get_flags", "netlink_flags")
_LINK, _ADDRESS, _PATH = 16, 20, 24


def messages(protocol: int | None = None) -> Special:
    """The messages in a buffer of a protocol: one as `{header}` or `[{header}, body]`, more as a list."""

    def text(data: bytes, how: How) -> bytes | None:
        found, start = [], 0
        while start + _HEADER <= len(data):
            size = int.from_bytes(data[start : start + 4], "little")
            if size < _HEADER:
                break
            found.append(_message(data[start : start + size], protocol, how))
            start += -(-size // 4) * 4
        if not found:
            return None
        return found[0] if len(found) == 1 else bracketed(found)

    return text


def _message(data: bytes, protocol: int | None, how: How) -> bytes:
    size, kind, bits, sequence, port = struct.unpack_from("<IHHII", data)
    header = braced([
        b"nlmsg_len=%d" % size, b"nlmsg_type=" + _kind(kind, protocol, how),
        b"nlmsg_flags=" + _bits(bits, _flags(kind, protocol), how), b"nlmsg_seq=%d" % sequence,
        b"nlmsg_pid=%d" % signed32(port),
    ])  # fmt: skip
    body = data[_HEADER:]
    return bracketed([header, _body(kind, body, protocol, how)]) if body else header


def _kind(kind: int, protocol: int | None, how: How) -> bytes:
    key = "nl_route_types" if protocol == _ROUTE and kind >= _HEADER else "netlink_types"
    if kind not in flags.named(key).values:
        return number(kind) + (b"" if how.names == RAW else b" /* %s */" % _UNKNOWN.encode())
    return named(key, kind, how)


def _bits(bits: int, key: str, how: How) -> bytes:
    """The flags that all messages have, and those of one kind."""
    plain = how._replace(names="abbrev")
    common = bits & 0x3F
    texts = [named(name, part, plain) for name, part in (("netlink_flags", common), (key, bits & ~0x3F)) if part]
    return commented(number(bits), b"|".join(texts), how)


def _flags(kind: int, protocol: int | None) -> str:
    if kind == _ERROR:
        return "netlink_ack_flags"
    return _VERBS[kind & 3] if protocol == _ROUTE and kind >= _HEADER else "netlink_flags"


def _body(kind: int, body: bytes, protocol: int | None, how: How) -> bytes:
    if kind == _ERROR and len(body) >= 4:
        parts = [b"error=" + _error(body, how)]
        if len(body) >= 4 + _HEADER:
            parts.append(b"msg=" + _message(body[4:], protocol, how))
        return braced(parts)
    if kind == _DONE and len(body) >= 4:
        return _error(body, how) if len(body) == 4 else bracketed([_error(body, how), _bytes(body[4:], how)])
    head = _HEADS.get(kind & ~3) if protocol == _ROUTE else None
    return _routing(head, body, how) if head else _bytes(body, how)


def _routing(head: str, body: bytes, how: How) -> bytes:
    """The structure that a routing message begins with, and its attributes as bytes."""
    whole = layout(head)
    first = whole.fields[0].name
    if len(body) < whole.size:
        return b"{%s, ...}" % field(head, first, body.ljust(whole.size, b"\0"), how)
    shown = braced([field(head, one.name, body, how) for one in whole.fields if one.name != "-"])
    rest = body[whole.size :]
    return b"%s, %s" % (shown, _bytes(rest, how)) if rest else shown


_HEADS = {_LINK: "ifinfomsg", _ADDRESS: "ifaddrmsg", _PATH: "rtmsg"}


def _error(body: bytes, how: How) -> bytes:
    value = signed32(int.from_bytes(body[:4], "little"))
    name = errnos.name(-value) if value < 0 else ""
    return commented(b"%d" % value, b"-" + name.encode() if name else b"", how)


def _bytes(body: bytes, how: How) -> bytes:
    return quoted(body, how, how.limit, forced=True)
