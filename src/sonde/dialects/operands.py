"""Fields and transformers as filters and formats write them: `evt.arg.flags`, `proc.aname[2]`, `tolower(fd.name)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from sonde.catalog.column import Argument, Column
from sonde.catalog.types import INT, STR, Kind, Type
from sonde.dialects.lexer import NAME, WORD, Scanner, Token
from sonde.dialects.values import check_event, check_parameter
from sonde.errors import did_you_mean
from sonde.plan.expr import Call, Field, Literal, Value

__all__ = ["FUNCTIONS", "MAX_DEPTH", "Fields", "Operand", "call", "check_depth", "field"]

Fields = Mapping[str, Column]

MAX_DEPTH = 100


class _Function(NamedTuple):
    """What a transformer takes (`most` None: any number) and gives; `text`: it reads text only."""

    least: int
    most: int | None
    result: Type
    text: bool


FUNCTIONS: dict[str, _Function] = {
    "tolower": _Function(1, 1, STR, True),
    "toupper": _Function(1, 1, STR, True),
    "b64": _Function(1, 1, STR, True),
    "basename": _Function(1, 1, STR, True),
    "len": _Function(1, 1, INT, True),
    "join": _Function(2, None, STR, False),
    "concat": _Function(2, None, STR, False),
    "getopt": _Function(2, None, STR, False),
}

_CALL = re.compile(rf"(?:{'|'.join(FUNCTIONS)})\(")
_KEY = re.compile(r"[^\]\"'][^\]]*")
_NUMBER = re.compile(r"[0-9]{1,9}")
_PART = re.compile(r"[A-Za-z0-9_]+")
_CHECKS = {"evt.arg": check_parameter, "evt.rawarg": check_parameter, "evt.type.is": check_event}


class Operand(NamedTuple):
    """A value with its type; it was written at text[start:end]."""

    value: Value
    type: Type
    start: int
    end: int


def field(scanner: Scanner, fields: Fields, whole: bool = True) -> Operand | None:
    """The field written here with its argument, or None if no name with a dot stands here.

    Unless `whole`, the longest beginning that is a field is taken and the rest left: `proc.name.txt` is proc.name.
    Raises QueryError for an unknown field and for a missing, forbidden or malformed argument.
    """
    start = scanner.at
    token = scanner.take(NAME)
    if token is None or "." not in token.text:
        scanner.at = start
        return None
    name = token.text
    while (column := _column(name, fields)) is None:
        name = "" if whole else name.rpartition(".")[0]
        if not name:
            scanner.fail(f"unknown field {token.text}{did_you_mean(token.text, fields)}", start, token.end)
    scanner.at = start + len(name)
    argument = Token(name[len(column.name) + 1 :], start + len(column.name) + 1, scanner.at)
    return _with_argument(scanner, column, argument if argument.text else None, start)


def call(scanner: Scanner, fields: Fields, depth: int = 0) -> Operand | None:
    """The transformer call written here, or None. Lists in it are flattened: join(sep, (a, b)) is join(sep, a, b).

    Raises QueryError as `field` does, and for a wrong number or type of arguments.
    """
    token = scanner.take(_CALL)
    if token is None:
        return None
    name = token.text[:-1]
    function = FUNCTIONS[name]
    arguments = _arguments(scanner, fields, depth + 1)
    if not function.least <= len(arguments) <= (function.most or len(arguments)):
        wanted = f"{function.least} or more arguments" if function.most is None else "one argument"
        scanner.fail(f"{name}() takes {wanted}, not {len(arguments)}", token.start, scanner.at)
    for argument in arguments:
        if function.text and argument.type.kind not in (Kind.STR, Kind.BYTES):
            scanner.fail(f"{name}() reads text, {argument.value} is {argument.type.name}", argument.start, argument.end)
    return Operand(Call(name, tuple(a.value for a in arguments)), function.result, token.start, scanner.at)


def check_depth(scanner: Scanner, depth: int) -> None:
    """Raise QueryError at the character just read if parentheses are nested too deeply for the Python stack."""
    if depth > MAX_DEPTH:
        scanner.fail(f"nested more than {MAX_DEPTH} levels deep", scanner.at - 1, scanner.at)


def _column(name: str, fields: Fields) -> Column | None:
    """The column that dotted `name` means, by itself or with its last part as argument."""
    stem = fields.get(name.rpartition(".")[0])
    return fields.get(name) or (stem if stem is not None and stem.argument is Argument.REQUIRED else None)


def _arguments(scanner: Scanner, fields: Fields, depth: int) -> list[Operand]:
    """Everything up to the closing parenthesis, the opening one already read."""
    found: list[Operand] = []
    check_depth(scanner, depth)
    scanner.blank()
    if scanner.symbol(")"):
        return found
    while True:
        scanner.blank()
        if scanner.symbol("("):
            found += _arguments(scanner, fields, depth + 1)
        else:
            found.append(_argument(scanner, fields, depth))
        scanner.blank()
        if scanner.symbol(")"):
            return found
        if not scanner.symbol(","):
            scanner.fail("expected , or )")


def _argument(scanner: Scanner, fields: Fields, depth: int) -> Operand:
    operand = call(scanner, fields, depth)
    if operand is None and (token := scanner.quoted()) is not None:
        operand = Operand(Literal(token.text), STR, token.start, token.end)
    if operand is None:
        operand = field(scanner, fields)
    if operand is None and (token := scanner.take(WORD)) is not None:
        operand = Operand(Literal(token.text), STR, token.start, token.end)
    if operand is None:
        scanner.fail("expected a field, a text or a transformer")
    return operand


def _with_argument(scanner: Scanner, column: Column, argument: Token | None, start: int) -> Operand:
    if argument is None and scanner.symbol("["):
        argument = scanner.quoted() or scanner.take(_KEY)
        if argument is None:
            scanner.fail(f"expected an argument, as in {column.name}[..]")
        if not scanner.symbol("]"):
            scanner.fail("expected ]")
    value = None if argument is None else _argument_value(scanner, column, argument)
    if argument is None and column.argument is Argument.REQUIRED:
        message = f"{column.name} needs an argument, as in {column.name}.NAME or {column.name}[N]"
        scanner.fail(message, start, scanner.at)
    return Operand(Field(column.name, value), column.type, start, scanner.at)


def _argument_value(scanner: Scanner, column: Column, argument: Token) -> str | int:
    """The argument as the column wants it: a level, a name or number, or any text."""
    text = argument.text
    number = int(text) if _NUMBER.fullmatch(text) else None
    if column.argument is Argument.NONE:
        scanner.fail(f"{column.name} takes no argument", argument.start, argument.end)
    if column.argument is Argument.KEY:
        return text
    if column.argument is Argument.INDEX and number is None:
        scanner.fail(f"{column.name} takes a number, as in {column.name}[1]", argument.start, argument.end)
    if number is None and not _PART.fullmatch(text):
        scanner.fail(f"{text!r} is not a name or number", argument.start, argument.end)
    try:
        if check := _CHECKS.get(column.name):
            check(text)
    except ValueError as error:
        scanner.fail(str(error), argument.start, argument.end)
    return text if number is None else number
