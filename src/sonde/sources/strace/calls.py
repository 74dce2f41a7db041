"""Calls that strace writes in an order of its own, and those that change who a thread is or what it has open."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sonde.sources.strace import values
from sonde.sources.strace.processes import Person, ProcessIds

__all__ = ["CHANGES", "LAST", "MAKERS", "NEEDED", "Happened", "in_order"]

MAKERS = frozenset(("clone", "clone3", "fork", "vfork"))
LAST = frozenset(("exit", "exit_group"))
# traced whatever is asked, since what they change is told with the rows of others
NEEDED = (
    "clone", "clone3", "fork", "vfork", "execve", "execveat", "chdir", "fchdir", "prctl", "setsid", "setpgid",
)  # fmt: skip
_CLONE_WORDS = {
    "flags": 0, "child_stack": 1, "stack": 1, "parent_tid": 2, "parent_tidptr": 2, "child_tid": 3, "child_tidptr": 3,
    "tls": 4,
}  # fmt: skip
_CLONE_THREAD = 0x10000
_PR_SET_NAME = 15
_F_DUPFD = (0, 1030)
COMM = 15


class Happened(NamedTuple):
    """A call that succeeded: by whom, with what, giving what, and when."""

    processes: ProcessIds
    person: Person
    words: list[int]
    arguments: list[str]
    result: int
    behind: str
    end: int
    fds: dict[int, str]


def in_order(name: str, arguments: list[str]) -> list[str]:
    """Arguments by the words they are in: clone's are named and in another order, arguments of others as they come."""
    if name != "clone":
        return arguments
    found = ["..."] * 5
    for argument in arguments:
        key, equals, text = argument.partition("=")
        if equals and key in _CLONE_WORDS:
            found[_CLONE_WORDS[key]] = text
    return found


def _cloned(call: Happened) -> None:
    if call.result:
        text = call.arguments[0] if call.arguments else ""
        thread = bool(call.words[0] & _CLONE_THREAD) or "CLONE_THREAD" in text
        if text.startswith("{flags=0x"):  # clone3
            word = values.number(text[len("{flags=") :].partition(",")[0])
            thread = bool((word or 0) & _CLONE_THREAD)
        call.processes.made(call.person, call.result, call.end, thread)


def _executed(call: Happened) -> None:
    at = len(call.arguments) > 3 and not call.arguments[0].startswith('"')
    texts = call.arguments[1:] if at else call.arguments
    path = values.value(texts[0]).data if texts else None
    argv = values.strings(texts[1]) if texts[1:] else None
    env = values.strings(texts[2]) if texts[2:] else None
    columns: dict[str, object] = {
        "argv": b"\0".join(argv[0]) if argv else None, "cut": argv is not None and not argv[1],
        "env": b"\0".join(env[0]) if env else None,
    }  # fmt: skip
    if argv and not argv[1] and (whole := call.processes.command_line(call.person.tid, argv[0])):
        columns |= {"argv": whole, "cut": False}
    if path is not None:
        columns["comm"] = path.rpartition(b"/")[2][:COMM]
        columns["exe"] = path if path.startswith(b"/") else b""
    call.processes.change(call.person.tid, **columns)


def _moved(call: Happened) -> None:
    """chdir: the new directory, if it follows from the old one."""
    given = values.value(call.arguments[0])
    behind = call.fds.get(0) or call.person.fds.get(call.words[0] & 0xFFFFFFFF, "")
    if given.data is not None:
        from posixpath import join, normpath

        known = given.data.startswith(b"/") or call.person.cwd
        call.processes.change(call.person.tid, cwd=normpath(join(call.person.cwd, given.data)) if known else b"")
    else:
        call.processes.change(call.person.tid, cwd=values.string(behind[1:-1]) if behind else b"")


def _named(call: Happened) -> None:
    if call.words[0] == _PR_SET_NAME or call.arguments[0].startswith("PR_SET_NAME"):
        name = values.value(call.arguments[1]).data if call.arguments[1:] else None
        if name is not None:
            call.processes.change(call.person.tid, comm=name[:COMM])


def _closed(call: Happened) -> None:
    call.person.fds.pop(call.words[0] & 0xFFFFFFFF, None)


def _doubled(call: Happened) -> None:
    behind = call.behind or call.fds.get(0) or call.person.fds.get(call.words[0] & 0xFFFFFFFF, "")
    if behind:
        call.person.fds[call.result] = behind
    else:
        call.person.fds.pop(call.result, None)


def _controlled(call: Happened) -> None:
    if call.words[1] in _F_DUPFD or call.arguments[1].startswith("F_DUPFD"):
        _doubled(call)


def _led(call: Happened) -> None:
    pid = call.person.pid
    call.processes.change(call.person.tid, ids=call.person.ids | {"sid": pid, "pgid": pid})


def _grouped(call: Happened) -> None:
    who, group = (call.words[0] & 0xFFFFFFFF) or call.person.pid, call.words[1] & 0xFFFFFFFF
    if who in call.processes:
        other = call.processes.of(who, call.end)
        call.processes.change(who, ids=other.ids | {"pgid": group or who})


CHANGES: dict[str, Callable[[Happened], None]] = {
    **dict.fromkeys(MAKERS, _cloned),
    **dict.fromkeys(("execve", "execveat"), _executed),
    **dict.fromkeys(("chdir", "fchdir"), _moved),
    **dict.fromkeys(("dup", "dup2", "dup3"), _doubled),
    **dict.fromkeys(("fcntl", "fcntl64"), _controlled),
    "prctl": _named,
    "close": _closed,
    "setsid": _led,
    "setpgid": _grouped,
}
