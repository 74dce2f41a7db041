"""What calls change of sockets: their names, which end is the client, the protocol."""

from __future__ import annotations

from sonde.catalog.scap import blocks
from sonde.sources.scap.fds import CLIENT, ICMP, RAW, SERVER, TCP, UDP, Ends, Fd, inet_name, mapped, unix_name
from sonde.sources.scap.held import Make, Moment
from sonde.sources.scap.pieces import Piece

__all__ = ["CHANGES", "CONNECT", "MAKES", "MOVES", "address_of", "tuple_of", "unix_of"]

_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16  # families
_STREAM, _DGRAM, _RAW = 1, 2, 3  # types
_IN_PROGRESS = -115
IPV4_BYTES = 4


def tuple_of(raw: bytes) -> tuple[int, Ends] | None:
    """(type, ends) of a tuple of two addresses, None for another family or no such tuple."""
    if raw[:1] == b"\x02" and len(raw) == 13:
        return blocks.IPV4, (raw[1:5], _port(raw, 5), raw[7:11], _port(raw, 11))
    if raw[:1] == b"\x0a" and len(raw) == 37:
        source, target = raw[1:17], raw[19:35]
        if mapped(source) and mapped(target):
            return blocks.IPV4, (source[12:], _port(raw, 17), target[12:], _port(raw, 35))
        return blocks.IPV6, (source, _port(raw, 17), target, _port(raw, 35))
    return None


def address_of(raw: bytes) -> tuple[int, bytes, int] | None:
    """(type of a server's socket, address, port) of one address."""
    if raw[:1] == b"\x02" and len(raw) == 7:
        return blocks.IPV4_SERVER, raw[1:5], _port(raw, 5)
    if raw[:1] == b"\x0a" and len(raw) == 19:
        return blocks.IPV6_SERVER, raw[1:17], _port(raw, 17)
    return None


def _port(raw: bytes, at: int) -> int:
    return int.from_bytes(raw[at : at + 2], "little")


def unix_of(raw: bytes) -> bytes | None:
    """The name of a pair of unix sockets."""
    if raw[:1] != b"\x01" or len(raw) < 17:
        return None
    source, target = (int.from_bytes(raw[at : at + 8], "little") for at in (1, 9))
    return unix_name(source, target, raw[17:].partition(b"\0")[0])


def _protocol(kind: int, protocol: int) -> int:
    raw = kind == _RAW
    if protocol == 0:
        return {_STREAM: TCP, _DGRAM: UDP}.get(kind & 0xFF, 0)
    return {6: RAW if raw else TCP, 17: RAW if raw else UDP, 1: RAW if raw else ICMP, 255: RAW}.get(protocol, 0)


def _socket(p: Piece, m: Moment) -> Fd | None:
    enter = p.entered(m.event)
    at, place = (enter, 0) if enter >= 0 else (m.event, 1)
    if p.count(at) < place + 3:
        return None
    family, kind, protocol = (p.unsigned(at, place + n) for n in range(3))
    types = {_UNIX: blocks.UNIX, _INET: blocks.IPV4, _INET6: blocks.IPV6, _NETLINK: blocks.NETLINK}
    if family not in types:
        return None
    return Fd(types[family], l4=_protocol(kind, protocol) if family in (_INET, _INET6) else 0)


def _bind(p: Piece, m: Moment) -> Fd | None:
    info, raw = m.old, p.raw(m.event, 1)
    if info is None or p.signed(m.event, 0, -1) < 0 or not raw:
        return None
    found = address_of(raw)
    if found is None:
        return info._replace(name=raw[1:].partition(b"\0")[0] if raw[:1] == b"\x01" else b"family %d" % raw[0])
    kind, ip, port = found
    ends: Ends = (ip, port, b"", 0)
    if port:
        info = info._replace(type=kind, ends=ends, role=SERVER)
    return info._replace(name=inet_name(ends))


def _connecting(p: Piece, m: Moment) -> Fd | None:
    """The address of a unix socket is its name already when the call begins."""
    raw, info = p.raw(m.event, 1), m.old
    return info._replace(name=raw[1:].partition(b"\0")[0]) if info is not None and raw[:1] == b"\x01" else None


