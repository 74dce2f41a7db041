"""SQL as DuckDB writes it, over tables of the kernel: `SELECT proc.name, count(*) FROM events GROUP BY ALL`.

Fields of events keep their dotted names; tables of state have plain columns. What WHERE says in terms of the filter
language becomes an expression of the plan, which sources decide; DuckDB gets the rest of the statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from sonde.catalog.event import Event, ParamType
from sonde.catalog.events import FIELDS
from sonde.catalog.lookup import NAMES, by_name
from sonde.catalog.state import STATE
from sonde.catalog.types import Kind
from sonde.catalog.views import VIEWS, View
from sonde.dialects.lexer import Scanner
from sonde.dialects.operands import field as read_field
from sonde.dialects.sql_views import events_of, fields_of, made_of_events, view_of
from sonde.dialects.sql_where import lower
from sonde.dialects.values import EVENT_NAMES, check_event
from sonde.errors import QueryError, did_you_mean
from sonde.plan.expr import TRUE, And, Compare, Expr, Field, Literal
from sonde.plan.ops import BUCKETS, HISTOGRAMS, LINEAR
from sonde.plan.statement import TABLE, Output, Statement

__all__ = ["Select", "bucket_width", "field_of", "parse_sql", "sql_text", "table_fields"]

DIALECT = "duckdb"
SHAPES = ("bytes", "duration")
# of fields of tracepoints that are no numbers
TEXTS = frozenset((ParamType.STRING, ParamType.SOCKADDR, ParamType.IP))
TUMBLE = "tumble"
_CLASSES = frozenset(name.partition(".")[0] for name in FIELDS)


@dataclass(frozen=True)
class Select:
    """A statement as sqlglot has it: `tree` is without the part of WHERE that is in `where`, which is for the source;
    `written` is the text it was made from."""

    written: str
    where: Expr
    tree: exp.Select
    outputs: tuple[Output, ...]

    @property
    def statement(self) -> Statement:
        """What sources and DuckDB are asked."""
        return Statement(
            self.written, self.where, self.text, self.fields, self.outputs, self.states, self.columns, self.streams,
            self.still, self.kept if self.keeps_few else "",
        )  # fmt: skip

    @property
    def streams(self) -> bool:
        """Can the answer be given row by row as they come?"""
        clauses = ("group", "having", "order", "limit", "offset", "distinct", "joins", "with_", "qualify")
        whole = any(self.tree.args.get(clause) for clause in clauses)
        drawn = any(output.shape in HISTOGRAMS for output in self.outputs)
        return not (whole or drawn or self.states or self.views or self.tree.find(exp.AggFunc, exp.Window))

    @property
    def keeps_few(self) -> bool:
        """Are a few rows, the first in an order, all that any more rows can change?"""
        clauses = ("group", "having", "offset", "distinct", "joins", "with_", "qualify")
        other = any(self.tree.args.get(clause) for clause in clauses) or self.tree.find(exp.AggFunc, exp.Window)
        few = self.tree.args.get("order") and self.tree.args.get("limit")
        return bool(few and not other and not self.views)

    @property
    def kept(self) -> str:
        """DuckDB's text that keeps those rows, of a statement that `keeps_few`, with all fields."""
        order = [item.this if isinstance(item, exp.Ordered) else item for item in self.tree.args["order"].expressions]
        names = {item.alias: item.unalias() for item in self.tree.expressions}
        copy = self.tree.copy()
        for item, value in zip(copy.args["order"].expressions, order, strict=True):
            written = (
                self.tree.expressions[int(value.name) - 1].unalias() if value.is_int else names.get(value.name, value)
            )
            item.set("this", written.copy())
        copy.set("expressions", [exp.column(str(field), quoted=True) for field in self.fields])
        return sql_text(copy)

    @property
    def states(self) -> tuple[str, ...]:
        """The tables of state it asks."""
        return tuple(dict.fromkeys(name for table in self.tree.find_all(exp.Table) if (name := _state(table))))

    @property
    def views(self) -> tuple[View, ...]:
        """The views it asks."""
        return tuple(view for table in self.tree.find_all(exp.Table) if (view := view_of(table)))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns it mentions."""
        return tuple(dict.fromkeys(column.name.lower() for column in self.tree.find_all(exp.Column)))

    @property
    def still(self) -> bool:
        """Does it ask of no events?"""
        return all(map(_state, self.tree.find_all(exp.Table)))

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that DuckDB needs of each row, each once."""
        of_views = (field for view in self.views for field in fields_of(view))
        return tuple(dict.fromkeys((*table_fields(self.tree), *of_views)))

    @property
    def text(self) -> str:
        """DuckDB's text of it: over a table `events` with a column for each of `fields`."""
        return sql_text(self.tree)


