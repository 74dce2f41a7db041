"""Rows of the event view as texts: heads of calls that begin, tails and results of calls that return, signals, ends."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import Event
from sonde.catalog.kernel_names import KERNEL_NAMES
from sonde.catalog.lookup import EVENTS
from sonde.engines.context import Context, by_event, ints
from sonde.engines.strace import json, signals
from sonde.engines.strace.dumps import dumped
from sonde.engines.strace.fds import Descriptors, Known
from sonde.engines.strace.options import Decoding
from sonde.engines.strace.results import result
from sonde.engines.strace.shapes import Shape, shape
from sonde.engines.strace.site import Entered, Site, texts
from sonde.engines.strace.values import value
from sonde.native.join import join
from sonde.native.ops import Op, Text, literal
from sonde.plan.batch import Batch, Views
from sonde.plan.pairs import entered, left_open, previous

__all__ = ["Calls", "Decoder"]

Array = npt.NDArray[np.int64]
BEGUN = 1 << 12  # added to the event number of rows that enter a call


class Calls(NamedTuple):
    """Texts of each row of a batch, empty where a row has none; `complete`: are all arguments in the head?"""

    head: Text
    tail: Text
    result: Text
    after: Text | None
    complete: npt.NDArray[np.bool_]


def _is_complete(event: Event) -> int:
    return int(shape(event).complete)


class Decoder:
    """The memory of one output: names of files and values, and what open calls pointed at."""

    def __init__(self, decoding: Decoding) -> None:
        self.decoding = decoding
        self._descriptors, self._known = Descriptors(decoding), Known()
        self._context: Context | None = None
        self._kept: dict[int, dict[int, bytes]] = {}  # by thread and argument, of open calls that need it later

    def texts(self, batch: Batch) -> Calls:
        """The texts of the rows of a batch; batches in time order."""
        context = self._context = Context(batch.state) if self._context is None else self._context.of(batch.state)
        if self.decoding.fds:
            self._known.begin(batch)
        begun = entered(batch)
        code = ints(batch, "nr") + begun * BEGUN
        codes, template = np.unique(code, return_inverse=True)
        order = np.argsort(template, kind="stable")
        ends = np.cumsum(np.bincount(template, minlength=len(codes))).tolist()
        slices: dict[int, Views] = {}
        memory = Entered(batch, previous(batch), self._kept)
        parts: tuple[list[list[Op]], ...] = ([], [], [], [])
        lines = (json if self.decoding.json else signals).lines(batch)
        for number, start, end in zip(codes.tolist(), [0, *ends], ends, strict=False):
            at, event = order[start:end], EVENTS[number & ~BEGUN]
            if not event.is_syscall:
                made: tuple[list[Op], ...] = ([texts([lines[row] for row in at.tolist()])], [], [], [])
            else:
                site = Site(batch, context, event, at, number < BEGUN, slices, memory, self.decoding,
                            self._descriptors, self._known)  # fmt: skip
                made = ([], *_returning(site)) if site.finished else (_entering(site), [], [], [])
            for part, ops in zip(parts, made, strict=True):
                part.append(ops)
        used = template.astype(np.uint16)
        head, tail, results = (join(len(batch), used, ops) for ops in parts[:3])
        after = join(len(batch), used, parts[3]) if any(parts[3]) else None
        if self.decoding.fds:
            self._known.end()
        self._keep(batch)
        complete = by_event(_is_complete)[ints(batch, "nr")] != 0
        return Calls(head, tail, results, after, complete)

    def _keep(self, batch: Batch) -> None:
        """Remember what calls that have not returned pointed at, and the last call of each thread."""
        rows, idle = left_open(batch)
        for thread in idle.tolist():
            self._kept.pop(thread, None)
        threads = {int(row): int(batch.columns["tid"][row]) for row in rows.tolist()}
        self._kept.update((thread, {}) for thread in threads.values())
        payloads = batch.payloads
        for i in np.flatnonzero(np.isin(payloads.row, rows)).tolist():
            start, length = int(payloads.offset[i]), max(0, int(payloads.length[i]))
            mine = self._kept[threads[int(payloads.row[i])]]
            mine[int(payloads.argument[i])] = payloads.data[start : start + length].tobytes()


def _entering(site: Site) -> list[Op]:
    form = shape(site.event)
    ops = [] if site.decoding.json else [literal(KERNEL_NAMES[site.event.number].encode() + b"(")]
    return ops + _arguments(site, form, 0, form.split)


def _returning(site: Site) -> tuple[list[Op], list[Op], list[Op]]:
    form = shape(site.event)
    tail = _arguments(site, form, form.split, len(form.arguments))
    return (tail, json.outcome(site), []) if site.decoding.json else (tail, result(site), dumped(site))


def _arguments(site: Site, form: Shape, start: int, end: int) -> list[Op]:
    """The texts of some arguments with commas between, and after the last if more follow at the exit."""
    ops: list[Op] = []
    if site.decoding.json:  # the comma is with what follows: whether that comes is not known
        for place in range(start, end):
            ops += [literal(b"," if place else b""), *json.member(site, form.arguments[place])]
        return ops
    for place in range(start, end):
        ops += value(site, form.arguments[place])
        if place + 1 < len(form.arguments):
            ops.append(literal(b", "))
    return ops
