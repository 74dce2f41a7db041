"""The command line of strace: options as getopt reads them, up to the command; UsageError says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sonde.errors import UsageError, did_you_mean
from sonde.faces.strace import sets, values
from sonde.faces.strace.table import OPTIONS, QUALIFIERS, Option, Qualifier

__all__ = ["Asked", "parse"]


@dataclass(frozen=True)
class Asked:
    """What was asked, by attribute as in the table. Sets of calls hold event numbers; None is every one of them.

    `words` are the options as they were typed, as strace knows them.
    """

    command: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    pids: tuple[int, ...] = ()
    environment: tuple[str, ...] = ()
    user: str | None = None
    follow: int = 0  # -ff: 2
    separate: bool = False
    interruptible: str = ""
    trace: frozenset[int] | None = None
    signals: frozenset[int] | None = None
    statuses: frozenset[str] = frozenset(values.STATUSES)
    paths: tuple[str, ...] = ()
    abbrev: frozenset[int] | None = None
    verbose: frozenset[int] | None = None
    raw: frozenset[int] = frozenset()
    reads: frozenset[int] = frozenset()
    writes: frozenset[int] = frozenset()
    quiet: frozenset[str] = frozenset()
    fds: frozenset[str] = frozenset()
    comm: bool = False
    column: int = 40
    pointer: bool = False
    stacks: bool = False
    number: bool = False
    output: str | None = None
    append: bool = False
    relative: int | None = None
    stamp: values.Stamp = values.NO_STAMP
    spent: int | None = None
    limit: int = 32
    hexadecimal: int = 0
    names: str = "abbrev"
    only_summary: bool = False
    with_summary: bool = False
    overhead: int = 0
    sort: str = "time"
    columns: tuple[str, ...] = ()
    wall: bool = False
    debug: bool = False
    seccomp: bool = False
    json: bool = False
    version: bool = False
    help: bool = False

    @property
    def apart(self) -> bool:
        """Does each thread have a file of its own?"""
        return self.output is not None and (self.separate or self.follow > 1)


_NAMED = {name: option for option in OPTIONS for name in option.names}
_QUALIFIED = {name: qualifier for qualifier in QUALIFIERS for name in qualifier.names}
_LONG = list(
    dict.fromkeys((*(name for name in _NAMED if name.startswith("--")), *(f"--{n}" for n in _QUALIFIED if len(n) > 1)))
)
_OWN = ("--json",)


def parse(words: Sequence[str]) -> Asked:
    """The meaning of the words behind `strace`."""
    reader = _Reader(words)
    reader.read()
    return _checked(reader)


class _Reader:
    """A command line and the place reached in it; `found` are values by attribute, `counts` how often a switch came."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words, self.at = list(words), 0
        self.found: dict[str, object] = {}
        self.counts: dict[str, int] = {}
        self.typed: list[str] = []
        self._own = ("", "")  # an expression that strace takes otherwise, and what it takes instead

    def read(self) -> None:
        while self.at < len(self.words):
            word = self.words[self.at]
            if word == "--":
                self.at += 1
                break
            if not word.startswith("-") or word == "-":
                break
            start, self.at = self.at, self.at + 1
            if word.startswith("--"):
                self.long(word)
            else:
                self.short(word)
            if word not in _OWN:
                self.typed += self.words[start : self.at]
                ours, theirs = self._own
                if ours:
                    self.typed[-1] = self.typed[-1].removesuffix(ours) + theirs
                    self._own = ("", "")

    @property
    def command(self) -> tuple[str, ...]:
        return tuple(self.words[self.at :])

    def long(self, word: str) -> None:
        typed, glued, text = word.partition("=")
        name = _completed(typed)
        qualifier = _QUALIFIED.get(name[2:])
        option = _NAMED.get(name)
        if option is None or (qualifier and glued):
            assert qualifier is not None
            self.qualify(qualifier, text if glued else self.next(name, qualifier.argument))
        elif option.argument.startswith("["):
            self.store(option, name, text if glued else None)
        elif option.argument:
            self.store(option, name, text if glued else self.next(name, option.argument))
        elif glued:
            raise UsageError(f"{name} takes no value")
        else:
            self.store(option, name, None)

    def short(self, word: str) -> None:
        for at, letter in enumerate(word[1:], 1):
            name = f"-{letter}"
            option = _NAMED.get(name)
            if option is None:
                raise UsageError(f"strace has no option {_shown(name)}; see sonde strace -h")
            if option.argument and not option.argument.startswith("["):
                self.store(option, name, word[at + 1 :] or self.next(name, option.argument))
                return
            self.store(option, name, None)

    def next(self, name: str, argument: str) -> str:
        if self.at >= len(self.words):
            raise UsageError(f"{name} needs {argument}")
        self.at += 1
        return self.words[self.at - 1]

    def store(self, option: Option, name: str, text: str | None) -> None:
        """Set what an option sets, or count it when it is a switch."""
        if option.refused:
            raise UsageError(f"{name}: {option.refused}")
        if option.sets == "expression":
            self.expression(text or "")
        elif text is None:
            count = self.counts[option.sets] = self.counts.get(option.sets, 0) + 1
            self.found[option.sets] = option.values[min(count, len(option.values)) - 1]
        else:
            value = _read(option, name, text)
            if option.many:
                earlier = self.found.get(option.sets, ())
                assert isinstance(earlier, tuple)
                value = (*earlier, *(value if isinstance(value, tuple) else (value,)))
            self.found[option.sets] = value

    def expression(self, text: str) -> None:
        """`-e NAME=SET`, or a set of calls and their families."""
        name, equals, value = text.partition("=")
        if equals and name in _QUALIFIED:
            self.qualify(_QUALIFIED[name], value)
        elif equals and not name.startswith("/"):
            near = did_you_mean(name, _QUALIFIED)
            raise UsageError(f"-e {name}= is none of {' '.join(q.names[0] for q in QUALIFIERS)}{near}")
        else:
            try:
                chosen = self.found["trace"] = sets.families(text)
                if chosen != sets.calls(text):
                    self._own = text, "trace=" + ",".join(f"?{name}" for name in sets.names(chosen))
            except ValueError as error:
                raise UsageError(f"-e wants {error}") from None

    def qualify(self, qualifier: Qualifier, text: str) -> None:
        if qualifier.refused:
            raise UsageError(f"-e {qualifier.names[0]}: {qualifier.refused}")
        try:
            self.found[qualifier.sets] = qualifier.read(text)
        except ValueError as error:
            raise UsageError(f"-e {qualifier.names[0]}= wants {error}") from None