def parse_sql(text: str) -> Select:
    """Read a SELECT. QueryError says what is wrong, and where."""
    quoted, fields = _quoted(text)
    try:
        [tree] = sqlglot.parse(quoted, read=DIALECT) or [None]
    except ParseError as error:
        _fail_at(text, quoted, error)
    except ValueError:
        raise QueryError("one statement at a time", text, 0, 0) from None
    if not isinstance(tree, exp.Select):
        raise QueryError("a SELECT is expected", text, 0, max(1, len(text.split(" ")[0])))
    traced = _check_tables(text, tree)
    for param in (param for event in traced for param in event.params):
        fields[param.name] = Field("evt.arg" if param.type in TEXTS else "evt.rawarg", param.name)
    for column in tree.find_all(exp.Column):
        _check_column(text, column, fields)
    _check_event_names(text, tree)
    _count_time(tree)
    for select in tree.find_all(exp.Select):
        _group(select)
    viewed = [events_of(view) for table in tree.find_all(exp.Table) if (view := view_of(table))]
    where = And(
        (_take_where(tree), *viewed, *(Compare("glob", Field("evt.type"), Literal(event.name)) for event in traced))
    )
    outputs = _name_outputs(text, tree)
    for field in table_fields(tree):
        if FIELDS[field.name].either:
            ends = " or ".join(FIELDS[field.name].either)
            place = _place(text, str(field))
            raise QueryError(f"{field} is of either end and stands in WHERE only: select {ends}", *place)
    return Select(text, where, tree, outputs)


def field_of(column: exp.Column) -> Field | None:
    """The field that a column of the statement is; None for what is not one, such as an alias."""
    return column.meta.get("field")


def table_fields(tree: exp.Expr) -> tuple[Field, ...]:
    """The fields a statement mentions, each once, in order."""
    found = (field_of(column) for column in tree.find_all(exp.Column, bfs=False))
    return tuple(dict.fromkeys(field for field in found if field is not None))


