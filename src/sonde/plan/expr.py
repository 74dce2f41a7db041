"""Expressions of a plan: frozen trees that every dialect ends in.

Comparisons are two-valued: a comparison with a missing value is false, also `!=`; so `not (x = y)` is true on a
missing x.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = [
    "FALSE", "TRUE", "And", "Call", "Compare", "Expr", "Field", "Literal", "Not", "Or", "Scalar", "Value", "fields",
    "leaves", "walk",
]  # fmt: skip

Scalar = int | float | str | bytes | bool


@dataclass(frozen=True)
class Field:
    """A catalogue field with its argument: `proc.aname[2]` is Field("proc.aname", 2), `evt.arg.flags`
    Field("evt.arg", "flags")."""

    name: str
    argument: str | int | None = None

    def __str__(self) -> str:
        if self.argument is None:
            return self.name
        if isinstance(self.argument, str) and self.name in ("evt.arg", "evt.rawarg", "evt.type.is", "thread.cgroup"):
            return f"{self.name}.{self.argument}"
        return f"{self.name}[{self.argument}]"


@dataclass(frozen=True)
class Literal:
    """A constant, already converted to the type of the field it is compared with (str stays str; bytes for
    b-operators)."""

    value: Scalar

    def __str__(self) -> str:
        if isinstance(self.value, bytes):
            return self.value.hex()
        if isinstance(self.value, bool):
            return str(self.value).lower()
        return str(self.value) if not isinstance(self.value, str) or self.value.isalnum() else repr(self.value)


@dataclass(frozen=True)
class Call:
    """A transformer: tolower toupper b64 basename len join concat getopt."""

    function: str
    arguments: tuple[Value, ...]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


Value = Field | Literal | Call


@dataclass(frozen=True)
class Compare:
    """`left operator right`.

    Operators: = != < <= > >= contains icontains startswith endswith glob iglob regex bcontains bstartswith
    in intersects pmatch exists. `in`, `intersects` and `pmatch` have a tuple on the right; `exists` has ().
    """

    operator: str
    left: Value
    right: Value | tuple[Value, ...]

    def __str__(self) -> str:
        if self.operator == "exists":
            return f"{self.left} exists"
        right = f"({', '.join(map(_right, self.right))})" if isinstance(self.right, tuple) else _right(self.right)
        return f"{self.left} {self.operator} {right}"


@dataclass(frozen=True)
class And:
    """True if every item is; And(()) is true."""

    items: tuple[Expr, ...]

    def __str__(self) -> str:
        return " and ".join(f"({i})" if isinstance(i, Or) else str(i) for i in self.items) or "true"


@dataclass(frozen=True)
class Or:
    """True if an item is; Or(()) is false."""

    items: tuple[Expr, ...]

    def __str__(self) -> str:
        return " or ".join(f"({i})" if isinstance(i, And) and i.items else str(i) for i in self.items) or "false"


@dataclass(frozen=True)
class Not:
    """The opposite of the item."""

    item: Expr

    def __str__(self) -> str:
        return f"not ({self.item})"


def _right(value: Value) -> str:
    """A value as written right of an operator, where a bare word is text and a field is val(field)."""
    return f"val({value})" if isinstance(value, Field) else str(value)


Expr = Compare | And | Or | Not
TRUE = And(())
FALSE = Or(())


def leaves(expr: Expr) -> Iterator[Compare]:
    """The comparisons of an expression, left to right."""
    if isinstance(expr, Compare):
        yield expr
    elif isinstance(expr, Not):
        yield from leaves(expr.item)
    else:
        for item in expr.items:
            yield from leaves(item)


def walk(expr: Expr, change: Callable[[Compare], Expr]) -> Expr:
    """The same tree with every comparison replaced by `change(comparison)`."""
    if isinstance(expr, Compare):
        return change(expr)
    if isinstance(expr, Not):
        return Not(walk(expr.item, change))
    return type(expr)(tuple(walk(item, change) for item in expr.items))


def fields(expr: Expr | Value | tuple[Value, ...]) -> Iterator[Field]:
    """Every field an expression or value mentions, left to right, with repeats."""
    if isinstance(expr, Field):
        yield expr
    elif isinstance(expr, Call):
        yield from fields(expr.arguments)
    elif isinstance(expr, tuple):
        for value in expr:
            yield from fields(value)
    elif not isinstance(expr, Literal):
        for leaf in leaves(expr):
            yield from fields(leaf.left)
            yield from fields(leaf.right)
