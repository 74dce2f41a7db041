"""Where parameters of events of a .scap file are, and what numbers they are; params.c does the work."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from sonde.native import address, kernel
from sonde.native.scap import WIDE, Blocks

__all__ = ["ALL", "begins", "params"]

Array = npt.NDArray[np.generic]
I8 = npt.NDArray[np.int64]
ALL = 1 << 32  # parameters of an event


def params(data: bytes, blocks: Blocks, events: I8, first: I8 | int, many: int = 1) -> tuple[I8, I8, I8]:
    """(begin, end, word): where parameters of events are in `data`, whose blocks were walked over: from the number
    `first` on so many as there are, at most `many`; -1 where there is none. The word is the number that their first
    bytes are, eight at most. Events that are not there have none."""
    events = np.ascontiguousarray(events, np.int64)
    native = kernel("params")
    if native is None:
        return _twin(data, blocks, events, first, many)
    wanted = np.full(len(events), first, np.int64) if isinstance(first, int) else np.ascontiguousarray(first, np.int64)
    begin, end, word = np.empty((3, len(events)), np.int64)
    inputs: tuple[Array, ...] = (np.frombuffer(data, np.uint8), blocks.lengths, blocks.counts, blocks.form)
    # struct params of params.c, which is u8 only
    job = np.array(
        [*map(address, inputs), len(blocks.counts), address(events), address(wanted), len(events), many,
         *map(address, (begin, end, word))], np.uint64,
    )  # fmt: skip
    native(address(job))
    return begin, end, word


def begins(data: bytes, lengths: int, count: int, form: int) -> list[int]:
    """Where each parameter of an event begins, and the last ends, by where its lengths are."""
    width, kind = (4, "I") if form & WIDE else (2, "H")
    return list(accumulate(struct.unpack_from(f"<{count}{kind}", data, lengths), initial=lengths + count * width))


def _twin(data: bytes, blocks: Blocks, events: I8, first: I8 | int, many: int) -> tuple[I8, I8, I8]:
    """The same in Python."""

    def found() -> Iterator[tuple[int, int, int]]:
        for event, one in zip(events.tolist(), np.broadcast_to(first, len(events)).tolist(), strict=True):
            count = int(blocks.counts[event]) if 0 <= event < len(blocks.counts) else 0
            if not 0 <= one < count:
                yield -1, -1, 0
                continue
            ends = begins(data, int(blocks.lengths[event]), count, int(blocks.form[event]))
            begin, end = ends[one], ends[min(one + many, count)]
            yield begin, end, int.from_bytes(data[begin : min(end, begin + 8)].ljust(8, b"\0"), "little", signed=True)

    begin, end, word = np.array(list(found()), np.int64).reshape(-1, 3).T
    return begin, end, word
