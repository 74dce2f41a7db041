"""Kinds of events in the past that is always kept: which belong together, and each one's share of the room."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from sonde.catalog.families import expand
from sonde.catalog.lookup import NUMBERS
from sonde.catalog.views import VIEWS

__all__ = ["FAILURES", "KINDS", "OTHERS", "PASSED_OVER", "SHARES", "STATES", "Kind", "kind_by_number", "wanted"]


class Kind(NamedTuple):
    """`events` by name, families of them included. `share` is a weight: of the room each kind has its share of all
    the weights."""

    name: str
    share: int
    events: tuple[str, ...] = ()


STATES = VIEWS["connections"].tracepoint  # if this kernel has it
# An event is of the kind that names it; else, if it failed, of the failures, but for PASSED_OVER; else of the others.
_LIFE = "execve execveat clone clone3 fork vfork procexit"
_SELVES = (
    "chdir fchdir chroot prctl setuid setreuid setresuid setgid setregid setresgid setfsuid setfsgid setsid setpgid"
)
_FILES = "open openat openat2 creat rename unlink rmdir mkdir link symlink truncate chmod chown mount umount2"
KINDS = (
    Kind("processes", 25, tuple(f"{_LIFE} {_SELVES}".split())),
    Kind("connections", 20, ("connect", "accept", "accept4", "bind", "listen", STATES)),
    Kind("files", 30, tuple(_FILES.split())),
    Kind("signals", 10, ("signaldeliver", "kill", "tkill", "tgkill")),
)
FAILURES, OTHERS = Kind("failures", 15), Kind("everything else", 50)  # the others are kept with --all only
SHARES = {kind.name: kind.share for kind in (*KINDS, FAILURES, OTHERS)}
PASSED_OVER = ("EAGAIN", "ETIMEDOUT", "ENOTTY")  # answers that programs ask for all the time


def wanted(tracepoints: bool) -> str:
    """The filter that passes what is of a kind, but for the others; with `tracepoints` that are named."""
    names = [name for kind in KINDS for name in kind.events if ":" not in name]
    parts = [f"evt.type in ({', '.join(names)})", f"(evt.failed=true and not evt.res in ({', '.join(PASSED_OVER)}))"]
    traced = [name for kind in KINDS for name in kind.events if ":" in name]
    return " or ".join((*parts, *(f"evt.type={name}" for name in traced if tracepoints)))


def kind_by_number() -> list[str]:
    """The kind that names an event, by its number; "" for events that no kind names. Tracepoints have numbers once they
    are known, so this is asked again for each segment."""
    found = list(_fixed())
    for kind in KINDS:
        for name in kind.events:
            if ":" in name:
                for event in _known(name):
                    found[event] = kind.name
    return found


@cache
def _fixed() -> tuple[str, ...]:
    found = [""] * NUMBERS
    for kind in KINDS:
        for event in (event for name in kind.events if ":" not in name for event in expand(name)):
            found[event] = kind.name
    return tuple(found)


def _known(name: str) -> frozenset[int]:
    """The number of a tracepoint, if it is known."""
    try:
        return expand(name)
    except KeyError:
        return frozenset()
