"""Sets as strace writes them, `[!]all|none|VALUE,VALUE...`: of calls, signals, descriptors and words."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from sonde.catalog import flags
from sonde.catalog.families import expand
from sonde.catalog.groups import ALSO, GROUPS, numbers_of
from sonde.catalog.syscalls import I386_BASE
from sonde.catalog.unistd import I386, X86_64
from sonde.errors import did_you_mean

__all__ = ["CALLS", "SIGNALS", "calls", "descriptors", "families", "names", "of", "signals"]

T = TypeVar("T")
ROOM = 512
CALLS = frozenset((*range(ROOM), *range(I386_BASE, I386_BASE + ROOM)))
SIGNALS = frozenset(range(1, 65))
DESCRIPTORS = frozenset(range(1 << 12))
_ABI = {"64": range(ROOM), "32": range(I386_BASE, I386_BASE + ROOM), "x32": range(0)}
_EXTENDED = {  # what POSIX writes differently from Python, as far as anyone would want it for names of calls
    "[:alpha:]": "a-zA-Z", "[:digit:]": "0-9", "[:alnum:]": "a-zA-Z0-9", "[:lower:]": "a-z", "[:upper:]": "A-Z",
}  # fmt: skip


def calls(text: str) -> frozenset[int]:
    """Event numbers of a set of calls, exactly those strace takes."""
    return _set(text, CALLS, _call)


def families(text: str) -> frozenset[int]:
    """The same where a name also stands for the calls that do the same: `open` for openat, openat2 and creat."""
    return _set(text, CALLS, lambda word: _call(word) | _family(word))


def names(numbers: frozenset[int]) -> list[str]:
    """The kernel names of calls."""
    found = [name for name, number in X86_64.items() if number in numbers]
    return list(dict.fromkeys((*found, *(name for name, number in I386.items() if I386_BASE + number in numbers))))


def signals(text: str) -> frozenset[int]:
    """Numbers of signals."""
    return _set(text, SIGNALS, _signal)


def descriptors(text: str) -> frozenset[int]:
    """Numbers of descriptors, below 4096 where all are meant."""
    return _set(text, DESCRIPTORS, _descriptor)


def of(words: tuple[str, ...]) -> Callable[[str], frozenset[str]]:
    """A reader of sets of some words."""

    def one(word: str) -> frozenset[str]:
        if word not in words:
            raise ValueError(f"some of {' '.join(words)}, and {word!r} is none of them{did_you_mean(word, words)}")
        return frozenset((word,))

    return lambda text: _set(text, frozenset(words), one)


def _set(text: str, every: frozenset[T], one: Callable[[str], frozenset[T]]) -> frozenset[T]:
    """Leading `!`s turn the set round."""
    inner = text.lstrip("!")
    inverse = (len(text) - len(inner)) % 2 == 1
    if inner in ("all", "none"):
        found = every if inner == "all" else frozenset()
    else:
        words = [word for word in inner.split(",") if word]
        if not words:
            raise ValueError("all, none, or some values with commas between them")
        found = frozenset().union(*(every if word == "all" else one(word) for word in words))
    return every - found if inverse else found


def _call(word: str) -> frozenset[int]:
    name, at, abi = word.lstrip("?").partition("@")
    if at and abi not in _ABI:
        raise ValueError(f"@64 or @32 behind a call, and {word!r} has @{abi}")
    if name.startswith("/"):
        found = _matching(name[1:])
    elif name.isdecimal():
        number = int(name)
        found = frozenset((number, number + I386_BASE)) & CALLS if number < ROOM else frozenset()
    else:
        found = _named(name)
    if not found and not word.startswith("?"):
        near = did_you_mean(name, [*X86_64, *I386, *(f"%{group}" for group in GROUPS)])
        raise ValueError(f"names of system calls, and {name!r} is none{near}")
    return found & frozenset(_ABI[abi]) if at else found


def _named(name: str) -> frozenset[int]:
    group = name.removeprefix("%")
    group = ALSO.get(group, group)
    if group in GROUPS and (name.startswith("%") or not numbers_of(name)):
        return frozenset().union(*map(numbers_of, GROUPS[group]))
    return numbers_of(name)


def _family(word: str) -> frozenset[int]:
    try:
        return expand(word)
    except KeyError:
        return frozenset()


@cache
def _matching(pattern: str) -> frozenset[int]:
    for posix, python in _EXTENDED.items():
        pattern = pattern.replace(posix, python)
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise ValueError(f"a regular expression behind /, and {pattern!r} is none: {error}") from None
    return frozenset().union(*(numbers_of(name) for name in {*X86_64, *I386} if search(name)))


def _signal(word: str) -> frozenset[int]:
    if word.isdecimal() and int(word) in SIGNALS:
        return frozenset((int(word),))
    name = word.upper() if word.upper().startswith("SIG") else f"SIG{word.upper()}"
    found = frozenset(number for number in SIGNALS if flags.names("signal", number) == name)
    if not found:
        known = [flags.names("signal", number) for number in sorted(SIGNALS)]
        raise ValueError(f"names of signals, and {word!r} is none{did_you_mean(name, filter(None, known))}")
    return found


def _descriptor(word: str) -> frozenset[int]:
    if not word.isdecimal() or len(word) > 9:
        raise ValueError(f"numbers of descriptors, and {word!r} is none")
    return frozenset((int(word),))
