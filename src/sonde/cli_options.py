"""The command line as data: options, a filter or a verb with its arguments, and a command after --.

Short options are read as getopt does, alone or together, their argument glued or not (`-qS`, `-n100`, `-th`); long ones
may be cut short while they are clear. Options may stand before and after the words of a filter.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sonde.cli_table import CONTAINER, LATER, OPTIONS, Option
from sonde.errors import UsageError, did_you_mean

__all__ = ["FACES", "Options", "parse_options"]

FACES = ("strace",)  # verbs that are programs with a command line of their own


@dataclass(frozen=True)
class Options:
    """What was asked. `verb` is "" for a filter; then `filter_words` is its text, "" for everything.

    `arguments` are the words of the verb, `command` those after --. `count` and `seconds` are None for no end,
    `snaplen` is in bytes, `time_mode` a key of cli_table.TIME_MODES, `buffers` one of A x X b or "" for dotted text.
    `format` is the text after -p or None, `output` a file name, "-" for standard output, or None. `segment_size` is in
    bytes, `since`, `until` and `as_of` are ns since the epoch.
    """

    filter_words: str = ""
    verb: str = ""
    arguments: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    count: int | None = None
    seconds: float | None = None
    analyze: bool = False
    every: float | None = None
    shape: str = "table"
    pids: tuple[int, ...] = ()
    read: str | None = None
    since: int | None = None
    until: int | None = None
    as_of: int | None = None
    write: str | None = None
    compress: bool = False
    fat: bool = False
    progress: bool = False
    filter_proclist: bool = False
    exclude_users: bool = False
    redacted: frozenset[str] = frozenset()
    keep: float | None = None
    most: int | None = None
    everything: bool = False
    segment_size: int | None = None
    segment_seconds: float | None = None
    segment_events: int | None = None
    segments: int | None = None
    inflight: bool = False
    exact: bool = False
    snaplen: int = 80
    debug: bool = False
    format: str | None = None
    container_format: bool = False
    json: bool = False
    time_mode: str = "h"
    buffers: str = ""
    verbose: bool = False
    resolve_ports: bool = False
    quiet: bool = False
    summary: bool = False
    unbuffered: bool = False
    output: str | None = None
    explain: bool = False
    kill: bool = False
    list_fields: bool = False
    list_markdown: bool = False
    list_events: bool = False
    completion: str = ""
    version: bool = False
    help: bool = False


def parse_options(words: Sequence[str], verbs: Collection[str] = ()) -> Options:
    """The meaning of a command line without the program's name; `verbs` are the first words that are not a filter.

    Raises UsageError, a line that says what to write instead, for whatever is not one.
    """
    return _Parser(words, verbs).whole()


_KNOWN = {name: option for option in (*OPTIONS, *LATER) for name in option.names}
_OFFERED = [name for option in OPTIONS for name in option.names if name.startswith("--")]
_FILTER = re.compile(r"\s*(?:\(|(?:not|NOT|true|false)(?![\w.]))|.*\.", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_TEXT = "b?contains|icontains|b?startswith|endswith|i?glob|regex|intersects|pmatch|in"
_VALUE_NEXT = re.compile(rf"(?:[=<>]|(?<![^\s)\]])(?:{_TEXT}))\s*(?:(?:oneof|anyof|allof)?\s*\([^()]*)?$")


class _Parser:
    """A command line and the place reached in it."""

    def __init__(self, words: Sequence[str], verbs: Collection[str]) -> None:
        self.words, self.at, self.verbs = words, 0, verbs
        self.values: dict[str, object] = {}
        self.filter: list[str] = []
        self.arguments: list[str] = []
        self.verb = ""

    def whole(self) -> Options:
        command: tuple[str, ...] = ()
        while self.at < len(self.words):
            word = self.words[self.at]
            self.at += 1
            if word == "--":
                command = tuple(self.words[self.at :])
                if not command:
                    raise UsageError("after -- stands the command to run, as in sonde evt.type=open -- ls")
                break
            self.word(word)
        if self.values.get("kill") and not command:
            raise UsageError("--kill ends the command after --, and there is none")
        writes = "write" in self.values or self.verb == "convert"
        for name in ("-F", "-E", "--filter-proclist", "--redact"):
            if self.values.get(_KNOWN[name].sets) and not (writes or self.verb == "record"):
                raise UsageError(f"{name} is about what is recorded: -w NAME or record DIR says where")
        for name in ("-z", "-C", "-G", "-e", "-W"):
            if _KNOWN[name].sets in self.values and not writes:
                raise UsageError(f"{name} is about what is recorded: -w NAME says where")
        for name in ("--keep", "--max", "--all"):
            if _KNOWN[name].sets in self.values and self.verb != "record":
                raise UsageError(f"{name} is about the past that is always kept: record DIR says where")
        if self.values.get("progress") and not self.values.get("read") and self.verb != "convert":
            raise UsageError("-P says how much of a recording is read: -r says of which")
        return dataclasses.replace(
            Options(command=command, verb=self.verb),
            filter_words=" ".join(self.filter),
            arguments=tuple(self.arguments),
            **self.values,  # type: ignore[arg-type]
        )

    def word(self, word: str) -> None:
        if self.verb:
            self.argument(word)
        elif self.filter and (not word.startswith("-") or _expects_value(self.filter, word)):
            self.filter.append(word)
        elif word.startswith("--"):
            self.long(word)
        elif word.startswith("-") and len(word) > 1:
            self.short(word)
        elif word in FACES and word in self.verbs:  # from here on the command line is another program's
            self.verb, self.arguments = word, list(self.words[self.at :])
            self.at = len(self.words)
        elif self.values.get("list_events") and ":" in word:
            self.arguments.append(word)
        elif word in self.verbs:
            self.verb = word
        elif _FILTER.match(word):
            self.filter.append(word)
        elif word.strip():
            near = did_you_mean(word, self.verbs)
            raise UsageError(f"{word!r} is neither a command of sonde nor a filter such as proc.name=cat{near}")

    def argument(self, word: str) -> None:
        """After a verb only our long options are ours, -h and -r; of convert all are, up to its filter."""
        if self.verb == "convert" and _is_option(word) and not _expects_value(self.arguments[2:], word):
            (self.long if word.startswith("--") else self.short)(word)
        elif word.partition("=")[0] in _OFFERED:
            self.long(word)
        elif word in ("-h", "-r"):
            self.short(word)
        else:
            self.arguments.append(word)

    def long(self, word: str) -> None:
        name, glued, text = word.partition("=")
        option = _KNOWN.get(name) or _completed(name)
        if glued and not option.argument and not option.refused:
            raise UsageError(f"{name} takes no value")
        self.store(option, name, text if glued else None)

    def short(self, word: str) -> None:
        if f"-{word}" in _OFFERED:
            raise UsageError(f"there is no option {word}, did you mean -{word}?")
        for at, letter in enumerate(word[1:], 1):
            name = f"-{letter}"
            option = _KNOWN.get(name)
            if option is None:
                near = did_you_mean(f"-{word}", _OFFERED) if len(word) > 2 else ""
                raise UsageError(f"there is no option {_shown(name)}{near or '; sonde --help lists them'}")
            if option.argument:
                self.store(option, name, word[at + 1 :] or None)
                return
            self.store(option, name, None)

    def store(self, option: Option, name: str, text: str | None) -> None:
        """Set what an option sets; its argument is `text`, or the next word when that is None."""
        if option.refused:
            raise UsageError(f"{name}: {option.refused}")
        value = option.value
        if option.argument:
            try:
                value = option.read(self.next(option, name) if text is None else text)
            except ValueError as error:
                raise UsageError(f"{name} wants {error}") from None
        if option.sets == "verb":
            self.tool(str(value))
        elif option.sets == "format" and value in CONTAINER:
            self.values["container_format"] = True
        elif option.sets == "pids" and isinstance(value, tuple):
            earlier = self.values.get("pids", ())
            assert isinstance(earlier, tuple)
            self.values["pids"] = tuple(dict.fromkeys(earlier + value))
        else:
            self.values[option.sets] = value

    def tool(self, name: str) -> None:
        """What -c names is the verb; -cl lists the tools."""
        name = "tools" if name == "l" else name
        if name not in self.verbs:
            raise UsageError(f"there is no chisel {_shown(name)}{did_you_mean(name, self.verbs)}; -cl lists them")
        self.verb = name

    def next(self, option: Option, name: str) -> str:
        if self.at == len(self.words) or self.words[self.at] == "--":
            raise UsageError(f"{name} needs {option.argument}, as in {option.example}")
        self.at += 1
        return self.words[self.at - 1]


def _is_option(word: str) -> bool:
    return len(word) > 1 and word.startswith("-")


def _completed(name: str) -> Option:
    """The option whose long name starts with `name`, as getopt has it."""
    found = {long: option for long, option in _KNOWN.items() if len(name) > 2 and long.startswith(name)}
    if len({id(option) for option in found.values()}) == 1:
        return next(iter(found.values()))
    if found:
        raise UsageError(f"{name} may be {', '.join(sorted(found))}")
    near = did_you_mean(name, _OFFERED)
    raise UsageError(f"there is no option {_shown(name)}{near or '; sonde --help lists them'}")


def _shown(word: str) -> str:
    """A word that may be anything, safe in a message of one line."""
    return word if word.isprintable() else ascii(word)


def _expects_value(words: list[str], word: str) -> bool:
    """Whether a word with a dash goes on with the filter: it is a value, in a list of values, or a number."""
    text = _QUOTED.sub("''", " ".join(words))
    return bool(_VALUE_NEXT.search(text)) or word[1:2].isdigit()
