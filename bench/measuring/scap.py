"""A short .scap capture made long: its event blocks, many times."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

__all__ = ["looped"]

EVENT_BLOCKS = frozenset((0x204, 0x208, 0x210, 0x211, 0x216, 0x217, 0x221, 0x222))  # all versions, of libscap
GZIP = b"\x1f\x8b"
HEAD = struct.Struct("<II")  # type and length of a block


def looped(capture: Path, into: Path, events: int) -> int:
    """Write the capture with its events repeated until there are at least so many; -> how many there are."""
    data = capture.read_bytes()
    if data.startswith(GZIP):
        data = gzip.decompress(data)
    tables, rows, count = bytearray(), bytearray(), 0
    at = 0
    while at + HEAD.size <= len(data):
        kind, length = HEAD.unpack_from(data, at)
        if length < HEAD.size or at + length > len(data):
            break
        if kind in EVENT_BLOCKS:
            rows += data[at : at + length]
            count += 1
        else:
            tables += data[at : at + length]
        at += length
    times = -(-events // count)
    with into.open("wb") as out:
        out.write(tables)
        for _ in range(times):
            out.write(rows)
    return count * times
