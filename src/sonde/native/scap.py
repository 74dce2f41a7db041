"""Blocks of a .scap file: events as columns, other blocks by place; scap.c does the work."""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap.blocks import EVENTS, STATE_ONLY
from sonde.native import address, kernel

__all__ = ["KEPT", "WIDE", "Blocks", "Walk"]

I8 = npt.NDArray[np.int64]
I4 = npt.NDArray[np.int32]
U1 = npt.NDArray[np.uint8]
U2 = npt.NDArray[np.uint16]
Bools = npt.NDArray[np.bool_]
# forms of an event: lengths take four bytes; it is there only for what it changes
WIDE, KEPT = 1, 2
SMALLEST, SMALLEST_EVENT = 12, 36  # bytes of a block
# block type -> (bytes before the header, says its number of parameters, lengths take four bytes)
_EVENTS = {kind: (6 if flags else 2, counts, wide) for kind, (flags, counts, wide) in EVENTS.items()}


class Blocks(NamedTuple):
    """What stands in a piece of a file. The parameters of an event stand behind their lengths; native/params.py finds
    them."""

    time: I8
    tid: I8
    type: U2
    cpu: U2
    start: I8
    lengths: I8  # where those of its parameters stand
    counts: I4  # of its parameters
    form: U1  # WIDE, KEPT
    word: I8  # the first parameter as a number, of at most eight bytes
    worded: Bools  # has it eight bytes?
    other: I8  # a row (type, offset of the body, bytes) for each other block
    next: int  # where the first block that is not whole begins
    torn: int  # events whose parameters do not fit into their blocks
    damaged: bool  # what stands at `next` is no block


class Walk:
    """Walks over one buffer after the other. `old` are the most parameters by event type, before version 1.2; a block
    of more than `largest` bytes is damage."""

    def __init__(self, old: U2, largest: int) -> None:
        self._old, self._largest = old, largest
        self._room, self._columns = -1, tuple[npt.NDArray[np.generic], ...]()  # kept: new memory is slow

    def blocks(self, buffer: npt.NDArray[np.uint8]) -> Blocks:
        """The whole blocks at the beginning of a buffer."""
        native = kernel("scap")
        if native is None:
            return _twin(buffer.tobytes(), self._old, self._largest)
        if self._room < len(buffer):
            self._room, self._columns = len(buffer), _columns(len(buffer))
        inputs = (address(buffer), 0, len(buffer), address(self._old), len(self._old), self._largest)
        outputs = map(address, self._columns)
        job = np.array([*inputs, *outputs, 0, 0, 0, 0], np.uint64)  # struct scap of scap.c, which is u8 only
        count = native(address(job))
        others, torn, damaged = job[18:].tolist()
        sizes = (count,) * 10 + (others,)
        found = (column[:size].copy() for column, size in zip(self._columns, sizes, strict=True))
        return Blocks._make((*found, int(job[1]), torn, bool(damaged)))


def _columns(size: int) -> tuple[npt.NDArray[np.generic], ...]:
    """Room for what may stand in so many bytes, in the order of Blocks."""
    events = size // SMALLEST_EVENT + 2
    kinds = (np.int64, np.int64, np.uint16, np.uint16, np.int64, np.int64, np.int32, np.uint8, np.int64, np.bool_)
    other = np.empty((size // SMALLEST + 1, 3), np.int64)
    return (*(np.empty(events, kind) for kind in kinds), other)


def _twin(data: bytes, old: U2, largest: int) -> Blocks:
    """The same in Python."""
    events: list[tuple[int, ...]] = []
    other: list[tuple[int, int, int]] = []
    at = torn = 0
    damaged = False
    while at + SMALLEST <= len(data):
        kind, total = struct.unpack_from("<II", data, at)
        damaged = not SMALLEST <= total <= largest
        if damaged or total > len(data) - at:
            break
        damaged = struct.unpack_from("<I", data, at + total - 4)[0] != total
        if damaged:
            break
        if kind not in _EVENTS:
            other.append((kind, at + 8, total - SMALLEST))
        elif (found := _event(data, at, total, old)) is None:
            torn += 1
        else:
            events.append((*found[0], at, *found[1], _form(data, at), *_word(data, *found[2])))
        at += total
    columns = list(zip(*events, strict=True)) or [()] * 10
    kinds = (column.dtype for column in _columns(0))
    made = (np.array(column, kind) for column, kind in zip(columns, kinds, strict=False))
    return Blocks._make((*made, np.array(other, np.int64).reshape(-1, 3), at, torn, damaged))


def _form(data: bytes, at: int) -> int:
    kind = struct.unpack_from("<I", data, at)[0]
    flags, _, wide = EVENTS[kind]
    return wide * WIDE | (flags and data[at + 10] & STATE_ONLY != 0) * KEPT


def _word(data: bytes, start: int, length: int) -> tuple[int, bool]:
    """(the first parameter as a number, has it eight bytes?)."""
    word = data[start : start + min(length, 8)].ljust(8, b"\0")
    return int.from_bytes(word, "little", signed=True), length >= 8


def _event(
    data: bytes, at: int, total: int, old: U2
) -> tuple[tuple[int, ...], tuple[int, int], tuple[int, int]] | None:  # fmt: skip
    """((time, tid, type, cpu), (where the lengths are, how many), (where the first parameter is, its bytes)) of an
    event block, None if it is torn."""
    skip, counts, wide = _EVENTS[struct.unpack_from("<I", data, at)[0]]
    head, fixed = at + 8 + skip, 26 if counts else 22
    size = total - SMALLEST - skip
    if size < fixed:
        return None
    time, tid, length, kind = struct.unpack_from("<qqIH", data, head)
    if not fixed <= length <= size:
        return None
    room, lens, width = length - fixed, head + fixed, 4 if wide else 2
    if counts:
        tries = [struct.unpack_from("<I", data, head + 22)[0]]
    else:
        tries = list(range(int(old[kind]) if kind < len(old) else 0, -1, -1))
    for count in tries:
        if count * width > room:
            continue
        sizes = struct.unpack_from(f"<{count}{'I' if wide else 'H'}", data, lens)
        taken = count * width + sum(sizes)
        if taken == room or (counts and taken < room):
            cpu = struct.unpack_from("<H", data, at + 8)[0]
            return (time, tid, kind, cpu), (lens, count), (lens + count * width, sizes[0] if sizes else 0)
    return None