def sql_text(tree: exp.Expr) -> str:
    """DuckDB's text, histograms of rows spelled out."""

    def spelled(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and (field := field_of(node)) is not None:
            return exp.column(str(field), table=node.table or None, quoted=True)
        if isinstance(node, exp.Table) and (view := view_of(node)):
            return made_of_events(node, view, table_fields(tree), DIALECT)
        if isinstance(node, exp.Table) and ":" in node.name:
            return exp.to_table(TABLE, alias=node.alias or None)
        if isinstance(node, exp.Anonymous) and node.name.lower() in HISTOGRAMS:
            return _histogram(node.expressions[0], bucket_width(node))
        return node

    return tree.copy().transform(spelled).sql(DIALECT)


def bucket_width(node: exp.Anonymous) -> int:
    """The width of the buckets of linear_hist(value, WIDTH), 0 for other histograms. QueryError if it is none."""
    if node.name.lower() != LINEAR:
        return 0
    width = node.expressions[1] if len(node.expressions) == 2 else None
    if not isinstance(width, exp.Literal) or not width.is_int or not 0 < int(width.name) < 1 << 31:
        raise QueryError(f"{LINEAR} takes a value and the width of its buckets, as in {LINEAR}(evt.buflen, 100)")
    return int(width.name)


def _histogram(value: exp.Expr, width: int) -> exp.Expr:
    """The counts of each bucket (plan/ops.py BUCKETS)."""
    x = value.sql(DIALECT)
    length = f"length(ltrim(bin(CAST({x} AS UBIGINT)), '0'))"
    if width:
        length = f"least({x} // {width}, {BUCKETS - 2})"
    bits = f"CASE WHEN {x} IS NULL THEN NULL WHEN {x} < 0 THEN {BUCKETS - 1} WHEN {x} = 0 THEN 0 ELSE {length} END"
    counts = ", ".join(f"count(*) FILTER (WHERE {bits} = {i})" for i in range(BUCKETS))
    return sqlglot.parse_one(f"[{counts}]", read=DIALECT)


def _quoted(text: str) -> tuple[str, dict[str, Field]]:
    """The text with every dotted field as a quoted identifier, and what fields those are."""
    try:
        tokens = sqlglot.tokenize(text, read=DIALECT)
    except TokenError:
        raise QueryError("a quote or comment is not closed", text, 0, 1) from None
    pieces, at, fields = [], 0, {}
    scanner = Scanner(text)
    for token in tokens:
        if token.start < at or token.text.lower() not in _CLASSES or not text.startswith(".", token.end + 1):
            continue
        if text[token.start] in "'\"":
            continue
        scanner.at = token.start
        operand = read_field(scanner, FIELDS)
        assert operand is not None and isinstance(operand.value, Field)
        fields[str(operand.value)] = operand.value
        pieces += [text[at : token.start], '"' + str(operand.value).replace('"', '""') + '"']
        at = operand.end
    return "".join((*pieces, text[at:])), fields


def _fail_at(text: str, quoted: str, error: ParseError) -> NoReturn:
    """The parser's complaint, at the word it is about."""
    if (begins := text.split(None, 1)[0]).isalpha() and begins.upper() not in ("SELECT", "WITH", "FROM"):
        raise QueryError(f"a SELECT is expected, not {begins}", *_place(text, begins)) from None
    first = error.errors[0] if error.errors else {}
    word = str(first.get("highlight") or "").strip('"')
    start = text.find(word) if word else -1
    message = str(first.get("description") or "not understood").rstrip(".")
    raise QueryError(
        f"SQL: {message[:1].lower()}{message[1:]}", text or " ", max(start, 0), max(1, len(word))
    ) from None


def _check_tables(text: str, tree: exp.Select) -> list[Event]:
    """All tables are the events, or a tracepoint each; -> these."""
    traced = []
    for table in tree.find_all(exp.Table):
        if table.name in NAMES and ":" in table.name:
            traced += by_name(table.name)
            continue
        if not _state(table) and not view_of(table) and (table.name.lower() != TABLE or table.db):
            there = [TABLE, *VIEWS, *STATE]
            near = did_you_mean(table.name, there) or f"; there are {', '.join(there)}"
            raise QueryError(
                f"there is no table {table.sql(DIALECT)}{near}", text, max(text.find(table.name), 0), len(table.name)
            )
    if not tree.find(exp.Table):
        raise QueryError(f"a SELECT without a table: FROM {TABLE} is expected", text, 0, len(text))
    return traced


def _check_column(text: str, column: exp.Column, fields: dict[str, Field]) -> None:
    """Mark a column that is a field; others must be aliases of the statement."""
    select = column.find_ancestor(exp.Select)
    if column.name in fields:
        _check_has_fields(text, column, select)
        column.meta["field"] = fields[column.name]
        return
    plain = _columns_of_state(column, select)
    if column.name.lower() in plain:
        return
    names = {alias.alias.lower() for alias in select.find_all(exp.Alias)} if select else set()
    if column.name.lower() not in names and not column.find_ancestor(exp.Lambda):
        near = did_you_mean(column.name, [*names, *plain, *FIELDS]) or _meant_as_text(column, fields)
        raise QueryError(f"unknown column {column.name}{near}", *_place(text, column.name))


def _check_has_fields(text: str, column: exp.Column, select: exp.Select | None) -> None:
    """Fields are of events: a statement about tables of state alone has none."""
    tables = list(select.root().find_all(exp.Table)) if select else []
    if tables and all(map(_state, tables)):
        names = " or ".join(dict.fromkeys(map(_state, tables)))
        near = did_you_mean(column.name.rpartition(".")[2], _columns_of_state(column, select))
        raise QueryError(f"{column.name} is of events, not of {names}{near}", *_place(text, column.name))


def _meant_as_text(column: exp.Column, fields: dict[str, Field]) -> str:
    """What to do about a word that a text is compared with, and that is no column."""
    other = column.parent
    if not isinstance(other, exp.Binary | exp.In) or not isinstance(other.this, exp.Column) or other.this is column:
        return ""
    field = fields.get(other.this.name)
    numeric = field is not None and FIELDS[field.name].type.kind is not Kind.STR
    return "" if numeric else f"; a text stands in single quotes: '{column.name}'"


def _check_event_names(text: str, tree: exp.Expr) -> None:
    """Names that the type of events is compared with must be such."""
    for node in tree.find_all(exp.EQ, exp.NEQ, exp.In):
        sides = [node.this, *([node.expression] if isinstance(node, exp.Binary) else node.expressions)]
        if any(isinstance(side, exp.Column) and str(field_of(side)) in EVENT_NAMES for side in sides):
            for side in sides:
                if isinstance(side, exp.Literal) and side.is_string:
                    _check_event_name(text, side.name)


def _check_event_name(text: str, name: str) -> None:
    try:
        check_event(name)
    except ValueError as error:
        raise QueryError(str(error), text, max(text.find(f"'{name}'"), -1) + 1, len(name)) from None


def _count_time(tree: exp.Select) -> None:
    """In tumble(evt.time, ...) the time is a number, not the text that it is elsewhere."""
    for node in tree.find_all(exp.Anonymous):
        if node.name.lower() == TUMBLE and node.expressions:
            for column in node.expressions[0].find_all(exp.Column):
                if field_of(column) == Field("evt.time"):
                    column.meta["field"] = Field("evt.rawtime")


def _group(select: exp.Select) -> None:
    """Columns beside aggregates, and no GROUP BY: groups of those columns are meant."""
    aggregates = [any(map(_aggregates, item.walk())) for item in select.expressions]
    plain = [bool(list(item.find_all(exp.Column))) for item in select.expressions]
    beside = any(columns and not counts for columns, counts in zip(plain, aggregates, strict=True))
    if any(aggregates) and beside and not select.args.get("group"):
        select.set("group", exp.Group(all=True))


def _aggregates(node: exp.Expr) -> bool:
    named = isinstance(node, exp.Anonymous) and node.name.lower() in HISTOGRAMS
    return (named or isinstance(node, exp.AggFunc)) and node.find_ancestor(exp.Window) is None


def _state(table: exp.Table) -> str:
    """The name of a table of state, "" for others."""
    return table.name.lower() if table.name.lower() in STATE and not table.db else ""


def _columns_of_state(column: exp.Column, select: exp.Select | None) -> list[str]:
    """The columns of the tables of state and of the views that a column may be one of."""
    tables = list(select.root().find_all(exp.Table)) if select else []
    meant = [table for table in tables if not column.table or table.alias_or_name.lower() == column.table.lower()]
    of_state = [found.name for table in meant if _state(table) for found in STATE[_state(table)].columns]
    return of_state + [found.name for table in meant if (view := view_of(table)) for found in view.columns]


def _conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Paren):
        yield from _conjuncts(node.this)
    elif isinstance(node, exp.And):
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    else:
        yield node