def _read(option: Option, name: str, text: str) -> object:
    try:
        return option.read(text)
    except ValueError as error:
        raise UsageError(f"{name} wants {error}") from None


def _shown(name: str) -> str:
    return name if name.isprintable() else ascii(name)


def _completed(name: str) -> str:
    """The long name that starts with `name`, as getopt has it."""
    if name in _LONG:
        return name
    found = [long for long in _LONG if len(name) > 2 and long.startswith(name)]
    if len({id(_NAMED.get(long) or _QUALIFIED[long[2:]]) for long in found}) == 1:
        return found[0]
    if found:
        raise UsageError(f"{name} may be {', '.join(found)}")
    near = did_you_mean(name, _LONG)
    raise UsageError(f"strace has no option {_shown(name)}{near or '; see sonde strace -h'}")


def _checked(reader: _Reader) -> Asked:
    found = dict(reader.found)
    if "pids_as" in found:
        found["comm"] = found.pop("pids_as")
    asked = replace(Asked(command=reader.command, words=tuple(reader.typed)), **found)  # type: ignore[arg-type]
    asked = replace(asked, pids=tuple(dict.fromkeys(asked.pids)))
    if asked.help or asked.version:
        return asked
    wrong = next((why for holds, why in _CONTRADICTIONS if holds(asked)), "")
    if wrong:
        raise UsageError(wrong)
    return asked


_CONTRADICTIONS: tuple[tuple[Callable[[Asked], bool], str], ...] = (
    (lambda asked: not asked.command and not asked.pids, "strace what? Give it a command or -p PID; sonde strace -h"),
    (lambda asked: asked.command[:1] == ("",), "the command has no name"),
    (lambda asked: asked.only_summary and asked.with_summary, "-c and -C exclude each other"),
    (
        lambda asked: (asked.only_summary or asked.with_summary) and (asked.separate or asked.follow > 1),
        "a summary (-c, -C) and -ff exclude each other",
    ),
    (lambda asked: asked.wall and not (asked.only_summary or asked.with_summary), "-w belongs to a summary: -c or -C"),
    (lambda asked: asked.user is not None and not asked.command, "-u belongs to a command"),
    (lambda asked: bool(asked.environment) and not asked.command, "-E belongs to a command"),
    (lambda asked: asked.json and asked.apart, "--json writes one output, without -ff"),
)
