"""Which event type of a .scap file a call is written as: the newest that sysdig 0.29.3 knows."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from sonde.catalog.event import EXIT_EVENTS
from sonde.catalog.lookup import EVENTS as CALLS
from sonde.catalog.scap.calls import NUMBERS
from sonde.catalog.scap.events import EVENTS, Event

__all__ = ["Written", "written"]

_NEWEST = 335
_GENERIC = 0
# calls that sysdig 0.29.3 writes as an event of another name
_SHARED = {
    "dup2": 124, "dup3": 124, "pipe2": 60, "eventfd2": 62, "signalfd4": 126, "inotify_init1": 138, "accept4": 248,
    "accept": 246, "umount2": 258, "select": 82, "procexit": 186, "signaldeliver": 232,
}  # fmt: skip
# those whose parameters are not followed: sysdig's generic event names them
_NOT_FOLLOWED = frozenset(("quotactl", "semop", "bpf"))
_ALONE = frozenset(EXIT_EVENTS.values())
_I386 = 1024


class Written(NamedTuple):
    """The events that a call is written as; `leave` None: there is no exit event. `call` is sysdig's number of it."""

    enter: Event
    leave: Event | None
    call: int
    native: int

    @property
    def generic(self) -> bool:
        """Does the type not tell which call it is?"""
        return self.enter.number == _GENERIC


@cache
def _newest() -> dict[str, int]:
    """The enter event by name."""
    return {event.name: number for number, event in EVENTS.items() if event.enters and number <= _NEWEST} | _SHARED


@cache
def written(nr: int) -> Written:
    """The events of an event number."""
    call = CALLS.get(nr)
    name = call.name if call else ""
    kind = _GENERIC if name in _NOT_FOLLOWED else _newest().get(name, _GENERIC)
    number = NUMBERS.get(name, 0)
    leave = None if nr in _ALONE else EVENTS[kind + 1]
    return Written(EVENTS[kind], leave, number, nr - _I386 if nr >= _I386 else nr)