def _take_where(tree: exp.Select) -> Expr:
    """Take out of WHERE what the filter language can say; -> that. Of a join, what it says of the events it begins
    with, if they need no partner to be there."""
    where, joins = tree.args.get("where"), tree.args.get("joins") or []
    source = tree.args["from_"].this if tree.args.get("from_") else None
    if where is None or not isinstance(source, exp.Table) or _state(source) or view_of(source):
        return TRUE
    plain = (isinstance(join.this, exp.Table) and _state(join.this) and join.side in ("", "LEFT") for join in joins)
    if not all(plain):
        return TRUE
    taken, left = [], []
    for conjunct in _conjuncts(where.this):
        lowered = lower(conjunct) if all(map(field_of, conjunct.find_all(exp.Column))) else None
        if lowered is None:
            left.append(conjunct)
        else:
            taken.append(lowered)
    tree.set("where", exp.Where(this=exp.and_(*left)) if left else None)
    return And(tuple(taken))


def _name_outputs(text: str, tree: exp.Select) -> tuple[Output, ...]:
    """Give each column of the answer a name: its alias, or what was written."""
    outputs = []
    tables = list(tree.find_all(exp.Table))
    if all(map(_state, tables)) and any(isinstance(item, exp.Star) for item in tree.expressions):
        every = [exp.column(c.name, table=t.alias_or_name) for t in tables for c in STATE[_state(t)].columns]
        tree.set("expressions", every if len(tables) > 1 else [exp.column(c.name) for c in every])
    for item in tree.expressions:
        if isinstance(item, exp.Star):
            raise QueryError(
                "SELECT * is not there: name the fields (sonde -l lists them)", text, max(text.find("*"), 0), 1
            )
        name = item.alias or item.sql(DIALECT, normalize_functions=False).replace('"', "")
        value = item.unalias()
        shape = value.name.lower() if isinstance(value, exp.Anonymous) else ""
        if shape in SHAPES and len(value.expressions) == 1:
            value = value.expressions[0]
        width = bucket_width(value) if isinstance(value, exp.Anonymous) else 0
        outputs.append(Output(name, shape if shape in (*SHAPES, *HISTOGRAMS) else "", width))
        item.replace(exp.alias_(value.copy(), name, quoted=True))
    return tuple(outputs)


def _place(text: str, name: str) -> tuple[str, int, int]:
    """Where a name stands: as a word of its own, if it does anywhere."""
    found = re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text)
    return text, found.start() if found else max(text.find(name), 0), len(name)
