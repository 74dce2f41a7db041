"""What events pointed at: file names, other strings and socket addresses, as slices and as string ids."""

from __future__ import annotations

import socket
import struct

import numpy as np
import numpy.typing as npt

from sonde.plan.batch import Batch, Views
from sonde.plan.strings import Ids, Strings

__all__ = ["ip_text", "service", "socket_addresses", "string_ids", "strings_of", "terminated", "with_service"]


def terminated(views: Views) -> Views:
    """Slices of strings without the NUL at their end."""
    last = np.where(views.length > 0, views.offset + views.length - 1, 0)
    ends = (views.length > 0) & (views.data[last] == 0) if len(views.data) else np.zeros(len(views), np.bool_)
    return Views(views.data, views.offset, (views.length - ends).astype(np.int32), views.full)


def strings_of(strings: Strings, views: Views) -> Ids:
    """String ids of slices, 0 where missing."""
    # one bytes object, so that slicing and hashing stay in C
    data, ends = views.data.tobytes(), (views.offset + views.length).tolist()
    out = np.zeros(len(views), np.uint32)
    present = np.flatnonzero(views.length >= 0)
    offsets = views.offset.tolist()
    out[present] = strings.intern_all(data[offsets[i] : ends[i]] for i in present.tolist())
    return out


def string_ids(batch: Batch, argument: int | npt.NDArray[np.int64]) -> Ids:
    """String ids of the NUL-terminated strings at an argument word (an array: one index a row, 255 for none)."""
    return strings_of(batch.state.strings, terminated(batch.payloads.of_argument(argument, len(batch))))


def socket_addresses(strings: Strings, views: Views, services: bool = False) -> Ids:
    """String ids of `ip:port`, the path of a unix socket, or `family N` for slices that are socket addresses.

    `services`: ports by name.
    """
    ids = strings_of(strings, views)
    return strings.map(ids, "served sockaddr", _served) if services else strings.map(ids, "sockaddr", _address)


def service(port: int, protocol: str = "tcp") -> bytes:
    """The name of a port's service (of /etc/services), else its number."""
    try:
        return socket.getservbyport(port, protocol).encode()
    except OSError:
        return b"%d" % port


def with_service(end: bytes, protocol: str = "tcp") -> bytes:
    """`ip:port` with the port's name."""
    address, _, port = end.rpartition(b":")
    return address + b":" + service(int(port), protocol)


def ip_text(raw: bytes) -> bytes | None:
    """An address of 4 or 16 bytes as text, None for other lengths."""
    family = {4: socket.AF_INET, 16: socket.AF_INET6}.get(len(raw))
    return socket.inet_ntop(family, raw).encode() if family else None


def _served(raw: bytes) -> bytes | None:
    text = _address(raw)
    internet = len(raw) > 1 and struct.unpack_from("=H", raw)[0] in (socket.AF_INET, socket.AF_INET6)
    return with_service(text) if text and internet and not text.startswith(b"family") else text


def _address(raw: bytes) -> bytes | None:
    if len(raw) < 2:
        return None
    family = int(struct.unpack_from("=H", raw)[0])
    if family == socket.AF_INET and len(raw) >= 8:
        return b"%s:%d" % (socket.inet_ntoa(raw[4:8]).encode(), struct.unpack_from(">H", raw, 2)[0])
    if family == socket.AF_INET6 and len(raw) >= 24:
        return b"%s:%d" % (socket.inet_ntop(family, raw[8:24]).encode(), struct.unpack_from(">H", raw, 2)[0])
    if family == socket.AF_UNIX:
        path = raw[2:]
        return b"@" + path[1:].rstrip(b"\0") if path[:1] == b"\0" else path.partition(b"\0")[0]
    return b"family %d" % family
