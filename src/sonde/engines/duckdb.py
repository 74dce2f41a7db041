"""The one door to DuckDB: statements over columns, whatever of a question no source has answered already."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import duckdb
import numpy as np

from sonde.catalog.types import Kind, Type
from sonde.engines.columns import Column, Columns, Rows
from sonde.errors import QueryError, SondeError

__all__ = ["Archive", "Database"]

_SQL_TYPES = {Kind.INT: "BIGINT", Kind.BOOL: "BOOLEAN", Kind.STR: "VARCHAR", Kind.BYTES: "VARCHAR"}
# the beginning (ns since the epoch) of the window that a time is in, windows of one length beginning with the epoch
_TUMBLE = "CREATE MACRO tumble(moment, width) AS moment - moment % CAST(epoch(width) * 1000000000 AS BIGINT)"
_FLOATS = ("DOUBLE", "FLOAT", "DECIMAL")


class Database:
    """A DuckDB that lives as long as a question: opening one takes longer than most statements.

    Its tables are empty and have columns of these types until a statement is run over others.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, Type]]) -> None:
        self._connection = duckdb.connect()
        self._connection.execute(_TUMBLE)
        for table, types in tables.items():
            columns = ", ".join(f"{_identifier(name)} {_SQL_TYPES[of.kind]}" for name, of in types.items())
            self._connection.execute(f"CREATE TABLE {_identifier(table)} ({columns or 'nothing INTEGER'})")

    def run(self, text: str, tables: Mapping[str, Columns] | None = None, elapsed: int = 0) -> Rows:
        """Run one SELECT, over these columns of its tables; elapsed() in it are the ns that it is about. QueryError
        with DuckDB's reason, and no text, if it does not understand it."""
        self._connection.execute(f"CREATE OR REPLACE MACRO elapsed() AS {max(1, elapsed)}")
        with self._over(tables or {}):
            try:
                relation = self._connection.sql(text)
                types = [str(kind) for kind in relation.types]
                numeric = tuple(kind.endswith(("INT", "INTEGER")) or kind.startswith(_FLOATS) for kind in types)
                return Rows(tuple(relation.columns), numeric, relation.fetchall())
            except duckdb.Error as error:
                reason = str(error).splitlines()[0]
                raise QueryError(f"DuckDB: {reason.partition(': ')[2] or reason}") from None

    def keep(self, text: str, tables: Mapping[str, Columns]) -> Columns:
        """Some rows of a table, by a SELECT of its columns."""
        with self._over(tables):
            found: Columns = self._connection.sql(text).fetchnumpy()
        return {name: _objects(values) for name, values in found.items()}

    def close(self) -> None:
        """Free it."""
        self._connection.close()

    @contextmanager
    def _over(self, tables: Mapping[str, Columns]) -> Iterator[None]:
        """The tables have these columns meanwhile."""
        for name, columns in tables.items():
            self._connection.register(name, columns)
        try:
            yield
        finally:
            for name in tables:
                self._connection.unregister(name)


class Archive:
    """Rows that are gathered, on the disk, until they are written as one file. Close it."""

    def __init__(self, types: Mapping[str, Type]) -> None:
        self._place = TemporaryDirectory(prefix="sonde-")
        self._connection = duckdb.connect(f"{self._place.name}/rows")
        columns = ", ".join(f"{_identifier(name)} {_SQL_TYPES[of.kind]}" for name, of in types.items())
        self._connection.execute(f"CREATE TABLE rows ({columns})")

    def add(self, columns: Columns) -> None:
        """Add rows with all columns."""
        self._connection.register("more", columns)
        self._connection.execute(f"INSERT INTO rows SELECT {', '.join(map(_identifier, columns))} FROM more")
        self._connection.unregister("more")

    def write(self, path: str, form: str) -> None:
        """Write them as `parquet` or `csv`. SondeError if that fails."""
        options = "FORMAT parquet, COMPRESSION zstd" if form == "parquet" else "FORMAT csv, HEADER"
        quoted = path.replace("'", "''")
        try:
            self._connection.execute(f"COPY rows TO '{quoted}' ({options})")
        except duckdb.Error as error:
            raise SondeError(f"cannot write {path}: {_cause(error)}") from None

    def close(self) -> None:
        """Free it."""
        self._connection.close()
        self._place.cleanup()


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _objects(values: Column) -> Column:
    """A column as `column_of` makes it: missing texts are None."""
    if values.dtype != object:
        return values
    plain: Column = np.ma.getdata(values).copy()
    plain[np.ma.getmaskarray(values)] = None
    return plain


def _cause(error: duckdb.Error) -> str:
    """What the system said, if duckdb tells it, else what duckdb says."""
    number = re.search(r'"errno":"([0-9]+)"', str(error))
    return os.strerror(int(number[1])) if number else str(error).splitlines()[0]
