"""Rows of the event view as texts: heads of calls that begin, tails and results of calls that return, signals, ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog import variants
from sonde.catalog.event import Event, Param
from sonde.catalog.kernel_names import KERNEL_NAMES
from sonde.catalog.lookup import EVENTS
from sonde.engines.context import Context, ints
from sonde.engines.strace import json, signals, structures
from sonde.engines.strace.dumps import dumped
from sonde.engines.strace.fds import Descriptors, Known
from sonde.engines.strace.options import Decoding
from sonde.engines.strace.results import result
from sonde.engines.strace.shapes import shape
from sonde.engines.strace.site import Entered, Site, texts
from sonde.engines.strace.stacks import Stacks
from sonde.engines.strace.values import rest, value
from sonde.native.join import join
from sonde.native.ops import Op, Text, literal
from sonde.plan.batch import Batch, Views
from sonde.plan.pairs import entered, left_open, previous

__all__ = ["Calls", "Decoder"]

Array = npt.NDArray[np.int64]
BEGUN = 1 << 12  # added to the event number of rows that enter a call
RESTART = "restart_syscall"


class Calls(NamedTuple):
    """Texts of each row of a batch, empty where a row has none; `complete`: are all arguments in the head?"""

    head: Text
    tail: Text
    result: Text
    after: Text | None
    complete: npt.NDArray[np.bool_]


class Group(NamedTuple):
    """Rows that are shown by the same code."""

    event: Event
    begun: bool
    at: Array
    arguments: tuple[Param, ...]


class Decoder:
    """The memory of one output: names of files and values, and what open calls pointed at."""

    def __init__(self, decoding: Decoding) -> None:
        self.decoding = decoding
        self._descriptors, self._known = Descriptors(decoding), Known()
        self._context: Context | None = None
        self._kept: dict[int, dict[int, bytes]] = {}  # by thread and argument, of open calls
        self._last: dict[int, int] = {}  # the last call of each thread
        self._stacks = Stacks()
        self._resolved: dict[tuple[int, ...], tuple[Param, ...]] = {}

    def texts(self, batch: Batch) -> Calls:
        """The texts of the rows of a batch; batches in time order."""
        context = self._context = Context(batch.state) if self._context is None else self._context.of(batch.state)
        if self.decoding.fds:
            self._known.begin(batch)
        memory = Entered(batch, previous(batch), self._kept)
        lines = json.lines(batch) if self.decoding.json else signals.lines(batch, self.decoding.names)
        slices: dict[int, Views] = {}
        parts: tuple[list[list[Op]], ...] = ([], [], [], [])
        used, complete = np.zeros(len(batch), np.uint16), np.zeros(len(batch), np.bool_)
        for number, group in enumerate(self._groups(batch)):
            used[group.at] = number
            complete[group.at] = shape(group.arguments).complete
            if not group.event.is_syscall:
                made: tuple[list[Op], ...] = ([texts([lines[row] for row in group.at.tolist()])], [], [], [])
            else:
                site = Site(batch, context, group.event, group.at, not group.begun, slices, memory, self.decoding,
                            self._descriptors, self._known, group.arguments)  # fmt: skip
                made = (self._entering(site), [], [], []) if group.begun else ([], *self._returning(site))
            for part, ops in zip(parts, made, strict=True):
                part.append(ops)
        head, tail, results = (join(len(batch), used, ops) for ops in parts[:3])
        after = join(len(batch), used, parts[3]) if any(parts[3]) else None
        if self.decoding.fds:
            self._known.end()
        self._keep(batch)
        return Calls(head, tail, results, after, complete)

    def _groups(self, batch: Batch) -> Iterator[Group]:
        """The rows by event, beginning or return, and the arguments that are shown."""
        code = ints(batch, "nr") + entered(batch) * BEGUN
        codes, which = np.unique(code, return_inverse=True)
        order = np.argsort(which, kind="stable")
        ends = np.cumsum(np.bincount(which, minlength=len(codes))).tolist()
        for number, start, end in zip(codes.tolist(), [0, *ends], ends, strict=False):
            event, at = EVENTS[number & ~BEGUN], order[start:end]
            for arguments, rows in self._by_arguments(batch, event, at):
                yield Group(event, number >= BEGUN, rows, arguments)

    def _by_arguments(self, batch: Batch, event: Event, at: Array) -> list[tuple[tuple[Param, ...], Array]]:
        """Rows of an event by the arguments that are shown for their words."""
        words = variants.depends(event)
        if not words or not event.is_syscall:
            return [(event.arguments, at)]
        columns = [ints(batch, f"a{word}")[at] for word in words]
        code = np.zeros(len(at), np.int64)
        for column in columns:
            found, inverse = np.unique(column, return_inverse=True)
            code = np.unique(code * len(found) + inverse, return_inverse=True)[1]
        first = np.unique(code, return_index=True)[1]
        chosen: dict[tuple[Param, ...], list[int]] = {}
        for number, row in enumerate(first.tolist()):
            arguments = self._arguments(event, words, tuple(int(column[row]) for column in columns))
            chosen.setdefault(arguments, []).append(number)
        return [(arguments, at[np.isin(code, numbers)]) for arguments, numbers in chosen.items()]

    def _arguments(self, event: Event, words: tuple[int, ...], values: tuple[int, ...]) -> tuple[Param, ...]:
        """The arguments that are shown for the words on which they depend."""
        key = (event.number, *values)
        if key not in self._resolved:
            if len(self._resolved) > 1 << 14:
                self._resolved.clear()
            given = dict(zip(words, values, strict=True))
            self._resolved[key] = variants.resolve(event, [given.get(i, 0) for i in range(6)])
        return self._resolved[key]

    def _entering(self, site: Site) -> list[Op]:
        name = KERNEL_NAMES[site.event.number]
        if name == RESTART and not site.decoding.json:
            return [literal(b"restart_syscall("), texts([self._interrupted(site, row) for row in site.at.tolist()])]
        if name == "rt_sigreturn" and not site.decoding.json:
            return [literal(b"rt_sigreturn({mask="), *structures.mask(site), literal(b"}")]
        form = shape(site.arguments)
        ops = [] if site.decoding.json else [literal(name.encode() + b"(")]
        return ops + _arguments(site, 0, form.split)

    def _interrupted(self, site: Site, row: int) -> bytes:
        """What restart_syscall goes on with: the call before."""
        before = int(site.entered.before[row])
        last = self._last.get(int(site.batch.columns["tid"][row]))
        number = int(site.batch.columns["nr"][before]) if before >= 0 else last
        name = "system call" if number is None else KERNEL_NAMES[number]
        return b"<... resuming interrupted %s ...>" % name.encode()

    def _returning(self, site: Site) -> tuple[list[Op], list[Op], list[Op]]:
        form, arguments = shape(site.arguments), site.arguments
        if site.decoding.json:
            return _arguments(site, form.split, len(arguments)), json.outcome(site), []
        tail = rest(site, arguments[form.rest]) if form.rest is not None else []
        if form.rest is not None and form.split < len(arguments):
            tail.append(literal(b", "))
        tail += _arguments(site, form.split, len(arguments))
        after = dumped(site)
        if self.decoding.stacks:
            if KERNEL_NAMES[site.event.number] in ("execve", "execveat"):
                self._stacks.forget(site.column("pid").tolist())
            after += self._stacks.below(site)
        return tail, result(site), after

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
        calls = np.flatnonzero(batch.columns["nr"] != signals.SIGNAL)[::-1]
        tids, last = np.unique(ints(batch, "tid")[calls], return_index=True)
        self._last.update(zip(tids.tolist(), ints(batch, "nr")[calls[last]].tolist(), strict=True))


def _arguments(site: Site, start: int, end: int) -> list[Op]:
    """The texts of some arguments with commas between, and after the last if more follow at the exit."""
    ops: list[Op] = []
    form, count = shape(site.arguments), len(site.arguments)
    named = site.event.name == "clone"
    for place in range(start, end):
        param = site.arguments[place]
        if site.decoding.json or (named and place == start):
            ops.append(literal(b"" if place == 0 else b"," if site.decoding.json else b", "))
        if site.decoding.json:
            ops += json.member(site, param)
            continue
        ops += [literal(param.name.encode() + b"="), *value(site, param)] if named else value(site, param)
        last = place + 1 in (count, end) if named else place + 1 == count
        if not last and place != form.rest:
            ops.append(literal(b", "))
    return ops
