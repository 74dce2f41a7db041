"""Paths that events have, made absolute: evt.abspath as sysdig has it, and fs.path.*."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from sonde.catalog.scap.events import EVENTS, PATHS, Event
from sonde.engines.context import Context, Derivation, ints, string
from sonde.plan.batch import Batch, Vector
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.text import Texts

__all__ = ["absolute_paths"]

Choice = Callable[[list[int]], int]  # of the places of an event's paths; -1 for none


@cache
def _places(kind: int) -> list[int]:
    """Where an event has paths: calls tell of them when they return."""
    event: Event | None = EVENTS.get(kind)
    if event is None or event.enters:
        return []
    return [place for place, param in enumerate(event.params) if param.type in PATHS]


def _first(places: list[int]) -> int:
    return places[0] if places else -1


def _last(places: list[int]) -> int:
    return places[-1] if places else -1


def _only(places: list[int]) -> int:
    return places[0] if len(places) == 1 else -1


def _of_two(at: int) -> Choice:
    return lambda places: places[at] if len(places) == 2 else -1


def absolute_paths(piece: Piece, texts: Texts) -> dict[str, Derivation]:
    """By the name of the field. A path below a directory that is not known is as it was given."""

    def field(choice: Choice, text: Callable[[int, int], bytes]) -> Derivation:
        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            events, intern = ints(batch, "seq"), context.state.strings.intern
            kinds, number = np.unique(piece.type[events], return_inverse=True)
            places = np.array([choice(_places(kind)) for kind in kinds.tolist()], np.int64)[number]
            ids = np.zeros(len(events), np.uint32)
            for row in np.flatnonzero(places >= 0).tolist():
                if path := text(int(events[row]), int(places[row])):
                    ids[row] = intern(path)
            return string(ids)

        return derive

    return {
        "evt.abspath": field(_first, texts.absolute),
        "evt.abspath.src": field(_first, texts.absolute), "evt.abspath.dst": field(_last, texts.absolute),
        "fs.path.name": field(_only, texts.absolute), "fs.path.nameraw": field(_only, piece.text),
        "fs.path.source": field(_of_two(0), texts.absolute), "fs.path.sourceraw": field(_of_two(0), piece.text),
        "fs.path.target": field(_of_two(1), texts.absolute), "fs.path.targetraw": field(_of_two(1), piece.text),
    }  # fmt: skip
