"""How many rows of each kind a segment has: told at its end, or counted where nothing is told."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from typing import BinaryIO

from sonde.sources.recording.frames import HEADER, Damaged, Kind, Reader, framed
from sonde.sources.recording.header import read_header
from sonde.sources.recording.kinds import Kinds
from sonde.sources.recording.objects import object_in, whole
from sonde.sources.recording.rows import Rows
from sonde.sources.recording.tracepoints import adopted

__all__ = ["end_frame", "tally"]

TAIL = 1 << 12  # bytes at the end of a segment that its last frame is looked for in
TELLS = b'{"rows": '


def end_frame(rows: Mapping[str, int]) -> bytes:
    """The last frame of a segment, which tells how many rows of each kind there are."""
    return framed(Kind.END, json.dumps({"rows": dict(rows)}).encode())


def tally(path: str) -> Counter[str]:
    """How many rows of each kind a segment has; what cannot be read is not counted."""
    found: Counter[str] = Counter()
    with contextlib.suppress(OSError, Damaged), open(path, "rb", buffering=0) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
        told = _told(file.read(TAIL))
        if told is not None:
            return told
        file.seek(0)
        _count(file, found)
    return found


def _told(tail: bytes) -> Counter[str] | None:
    """What the frame at the very end tells, None if that is none that does."""
    place = tail.rfind(TELLS)
    body = tail[place:]
    if place < HEADER.itemsize or framed(Kind.END, body) != tail[place - HEADER.itemsize :]:
        return None
    rows = object_in(body)["rows"]
    return Counter({name: whole(count) for name, count in rows.items()}) if isinstance(rows, dict) else None


def _count(file: BinaryIO, found: Counter[str]) -> None:
    numbers, kinds = adopted([]), Kinds()
    for frame in Reader(file):
        if frame.kind == Kind.START:
            numbers, kinds = adopted(read_header(frame.body).tracepoints), Kinds()
        elif frame.kind == Kind.ROWS:
            found.update(kinds.counted(kinds.of(Rows(frame, numbers))))
