"""What deriving fields needs beside a batch: memories that live as long as the query, and constructors of Vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import BUFFERS, Event, Source
from sonde.catalog.lookup import EVENTS, NUMBERS
from sonde.catalog.types import Kind
from sonde.native.ops import Form, Text
from sonde.plan.batch import ENTER_ROW, Batch, Vector
from sonde.plan.state import State
from sonde.plan.strings import Ids, distinct

__all__ = [
    "NO_SOURCE", "RESULT", "SHOWN", "Context", "Derivation", "by_event", "data_index", "fd_index", "flag", "idents",
    "ints", "missing", "number", "of_event", "source_index", "string", "word", "written",
]  # fmt: skip

Array = npt.NDArray[np.generic]
Bools = npt.NDArray[np.bool_]
RESULT = 6  # the index that stands for the result where 0..5 are argument words
NO_SOURCE = 255
SHOWN = 80  # characters of a long value, as sysdig shows them


class Context:
    """The memory of one query over one State: texts per event, file node, uid ..., and where the last batch ended.

    `buffers` is the form of I/O buffers in evt.info, `cut` the length at which dotted buffers and command lines in it
    end in `...` (None: never). With `services` the ports of sockets are shown by name. `previous` is the time (epoch
    ns) of the last row of the batch before, -1 at the start; `advance` moves it.
    """

    def __init__(
        self, state: State, *, buffers: Form = Form.DOTTED, cut: int | None = SHOWN, services: bool = False
    ) -> None:
        self.state, self.buffers, self.cut, self.services, self.previous = state, buffers, cut, services, -1
        self._tables: dict[str, npt.NDArray[np.int64]] = {}
        self._events: dict[str, Ids] = {}
        self._named: dict[tuple[str, int], int] = {}
        self._numbered: dict[str, tuple[npt.NDArray[np.int64], Ids]] = {}

    def of(self, state: State) -> Context:
        """This context, or one like it that remembers nothing yet, if the state is another one."""
        if state is self.state:
            return self
        other = Context(state, buffers=self.buffers, cut=self.cut, services=self.services)
        other.previous = self.previous
        return other

    def advance(self, batch: Batch) -> None:
        """Tell that the rows of `batch` are done with: deltas of the next batch count from its last row, if times are
        asked for."""
        if len(batch) and "time" in batch.columns:
            self.previous = int(batch.columns["time"][-1])

    def event_texts(self, key: str, text: Callable[[Event], str]) -> Ids:
        """String ids by event number of `text(event)`, 0 where it is empty; computed once for each `key`."""
        if key not in self._events:
            table = np.zeros(NUMBERS, np.uint32)
            for nr, event in EVENTS.items():
                found = text(event)
                table[nr] = self.state.strings.intern(found.encode()) if found else 0
            self._events[key] = table
        return self._events[key]

    def named(self, key: str, number: int, text: Callable[[int], bytes | None]) -> int:
        """String id of `text(number)`, 0 for None, once for each `key` and number: sparse ones (uids)."""
        if (key, number) not in self._named:
            found = text(number)
            self._named[key, number] = 0 if found is None else self.state.strings.intern(found)
        return self._named[key, number]

    def numbered(self, key: str, values: npt.NDArray[np.int64], text: Callable[[int], bytes | None]) -> Ids:
        """String ids of `text(value)`, 0 for None, once for each sparse value and `key`."""
        known, ids = self._numbered.get(key, (np.zeros(0, np.int64), np.zeros(0, np.uint32)))
        at = np.minimum(np.searchsorted(known, values), max(0, len(known) - 1))
        if not len(known) or (known[at] != values).any():
            new = sorted(set(distinct(values)) - set(known.tolist()))
            texts = [text(value) for value in new]
            made = [0 if found is None else self.state.strings.intern(found) for found in texts]
            known, ids = np.append(known, np.array(new, np.int64)), np.append(ids, np.array(made, np.uint32))
            order = np.argsort(known)
            known, ids = self._numbered[key] = known[order], ids[order].astype(np.uint32)
            at = np.searchsorted(known, values)
        return ids[at]

    def texts(self, key: str, ids: npt.NDArray[np.unsignedinteger], text: Callable[[int], bytes | None]) -> Ids:
        """String ids of `text(id)`, once for each dense id and `key`; None is "not known yet" and asked again."""
        return self.all_texts(key, ids, lambda new: map(text, new))

    def all_texts(
        self, key: str, ids: npt.NDArray[np.unsignedinteger], texts: Callable[[list[int]], Iterable[bytes | None]]
    ) -> Ids:
        """The same with the texts of several ids made together."""

        def numbers(new: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
            found = list(texts(new.tolist()))
            there = np.array([text is not None for text in found])
            out = np.full(len(new), -1, np.int64)
            out[there] = self.state.strings.intern_all(text for text in found if text is not None)
            return out

        return self.all_ids(key, ids, numbers)

    def all_ids(
        self, key: str, ids: npt.NDArray[np.unsignedinteger],
        numbers: Callable[[npt.NDArray[np.uint32]], npt.NDArray[np.int64]],
    ) -> Ids:  # fmt: skip
        """The same of whole columns: string ids of new ones, -1 for "not known yet"."""
        top = int(ids.max()) if len(ids) else 0
        table = self._tables.get(key)
        if table is None or len(table) <= top:
            grown = np.full(max(256, 2 * (top + 1)), -1, np.int64)
            if table is not None:
                grown[: len(table)] = table
            table = self._tables[key] = grown
        out = table[ids]
        unknown = out < 0
        if unknown.any():
            new = np.array(distinct(ids[unknown]), np.uint32)
            table[new] = numbers(new)
            out = np.maximum(table[ids], 0)
        found_ids: Ids = out.astype(np.uint32)
        return found_ids


def ints(batch: Batch, name: str) -> npt.NDArray[np.int64]:
    """A physical column as i8; words bit for bit."""
    return batch.columns[name].astype(np.int64, copy=False)


def idents(batch: Batch, name: str) -> Ids:
    """A physical column of ids: proc, file."""
    return batch.columns[name].astype(np.uint32, copy=False)


Derivation = Callable[[Batch, str | int | None, Context], Vector | tuple[Vector, ...]]


def number(values: Array, valid: Bools | None = None) -> Vector:
    """An INT vector."""
    return Vector(Kind.INT, values, valid)


def flag(values: Bools, valid: Bools | None = None) -> Vector:
    """A BOOL vector."""
    return Vector(Kind.BOOL, values, valid)


def string(ids: Array) -> Vector:
    """A STR vector of string ids."""
    return Vector(Kind.STR, ids.astype(np.uint32, copy=False))


def written(text: Text, valid: Bools | None = None) -> Vector:
    """A BYTES vector over joined text, missing where it is not `valid`."""
    views = text.views()
    if valid is not None:
        views.length[~valid] = -1
    return Vector(Kind.BYTES, views.length, views=views)


def missing(kind: Kind, rows: int) -> Vector:
    """A vector without any value; INT, BOOL or STR."""
    if kind is Kind.STR:
        return string(np.zeros(rows, np.uint32))
    return Vector(kind, np.zeros(rows, np.bool_ if kind is Kind.BOOL else np.int64), np.zeros(rows, np.bool_))


@cache
def by_event(key: Callable[[Event], int], default: int = 0) -> npt.NDArray[np.int64]:
    """`key(event)` by event number, computed once for each function."""
    table = np.full(NUMBERS, default, np.int64)
    for nr, event in EVENTS.items():
        table[nr] = key(event)
    return table


def of_event(batch: Batch, key: Callable[[Event], int], default: int = 0) -> npt.NDArray[np.int64]:
    """`key(event)` of each row's event."""
    return by_event(key, default)[ints(batch, "nr")]


