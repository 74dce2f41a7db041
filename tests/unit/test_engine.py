"""Expressions over batches against a naive evaluator that looks at one row at a time."""

from __future__ import annotations

import ipaddress
import operator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import Rows, values

from sonde.engines.batch import evaluate, filter_batch, value_of
from sonde.engines.context import Context
from sonde.engines.fields import derive
from sonde.plan.automaton import matcher
from sonde.plan.batch import Batch, Vector
from sonde.plan.expr import FALSE, TRUE, And, Call, Compare, Expr, Field, Literal, Not, Or, Value

AT_FDCWD = 0xFFFFFF9C
NAMES = (b"bash", b"cat", b"nginx", b"caf\xc3\xa9", b"\xff\xfe", b"")
PATHS = (b"/etc/passwd", b"/etc", b"/tmp/a.log", b"/tmp/\xffb", b"/")
ADDRESSES = (b"10.0.0.1", b"10.1.2.3", b"192.168.0.1")
DATA = (b"GET / HTTP", b"\x00\x01passwd", b"", b"bash")


def c(op: str, name: str, *right: Any, argument: str | int | None = None) -> Compare:
    literals = tuple(Literal(value) for value in right)
    many = op in ("in", "intersects", "pmatch", "exists")
    return Compare(op, Field(name, argument), literals if many else literals[0])


def held(rows: Rows, expr: Expr) -> list[bool]:
    verdicts: list[bool] = evaluate(expr, rows.batch(), Context(rows.state)).tolist()
    return verdicts


def opens(*names: bytes, **columns: int) -> Rows:
    rows = Rows()
    for name in names:
        rows.add("openat", AT_FDCWD, 1, 0o2000101, 0o644, point={1: name}, res=3, file=rows.file(name), **columns)
    return rows


# ---- the naive evaluator

ORDER = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def naive_leaf(op: str, left: Any, right: Any, name: str) -> bool:
    if left is None:
        return False
    if op == "exists":
        return True
    if op in ("in", "intersects", "pmatch"):
        return any(naive_leaf("pmatch" if op == "pmatch" else "=", left, one, name) for one in right)
    if op == "!=":
        return not naive_leaf("=", left, right, name)
    if name.endswith("net"):
        return ipaddress.ip_address(left.decode()) in ipaddress.ip_network(right)
    if name.endswith("ip"):
        return ipaddress.ip_address(left.decode()) == ipaddress.ip_address(right)
    if isinstance(right, str):
        right = right.encode("utf-8", "surrogateescape")
    if op in ORDER:
        return bool(ORDER[op](left, right))
    if op in ("bcontains", "contains"):
        return right in left
    if op in ("bstartswith", "startswith"):
        return bool(left.startswith(right))
    return matcher(op, right)(left)


def naive(expr: Expr, row: int, columns: dict[Field, list[list[Any]]]) -> bool:
    if isinstance(expr, And):
        return all(naive(item, row, columns) for item in expr.items)
    if isinstance(expr, Or):
        return any(naive(item, row, columns) for item in expr.items)
    if isinstance(expr, Not):
        return not naive(expr.item, row, columns)
    assert isinstance(expr.left, Field)
    right = tuple(v.value for v in expr.right) if isinstance(expr.right, tuple) else expr.right.value  # type: ignore[union-attr]
    ends = [column[row] for column in columns[expr.left]]
    verdicts = [naive_leaf(expr.operator, end, right, expr.left.name) for end in ends]
    if expr.operator == "!=" and len(ends) > 1:
        there = [v for v, end in zip(verdicts, ends, strict=True) if end is not None]
        return bool(there) and all(there)
    return any(verdicts)


# ---- random rows and expressions

TEXT_OPS = ("=", "!=", "contains", "startswith", "endswith", "icontains", "glob", "iglob", "<", ">=")
NUMBER_OPS = tuple(ORDER)


def decoded(*names: bytes) -> tuple[str, ...]:
    return tuple(name.decode("utf-8", "surrogateescape") for name in names)


