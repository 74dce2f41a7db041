"""evt.args of events: `name=text(name) ` of each parameter, for all events of a type at once."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap.events import EVENTS, NO_EVENT, PATHS, Event, Param
from sonde.engines.context import Context
from sonde.native.join import join
from sonde.native.ops import Op, Text, hexa, literal, pool, sint, slices, uint, view
from sonde.plan.batch import Views
from sonde.plan.strings import Ids
from sonde.sources.scap.behind import descriptors, files_at, records_at
from sonde.sources.scap.text import CWD, Texts, size_of

__all__ = ["Lines", "views_of"]

I8 = npt.NDArray[np.int64]
GENERIC = (0, 1)  # calls that have no type of their own: nothing is shown of them
_COUNTS = 64  # more parameters than any event has
_BY_BYTES = (
    "text",
    "tuple",
    "sockaddr",
    "uid",
    "gid",
    "sigset",
    "sysid",
    "reltime",
)  # their text depends on them alone


def views_of(texts: Iterable[bytes | None]) -> Views:
    """Texts as slices; None is missing."""
    found = list(texts)
    length = np.array([-1 if text is None else len(text) for text in found], np.int32)
    sizes = np.maximum(length, 0).astype(np.int64)
    return Views(np.frombuffer(b"".join(text for text in found if text), np.uint8), np.cumsum(sizes) - sizes, length,
                 length)  # fmt: skip


class Lines:
    """Lines of some events of a piece; `files` are what is behind the descriptors that they work on."""

    def __init__(self, texts: Texts, events: I8, files: I8, context: Context) -> None:
        self._texts, self._events, self._context = texts, events, context
        self._piece, self._threads = texts.piece, texts.follow.threads
        self._fds, self._files = descriptors(self._piece, events), files
        self._strings = context.state.strings

    def joined(self) -> Text:
        """All lines."""
        piece, events = self._piece, self._events
        counts = piece.counts(events)
        codes = piece.type[events] * _COUNTS + np.minimum(counts, _COUNTS - 1)
        there = np.flatnonzero(np.bincount(codes))
        numbers = np.zeros(int(there[-1]) + 1 if len(there) else 0, np.uint16)
        numbers[there] = np.arange(len(there))
        template = numbers[codes]
        order = np.argsort(template, kind="stable")
        ends = np.searchsorted(template[order], np.arange(len(there) + 1))
        odd = len(there)  # the template of events whose parameters have not the length that they should have
        templates: list[list[Op]] = []
        for index, code in enumerate(there.tolist()):
            rows = order[ends[index] : ends[index + 1]]
            kind = EVENTS.get(code // _COUNTS, NO_EVENT)
            params = () if kind.number in GENERIC else kind.params[: code % _COUNTS]
            torn = self._torn(params, rows)
            template[rows[torn]] = odd
            templates.append(self._template(kind, params, rows[~torn] if torn.any() else rows))
        lines = (self._texts.line(event, self._context) for event in events[template == odd].tolist())
        return join(len(events), template, [*templates, [view(views_of(lines))]])

    def _torn(self, params: tuple[Param, ...], rows: I8) -> npt.NDArray[np.bool_]:
        """Which rows lack bytes of a number."""
        torn, events = np.zeros(len(rows), np.bool_), self._events[rows]
        for index, param in enumerate(params):
            if size := size_of(param.type)[0]:
                begin, end = self._piece.spans(events, index)
                torn |= end - begin < size
        return torn

    def _template(self, kind: Event, params: tuple[Param, ...], rows: I8) -> list[Op]:
        ops: list[Op] = []
        for index, param in enumerate(params):
            ops.append(literal((b" " if ops else b"") + param.name.encode() + b"="))
            ops += self._value(kind, index, param, rows)
        return [*ops, literal(b" ")] if ops else []

    def _value(self, kind: Event, index: int, param: Param, rows: I8) -> list[Op]:
        """What writes a parameter."""
        if param.type == "bytes":
            return [self._buffer(index, rows)]
        size, signed = size_of(param.type)
        if not size or param.type in _BY_BYTES:
            return [view(views_of(self._each(kind, index, param, rows)))]
        values, _ = self._piece.numbers(index, self._events[rows], size, signed)
        if param.type == "fd":
            return [sint(values), self._pool(self._behind(rows, values))]
        if param.type == "pid":
            return [sint(values), self._pool(self._names(rows, values))]
        if param.type == "errno":
            failed = self._context.numbered("scap error", np.minimum(values, 0), self._texts.error)
            return [sint(values), self._pool(failed)]
        if param.type in ("signal", "mode") or "flags" in param.type or param.base == 8:
            key = f"scap {param.type} {param.names} {param.base}"
            return [self._pool(self._context.numbered(key, values, lambda value: self._texts.of_value(param, value)))]
        if param.base == 16:
            return [hexa(values.view(np.uint64) & np.uint64((1 << 8 * size) - 1))]
        return [sint(values) if signed else uint(values.view(np.uint64))]

    def _pool(self, ids: Ids) -> Op:
        return pool(ids, *self._strings.packed())

    def _buffer(self, index: int, rows: I8) -> Op:
        begin, end = self._piece.spans(self._events[rows], index)
        length, cut = (end - begin).astype(np.int32), self._context.cut
        views = Views(np.frombuffer(self._piece.data, np.uint8), begin, length, length)
        return slices(views, self._context.buffers, sys.maxsize if cut is None else cut)

    def _behind(self, rows: I8, fds: I8) -> Ids:
        """Ids of `(<f>/path)` behind descriptors, of `(ENOENT)` for errors."""
        files = np.where(fds >= 0, self._files[rows], 0)
        others = np.flatnonzero((fds >= 0) & (fds != self._fds[rows]))
        files[others] = files_at(self._threads, self._piece, self._events[rows[others]], fds[others])
        ids = self._context.texts("scap shown", files.astype(np.uint32), self._texts.shown_file)
        if not (fds < 0).any():
            return ids
        return np.where(fds < 0, self._context.numbered("scap fd", np.minimum(fds, 0), self._texts.no_fd), ids)

    def _names(self, rows: I8, tids: I8) -> Ids:
        """Ids of `(name)` of threads."""
        keys, number = np.unique(tids, return_inverse=True)
        records = self._threads.records.all_at(keys, number, self._events[rows])
        return self._context.texts("scap comm", records.astype(np.uint32), self._texts.shown_name)

    def _each(self, kind: Event, index: int, param: Param, rows: I8) -> Iterable[bytes]:
        """The texts of a parameter that has to be looked at, once for equal bytes if nothing else matters."""
        events = self._events[rows]
        data, ends = self._piece.data, (end.tolist() for end in self._piece.spans(events, index))
        raws = (data[begin:end] for begin, end in zip(*ends, strict=True))
        below = self._below(kind, index, param, events)
        known: dict[tuple[bytes, int], bytes] = {}
        for event, raw, base in zip(events.tolist(), raws, below.tolist(), strict=True):
            found = known.get((raw, base))
            if found is None:
                found = self._texts.whole(event, index, kind, self._context)
                if base >= 0:
                    known[raw, base] = found
            yield found

    def _below(self, kind: Event, index: int, param: Param, events: I8) -> I8:
        """Numbers of what else a text depends on: the working directory; -1: on more than that."""
        if param.type in _BY_BYTES:
            return np.zeros(len(events), np.int64)
        if param.type not in PATHS:
            return np.full(len(events), -1)
        records = records_at(self._threads, self._piece, events).astype(np.uint32)
        below = self._threads.state.processes.column("cwd", records).astype(np.int64)
        if param.type == "relpath" and index:
            below[self._piece.numbers(index - 1, events)[0] != CWD] = -1
        return below
