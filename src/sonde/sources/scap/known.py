"""What calls made is remembered, by all that it depends on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from sonde.native.alike import alike_all
from sonde.native.slices import same_slices
from sonde.sources.scap.pieces import Piece

__all__ = ["Key", "Known", "Told"]

I8 = npt.NDArray[np.int64]
Told = Mapping[int, tuple[int, bool]]  # by event type: the parameter that tells all, is it the enter event's?
Key = tuple[int, int, int, bytes, bytes]  # event type, error, what was before, parameters of exit and enter event
MOST = 1 << 15


class Known:
    """Ids of what calls made, by key. What was before is the working directory of calls that make something, and what
    was behind the descriptor of those that change it. Of events that are `told` one parameter matters, else all."""

    def __init__(self, told: Told) -> None:
        self._place, self._entered = np.full(1 << 16, -1, np.int64), np.zeros(1 << 16, np.bool_)
        for kind, (place, entered) in told.items():
            self._place[kind], self._entered[kind] = place, entered
        self._idents: dict[Key, int] = {}

    def get(self, key: Key) -> int | None:
        """The id, None if it is not known."""
        return self._idents.get(key)

    def remember(self, key: Key, ident: int) -> None:
        """It is known from now on."""
        if len(self._idents) >= MOST:
            self._idents.clear()
        self._idents[key] = ident

    def forget(self) -> None:
        """What calls make is not what it was."""
        self._idents.clear()

    def groups(self, piece: Piece, events: I8, before: I8) -> tuple[I8, I8, list[Key]]:
        """(the number of each event's group, the place of the first of each group, each group's key)."""
        word = piece.word[events]
        errors = np.where(piece.worded[events], np.minimum(word, 0), word + 1)  # a result that is torn is like no other
        numbers = (piece.type[events], errors, before)
        spans, data, rows = self._spans(piece, events), piece.data, len(events)
        _, texts = same_slices(data, *map(np.concatenate, zip(*spans, strict=True)))
        first, group = alike_all((*numbers, texts[:rows], texts[rows:]), rows)
        columns = (column[first].tolist() for column in (*numbers, *(end for span in spans for end in span)))
        keys = [(kind, error, one, data[begin:end], data[start:stop])
                for kind, error, one, begin, end, start, stop in zip(*columns, strict=True)]  # fmt: skip
        return group.astype(np.int64), first, keys

    def _spans(self, piece: Piece, events: I8) -> tuple[tuple[I8, I8], tuple[I8, I8]]:
        """Where the bytes stand that matter."""
        types, enters = piece.type[events], np.where(piece.pairs.valid[events], piece.pairs.enter[events], -1)
        of_exit, of_enter = piece.behind(events), piece.behind(enters)
        told = np.flatnonzero(self._place[types] >= 0)
        if len(told):
            at = np.where(self._entered[types[told]], enters[told], events[told])
            of_exit[0][told], of_exit[1][told] = piece.spans(at, self._place[types[told]])
            of_enter[1][told] = of_enter[0][told]
        return of_exit, of_enter
