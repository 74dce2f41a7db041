"""`-P PATH`: only calls that touch one of some files, by the path they were given or by a descriptor."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import EXIT_EVENTS, ParamType
from sonde.catalog.lookup import EVENTS
from sonde.engines.payload import string_ids
from sonde.plan.batch import Batch
from sonde.plan.pairs import entered, left_open, previous

__all__ = ["Touching"]

Mask = npt.NDArray[np.bool_]
_TEXTS = (ParamType.PATH,)


class Touching:
    """Remembers which open calls touch the paths, so that their ends are shown as well."""

    def __init__(self, paths: Sequence[str]) -> None:
        given = [os.fsencode(path) for path in paths]
        self._paths = {*given, *(os.path.realpath(path) for path in given)}
        self._open: set[int] = set()

    def rows(self, batch: Batch) -> Batch:
        """The rows of calls that touch a path, and of what is no call."""
        nr, tid = batch.columns["nr"], batch.columns["tid"]
        begun = entered(batch)
        held = self._touches(batch) & begun
        before = previous(batch)
        ends = ~begun & (before >= 0)
        held[ends] = held[before[ends]]
        first = ~begun & (before < 0)
        held[first] = np.isin(tid[first], list(self._open))
        open_rows, idle = left_open(batch)
        self._open -= set(idle.tolist())
        for row in open_rows.tolist():
            (self._open.add if held[row] else self._open.discard)(int(tid[row]))
        held |= np.isin(nr, list(EXIT_EVENTS.values()))
        return batch.take(np.flatnonzero(held))

    def _touches(self, batch: Batch) -> Mask:
        strings, files, nr = batch.state.strings, batch.state.files, batch.columns["nr"]
        held = np.zeros(len(batch), np.bool_)

        def one_of(text: bytes) -> bool:
            return text in self._paths

        words = {int(number): _words(int(number)) for number in np.unique(nr).tolist()}
        for word in range(6):
            takes = np.isin(nr, [number for number, found in words.items() if word in found])
            if takes.any():
                ids = string_ids(batch, np.where(takes, word, 255))
                held |= strings.verdict(ids, ("touching", id(self)), one_of)
        for column in ("file", "dir", "newdir"):
            if column in batch.columns:
                ids = files.paths(batch.columns[column].astype(np.uint32))
                held |= strings.verdict(ids, ("touching", id(self)), one_of)
        return held


def _words(number: int) -> set[int]:
    """The words of a call that point at paths."""
    event = EVENTS.get(number)
    if event is None:
        return set()
    return {int(p.source.value[1]) for p in event.params if p.type in _TEXTS and p.source.value.startswith("a")}
