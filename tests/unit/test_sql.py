"""SQL: what of it becomes a filter, what groups are made of it, and what is wrong with it."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonde.dialects.sql import parse_sql
from sonde.dialects.sql_groups import grouped
from sonde.errors import QueryError
from sonde.plan.expr import And, Expr, Field, Literal, Not, Or
from sonde.plan.rewrites import rewrite
from sonde.plan.statement import Grouped

MEASURED = ("evt.latency", "evt.rawres", "evt.buflen")
GOLDEN = Path(__file__).parents[1] / "golden"


def measurable(field: Field) -> bool:
    """The numbers that the kernel can measure."""
    return field.name in MEASURED


@pytest.mark.parametrize(
    ("condition", "filter", "left"),
    [
        ("proc.name = 'a'", "proc.name = a", ""),
        ("'a' = proc.name", "proc.name = a", ""),
        ("5 < proc.pid", "proc.pid > 5", ""),
        ("NOT (proc.name = 'a' OR evt.failed)", "proc.name != a and evt.failed = false", ""),
        ("evt.failed", "evt.failed = true", ""),
        ("NOT evt.failed", "evt.failed = false", ""),
        ("proc.name IS NULL", "not (proc.name exists)", ""),
        ("proc.name IS NOT NULL", "proc.name exists", ""),
        ("proc.pid IN (1, 2)", "proc.pid = 1 or proc.pid = 2", ""),
        ("proc.pid NOT IN (1, 2)", "proc.pid != 1 and proc.pid != 2", ""),
        ("proc.pid BETWEEN 3 AND 5", "proc.pid >= 3 and proc.pid <= 5", ""),
        ("fd.name LIKE '/etc/%'", "fd.name startswith '/etc/'", ""),
        ("fd.name NOT LIKE '%.so'", "fd.name exists and not (fd.name endswith '.so')", ""),
        ("fd.name LIKE '%cache%'", "fd.name contains cache", ""),
        ("fd.name LIKE 'a_b'", "true", "\"fd.name\" LIKE 'a_b'"),
        ("starts_with(fd.name, '/x')", "fd.name startswith '/x'", ""),
        ("fd.net = '10.0.0.0/8'", "fd.cnet = '10.0.0.0/8' or fd.snet = '10.0.0.0/8'", ""),
        ("evt.type = 'open'", "evt.type glob open", ""),
        ("evt.type <> 'open'", "not (evt.type glob open)", ""),
        ("syscall.type = 'open'", "syscall.type glob open", ""),
        ("length(proc.name) > 2 AND proc.pid = 1", "proc.pid = 1", 'LENGTH("proc.name") > 2'),
        ("evt.latency > 1e6", "evt.latency > 1000000", ""),
        ("evt.latency > 1.5", "true", '"evt.latency" > 1.5'),
        ("proc.pid = -1", "proc.pid = -1", ""),
        ("proc.name = proc.pname", "true", '"proc.name" = "proc.pname"'),
        ("proc.aname[2] = 'sh'", "proc.aname[2] = sh", ""),
    ],
)  # fmt: skip
def test_where(condition: str, filter: str, left: str) -> None:  # noqa: A002
    statement = parse_sql(f"SELECT proc.pid FROM events WHERE {condition}")
    assert str(rewrite(statement.where)) == filter
    assert statement.text.partition(" WHERE ")[2] == left


@pytest.mark.parametrize(
    ("select", "merged"),
    [
        ("count(*)", 'CAST(COALESCE(SUM("count(*)"), 0) AS BIGINT)'),
        ("sum(evt.latency)", 'SUM("sum(evt.latency)") FILTER(WHERE "count(evt.latency)" > 0)'),
        ("max(evt.rawres)", 'MAX("max(evt.rawres)") FILTER(WHERE "count(evt.rawres)" > 0)'),
        ("count(evt.buflen)", 'CAST(COALESCE(SUM("count(evt.buflen)"), 0) AS BIGINT)'),
        ("count(proc.name)", 'CAST(COALESCE(SUM("count(*)") FILTER(WHERE NOT "proc.name" IS NULL), 0) AS BIGINT)'),
        ("count(DISTINCT proc.name)", 'COUNT(DISTINCT "proc.name")'),
        ("count(*) FILTER (WHERE evt.is_io)", 'CAST(COALESCE(SUM("count(*)") FILTER(WHERE "evt.is_io"), 0) AS BIGINT)'),
        ("min(proc.pid)", 'MIN("proc.pid")'),
        ("sum(proc.pid)", 'SUM(("proc.pid") * "count(*)") FILTER(WHERE NOT "proc.pid" IS NULL)'),
    ],
)  # fmt: skip
def test_aggregates_of_groups(select: str, merged: str) -> None:
    found = grouped(parse_sql(f"SELECT {select} AS x FROM events"), measurable)
    assert isinstance(found, Grouped) and found.text == f'SELECT {merged} AS "x" FROM events'


@pytest.mark.parametrize(
    ("select", "grouped_by"),
    [
        ("proc.name, count(*)", True), ("log2_hist(evt.latency), evt.type", True), ("count(*)", False),
        ("proc.name, evt.type", False), ("proc.name, row_number() OVER ()", False), ("count(*), 1", False),
        ("max(evt.latency) - min(evt.latency), proc.name", True),
    ],
)  # fmt: skip
def test_columns_beside_aggregates_are_what_groups_are_made_of(select: str, grouped_by: bool) -> None:
    without, wanted = f"SELECT {select} FROM events", " GROUP BY ALL" if grouped_by else ""
    assert parse_sql(without).text == parse_sql(without + wanted).text
    assert parse_sql(without).text.endswith("GROUP BY ALL") == grouped_by


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SELECT proc.name FROM events", "asks for rows"),
        ("SELECT median(evt.latency) FROM events", "sees every row"),
        ("SELECT count(*) FROM events WHERE length(proc.name) > 2", "beyond the filter language"),
        ("SELECT count(*) FROM (SELECT proc.name FROM events)", "subqueries"),
        ("SELECT proc.name, row_number() OVER () FROM events", "window"),
        ("SELECT sum(evt.latency / 2) FROM events", "inside an aggregate"),
        ("SELECT log2_hist(proc.pid) FROM events", "sees every row"),
    ],
)
def test_what_must_see_every_row(text: str, why: str) -> None:
    found = grouped(parse_sql(text), measurable)
    assert isinstance(found, str) and why in found


MISTAKES = """
SELECT proc.nme FROM events
SELECT proc.name FORM events
SELECT foo FROM events
SELECT 1
SELECT proc.name FROM event
SELECT fd.port FROM events
DELETE FROM events
SELECT proc.name FROM events WHERE 'a
SELECT * FROM events
SELECT proc.name FROM events; SELECT 1
SELECT evt.arg FROM events
SELEC proc.name FROM events
SELECT proc.open FROM events
SELECT proc.name FROM events WHERE evt.type = open
SELECT proc.name FROM events WHERE evt.type IN ('read', 'opne')
SELECT proc.name FROM processes
SELECT n.name FROM events WHERE n > 3
SELECT proc.name FROM events WHERE evt.latency > fast
""".strip().splitlines()


def test_mistakes() -> None:
    said = []
    for text in MISTAKES:
        with pytest.raises(QueryError) as error:
            parse_sql(text)
        said.append(str(error.value))
    path = GOLDEN / "sql_errors.txt"
    assert "\n\n".join(said) + "\n" == path.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT proc.name, evt.type, count(*) AS calls, avg(evt.latency) FROM events WHERE evt.failed GROUP BY ALL"
        " HAVING count(*) > 1 ORDER BY calls DESC LIMIT 10",
        "SELECT proc.name, log2_hist(evt.rawres) FROM events GROUP BY proc.name",
        "SELECT CASE WHEN evt.failed THEN 'bad' ELSE 'good' END AS how, count(*) FROM events GROUP BY how",
        "SELECT bytes(sum(evt.buflen)) AS b, fd.name FROM events GROUP BY ALL ORDER BY 1 DESC",
        "SELECT evt.type, count(*) / 2.0 + avg(evt.latency) FROM events GROUP BY 1",
    ],
)
def test_duckdb_understands_what_is_written(text: str) -> None:
    statement = parse_sql(text)
    found = grouped(statement, measurable)
    assert isinstance(found, Grouped)
    keys = [f'NULL::VARCHAR AS "{field}"' for field in found.aggregate.keys]
    keys = [key.replace("VARCHAR", "BOOLEAN") if "failed" in key else key for key in keys]
    measures = [measure for measure in found.aggregate.with_counts() if measure.kind != "log2_hist"]
    columns = [*keys, *(f'0::BIGINT AS "{measure.column}"' for measure in measures)]
    columns += [
        f'0::BIGINT AS "{m.column}[{i}]"' for m in found.aggregate.measures if m.kind == "log2_hist" for i in range(65)
    ]
    with duckdb.connect() as connection:
        connection.sql(f"CREATE TABLE events AS SELECT {', '.join(columns)}")
        assert list(connection.sql(found.text).columns) == [output.name for output in statement.outputs]


@pytest.mark.parametrize(
    ("text", "streams", "few"),
    [
        ("SELECT proc.name FROM events", True, False),
        ("SELECT proc.name FROM events ORDER BY 1 LIMIT 3", False, True),
        ("SELECT DISTINCT proc.name FROM events", False, False),
        ("SELECT count(*) FROM events", False, False),
        ("SELECT proc.name FROM events LIMIT 3", False, False),
    ],
)
def test_how_rows_are_given(text: str, streams: bool, few: bool) -> None:
    statement = parse_sql(text)
    assert (statement.streams, statement.keeps_few) == (streams, few)


def test_what_is_kept_of_many_rows() -> None:
    statement = parse_sql("SELECT duration(evt.latency) AS t, proc.name FROM events ORDER BY t DESC, 2 LIMIT 3")
    kept = 'SELECT "evt.latency", "proc.name" FROM events ORDER BY "evt.latency" DESC, "proc.name" LIMIT 3'
    assert statement.kept == kept


ROWS: list[dict[str, Any]] = [
    {"proc.name": name, "fd.name": path, "proc.pid": pid, "evt.failed": failed}
    for name in ("sh", "bash", None)
    for path in ("/etc/passwd", "/tmp/sh", "", None)
    for pid, failed in ((1, True), (2, False), (2, None))
]
TEXTS = st.sampled_from(("sh", "bash", "/etc/%", "%sh", "%s%", "/tmp/sh", "", "%"))
NOTS = st.sampled_from(("", "NOT "))
TESTS = st.one_of(
    st.builds("{} {} '{}'".format, st.sampled_from(("proc.name", "fd.name")),
              st.sampled_from(("=", "<>", "<", ">=", "LIKE", "NOT LIKE")), TEXTS),
    st.builds("proc.pid {} {}".format, st.sampled_from(("=", "<>", "<", "<=", ">", ">=")), st.integers(0, 3)),
    st.builds("proc.pid {}IN ({}, {})".format, NOTS, st.integers(0, 3), st.integers(0, 3)),
    st.builds("proc.pid {}BETWEEN {} AND {}".format, NOTS, st.integers(0, 2), st.integers(0, 3)),
    st.builds("{} IS {}NULL".format, st.sampled_from(("proc.name", "fd.name", "evt.failed")), NOTS),
    st.just("evt.failed"),
    st.builds("starts_with(fd.name, '{}')".format, st.sampled_from(("/etc", "/tmp", "sh"))),
)  # fmt: skip
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner), st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
    ),
    max_leaves=6,
)  # fmt: skip


def holds(expr: Expr, row: dict[str, Any]) -> bool:
    """The two-valued meaning of an expression, plainly."""
    if isinstance(expr, And):
        return all(holds(item, row) for item in expr.items)
    if isinstance(expr, Or):
        return any(holds(item, row) for item in expr.items)
    if isinstance(expr, Not):
        return not holds(expr.item, row)
    value = row[str(expr.left)]
    if value is None or expr.operator == "exists":
        return value is not None
    assert isinstance(expr.right, Literal)
    return bool(HOLDS[expr.operator](value, expr.right.value))


HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "startswith": str.startswith, "endswith": str.endswith, "contains": operator.contains,
}  # fmt: skip


@given(CONDITIONS)
def test_filters_keep_the_rows_that_duckdb_keeps(condition: str) -> None:
    statement = parse_sql(f"SELECT proc.pid FROM events WHERE {condition}")
    quoted = re.sub(r"\b((?:proc|fd|evt)\.\w+)", r'"\1"', condition)
    columns = {name: np.array([row[name] for row in ROWS], object) for name in ROWS[0]}
    columns["proc.pid"] = np.array([row["proc.pid"] for row in ROWS], np.int64)
    with duckdb.connect() as connection:
        connection.register("events", columns | {"place": np.arange(len(ROWS))})
        kept = {at for (at,) in connection.sql(f"SELECT place FROM events WHERE {quoted}").fetchall()}
        rest = statement.text.partition(" WHERE ")[2] or "true"
        left = {at for (at,) in connection.sql(f"SELECT place FROM events WHERE {rest}").fetchall()}
    assert {at for at, row in enumerate(ROWS) if holds(rewrite(statement.where), row)} & left == kept
