"""The beginning of a segment: who recorded what, when and where."""

from __future__ import annotations

from typing import NamedTuple

from sonde.errors import UsageError
from sonde.sources.recording.frames import Damaged
from sonde.sources.recording.objects import object_in, whole

__all__ = ["FORMAT", "Header", "read_header"]

FORMAT = 1  # version of what is written
_NUMBERS = ("format", "segment", "epoch", "start", "snaplen")


class Header(NamedTuple):
    """What a segment says of itself.

    `epoch`: epoch ns = boot ns + epoch; `start` when the recorder began (ns since the epoch); `session` is the same in
    all segments of one recorder, `segment` counts them from 1; `host`, `kernel`, `filter`, `command` and `snaplen` as
    they were.
    """

    format: int
    session: str
    segment: int
    epoch: int
    start: int
    host: str
    kernel: str
    filter: str
    command: str
    snaplen: int
    sonde: str


def read_header(body: bytes) -> Header:
    """A header from JSON. Damaged if it is none, UsageError if a newer sonde wrote it."""
    found = object_in(body)
    if whole(found.get("format")) > FORMAT:
        raise UsageError("the recording was made by a newer sonde: update this one to read it")
    numbers = {name: whole(found.get(name)) for name in _NUMBERS}
    texts = {name: found.get(name) for name in Header._fields if name not in _NUMBERS}
    if not all(isinstance(text, str) for text in texts.values()):
        raise Damaged("a beginning without one of its texts")
    return Header(**numbers, **texts)  # type: ignore[arg-type]
