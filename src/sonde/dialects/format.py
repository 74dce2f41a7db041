"""The format of an output line, as in sysdig's -p: `*%evt.num %-16proc.name %evt.arg[0]`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from sonde.catalog.events import FIELDS
from sonde.dialects.lexer import Scanner
from sonde.dialects.operands import Fields, call, field
from sonde.errors import did_you_mean

if TYPE_CHECKING:
    from sonde.plan.expr import Value

__all__ = ["CONTAINER", "DEFAULT", "Format", "Shown", "parse_format"]

DEFAULT = "%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info"
# of -pc, as sysdig's
CONTAINER = (
    "%evt.num %evt.outputtime %evt.cpu %container.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.dir "
    "%evt.type %evt.info"
)

_LITERAL = re.compile(r"[^%\\]+")
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\\\": "\\"}
_WIDTH = re.compile(r"-?([0-9]{1,4})")
_CHUNK = re.compile(r"[^\s%]*")


class Shown(NamedTuple):
    """A value in a line. With a `width` it takes exactly so many characters: blanks added on the right, or cut."""

    value: Value
    width: int = 0

    def __str__(self) -> str:
        return f"%{self.width or ''}{self.value}"


class Format(NamedTuple):
    """Text and values of a line in order. With `complete`, a line that lacks a value is skipped; else it shows <NA>."""

    items: tuple[str | Shown, ...]
    complete: bool = True

    @property
    def values(self) -> tuple[Value, ...]:
        """The values in order."""
        return tuple(item.value for item in self.items if isinstance(item, Shown))


def parse_format(text: str, fields: Fields = FIELDS) -> Format:
    r"""The format that `text` writes: %field, %field[argument], %10field, %tolower(field), %% and the escapes \n \t.

    A name ends where no field of `fields` goes on: in `%proc.name.` the last dot is text. A `*` at the beginning keeps
    lines with missing values. Raises QueryError, with the position, for an unknown field or a lonely %.
    """
    scanner = Scanner(text)
    complete = not scanner.symbol("*")
    items: list[str | Shown] = []
    while scanner.at < len(text):
        item = _item(scanner, fields)
        if isinstance(item, str) and items and isinstance(items[-1], str):
            items[-1] += item
        else:
            items.append(item)
    if not items:
        scanner.fail("the format is empty; it is text with fields such as %proc.name")
    return Format(tuple(items), complete)


def _item(scanner: Scanner, fields: Fields) -> str | Shown:
    """The next value, or the next piece of text with its escapes resolved."""
    if scanner.symbol("%%"):
        return "%"
    if scanner.symbol("%"):
        return _shown(scanner, fields)
    token = scanner.take(_LITERAL)
    if token is not None:
        return token.text
    escape = scanner.text[scanner.at : scanner.at + 2]
    scanner.at += len(escape) if escape in _ESCAPES else 1
    return _ESCAPES.get(escape, "\\")


def _shown(scanner: Scanner, fields: Fields) -> Shown:
    """What follows a %."""
    start = scanner.at - 1
    width = scanner.take(_WIDTH)
    operand = call(scanner, fields) or field(scanner, fields, whole=False)
    if operand is None:
        _nothing(scanner, fields, start)
    return Shown(operand.value, abs(int(width.text)) if width else 0)


def _nothing(scanner: Scanner, fields: Fields, start: int) -> NoReturn:
    word = scanner.take(_CHUNK)
    name = word.text if word else ""
    found = f", not {name}{did_you_mean(name, fields)}" if name else ""
    scanner.fail(f"expected a field after %{found}; a % itself is written %%", start, scanner.at)
