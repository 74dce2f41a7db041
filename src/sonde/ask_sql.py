"""A statement or a tool from a terminal: `sonde sql "SELECT ..."`, `sonde topscalls`, answered once or every second."""

from __future__ import annotations

import os
import signal
import sys
import time
from functools import partial
from typing import NamedTuple

from sonde.ask import Output, Run, Signals, die_of, left_out, somewhere, threads_of, within
from sonde.catalog.families import FAMILIES
from sonde.catalog.state import STATE
from sonde.cli_options import Options
from sonde.dialects.state import shorthand
from sonde.dialects.tool import Tool
from sonde.engines.columns import Rows
from sonde.errors import UsageError
from sonde.query import Open, is_recording, state_as_of
from sonde.render import colour
from sonde.render.receipt import Status, receipt_json, receipt_text
from sonde.render.spectrogram import scale, slice_line
from sonde.render.table import Tables, csv_rows, json_rows
from sonde.sources.live.command import Command
from sonde.sql_query import SqlAnswer, SqlPlan, plan_sql
from sonde.stat import stat_of, usage_text
from sonde.toolbox import open_tool

__all__ = ["Asked", "ask_sql", "asked"]

SQL, STAT, SPECTROGRAM = "sql", "stat", "spectrogram"
ANEW = "\x1b[H\x1b[J"  # a terminal's cursor to the top, and nothing below


class Asked(NamedTuple):
    """What a command line asks: a plan, and every how many seconds (None: once, at the end)."""

    plan: SqlPlan
    every: float | None
    shape: str = ""  # of the whole answer, beside its columns'
    expected: tuple[str, ...] = ()  # what the last column shows even if it never came


def ask_sql(options: Options) -> int:
    """Answer until the end that the options, the command or Ctrl-C set; -> the exit status."""
    with Output(options) as out:
        return _Run(options, asked(options, os.isatty(out.fd)), out).whole()


def asked(options: Options, terminal: bool) -> Asked:
    """What a verb with its words asks; UsageError or QueryError if nothing."""
    if options.verb == SQL:
        if len(options.arguments) != 1:
            example = 'sonde sql "SELECT proc.name, count(*) FROM events GROUP BY ALL"'
            raise UsageError(f"sql takes one statement in quotes, as in {example}")
        return Asked(_planned(options, options.arguments[0], options.every is not None), options.every)
    if options.verb == STAT:
        stat = stat_of(options.arguments)
        plan = _planned(options, stat.statement, options.every is not None, stat.filters)
        return Asked(plan, options.every, STAT, stat.expected)
    if options.verb in STATE:
        return Asked(
            _planned(options, shorthand(options.verb, options.arguments), options.every is not None), options.every
        )
    tool = open_tool(options.verb)
    use = tool.use(options.arguments)
    now = terminal and options.seconds is None and options.read is None
    every = options.every or (_seconds(tool) if now else None)
    filters = (*use.filters, *filter(None, (" ".join(use.rest), options.filter_words)))
    shape = tool.settings.get("shape", "")
    if shape == SPECTROGRAM and every is None:
        every = _seconds(tool)
    return Asked(_planned(options, use.statement, every is not None, filters, tool.name), every, shape)


def _planned(
    options: Options, text: str, windows: bool, filters: tuple[str, ...] = (), tool: str = ""
) -> SqlPlan:  # fmt: skip
    """A statement about what the options say."""
    past = options.read is not None
    plan = plan_sql(text, windows, (*filters, *within(options)), tool, past)
    if past and plan.statement.states and not is_recording(options.read or ""):
        raise UsageError(
            f"{', '.join(plan.statement.states)}: only recordings of sonde know what there was; leave -r out"
        )
    if options.as_of is not None and not (past and plan.statement.states):
        raise UsageError(
            "--as-of is about tables of state in a recording, as in sonde files -r shop.sonde --as-of 14:03"
        )
    if plan.statement.still and (options.since or options.until):
        raise UsageError("--since and --until are about events; --as-of says of which time a table of state is")
    return plan


def _seconds(tool: Tool) -> float | None:
    """How often a tool shows its table anew on a terminal."""
    text = tool.settings.get("every", "")
    return float(text.removesuffix("ms")) / 1000 if text.endswith("ms") else float(text.rstrip("s")) if text else None