# what to compare with, by field: most constants occur
TEXTS = {
    Field("proc.name"): decoded(*NAMES, b"a"),
    Field("proc.aname"): decoded(*NAMES),
    Field("fd.name"): (*decoded(*PATHS), "/tmp", "s", "10.0.0.1:5000->10.1.2.3:80", "/t*"),
    Field("fd.directory"): ("/", "/etc", "/tmp"),
    Field("evt.type"): ("openat", "read", "write", "close", "r"),
    Field("evt.res"): ("SUCCESS", "ENOENT", "EACCES"),
    Field("evt.time"): (":", "2"),
}
INTEGERS = {
    Field("evt.rawres"): (0, 3, 10, -2, 512, 1 << 63),
    Field("fd.num"): (0, 3, 5, -1),
    Field("proc.ppid"): (0, 101, 102),
    Field("proc.apid"): (101, 102, 103),
    Field("fd.sport"): (80, 5000),
    Field("fd.port"): (80, 5000, 5001),
    Field("evt.deltatime"): (1000, 999),
}
FIELDS = [*TEXTS, *INTEGERS, Field("evt.failed"), Field("evt.buffer"), Field("fd.sip"), Field("fd.rnet")]


LEAVES = ("text", "text", "text", "number", "number", "bool", "bytes", "ip", "net", "exists", "texts", "numbers")


@st.composite
def leaf(draw: st.DrawFn) -> Compare:
    kind = draw(st.sampled_from(LEAVES))
    if kind in ("text", "texts"):
        field = draw(st.sampled_from(list(TEXTS)))
        text = st.sampled_from(TEXTS[field])
        if kind == "texts":
            several = tuple(Literal(t) for t in draw(st.lists(text, max_size=3)))
            return Compare(draw(st.sampled_from(["in", "intersects"])), field, several)
        return Compare(draw(st.sampled_from(TEXT_OPS)), field, Literal(draw(text)))
    if kind in ("number", "numbers"):
        field = draw(st.sampled_from(list(INTEGERS)))
        number = st.sampled_from(INTEGERS[field])
        if kind == "numbers":
            return Compare("in", field, tuple(Literal(n) for n in draw(st.lists(number, max_size=3))))
        return Compare(draw(st.sampled_from(NUMBER_OPS)), field, Literal(draw(number)))
    if kind == "bool":
        return Compare(draw(st.sampled_from(["=", "!="])), Field("evt.failed"), Literal(draw(st.booleans())))
    if kind == "bytes":
        op = draw(st.sampled_from(["contains", "bcontains", "bstartswith", "=", "!=", "endswith"]))
        data = draw(st.sampled_from(DATA))
        return Compare(op, Field("evt.buffer"), Literal(data if op[0] == "b" else decoded(data)[0]))
    if kind == "exists":
        return Compare("exists", draw(st.sampled_from(FIELDS)), ())
    ip = draw(st.sampled_from([a.decode() for a in ADDRESSES] + ["::1"]))
    op = draw(st.sampled_from(["=", "!="]))
    if kind == "ip":
        return Compare(op, Field("fd.sip"), Literal(ip))
    return Compare(op, Field("fd.rnet"), Literal(draw(st.sampled_from([ip, "10.0.0.0/8", "0.0.0.0/0", "fe80::/10"]))))


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> Expr:
    kind = draw(st.sampled_from(["and", "or", "not", "leaf"])) if depth else "leaf"
    if kind == "leaf":
        return draw(leaf())
    if kind == "not":
        return Not(draw(expressions(depth - 1)))
    items = tuple(draw(expressions(depth - 1)) for _ in range(draw(st.integers(1, 3))))
    return And(items) if kind == "and" else Or(items)


@st.composite
def random_rows(draw: st.DrawFn) -> Rows:
    rows = Rows()
    for ident in range(1, 5):
        parent = draw(st.integers(0, ident - 1))
        name = draw(st.sampled_from(NAMES))
        rows.process(ident, start=ident, pstart=parent, ppid=100 + parent if parent else 0, comm=name)
    files = [rows.file(path, draw(st.sampled_from([0o100644, 0o040755]))) for path in PATHS]
    files += [rows.tcp((a, 5000 + role), (b, 80), role=role) for role, (a, b) in enumerate(pairwise(ADDRESSES))]
    for _ in range(draw(st.integers(4, 12))):
        event = draw(st.sampled_from(["openat", "read", "write", "close", "procexit"]))
        point = {1: draw(st.sampled_from(PATHS if event == "openat" else DATA))} if draw(st.booleans()) else {}
        rows.add(
            event,
            draw(st.integers(-1, 5)),
            res=draw(st.sampled_from([0, 3, 10, -2, -13, 512])),
            proc=draw(st.integers(0, 4)),
            file=draw(st.sampled_from([0, *files])),
            flags=draw(st.sampled_from([0, 0, 0, 1])),
            point=point,
        )
    return rows


