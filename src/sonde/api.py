"""sonde from Python: `sonde.sql("SELECT ...")` gives a Result, `sonde.live("proc.name=nginx")` Batches as they come."""

from __future__ import annotations

import html
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sonde.dialects.format import Shown, parse_format
from sonde.engines.columns import Column, Columns, columns_of
from sonde.engines.context import Context
from sonde.plan.batch import Batch
from sonde.plan.expr import Field
from sonde.query import Answer, Question, adopt, launch, recorded, state_as_of
from sonde.render.receipt import Receipt, receipt_text
from sonde.render.table import Tables
from sonde.sql_query import SqlAnswer, plan_sql

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["LiveBatch", "Result", "live", "read", "sql"]


@dataclass(frozen=True)
class Result:
    """The answer of a statement: `names` of its columns, `rows` of Python values, and the `receipt`."""

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    receipt: Receipt
    _numeric: tuple[bool, ...]
    _shapes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.rows)

    def __str__(self) -> str:
        return Tables(self._shapes).whole(self.names, self._numeric, self.rows) + receipt_text(self.receipt)

    def to_pandas(self) -> pd.DataFrame:
        """A pandas DataFrame; ImportError without pandas."""
        import pandas as pd

        return pd.DataFrame.from_records(self.rows, columns=list(self.names))

    def to_polars(self) -> pl.DataFrame:
        """A polars DataFrame; ImportError without polars."""
        import polars as pl

        return pl.DataFrame(self.rows, schema=list(self.names), orient="row", infer_schema_length=None)

    def to_arrow(self) -> pa.Table:
        """An Arrow table; ImportError without pyarrow."""
        import pyarrow as pa

        columns = list(zip(*self.rows, strict=True)) or [()] * len(self.names)
        return pa.table(dict(zip(self.names, map(list, columns), strict=True)))

    def _repr_html_(self) -> str:
        """A table in a notebook."""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.names)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in row) + "</tr>" for row in self.rows
        )
        told = html.escape(receipt_text(self.receipt))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><small>{told}</small>"


@dataclass(frozen=True)
class LiveBatch:
    """Some rows of a live question: `batch` is their physical columns; a field by name is a numpy array."""

    batch: Batch
    _context: Context

    def __len__(self) -> int:
        return len(self.batch)

    def __getitem__(self, field: str) -> Column:
        """The field's values: masked numbers, or texts as objects (None where missing). QueryError for no field."""
        found = _fields([field])[0]
        return columns_of(self.batch, (found,), self._context)[str(found)]

    def columns(self, *fields: str) -> Columns:
        """Several fields by name."""
        return {field: self[field] for field in fields}


def sql(text: str, *, seconds: float = 5.0, command: Sequence[str] = (), read: str | None = None) -> Result:
    """Answer a SELECT about the next `seconds`, about a command from its first instruction to its end, or about what
    was recorded: `read` names a recording, a file of sysdig or a log of strace.

    QueryError says what is wrong with the statement, KernelError what this kernel or user lacks, UsageError what cannot
    be read.
    """
    answer = _of_the_past(text, read) if read else SqlAnswer(plan_sql(text), skip=(os.getpid(),), follow=bool(command))
    try:
        began = time.monotonic()
        _run(answer, command, None if read else began + seconds)
        rows = answer.table()
        receipt = answer.receipt(time.monotonic() - began)
    finally:
        answer.close()
    shapes = tuple(output.shape for output in answer.plan.statement.outputs)
    if rows is None:
        return Result(tuple(o.name for o in answer.plan.statement.outputs), [], receipt, (False,) * len(shapes), shapes)
    return Result(rows.names, rows.rows, receipt, rows.numeric, shapes)


def live(filter: str = "", *, fields: Sequence[str] = (), seconds: float | None = None) -> Iterator[LiveBatch]:
    """Rows that match a filter, in batches as they come, until `seconds` are over or the iterator is closed.

    `fields` are those that will be asked for: the kernel sends what they need.
    """
    question = Question(filter, " ".join(f"%{field}" for field in fields) or "%evt.num", json=True, skip=(os.getpid(),))
    answer = Answer(question)
    try:
        answer.source.start()
        end = None if seconds is None else time.monotonic() + seconds
        while end is None or time.monotonic() < end:
            batch = answer.rows(answer.source.poll())
            if batch is not None:
                yield LiveBatch(batch, Context(batch.state))
        if (batch := answer.rows(answer.source.stop())) is not None:
            yield LiveBatch(batch, Context(batch.state))
    finally:
        answer.close()


def read(path: str, filter: str = "", *, fields: Sequence[str] = ()) -> Iterator[LiveBatch]:
    """Rows of a recording, a file of sysdig or a log of strace that match a filter, in batches. UsageError if it cannot
    be read."""
    adopt(path)
    question = Question(filter, " ".join(f"%{field}" for field in fields) or "%evt.num", json=True)
    answer = Answer(question, recorded(path))
    try:
        while not answer.done:
            if (batch := answer.rows(answer.source.poll())) is not None:
                yield LiveBatch(batch, Context(batch.state))
    finally:
        answer.close()


def _of_the_past(text: str, path: str) -> SqlAnswer:
    adopt(path)
    plan = plan_sql(text, past=True)
    as_of = state_as_of(path, None) if plan.statement.states else None
    return SqlAnswer(plan, source=recorded(path), as_of=as_of)


def _run(answer: SqlAnswer, words: Sequence[str], end: float | None) -> None:
    answer.start()
    if words:
        command = launch(answer.source, words)
        command.release()
        while command.poll() is None:
            answer.poll()
    else:
        while not answer.done and (end is None or time.monotonic() < end):
            answer.poll()
    answer.stop()


def _fields(names: Sequence[str]) -> list[Field]:
    items = parse_format(" ".join(f"%{name}" for name in names)).items
    return [item.value for item in items if isinstance(item, Shown) and isinstance(item.value, Field)]
