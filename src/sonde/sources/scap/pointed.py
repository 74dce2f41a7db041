"""Parameters of .scap events that calls point at: structures, options of sockets, lists of descriptors, data."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

import numpy as np

from sonde.catalog.event import BUFFERS
from sonde.catalog.scap.events import Param
from sonde.engines.context import source_index
from sonde.engines.decoding import Group
from sonde.plan.batch import Views
from sonde.sources.scap.coding import coded, kind_of
from sonde.sources.scap.packing import constant, numbers, pooled, sliced, within

__all__ = ["Encoder", "data", "flags_in", "option", "option_name", "polled", "read", "size_of_data", "span"]

Encoder = Callable[[Group, Param], Views]
DATA_MAX = 1 << 14  # sysdig reads no events beyond 64 KiB
_NO_TIME = (1 << 64) - 1
_SO_ERROR = 4
# (the kernel's bit, sysdig's) of what poll waits for
_POLL = ((0x1, 1), (0x4, 2), (0x2, 4), (0x2000, 8), (0x8, 16), (0x10, 32), (0x20, 64), (0x40, 128), (0x80, 256),
         (0x100, 512), (0x200, 1024))  # fmt: skip


def _pointed(group: Group, name: str) -> list[bytes | None]:
    """What the argument of a name pointed at, by row."""
    word = next((word for word in group.event.arguments if word.name == name), None)
    if word is None:
        return [None] * len(group.at)
    found = group.views(source_index(word.source))
    return [found[row] for row in range(len(found))]


def read(form: str, name: str, place: int = 0, absent: int = 0) -> Encoder:
    """A number in a structure that an argument points at, else `absent`."""
    size = struct.calcsize(form)

    def encoder(group: Group, param: Param) -> Views:
        parts = ((raw or b"")[place : place + size] for raw in _pointed(group, name))
        values = [struct.unpack(form, raw)[0] if len(raw) == size else absent for raw in parts]
        return numbers(np.array(values, np.int64), kind_of(param))

    return encoder


def flags_in(form: str, name: str, place: int, names: str, ignored: int = 0) -> Encoder:
    """Flags in a structure that an argument points at."""
    size = struct.calcsize(form)

    def encoder(group: Group, param: Param) -> Views:
        parts = ((raw or b"")[place : place + size] for raw in _pointed(group, name))
        values = [int.from_bytes(raw, "little", signed=True) & ~ignored for raw in parts]
        return pooled(np.array(values, np.int64), lambda value: coded(param, names, value))

    return encoder


def span(name: str) -> Encoder:
    """A span of time, none for a null pointer."""

    def encoder(group: Group, param: Param) -> Views:
        parts = [struct.unpack_from("<qq", raw) if raw and len(raw) >= 16 else None for raw in _pointed(group, name)]
        spans = [_NO_TIME if part is None else (part[0] * 10**9 + part[1]) & _NO_TIME for part in parts]
        return numbers(np.array(spans, np.uint64), "<u8")

    return encoder


def data(group: Group, param: Param) -> Views:
    """The bytes that were moved, as far as they were kept."""
    word = next((word for word in group.event.params if word.type in BUFFERS), None)
    if word is None:
        return constant(b"", len(group.at))
    return within(group.views(source_index(word.source)), DATA_MAX)


def size_of_data(group: Group, param: Param) -> Views:
    """How many bytes lie in the parts of a vector; sysdig says of what is read how many came."""
    moved = np.maximum(group.column("res"), 0)
    word = next((word for word in group.event.params if word.type in BUFFERS), None)
    if word is None or group.event.io == "r":
        return numbers(moved, "<u4")
    full = group.views(source_index(word.source)).full
    return numbers(np.where(full >= 0, full, moved), "<u4")


def polled(group: Group, param: Param) -> Views:
    """struct pollfd[] as sysdig has it: descriptors and what is waited for."""
    return sliced([_polled(raw or b"") for raw in _pointed(group, "fds")])


def _polled(raw: bytes) -> bytes:
    entries = list(struct.iter_unpack("<ihh", raw[: len(raw) // 8 * 8]))
    bits = [(fd, sum(code for bit, code in _POLL if wanted & bit)) for fd, wanted, _ in entries]
    return struct.pack("<H", len(bits)) + b"".join(struct.pack("<qh", *pair) for pair in bits)


def option(group: Group, param: Param) -> Views:
    """The value of a socket's option: an error, a number where it has four bytes, else bytes."""
    lengths = group.column("a4").tolist()
    if group.event.name == "getsockopt":
        lengths = [int.from_bytes(raw or b"", "little") for raw in _pointed(group, "optlen")]
    values = [(raw or b"")[: max(length, 0)] for raw, length in zip(_pointed(group, "val"), lengths, strict=True)]
    errors = (group.column("a2") == _SO_ERROR).tolist()
    return sliced([_value(value, error) for value, error in zip(values, errors, strict=True)])


def _value(raw: bytes, error: bool) -> bytes:
    """A value behind a byte that says what it is."""
    if len(raw) != 4:
        return b"\0" + raw
    return b"\1" + struct.pack("<q", -int.from_bytes(raw, "little")) if error else b"\2" + raw


def option_name(group: Group, param: Param) -> Views:
    """The name of a socket's option; sysdig has numbers for those of one level."""
    names = np.where(group.column("a1") == socket.SOL_SOCKET, group.column("a2"), -1)
    return pooled(names, lambda value: coded(param, "optname", value))
