"""RE2-like regular expressions over bytes, parsed to trees; they match the whole string, as in sysdig.

Supported: literals, `.`, sets with ranges and POSIX classes, \\d \\D \\w \\W \\s \\S, alternation, groups (capturing,
named, non-capturing, with flags i and s), * + ? {n} {n,} {n,m} greedy or lazy, \\Q..\\E, `^ \\A` at the start and
`$ \\z` at the end. Refused with PatternError: back-references, lookaround, atomic groups, possessive repeats, word
boundaries, (?m), anchors in the middle, more than 1,000 repeats (nested ones multiplied, as in RE2), groups more than
64 deep.

As in RE2 and unlike Python: `$` is the end of the string only, `\\s` excludes the vertical tab, `{,n}` is literal.
As in both: `.` does not match a newline, (?s) makes it. Unlike RE2: `.` and a set match one byte, not one UTF-8
character, and case is ignored for ASCII letters only.
"""

from __future__ import annotations

import bisect
import re
import re._constants as codes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import warnings
from typing import TYPE_CHECKING, Any

from sonde.plan.regular import (
    ALL,
    EMPTY,
    POSIX,
    Choice,
    Maybe,
    One,
    PatternError,
    Sequence,
    Star,
    Tree,
    byte_range,
    folded,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["parse_regex"]

_MOST_REPEATS = 1000
_MOST_NESTED = 65
_ALLOWED = int(re.IGNORECASE | re.DOTALL)
_SPACE = POSIX[b"space"] & ~(1 << ord("\v"))
_DOT = ALL & ~(1 << ord("\n"))
_BEGINNINGS = (codes.AT_BEGINNING, codes.AT_BEGINNING_STRING)
_ENDS = (codes.AT_END, codes.AT_END_STRING)
_CATEGORIES = {
    codes.CATEGORY_DIGIT: POSIX[b"digit"],
    codes.CATEGORY_NOT_DIGIT: ALL & ~POSIX[b"digit"],
    codes.CATEGORY_WORD: POSIX[b"word"],
    codes.CATEGORY_NOT_WORD: ALL & ~POSIX[b"word"],
    codes.CATEGORY_SPACE: _SPACE,
    codes.CATEGORY_NOT_SPACE: ALL & ~_SPACE,
}
_REFUSED = {
    b"(?=": "lookahead",
    b"(?!": "lookahead",
    b"(?<=": "lookbehind",
    b"(?<!": "lookbehind",
    b"(?>": "an atomic group",
    b"(?P=": "a back-reference",
    b"(?(": "a conditional group",
    rb"\b": "a word boundary",
    rb"\B": "a word boundary",
}
_OUTSIDE = re.compile(
    rb"""\\Q(?P<quoted>.*?)(?:\\E|\Z)
    | (?P<refused>\(\?<?[=!] | \(\?> | \(\?P= | \(\?\( | \\[bB])
    | (?P<reference>\\[1-9](?![0-7]{2}))
    | (?P<end>\\z)
    | \\.
    | (?P<set>\[\^?)
    | (?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})(?P<possessive>\+)?
    | (?P<brace>\{)
    | (?P<character>[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})
    | .""",
    re.VERBOSE | re.DOTALL,
)
_INSIDE = re.compile(
    rb"\[:(?P<not>\^?)(?P<posix>[a-z]+):\]|(?P<open>\[)|\\.|(?P<character>[\x80-\xff]+)|(?P<close>\])|.", re.DOTALL
)


def parse_regex(pattern: bytes, fold: bool = False) -> Tree:
    """The language of `pattern`. Raises PatternError with the position of what is wrong or not supported."""
    dialect = _Dialect(pattern)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = parser.parse(bytes(dialect.text), re.IGNORECASE if fold else 0)
    except re.error as error:
        raise PatternError(f"bad regex: {error.msg}", pattern, dialect.origin(error.pos or 0)) from None
    except (OverflowError, RecursionError):
        raise PatternError("the regex is too large", pattern, 0, len(pattern)) from None
    return _Translation(pattern).flagged(parsed, parsed.state.flags, True, True)


class _Dialect:
    """The pattern rewritten for Python's parser where RE2 spells or means it differently."""

    def __init__(self, pattern: bytes) -> None:
        self.pattern = pattern
        self.text = bytearray()
        self._pieces: list[tuple[int, int]] = []  # (offset in text, offset in pattern)
        at = 0
        while at < len(pattern):
            at = self._outside(at)

    def origin(self, offset: int) -> int:
        """The place in the pattern of a place in the text."""
        index = bisect.bisect_right(self._pieces, (offset, len(self.pattern))) - 1
        return min(self._pieces[index][1], len(self.pattern)) if index >= 0 else 0

    def _put(self, text: bytes, at: int) -> None:
        self._pieces.append((len(self.text), at))
        self.text += text

    def _outside(self, at: int) -> int:
        token = _OUTSIDE.match(self.pattern, at)
        assert token is not None
        text = token[0]
        if token["quoted"] is not None:
            text = re.escape(token["quoted"])
        elif token["refused"] or token["reference"] or token["possessive"]:
            what = _REFUSED.get(text, "a back-reference" if token["reference"] else "a possessive repeat")
            raise PatternError(f"{what} is not supported in a regex", self.pattern, at, len(text))
        elif token["end"]:
            text = rb"\Z"
        elif token["brace"]:
            text = rb"\{"
        elif token["character"]:
            text = b"(?:" + text + b")"
        self._put(text, at)
        return self._inside(token.end(), at) if token["set"] else token.end()

    def _inside(self, at: int, start: int) -> int:
        first = at
        while at < len(self.pattern):
            token = _INSIDE.match(self.pattern, at)
            assert token is not None
            text = token[0]
            if token["posix"]:
                text = self._posix(token)
            elif token["open"]:
                text = rb"\["
            elif token["character"]:
                raise PatternError(
                    "a set holds bytes; write (?:..|..) for other characters", self.pattern, at, len(text)
                )
            self._put(text, at)
            if token["close"] and at > first:
                return token.end()
            at = token.end()
        raise PatternError("bad regex: the set is not closed", self.pattern, start)

    def _posix(self, token: re.Match[bytes]) -> bytes:
        mask = POSIX.get(token["posix"])
        if mask is None:
            raise PatternError("no such class of bytes", self.pattern, token.start(), len(token[0]))
        if token["not"]:
            mask = ALL & ~mask
        return b"".join(b"\\x%02x" % byte for byte in range(256) if mask >> byte & 1)


class _Translation:
    """From Python's parse to a tree. `start` and `end` say whether a node is at the ends of the whole string."""

    def __init__(self, pattern: bytes) -> None:
        self.pattern = pattern
        self._depth = 0
        self._copies = 1

    def flagged(self, items: Iterable[Any], flags: int, start: bool, end: bool) -> Tree:
        if flags & ~_ALLOWED:
            raise self._refusal("only the flags i and s are supported in a regex")
        return self._sequence(list(items), flags, start, end)

    def _refusal(self, message: str) -> PatternError:
        return PatternError(message, self.pattern, 0, len(self.pattern))

    def _sequence(self, items: list[Any], flags: int, start: bool, end: bool) -> Tree:
        while start and items and items[0][0] is codes.AT and items[0][1] in _BEGINNINGS:
            items = items[1:]
        while end and items and items[-1][0] is codes.AT and items[-1][1] in _ENDS:
            items = items[:-1]
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise self._refusal(f"a regex nests groups at most {_MOST_NESTED - 1} deep")
        last = len(items) - 1
        trees = [self._node(item, flags, start and i == 0, end and i == last) for i, item in enumerate(items)]
        self._depth -= 1
        return trees[0] if len(trees) == 1 else Sequence(tuple(trees))

    def _node(self, item: Any, flags: int, start: bool, end: bool) -> Tree:
        op, value = item
        if op in (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN):
            return One(self._set(op, value, flags))
        if op is codes.BRANCH:
            return Choice(tuple(self._sequence(list(each), flags, start, end) for each in value[1]))
        if op is codes.SUBPATTERN:
            _, added, removed, items = value
            return self.flagged(items, (flags | added) & ~removed, start, end)
        if op in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            return self._repeat(value, flags)
        if op is codes.AT:
            raise self._refusal("an anchor is only supported at the start or the end of a regex")
        raise self._refusal(f"{str(op).lower()} is not supported in a regex")

    def _repeat(self, value: Any, flags: int) -> Tree:
        low, high, items = value
        unbounded = high is codes.MAXREPEAT
        outside = self._copies
        self._copies *= max(1, low if unbounded else high)
        if self._copies > _MOST_REPEATS:
            raise self._refusal(f"a regex repeats at most {_MOST_REPEATS} times, nested repeats multiplied")
        item = self._sequence(list(items), flags, False, False)
        self._copies = outside
        if not _consumes(item):
            return EMPTY
        if low == 0 and unbounded:
            return Star(item)
        rest: tuple[Tree, ...] = (Star(item),) if unbounded else (Maybe(item),) * (high - low)
        return Sequence((item,) * low + rest)

    def _set(self, op: Any, value: Any, flags: int) -> int:
        if op is codes.ANY:
            return ALL if flags & re.DOTALL else _DOT
        members = value if op is codes.IN else [(codes.LITERAL, value)]
        mask, negated = 0, op is codes.NOT_LITERAL
        for kind, member in members:
            if kind is codes.NEGATE:
                negated = True
            elif kind is codes.LITERAL:
                mask |= 1 << member
            elif kind is codes.RANGE:
                mask |= byte_range(*member)
            else:
                mask |= _CATEGORIES[member]
        if flags & re.IGNORECASE:
            mask = folded(mask)
        return ALL & ~mask if negated else mask


def _consumes(tree: Tree) -> bool:
    """Whether a string of the tree can have a byte; repeating one that cannot would cost time for nothing."""
    if isinstance(tree, One):
        return True
    if isinstance(tree, Star | Maybe):
        return _consumes(tree.item)
    return any(map(_consumes, tree.items))