class _Run(Run):
    """One statement being answered."""

    def __init__(self, options: Options, asked: Asked, out: Output) -> None:
        super().__init__(options, out.fd)
        self.out = out
        self.plan, self.every, self.shape, self.expected = asked
        self.header = True
        drawn_over = self.every and os.isatty(out.fd) and not (self.plan.statement.streams or self.shape)
        self.anew = ANEW if drawn_over else ""
        outputs = self.plan.statement.outputs
        self.linear = outputs[0].width > 0
        self.tables = Tables([o.shape for o in outputs], [o.width for o in outputs])

    def whole(self) -> int:
        """Load, run, print; -> exit status."""
        options = self.options
        threads = [tid for pid in options.pids for tid in threads_of(pid)]
        follow = bool(options.command or options.pids)
        skip = left_out(options, self.out.fd)
        windows = self.every is not None

        def elsewhere(source: Open) -> SqlAnswer:
            plan = self.plan if self.plan.past else self.plan.of_rows("they come from strace")
            as_of = state_as_of(options.read, options.as_of) if options.read and plan.statement.states else None
            return SqlAnswer(plan, windows=windows, source=source, every=self.every, as_of=as_of)

        live = partial(SqlAnswer, self.plan, windows=windows, skip=skip, follow=follow)
        self.answer = somewhere(options, live, elsewhere)
        try:
            with Signals(self):
                complete = self._answer(threads)
                if self.command and self.status is None:
                    self.status = self.command.wait()
            if self.refused(complete):
                return 1
            if self.status is not None and self.status < 0:
                die_of(-self.status)
            return self.status or 0
        except BrokenPipeError:
            return self.status or 0
        finally:
            self.answer.close()

    def pass_on(self, number: int) -> None:
        """A signal came: the command gets it, but for Ctrl-C, which reaches it anyway."""
        if self.command and number != signal.SIGINT and self.status is None:
            self.command.kill(number)

    def _answer(self, threads: list[int]) -> bool:
        answer = self.answer
        self.begin(answer.source, threads, answer.start)
        following = self.began + (self.every or 0)
        while not self.over(answer.done):
            answer.poll()
            now = time.monotonic()
            due = answer.ripe if self.plan.past else self.every and now >= following
            if self.asked or due or self.plan.statement.streams:
                following += (self.every or 0) * (now >= following)
                self.asked = False
                self._print(answer.table())
        answer.stop()
        self._print(answer.table())
        if self.shape == SPECTROGRAM and not self.json:
            self.out.write(scale(self.linear).encode())
        if self.shape == STAT and isinstance(self.command, Command) and self.command.usage and not self.json:
            self.out.write(usage_text(time.monotonic() - self.began, self.command.usage).encode())
        receipt = answer.receipt(self.elapsed, self.unread(answer.done))
        sys.stderr.write(receipt_json(receipt) if self.json else receipt_text(receipt))
        return receipt.status is Status.EXACT

    @property
    def json(self) -> bool:
        """Whether objects are printed, a line each."""
        return self.options.json or self.options.shape == "json"

    def _print(self, rows: Rows | None) -> None:
        if rows is None:
            return
        self.progress.hide()
        if self.expected:
            came = {row[-1] for row in rows.rows}
            rows.rows.extend((0, name) for name in self.expected if name not in came and not _members(name) & came)
        if self.json:
            text = json_rows(rows.names, rows.rows)
        elif self.options.shape == "csv":
            text = csv_rows(rows.names, rows.rows, self.header)
        elif self.shape == SPECTROGRAM:
            coloured = colour.wanted(self.out.fd)
            text = "".join(slice_line(row[0], self.every or 1.0, coloured, self.linear) for row in rows.rows)
        elif self.plan.statement.streams:
            text = self.tables.more(rows.names, rows.numeric, rows.rows)
        else:
            text = self.anew + self.tables.whole(rows.names, rows.numeric, rows.rows) + ("\n" if self.every else "")
        self.header = False
        self.out.write(text.encode("utf-8", "surrogateescape"))


def _members(name: str) -> set[str]:
    """The events of a family."""
    return set(FAMILIES.get(name, ()))
