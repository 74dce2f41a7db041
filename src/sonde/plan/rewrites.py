"""Equivalent, simpler expressions: one visible tuple of rewrites, and what a part of an expression still says."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from sonde.catalog.events import FIELDS
from sonde.catalog.families import expand
from sonde.catalog.lookup import EVENTS
from sonde.plan.expr import FALSE, TRUE, And, Call, Compare, Expr, Field, Literal, Not, Or, Value, leaves, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "REWRITES", "deduplicate", "drop_double_not", "expand_either", "flatten", "fold", "rewrite", "single_in",
    "type_lists", "weaken",
]  # fmt: skip


def expand_either(expr: Expr) -> Expr:
    """A field of either end becomes its ends: one of them must fit, for `!=` all.

    >>> print(expand_either(Compare("!=", Field("fd.port"), Literal(80))))
    fd.cport != 80 and fd.sport != 80
    """
    return walk(expr, _each_end)


def type_lists(expr: Expr) -> Expr:
    """Every equality of evt.type and syscall.type becomes a list of names in alphabetical order, families by their
    members.

    >>> print(type_lists(Compare("!=", Field("evt.type"), Literal("accept"))))
    not (evt.type in (accept, accept4))
    """
    return walk(expr, _type_list)


def single_in(expr: Expr) -> Expr:
    """`in` with one item becomes `=`, with none FALSE; names of events stay a list.

    >>> print(single_in(Compare("in", Field("proc.name"), (Literal("sh"),))))
    proc.name = sh
    """
    return walk(expr, _single)


def drop_double_not(expr: Expr) -> Expr:
    """`not not x` becomes x. A single `not` stays: on a missing x, `not x = y` is true and `x != y` is false.

    >>> print(drop_double_not(Not(Not(Compare("exists", Field("fd.name"), ())))))
    fd.name exists
    """
    if isinstance(expr, Not):
        item = drop_double_not(expr.item)
        return item.item if isinstance(item, Not) else Not(item)
    return expr if isinstance(expr, Compare) else type(expr)(tuple(map(drop_double_not, expr.items)))


def flatten(expr: Expr) -> Expr:
    """An And in an And, an Or in an Or, becomes a part of it.

    >>> a, b, c = (Compare("exists", Field(name), ()) for name in ("fd.num", "fd.name", "fd.type"))
    >>> flatten(And((And((a, b)), c))) == And((a, b, c))
    True
    """
    if isinstance(expr, Compare):
        return expr
    if isinstance(expr, Not):
        return Not(flatten(expr.item))
    kind = type(expr)
    items = map(flatten, expr.items)
    return kind(tuple(itertools.chain.from_iterable(i.items if isinstance(i, kind) else (i,) for i in items)))


def fold(expr: Expr) -> Expr:
    """Constants decide or vanish, and an And or Or of one item is that item.

    >>> print(fold(Or((FALSE, And((TRUE, Compare("=", Field("fd.num"), Literal(1))))))))
    fd.num = 1
    """
    if isinstance(expr, Compare):
        return expr
    if isinstance(expr, Not):
        item = fold(expr.item)
        return FALSE if item == TRUE else TRUE if item == FALSE else Not(item)
    neutral, deciding = (TRUE, FALSE) if isinstance(expr, And) else (FALSE, TRUE)
    items = tuple(item for item in map(fold, expr.items) if item != neutral)
    if deciding in items:
        return deciding
    return items[0] if len(items) == 1 else type(expr)(items)


def deduplicate(expr: Expr) -> Expr:
    """Of equal items of an And or Or the first stays.

    >>> a = Compare("exists", Field("fd.name"), ())
    >>> deduplicate(And((a, a))) == And((a,))
    True
    """
    if isinstance(expr, Compare):
        return expr
    if isinstance(expr, Not):
        return Not(deduplicate(expr.item))
    return type(expr)(tuple(dict.fromkeys(map(deduplicate, expr.items))))


REWRITES: tuple[Callable[[Expr], Expr], ...] = (
    expand_either,
    type_lists,
    single_in,
    drop_double_not,
    flatten,
    deduplicate,
    fold,
)


def rewrite(expr: Expr, families: bool = True) -> Expr:
    """The expression after all REWRITES, repeated until none changes it; without `families` names of events mean only
    themselves."""
    rewrites = [change for change in REWRITES if families or change is not type_lists]
    while True:
        before = expr
        for change in rewrites:
            expr = change(expr)
        if expr == before:
            return expr


def weaken(expr: Expr, accepts: Callable[[Compare], bool]) -> tuple[Expr, bool]:
    """(the strongest expression of accepted comparisons that follows from `expr`, whether it says the same).

    A comparison that is not accepted is taken as true, below an odd number of nots as false: rows are kept, never lost.
    """
    return fold(_weakened(expr, accepts, TRUE)), all(map(accepts, leaves(fold(expr))))


def _weakened(expr: Expr, accepts: Callable[[Compare], bool], unknown: Expr) -> Expr:
    if isinstance(expr, Compare):
        return expr if accepts(expr) else unknown
    if isinstance(expr, Not):
        return Not(_weakened(expr.item, accepts, FALSE if unknown == TRUE else TRUE))
    return type(expr)(tuple(_weakened(item, accepts, unknown) for item in expr.items))


def _each_end(leaf: Compare) -> Expr:
    rights = itertools.product(*map(_ends, leaf.right)) if isinstance(leaf.right, tuple) else _ends(leaf.right)
    pairs = itertools.product(_ends(leaf.left), rights)
    found = tuple(Compare(leaf.operator, left, right) for left, right in pairs)
    if len(found) == 1:
        return leaf
    return And(found) if leaf.operator == "!=" else Or(found)


def _ends(value: Value) -> Iterator[Value]:
    """The value once for each end of the either-end fields in it; itself if there are none."""
    if isinstance(value, Call):
        for arguments in itertools.product(*map(_ends, value.arguments)):
            yield Call(value.function, arguments)
    elif isinstance(value, Field) and value.name in FIELDS and FIELDS[value.name].either:
        yield from (Field(end, value.argument) for end in FIELDS[value.name].either)
    else:
        yield value


def _type_list(leaf: Compare) -> Expr:
    right = leaf.right if isinstance(leaf.right, tuple) else (leaf.right,)
    names = {str(item.value) for item in right if isinstance(item, Literal)}
    computed = any(isinstance(item, Field | Call) for item in right)
    if leaf.left not in _EVENT_TYPES or leaf.operator not in ("=", "!=", "in") or computed:
        return leaf
    members = {EVENTS[number].name for name in names for number in expand(name)}
    listed = Compare("in", leaf.left, tuple(map(Literal, sorted(members))))
    if leaf.operator != "!=":
        return listed
    if leaf.left.name == "evt.type":
        return Not(listed)
    return And((Compare("exists", leaf.left, ()), Not(listed)))  # not all events are calls


def _single(leaf: Compare) -> Expr:
    if leaf.operator not in ("in", "intersects", "pmatch") or not isinstance(leaf.right, tuple):
        return leaf
    if not leaf.right:
        return FALSE
    if leaf.operator == "in" and len(leaf.right) == 1 and leaf.left not in _EVENT_TYPES:
        return Compare("=", leaf.left, leaf.right[0])
    return leaf


_EVENT_TYPES = (Field("evt.type"), Field("syscall.type"))
