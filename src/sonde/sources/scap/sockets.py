"""What calls change of sockets: their names, which end is the client, the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sonde.catalog.scap import blocks
from sonde.sources.scap.fds import CLIENT, ICMP, RAW, SERVER, TCP, UDP, Ends, Fd, inet_name, mapped, unix_name
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.threads import Thread

if TYPE_CHECKING:
    from sonde.sources.scap.follow import Change, Follow

__all__ = ["CHANGES", "CONNECT", "MOVES", "address_of", "tuple_of", "unix_of"]

_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16  # families
_STREAM, _DGRAM, _RAW = 1, 2, 3  # types
_IN_PROGRESS = -115


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


def _socket(f: Follow, p: Piece, i: int, t: Thread) -> None:
    fd = p.signed(i, 0, -1)
    enter = p.entered(i)
    at, place = (enter, 0) if enter >= 0 else (i, 1)
    if fd < 0 or p.count(at) < place + 3:
        return
    family, kind, protocol = (p.unsigned(at, place + n) for n in range(3))
    types = {_UNIX: blocks.UNIX, _INET: blocks.IPV4, _INET6: blocks.IPV6, _NETLINK: blocks.NETLINK}
    if family in types:
        l4 = _protocol(kind, protocol) if family in (_INET, _INET6) else 0
        f.threads.set_fd(t, fd, Fd(types[family], l4=l4))


def _socketpair(f: Follow, p: Piece, i: int, t: Thread) -> None:
    if p.signed(i, 0, -1) >= 0:
        for place in (1, 2):
            f.threads.set_fd(t, p.signed(i, place, -1), Fd(blocks.UNIX))


def _found(f: Follow, p: Piece, i: int, t: Thread, place: int) -> tuple[int, Fd | None]:
    """(the descriptor, what is behind it): the enter event's, else what newer exit events say at a place."""
    fd = p.fd(i)
    if fd < 0 and p.count(i) > place:
        fd = p.signed(i, place, -1)
    return fd, f.threads.fd(t, fd)


def _bind(f: Follow, p: Piece, i: int, t: Thread) -> None:
    fd, info = _found(f, p, i, t, 2)
    raw = p.raw(i, 1)
    if info is None or p.signed(i, 0, -1) < 0 or not raw:
        return
    found = address_of(raw)
    if found is None:
        name = raw[1:].partition(b"\0")[0] if raw[:1] == b"\x01" else b"family %d" % raw[0]
        f.threads.set_fd(t, fd, info._replace(name=name))
        return
    kind, ip, port = found
    ends: Ends = (ip, port, b"", 0)
    if port:
        info = info._replace(type=kind, ends=ends, role=SERVER)
    f.threads.set_fd(t, fd, info._replace(name=inet_name(ends)))


def _connecting(f: Follow, p: Piece, i: int, t: Thread) -> None:
    """The address of a unix socket is its name already when the call begins."""
    raw, fd = p.raw(i, 1), int(p.pairs.fd[i])
    info = f.threads.fd(t, fd)
    if info is not None and raw[:1] == b"\x01":
        f.threads.set_fd(t, fd, info._replace(name=raw[1:].partition(b"\0")[0]))


def _connect(f: Follow, p: Piece, i: int, t: Thread) -> None:
    fd, info = _found(f, p, i, t, 2)
    res, raw = p.signed(i, 0, -1), p.raw(i, 1)
    if info is None or (res < 0 and res != _IN_PROGRESS) or not raw:
        return
    role = info.role or CLIENT
    found = tuple_of(raw)
    if found is None:
        f.threads.set_fd(t, fd, info._replace(name=unix_of(raw) or b"family %d" % raw[0], role=role))
        return
    kind, ends = found
    ends, changed = _merged(info, kind, ends)
    if changed and info.role == SERVER and info.l4 == UDP:
        ends = _swapped(ends)
    f.threads.set_fd(t, fd, info._replace(type=kind, name=inet_name(ends), ends=ends, role=role))


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


def _accept(f: Follow, p: Piece, i: int, t: Thread) -> None:
    fd, raw = p.signed(i, 0, -1), p.raw(i, 1)
    if fd < 0 or not raw:
        return
    found = tuple_of(raw)
    if found is not None:
        kind, ends = found
        f.threads.set_fd(t, fd, Fd(kind, inet_name(ends), ends, TCP, SERVER))
    elif name := unix_of(raw):
        f.threads.set_fd(t, fd, Fd(blocks.UNIX, name, role=SERVER))


def _moves(place: int, sends: bool) -> Change:
    """A call that moves data of a socket and says its addresses: in the enter event if it sends."""

    def change(f: Follow, p: Piece, i: int, t: Thread) -> None:
        fd = p.fd(i)
        info = f.threads.fd(t, fd)
        if info is None or p.signed(i, 0, -1) < 0 or (info.name and info.l4 == TCP and info.is_inet):
            return
        raw = p.raw(p.entered(i), place) if sends else p.raw(i, place)
        new = _told(f, t, info, raw, sends) if raw else None
        if new is not None:
            f.threads.set_fd(t, fd, new)

    return change


def _told(f: Follow, t: Thread, info: Fd, raw: bytes, sends: bool) -> Fd | None:
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
        ends = f.fds.patched(ends)
    role = info.role or _guessed(f, t, ends, incoming=not sends)
    if role == (SERVER if sends else CLIENT):
        ends = _swapped(ends)
    return info._replace(type=kind, name=inet_name(ends), ends=ends, l4=l4, role=role)


def _guessed(f: Follow, t: Thread, ends: Ends, incoming: bool) -> int:
    """Is this end the client or the server?"""
    source, target = f.fds.local(ends[0]), f.fds.local(ends[2])
    if source != target:
        return CLIENT if source else SERVER
    table = f.threads.tables[f.threads.table(t)].values()
    infos = [f.fds.infos[ident] for ident in table]
    bound = any(info.ends[1] == ends[3] for info in infos if info.is_server)
    bound |= any(info.ends[3] == ends[3] for info in infos if info.type == blocks.IPV4)  # no others, in sysdig
    if not bound:
        return CLIENT
    used = any(info.is_inet and not info.is_server and info.ends[1] == ends[1] for info in infos)
    return SERVER if not used or incoming else CLIENT


CONNECT = 23  # changes something also while it is in progress
MOVES = {31: _moves(2, True), 49: _moves(2, True), 35: _moves(2, False), 53: _moves(3, False)}
CHANGES: dict[int, Change] = {
    19: _socket, 43: _socketpair, 21: _bind, 22: _connecting, CONNECT: _connect, 27: _accept, 57: _accept,
    247: _accept, 249: _accept, 389: _accept, **MOVES,
}  # fmt: skip
