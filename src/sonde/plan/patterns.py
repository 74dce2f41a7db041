"""The kinds of string predicate: what `contains`, `glob`, `pmatch` and the others mean, as languages over bytes.

=           the pattern itself
startswith  endswith  contains     bytes, not characters
glob        as fnmatch(3) without flags, in the C locale: `*` any run (also of `/`), `?` one byte, `[a-z]` `[!a-z]`
            `[[:digit:]]` sets, a backslash takes the next byte literally
regex       RE2-like, matches the whole string (`sonde.plan.regex`)
pmatch      path prefix by component: `/etc` holds `/etc` and `/etc/x`, not `/etcx`; a component may be a glob

`icontains` and `iglob`, or any kind with `fold`, ignore the case of ASCII letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sonde.plan.regular import (
    ALL,
    EVERYTHING,
    POSIX,
    Branch,
    One,
    PatternError,
    Sequence,
    Star,
    Tree,
    branches,
    byte_range,
    folded,
    literal,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PatternError", "encoded", "kind_of", "parse"]

_SLASH = 1 << ord("/")


def encoded(pattern: str | bytes) -> bytes:
    """The pattern's bytes: UTF-8, undecodable bytes of the command line as they were."""
    return pattern.encode("utf-8", "surrogateescape") if isinstance(pattern, str) else pattern


def kind_of(kind: str, fold: bool = False) -> tuple[str, bool]:
    """The kind without its spelling variants, and whether case is ignored. Raises ValueError for an unknown kind."""
    plain, folds = _SPELLINGS.get(kind, (kind, False))
    if plain not in _PARSERS:
        raise ValueError(f"no such kind of string predicate: {kind}")
    return plain, fold or folds


def parse(kind: str, pattern: str | bytes, fold: bool = False) -> tuple[Branch, ...]:
    """The language of one predicate; a string satisfies it if it is in any of the branches.

    Raises PatternError for a malformed or unsupported glob or regex, ValueError for an unknown kind.
    """
    plain, fold = kind_of(kind, fold)
    return _PARSERS[plain](encoded(pattern), fold)


def _equals(pattern: bytes, fold: bool) -> tuple[Branch, ...]:
    return (Branch(literal(pattern, fold)),)


def _startswith(pattern: bytes, fold: bool) -> tuple[Branch, ...]:
    return (Branch(literal(pattern, fold), open_end=True),)


def _endswith(pattern: bytes, fold: bool) -> tuple[Branch, ...]:
    return (Branch(literal(pattern, fold), open_start=True),)


def _contains(pattern: bytes, fold: bool) -> tuple[Branch, ...]:
    return (Branch(literal(pattern, fold), True, True),)


def _glob(pattern: bytes, fold: bool) -> tuple[Branch, ...]:
    return branches(_Glob(pattern, fold, ALL).tree())


def _regex(pattern: bytes, fold: bool) -> tuple[Branch, ...]:
    from sonde.plan.regex import parse_regex  # only a regex pays for its parser

    return branches(parse_regex(pattern, fold))


def _pmatch(pattern: bytes, fold: bool) -> tuple[Branch, ...]:
    components = [part for part in pattern.split(b"/") if part]
    if not components:
        return (EVERYTHING,)
    slash = One(_SLASH)
    items: list[Tree] = []
    for component in components:
        # sysdig skips empty components: // is one separator, and the first one may be missing
        items += [slash, Star(slash)] if items else [Star(slash)]
        items.append(_component(component, fold))
    return Branch(Sequence(tuple(items))), Branch(Sequence((*items, slash)), open_end=True)


def _component(component: bytes, fold: bool) -> Tree:
    if not any(mark in component for mark in (b"*", b"?", b"[")):
        return literal(component, fold)
    other = One(ALL & ~_SLASH)
    if not component.strip(b"*"):
        return Sequence((other, Star(other)))
    return _Glob(component, fold, other.mask).tree()


class _Glob:
    """One parse of a glob over the bytes of `alphabet`."""

    def __init__(self, pattern: bytes, fold: bool, alphabet: int) -> None:
        self.pattern, self.fold, self.alphabet = pattern, fold, alphabet
        self.at = 0

    def tree(self) -> Tree:
        any_byte = One(self.alphabet)
        items: list[Tree] = []
        while self.at < len(self.pattern):
            byte = self.pattern[self.at : self.at + 1]
            if byte == b"*":
                if not items or items[-1] != Star(any_byte):
                    items.append(Star(any_byte))
                self.at += 1
            elif byte == b"?":
                items.append(any_byte)
                self.at += 1
            else:
                closing = self._closing() if byte == b"[" else None
                items.append(One(self._byte() if closing is None else self._set(closing)))
        return Sequence(tuple(items))

    def _literal(self) -> int:
        if self.pattern[self.at] == ord("\\"):
            self.at += 1
            if self.at == len(self.pattern):
                raise PatternError(r"the glob ends in a backslash; write \\ for one", self.pattern, self.at - 1)
        self.at += 1
        return self.pattern[self.at - 1]

    def _byte(self) -> int:
        mask = 1 << self._literal()
        return (folded(mask) if self.fold else mask) & self.alphabet

    def _closing(self) -> int | None:
        """Where the set that starts here ends; None if it does not, and `[` is a plain byte."""
        at = self.at + 1
        at += self.pattern[at : at + 1] in (b"!", b"^")
        first = at
        while at < len(self.pattern):
            byte = self.pattern[at : at + 1]
            if byte == b"]" and at > first:
                return at
            end = self.pattern.find(b":]", at + 2) if self.pattern[at : at + 2] == b"[:" else -1
            at = end + 2 if end >= 0 else at + 1 + (byte == b"\\")
        return None

    def _set(self, closing: int) -> int:
        self.at += 1
        negated = self.pattern[self.at : self.at + 1] in (b"!", b"^")
        self.at += negated
        mask = 0
        while self.at < closing:
            mask |= self._member(closing)
        self.at = closing + 1
        if self.fold:
            mask = folded(mask)
        return (ALL & ~mask if negated else mask) & self.alphabet

    def _member(self, closing: int) -> int:
        two = self.pattern[self.at : self.at + 2]
        if two == b"[:":
            return self._posix()
        if two in (b"[.", b"[="):
            raise PatternError("collating symbols are not supported in a glob", self.pattern, self.at, 2)
        low = self._literal()
        if self.pattern[self.at : self.at + 1] != b"-" or self.at + 1 >= closing:
            return 1 << low
        self.at += 1
        if self.pattern[self.at : self.at + 2] in (b"[:", b"[.", b"[="):
            raise PatternError("a range cannot end in a class", self.pattern, self.at, 2)
        return byte_range(low, self._literal())

    def _posix(self) -> int:
        end = self.pattern.find(b":]", self.at + 2)
        name = self.pattern[self.at + 2 : max(end, 0)]
        if name not in POSIX:
            known = " ".join(sorted(each.decode() for each in POSIX))
            raise PatternError(f"no such class of bytes; there are {known}", self.pattern, self.at, len(name) + 4)
        self.at = end + 2
        return POSIX[name]


_SPELLINGS = {
    "==": ("=", False),
    "bcontains": ("contains", False),
    "bstartswith": ("startswith", False),
    "icontains": ("contains", True),
    "iglob": ("glob", True),
}
_PARSERS: dict[str, Callable[[bytes, bool], tuple[Branch, ...]]] = {
    "=": _equals,
    "startswith": _startswith,
    "endswith": _endswith,
    "contains": _contains,
    "glob": _glob,
    "regex": _regex,
    "pmatch": _pmatch,
}
