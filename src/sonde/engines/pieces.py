"""Parameters as pieces of text, for all rows of a batch at once: what most events have in common is made once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import BUFFERS, Event, Param, ParamType, Source
from sonde.engines.context import NO_SOURCE, RESULT, Context, idents, ints, source_index
from sonde.engines.decoding import AT_FDCWD, NAMES, NUMERIC, RUNS, SIGNED, TEXTUAL, Group, coded, words
from sonde.engines.evt import error_ids, finished
from sonde.engines.fd import path_ids, shown_ids
from sonde.engines.paths import DIRECTORIES
from sonde.engines.payload import terminated
from sonde.native.escape import printable
from sonde.native.ops import Op, escaped, hexa, pool, sint, slices, uint
from sonde.plan.batch import Batch, Views
from sonde.plan.people import People
from sonde.plan.strings import Ids

__all__ = ["Pieces"]

Bools = npt.NDArray[np.bool_]
_RESULTS = (ParamType.RES, ParamType.FD, ParamType.HEX)  # types whose negative results are errors


class Pieces:
    """The ops that write a parameter's value in evt.info, for the rows of one batch.

    They have an element for every row of the batch and are shared by all events that have such a parameter, but for
    numbers with names, which are made for a group.
    """

    def __init__(self, batch: Batch, context: Context, slices: dict[int, Views]) -> None:
        self.batch, self.context = batch, context
        self._slices = slices
        self._made: dict[object, list[Op] | None] = {}

    def of(self, group: Group, param: Param) -> list[Op] | None:
        """The ops of a parameter; None: it is to be decoded."""
        if param.place is not None or (param.type is ParamType.RES and param.source is not Source.RET):
            return None
        if param.type in NAMES or param.type is ParamType.MODE:
            return self._named(group, param)
        index = source_index(param.source)
        key: tuple[object, ...] = (param.type, index)
        if param.type is ParamType.FD:
            key += (group.event.fd == param,)
        elif param.type is ParamType.DIRFD:
            key += (group.event.directories.index(param),)
        elif param.type in TEXTUAL:
            key += (group.event.name in RUNS,)
        if key not in self._made:
            ops = self._make(group.event, param, index)
            self._made[key] = None if ops is None else [op.of_rows() for op in ops]
        return self._made[key]

    def _make(self, event: Event, param: Param, index: int) -> list[Op] | None:
        if param.type in TEXTUAL:
            return None if event.name in RUNS else [self._text(index)]
        if param.type in BUFFERS:
            return [self._buffer(index)]
        if param.type is ParamType.TUPLE:
            paths = self._printable(path_ids(idents(self.batch, "file"), self.context))
            return [self._pool(paths, absent=b"NULL")]
        if param.type not in NUMERIC or index == NO_SOURCE:
            return None
        if param.source is Source.RET and param.type is ParamType.HEX and self._errors is not None:
            return None
        names = self._names(event, param, index)
        number = self._number(param, index)
        return [number] if names is None else [number, self._pool(names)]

    def _number(self, param: Param, index: int) -> Op:
        """The word as a C int, an address, or a number with or without sign."""
        if param.type in SIGNED:
            return sint(self._ints(index))
        column = self.batch.columns[_column(index)]
        return (sint if param.type is ParamType.RES else hexa if param.type is ParamType.HEX else uint)(column)

    def _ints(self, index: int) -> npt.NDArray[np.int32]:
        """The low halves of the words."""
        return np.ascontiguousarray(self.batch.columns[_column(index)]).view(np.int32)[::2]

    def _names(self, event: Event, param: Param, index: int) -> Ids | None:
        """What stands behind the number: the file of a descriptor, the name of an error."""
        names: Ids | None = None
        if param.type is ParamType.DIRFD:
            here = self.context.state.strings.intern(b"(AT_FDCWD)")
            files = self._files(DIRECTORIES[event.directories.index(param)])
            return np.where(self._ints(index) == AT_FDCWD, np.uint32(here), files)
        if param.type is ParamType.FD and event.fd == param:
            names = np.where(self._ints(index) >= 0, self._files("file"), np.uint32(0))
        if param.source is Source.RET and param.type in _RESULTS and self._errors is not None:
            failed = self._ints(index) < 0 if param.type is ParamType.FD else ints(self.batch, "res") < 0
            names = np.where(failed, self._errors, np.uint32(0) if names is None else names)
        return names

    def _files(self, column: str) -> Ids:
        """`(<f>/path)` of the files of a column."""
        return shown_ids(idents(self.batch, column), self.context)

    @cached_property
    def _errors(self) -> Ids | None:
        """`(ENOENT)` of the results that are errors; None if no result is negative."""
        results = ints(self.batch, "res")
        if not len(results) or int(results.min()) >= 0:
            return None
        names = error_ids(results, self.context)
        return self.context.state.strings.map(names, "(printable)", lambda name: b"(" + printable(name) + b")")

    def _views(self, index: int) -> Views:
        if index not in self._slices:
            self._slices[index] = self.batch.payloads.of_argument(index, len(self.batch))
        return self._slices[index]

    def _text(self, index: int) -> Op:
        views = terminated(self._views(index))
        return escaped(views, missing=views.length < 0)

    def _buffer(self, index: int) -> Op:
        """I/O data in the form asked for; a call that moved nothing has an empty buffer, not an unknown one."""
        views, cut = self._views(index), self.context.cut
        absent = (views.length < 0) & (ints(self.batch, "res") > 0) & finished(self.batch)
        return slices(views, self.context.buffers, sys.maxsize if cut is None else cut, missing=absent)

    def _named(self, group: Group, param: Param) -> list[Op]:
        """Numbers with a name, one text for each distinct one."""
        ids = self.context.numbered(
            f"{param.type}:{param.names}", words(group, param), _text_of(param, self.context.state.people)
        )
        return [self._pool(ids)]

    def _printable(self, names: Ids) -> Ids:
        return self.context.state.strings.map(names, "printable", printable)

    def _pool(self, names: Ids, absent: bytes | None = None) -> Op:
        packed = self.context.state.strings.packed()
        if absent is None:
            return pool(names, *packed)
        return pool(names, *packed, absent=absent, none_is_absent=True)


def _column(index: int) -> str:
    return "res" if index == RESULT else f"a{index}"


def _text_of(param: Param, people: People | None) -> Callable[[int], bytes]:
    """The text of one word."""
    if param.type is ParamType.MODE:
        return lambda word: b"0%o" % (word & 0xFFFF) if word & 0xFFFF else b"0"
    name, unsigned = NAMES[param.type], param.type not in SIGNED

    def text(word: int) -> bytes:
        found = name(param, word, people)
        shown = int(coded(np.array([word], np.int64), param)[0])
        return b"%d" % (shown & (1 << 64) - 1 if unsigned else shown) + (
            b"(" + printable(found) + b")" if found else b""
        )

    return text
