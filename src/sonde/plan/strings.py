"""The session's strings: every distinct one is stored once and referred to by a 32-bit id."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count

import numpy as np
import numpy.typing as npt

__all__ = ["EMPTY", "MISSING", "Ids", "Strings", "distinct"]

Ids = npt.NDArray[np.uint32]
MISSING = 0
EMPTY = 1


def distinct(values: npt.NDArray[np.integer]) -> list[int]:
    """The distinct values, in order. Plain np.unique would import numpy.ma: 10 ms of every start."""
    found: list[int] = np.unique(values, return_index=True)[0].tolist()
    return found


class Strings:
    """Append-only interned byte strings. Id 0 is "no value", id 1 the empty string.

    Two equal strings have the same id, so `=` between string columns is `=` between ids, and a predicate is computed
    once for each distinct string (`verdict`).
    """

    def __init__(self) -> None:
        self.size = 0  # bytes of all texts
        self._ids: dict[bytes, int] = {}
        self._texts: list[bytes] = [b"", b""]
        self._ids[b""] = EMPTY
        self._objects, self._made = np.full(1, None, np.object_), np.ones(1, np.bool_)
        self._tables: dict[object, npt.NDArray[np.int64]] = {}
        self._buffer = np.zeros(1 << 12, np.uint8)
        self._offsets = np.zeros(1 << 8, np.int64)
        self._packed = 0  # strings already in the buffer

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, ident: int) -> bytes:
        return self._texts[ident]

    def texts(self, ids: Ids) -> list[bytes]:
        """The strings with these ids."""
        return list(map(self._texts.__getitem__, ids.tolist()))

    def intern(self, text: bytes) -> int:
        """The id of `text`, which is added if it is new."""
        ident = self._ids.get(text)
        if ident is None:
            ident = self._ids[text] = len(self._texts)
            self._texts.append(text)
            self.size += len(text)
        return ident

    def intern_all(self, texts: Iterable[bytes]) -> Ids:
        """`intern` of each, as u4 array."""
        texts = list(texts)
        found = list(map(self._ids.get, texts))
        if None in found:
            new = dict.fromkeys(text for text, ident in zip(texts, found, strict=True) if ident is None)
            self._ids.update(zip(new, count(len(self._texts))))
            self._texts += new
            self.size += sum(map(len, new))
            found = list(map(self._ids.get, texts))
        return np.array(found, np.uint32)

    def intern_new(self, texts: list[bytes]) -> Ids:
        """The same of texts that are most likely new and distinct: one that is not leaves a number that nothing has."""
        start = len(self._texts)
        ids = np.fromiter(map(self._ids.setdefault, texts, count(start)), np.uint32, len(texts))
        self._texts += texts
        self.size += sum(map(len, texts))
        return ids

    def objects(self, ids: Ids) -> npt.NDArray[np.object_]:
        """The strings as str, None for a missing one; each is made once."""
        if len(self._made) < len(self._texts):
            self._made = _grown(self._made, len(self._texts))
            self._objects = _grown(self._objects, len(self._made))
            self._made[MISSING], self._objects[MISSING] = True, None
        new = distinct(ids[~self._made[ids]])
        self._objects[new] = [self._texts[ident].decode("utf-8", "backslashreplace") for ident in new]
        self._made[new] = True
        return self._objects[ids]

    def map(self, ids: Ids, key: object, change: Callable[[bytes], bytes | None]) -> Ids:
        """Ids of `change(string)`, computed once for each distinct string and `key`; None and missing give id 0."""
        return self._table(("map", key), ids, lambda text: self._changed(change(text))).astype(np.uint32)

    def verdict(self, ids: Ids, key: object, test: Callable[[bytes], bool]) -> npt.NDArray[np.bool_]:
        """`test(string)` for each id, computed once for each distinct string and `key`; false for a missing one."""
        held: npt.NDArray[np.bool_] = self._table(("verdict", key), ids, lambda text: int(test(text))) != 0
        return held

    def packed(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        """(bytes, offsets): string i is bytes[offsets[i]:offsets[i + 1]]; for code that joins text without Python
        objects."""
        new = self._texts[self._packed :]
        if new:
            lengths = np.fromiter(map(len, new), np.int64, len(new))
            start = int(self._offsets[self._packed])
            ends = start + np.cumsum(lengths)
            self._buffer = _grown(self._buffer, int(ends[-1]))
            self._offsets = _grown(self._offsets, len(self._texts) + 1)
            self._buffer[start : int(ends[-1])] = np.frombuffer(b"".join(new), np.uint8)
            self._offsets[self._packed + 1 : len(self._texts) + 1] = ends
            self._packed = len(self._texts)
        return self._buffer, self._offsets[: self._packed + 1]

    def _changed(self, text: bytes | None) -> int:
        return MISSING if text is None else self.intern(text)

    def _table(self, key: object, ids: Ids, compute: Callable[[bytes], int]) -> npt.NDArray[np.int64]:
        """`compute(string)` for each id, remembered by `key`."""
        table = self._tables.get(key)
        if table is None or len(table) < len(self._texts):
            grown = np.full(max(64, 2 * len(self._texts)), -1, np.int64)
            if table is not None:
                grown[: len(table)] = table
            grown[MISSING] = 0
            table = self._tables[key] = grown
        out = table[ids]
        if (out < 0).any():
            for ident in distinct(ids[out < 0]):
                table[ident] = compute(self._texts[ident])
            out = table[ids]
        return out


def _grown(array: npt.NDArray[np.generic], size: int) -> npt.NDArray:  # type: ignore[type-arg]
    if size <= len(array):
        return array
    grown = np.zeros(max(size, 2 * len(array)), array.dtype)
    grown[: len(array)] = array
    return grown
