"""Tables that ids of events refer to: rows by dense 32-bit ids."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.plan.strings import MISSING, Ids, Strings

__all__ = ["Table"]

Array = npt.NDArray[np.generic]


def _distance(base: int, ident: int) -> int:
    """How far an id lies above another; ids count modulo 2**32: after 4294967295 comes 0."""
    return (ident - base) & 0xFFFFFFFF


class Table:
    """A structured array that grows, by dense ids above `base`; row 0 is "unknown".

    `texts` are the columns that hold string ids of `strings`.
    """

    texts: tuple[str, ...] = ()

    def __init__(self, dtype: np.dtype[np.void], strings: Strings, base: int) -> None:
        self.rows = np.zeros(256, dtype)
        self.strings, self.base, self.size = strings, base, 1

    def __len__(self) -> int:
        return self.size

    def at(self, ids: Ids) -> Ids:
        """The indices in `rows` of ids; 0 for those that are not here."""
        places = ids - np.uint32(self.base)
        return np.where(places < self.size, places, np.uint32(0))

    def place(self, ident: int) -> int:
        """The index in `rows` of one id, 0 if it is not here."""
        place = _distance(self.base, ident)
        return place if place < self.size else 0

    def ensure(self, ident: int) -> int:
        """The index in `rows` of one id, which exists from now on."""
        place = _distance(self.base, ident)
        self._reach(place)
        return place

    def ensure_all(self, ids: Ids) -> Ids:
        """The same of several ids."""
        places = ids - np.uint32(self.base)
        self._reach(int(places.max(initial=0)))
        return places

    def _reach(self, place: int) -> None:
        if place >= len(self.rows):
            grown = np.zeros(max(place + 1, 2 * len(self.rows)), self.rows.dtype)
            grown[: len(self.rows)] = self.rows
            self.rows = grown
        self.size = max(self.size, place + 1)

    def column(self, name: str, ids: Ids) -> Array:
        """`name` of the rows with these ids."""
        values: Array = self.rows[name]
        return values[self.at(ids)]

    def continue_from(self, old: Table) -> None:
        """Take over an older table's rows above our base."""
        start = _distance(old.base, self.base)
        rows = old.rows[start + 1 : old.size].copy()
        for name in self.texts:
            ids = rows[name]
            rows[name] = np.where(ids, self.strings.intern_all(old.strings[ident] for ident in ids.tolist()), MISSING)
        self.rows = np.concatenate((np.zeros(1, rows.dtype), rows))
        self.size = len(self.rows)
