"""What `--explain` prints of a live question: where each part of it runs, and why."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sonde.catalog.events import FIELDS
from sonde.catalog.lookup import NAMES
from sonde.kernel.codegen import order_tests
from sonde.kernel.predicates import All, Any, Inverse, PathBit, Test, TextBit
from sonde.plan.expr import TRUE, Compare, Field, leaves
from sonde.plan.pushdown import Part
from sonde.sources.live.scan import Scan

__all__ = ["explain_scan"]

HOOKS = {"l_enter": "sys_enter", "l_exit": "sys_exit", "l_procexit": "sched_process_exit", "l_signal": "signal_deliver"}
NAMED = 8  # event names listed before "..."


def explain_scan(scan: Scan) -> str:
    """One line a fact, aligned; ends with a newline."""
    rows = [("filter", "everything matches: no filter")] if not scan.pushdown.parts else []
    rows += [(_where(part), f"{part.conjunct}{_why(part)}") for part in scan.pushdown.parts]
    rows.append(("events", _events(scan)))
    rows += list(_programs(scan))
    columns = ", ".join(scan.layout.columns)
    rows.append(("record", f"{scan.layout.dtype.itemsize} bytes an event: {columns}"))
    if any(hook.record for hook in scan.hooks):
        rows.append(("payload", "the tracepoint's record, for what is no number of 32 or 64 bits or one too many"))
    if scan.followed and any(scan.payloads(hook) == "payloads" for hook in scan.hooks):
        kinds = ", ".join(sorted(scan.followed))
        rows.append(("payload", f"a record of its own for each {kinds} argument"))
    width = max(len(name) for name, _ in rows)
    return "".join(f"{name:<{width}}  {text}\n" for name, text in rows)


def _where(part: Part) -> str:
    if part.exact:
        return "kernel"
    return "user space" if part.pushed == TRUE else "kernel, then again"


def _why(part: Part) -> str:
    if part.exact:
        return ""
    if part.pushed != TRUE:
        return f"\n{'':20}kernel: {part.pushed}\n{'':20}again above: rows that the kernel cannot decide are delivered"
    names = {leaf.left.name for leaf in leaves(part.conjunct) if isinstance(leaf.left, Field)}
    missing = sorted(name for name in names if name in FIELDS and not FIELDS[name].kernel and not FIELDS[name].of_event)
    if missing:
        return f"\n{'':20}the kernel does not have {', '.join(missing)}"
    return f"\n{'':20}the kernel does not have {_operators(part)} on these values"


def _operators(part: Part) -> str:
    return ", ".join(sorted({leaf.operator for leaf in leaves(part.conjunct) if isinstance(leaf, Compare)}))


def _events(scan: Scan) -> str:
    numbers = np.flatnonzero(scan.on)
    if len(numbers) > 400:
        return "all"
    names = list(dict.fromkeys(name for number in numbers.tolist() if (name := NAMES[number])))
    more = f", ... ({len(names)})" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more or "none: nothing can match"


def _programs(scan: Scan) -> Iterator[tuple[str, str]]:
    tests = list(_leaves(order_tests(scan.test)))
    for hook in scan.hooks:
        order = " > ".join(map(_short, tests))
        name = NAMES[hook.number] if hook.tracepoint else HOOKS[hook.root]
        yield "attached", name + (f", tests in this order: {order}" if order else "")
    if scan.start:
        yield "attached", "sys_enter, for the latency"
    elif scan.closes:
        yield "attached", "sys_enter_close, for the files of calls that close them"
        yield "", "sys_enter instead where tracefs is out of reach or a 32-bit program runs"
    if scan.ancestors:
        yield "attached", "sched_process_exec, so that ancestors are known by what they have become"
    if scan.predicates.verdicts:
        listed = "; ".join(map(str, scan.predicates.verdicts))
        yield "verdicts", f"decided once for each process in user space, looked up in the kernel: {listed}"
    if scan.predicates.paths.predicates:
        yield "automaton", f"{len(scan.predicates.paths.known)} path predicates, decided once for each path component"


def _leaves(test: Test) -> Iterator[Test]:
    if isinstance(test, All | Any):
        for item in test.items:
            yield from _leaves(item)
    elif isinstance(test, Inverse):
        yield from _leaves(test.item)
    else:
        yield test


def _short(test: Test) -> str:
    accessor = getattr(test, "accessor", "")
    if isinstance(test, PathBit | TextBit):
        return f"{accessor or 'path'} automaton"
    return str(accessor) or type(test).__name__.lower()
