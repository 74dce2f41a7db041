"""The gist of what threads did: names, paths and results in order, without what two runs of a program never share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import unified_diff

from normal import normal, thread_names
from told import Key, Story, Told, read, stories

__all__ = ["apart", "gists"]

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"(?:\.\.\.)?')
_DESCRIPTOR = re.compile(r"^(?:-?\d+|AT_FDCWD)(<.*>(?:\(deleted\))?)$")
_CONTENT = {
    "read",
    "write",
    "pread64",
    "pwrite64",
    "sendto",
    "recvfrom",
    "readv",
    "writev",
    "sendmsg",
    "recvmsg",
    "getrandom",
}
_ADDRESSES = {"mmap", "brk", "mremap", "shmat"}
_WHENEVER = ("SIGCHLD",)


def gists(log: str, masks: Iterable[tuple[str, str]], differs: Iterable[tuple[str, str]]) -> dict[Key, list[str]]:
    """By thread; what matches one of `differs` is left out."""
    found = stories(read(log))
    names = thread_names(found)
    dropped = [re.compile(pattern) for pattern, _ in differs]
    return {key: list(_of_thread(story, names, tuple(masks), dropped)) for key, story in found.items()}


def _of_thread(
    story: Story, names: Mapping[str, str], masks: Sequence[tuple[str, str]], dropped: list[re.Pattern[str]]
) -> Iterable[str]:
    for one in story.told:
        if one.kind == "signal" and one.name in _WHENEVER:
            continue
        text = _gist(normal(one, names))
        for pattern, sign in masks:
            text = re.sub(pattern, sign, text)
        if not any(pattern.fullmatch(text) for pattern in dropped):
            yield text


def _gist(one: Told) -> str:
    if one.kind != "call":
        return f"{one.kind} {one.name}"
    return f"{one.name} {' '.join(_paths(one))} = {_result(one)}"


def _paths(one: Told) -> Iterable[str]:
    for argument in one.arguments:
        if found := _DESCRIPTOR.match(argument):
            yield found[1]
        elif one.name not in _CONTENT:
            yield from _STRING.findall(argument)


def _result(one: Told) -> str:
    if one.error:
        return one.error
    return "#" if one.name in _ADDRESSES else one.value


def apart(theirs: Mapping[Key, list[str]], ours: Mapping[Key, list[str]]) -> list[str]:
    """Where both differ, as a diff with the threads' keys."""
    found: list[str] = []
    for key in sorted({*theirs, *ours}):
        one, two = theirs.get(key, []), ours.get(key, [])
        if one != two:
            found += [f"thread {key}", *unified_diff(one, two, "strace", "ours", n=1, lineterm="")]
    return found
