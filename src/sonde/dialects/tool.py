"""A tool is one file: a header that is its man page and options, and the query. docs/tools.md shows the grammar.

    -- topfiles_bytes: Which files are read and written most?
    --
    -- Text of the manual.
    --
    -- argument FIELD=fd.name   what to group by
    -- option -n NAME           only processes with NAME in their name  => proc.name contains NAME
    -- option -U                show the user as well                   => + user.name AS USER
    -- every 1s
    -- example topfiles_bytes "fd.directory contains cache"   what fills the cache
    SELECT ...

What follows => is a filter that is added, or with + a column that comes first. In it and in the query `${NAME}` stands
for an argument; in a filter the option's own argument may stand bare, as NAME above.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sonde.errors import SondeError, UsageError, did_you_mean

__all__ = ["Argument", "Example", "Switch", "Tool", "Use", "parse_tool"]

_FIRST = re.compile(r"(\w+): (\S.*)")
_ARGUMENT = re.compile(r"argument ([A-Z_]+)(?:=(\S+))?\s+(\S.*)")
_OPTION = re.compile(r"option (-\w|--[\w-]+)(?: ([A-Z_]+))?\s+(\S.*?)\s+=> (\+ )?(\S.*)")
_EXAMPLE = re.compile(r"example (\S.*?)(?:   +(\S.*))?")
_SETTING = re.compile(r"(every|shape|workload|words|answer) (\S.*)")


class Argument(NamedTuple):
    """A word the tool takes; without it `default`, or an error if that is None."""

    name: str
    default: str | None
    help: str


class Switch(NamedTuple):
    """An option: its `argument` if it takes one, and what it adds, a `filter` or a `column`."""

    name: str
    argument: str
    help: str
    filter: str
    column: str


class Example(NamedTuple):
    """A command and what it shows."""

    command: str
    help: str


class Use(NamedTuple):
    """A tool with its words: the statement, filters that are added, and the words that are a filter of the user."""

    statement: str
    filters: tuple[str, ...]
    rest: tuple[str, ...]


@dataclass(frozen=True)
class Tool:
    """One tool file, read."""

    name: str
    question: str
    text: str
    arguments: tuple[Argument, ...]
    switches: tuple[Switch, ...]
    examples: tuple[Example, ...]
    settings: dict[str, str]
    query: str

    @property
    def usage(self) -> str:
        """Its words in short."""
        switches = "".join(f" [{' '.join(filter(None, (s.name, s.argument)))}]" for s in self.switches)
        arguments = "".join(f" [{a.name}]" if a.default is not None else f" {a.name}" for a in self.arguments)
        return f"sonde {self.name}{switches}{arguments} [FILTER] [-- CMD ...]"

    def use(self, words: Sequence[str]) -> Use:
        """What the words after its name make of it. UsageError says what it takes instead."""
        given, rest, filters, columns = dict[str, str](), list[str](), list[str](), list[str]()
        left = list(words)
        while left:
            word = left.pop(0)
            switch = next((s for s in self.switches if s.name == word), None)
            if switch is None and word.startswith("-") and len(word) > 2 and not word.startswith("--"):
                switch = next((s for s in self.switches if s.name == word[:2]), None)
                left.insert(0, word[2:] if switch and switch.argument else "-" + word[2:])
            if switch is not None:
                value = self._value(switch, left) if switch.argument else ""
                filters += [_with(switch.filter, switch.argument, value)] if switch.filter else []
                columns += [switch.column] if switch.column else []
            elif word.startswith("-") and len(word) > 1 and not rest:
                near = did_you_mean(word, [s.name for s in self.switches])
                raise UsageError(f"{self.name} has no option {word}{near}; {self.usage}")
            elif len(given) < len(self.arguments) and not rest and not _is_filter(word):
                given[self.arguments[len(given)].name] = word
            else:
                rest.append(word)
        return Use(self._statement(given, columns), tuple(filters), tuple(rest))

    def _value(self, switch: Switch, left: list[str]) -> str:
        if not left:
            raise UsageError(f"{self.name} {switch.name} needs {switch.argument}: {switch.help}")
        return left.pop(0)

    def _statement(self, given: dict[str, str], columns: list[str]) -> str:
        query = self.query
        for argument in self.arguments:
            value = given.get(argument.name, argument.default)
            if value is None:
                raise UsageError(f"{self.name} needs {argument.name}, {argument.help}: {self.usage}")
            if not re.fullmatch(r"[\w.\[\]/:-]+", value):
                raise UsageError(f"{argument.name} of {self.name} is {argument.help}, not {value!r}")
            if (argument.default or "").isdecimal() and not value.isdecimal():
                raise UsageError(f"{argument.name} of {self.name} is whole {argument.help}, not {value!r}")
            query = query.replace("${" + argument.name + "}", value)
        return re.sub(r"(?i)\bselect\b", f"SELECT {', '.join(columns)},", query, count=1) if columns else query


def parse_tool(text: str, name: str) -> Tool:
    """Read a tool file called `name`. SondeError says which line is wrong."""
    lines = text.split("\n")
    head = [line for line in lines if line.startswith("--")]
    query = "\n".join(lines[len(head) :]).strip()
    first = _FIRST.fullmatch(head[0].removeprefix("--").strip()) if head else None
    if first is None or first[1] != name or not query:
        raise SondeError(
            f"tool {name}: the file begins with a line `-- {name}: QUESTION?` and has a query below its header"
        )
    found: dict[str, list[tuple[str, ...]]] = {"argument": [], "option": [], "example": []}
    settings, prose = dict[str, str](), list[str]()
    for line in head[1:]:
        line = line.removeprefix("--").removeprefix(" ").rstrip()
        kind = line.partition(" ")[0]
        pattern = {"argument": _ARGUMENT, "option": _OPTION, "example": _EXAMPLE}.get(kind)
        if pattern is not None:
            match = pattern.fullmatch(line)
            if match is None:
                raise SondeError(f"tool {name}: not understood: {line}")
            found[kind].append(tuple(part or "" for part in match.groups()))
        elif setting := _SETTING.fullmatch(line):
            settings[setting[1]] = setting[2]
        else:
            prose.append(line)
    return Tool(
        name, first[2], "\n".join(prose).strip(),
        tuple(Argument(a[0], a[1] or None, a[2]) for a in found["argument"]),
        tuple(Switch(o[0], o[1], o[2], "" if o[3] else o[4], o[4] if o[3] else "") for o in found["option"]),
        tuple(Example(*e) for e in found["example"]), settings, query,
    )  # fmt: skip


def _with(text: str, name: str, value: str) -> str:
    """A filter with the option's argument in it, as a word of the filter language."""
    quoted = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return re.sub(rf"\b{name}\b", lambda _: quoted, text) if name else text


def _is_filter(word: str) -> bool:
    """Does a filter of the user begin here, rather than an argument of the tool?"""
    return bool(re.match(r"\(|not\b|[a-z_]+(\.[a-z_0-9]+)+\s*(\[|[<>=!]|\s\S)", word))
