"""What a tracer told in strace's format: lines taken apart into calls with arguments and results, signals and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Key", "Story", "Told", "Unreadable", "read", "split", "stories"]

UNFINISHED = " <unfinished ...>"
_PREFIX = re.compile(r"(?:\[pid +)?(\d+)\]? +")
_CALL = re.compile(r"(\w+)\(")
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>")
_RESULT = re.compile(r"(?P<value>\?|-?\w+(?:<.*>(?:\(deleted\))?)?)(?: (?P<error>E[A-Z0-9_]+))?(?: (?P<extra>\(.*\)))?")
_MARKS = re.compile(r"/\*|\*/")
_FORKS = {"fork", "vfork", "clone", "clone3"}
_CLOSED = {"(": ")", "[": "]", "{": "}"}

Key = tuple[int, ...]


class Unreadable(ValueError):
    """A line that is not in strace's format."""


@dataclass(frozen=True)
class Told:
    """One thing a thread did: `kind` is call, signal, stop or end; `line` is the text without the thread's number."""

    tid: int
    kind: str
    name: str
    arguments: tuple[str, ...] = ()
    value: str = ""
    error: str = ""
    extra: str = ""
    line: str = ""

    @property
    def result(self) -> str:
        """All of what stands behind the equals sign."""
        return " ".join(part for part in (self.value, self.error, self.extra) if part)


@dataclass
class Story:
    """What one thread did, in order. `key` says where it is in the tree: its parent's key and the how many-th child."""

    key: Key
    tid: int
    told: list[Told] = field(default_factory=list)


def read(text: str) -> list[Told]:
    """The lines of a log; halves of a call are one, in the place where the call ended."""
    begun: dict[int, str] = {}
    return [told for line in text.split("\n") if (told := _line(line, begun)) is not None]


def _line(line: str, begun: dict[int, str]) -> Told | None:
    if not line or line.startswith("strace: "):
        return None
    prefix = _PREFIX.match(line)
    tid, rest = (int(prefix[1]), line[prefix.end() :]) if prefix else (0, line)
    if rest.startswith("+++ "):
        return Told(tid, "end", rest.strip("+ "), line=rest)
    if rest.startswith("--- "):
        return _signal(tid, rest)
    if rest.endswith(UNFINISHED):
        begun[tid] = rest.removesuffix(UNFINISHED)
        return None
    if resumed := _RESUMED.match(rest):
        head = begun.pop(tid, None)
        if head is None or not head.startswith(resumed[1]):
            raise Unreadable(f"{resumed[1]} goes on and did not begin: {line}")
        rest = head + rest[resumed.end() :]
    return _call(tid, rest)


def _signal(tid: int, rest: str) -> Told:
    name, _, body = rest.strip("- ").partition(" ")
    if not body.startswith("{"):
        return Told(tid, "stop", rest.strip("- "), line=rest)
    return Told(tid, "signal", name, tuple(split(body[1:-1])), line=rest)


def _call(tid: int, rest: str) -> Told:
    head = _CALL.match(rest)
    if head is None:
        raise Unreadable(f"no call: {rest}")
    arguments, end = [], head.end()
    for start, end in _pieces(rest, head.end()):
        arguments.append(rest[start:end].strip())
    if arguments == [""]:
        arguments = []
    tail = rest[end + 1 :].lstrip()
    if not tail.startswith("= ") or (found := _RESULT.fullmatch(_untimed(tail[2:]))) is None:
        raise Unreadable(f"no result: {rest}")
    if arguments and arguments[-1].endswith(UNFINISHED.strip()):  # it never came back
        arguments[-1] = arguments[-1].removesuffix(UNFINISHED.strip()).strip()
    words = tuple(argument for at, argument in enumerate(arguments) if argument or at < len(arguments) - 1)
    return Told(tid, "call", head[1], words, found["value"], found["error"] or "", found["extra"] or "", rest)


def _untimed(tail: str) -> str:
    """Without the duration of -T."""
    return re.sub(r" <\d+\.\d+>$", "", tail)


def split(text: str) -> list[str]:
    """The parts of a list without its brackets."""
    parts = [text[start:end].strip() for start, end in _pieces(text + ")", 0)]
    return [] if parts == [""] else parts


def _pieces(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Begin and end of each argument, from the first on until the bracket that closes the list; at least one."""
    start, closing = at, [")"]
    while closing:
        if at >= len(text):
            raise Unreadable(f"no end: {text}")
        letter = text[at]
        if letter == '"':
            at = _string(text, at)
        elif text.startswith("/*", at):
            at = _comment(text, at)
        elif letter == "<" and _names_a_descriptor(text, at):
            at = _angle(text, at)
        elif letter in _CLOSED:
            closing.append(_CLOSED[letter])
        elif letter == closing[-1]:
            closing.pop()
        elif letter == "," and len(closing) == 1:
            yield start, at
            start = at + 1
        at += 1
    yield start, at - 1


def _comment(text: str, at: int) -> int:
    """Where the comment ends that begins here; strace puts comments into comments."""
    depth = 0
    for mark in _MARKS.finditer(text, at):
        depth += 1 if mark[0] == "/*" else -1
        if not depth:
            return mark.end() - 1
    raise Unreadable(f"no end of a comment: {text}")


def _string(text: str, at: int) -> int:
    """Where the string ends that begins here."""
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at


def _names_a_descriptor(text: str, at: int) -> bool:
    """Is this < the begin of what a descriptor refers to, not a shift or UNFINISHED?"""
    behind = text[at + 1 : at + 2]
    return at > 0 and (text[at - 1].isalnum() or text[at - 1] in "/_") and behind not in ("<", "=", "")


def _angle(text: str, at: int) -> int:
    """Where the name ends that begins here; names of sockets hold ->, those of devices another pair of angles."""
    depth = 0
    for end in range(at, len(text)):
        if text[end] == "<":
            depth += 1
        elif text[end] == ">" and text[end - 1] != "-":
            depth -= 1
            if not depth:
                return end
    raise Unreadable(f"no end of a name: {text}")


def stories(told: list[Told]) -> dict[Key, Story]:
    """By thread; the first one is the root, the others are found by the results of the calls that made them."""
    by_tid: dict[int, list[Told]] = {}
    for one in told:
        by_tid.setdefault(one.tid, []).append(one)
    found: dict[Key, Story] = {}
    if told:
        _grow((), told[0].tid, by_tid, found)
    for number, tid in enumerate(tid for tid in sorted(by_tid) if tid not in {story.tid for story in found.values()}):
        found[(-1, number)] = Story((-1, number), tid, by_tid[tid])  # nobody said who made it
    return found


def _grow(key: Key, tid: int, by_tid: dict[int, list[Told]], found: dict[Key, Story]) -> None:
    story = found[key] = Story(key, tid, by_tid[tid])
    children = 0
    for one in list(story.told):
        if one.kind == "call" and one.name in _FORKS and one.value.isdecimal() and int(one.value) in by_tid:
            child = int(one.value)
            if child not in {made.tid for made in found.values()}:
                _grow((*key, children), child, by_tid, found)
            children += 1
