"""The filter language of sysdig and Falco: `evt.type in (open, close) and not fd.name startswith /proc`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from sonde.catalog.events import FIELDS
from sonde.dialects.lexer import NAME, WORD, Scanner, Token
from sonde.dialects.operands import Fields, Operand, call, check_depth, field
from sonde.dialects.values import EVENT_NAMES, check_event, convert, result
from sonde.errors import did_you_mean
from sonde.plan import patterns
from sonde.plan.expr import FALSE, TRUE, And, Compare, Expr, Field, Literal, Not, Or, Value

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["parse"]

PATTERNS = ("glob", "iglob", "regex", "pmatch")
CONSTANT = (*PATTERNS, "bcontains", "bstartswith")
EQUALITY = ("=", "!=", "in")
LISTS = ("in", "intersects", "pmatch")
TEXT = ("contains", "icontains", "startswith", "endswith", "glob", "iglob", "regex", "bcontains", "bstartswith")
WORDS = ("exists", *TEXT, *LISTS)
_OPERATOR = re.compile(rf"==|=|!=|<=|>=|<|>|(?:{'|'.join(WORDS)})(?![A-Za-z0-9_])")
_JUNCTION = re.compile(r"(?:and|or|AND|OR)(?![A-Za-z0-9_.])")
_NOT = re.compile(r"(?:not|NOT)(?![A-Za-z0-9_.])")
_CONSTANT = re.compile(r"(?:true|false)(?![A-Za-z0-9_.])")
_VAL = re.compile(r"val\(")
_MODIFIER = re.compile(r"(oneof|anyof|allof)\s*\(")
_CHUNK = re.compile(r"[^()\"'\s]+|.", re.DOTALL)
_HINTS = {"&&": "and", "||": "or", "And": "and", "Or": "or", "&": "and", "|": "or"}


def parse(text: str, fields: Fields = FIELDS) -> Expr:
    """The expression that filter `text` means; an empty one is TRUE.

    `==` becomes `=`, literals have the type of their field, `oneof` and its kin become And, Or and Not.
    Raises QueryError, with the position, for whatever is not a filter over `fields`.
    """
    return _Parser(text, fields).whole()


class _Parser:
    """One text on its way to an expression. `depth` counts open parentheses and nots, which bounds recursion."""

    def __init__(self, text: str, fields: Fields) -> None:
        self.scanner = Scanner(text)
        self.fields = fields

    def whole(self) -> Expr:
        if self.scanner.done():
            return TRUE
        expr = self.disjunction(0)
        if not self.scanner.done():
            self.unexpected()
        return expr

    def disjunction(self, depth: int) -> Expr:
        alternatives: list[Expr] = []
        conjuncts: list[Expr] = []
        while True:
            conjuncts.append(self.negation(depth))
            self.scanner.blank()
            word = self.scanner.take(_JUNCTION)
            if word is None or word.text.lower() == "or":
                alternatives.append(_joined(And, conjuncts))
                conjuncts = []
            if word is None:
                return _joined(Or, alternatives)

    def negation(self, depth: int) -> Expr:
        nots = 0
        self.scanner.blank()
        while self.scanner.take(_NOT):
            nots += 1
            check_depth(self.scanner, depth + nots)
            self.scanner.blank()
        if self.scanner.symbol("("):
            check_depth(self.scanner, depth + nots + 1)
            opened = self.scanner.at - 1
            expr = self.disjunction(depth + nots + 1)
            self.scanner.blank()
            if not self.scanner.symbol(")"):
                self.unclosed(opened)
        else:
            expr = self.condition(depth + nots)
        for _ in range(nots):
            expr = Not(expr)
        return expr

    def unclosed(self, opened: int) -> NoReturn:
        if self.scanner.done():
            self.scanner.fail("the closing ) is missing", opened, opened + 1)
        self.unexpected()

    def unexpected(self) -> NoReturn:
        """Raise what fits text that is neither `and` nor `or` after a condition."""
        token = self.scanner.take(_CHUNK)
        assert token is not None
        message = f"expected and / or, not {token.text}"
        if token.text == ")":
            message = "there is no ( for this )"
        elif token.text in _HINTS:
            message += f"; write {_HINTS[token.text]}"
        elif token.text.startswith("="):
            message = "a value with = in it must be quoted"
        elif token.text.startswith(","):
            message = "alternatives are written FIELD in (A, B); a value with , in it must be quoted"
        self.scanner.fail(message, token.start, token.end)

    def condition(self, depth: int) -> Expr:
        constant = self.scanner.take(_CONSTANT)
        if constant is not None:
            return TRUE if constant.text == "true" else FALSE
        left = call(self.scanner, self.fields, depth) or field(self.scanner, self.fields)
        if left is None:
            self.no_field()
        if isinstance(left.value, Field):
            self.check_field(left, left.value)
        operator = self.operator(left)
        if operator == "exists":
            return Compare(operator, left.value, ())
        if operator in LISTS:
            return Compare(operator, left.value, tuple(self.values(left, operator, depth)))
        if (modifier := self.scanner.take(_MODIFIER)) is not None:
            self.scanner.at -= 1
            values = self.values(left, operator, depth)
            return _MODIFIERS[modifier.text[:5]]([Compare(operator, left.value, v) for v in values])
        return Compare(operator, left.value, self.value(left, operator, depth))

    def no_field(self) -> NoReturn:
        """Raise what fits text that begins no condition."""
        if self.scanner.done():
            self.scanner.fail("expected a condition, as in proc.name = nginx")
        token = self.scanner.take(NAME) or self.scanner.take(_CHUNK)
        assert token is not None
        hint = "; write not" if token.text.startswith("!") else did_you_mean(token.text, self.fields)
        message = f"expected a condition, as in proc.name = nginx, not {token.text}{hint}"
        self.scanner.fail(message, token.start, token.end)

    def check_field(self, operand: Operand, found: Field) -> None:
        """Raise for a field that filters cannot use."""
        if not self.fields[found.name].filterable:
            self.scanner.fail(f"{found} can be shown, not filtered", operand.start, operand.end)

    def operator(self, left: Operand) -> str:
        """The operator after `left`, `==` as `=`; blanks after it are skipped."""
        allowed = [o for o in left.type.operators if o != "=="]
        self.scanner.blank()
        token = self.scanner.take(_OPERATOR)
        if token is None:
            self.no_operator(left, allowed)
        if token.text not in left.type.operators:
            message = f"{token.text} cannot be used with {left.value} ({left.type.name}); it takes {' '.join(allowed)}"
            self.scanner.fail(message, token.start, token.end)
        after = self.scanner.text[token.end : token.end + 1]
        if token.text == "=" and after and after in "<>" and str(left.value) != "evt.dir":  # its values are < and >
            self.scanner.fail(f"there is no operator ={after}; write {after}=", token.start, token.end + 1)
        self.scanner.blank()
        return "=" if token.text == "==" else token.text

    def no_operator(self, left: Operand, allowed: list[str]) -> NoReturn:
        """Raise what fits text that is no operator after `left`."""
        message = f"expected an operator after {left.value}"
        word = self.scanner.take(_CHUNK)
        if word is None:
            self.scanner.fail(f"{message}; it takes {' '.join(allowed)}")
        hint = f"; write not {left.value} in (A, B)" if word.text == "not" else did_you_mean(word.text, WORDS)
        self.scanner.fail(f"{message}, not {word.text}{hint}", word.start, word.end)

    def values(self, left: Operand, operator: str, depth: int) -> list[Value]:
        """A list in parentheses, or one field or transformer."""
        found: list[Value] = []
        scanner = self.scanner
        if not scanner.symbol("("):
            if (operand := self.right_field(left, operator, depth)) is not None:
                return [operand]
            scanner.fail(f"expected a list, as in {left.value} {operator} (A, B)")
        if scanner.done():
            scanner.fail("the closing ) is missing")
        if scanner.symbol(")"):
            return found
        while True:
            scanner.blank()
            found.append(self.value(left, operator, depth))
            scanner.blank()
            if scanner.symbol(")"):
                return found
            if not scanner.symbol(","):
                scanner.fail("expected , or )")

    def value(self, left: Operand, operator: str, depth: int) -> Value:
        """A literal of the type, or val(field), or a transformer."""
        if (operand := self.right_field(left, operator, depth)) is not None:
            return operand
        token = self.scanner.quoted() or self.scanner.take(WORD)
        if token is None:
            self.scanner.fail(f"expected a value after {operator}")
        return self.literal(token, left, operator)

    def literal(self, token: Token, left: Operand, operator: str) -> Literal:
        try:
            if str(left.value) in EVENT_NAMES and operator in EQUALITY:
                check_event(token.text)
            if str(left.value) == "evt.res" and operator in EQUALITY:
                return Literal(result(token.text))
            if operator in PATTERNS:
                patterns.parse(operator, token.text)
            return Literal(convert(token.text, left.type, operator))
        except ValueError as error:
            self.scanner.fail(str(error), token.start, token.end)
        except patterns.PatternError as error:
            self.scanner.fail(error.message, token.start, token.end)

    def right_field(self, left: Operand, operator: str, depth: int) -> Value | None:
        """A value computed from fields, if one is written here; its type must be comparable and the operator able."""
        if self.scanner.take(_VAL):
            self.scanner.blank()
            operand = field(self.scanner, self.fields)
            if operand is None:
                self.scanner.fail("expected a field, as in val(proc.pname)")
            self.scanner.blank()
            if not self.scanner.symbol(")"):
                self.scanner.fail("expected )")
        else:
            operand = call(self.scanner, self.fields, depth)
        if operand is None:
            return None
        if operator in CONSTANT:
            self.scanner.fail(f"{operator} takes a constant, not {operand.value}", operand.start, operand.end)
        if operand.type.kind is not left.type.kind:
            message = f"{operand.value} ({operand.type.name}) cannot be compared with {left.type.name}"
            self.scanner.fail(message, operand.start, operand.end)
        return operand.value


def _joined(kind: type[And] | type[Or], items: list[Expr]) -> Expr:
    return items[0] if len(items) == 1 else kind(tuple(items))


def _any(items: list[Expr]) -> Expr:
    return _joined(Or, items)


def _all(items: list[Expr]) -> Expr:
    return _joined(And, items) if items else FALSE


def _one(items: list[Expr]) -> Expr:
    """Exactly one of the items: one of this half and none of the other, either way round."""
    if len(items) < 2:
        return _any(items)
    left, right = items[: len(items) // 2], items[len(items) // 2 :]
    return Or((And((_one(left), Not(_any(right)))), And((_one(right), Not(_any(left))))))


_MODIFIERS: dict[str, Callable[[list[Expr]], Expr]] = {"oneof": _one, "anyof": _any, "allof": _all}