def _connect(p: Piece, m: Moment) -> Fd | None:
    info, res, raw = m.old, p.signed(m.event, 0, -1), p.raw(m.event, 1)
    if info is None or (res < 0 and res != _IN_PROGRESS) or not raw:
        return None
    role = info.role or CLIENT
    found = tuple_of(raw)
    if found is None:
        return info._replace(name=unix_of(raw) or b"family %d" % raw[0], role=role)
    kind, ends = found
    ends, changed = _merged(info, kind, ends)
    if changed and info.role == SERVER and info.l4 == UDP:
        ends = _swapped(ends)
    return info._replace(type=kind, name=inet_name(ends), ends=ends, role=role)


def _merged(info: Fd, kind: int, ends: Ends) -> tuple[Ends, bool]:
    """(the ends of a socket that is told new ones, did they change): a destination that is known stays."""
    old = info.ends if info.ends[2] else (info.ends[0], info.ends[1], b"", 0)
    if info.type == kind and ends in (old, _swapped(old)):
        return old, False
    target = old[2] if any(old[2]) else ends[2]
    new = (ends[0], ends[1], target, old[3] or ends[3])
    return new, new != old


def _swapped(ends: Ends) -> Ends:
    return ends[2], ends[3], ends[0], ends[1]


def _accept(p: Piece, m: Moment) -> Fd | None:
    raw = p.raw(m.event, 1)
    found = tuple_of(raw)
    if found is not None:
        kind, ends = found
        return Fd(kind, inet_name(ends), ends, TCP, SERVER)
    return Fd(blocks.UNIX, name, role=SERVER) if (name := unix_of(raw)) else None


def _moves(place: int, sends: bool) -> Make:
    """A call that moves data of a socket and says its addresses: in the enter event if it sends."""

    def make(p: Piece, m: Moment) -> Fd | None:
        info = m.old
        if info is None or p.signed(m.event, 0, -1) < 0 or (info.name and info.l4 == TCP and info.is_inet):
            return None
        raw = p.raw(p.entered(m.event), place) if sends else p.raw(m.event, place)
        return _told(m, info, raw, sends) if raw else None

    return make


def _told(m: Moment, info: Fd, raw: bytes, sends: bool) -> Fd | None:
    """What a socket is by the addresses of a packet, None if that is not new."""
    found = tuple_of(raw)
    if found is None:
        name = unix_of(raw)
        return info._replace(type=blocks.UNIX, name=name) if name is not None else None
    kind, ends = found
    ends, changed = _merged(info, kind, ends)
    if not changed:
        return info._replace(type=kind) if kind == blocks.IPV4 else None
    l4 = info.l4 or UDP
    if l4 == UDP:
        ends = m.fds.patched(ends)
    role = info.role or _guessed(m, ends, incoming=not sends)
    if role == (SERVER if sends else CLIENT):
        ends = _swapped(ends)
    return info._replace(type=kind, name=inet_name(ends), ends=ends, l4=l4, role=role)


def _guessed(m: Moment, ends: Ends, incoming: bool) -> int:
    """Is this end the client or the server?"""
    source, target = m.fds.local(ends[0]), m.fds.local(ends[2])
    if source != target:
        return CLIENT if source else SERVER
    if not source and len(ends[0]) == IPV4_BYTES:  # neither is of this system: who begins by reading serves
        return SERVER if incoming else CLIENT
    infos = m.all()
    bound = any(info.ends[1] == ends[3] for info in infos if info.is_server)
    bound |= any(info.ends[3] == ends[3] for info in infos if info.type == blocks.IPV4)  # no others, in sysdig
    if not bound:
        return CLIENT
    used = any(info.is_inet and not info.is_server and info.ends[1] == ends[1] for info in infos)
    return SERVER if not used or incoming else CLIENT


CONNECT = 23  # changes something also while it is in progress
MAKES: dict[int, Make] = {
    19: _socket, 43: lambda piece, moment: Fd(blocks.UNIX), 27: _accept, 57: _accept, 247: _accept, 249: _accept,
    389: _accept,
}  # fmt: skip
# calls that move data: where the addresses stand, all that matters of them, and whether they send
MOVES = {31: (2, True), 49: (2, True), 35: (2, False), 53: (3, False)}
CHANGES: dict[int, Make] = {
    21: _bind, 22: _connecting, CONNECT: _connect, **{kind: _moves(*how) for kind, how in MOVES.items()},
}  # fmt: skip
