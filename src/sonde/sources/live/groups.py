"""Aggregates of the running kernel's events: the groups are made there, and read here as often as somebody asks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import ParamType
from sonde.catalog.lookup import EVENTS, NUMBERS, TRACEPOINTS
from sonde.engines.arguments import sources
from sonde.engines.decoding import SIGNED
from sonde.engines.fields import OF_ARGUMENT, physical, points_at
from sonde.kernel.asm import Asm
from sonde.kernel.codegen import Hook
from sonde.kernel.features import possible_cpus
from sonde.kernel.groups import KEYS_MAX, Cell, Slots, generate_groups
from sonde.kernel.libbpf import delete, entries, lookup
from sonde.plan.batch import PHYSICAL, Array, Batch, Payloads
from sonde.plan.expr import Field
from sonde.plan.ops import Aggregate, Groups, Measure
from sonde.plan.state import State
from sonde.sources.live.events import LiveEvents, Sizes
from sonde.sources.live.scan import Scan

__all__ = ["ROOM", "LiveGroups", "measurable", "needs_rows", "why_not"]

ROOM = 1 << 16  # groups of each CPU
ROOM_BYTES = 1 << 26  # of all CPUs: histograms take 520 bytes each
ENTRY = 64  # bytes that the kernel adds to a group
FEW = 1 << 12  # bytes of rows where there are none
PAUSE = 0.05  # s between two looks at the dictionary
WORD = 8
HALF = 1 << 31
Table = npt.NDArray[np.int64]  # a row a group, a column a word
# columns that may be a group's key; a field's other needs are constant or, as `proc` of a relative path, do not matter
KEYS = frozenset(("nr", "cpu", "tid", "pid", "res", "proc", "file", *(f"a{i}" for i in range(6))))
NAMES = frozenset(("fd.name", "fd.directory", "fd.filename"))
# fields that depend on the result only as far as it is an error
OUTCOMES = frozenset(("evt.failed", "evt.res", "evt.count.error")) | {
    f"evt.count.error.{kind}" for kind in ("file", "net", "memory", "other")
}
# numbers that can be measured: the accessor, and whether it may have no value
MEASURED = {"evt.latency": ("latency", True), "evt.rawres": ("res", False), "evt.buflen": ("buflen", True)}


def measurable(field: Field) -> bool:
    """Is the field a number that the kernel can measure?"""
    return field.name in MEASURED or _traced_word(field) is not None


def _traced_word(field: Field) -> str | None:
    """The argument word that a field of tracepoints is, the same in all that a question may mean."""
    if field.name != "evt.rawarg":
        return None
    events = [event for number, event in EVENTS.items() if number in TRACEPOINTS]
    params = [p for event in events for p in event.params if p.name == field.argument]
    words = {p.source.value for p in params}
    plain = all(p.type not in SIGNED and p.type is not ParamType.RES and not p.place for p in params)
    return words.pop() if len(words) == 1 and plain else None


def why_not(aggregate: Aggregate, scan: Scan) -> str:
    """Why the kernel cannot make the groups; "" if it can."""
    if undecided := [str(part.conjunct) for part in scan.pushdown.parts if not part.whole]:
        return f"the kernel cannot decide {' and '.join(undecided)}"
    for measure in aggregate.measures:
        if measure.field and not measurable(measure.field) and measure.field not in aggregate.keys:
            return f"{measure.field} is not a number the kernel can measure"
    measured = any(m.field and m.field.name == "evt.rawarg" for m in aggregate.measures)
    if measured and any(scan.on[number] for number in EVENTS if number not in TRACEPOINTS):
        return 'an argument is measured of tracepoints only: FROM "system:event"'
    for field in aggregate.keys:
        if why := _not_a_key(field, scan):
            return why
    if len(words := keys_of(aggregate, scan)) > KEYS_MAX:
        return f"a key of {len(words)} words is too long"
    return ""


def needs_rows(aggregate: Aggregate, scan: Scan) -> bool:
    """Will some events be sent as rows, because the kernel does not know enough about them?"""
    return _named(aggregate) or not all(part.exact for part in scan.pushdown.parts)


def _named(aggregate: Aggregate) -> bool:
    """Are the groups those of files by name? Of a call that failed to open one only its argument has the name."""
    return any(field.name in NAMES for field in aggregate.keys)


def _needs(field: Field, scan: Scan) -> frozenset[str]:
    """The columns that a field needs of the events that are on."""
    if field.name in OF_ARGUMENT and field.argument is not None:
        return sources(field.argument, (event for number, event in EVENTS.items() if scan.on[number]))
    return physical(field)


def _not_a_key(field: Field, scan: Scan) -> str:
    extra = _needs(field, scan) - KEYS - {"flags"}
    if field.name in OF_ARGUMENT and "seq" in extra:
        return f"{field} lies in the record of the tracepoint"
    if field.name != "evt.rawarg" and points_at(field):
        return "" if field.name in NAMES else f"{field} is read from the memory of the process"
    if extra:
        return f"{field} needs {', '.join(sorted(extra))} of each event"
    return ""


def keys_of(aggregate: Aggregate, scan: Scan) -> tuple[str, ...]:
    """The words of a group's key: columns, or the outcome in the place of the result."""
    found: set[str] = set()
    for field in aggregate.keys:
        needs = {"file", "nr"} if field.name in NAMES else set(_needs(field, scan)) & KEYS
        if field.name in OUTCOMES:
            needs = needs - {"res"} | {"outcome"}
        found |= needs
    if "res" in found:
        found.discard("outcome")
    return tuple(sorted(found))