def source_index(source: Source) -> int:
    """0..5 for an argument word, RESULT for the result, 255 for none."""
    if source is Source.NONE:
        return NO_SOURCE
    return RESULT if source is Source.RET else int(source.value[1])


def word(batch: Batch, index: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Bools]:
    """(the words as i8, where they exist): row i takes argument index[i] or the result, which rows in flight lack."""
    out, valid = np.zeros(len(batch), np.int64), np.zeros(len(batch), np.bool_)
    unknown = ints(batch, "unknown") if "unknown" in batch.columns else None
    for source in distinct(index):
        if source == NO_SOURCE:
            continue
        at = index == source
        column = batch.columns["res" if source == RESULT else f"a{source}"]
        out[at] = column[at].astype(np.int64)
        valid[at] = (ints(batch, "flags")[at] & ENTER_ROW) == 0 if source == RESULT else True
        if unknown is not None:
            valid[at] &= unknown[at] >> source & 1 == 0
    return out, valid


def data_index(event: Event) -> int:
    """The argument index of the event's first I/O buffer, 255 without one."""
    return next((source_index(p.source) for p in event.params if p.type in BUFFERS), NO_SOURCE)


def fd_index(event: Event) -> int:
    """The index of the word that holds the event's main fd, 255 without one."""
    return source_index(event.fd.source) if event.fd else NO_SOURCE
