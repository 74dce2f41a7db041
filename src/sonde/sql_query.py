"""One SQL statement from text to a table: what the kernel aggregates, and what DuckDB makes of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from sonde.catalog.views import VIEWS
from sonde.dialects.filter import parse
from sonde.engines.batch import filter_batch
from sonde.engines.columns import Column, Columns, Rows, columns_of, joined
from sonde.engines.context import Context
from sonde.engines.fields import physical
from sonde.engines.gathered import Gathered, columns_of_measure
from sonde.plan.batch import Batch, Counters
from sonde.plan.expr import TRUE, And, Expr, Field, fields
from sonde.plan.ops import Groups, Measure
from sonde.plan.rewrites import rewrite
from sonde.plan.statement import TABLE, Grouped, Statement
from sonde.query import Open, Source, event_name
from sonde.render.receipt import Receipt, receipt
from sonde.sources.live.events import LiveEvents
from sonde.sources.live.groups import ROOM, LiveGroups, needs_rows, why_not
from sonde.sources.live.scan import Scan, plan_scan
from sonde.sources.live.tracepoints import exists, register
from sonde.sources.procfs.seen import seen_processes
from sonde.sources.procfs.still import Still
from sonde.sources.procfs.tables import columns_of_state, read_state
from sonde.sources.recording.as_of import AsOf
from sonde.statements import Opening, put_together, understood
from sonde.windows import Past

__all__ = ["SqlAnswer", "SqlPlan", "plan_sql"]

PROCESSES = "processes"
WAITING = 200_000  # rows that wait for the end of the question before they are thinned out
SNAPLEN = 80  # bytes of buffers
OTHER = "(other)"
ELAPSED = "elapsed"  # a statement that has it is about how long it took
TIMED = frozenset(("num", "time"))  # physical columns
EXTREMES = ("min", "max")
LINKS = ("exe", "cwd")  # columns of processes that only their user may know


class SqlPlan(NamedTuple):
    """A statement understood: the kernel's part of the scan, and how groups are made: by the kernel (`grouped`), or of
    rows up here, and then `why`. `checked`: DuckDB is known to understand it. `past`: it is about a recording."""

    statement: Statement
    scan: Scan
    grouped: Grouped | None
    why: str
    expr: Expr
    checked: bool
    past: bool = False

    def of_rows(self, why: str) -> SqlPlan:
        """The same where groups are made of rows up here."""
        scan = plan_scan(self.expr, self.statement.fields)
        return self._replace(scan=scan, grouped=None, why=why)


def plan_sql(
    text: str, windows: bool = False, filters: Sequence[str] = (), tool: str = "", past: bool = False
) -> SqlPlan:  # fmt: skip
    """Parse, check and split a statement; `filters` are added to its WHERE. With `windows` it is asked again and again,
    each time about what is new. Of a `tool` what was understood before is remembered. `past`: groups are made here,
    of rows that were recorded.

    QueryError says what is wrong and where.
    """
    views = (view.tracepoint for view in VIEWS.values() if view.name in text.lower() and exists(view.tracepoint))
    register(" ".join((text, *filters, *views)), live=not past)
    statement, found, checked = understood(text, tool)
    expr = rewrite(And((statement.where, *map(parse, filters))))
    if isinstance(found, str):
        return SqlPlan(statement, plan_scan(expr, statement.fields), None, found, expr, checked, past)
    measured = frozenset(("latency",)) if _asks_latency(found) else frozenset[str]()
    if past:
        scan = plan_scan(expr, _shown(found), measured)
        return SqlPlan(statement, scan if windows else _untimed(scan, found), found, "", expr, checked, past)
    scan = plan_scan(expr, found.aggregate.keys, measured)
    why = why_not(found.aggregate, scan)
    if not why and windows and any(measure.kind in EXTREMES for measure in found.aggregate.measures):
        why = "min and max of each window are taken of its rows"
    if why:
        return SqlPlan(statement, plan_scan(expr, statement.fields), None, why, expr, checked)
    if needs_rows(found.aggregate, scan):
        scan = plan_scan(expr, (*_shown(found), *fields(expr)), measured)
    return SqlPlan(statement, scan, found, "", expr, checked)


def _untimed(scan: Scan, found: Grouped) -> Scan:
    """Groups of what was recorded need no times and numbers of rows, if they are not asked for."""
    if ELAPSED in found.text or any(physical(field) & TIMED for field in _shown(found)):
        return scan
    columns = tuple(name for name in scan.layout.columns if name not in TIMED)
    return scan._replace(layout=scan.layout._replace(columns=columns))


def _shown(found: Grouped) -> tuple[Field, ...]:
    """The fields that groups are made of."""
    return (*found.aggregate.keys, *(measure.field for measure in found.aggregate.measures if measure.field))


def _asks_latency(found: Grouped) -> bool:
    return any(measure.field and measure.field.name == "evt.latency" for measure in found.aggregate.measures)


class SqlAnswer:
    """The answer of one statement: `poll` goes on, `table` gives the answer about everything so far or, with windows,
    about what came since the last one."""

    def __init__(
        self, plan: SqlPlan, *, windows: bool = False, skip: Iterable[int] = (), follow: bool = False,
        room: int | None = None, source: Open | None = None, every: float | None = None, as_of: AsOf | None = None,
    ) -> None:  # fmt: skip
        """Ask the running kernel, or what `source` opens, which gives rows; windows of what was recorded are `every` so
        many seconds of its time, and tables of state are `as_of` a time. QueryError if DuckDB does not understand the
        statement."""
        self.plan, self._as_of = plan, as_of
        self._groups: LiveGroups | None = None
        self._past = Past(every) if source and plan.past else None
        self._opening = Opening(plan.statement, check=not plan.checked)
        self._state: dict[str, Columns] = {}
        self._unread = 0
        self._windows = windows or plan.statement.streams
        self._parts: list[Columns] = []
        self._gathered = Gathered(plan.grouped.aggregate) if plan.grouped else None
        self._kept = self._delivered = self._since = 0
        self._most = WAITING
        if not plan.checked:
            self._opening.begin()
        try:
            self.source = self._source(source, tuple(skip), follow, room or ROOM)
        except BaseException:
            self._opening.close()
            if self._opening.error:
                raise self._opening.error from None
            raise
        self._context = Context(self.source.state)
        if not plan.checked:
            self._understand()

    def _source(self, source: Open | None, skip: tuple[int, ...], follow: bool, room: int) -> Source:
        plan = self.plan
        if plan.statement.still:
            return Still(again=self._windows)
        if source:
            return source(plan.scan, plan.expr, SNAPLEN)
        if plan.grouped:
            self._groups = LiveGroups(plan.scan, plan.grouped.aggregate, skip=skip, follow=follow, room=room)
            return self._groups
        return LiveEvents(plan.scan, skip=skip, follow=follow)

    def _understand(self) -> None:
        """QueryError if DuckDB does not understand the statement."""
        try:
            self._opening.database()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Begin; `follow` before, if need be."""
        self.source.start()
        self._since = time.monotonic_ns()
        if PROCESSES in self.plan.statement.states and not self._as_of:
            self._read_state(PROCESSES)  # some are gone when the answer is made

    def poll(self) -> None:
        """Take in what has come."""
        self._opening.begin()
        if self._past:
            self._take(self._past.next(self.source))
        else:
            self._take(self.source.poll())
        self._take_settled()

    @property
    def done(self) -> bool:
        """Is there nothing more to come?"""
        return self.source.done and not (self._past and self._past.waits)

    @property
    def ripe(self) -> bool:
        """Is a window of what was recorded at its end?"""
        return self._past is not None and self._past.waits

    def stop(self) -> None:
        """Detach, and take in what is left."""
        self._take(self.source.stop())
        self._take_settled()

    def table(self) -> Rows | None:
        """The answer; None if rows are given as they come and there are none. Poll before."""
        self._settle()
        if self.plan.statement.streams and not self._parts:
            return None
        elapsed = self._elapsed()
        grouped = self.plan.grouped
        if grouped and self._groups:
            self._parts.insert(0, self._columns(self._groups.groups(anew=self._windows)))
        if grouped and self._parts:
            rows = self._opening.database().run(grouped.text, {TABLE: joined(self._parts)}, elapsed)
            if self._groups:
                self._parts = self._parts[1:]
        else:
            for name in self.plan.statement.states:
                self._read_state(name)
            events = {TABLE: joined(self._parts)} if self._parts else {}
            rows = self._opening.database().run(self.plan.statement.text, events | self._state, elapsed)
        if self._windows:
            self._parts = []
        return rows

    def _elapsed(self) -> int:
        """How long it is that the answer is about, ns."""
        if self._past:
            return self._past.elapsed
        now = time.monotonic_ns()
        elapsed = now - self._since
        if self._windows:
            self._since = now
        return elapsed

    def counters(self) -> Counters:
        """What was seen, lost and taken in so far."""
        counters = self.source.counters()
        counters.delivered = self._delivered + self._in_groups()
        return counters

    def receipt(self, elapsed: float, unread: Sequence[str] = ()) -> Receipt:
        """How complete the answer is; `unread` says what was left."""
        counters = self.counters()
        out = self._groups.crowded_out if self._groups else 0
        absent = [f"groups of {out:,} events, put together in {OTHER}"] if out else []
        absent += [*unread, *self.source.absent(), *(self._as_of.absent() if self._as_of else ())]
        if self._unread:
            processes = "1 process" if self._unread == 1 else f"{self._unread} processes"
            absent.append(f"paths or descriptors of {processes}, kept from this user")
        return receipt(counters, elapsed, event_name, absent=absent, aside=self.source.aside())

    def close(self) -> None:
        """Free everything."""
        self.source.close()
        self._opening.close()

    def _take(self, batch: Batch | None) -> None:
        if batch is None:
            return
        if batch.state is not self._context.state:
            self._settle()
            if self._as_of and PROCESSES in self.plan.statement.states:
                self._remember()
        self._context = self._context.of(batch.state)
        # of events that the kernel is not sure of, nothing is decided
        expr = self.plan.expr if self._groups else self.source.rest
        if expr != TRUE:
            batch = filter_batch(batch, expr, self._context)
        self._delivered += len(batch)
        if len(batch):
            if self._gathered:
                self._gathered.add(batch, self._context)
            else:
                self._kept += len(batch)
                self._parts.append(self._fields(batch))
            self._context.advance(batch)
            self._thin_out()

    def _take_settled(self) -> None:
        """Groups that refer to what will be forgotten, while it is known."""
        if self._groups:
            self._parts += map(self._columns, self._groups.settled())

    def _thin_out(self) -> None:
        """Put groups together again that are the same, or forget rows that the answer cannot have any more."""
        if self._gathered and self._gathered.rows > self._most:
            self._gathered.put_together()
            self._most = max(WAITING, 2 * self._gathered.rows)
        text = put_together(self._gathered.aggregate) if self._gathered else self.plan.statement.kept
        if self._kept > self._most and text:
            self._parts = [self._opening.database().keep(text, {TABLE: joined(self._parts)})]
            self._kept = 0
            self._most = max(WAITING, 2 * len(next(iter(self._parts[0].values()))))

    def _settle(self) -> None:
        """Groups of a state as a table: the next ones are of another state, or none."""
        if self._gathered and self._gathered.rows:
            self._parts.append(self._gathered.columns())
            self._kept += self._gathered.rows
            self._gathered = Gathered(self._gathered.aggregate)

    def _read_state(self, name: str) -> None:
        """Read a table of state; of processes also those that are gone since the question began, as they were."""
        columns, unread = self._as_of.read(name) if self._as_of else read_state(name)
        if name == PROCESSES and not self.plan.statement.still:
            self._remember()
            columns = _last_of_each(joined([self._state[name], columns]))
        self._state[name] = columns
        if name != PROCESSES or any(name in LINKS for name in self.plan.statement.columns):
            self._unread = max(self._unread, unread)

    def _remember(self) -> None:
        """Processes that rows so far told of: another segment of a recording tells of others."""
        seen = columns_of_state(PROCESSES, seen_processes(self._context.state))
        self._state[PROCESSES] = _last_of_each(joined([self._state.get(PROCESSES, seen), seen]))

    def _fields(self, batch: Batch) -> Columns:
        columns = columns_of(batch, self.plan.statement.fields, self._context)
        return columns or {"nothing": np.zeros(len(batch), np.int32)}

    def _in_groups(self) -> int:
        """Events that the kernel put in groups."""
        if not self._groups:
            return 0
        self._groups.groups()
        return self._groups.grouped

    def _columns(self, groups: Groups) -> Columns:
        """The groups as a table; what had no room is a group of its own."""
        assert self.plan.grouped
        self._context = self._context.of(groups.keys.state)
        keys = self.plan.grouped.aggregate.keys
        columns = columns_of(groups.keys, keys, self._context)
        crowded = bool(groups.other[Measure("count")].any())
        if crowded:
            columns = {name: _with_other(values) for name, values in columns.items()}
        for measure in groups.measures:
            values = groups.measures[measure]
            if crowded:
                values = np.concatenate((values, groups.other[measure]))
            columns |= columns_of_measure(measure, values)
        return columns


def _last_of_each(processes: Columns) -> Columns:
    """The last row of each process, by its id and start (which /proc tells in ticks)."""
    key = np.ma.getdata(processes["pid"]) * 10**10 + np.ma.getdata(processes["start"]) // 10**9
    last = len(key) - 1 - np.unique(key[::-1], return_index=True)[1]
    return {name: values[last] for name, values in processes.items()}


def _with_other(values: Column) -> Column:
    """The values of a key and that of the groups without room: no number."""
    if values.dtype == object:
        return np.append(values, np.array([OTHER], object))
    return joined([{"": values}, {"": np.ma.masked_array(np.zeros(1, values.dtype), mask=True)}])[""]
