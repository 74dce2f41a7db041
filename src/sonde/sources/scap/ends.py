"""Addresses of sockets in the form of .scap files: one address, or the two ends of a connection."""

from __future__ import annotations

import socket
import struct

import numpy as np

from sonde.catalog.event import ParamType
from sonde.catalog.scap.events import Param
from sonde.engines.context import source_index
from sonde.engines.decoding import Group
from sonde.plan.batch import Views
from sonde.sources.scap.packing import sliced

__all__ = ["address", "end", "received", "sent"]

_End = tuple[bytes, int]  # address as in packets, port


def address(group: Group, param: Param) -> Views:
    """The address that a call was given."""
    found = _addresses(group)
    return sliced([_address(found[row] if found else None) for row in range(len(group.at))])


def sent(group: Group, param: Param) -> Views:
    """The ends as of what is sent: from here to there."""
    return sliced([_tuple(row, raw, state, outward=True) for row, raw, state in _each(group)])


def received(group: Group, param: Param) -> Views:
    """The ends as of what is received: from there to here; none if the call failed."""
    pairs = zip(_each(group), group.column("res").tolist(), strict=True)
    return sliced([_tuple(*each, outward=False) if res >= 0 else b"" for each, res in pairs])


def _addresses(group: Group) -> Views | None:
    word = next((word for word in group.event.arguments if word.type is ParamType.SOCKADDR), None)
    return None if word is None else group.views(source_index(word.source))


def _each(group: Group) -> list[tuple[np.void, bytes | None, Group]]:
    """Of each row: the file behind its descriptor, the address, and whose they are."""
    files, found = group.batch.state.files, _addresses(group)
    rows = files.rows[files.at(group.column("file").astype(np.uint32))]
    return [(row, found[at] if found else None, group) for at, row in enumerate(rows)]


def _inet(raw: bytes | None) -> _End | None:
    """(address, port) of a struct sockaddr."""
    family = int.from_bytes((raw or b"")[:2], "little")
    if raw and family == socket.AF_INET and len(raw) >= 8:
        return raw[4:8], int.from_bytes(raw[2:4], "big")
    if raw and family == socket.AF_INET6 and len(raw) >= 24:
        return raw[8:24], int.from_bytes(raw[2:4], "big")
    return None


def _address(raw: bytes | None) -> bytes:
    if not raw or len(raw) < 2:
        return b""
    family = int.from_bytes(raw[:2], "little")
    if found := _inet(raw):
        return bytes((family,)) + found[0] + struct.pack("<H", found[1])
    return bytes((family & 0xFF,)) + (_path(raw) + b"\0" if family == socket.AF_UNIX else b"")


def _path(raw: bytes) -> bytes:
    """The path of a unix socket; abstract ones begin with a NUL, which sysdig leaves out."""
    path = raw[2:]
    return path[1:].partition(b"\0")[0] if path[:1] == b"\0" else path.partition(b"\0")[0]


def _tuple(row: np.void, raw: bytes | None, group: Group, outward: bool) -> bytes:
    """The ends of a socket, the far one by the address if one was given."""
    strings, family = group.batch.state.strings, int(row["family"])
    if family == socket.AF_UNIX or (raw and raw[:2] == b"\1\0"):
        path = _path(raw) if raw and raw[:2] == b"\1\0" else b""
        pair = (int(row["cookie"]), int(row["peer"]))
        return (
            struct.pack("<BQQ", socket.AF_UNIX, *(pair if outward else pair[::-1]))
            + (path or strings[int(row["name"])])
            + b"\0"
        )
    told = _inet(raw)
    if told is None and (family not in (socket.AF_INET, socket.AF_INET6) or not row["rport"]):
        return b""
    width = 4 if (len(told[0]) == 4 if told else family == socket.AF_INET) else 16
    near = end(strings[int(row["lip"])], int(row["lport"]), width)
    far = told or end(strings[int(row["rip"])], int(row["rport"]), width)
    source, target = (near, far) if outward else (far, near)
    kind = socket.AF_INET if width == 4 else socket.AF_INET6
    return bytes((kind,)) + source[0] + struct.pack("<H", source[1]) + target[0] + struct.pack("<H", target[1])


def end(text: bytes, port: int, width: int) -> _End:
    """An end by its text; none is all zeros."""
    if not text:
        return bytes(width), port
    raw = socket.inet_pton(socket.AF_INET6 if b":" in text else socket.AF_INET, text.decode())
    if len(raw) < width:
        raw = b"\0" * 10 + b"\xff\xff" + raw
    return raw[-width:], port
