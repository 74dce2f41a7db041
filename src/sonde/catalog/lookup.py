"""Events by number and by name: what every other room asks the event table."""

from __future__ import annotations

from sonde.catalog.event import Event
from sonde.catalog.syscalls import ALIASES, all_events

__all__ = [
    "CATEGORIES", "EVENTS", "NAMES", "NUMBERS", "TRACEPOINTS", "add_event", "by_name", "tracepoint_number",
    "tracepoints",
]  # fmt: skip

NUMBERS = 2048  # event numbers are below

TRACEPOINTS = range(514, 1024)  # numbers of those that a question names

EVENTS: dict[int, Event] = all_events()

# names by number, "" where there is no event: a list of NUMBERS texts, made for np.array(NAMES)[nr]
NAMES: list[str] = [EVENTS[n].name if n in EVENTS else "" for n in range(NUMBERS)]

CATEGORIES: tuple[str, ...] = (
    "file", "io_read", "io_write", "io_other", "net", "process", "memory", "signal", "user", "ipc", "wait", "sleep",
    "time", "system", "other",
)  # fmt: skip

_BY_NAME: dict[str, list[Event]] = {}
for _event in EVENTS.values():
    _BY_NAME.setdefault(_event.name, []).append(_event)


def add_event(event: Event) -> None:
    """Make an event known that only this kernel has: a tracepoint that a question names."""
    EVENTS[event.number] = event
    NAMES[event.number] = event.name
    _BY_NAME[event.name] = [event]


def tracepoints() -> list[str]:
    """The names of the tracepoints that are known."""
    return [EVENTS[number].name for number in TRACEPOINTS if number in EVENTS]


def tracepoint_number(name: str) -> int:
    """The number of a tracepoint: its own if it is known, else a free one. StopIteration if there is none."""
    return _BY_NAME[name][0].number if name in _BY_NAME else next(n for n in TRACEPOINTS if n not in EVENTS)


def by_name(name: str) -> list[Event]:
    """The events of a name, x86-64 before i386; also by a kernel name such as `pread64`. KeyError if unknown."""
    return _BY_NAME[ALIASES.get(name, name)]
