"""Reading text piece by piece, with exact positions for errors; the reader says what may stand at a place."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from sonde.errors import QueryError

__all__ = ["NAME", "WORD", "Scanner", "Token"]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*")
WORD = re.compile(r"[^()\"'\s=,]+")
_BLANK = re.compile(r"\s*")
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "/": "/", "'": "'", '"': '"'}


class Token(NamedTuple):
    """A piece of text as meant (escapes resolved), and where it stands: text[start:end]."""

    text: str
    start: int
    end: int


class Scanner:
    """A text and the position reached in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def done(self) -> bool:
        """True at the end of the text, blanks skipped."""
        self.blank()
        return self.at == len(self.text)

    def blank(self) -> None:
        """Skip white space."""
        match = _BLANK.match(self.text, self.at)
        assert match is not None
        self.at = match.end()

    def take(self, pattern: re.Pattern[str]) -> Token | None:
        """The piece that matches here, or None; blanks are not skipped."""
        match = pattern.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        return Token(match.group(), match.start(), match.end())

    def symbol(self, symbol: str) -> bool:
        """True, and one step on, if `symbol` stands here."""
        if not self.text.startswith(symbol, self.at):
            return False
        self.at += len(symbol)
        return True

    def quoted(self) -> Token | None:
        """A string in single or double quotes, or None. Unknown escapes stay as they are, so `\\d` need not be doubled.

        Raises QueryError when the closing quote is missing.
        """
        if self.text[self.at : self.at + 1] not in ("'", '"'):
            return None
        match = _QUOTED.match(self.text, self.at)
        if match is None:
            self.fail("the closing quote is missing")
        self.at = match.end()
        inside = match[1] if match[1] is not None else match[2]
        return Token(_ESCAPE.sub(_unescape, inside), match.start(), match.end())

    def fail(self, message: str, start: int | None = None, end: int | None = None) -> NoReturn:
        """Raise QueryError at text[start:end]; by default at the next character."""
        start = self.at if start is None else start
        raise QueryError(message, self.text or " ", start, 1 if end is None else end - start)


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    if len(escape) == 1:
        return _ESCAPES.get(escape, match[0])
    code = int(escape[1:], 16)
    return chr(code) if code <= 0x10FFFF else match[0]
