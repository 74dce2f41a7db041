"""Structures of sockets: addresses of all families, what goes beside a message, values of options."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

from sonde.catalog.flags import signed32
from sonde.engines.structs.fields import Special, braced, bracketed, interface, octets
from sonde.engines.structs.how import RAW, VERBOSE, How, address, named, number, quoted, scalar
from sonde.engines.structs.words import descriptor, process, user

__all__ = ["SOCKETS", "address_of"]

_UNIX, _INET, _INET6, _NETLINK, _PACKET, _BLUETOOTH, _ALG, _VSOCK, _XDP = 1, 2, 10, 16, 17, 31, 38, 40, 44
_SOCKET, _IP, _IPV6 = 1, 0, 41
_RIGHTS, _CREDENTIALS, _TIMES = 1, 2, {29: b"usec", 35: b"nsec"}


def address_of(data: bytes, how: How) -> bytes | None:
    """A socket's address of any family; None if it is shorter than its family."""
    if len(data) < 2:
        return None
    family = scalar(data[:2])
    least, body = _FAMILIES.get(family, (1 << 30, _plain))
    head = b"sa_family=" + named("addrfams", family, how)
    if len(data) == 2:
        return braced([head])
    parts = body(data, how) if len(data) >= least else _plain(data, how)
    return braced([head, *parts])


def _plain(data: bytes, how: How) -> list[bytes]:
    return [b"sa_data=" + quoted(data[2:], how)]


def _port(name: bytes, raw: bytes, how: How) -> bytes:
    return name + octets(raw, b"htons(%d)" % int.from_bytes(raw, "big"), how)


def _local(data: bytes, how: How) -> list[bytes]:
    path = data[2:]
    if path[:1] == b"\0":
        return [b"sun_path=@" + quoted(path[1:], how)]
    return [b"sun_path=" + quoted(path.partition(b"\0")[0], how)]


def _internet(data: bytes, how: How) -> list[bytes]:
    where = b'inet_addr("%s")' % socket.inet_ntoa(data[4:8]).encode()
    return [_port(b"sin_port=", data[2:4], how), b"sin_addr=" + octets(data[4:8], where, how)]


def _internet6(data: bytes, how: How) -> list[bytes]:
    flow = b"sin6_flowinfo=" + octets(data[4:8], b"htonl(%d)" % int.from_bytes(data[4:8], "big"), how)
    text = socket.inet_ntop(socket.AF_INET6, data[8:24]).encode()
    if how.names in (RAW, VERBOSE):
        where = b"sin6_addr=" + octets(data[8:24], b'inet_pton(AF_INET6, "%s")' % text, how)
    else:
        where = b'inet_pton(AF_INET6, "%s", &sin6_addr)' % text
    parts = [_port(b"sin6_port=", data[2:4], how), flow, where]
    if len(data) >= 28:
        scope = scalar(data[24:28])
        local = (data[8] == 0xFE and data[9] & 0xC0 == 0x80) or (data[8] == 0xFF and data[9] & 0xF == 2)
        parts.append(b"sin6_scope_id=" + (interface(scope, how) if local else b"%d" % scope))
    return parts


def _netlink(data: bytes, how: How) -> list[bytes]:
    pad, pid, groups = struct.unpack_from("<HII", data, 2)
    parts = [b"nl_pad=%s" % number(pad)] if pad else []
    shown = b"0x%06x" % groups if groups else b"00000000"
    return [*parts, b"nl_pid=%d" % signed32(pid), b"nl_groups=" + shown]


def _packet(data: bytes, how: How) -> list[bytes]:
    protocol = int.from_bytes(data[2:4], "big")
    index, kind, way, size = struct.unpack_from("<iHBB", data, 4)
    plain = how._replace(names="abbrev")
    name = b"htons(%s)" % named("ethernet_protocols", protocol, plain)
    parts = [
        b"sll_protocol=" + octets(data[2:4], name, how), b"sll_ifindex=" + interface(index, how),
        b"sll_hatype=" + named("arp_hardware_types", kind, how),
        b"sll_pkttype=" + named("af_packet_types", way, how), b"sll_halen=%d" % size,
    ]  # fmt: skip
    if size:
        raw = data[12 : 12 + min(size, 8)]
        parts.append(b"sll_addr=" + bracketed([number(byte) for byte in raw]))
    return parts


def _vsock(data: bytes, how: How) -> list[bytes]:
    reserved, port, cid = struct.unpack_from("<HII", data, 2)
    bits = data[12]
    parts = [b"svm_reserved1=" + number(reserved)] if reserved else []
    parts += [b"svm_cid=" + named("vsock_cids", cid, how), b"svm_port=" + named("vsock_ports", port, how)]
    return [*parts, b"svm_flags=" + named("vsock_flags", bits, how)]


def _algorithm(data: bytes, how: How) -> list[bytes]:
    data = data.ljust(88, b"\0")
    feature, bits = struct.unpack_from("<II", data, 16)
    names = [quoted(raw.partition(b"\0")[0], how) for raw in (data[2:16], data[24:88])]
    return [
        b"salg_type=" + names[0], b"salg_feat=" + number(feature),
        b"salg_mask=" + named("alg_sockaddr_flags", bits, how), b"salg_name=" + names[1],
    ]  # fmt: skip


