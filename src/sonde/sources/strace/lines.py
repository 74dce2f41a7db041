"""A line of strace taken apart: who, when, what; in the forms of its many options."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

__all__ = ["ANNOTATION", "Kind", "Line", "parse", "split"]


class Kind(Enum):
    """What a line tells."""

    CALL = "a whole call"
    BEGUN = "the beginning of a call"
    RESUMED = "the end of a call that began in an earlier line"
    SIGNAL = "a signal"
    EXIT = "the end of a thread"
    NOTE = "something that is no event: a stack, a dump, a message of strace"


class Line(NamedTuple):
    """One line. `time` is in ns since the epoch, since midnight or since the line before, by `clock`: u d r or "".

    `name` is that of the call or signal; `text` the arguments as written, of an exit what is said of it; `result` what
    stands behind `=`; `spent` the call's ns or -1. `tid` is 0 where the line does not say whose it is.
    """

    kind: Kind
    tid: int = 0
    clock: str = ""
    time: int = 0
    name: str = ""
    text: str = ""
    result: str = ""
    spent: int = -1


# what stands behind a descriptor: <...> without angles in it but those of -> and of <char 1:3>
ANNOTATION = r"<(?:->|<[^<>]*>|[^<>])*>"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_BODY = rf"(?:{_QUOTED}|<<|{ANNOTATION}|/\*.*?\*/|=>|[^\"<])*"

_LEADER = re.compile(
    r"(?:\[pid +(?P<bracketed>\d+)(?:<[^>]*>)?\] |(?P<plain>\d+)(?:<[^>]*>)? +(?=\S))?"
    r"(?:(?P<seconds>\d{9,11})(?:\.(?P<fraction>\d+))? |(?P<hms>\d\d:\d\d:\d\d)(?:\.(?P<part>\d+))? )?"
    r"(?:\(\+ +(?P<since>[\d.]+)\) | *(?P<relative>\d+\.\d+) )?"
    r"(?:\[ *\d+\] )?(?:\[[0-9a-f?]{8,16}\] )?(?:\[ *\d+\] )?"
)
_CALL = re.compile(
    rf"(?P<name>[a-z_]\w*)\((?P<text>{_BODY})\)\s* = (?P<result>.*?)(?: <(?P<spent>\d+\.\d+)>)?", re.DOTALL
)
_BEGUN = re.compile(
    r"(?P<name>[a-z_]\w*)\((?P<text>.*?) ?<(?:unfinished|detached|pid changed[^>]*) ?\.\.\.>", re.DOTALL
)
_RESUMED = re.compile(
    rf"<\.\.\. (?P<name>[a-z_]\w*) resumed>\s?(?P<text>{_BODY})\)\s* = (?P<result>.*?)(?: <(?P<spent>\d+\.\d+)>)?",
    re.DOTALL,
)
_SIGNAL = re.compile(r"--- (?P<name>SIG\w+|\d+) \{(?P<text>.*)\} ---", re.DOTALL)
_EXIT = re.compile(r"\+\+\+ (?P<text>exited with -?\d+|killed by \S+(?: \(core dumped\))?|superseded by .*) \+\+\+")
_NOTE = re.compile(
    r" > | \| | \* \d+ bytes |> |--- stopped by |\[ Process PID=\d+ runs in \d+ bit mode|strace: "
    r"|Process \d+ (?:at|de)tached|\+\+\+ <detached|% time |[- ]{20,}$|.* total$"
)
_TABLE = re.compile(r" *\d+\.\d\d +\d+\.\d+ .*\w")
_PIECES = re.compile(rf"{_QUOTED}(?:\.\.\.)?|<<|{ANNOTATION}|/\*.*?\*/|=>|[\[({{]|[\])}}]|,", re.DOTALL)


def parse(text: str) -> Line | None:
    """A line without its line end; None if strace does not write such lines."""
    leader = _LEADER.match(text)
    assert leader is not None
    at = leader.end()
    first = text[at : at + 1]
    if first == "-" and (found := _SIGNAL.fullmatch(text, at)):
        return _line(Kind.SIGNAL, leader, found)
    if first == "+" and (found := _EXIT.fullmatch(text, at)):
        return _line(Kind.EXIT, leader, found)
    if first == "<" and (found := _RESUMED.fullmatch(text, at)):
        return _line(Kind.RESUMED, leader, found)
    if found := _CALL.fullmatch(text, at):
        return _line(Kind.CALL, leader, found)
    if found := _BEGUN.fullmatch(text, at):
        return _line(Kind.BEGUN, leader, found)
    if _NOTE.match(text, at) or _TABLE.fullmatch(text):
        clock, time = _time(leader)
        return Line(Kind.NOTE, _tid(leader), clock, time, text=text[at:])
    return None


def split(text: str) -> list[str]:
    """Arguments, parted at the commas outside of strings, brackets and what stands behind descriptors."""
    if not text:
        return []
    found, start, depth = [], 0, 0
    for piece in _PIECES.finditer(text):
        letter = piece[0]
        if letter == ",":
            if not depth:
                found.append(text[start : piece.start()].strip())
                start = piece.end()
        elif letter in "[({":
            depth += 1
        elif letter in "])}":
            depth = max(0, depth - 1)
    last = text[start:].strip()
    return [*found, last] if last else found


def _line(kind: Kind, leader: re.Match[str], found: re.Match[str]) -> Line:
    parts = found.groupdict()
    clock, time = _time(leader)
    spent = parts.get("spent")
    return Line(
        kind, _tid(leader), clock, time, parts.get("name") or "", parts["text"], (parts.get("result") or "").strip(),
        _ns(spent) if spent else -1,
    )  # fmt: skip


def _tid(leader: re.Match[str]) -> int:
    return int(leader["bracketed"] or leader["plain"] or 0)


def _time(leader: re.Match[str]) -> tuple[str, int]:
    """(clock, ns)."""
    if leader["seconds"]:
        return "u", int(leader["seconds"]) * 1_000_000_000 + _fraction(leader["fraction"])
    if leader["hms"]:
        hours, minutes, seconds = map(int, leader["hms"].split(":"))
        return "d", ((hours * 60 + minutes) * 60 + seconds) * 1_000_000_000 + _fraction(leader["part"])
    if leader["relative"] or leader["since"]:
        return "r", _ns(leader["relative"] or leader["since"])
    return "", 0


def _ns(seconds: str) -> int:
    whole, _, part = seconds.partition(".")
    return int(whole) * 1_000_000_000 + _fraction(part)


def _fraction(digits: str | None) -> int:
    return int(digits[:9].ljust(9, "0")) if digits else 0
