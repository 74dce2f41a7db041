"""Statements understood: read by sqlglot and checked by DuckDB, or as that was kept of a tool, which takes neither."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from sonde import __version__
from sonde.catalog.events import FIELDS
from sonde.catalog.state import STATE
from sonde.errors import QueryError
from sonde.kept import kept
from sonde.plan.ops import BUCKETS, HISTOGRAMS, Aggregate, Measure, bucket_column
from sonde.plan.statement import TABLE, Grouped, Statement
from sonde.plan.stored import packed, unpacked
from sonde.sources.live.groups import measurable
from sonde.sources.live.tracepoints import named

if TYPE_CHECKING:
    from sonde.dialects.sql import Select
    from sonde.engines.duckdb import Database

__all__ = ["Opening", "Understood", "put_together", "understood"]

PACKAGE = Path(__file__).parent
# what a statement is understood by
ROOMS = ("catalog", "dialects", "plan", "sources/live")
LIBRARIES = ("sqlglot", "duckdb")
_NAMED = re.compile(r"""\b[Nn]ame (\w+)|["']([\w.]+)""")  # what DuckDB's errors are about


class Understood(NamedTuple):
    """A statement, and over groups instead of rows or why that cannot be. `checked`: DuckDB understands it."""

    statement: Statement
    grouped: Grouped | str
    checked: bool


def understood(text: str, tool: str = "") -> Understood:
    """Read a SELECT; of a `tool` by what was kept, as long as that is true of it. QueryError says what is wrong.

    What a statement over tracepoints means depends on the kernel: it is read each time.
    """
    if not tool or named(text):
        return _understood(text)
    return kept(f"tool-{tool}", _key(text), lambda: _checked(text), _kept)


class Opening:
    """A database that understands a statement, opened beside other work from `begin` on; `error`: why not."""

    def __init__(self, statement: Statement, check: bool) -> None:
        self._statement, self._check = statement, check
        self._thread = Thread(target=self._open)
        self._database: Database | None = None
        self.error: Exception | None = None

    def begin(self) -> None:
        """Open it, if that has not begun yet."""
        if self._thread.ident is None:
            self._thread.start()

    def database(self) -> Database:
        """Wait for it. QueryError if it was to be checked and DuckDB does not understand the statement."""
        self.begin()
        self._thread.join()
        if self.error is not None:
            raise self.error
        assert self._database is not None
        return self._database

    def close(self) -> None:
        """Free it."""
        if self._thread.ident is not None:
            self._thread.join()
        if self._database is not None:
            self._database.close()

    def _open(self) -> None:
        try:
            self._database = _opened(self._statement)
            if self._check:
                _check(self._database, self._statement)
        except Exception as error:  # for who waits
            self.error = error


def put_together(aggregate: Aggregate) -> str:
    """DuckDB's text that makes one of groups with the same keys: columns as `Grouped.text` expects them."""
    keys = [_quoted(str(field)) for field in aggregate.keys]
    columns = [*keys]
    for measure in aggregate.with_counts():
        name = _quoted(measure.column)
        if measure.kind in HISTOGRAMS:
            buckets = (_quoted(bucket_column(measure, i)) for i in range(BUCKETS))
            columns += (f"sum({bucket})::BIGINT AS {bucket}" for bucket in buckets)
        elif measure.kind in ("min", "max"):
            some = _quoted(Measure("count", measure.field).column)
            columns.append(f"coalesce({measure.kind}({name}) FILTER ({some} > 0), 0) AS {name}")
        else:
            columns.append(f"sum({name})::BIGINT AS {name}")
    return f"SELECT {', '.join(columns)} FROM {TABLE}" + (f" GROUP BY {', '.join(keys)}" if keys else "")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _understood(text: str) -> Understood:
    from sonde.dialects.sql import parse_sql
    from sonde.dialects.sql_groups import grouped

    select = parse_sql(text)
    found = _beyond(select) or grouped(select, measurable)
    return Understood(select.statement, found, False)


def _beyond(select: Select) -> str:
    """Why no source can make the groups of a statement over such tables, "" if some can."""
    if select.views:
        return f"{', '.join(view.name for view in select.views)}: each row is made of several events"
    return "tables of state are joined here" if select.states else ""


def _checked(text: str) -> Any:
    """What is kept of a tool."""
    statement, found, _ = _understood(text)
    database = _opened(statement)
    try:
        _check(database, statement)
    finally:
        database.close()
    return packed((statement, found))


def _kept(data: Any) -> Understood:
    statement, found = unpacked(data)
    if not isinstance(statement, Statement) or not isinstance(found, Grouped | str):
        raise ValueError("something else")
    return Understood(statement, found, True)


def _opened(statement: Statement) -> Database:
    """A database with the tables of a statement."""
    from sonde.engines.duckdb import Database

    events = {} if statement.still else {TABLE: {str(field): FIELDS[field.name].type for field in statement.fields}}
    states = {name: {column.name: column.type for column in STATE[name].columns} for name in statement.states}
    return Database(events | states)


def _check(database: Database, statement: Statement) -> None:
    """QueryError, with the place, if DuckDB does not understand the statement."""
    try:
        database.run(statement.text)
    except QueryError as error:
        written = statement.written
        names = (next(filter(None, match.groups())) for match in _NAMED.finditer(error.message))
        places = ((written.lower().find(name.lower()), len(name)) for name in names)
        at, length = next((place for place in places if place[0] >= 0), (0, 0))
        raise QueryError(error.message, written, at, length) from None


def _key(text: str) -> str:
    """What is kept of a statement is true as long as this is the same: its text, and what it was understood by."""
    digest = hashlib.sha256(f"{__version__}\n{text}".encode())
    for path in _sources():
        about = path.stat()
        digest.update(f"{path} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:24]


def _sources() -> Iterator[Path]:
    """The files of ROOMS, and of each library one that every version brings anew."""
    yield Path(__file__)
    for room in ROOMS:
        for folder, _, names in os.walk(PACKAGE / room):
            yield from (Path(folder, name) for name in sorted(names) if name.endswith(".py"))
    for library in LIBRARIES:
        found = find_spec(library)
        if found is not None and found.origin:
            yield Path(found.origin)
