"""What a file of sysdig does not hold of a recording, and why; docs/compat.md lists the same for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from sonde.catalog.lookup import by_name
from sonde.sources.scap.kinds import written
from sonde.sources.scap.operations import _places

__all__ = ["KNOWN", "OTHER_NAMES", "Known", "why"]

Row = dict[str, Any]


class Known(NamedTuple):
    """Calls (by a test of their name and the field's), fields (a pattern), and what the file may then say: (of the
    recording, of the file) -> is that this difference?"""

    reason: str
    calls: Callable[[str, str], bool]
    fields: str
    such: Callable[[Any, Any], bool]


def every(call: str, field: str) -> bool:
    """All calls."""
    return True


def of(*names: str) -> Callable[[str, str], bool]:
    """Some calls."""
    return lambda call, field: call in names


@cache
def generic(call: str, field: str = "") -> bool:
    """Has sysdig 0.29.3 no event for the call? Its generic event has a number and nothing else."""
    return written(by_name(call)[0].number).generic


@cache
def unnamed(call: str, field: str) -> bool:
    """Does the event have no descriptor where sysdig looks for it, as the first parameter?"""
    event = by_name(call)[0]
    kinds = written(event.number)
    made = event.fd is not None and event.fd.source == "ret"
    return not kinds.enter.uses_fd and not made


@cache
def unresulted(call: str, field: str) -> bool:
    """Has the exit event of the call no result?"""
    leave = written(by_name(call)[0].number).leave
    return leave is not None and not leave.params


@cache
def lacking(call: str, field: str) -> bool:
    """Have the events of the call no such parameter?"""
    kinds, name = written(by_name(call)[0].number), field.rpartition(".")[2]
    told = by_name(kinds.enter.name)[0].number if not kinds.generic else 0
    last = kinds.leave or kinds.enter
    return all(place.param.name != name for place in _places(last.number, told))


def missing(ours: Any, theirs: Any) -> bool:
    """The file does not say."""
    return theirs is None


def any_other(ours: Any, theirs: Any) -> bool:
    """The file says something else."""
    return True


def fewer(ours: Any, theirs: Any) -> bool:
    """Some of the flags."""
    return set(theirs.split("|")) - {"0"} < set(ours.split("|")) if ours and theirs else theirs is None


def given(ours: Any, theirs: Any) -> bool:
    """The same file by another path: as it was given, or before a rename."""
    return isinstance(ours, str | None) and isinstance(theirs, str) and "->" not in theirs


OTHER_NAMES = {
    name: written(by_name(name)[0].number).enter.name
    for name in ("dup2", "dup3", "pipe2", "accept4", "eventfd2", "signalfd4", "inotify_init1", "umount2")
}
UNIX = re.compile(r"[0-9a-f]+->[0-9a-f]+( .*)?")
SOCKETS = ("socket", "bind", "listen", "accept4", "connect", "close", "recvfrom", "sendto", "shutdown", "getsockname",
           "setsockopt", "sendmsg", "recvmsg")  # fmt: skip


def unix(ours: Any, theirs: Any) -> bool:
    """Ends of a socket without a network."""
    return all(isinstance(one, str) and UNIX.fullmatch(one) for one in (ours, theirs))


FILES = "fd.(name|directory|filename)"
ENDS = "fd.(name|[cslr]?(ip|port|net)|is_server|l4proto)"
KNOWN = (
    Known(
        "sysdig has no event for the call",
        generic,
        "evt.(arg|rawarg|res|rawres|failed|count|buffer|abspath).*|f[ds].*",
        missing,
    ),
    Known("sysdig has no event for the call", generic, "evt.(category|type)", any_other),
    Known("the event has no result", unresulted, "evt.(res|rawres|failed)", missing),
    Known(
        "a call from before the recording is entered when it returns",
        every,
        "evt.latency",
        lambda ours, theirs: ours is None and theirs == 0,
    ),
    Known("an event that calls share", of(*OTHER_NAMES), "evt.type", lambda ours, theirs: OTHER_NAMES[ours] == theirs),
    Known("the event does not have the parameter", lacking, "evt.(raw)?arg.*", missing),
    Known("options of sockets are shown with events, not with calls", of("setsockopt"), "evt.arg.val", missing),
    Known(
        "a buffer that could not be read is an empty one",
        every,
        "evt.(arg.data|buffer)",
        lambda ours, theirs: ours is None and theirs == "",
    ),
    Known("sysdig has no name for some flags", every, "evt.arg.flags", fewer),
    Known("the descriptor is not the first parameter", unnamed, "fd.*", missing),
    Known("the path as it was given, and that after a rename", every, FILES, given),
    Known("there is no event for a new name of a thread", every, "proc.(p|a)?name.*|evt.arg.(comm|p?t?id)", any_other),
    Known("the program as it was given", every, "proc.exepath", any_other),
    Known("anonymous inodes have no name", every, "fd.name", lambda ours, theirs: not theirs),
    Known("sysdig's own order of the ends of unix sockets", of(*SOCKETS), "fd.name", unix),
    Known("sysdig knows ends of sockets by the calls that told it", of(*SOCKETS), ENDS, any_other),
    Known(
        "a socket of version 6 bound to an address of version 4",
        of(*SOCKETS),
        "fd.type(char)?",
        lambda ours, theirs: {ours, theirs} in ({"ipv4", "ipv6"}, {"4", "6"}),
    ),
    Known(
        "of a call that makes two descriptors one is the call's",
        of("pipe2", "socketpair"),
        "fd.*",
        lambda ours, theirs: ours is None,
    ),
)


def why(call: str, field: str, ours: Any, theirs: Any) -> str:
    """The reason for a difference, "" if there is none."""
    for known in KNOWN:
        if known.calls(call, field) and re.fullmatch(known.fields, field) and known.such(ours, theirs):
            return known.reason
    return ""
