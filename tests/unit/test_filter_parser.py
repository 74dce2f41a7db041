"""The filter language: what each form means, and that every expression survives being written and read."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonde.catalog.column import Argument, Column
from sonde.catalog.events import FIELDS
from sonde.dialects.filter import parse
from sonde.errors import QueryError
from sonde.plan.expr import FALSE, TRUE, And, Call, Compare, Expr, Field, Literal, Not, Or, Value
from sonde.plan.rewrites import flatten, fold, rewrite

A, B, C = (Compare("=", Field("proc.name"), Literal(name)) for name in "abc")


def compare(operator: str, field: str, *values: int | str | bytes | bool) -> Compare:
    return Compare(operator, Field(field), Literal(values[0]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", TRUE),
        (" \n\t", TRUE),
        ("true", TRUE),
        ("false", FALSE),
        ("proc.name=nginx", compare("=", "proc.name", "nginx")),
        ("proc.name == nginx", compare("=", "proc.name", "nginx")),
        ("proc.name='two words'", compare("=", "proc.name", "two words")),
        ('proc.name="it\'s"', compare("=", "proc.name", "it's")),
        (r"fd.name = 'a\'b\n\x41\d'", compare("=", "fd.name", "a'b\nA\\d")),
        ("proc.name=and", compare("=", "proc.name", "and")),
        ("fd.name contains /etc", compare("contains", "fd.name", "/etc")),
        ("fd.name glob /a/*.so?", compare("glob", "fd.name", "/a/*.so?")),
        ("fd.name=127.0.0.1:40->[::1]:80", compare("=", "fd.name", "127.0.0.1:40->[::1]:80")),
        ('not fd.name startswith "/proc"', Not(compare("startswith", "fd.name", "/proc"))),
        ("evt.failed=true", compare("=", "evt.failed", True)),
        ("evt.failed!=0", compare("!=", "evt.failed", False)),
        ("user.uid!=0", compare("!=", "user.uid", 0)),
        ("evt.rawres<-1", compare("<", "evt.rawres", -1)),
        ("evt.rawres>=0x1F", compare(">=", "evt.rawres", 31)),
        ("evt.rawres<=1e3", compare("<=", "evt.rawres", 1000)),
        ("evt.latency>10ms", compare(">", "evt.latency", 10_000_000)),
        ("evt.latency>1.5s", compare(">", "evt.latency", 1_500_000_000)),
        ("evt.latency<250", compare("<", "evt.latency", 250)),
        ("fd.sport=22", compare("=", "fd.sport", 22)),
        ("fd.sip=0:0::1", compare("=", "fd.sip", "::1")),
        ("fd.snet=10.1.2.3/8", compare("=", "fd.snet", "10.0.0.0/8")),
        ("evt.buffer bcontains 48545450", compare("bcontains", "evt.buffer", b"HTTP")),
        ("evt.buffer bstartswith 0x7F454c46", compare("bstartswith", "evt.buffer", b"\x7fELF")),
        ("fd.name exists", Compare("exists", Field("fd.name"), ())),
        ("proc.name in(a , 'b c')", Compare("in", Field("proc.name"), (Literal("a"), Literal("b c")))),
        ("proc.name in ()", Compare("in", Field("proc.name"), ())),
        ("fd.name pmatch (/etc,/usr)", Compare("pmatch", Field("fd.name"), (Literal("/etc"), Literal("/usr")))),
        ("evt.arg.flags contains O_CREAT", Compare("contains", Field("evt.arg", "flags"), Literal("O_CREAT"))),
        ("evt.res in (EWOULDBLOCK, SUCCESS)", Compare("in", Field("evt.res"), (Literal("EAGAIN"), Literal("SUCCESS")))),
        ("evt.res!=999", Compare("!=", Field("evt.res"), Literal("999"))),
        ("evt.res startswith E", Compare("startswith", Field("evt.res"), Literal("E"))),
        ("evt.arg[0]=x", Compare("=", Field("evt.arg", 0), Literal("x"))),
        ("evt.arg['flags']=x", Compare("=", Field("evt.arg", "flags"), Literal("x"))),
        ("proc.aname[2]=sh", Compare("=", Field("proc.aname", 2), Literal("sh"))),
        ("proc.aname=sh", Compare("=", Field("proc.aname"), Literal("sh"))),
        ("proc.env[HOME]=/root", Compare("=", Field("proc.env", "HOME"), Literal("/root"))),
        ("proc.name = val(proc.pname)", Compare("=", Field("proc.name"), Field("proc.pname"))),
        ("proc.name in (val(proc.pname), a)", Compare("in", Field("proc.name"), (Field("proc.pname"), Literal("a")))),
    ],
)
def test_one_condition(text: str, expected: Expr) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{a} or {b} and {c}", Or((A, And((B, C))))),
        ("({a} or {b}) and {c}", And((Or((A, B)), C))),
        ("not {a} and {b}", And((Not(A), B))),
        ("not({a} and {b})", Not(And((A, B)))),
        ("not not {a}", Not(Not(A))),
        ("{a} AND NOT {b} OR {c}", Or((And((A, Not(B))), C))),
        ("{a} and\n({b})and({c})", And((A, B, C))),
        ("{a} or {b} or {c}", Or((A, B, C))),
        ("(({a}))", A),
    ],
)
def test_precedence(text: str, expected: Expr) -> None:
    assert parse(text.format(a="proc.name=a", b="proc.name=b", c="proc.name = c")) == expected


def test_transformers() -> None:
    name, parent = Field("proc.name"), Field("proc.pname")
    assert parse("tolower(proc.name) = x") == Compare("=", Call("tolower", (name,)), Literal("x"))
    assert parse("proc.name = toupper(proc.pname)") == Compare("=", name, Call("toupper", (parent,)))
    assert parse("len(tolower( proc.name ))>=3") == Compare(">=", Call("len", (Call("tolower", (name,)),)), Literal(3))
    joined = Call("join", (Literal("-"), name, Literal("x y"), Call("b64", (parent,))))
    assert parse('join("-", (proc.name, "x y", b64(proc.pname))) = a') == Compare("=", joined, Literal("a"))
    options = Call("getopt", (Literal("-n"), Literal("n:")))
    assert parse('getopt(("-n"), "n:") intersects (n)') == Compare("intersects", options, (Literal("n"),))


def test_modifiers() -> None:
    starts = [compare("startswith", "proc.name", name) for name in "ab"]
    assert parse("proc.name startswith anyof (a, b)") == Or(tuple(starts))
    assert parse("proc.name startswith allof (a, b)") == And(tuple(starts))
    exactly = Or((And((starts[0], Not(starts[1]))), And((starts[1], Not(starts[0])))))
    assert parse("proc.name startswith oneof (a, b)") == exactly
    assert parse("proc.name != allof (a)") == compare("!=", "proc.name", "a")
    assert {parse(f"proc.name = {modifier} ()") for modifier in ("oneof", "anyof", "allof")} == {FALSE}
    assert parse("proc.name = anyof") == compare("=", "proc.name", "anyof")


@given(st.lists(st.booleans(), min_size=1, max_size=9))
def test_oneof_is_exactly_one(truths: list[bool]) -> None:
    expr = parse(f"fd.name contains oneof ({','.join(f'w{n}' for n in range(len(truths)))})")
    assert evaluate(expr, dict(zip((f"w{n}" for n in range(len(truths))), truths, strict=True))) is (sum(truths) == 1)


def evaluate(expr: Expr, truths: dict[str, bool]) -> bool:
    if isinstance(expr, Compare):
        assert isinstance(expr.right, Literal)
        return truths[str(expr.right.value)]
    if isinstance(expr, Not):
        return not evaluate(expr.item, truths)
    return (all if isinstance(expr, And) else any)(evaluate(item, truths) for item in expr.items)


def test_service_names() -> None:
    try:
        port = socket.getservbyname("ssh")
    except OSError:
        pytest.skip("/etc/services does not name ssh")
    assert parse("fd.sport=ssh") == compare("=", "fd.sport", port)


def test_nesting_is_bounded() -> None:
    assert parse("(" * 100 + "proc.name=a" + ")" * 100) == A
    for text in (
        "(" * 101 + "proc.name=a",
        "not " * 101 + "proc.name=a",
        "tolower(" * 300,
        "(not " * 60,
        "join(a," + "(" * 400,
    ):
        with pytest.raises(QueryError, match="nested more than 100"):
            parse(text)


def test_the_deepest_filter_survives_everything_done_to_it() -> None:
    opening = "".join(f"proc.name=a{n} {('and', 'or')[n % 2]} (" for n in range(100))
    expr = parse(f"{opening}fd.port=1{')' * 100}")
    assert parse(str(rewrite(expr))) == rewrite(expr)
    assert parse("(not " * 50 + "proc.name=a" + ")" * 50) == parse("not " * 50 + "proc.name=a")


def test_a_field_can_be_for_show_only() -> None:
    shown = {"proc.name": Column("proc.name", FIELDS["proc.name"].type, "", filterable=False)}
    with pytest.raises(QueryError, match="can be shown, not filtered"):
        parse("proc.name=a", shown)


# Writing and reading: every expression, whatever its text.

PATTERN = st.text("abz/._-*?", min_size=1)
WORDS: dict[str, st.SearchStrategy[int | str | bool]] = {
    "Int": st.integers(-(2**63), 2**64 - 1),
    "Timestamp": st.integers(0, 2**63 - 1),
    "Nanoseconds": st.integers(0, 2**63 - 1),
    "Port": st.integers(0, 65535),
    "Bool": st.booleans(),
    "Str": st.text(),
    "Bytes": st.text(),
    "IpAddr": st.ip_addresses().map(lambda a: socket.inet_ntop(2 if a.version == 4 else 10, a.packed)),
    "IpNet": st.tuples(st.ip_addresses(v=4), st.integers(0, 32)).map(
        lambda n: str(ipaddress.ip_network(f"{n[0]}/{n[1]}", strict=False))
    ),
}
COLUMNS = [column for column in FIELDS.values() if column.filterable and "is" not in column.name.split(".")]


def field_of(column: Column) -> st.SearchStrategy[Value]:
    if column.argument is Argument.NONE:
        return st.just(Field(column.name))
    arguments: dict[Argument, st.SearchStrategy[str | int | None]] = {
        Argument.INDEX: st.none() | st.integers(0, 99),
        Argument.KEY: st.none() | st.sampled_from(["HOME", "A_B", "/etc/x"]),
        Argument.REQUIRED: st.sampled_from(["fd", "flags", 0, 3]),
    }
    return arguments[column.argument].map(lambda argument: Field(column.name, argument))


@st.composite
def comparisons(draw: st.DrawFn) -> Compare:
    column = draw(st.sampled_from(COLUMNS))
    operator = draw(st.sampled_from([o for o in column.type.operators if o != "=="]))
    left: Value = draw(field_of(column))
    if column.name in ("evt.type", "syscall.type"):
        return Compare("in", left, (Literal("openat"), Literal("close")))
    words: st.SearchStrategy[Literal] = WORDS[column.type.name].map(Literal)
    if column.name == "evt.res":
        words = st.sampled_from(["SUCCESS", "ENOENT", "EPERM"]).map(Literal)
    if operator in ("glob", "iglob", "regex", "pmatch"):
        words = (PATTERN if operator != "regex" else st.just("a.*[bc]")).map(Literal)
    if operator in ("bcontains", "bstartswith"):
        words = st.binary(min_size=1).map(Literal)
    constant = operator in ("glob", "iglob", "regex", "pmatch", "bcontains", "bstartswith")
    same = [] if constant else [c for c in COLUMNS if c.type.kind is column.type.kind and c.argument is Argument.NONE]
    right = words | st.sampled_from(same).map(lambda c: Field(c.name)) if same else words
    if operator == "exists":
        return Compare(operator, left, ())
    if operator in ("in", "intersects", "pmatch"):
        return Compare(operator, left, tuple(draw(st.lists(right, max_size=4))))
    return Compare(operator, left, draw(right))


EXPRESSIONS: st.SearchStrategy[Expr] = st.recursive(
    comparisons() | st.sampled_from([TRUE, FALSE]),
    lambda inner: inner.map(Not) | st.lists(inner).map(tuple).map(And) | st.lists(inner).map(tuple).map(Or),
    max_leaves=12,
)


def plain(expr: Expr) -> Expr:
    """The expression without what the text cannot say: And in And, And of one."""
    while (simpler := fold(flatten(expr))) != expr:
        expr = simpler
    return expr


@given(EXPRESSIONS)
def test_written_and_read_again(expr: Expr) -> None:
    assert parse(str(plain(expr))) == plain(expr)
    assert plain(parse(str(expr))) == plain(expr)


PIECES = [
    *("proc.name", "evt.arg", "fd.port", "evt.buffer", "fd.net", "evt.type", "proc.aname[1]", "nonsense", "x.y"),
    *("=", "!=", "<", "in", "exists", "contains", "regex", "bcontains", "pmatch", "oneof", "intersects"),
    *("(", ")", "[", "]", ",", "'", '"', "\\", " ", "\n", "and", "or", "not", "val(", "tolower(", "join("),
    *("a", "1", "0x", "-", ".", "10.0.0.0/8", "*", "é", "\x00", "\ud800", "1e400", "9" * 50, "1e99"),
]


@settings(max_examples=300)
@given(st.text() | st.lists(st.sampled_from(PIECES)).map("".join) | st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_any_text_is_an_expression_or_a_query_error(text: str) -> None:
    try:
        parse(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
        assert str(error)
