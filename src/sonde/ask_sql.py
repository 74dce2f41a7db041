"""A statement from a terminal: `sonde sql "SELECT ..."`, answered once at the end or again and again."""

from __future__ import annotations

import signal
import sys
import time

from sonde.ask import Output, Signals, die_of, left_out, raised, threads_of
from sonde.cli_options import Options
from sonde.engines.duckdb import Rows
from sonde.errors import UsageError
from sonde.render.histogram import histogram
from sonde.render.receipt import Status, receipt_json, receipt_text
from sonde.render.table import csv_rows, json_rows, table
from sonde.sources.live.command import Command
from sonde.sources.live.explain import explain_scan
from sonde.sql_query import SqlAnswer, plan_sql

__all__ = ["ask_sql", "explained"]


def explained(options: Options) -> str:
    """What of a statement would run in the kernel, what not, and why."""
    plan = plan_sql(_statement(options), options.every is not None)
    if plan.grouped is None:
        return f"groups              made here, of rows: {plan.why}\n{explain_scan(plan.scan)}"
    keys = ", ".join(map(str, plan.grouped.aggregate.keys)) or "none"
    measures = ", ".join(measure.column for measure in plan.grouped.aggregate.measures)
    lines = [f"groups              made in the kernel, by: {keys}", f"measures            {measures}"]
    scanned = [line for line in explain_scan(plan.scan).splitlines() if not line.startswith(("record", "payload"))]
    lines += [*scanned, f"above               DuckDB puts the groups together: {plan.statement.written}\n"]
    return "\n".join(lines)


def ask_sql(options: Options) -> int:
    """Answer until the end that the options, the command or Ctrl-C set; -> the exit status."""
    statement = _statement(options)
    with Output(options) as out:
        return _Run(options, statement, out).whole()


def _statement(options: Options) -> str:
    if len(options.arguments) != 1:
        raise UsageError(
            'sql takes one statement in quotes, as in sonde sql "SELECT proc.name, count(*) FROM events GROUP BY ALL"'
        )
    return options.arguments[0]


class _Run:
    """One statement being answered."""

    def __init__(self, options: Options, statement: str, out: Output) -> None:
        self.options, self.statement, self.out = options, statement, out
        self.ended_by = 0
        self.asked = False
        self.status: int | None = None
        self.command: Command | None = None
        self.header = True

    def whole(self) -> int:
        """Load, run, print; -> exit status."""
        options = self.options
        threads = [tid for pid in options.pids for tid in threads_of(pid)]
        follow = bool(options.command or options.pids)
        skip = left_out(options, self.out.fd)
        windows = options.every is not None
        self.answer = raised(lambda: SqlAnswer(self.statement, windows=windows, skip=skip, follow=follow))
        try:
            with Signals(self):
                complete = self._answer(threads)
            if self.command and self.status is None:
                self.status = self.command.wait()
            if options.exact and not complete:
                print("sonde: something was lost, and --exact was asked for", file=sys.stderr)
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
        answer, options = self.answer, self.options
        for tid in threads:
            answer.source.follow(tid)
        answer.source.start()
        began = time.monotonic()
        following = began + (options.every or 0)
        if options.command:
            command = Command(options.command)
            answer.source.follow(command.pid, from_exec=True)
            command.release()
            self.command = command
        while not self._over(began):
            answer.poll()
            if self.asked or (options.every and time.monotonic() >= following):
                following += 0 if self.asked else options.every or 0
                self.asked = False
                self._print(answer.table())
        answer.stop()
        self._print(answer.table())
        receipt = answer.receipt(time.monotonic() - began)
        sys.stderr.write(receipt_json(receipt) if self.json else receipt_text(receipt))
        return receipt.status is Status.EXACT

    @property
    def json(self) -> bool:
        """Whether objects are printed, a line each."""
        return self.options.json or self.options.shape == "json"

    def _over(self, began: float) -> bool:
        if self.command and self.status is None:
            self.status = self.command.poll()
        ended = self.options.seconds is not None and time.monotonic() - began >= self.options.seconds
        return self.ended_by != 0 or ended or (self.command is not None and self.status is not None)

    def _print(self, rows: Rows) -> None:
        if self.json:
            text = json_rows(rows.names, rows.rows)
        elif self.options.shape == "csv":
            text = csv_rows(rows.names, rows.rows, self.header)
        else:
            text = _shown(rows, self.answer) + ("\n" if self.options.every else "")
        self.header = False
        self.out.write(text.encode("utf-8", "surrogateescape"))


def _shown(rows: Rows, answer: SqlAnswer) -> str:
    """The answer for a person: a table, and each histogram of it below the row it belongs to."""
    drawn = [i for i, output in enumerate(answer.plan.statement.outputs) if output.histogram]
    plain = [i for i in range(len(rows.names)) if i not in drawn]
    if not drawn:
        return table(rows.names, rows.numeric, rows.rows)
    parts = []
    for row in rows.rows:
        named = ", ".join(f"{rows.names[i]} = {row[i]}" for i in plain)
        named = f": {named}" if named else ""
        parts += [f"{rows.names[i]}{named}\n{histogram(row[i])}" for i in drawn]
    return "\n".join(parts)
