"""One question from text to rows: the only module that joins the rooms."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from sonde.catalog.events import FIELDS
from sonde.catalog.lookup import NAMES
from sonde.catalog.syscalls import UNNAMED
from sonde.catalog.types import STR
from sonde.catalog.views import VIEWS
from sonde.dialects.filter import parse
from sonde.dialects.format import CONTAINER, DEFAULT, Format, Shown, parse_format
from sonde.dialects.values import names_of_scap
from sonde.engines.batch import evaluate, filter_batch, value_of
from sonde.engines.context import Context
from sonde.engines.fields import physical
from sonde.errors import UsageError
from sonde.plan.batch import ENTER_ROW, HIDDEN, Batch, Counters, Vector
from sonde.plan.expr import TRUE, And, Call, Expr, Field, Literal, Or, Value, fields
from sonde.plan.rewrites import rewrite
from sonde.plan.state import State
from sonde.render.items import OUTPUT_TIME, Item, Options
from sonde.render.json import JsonRenderer
from sonde.render.lines import LineRenderer
from sonde.render.receipt import Receipt, receipt
from sonde.render.times import TimeStyle
from sonde.sources.live.command import Command
from sonde.sources.live.events import INTERVAL, UNWATCHED, VIEW, Feature, LiveEvents, Sizes, features
from sonde.sources.live.explain import explain_scan
from sonde.sources.live.scan import Scan, certain, plan_record, plan_scan
from sonde.sources.live.tracepoints import exists, register
from sonde.sources.recording.as_of import AsOf
from sonde.sources.recording.explain import explain_recording
from sonde.sources.recording.merged import Merged
from sonde.sources.recording.segments import is_recording, recordings
from sonde.sources.recording.source import Recording, adopt
from sonde.sources.scap.explain import explain_scap
from sonde.sources.scap.source import ScapFile, is_scap
from sonde.sources.strace.explain import explain_strace
from sonde.sources.strace.running import Traced
from sonde.sources.strace.source import KNOWN, StraceLog, StraceRun, Wanted, is_log

__all__ = [
    "Answer", "Child", "Open", "Planned", "Question", "Source", "adopt", "capabilities", "certain_events", "event_name",
    "is_log", "is_recording", "is_scap", "launch", "plan", "readable", "recorded", "state_as_of", "under_strace",
    "understood",
]  # fmt: skip


class Question(NamedTuple):
    """What is asked: a filter, what to show of each row and how. `limit` rows at most, `snaplen` bytes of each
    buffer; `record`: rows are to be kept with all that there is to know of them; `beside`: filters that have to
    hold too; `hidden`: a filter of rows that are kept as well, marked HIDDEN; `exact`: names of events mean the events
    of a .scap file and no families."""

    filter: str = ""
    format: str = DEFAULT
    json: bool = False
    snaplen: int = 80
    limit: int | None = None
    follow: bool = False
    sizes: Sizes = Sizes()
    skip: tuple[int, ...] = ()
    shown: Options = Options()
    resolve_ports: bool = False
    quiet: bool = False
    record: bool = False
    beside: tuple[str, ...] = ()
    hidden: str = ""
    exact: bool = False


class Planned(NamedTuple):
    """A question understood: its filter, what a line consists of, the kernel's part; `own`: what its rows have to pass
    that are not hidden."""

    expr: Expr
    layout: Format
    scan: Scan
    own: Expr = TRUE


class Source(Protocol):
    """Where rows come from: batches until it is `done`, which still have to pass `rest` of the filter."""

    done: bool
    state: State

    @property
    def rest(self) -> Expr:
        """The part of the filter that the rows still have to pass."""

    def follow(self, tid: int, from_exec: bool = False) -> None:
        """See a thread and its descendants; `from_exec`: from its next successful exec on."""

    def start(self) -> None:
        """Begin; what happens from now on is seen."""

    def poll(self, final: bool = False) -> Batch | None:
        """The rows that are complete, in time order, or None; `final`: do not wait for more."""

    def detach(self) -> None:
        """Let what is watched run on alone; rows that wait stay."""

    def stop(self) -> Batch | None:
        """Detach, and give the rows that are left."""

    def inflight(self) -> Batch | None:
        """Rows of the calls that are running now, unfiltered."""

    def counters(self) -> Counters:
        """What was seen and lost so far."""

    def absent(self) -> list[str]:
        """What of the question cannot be answered from here."""

    def progress(self) -> tuple[int, int]:
        """(bytes that were read, bytes that there are) of what was recorded; 0 where nobody knows an end."""

    def aside(self) -> list[str]:
        """What else is worth saying about the rows."""

    def close(self) -> None:
        """Free everything."""


Child = Command | Traced
Open = Callable[[Scan, Expr, int], Source]  # what opens a source: of a scan, its filter, bytes of buffers


def plan(question: Question, live: bool = False) -> Planned:
    """Parse, check and split a question, with `live` to the running kernel. QueryError says what is wrong and where."""
    register(" ".join((question.filter, question.format, *(_of_views() if question.record else ()))), live)
    with names_of_scap(question.exact):
        whole = And((parse(question.filter), *map(parse, question.beside)))
        own = expr = rewrite(whole, families=not question.exact)
        if question.hidden:
            expr = rewrite(Or((whole, parse(question.hidden))), families=not question.exact)
        layout = parse_format(question.format)
    shown = [field for value in layout.values for field in fields(value) if field.name != OUTPUT_TIME]
    columns = frozenset(("res",)) if question.shown.colour else frozenset()
    if question.shown.times is TimeStyle.LATENCY and Field(OUTPUT_TIME) in layout.values:
        columns |= {"latency"}
    decided = TRUE if question.exact else expr  # that of a .scap file is not for the kernel
    # also what the kernel decides: of calls in flight, which --inflight and SIGUSR1 show, it decides nothing
    tested = tuple(fields(expr if decided is expr else own))
    if question.record:
        scan = plan_record(decided, question.snaplen, tested)
    else:
        scan = plan_scan(decided, (*shown, *tested), columns)
    return Planned(expr, layout, scan, own if question.hidden else TRUE)


def _of_views() -> list[str]:
    """The tracepoints that views need, as far as this kernel has them."""
    return [view.tracepoint for view in VIEWS.values() if exists(view.tracepoint)]


def under_strace(why: str) -> Open:
    """strace, which runs the command or attaches to processes; `why` it and not the kernel."""
    return lambda scan, expr, snaplen: StraceRun(_wanted(scan, expr, snaplen), why)


def recorded(path: str, events: bool = False) -> Open:
    """A recording, a file of sysdig, whose rows are its `events` or completed calls, or a log that strace wrote."""
    if is_scap(path):
        return lambda scan, expr, snaplen: ScapFile(
            path, expr, frozenset(scan.layout.columns), events, snaplen, bool(scan.followed)
        )
    if is_recording(path):
        return lambda scan, expr, snaplen: _recordings(path, scan, expr)
    return lambda scan, expr, snaplen: StraceLog(_wanted(scan, expr, snaplen), path)


def readable(path: str) -> None:
    """UsageError, which says why, if a path is nothing that was recorded and can be read."""
    try:
        fault = _fault(path)
    except FileNotFoundError:
        raise UsageError(f"there is no {path}") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if fault:
        raise UsageError(fault)


def _fault(path: str) -> str:
    """Why there is nothing to read, "" if there is; OSError if the system does not let us."""
    if path == "-":
        return "" if is_recording(path) else "standard input is no recording; sonde -w - writes one to a pipe"
    if os.path.isdir(path):
        return "" if os.listdir(path) and is_recording(path) else f"there is no recording in {path}"
    with open(path, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return f"{path} is no file: of pipes only standard input can be read, as -r -"
        if not file.read(1):
            return f"{path} is empty"
    known = is_recording(path) or is_scap(path) or is_log(path)
    return "" if known else f"{path} is no recording, no file of sysdig and no log of strace"


def _recordings(path: str, scan: Scan, expr: Expr) -> Recording | Merged:
    several, names = recordings(path), frozenset(scan.layout.columns)

    def one(path: str) -> Recording:
        return Recording(path, expr, scan.on, names | {"time"} if several else names, bool(scan.followed))

    return Merged(several, one) if several else one(path)


def state_as_of(path: str, when: int | None) -> AsOf:
    """The tables of state of a recording as of a time, ns since the epoch; None: its end."""
    if recordings(path):
        raise UsageError(f"{path} has several recordings, and tables of state are of one: ask each alone")
    return AsOf(path, when, lambda text: certain(rewrite(parse(text))))


def understood(text: str, exact: bool = False) -> Expr:
    """A filter, rewritten; the tracepoints that it names are known from then on. `exact` as in Question."""
    register(text)
    with names_of_scap(exact):
        return rewrite(parse(text), families=not exact)


def certain_events(text: str) -> str:
    """What a filter tells of itself where its values are not to be known: the events that pass whatever else they
    are."""
    names = dict.fromkeys(NAMES[number] for number in np.flatnonzero(certain(understood(text))))
    return f"evt.type in ({', '.join(names)})" if names else "false"


def _wanted(scan: Scan, expr: Expr, snaplen: int) -> Wanted:
    return Wanted(expr, scan.on, "file" in scan.layout.columns, scan.details, snaplen)


def launch(source: Source, command: Sequence[str]) -> Child:
    """Run a command that a source sees from its first instruction; `release` it."""
    if isinstance(source, StraceRun):
        return source.launch(command)
    child = Command(command)
    source.follow(child.pid, from_exec=True)
    return child


class Answer:
    """Rows of a question as they come, rendered; `counters` and `receipt` say how complete they are."""

    def __init__(self, question: Question, source: Open | None = None) -> None:
        """The question to the running kernel, or to what `source` opens."""
        planned = plan(question, live=source is None)
        self._question, self._planned = question, planned
        layout = planned.layout
        self._values = layout.values
        self.source: Source = (
            source(planned.scan, planned.expr, question.snaplen)
            if source
            else LiveEvents(
                planned.scan,
                snaplen=question.snaplen,
                skip=question.skip,
                follow=question.follow,
                sizes=VIEW if question.record else question.sizes,
                interval=UNWATCHED if question.record else INTERVAL,
            )
        )
        keep_missing = question.shown.keep_missing or not layout.complete or question.json or self._never_skips()
        options = question.shown._replace(keep_missing=keep_missing)
        items = [item.encode() if isinstance(item, str) else _item(item) for item in layout.items]
        self._renderer = JsonRenderer(items, options) if question.json else LineRenderer(items, options)
        state = self.source.state
        self._context = Context(state)
        self._shown = Context(state, buffers=options.buffers, cut=options.cut, services=question.resolve_ports)
        self.delivered = self._inflight = 0

    def _never_skips(self) -> bool:
        """Are lines shown that lack a field? Those of strace lack many; sysdig's usual line is always shown."""
        if isinstance(self.source, ScapFile):
            return self._question.format in (DEFAULT, CONTAINER)
        return not isinstance(self.source, LiveEvents)

    @property
    def state(self) -> State:
        """Processes, files and strings that the rows refer to."""
        return self.source.state

    @property
    def done(self) -> bool:
        """Have `limit` rows been delivered, or are there no more?"""
        limit = self._question.limit
        return self.source.done or (limit is not None and self.delivered >= limit)

    def rows(self, batch: Batch | None, whole: bool = False) -> Batch | None:
        """The rows of a batch of the source that answer the question, numbered; `whole`: the source decided nothing."""
        if batch is None:
            return None
        expr = self._planned.expr if whole else self.source.rest
        self._context = self._context.of(batch.state)
        batch = filter_batch(batch, expr, self._context)
        hidden = self._hidden(batch)
        numbers = self.delivered + np.cumsum(~hidden)
        if self._question.limit is not None:
            batch = batch.take(np.arange(int(np.searchsorted(numbers, self._question.limit + 1))))
        if not len(batch):
            return None
        hidden, numbers = hidden[: len(batch)], numbers[: len(batch)]
        self._inflight += (int(numbers[-1]) - self.delivered) * whole
        self.delivered = int(numbers[-1])
        columns = {"num": numbers.astype(np.uint64)} | batch.columns
        if hidden.any():
            columns["flags"] = columns["flags"].astype(np.uint32) | np.where(hidden, np.uint32(HIDDEN), np.uint32(0))
        return replace(batch, columns=columns)

    def _hidden(self, batch: Batch) -> npt.NDArray[np.bool_]:
        """The rows that are kept for what they change, and do not answer the question."""
        if self._planned.own == TRUE or not len(batch):
            return np.zeros(len(batch), np.bool_)
        return ~evaluate(self._planned.own, batch, self._context)

    def text(self, batch: Batch | None) -> bytes:
        """The lines, or JSON objects, of rows."""
        if batch is None or self._question.quiet:
            return b""
        self._shown = self._shown.of(batch.state)
        out = self._renderer.render([self._vector(value, batch) for value in self._values], batch)
        self._context.advance(batch)
        self._shown.advance(batch)
        return out

    def kinds(self, batch: Batch) -> Counter[tuple[str, bool]]:
        """How many rows there are of each event, by its name and whether it is entered."""
        entered = (batch.columns["flags"].astype(np.int64) & ENTER_ROW) != 0
        found = value_of(Field("evt.type"), batch, self._context)
        assert isinstance(found, Vector)
        keys, counts = np.unique(found.values.astype(np.int64) * 2 + entered, return_counts=True)
        pairs = zip(keys.tolist(), counts.tolist(), strict=True)
        strings = batch.state.strings
        return Counter({(strings[key >> 1].decode() or UNNAMED, bool(key & 1)): count for key, count in pairs})

    def counters(self) -> Counters:
        """What was seen, lost and delivered so far; calls in flight are not counted."""
        return replace(self.source.counters(), delivered=self.delivered - self._inflight)

    def launch(self, command: Sequence[str]) -> Child:
        """Run a command that is seen from its first instruction; `release` it."""
        return launch(self.source, command)

    def receipt(self, elapsed: float, unread: Sequence[str] = ()) -> Receipt:
        """How complete the answer is; `unread` says what was left."""
        missing = (*unread, *self.unknown(), *self.source.absent())
        if self._question.record and isinstance(self.source, ScapFile):
            missing = (*missing, *self.source.no_calls())
        return receipt(self.counters(), elapsed, event_name, absent=missing, aside=self.source.aside())

    def unknown(self) -> list[str]:
        """The fields that were asked for and that the source does not have."""
        if isinstance(self.source, Recording | Merged):
            known = self.source.known
        elif isinstance(self.source, StraceRun | StraceLog):
            known = KNOWN
        else:
            return []
        shown = () if self._question.format == DEFAULT else self._values
        asked = {field.name: field for value in (*shown, self._planned.expr) for field in fields(value)}
        return sorted(
            name for name, field in asked.items() if name in FIELDS and not physical(field) - {"num"} <= known
        )

    def close(self) -> None:
        """Free everything in the kernel."""
        self.source.close()

    def _vector(self, value: Value, batch: Batch) -> Vector | None:
        if value == Field(OUTPUT_TIME):
            return None
        found = value_of(value, batch, self._shown)
        return found[0] if isinstance(found, tuple) else found


def explain(question: Question, strace: str = "", read: str = "") -> str:
    """What of the question would run in the kernel, what not, and why; with `strace`, why that would be asked instead,
    with `read` the recording or log that would be read."""
    planned = plan(question)
    if read and is_scap(read):
        return explain_scap(read, planned.expr, events=True)
    if read and is_recording(read):
        columns = frozenset(planned.scan.layout.columns) - {"seq"}
        return explain_recording(read, planned.expr, columns, bool(planned.scan.followed))
    if strace or read:
        return explain_strace(_wanted(planned.scan, planned.expr, question.snaplen), strace, read)
    return explain_scan(planned.scan)


def capabilities() -> tuple[Feature, ...]:
    """What this kernel and user can do."""
    return features()


def event_name(number: int) -> str:
    """The name of an event number; calls newer than the catalogue are named by their number."""
    return NAMES[number] or f"syscall_{number}"


def _item(shown: Shown) -> Item:
    value = shown.value
    if isinstance(value, Field):
        return Item(str(value), FIELDS[value.name].type, shown.width)
    assert isinstance(value, Call | Literal)
    return Item(str(value), STR, shown.width)
