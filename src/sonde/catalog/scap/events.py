"""Event types of .scap files: number, name, category and parameters of each."""

from __future__ import annotations

import re
from typing import NamedTuple

from sonde.catalog.scap.calls import CALLS
from sonde.catalog.scap.table import TABLE

__all__ = ["EVENTS", "NAMES", "NO_EVENT", "PARAMETERS", "PATHS", "TYPES", "Event", "Param"]

TYPES = 4096  # event types are below; what is above is damage
PATHS = ("path", "relpath")  # types of parameters; before a `relpath` is the directory that it is below
# parameters whose type follows from their name
_USUAL = {
    "fd": "fd", "dirfd": "fd", "res": "errno", "pid": "pid", "tid": "pid", "data": "bytes", "tuple": "tuple",
    "name": "path", "path": "path", "size": "uint32",
}  # fmt: skip
_SEVERAL = {
    "@task": "exe:text, args:bytes, tid, pid, ptid:pid, cwd:text",
    "@memory": "pgft_maj:uint64, pgft_min:uint64, @vm",
    "@vm": "vm_size:uint32, vm_rss:uint32, vm_swap:uint32",
}
_BASES = {"x": 16, "o": 8}
_NUMBER = re.compile(r"(u?int\d+|mode)([xo])")
_ENTRY = re.compile(r"(\d+) (\w+)( U)?( S)? ([\w ]+)\((.*?)\)(?: = \((.*)\))?")


class Param(NamedTuple):
    """A parameter: `base` 10, 16 or 8 is how numbers are written, `names` a key of catalog/scap/names.py."""

    name: str
    type: str
    base: int = 10
    names: str = ""


class Event(NamedTuple):
    """One event type. `old` parameters are those of sysdig 0.29.3, which files before version 1.2 have at most.

    `uses_fd`: the first parameter of the enter event is the descriptor; `aside`: it says nothing of a thread's calls.
    """

    number: int
    name: str
    category: str
    params: tuple[Param, ...]
    old: int
    uses_fd: bool = False
    aside: bool = False

    @property
    def enters(self) -> bool:
        """Is a call entered?"""
        return not self.number & 1

    def place(self, name: str) -> int:
        """Which parameter has a name, -1 if none has it."""
        return next((i for i, param in enumerate(self.params) if param.name == name), -1)


def _param(text: str) -> Param:
    name, _, kind = text.partition(":")
    kind, _, names = (kind or _USUAL[name]).partition("/")
    number = _NUMBER.fullmatch(kind)
    return Param(name, number[1], _BASES[number[2]], names) if number else Param(name, kind, 10, names)


def _params(text: str) -> tuple[tuple[Param, ...], int]:
    for short, long in _SEVERAL.items():
        text = text.replace(short, long)
    old, _, new = text.partition("|")
    found = [[_param(part.strip()) for part in side.split(",") if part.strip()] for side in (old, new)]
    return tuple(found[0] + found[1]), len(found[0])


def _events() -> dict[int, Event]:
    found = {}
    for entry in _ENTRY.finditer(TABLE.replace("\n    ", " ")):
        number, category, uses, aside, name, enter, leave = entry.groups()
        for side, text in enumerate((enter, leave)):
            if text is not None:
                params, old = _params(text)
                event = Event(int(number) + side, name, category, params, old, bool(uses), bool(aside))
                found[event.number] = event
    return found


EVENTS: dict[int, Event] = _events()
NO_EVENT = Event(0xFFFF, "", "unknown", (), 0, aside=True)
NAMES: frozenset[str] = frozenset(event.name for event in EVENTS.values()) | frozenset(CALLS) | {"<unknown>"}
PARAMETERS: frozenset[str] = frozenset(param.name for event in EVENTS.values() for param in event.params)