def _express(data: bytes, how: How) -> list[bytes]:
    bits, index, queue, fd = struct.unpack_from("<HIII", data, 2)
    return [
        b"sxdp_flags=" + named("xdp_sockaddr_flags", bits, how), b"sxdp_ifindex=" + interface(index, how),
        b"sxdp_queue_id=%d" % queue, b"sxdp_shared_umem_fd=" + descriptor(fd, how),
    ]  # fmt: skip


def _bluetooth(data: bytes, how: How) -> list[bytes]:
    where = b":".join(b"%02x" % byte for byte in data[7:1:-1])
    if len(data) == 6:
        device, channel = struct.unpack_from("<HH", data, 2)
        return [b"hci_dev=htobs(%d)" % device, b"hci_channel=" + named("hci_channels", channel, how)]
    if len(data) == 8:
        return [b"sco_bdaddr=" + where]
    if len(data) == 10:
        return [b"rc_bdaddr=" + where, b"rc_channel=%d" % data[8]]
    return _plain(data, how)


_FAMILIES: dict[int, tuple[int, Callable[[bytes, How], list[bytes]]]] = {
    _UNIX: (3, _local),
    _INET: (16, _internet),
    _INET6: (24, _internet6),
    _NETLINK: (12, _netlink),
    _PACKET: (20, _packet),
    _BLUETOOTH: (6, _bluetooth),
    _ALG: (24, _algorithm),
    _VSOCK: (16, _vsock),
    _XDP: (16, _express),
}


def _control(data: bytes, how: How) -> bytes | None:
    """What goes beside a message: descriptors, credentials, times."""
    width, found, start = how.word, [], 0
    head = width + 8
    while start + head <= len(data):
        size = scalar(data, offset=start, size=width)
        if size < head:
            break
        level, kind = struct.unpack_from("<ii", data, start + width)
        found.append(_ancillary(size, level, kind, data[start + head : start + size], how))
        start += -(-size // width) * width
    return bracketed(found) if found else None


def _ancillary(size: int, level: int, kind: int, body: bytes, how: How) -> bytes:
    parts = [b"cmsg_len=%d" % size, b"cmsg_level=" + named("socketlayers", level, how)]
    key = {_SOCKET: "scmvals", _IP: "ip_cmsg_types"}.get(level)
    parts.append(b"cmsg_type=" + (named(key, kind, how) if key else number(kind)))
    if body:
        parts.append(b"cmsg_data=" + _ancillary_data(level, kind, body, how))
    return braced(parts)


def _ancillary_data(level: int, kind: int, body: bytes, how: How) -> bytes:
    if level == _SOCKET and kind == _RIGHTS and len(body) >= 4:
        return bracketed([descriptor(scalar(body, offset=at, size=4), how) for at in range(0, len(body) - 3, 4)])
    if level == _SOCKET and kind == _CREDENTIALS and len(body) >= 12:
        return _credentials(body, how) or b""
    if level == _SOCKET and kind in _TIMES and len(body) >= 2 * how.word:
        seconds, rest = (scalar(body, True, at, how.word) for at in (0, how.word))
        return b"{tv_sec=%d, tv_%s=%d}" % (seconds, _TIMES[kind], rest)
    if level == _IP and kind == 8 and len(body) >= 12:
        ends = [b'inet_addr("%s")' % socket.inet_ntoa(body[at : at + 4]).encode() for at in (4, 8)]
        where = [octets(body[at : at + 4], end, how) for at, end in zip((4, 8), ends, strict=True)]
        index = interface(scalar(body[:4]), how)
        return b"{ipi_ifindex=%s, ipi_spec_dst=%s, ipi_addr=%s}" % (index, where[0], where[1])
    if level == _IP and kind == 2 and len(body) >= 4:
        return b"[%d]" % scalar(body[:4])
    if level == _IP and kind == 1:
        return b"[%s]" % number(body[0])
    return quoted(body, how, how.limit)


def _credentials(data: bytes, how: How) -> bytes | None:
    if len(data) < 12:
        return None
    pid, uid, gid = struct.unpack_from("<III", data)
    return braced([b"pid=" + process(pid, how), b"uid=" + user(uid, how), b"gid=" + user(gid, how)])


def _option(data: bytes, how: How) -> bytes | None:
    """The value of an option: a number, or as many bytes as there are."""
    if len(data) < 4:
        return None
    return b"[%d]" % signed32(scalar(data)) if len(data) == 4 else quoted(data, how, how.limit)


def _membership(data: bytes, how: How) -> bytes | None:
    if len(data) < 8:
        return None
    ends = [octets(raw, b'inet_addr("%s")' % socket.inet_ntoa(raw).encode(), how) for raw in (data[:4], data[4:8])]
    return b"{imr_multiaddr=%s, imr_interface=%s}" % (ends[0], ends[1])


def _filter(data: bytes, how: How) -> bytes | None:
    width = how.word
    if len(data) < 2 * width:
        return None
    return b"{len=%d, filter=%s}" % (scalar(data[:2]), address(scalar(data[width : 2 * width])))


SOCKETS: dict[str, Special] = {
    "sockaddr": address_of,
    "cmsghdr": _control,
    "ucred": _credentials,
    "sockopt": _option,
    "ip_mreq": _membership,
    "sock_fprog": _filter,
}
