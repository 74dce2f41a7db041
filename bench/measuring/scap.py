"""A short .scap capture made long: its events many times, each time later."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np

from sonde.catalog.scap import blocks
from sonde.native.scap import Walk
from sonde.sources.scap.pieces import OLD

__all__ = ["CAPTURES", "looped"]

CAPTURES = Path(os.environ.get("SONDE_CAPTURES", Path(__file__).resolve().parents[3] / "shared/captures"))
GZIP = b"\x1f\x8b"
OWN = (234, 272, 324)  # events by which sysdig tells what it knows: of processes and containers
PAUSE = 1000  # ns between two times
GAP = 10**12  # ns: a capture whose times lie further apart has some that are none


def looped(capture: Path, into: Path, events: int) -> int:
    """Write the capture with its events repeated until there are at least so many; -> how many there are."""
    data = capture.read_bytes()
    if data.startswith(GZIP):
        data = gzip.decompress(data)
    found = Walk(OLD, blocks.LARGEST).blocks(np.frombuffer(data, np.uint8))
    kept = np.flatnonzero(~np.isin(found.type, OWN))
    rows, places = bytearray(), []
    for start in found.start[kept].tolist():
        kind, length = (int.from_bytes(data[start + at : start + at + 4], "little") for at in (0, 4))
        places.append(len(rows) + 8 + (6 if blocks.EVENTS[kind][0] else 2))
        rows += data[start : start + length]
    times = found.time[kept] - found.time[kept].min()
    round_ = int(times[times < GAP].max()) + PAUSE
    repeats = -(-events // len(kept))
    bytes_ = np.frombuffer(rows, np.uint8)
    stamps = np.array(places)[:, None] + np.arange(8)
    with into.open("wb") as out:
        for kind, start, length in found.other.tolist():
            if kind != blocks.SECTION or not out.tell():
                out.write(data[start - 8 : start + length + 4])
        for turn in range(repeats):
            moved = np.minimum(times, round_) + found.time[kept].min() + turn * round_
            bytes_[stamps] = moved.view(np.uint8).reshape(-1, 8)
            out.write(bytes_.tobytes())
    return len(kept) * repeats
