"""Tracepoints in a recording: what their events are, told at the beginning of each segment that may have some."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import Event, Param, ParamType, Place, Source
from sonde.catalog.lookup import EVENTS, NUMBERS, TRACEPOINTS, add_event, tracepoint_number
from sonde.engines.context import by_event
from sonde.sources.recording.frames import Damaged

__all__ = ["adopted", "told_tracepoints"]

Numbers = npt.NDArray[np.uint16]


def told_tracepoints() -> list[object]:
    """The tracepoints that are known, for JSON."""
    return [
        [number, event.name, [[p.name, p.type, p.source, list(p.place) if p.place else None] for p in event.params]]
        for number, event in EVENTS.items()
        if number in TRACEPOINTS
    ]


def adopted(told: object) -> Numbers:
    """Make the tracepoints known as they were recorded; -> the number here of each event number there. Damaged if they
    are something else."""
    numbers = np.arange(NUMBERS, dtype=np.uint16)
    try:
        assert isinstance(told, list)
        for number, name, params in told:
            assert number in TRACEPOINTS and isinstance(name, str) and ":" in name
            numbers[number] = _known(name, tuple(_param(*param) for param in params))
    except (AssertionError, TypeError, ValueError):
        raise Damaged("tracepoints that are none") from None
    return numbers


def _param(name: object, kind: object, source: object, place: object) -> Param:
    assert isinstance(name, str) and isinstance(kind, str) and isinstance(source, str)
    where = None
    if place is not None:
        assert isinstance(place, list)
        offset, size, told = place
        assert isinstance(offset, int) and isinstance(size, int) and 0 <= offset < 1 << 16 and 0 < size < 1 << 16
        where = Place(offset, size, bool(told))
    return Param(name, ParamType(kind), Source(source), place=where)


def _known(name: str, params: tuple[Param, ...]) -> int:
    """The number of a tracepoint, which has these parameters from now on."""
    number = tracepoint_number(name)
    if number not in EVENTS or EVENTS[number].params != params:
        add_event(Event(number, name, "other", params))
        by_event.cache_clear()
    return number
