"""SQL over rows as SQL over groups: what a source may count beforehand, and how its groups are put together again.

`count(*)` of rows is the sum of the groups' counts, `sum(x)` the sum of their sums, `avg(x)` one sum by the other; a
condition on keys inside an aggregate stays what it is, since all rows of a group agree on it.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from sonde.dialects.sql import Select, bucket_width, field_of, sql_text
from sonde.plan.expr import Field
from sonde.plan.ops import BUCKETS, HISTOGRAMS, Aggregate, Measure, bucket_column
from sonde.plan.statement import Grouped

__all__ = ["grouped"]

_COUNT = Measure("count")
_KINDS: dict[type[exp.Expr], str] = {
    exp.Sum: "sum",
    exp.Min: "min",
    exp.Max: "max",
    exp.Avg: "avg",
    exp.Count: "count",
}


class _NotGrouped(Exception):
    """The reason is the message."""


def grouped(select: Select, measurable: Callable[[Field], bool]) -> Grouped | str:
    """The statement over groups, or why it must see every row. `measurable` are the numbers that can be measured."""
    tree = select.tree
    if tree.args.get("where"):
        return "a part of WHERE is beyond the filter language"
    if tree.args.get("joins") or len(list(tree.find_all(exp.Select))) > 1 or tree.args.get("with_"):
        return "joins and subqueries see every row"
    if tree.find(exp.Window):
        return "window functions see every row"
    if not tree.find(exp.AggFunc) and not _histograms(tree):
        return "it asks for rows, not for aggregates"
    try:
        return _Rewriter(measurable).whole(tree)
    except _NotGrouped as reason:
        return str(reason)


def _histograms(tree: exp.Expr) -> list[exp.Anonymous]:
    return [node for node in tree.find_all(exp.Anonymous) if node.name.lower() in HISTOGRAMS]


class _Rewriter:
    """One statement being rewritten."""

    def __init__(self, measurable: Callable[[Field], bool]) -> None:
        self.measurable = measurable
        self.measures: dict[Measure, None] = {}
        self.keys: dict[Field, None] = {}

    def whole(self, tree: exp.Select) -> Grouped:
        copy = tree.copy()
        for node in list(copy.find_all(exp.AggFunc)) + list(_histograms(copy)):
            target = node.parent if isinstance(node.parent, exp.Filter) else node
            condition = target.expression if isinstance(target, exp.Filter) else None
            self._keys_of(condition)
            target.replace(self._merged(node, condition))
        for column in copy.find_all(exp.Column):
            if (field := field_of(column)) is not None:
                self.keys[field] = None
        return Grouped(Aggregate(tuple(self.keys), tuple(self.measures)), sql_text(copy))

    def _merged(self, node: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
        if isinstance(node, exp.Anonymous):
            return self._histogram(node, condition)
        kind = _KINDS.get(type(node))
        value = node.this
        if kind == "count" and isinstance(value, exp.Distinct):
            self._keys_of(node)
            return _filtered(node.copy(), condition)
        if kind is None or isinstance(value, exp.Distinct):
            raise _NotGrouped(f"{node.sql('duckdb').lower()} sees every row")
        if kind == "count" and isinstance(value, exp.Star | exp.Literal):
            return self._counted(exp.Sum(this=self._column(_COUNT)), condition)
        field = field_of(value) if isinstance(value, exp.Column) else None
        if field is not None and self.measurable(field):
            return self._measured(kind, field, condition)
        return self._of_keys(kind, value, condition)

    def _measured(self, kind: str, field: Field, condition: exp.Expr | None) -> exp.Expr:
        """An aggregate of a number that the source measures."""
        count = self._column(Measure("count", field))
        if kind == "count":
            return self._counted(exp.Sum(this=count), condition)
        some = exp.GT(this=count.copy(), expression=exp.Literal.number(0))
        condition = exp.Where(this=exp.and_(condition.this, some)) if condition else exp.Where(this=some)
        if kind in ("min", "max"):
            extreme = exp.Min if kind == "min" else exp.Max
            return _filtered(extreme(this=self._column(Measure(kind, field))), condition)
        total = _filtered(exp.Sum(this=self._column(Measure("sum", field))), condition)
        if kind == "sum":
            return total
        return exp.Paren(this=exp.Div(this=total, expression=_filtered(exp.Sum(this=count), condition), typed=False))

    def _of_keys(self, kind: str, value: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
        """An aggregate of what is the same for all rows of a group."""
        self._keys_of(value)
        if kind in ("min", "max"):
            return _filtered((exp.Min if kind == "min" else exp.Max)(this=value.copy()), condition)
        there = exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
        condition = exp.Where(this=exp.and_(condition.this, there)) if condition else exp.Where(this=there)
        rows = self._column(_COUNT)
        if kind == "count":
            return self._counted(exp.Sum(this=rows), condition)
        total = _filtered(exp.Sum(this=exp.Mul(this=exp.Paren(this=value.copy()), expression=rows)), condition)
        if kind == "sum":
            return total
        return exp.Paren(
            this=exp.Div(this=total, expression=_filtered(exp.Sum(this=rows.copy()), condition), typed=False)
        )

    def _histogram(self, node: exp.Anonymous, condition: exp.Expr | None) -> exp.Expr:
        value = node.expressions[0] if node.expressions else None
        field = field_of(value) if isinstance(value, exp.Column) else None
        if field is None or not self.measurable(field):
            raise _NotGrouped(f"{node.name} of this sees every row")
        measure = Measure(node.name.lower(), field, bucket_width(node))
        self.measures[measure] = None
        columns = [exp.column(bucket_column(measure, i), quoted=True) for i in range(BUCKETS)]
        return exp.Array(expressions=[self._counted(exp.Sum(this=column), condition) for column in columns])

    def _counted(self, total: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
        """A sum of counts: 0, not NULL, of no group."""
        whole = exp.Coalesce(this=_filtered(total, condition), expressions=[exp.Literal.number(0)])
        return exp.cast(whole, "BIGINT")

    def _column(self, measure: Measure) -> exp.Column:
        self.measures[measure] = None
        return exp.column(measure.column, quoted=True)

    def _keys_of(self, node: exp.Expr | None) -> None:
        """What is inside an aggregate must be the same for all rows of a group."""
        for column in node.find_all(exp.Column) if node is not None else ():
            field = field_of(column)
            if field is not None and self.measurable(field):
                raise _NotGrouped(f"an expression of {field} inside an aggregate sees every row")
            if field is not None:
                self.keys[field] = None


def _filtered(node: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
    return exp.Filter(this=node, expression=condition.copy()) if condition is not None else node
