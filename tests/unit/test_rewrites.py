"""Rewrites: text before and after, and that no row changes sides."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonde.catalog.events import FIELDS
from sonde.dialects.filter import parse
from sonde.plan import rewrites
from sonde.plan.expr import FALSE, TRUE, And, Compare, Expr, Field, Literal, Not, Or, leaves
from sonde.plan.rewrites import REWRITES, rewrite, weaken


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "true"),
        ("proc.name=a", "proc.name = a"),
        ("proc.name=a and (proc.name=b and proc.name=c)", "proc.name = a and proc.name = b and proc.name = c"),
        ("proc.name=a or (proc.name=b or proc.name=c)", "proc.name = a or proc.name = b or proc.name = c"),
        ("proc.name=a and proc.name == a", "proc.name = a"),
        ("proc.name=a or (proc.name=a or proc.name=a)", "proc.name = a"),
        ("not not proc.name=a", "proc.name = a"),
        ("not not not proc.name=a", "not (proc.name = a)"),
        ("not proc.name=a", "not (proc.name = a)"),
        ("not (proc.name=a and proc.name=b)", "not (proc.name = a and proc.name = b)"),
        ("proc.name=a and true", "proc.name = a"),
        ("proc.name=a or true", "true"),
        ("proc.name=a and false", "false"),
        ("proc.name=a or not true", "proc.name = a"),
        ("proc.name=a and (proc.name=b or not false)", "proc.name = a"),
        ("proc.name in (a)", "proc.name = a"),
        ("proc.name in ()", "false"),
        ("not proc.name in ()", "true"),
        ("fd.name pmatch ()", "false"),
        ("evt.type=accept", "evt.type in (accept, accept4)"),
        ("evt.type!=accept", "not (evt.type in (accept, accept4))"),
        ("not evt.type!=openat2", "evt.type in (openat2)"),
        ("evt.type in (openat, close, close)", "evt.type in (close, openat)"),
        ("syscall.type=accept", "syscall.type in (accept, accept4)"),
        ("syscall.type!=accept", "syscall.type exists and not (syscall.type in (accept, accept4))"),
        ("evt.type startswith o", "evt.type startswith o"),
        ("fd.port=80", "fd.cport = 80 or fd.sport = 80"),
        ("fd.port!=80", "fd.cport != 80 and fd.sport != 80"),
        ("fd.port>1024 and proc.name=a", "(fd.cport > 1024 or fd.sport > 1024) and proc.name = a"),
        ("fd.port in (80)", "fd.cport = 80 or fd.sport = 80"),
        ("fd.ip exists", "fd.cip exists or fd.sip exists"),
        ("not fd.net=10.0.0.0/8", "not (fd.cnet = '10.0.0.0/8' or fd.snet = '10.0.0.0/8')"),
        ("fd.cport=val(fd.port)", "fd.cport = val(fd.cport) or fd.cport = val(fd.sport)"),
        ("len(concat(fd.ip, x))=9", "len(concat(fd.cip, x)) = 9 or len(concat(fd.sip, x)) = 9"),
    ],
)
def test_before_and_after(before: str, after: str) -> None:
    assert str(rewrite(parse(before))) == after


def test_examples_of_the_documentation() -> None:
    failed, tried = doctest.testmod(rewrites)
    assert failed == 0
    assert tried >= len(REWRITES)


# Expressions over few fields and few values, so that rows match, miss and lack values.

ENDS = ("fd.cport", "fd.sport")
FIELD_NAMES = ("fd.port", *ENDS, "fd.num", "evt.rawres")
SMALL = st.integers(0, 2)
ROWS = st.fixed_dictionaries({name: st.none() | SMALL for name in (*ENDS, "fd.num", "evt.rawres")})
LEAVES = st.one_of(
    st.builds(
        lambda operator, name, value: Compare(operator, Field(name), Literal(value)),
        st.sampled_from(["=", "!=", "<", ">="]),
        st.sampled_from(FIELD_NAMES),
        SMALL,
    ),
    st.builds(
        lambda name, values: Compare("in", Field(name), tuple(map(Literal, values))),
        st.sampled_from(FIELD_NAMES),
        st.lists(SMALL, max_size=3),
    ),
    st.sampled_from(FIELD_NAMES).map(lambda name: Compare("exists", Field(name), ())),
)
EXPRESSIONS: st.SearchStrategy[Expr] = st.recursive(
    LEAVES | st.sampled_from([TRUE, FALSE]),
    lambda inner: inner.map(Not) | st.lists(inner).map(tuple).map(And) | st.lists(inner).map(tuple).map(Or),
    max_leaves=10,
)
Row = dict[str, int | None]


def holds(expr: Expr, row: Row) -> bool:
    if isinstance(expr, Compare):
        return leaf_holds(expr, row)
    if isinstance(expr, Not):
        return not holds(expr.item, row)
    return (all if isinstance(expr, And) else any)(holds(item, row) for item in expr.items)


def leaf_holds(leaf: Compare, row: Row) -> bool:
    assert isinstance(leaf.left, Field)
    names = FIELDS[leaf.left.name].either or (leaf.left.name,)
    found = [value_holds(leaf, row[name]) for name in names]
    return all(found) if leaf.operator == "!=" else any(found)


def value_holds(leaf: Compare, value: int | None) -> bool:
    if value is None or leaf.operator == "exists":
        return value is not None
    rights = [
        item.value
        for item in (leaf.right if isinstance(leaf.right, tuple) else (leaf.right,))
        if isinstance(item, Literal)
    ]
    if leaf.operator in ("=", "in"):
        return value in rights
    right = rights[0]
    assert isinstance(right, int)
    return {"!=": value != right, "<": value < right, ">=": value >= right}[leaf.operator]


@given(EXPRESSIONS, ROWS)
def test_rewrites_keep_the_meaning(expr: Expr, row: Row) -> None:
    for change in REWRITES:
        assert holds(change(expr), row) is holds(expr, row), change.__name__
    assert holds(rewrite(expr), row) is holds(expr, row)


@given(EXPRESSIONS)
def test_rewriting_ends_in_a_simple_form(expr: Expr) -> None:
    simple = rewrite(expr)
    assert rewrite(simple) == simple
    assert simple in (TRUE, FALSE) or not {TRUE, FALSE} & set(parts(simple))


def parts(expr: Expr) -> list[Expr]:
    items = () if isinstance(expr, Compare) else (expr.item,) if isinstance(expr, Not) else expr.items
    return [expr, *(part for item in items for part in parts(item))]


@given(EXPRESSIONS, ROWS, st.sets(st.sampled_from(FIELD_NAMES)))
def test_weaken_keeps_every_matching_row(expr: Expr, row: Row, accepted: set[str]) -> None:
    weak, exact = weaken(expr, lambda leaf: str(leaf.left) in accepted)
    assert {str(leaf.left) for leaf in leaves(weak)} <= accepted
    if holds(expr, row):
        assert holds(weak, row)
    if exact:
        assert holds(weak, row) is holds(expr, row)


@pytest.mark.parametrize(
    ("text", "weak", "exact"),
    [
        ("fd.num=1", "fd.num = 1", True),
        ("fd.num=1 and proc.name=a", "fd.num = 1", False),
        ("fd.num=1 or proc.name=a", "true", False),
        ("fd.num=1 and not proc.name=a", "fd.num = 1", False),
        ("fd.num=1 and not (proc.name=a and fd.num=2)", "fd.num = 1", False),
        ("fd.num=1 and not (proc.name=a or fd.num=2)", "fd.num = 1 and not (fd.num = 2)", False),
        ("not (not (proc.name=a) or fd.num=2)", "not (fd.num = 2)", False),
        ("fd.num=1 and (true or proc.name=a)", "fd.num = 1", True),
    ],
)
def test_weaken(text: str, weak: str, exact: bool) -> None:
    found, same = weaken(parse(text), lambda leaf: str(leaf.left) == "fd.num")
    assert (str(found), same) == (weak, exact)
