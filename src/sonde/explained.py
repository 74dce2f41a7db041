"""`--explain` and `--analyze`: what of a question runs in the kernel, what not and why, and what it costs there."""

from __future__ import annotations

import os
import re
import time

from sonde import ask
from sonde.ask_sql import asked
from sonde.cli_options import Options
from sonde.errors import UsageError
from sonde.query import Answer
from sonde.sources.live.events import LiveEvents, keep_statistics
from sonde.sources.live.explain import explain_scan
from sonde.sql_query import SqlAnswer, SqlPlan

__all__ = ["explained"]

NAMES = 20  # columns of what a line is about
USUAL = 1.0  # s that --analyze takes


def explained(options: Options) -> str:
    """The plan of the command line; with --analyze it is run, and its rates and costs follow."""
    plan = asked(options, os.isatty(1)).plan if options.verb else None
    text = _aligned(ask.explained(options) if plan is None else _of_statement(plan))
    if not options.analyze:
        return text
    if plan is not None and plan.statement.still:
        raise UsageError("--analyze measures programs in the kernel, and this needs none")
    answer = ask.raised(lambda: _loaded(options, plan))
    try:
        assert isinstance(answer.source, LiveEvents)
        return text + _aligned(_analyzed(answer.source, options.seconds or USUAL))
    finally:
        answer.close()


def _loaded(options: Options, plan: SqlPlan | None) -> Answer | SqlAnswer:
    return Answer(ask.question_of(options)) if plan is None else SqlAnswer(plan, skip=(os.getpid(),))


def _aligned(text: str) -> str:
    """Lines of a name and a text, in columns."""
    pairs = (re.split(r" {2,}", line, maxsplit=1) for line in text.splitlines())
    return "".join(f"{name:<{NAMES}}{rest[0] if rest else ''}".rstrip() + "\n" for name, *rest in pairs)


def _of_statement(plan: SqlPlan) -> str:
    if plan.statement.still:
        states = ", ".join(plan.statement.states)
        how = "as they were recorded last, rolled forward" if plan.past else "read from /proc when the answer is made"
        return f"tables              {states}: {how}; nothing runs in the kernel\n"
    if plan.grouped is None:
        return f"groups              made here, of rows: {plan.why}\n{explain_scan(plan.scan)}"
    keys = ", ".join(map(str, plan.grouped.aggregate.keys)) or "none"
    measures = ", ".join(measure.column for measure in plan.grouped.aggregate.measures)
    lines = [f"groups              made in the kernel, by: {keys}", f"measures            {measures}"]
    lines += [line for line in explain_scan(plan.scan).splitlines() if not line.startswith(("record", "payload"))]
    written = " ".join(plan.statement.written.split())
    return "\n".join([*lines, f"above               DuckDB puts the groups together: {written}\n"])


def _analyzed(source: LiveEvents, seconds: float) -> str:
    """Run it, its programs timed by the kernel; rows are counted and thrown away."""
    statistics = keep_statistics()
    try:
        source.start()
        began, cpu, rows = time.monotonic(), time.process_time(), 0
        while time.monotonic() - began < seconds:
            rows += len(source.poll() or ())
        rows += len(source.stop() or ())
        elapsed, cpu = time.monotonic() - began, time.process_time() - cpu
        counters, costs = source.counters(), source.costs()
    finally:
        os.close(statistics)
    lines = [f"rates               {counters.seen / elapsed:,.0f} seen, {counters.matched / elapsed:,.0f} matched and "
             f"{rows / elapsed:,.0f} rows a second, {counters.lost:,} lost in {elapsed:.1f} s"]  # fmt: skip
    for name, cost in costs.items():
        if cost.runs:
            each = cost.ns / cost.runs
            lines.append(f"program             {name}: {cost.runs / elapsed:,.0f} runs a second, {each:,.0f} ns each, "
                         f"{cost.verified:,} instructions verified")  # fmt: skip
    sizes = ", ".join(f"{name} {size / 1024:,.0f} KiB" for name, size in source.tables().items())
    own = f"{100 * cpu / elapsed:.1f}% of a core to read them, without making lines or tables"
    return "\n".join([*lines, f"tables              {sizes}", f"here                {own}\n"])