@settings(max_examples=250, deadline=None)
@given(random_rows(), expressions())
def test_evaluate_agrees_with_the_naive_evaluator(rows: Rows, expr: Expr) -> None:
    batch, context = rows.batch(), Context(rows.state)
    columns = {}
    for field in FIELDS:
        found = derive(batch, field, context)
        columns[field] = [values(v, rows.state) for v in (found if isinstance(found, tuple) else (found,))]
    expected = [naive(expr, row, columns) for row in range(len(batch))]
    assert evaluate(expr, batch, context).tolist() == expected
    kept = filter_batch(batch, expr, Context(rows.state))
    assert kept.columns["num"].tolist() == [row + 1 for row, true in enumerate(expected) if true]


# ---- single cases


def test_constants_and_emptiness() -> None:
    rows = opens(b"/a", b"/b")
    assert held(rows, TRUE) == [True, True]
    assert held(rows, FALSE) == [False, False]
    none = rows.batch().take(np.zeros(0, np.int64))
    assert evaluate(c("=", "fd.name", "/a"), none, Context(rows.state)).tolist() == []


def test_later_items_see_only_rows_that_depend_on_them(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def spy(batch: Batch, field: Field, context: Context) -> Any:
        if field.name == "fd.filename":
            seen.append(len(batch))
        return derive(batch, field, context)

    monkeypatch.setattr("sonde.engines.batch.derive", spy)
    rows = opens(b"/a", b"/b", b"/b", b"/c")
    both = (c("=", "fd.name", "/b"), c("=", "fd.filename", "b"))
    assert held(rows, And(both)) == [False, True, True, False]
    assert held(rows, Or(both)) == [False, True, True, False]
    assert seen == [2, 2]
    assert held(rows, And((FALSE, both[1]))) == [False] * 4
    assert seen == [2, 2]


def test_filtered_batches_keep_their_payloads() -> None:
    rows = opens(b"/a", b"/b", b"/c")
    kept = filter_batch(rows.batch(), c("!=", "fd.name", "/b"), Context(rows.state))
    assert values(derive(kept, Field("evt.arg", "name"), Context(rows.state)), rows.state) == [b"/a", b"/c"]


def test_arguments_by_name_and_number() -> None:
    rows = opens(b"/a")
    rows.add("read", 3, 0, 100, res=7)
    rows.add("kill", 5, 9, res=-1)
    assert held(rows, c("contains", "evt.arg", "O_CREAT", argument="flags")) == [True, False, False]
    assert held(rows, c(">", "evt.arg", "99", argument="size")) == [False, True, False]
    assert held(rows, c(">", "evt.arg", "100", argument="size")) == [False, False, False]
    assert held(rows, c("=", "evt.arg", "SIGKILL", argument="sig")) == [False, False, True]
    assert held(rows, c("in", "evt.arg", "9", "15", argument="sig")) == [False, False, True]
    assert held(rows, c("=", "evt.arg", "0644", argument="mode")) == [True, False, False]
    assert held(rows, c("=", "evt.arg", "EPERM", argument="res")) == [False, False, True]
    assert held(rows, c("!=", "evt.arg", "7", argument="res")) == [False, False, True]
    assert held(rows, c("=", "evt.arg", "/a", argument="name")) == [True, False, False]
    assert held(rows, c("=", "evt.rawarg", 4096 + 2 + 4, argument="flags")) == [True, False, False]


def test_comparing_fields() -> None:
    rows = Rows()
    for ident, (name, parent) in enumerate([(b"a", b"a"), (b"a", b"b"), (b"a", b"")], 1):
        rows.process(ident, comm=name, **({"pcomm": parent} if parent else {}), ppid=101)
        rows.add("read", proc=ident, pid=101 if ident != 2 else 5, tid=ident)
    same = Compare("=", Field("proc.name"), Field("proc.pname"))
    assert held(rows, same) == [True, False, False]
    assert held(rows, Compare("!=", Field("proc.name"), Field("proc.pname"))) == [False, True, False]
    assert held(rows, Compare("=", Field("proc.pid"), Field("proc.ppid"))) == [True, False, True]
    assert held(rows, Compare("in", Field("proc.pname"), (Literal("b"), Field("proc.name")))) == [True, True, False]


@pytest.mark.parametrize(
    ("call", "op", "right", "expected"),
    [
        (Call("toupper", (Field("fd.name"),)), "=", "/ETC/A.B", True),
        (Call("tolower", (Call("toupper", (Field("fd.name"),)),)), "=", "/etc/a.b", True),
        (Call("basename", (Field("fd.name"),)), "=", "a.b", True),
        (Call("len", (Field("fd.name"),)), "=", 8, True),
        (Call("len", (Field("evt.buffer"),)), "exists", (), False),
        (Call("concat", (Field("fd.directory"), Literal("!"))), "=", "/etc!", True),
        (Call("join", (Literal("-"), Field("fd.filename"), Literal("x"))), "=", "a.b-x", True),
        (Call("concat", (Field("fd.name"), Field("proc.name"))), "exists", (), False),
        (Call("b64", (Literal("aGk="),)), "=", "hi", True),
        (Call("b64", (Literal("!"),)), "exists", (), False),
        (Call("getopt", (Literal("-n -t val"), Literal("nt:"))), "in", ("t",), True),
        (Call("getopt", (Literal("-n -t val"), Literal("nt:"))), "intersects", ("q", "val"), True),
        (Call("getopt", (Literal("-n"), Literal("nt:"))), "in", ("t",), False),
    ],
)
def test_transformers(call: Value, op: str, right: Any, expected: bool) -> None:
    literals = tuple(Literal(v) for v in right) if isinstance(right, tuple) else Literal(right)
    assert held(opens(b"/etc/a.b"), Compare(op, call, literals)) == [expected]


def test_transformers_on_the_right() -> None:
    expr = Compare("=", Field("fd.filename"), Call("basename", (Field("fd.name"),)))
    assert held(opens(b"/etc/a", b"/b"), expr) == [True, True]


def test_the_value_of_a_transformer() -> None:
    rows = opens(b"/etc/a", b"/b")
    shown = value_of(Call("toupper", (Field("fd.filename"),)), rows.batch(), Context(rows.state))
    assert isinstance(shown, Vector)
    assert values(shown, rows.state) == [b"A", b"B"]


def test_pmatch_and_regex() -> None:
    rows = opens(b"/etc/x", b"/etcx", b"/usr/lib/y")
    assert held(rows, c("pmatch", "fd.name", "/etc", "/usr/l*")) == [True, False, True]
    assert held(rows, c("regex", "fd.name", "/etc.*")) == [True, True, False]
    assert held(rows, c("regex", "fd.name", "etc")) == [False, False, False]


def test_networks_of_text_that_is_no_address() -> None:
    rows = Rows()
    rows.add("read", 3, file=rows.tcp((b"garbage", 1), (b"::ffff:10.0.0.1", 2), role=1, family=10))
    assert held(rows, c("=", "fd.lnet", "0.0.0.0/0")) == [False]
    assert held(rows, c("=", "fd.rnet", "10.0.0.0/8")) == [False]
    assert held(rows, c("in", "fd.rip", "10.0.0.1", "::ffff:a00:1")) == [True]


def test_differing_from_every_ancestor() -> None:
    rows = Rows()
    for ident, name in enumerate((b"init", b"sh", b"cat"), 1):
        rows.process(ident, start=ident, pstart=ident - 1, ppid=99 + ident, comm=name)
    for proc in (3, 2, 1, 0):
        rows.add("read", proc=proc)
    assert held(rows, c("=", "proc.aname", "init")) == [True, True, False, False]
    assert held(rows, c("!=", "proc.aname", "sh")) == [False, True, False, False]
    assert held(rows, Not(c("=", "proc.aname", "sh"))) == [False, True, True, True]