def slots_of(aggregate: Aggregate, scan: Scan) -> Slots:
    """How the kernel keeps the groups of an aggregate for which `why_not` says nothing."""
    cells = [Cell("count")]
    for measure in aggregate.measures:
        cells += _cells(measure)
    return Slots(keys_of(aggregate, scan), tuple(dict.fromkeys(cells)))


def _cells(measure: Measure) -> tuple[Cell, ...]:
    """What is kept for a measure: with every value also how often there was one."""
    if measure.field is None or not measurable(measure.field):
        return (Cell("count"),)
    accessor, optional = MEASURED.get(measure.field.name, (_traced_word(measure.field) or "", False))
    count = Cell("count", accessor, optional)
    return (count,) if measure.kind == "count" else (count, Cell(measure.kind, accessor, optional, measure.width))


class LiveGroups(LiveEvents):
    """A live aggregate: `groups` reads the groups as they are.

    `poll` keeps the dictionaries up to date, and gives the rows of events that the kernel is not sure of: they are in
    no group.
    """

    def __init__(
        self, scan: Scan, aggregate: Aggregate, *, skip: Iterable[int] = (), follow: bool = False, room: int = ROOM
    ) -> None:  # fmt: skip
        self._aggregate, self._words = aggregate, slots_of(aggregate, scan)
        width = self._words.value_size
        self._widths = {"groups": width, "group_start": width, "group_other": width}
        self._keys = {"groups": self._words.key_size}
        each = ENTRY + self._words.key_size + width
        room = min(room, NUMBERS) if self._words.keys == ("nr",) else room  # there can be no more
        self._room = {"groups": min(room * possible_cpus(), ROOM_BYTES // each)}
        self.grouped = self.crowded_out = 0  # events in groups, and in none, when they were read last
        self._before: dict[bytes, Table] = {}
        self._settled: list[Groups] = []
        self._settled_events = 0
        self._other_before = np.zeros((1, width // WORD), np.int64)
        self._rows_too = needs_rows(aggregate, scan)
        sizes = Sizes() if self._rows_too else Sizes(events=FEW)
        super().__init__(scan, skip=skip, follow=follow, sizes=sizes)

    def _main(self, hook: Hook) -> Asm:
        return generate_groups(
            hook, self.scan.test, self._words, self.scan.layout,
            payloads=self.scan.payloads(hook), followed=self._follow, named=_named(self._aggregate),
        )  # fmt: skip

    def _refers_to_processes(self) -> bool:
        """Rows, times and files that are closed need what is told with the processes: 32-bit ones, and the clock."""
        told = self._rows_too or self.scan.start or self._closing is not None
        return told or "process_id" in self._session.called

    def _until_enough(self, elapsed: int) -> float:
        return super()._until_enough(elapsed) if self._rows.most else PAUSE

    def tables(self) -> dict[str, int]:
        """The same with the groups: what there is room for."""
        each = ENTRY + self._words.key_size + self._words.value_size
        return super().tables() | {"groups": self._room["groups"] * each}

    def settled(self) -> list[Groups]:
        """Groups that were taken out of the kernel since the last call: what they refer to is about to be forgotten."""
        found, self._settled = self._settled, []
        return found

    def groups(self, anew: bool = False) -> Groups:
        """All groups so far; `anew`: only what came since the last call with `anew` (not for min and max).

        Poll before, so that what they refer to is known.
        """
        size, width = self._words.key_size, self._words.value_size
        keys, values = entries(self._session.map("groups"), size, width)
        other = lookup(self._session.map("group_other"), bytes(4), width * self._cpus)
        assert other is not None
        words = np.frombuffer(keys, np.uint64).reshape(-1, size // WORD)
        table = np.frombuffer(values, np.int64).reshape(-1, width // WORD)
        rest = self._together(np.frombuffer(other, np.int64).reshape(self._cpus, width // WORD))
        self.crowded_out = int(rest[:, 0].sum())
        self.grouped = int(table[:, 0].sum()) + self.crowded_out + self._settled_events
        if anew:
            table, rest = self._since(keys, table), self._since_other(rest)
            changed = table[:, 0] != 0
            words, table = words[changed], table[changed]
        return Groups(self._batch(words), self._measured(table), self._measured(rest))

    def _renew(self, state: State) -> None:
        self._settle(state)
        super()._renew(state)

    def _settle(self, state: State) -> None:
        """Take the groups out of the kernel whose ids the next state forgets: nothing is added to them now."""
        size, width = self._words.key_size, self._words.value_size
        keys, values = entries(self._session.map("groups"), size, width)
        words, table = (
            np.frombuffer(data, np.int64).reshape(-1, n // WORD) for data, n in ((keys, size), (values, width))
        )
        old = np.zeros(len(words), np.bool_)
        for name, known in (("proc", state.processes), ("file", state.files)):
            if name in self._words.words:
                ids = words[:, self._words.words.index(name)].astype(np.uint32)
                old |= (ids != 0) & (np.uint32(known.base) - ids < HALF)  # ids count modulo 2**32
        rows = np.flatnonzero(old)
        if not len(rows):
            return
        for row in rows.tolist():
            delete(self._session.map("groups"), keys[row * size : (row + 1) * size])
        self._settled_events += int(table[rows, 0].sum())
        nothing = np.zeros(width // WORD, np.int64)
        before = [self._before.pop(keys[row * size : (row + 1) * size], nothing) for row in rows.tolist()]
        added = self._measured(table[rows] - np.array(before, np.int64))
        self._settled.append(Groups(self._batch(words[rows].astype(np.uint64)), added, self._measured(nothing[None])))

    def _since(self, keys: bytes, table: Table) -> Table:
        """What was added to each group since the last time."""
        size = self._words.key_size
        names = [keys[at : at + size] for at in range(0, len(keys), size)]
        before = self._before
        nothing = np.zeros(table.shape[1], np.int64)
        added = table - np.array([before.get(name, nothing) for name in names], np.int64).reshape(table.shape)
        self._before = dict(zip(names, table, strict=True))
        return added

    def _since_other(self, rest: Table) -> Table:
        added = rest - self._other_before
        self._other_before = rest
        return added

    def _together(self, words: Table) -> Table:
        """One row of several CPUs'."""
        table: Table = words.sum(axis=0, keepdims=True)
        places = {cell: at // WORD for cell, at in zip(self._words.cells, self._words.offsets(), strict=True)}
        for cell, at in places.items():
            if cell.kind in ("min", "max"):
                there = words[:, places[cell._replace(kind="count")]] > 0
                last = np.iinfo(np.int64).max if cell.kind == "min" else np.iinfo(np.int64).min
                here = np.where(there, words[:, at], last)
                table[0, at] = here.min() if cell.kind == "min" else here.max()
        return table

    def _batch(self, words: npt.NDArray[np.uint64]) -> Batch:
        """The keys as rows of events."""
        columns: dict[str, Array] = {
            "res" if name == "outcome" else name: words[:, i].astype(PHYSICAL.get(name, PHYSICAL["res"])[0])
            for i, name in enumerate(self._words.words)
        }
        for name in ("flags", "nr", "proc", "dir", "res"):
            columns.setdefault(name, np.zeros(len(words), PHYSICAL[name][0]))
        return Batch(columns, Payloads.none(), self.state)

    def _measured(self, table: Table) -> dict[Measure, Array]:
        """The measures of groups."""
        starts = dict(zip(self._words.cells, self._words.offsets(), strict=True))
        found: dict[Measure, Array] = {}
        for measure in self._aggregate.with_counts():
            cell = _cells(measure)[-1]
            at = starts[cell] // WORD
            found[measure] = table[:, at : at + cell.words] if cell.words > 1 else table[:, at]
        return found
