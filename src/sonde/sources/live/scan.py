"""How the kernel will answer: what of a filter it decides, which events and hooks it needs, which columns it sends."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.column import Detail
from sonde.catalog.event import EXIT_EVENTS, ParamType
from sonde.catalog.events import FIELDS
from sonde.catalog.lookup import EVENTS as CATALOGUE
from sonde.catalog.lookup import TRACEPOINTS
from sonde.engines.arguments import argument_of
from sonde.engines.batch import evaluate
from sonde.engines.bounds import bounds
from sonde.engines.context import Context
from sonde.engines.fields import DERIVATIONS, OF_ARGUMENT, column, physical, pointing
from sonde.engines.typed import TEXTS
from sonde.kernel.codegen import Hook, Layout, tests_of
from sonde.kernel.predicates import All, Predicates, Test
from sonde.kernel.records import EVENTS
from sonde.plan.automaton import TooBig
from sonde.plan.batch import PHYSICAL, Batch, Payloads
from sonde.plan.expr import TRUE, Compare, Expr, Field, fields, leaves
from sonde.plan.pushdown import Pushdown, push
from sonde.plan.state import State
from sonde.sources.live.tracepoints import hook_of

__all__ = ["Scan", "certain", "plan_record", "plan_scan", "plan_view", "possible"]

Mask = npt.NDArray[np.bool_]
TRACED = slice(TRACEPOINTS.start, TRACEPOINTS.stop)
HOOKS = {"l_procexit": EXIT_EVENTS["procexit"], "l_signal": EXIT_EVENTS["signaldeliver"]}
BUFFERS = frozenset((ParamType.DATA, ParamType.IOVEC, ParamType.MSGHDR))
POINTERS = BUFFERS | {ParamType.PATH, ParamType.STRING, ParamType.SOCKADDR}
POINTING = ("tid", "a0", "a1", "a2", "a3", "a4", "a5")  # of a call in flight: what points at what
# columns of the event view
VIEWED = frozenset((
    "time", "latency", "nr", "cpu", "flags", "tid", "pid", "res", "a0", "a1", "a2", "a3", "a4", "a5", "proc", "file",
    "dir", "newdir", "seq",
))  # fmt: skip
RECORDED = VIEWED - {"seq"}
_PSEUDO = range(512, 1024)  # numbers that are not system calls


class Scan(NamedTuple):
    """The kernel's part of a query.

    `on`: bool by event number; `hooks`: library programs to specialise; `start`: whether the time is noted when a call
    is entered, `closes`: whether the file is that it closes; `ancestors`: whether new programs of silent processes
    matter; `details`: of process records; `followed`: kinds of arguments that are followed to what they point at;
    `rest`: what is applied above; `view`: whether calls are rows when they are entered (ENTER_ROW) as well as when they
    return, with all that their arguments point at, and the user's `stacks`.
    """

    pushdown: Pushdown
    predicates: Predicates
    test: Test
    on: Mask
    hooks: tuple[Hook, ...]
    layout: Layout
    followed: frozenset[ParamType]
    start: bool
    closes: bool
    ancestors: bool
    details: frozenset[Detail]
    view: bool = False
    stacks: bool = False

    def payloads(self, hook: Hook) -> str:
        """The accessor that sends what arguments point at, or nothing: an end has none, a signal only in the view."""
        if hook.root == "l_procexit":
            return ""
        if self.view:
            return "view"
        if hook.tracepoint:
            return "record" if hook.record else ""
        return "payloads" if self.followed and hook.root != "l_signal" else ""

    @property
    def rest(self) -> Expr:
        """The part of the filter that user space applies."""
        return self.pushdown.rest


def plan_view(on: Mask, *, pointers: bool = False, stacks: bool = False) -> Scan:
    """Plan the event view of some events, given as bool by event number; `pointers`: with the column `ip`."""
    scan = plan_scan(TRUE, (), VIEWED | {"ip"} if pointers else VIEWED)
    on = on & scan.on
    hooks = _hooks(on)
    if any(hook.root == "l_exit" for hook in hooks):
        hooks = (Hook("l_enter"), *hooks)
    return scan._replace(on=on, hooks=hooks, view=True, stacks=stacks, followed=frozenset(ParamType), start=True)


def plan_record(expr: Expr, snaplen: int, tested: Iterable[Field] = ()) -> Scan:
    """Plan a rewritten filter whose rows are kept: with all columns that can be recorded, and all that arguments point
    at; buffers only if some bytes of them are. The fields `tested` are needed, too."""
    shown = (Field("evt.args"), Field("thread.cgroups"), *tested)
    followed = (POINTERS | TEXTS) - (frozenset() if snaplen else BUFFERS)
    return plan_scan(expr, shown, RECORDED, traced=True)._replace(followed=followed)


def plan_scan(
    expr: Expr, shown: Iterable[Field], columns: frozenset[str] = frozenset(), traced: bool = False
) -> Scan:  # fmt: skip
    """Plan a rewritten filter whose rows show some fields and need some more physical columns (PHYSICAL); `traced`: all
    tracepoints that are known are meant, and not only those it names."""
    try:
        predicates, pushdown, test = _split(expr, careful=False)
    except TooBig:
        predicates, pushdown, test = _split(expr, careful=True)
    on = possible(expr, traced)
    used = (*shown, *fields(pushdown.rest))
    followed = frozenset[ParamType]().union(*(followed_types(field, on) for field in used))
    wanted = columns | frozenset(("time", "nr", "flags")).union(*map(physical, used))
    if followed:
        wanted |= {"seq", *POINTING}
    hooks = tuple(hook if followed else hook._replace(record=False) for hook in _hooks(on))
    timed = "latency" in wanted or any(leaf_accessor(leaf) == "latency" for leaf in leaves(expr))
    calls = any(hook.root == "l_exit" for hook in hooks)
    start = timed and calls
    names_files = "file" in wanted or bool(predicates.paths.known)
    return Scan(
        pushdown, predicates, test, on, hooks, Layout.of(tuple(name for name in PHYSICAL if name in wanted - {"num"})),
        followed, start, calls and names_files and _closes(on),
        any(column(field).climbs for field in used),
        frozenset(detail for field in used if (detail := column(field).detail)),
    )  # fmt: skip


def _split(expr: Expr, careful: bool) -> tuple[Predicates, Pushdown, Test]:
    """What the kernel decides of a filter; TooBig if its automata are too big, which `careful` avoids."""
    predicates = Predicates(event_numbers, of_process, careful)
    tests: dict[Compare, tuple[Test, bool] | None] = {}

    def accepts(leaf: Compare) -> bool | None:
        if leaf not in tests:
            tests[leaf] = predicates.test(leaf)
        found = tests[leaf]
        return None if found is None else found[1]

    def translate(leaf: Compare) -> Test:
        found = tests[leaf]
        assert found is not None
        return found[0]

    pushdown = push(expr, accepts)
    predicates.build()
    return predicates, pushdown, tests_of(pushdown.pushed, translate) if pushdown.parts else All(())


def _hooks(on: Mask) -> tuple[Hook, ...]:
    """The library programs that see some event that is on."""
    syscalls = np.delete(on, list(_PSEUDO)).any()
    roots = (["l_exit"] if syscalls else []) + [root for root, number in HOOKS.items() if on[number]]
    traced = (hook_of(TRACEPOINTS.start + int(place)) for place in np.flatnonzero(on[TRACED]))
    return (*map(Hook, roots), *(hook for hook in traced if hook is not None))


def _closes(on: Mask) -> bool:
    """Is a call among the events whose file is gone at its exit?"""
    return any(on[number] and event.fd_at_enter for number, event in CATALOGUE.items())


def event_numbers(leaf: Compare) -> Mask:
    """For which event numbers a comparison on the event type alone holds."""
    batch = _every_event()
    return evaluate(leaf, batch, Context(batch.state))


def of_process(leaf: Compare) -> bool:
    """Does a comparison depend on the process record alone?"""
    used = list(fields(leaf))
    return bool(used) and all(f.name in DERIVATIONS and physical(f) == {"proc"} for f in used)


def possible(expr: Expr, traced: bool = False) -> Mask:
    """The event numbers for which a filter may be true: what depends on the number alone is decided now. Of tracepoints
    those that it names, or all that are known (`traced`): of a recording nobody sees those that he does not name."""
    on = _bounds(expr)[0] & _exists()
    if traced:
        return on
    names = set(re.findall(r"[\w:]+", str(expr)))
    for number in np.flatnonzero(on[TRACED]) + TRACEPOINTS.start:  # those of other questions are not meant
        on[number] &= CATALOGUE[int(number)].name in names
    return on


def certain(expr: Expr) -> Mask:
    """The event numbers for which a filter is true, whatever else the event is."""
    return ~_bounds(expr)[1]


def followed_types(field: Field, on: Mask) -> frozenset[ParamType]:
    """The kinds of arguments whose targets a field reads of some events, given as bool by event number."""
    named = (argument_of(event, field.argument) for event in CATALOGUE.values()) if field.argument is not None else ()
    params = [param for param in named if param]
    if field.name in OF_ARGUMENT and any(param.place for param in params):
        return frozenset((ParamType.STRING,))
    if not (pointing(field) & on).any():
        return frozenset()
    if field.name in ("evt.args", "evt.info"):
        return POINTERS
    if field.name == "evt.arg":
        return (POINTERS | TEXTS) & {param.type for param in params}
    return BUFFERS if field.name == "evt.buffer" else frozenset((ParamType.PATH,))


def _exists() -> Mask:
    exists = np.zeros(EVENTS, np.bool_)
    exists[list(CATALOGUE)] = True
    exists[:512] = exists[1024:1536] = True  # a call newer than the catalogue is still an event
    return exists


def _bounds(expr: Expr) -> tuple[Mask, Mask]:
    """(may be true, may be false) by event number."""
    return bounds(expr, _every_event(), _of_event)


def _of_event(leaf: Compare) -> bool:
    """Does a comparison depend on the event number alone?"""
    return isinstance(leaf.left, Field) and leaf.left.name in FIELDS and FIELDS[leaf.left.name].of_event


def _every_event() -> Batch:
    return Batch({"nr": np.arange(EVENTS, dtype=np.uint16)}, Payloads.none(), State())


def leaf_accessor(leaf: Compare) -> str:
    """The kernel accessor of a comparison's field, or an empty string."""
    return FIELDS[leaf.left.name].kernel if isinstance(leaf.left, Field) and leaf.left.name in FIELDS else ""
