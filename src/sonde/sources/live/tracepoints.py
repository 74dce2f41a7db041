"""Tracepoints of this kernel as events: those that a question names are known from then on, with their fields."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sonde.catalog.event import Event, Param, ParamType, Source
from sonde.catalog.lookup import TRACEPOINTS, add_event
from sonde.engines.context import by_event
from sonde.errors import SondeError, did_you_mean
from sonde.kernel.codegen import Hook
from sonde.kernel.tracefs import tracepoint_format, tracepoint_id, tracepoint_names

__all__ = ["hook_of", "listed", "named", "register"]

NAME = re.compile(r"\b[a-z][a-z0-9_]*:[a-z_][a-zA-Z0-9_]*\b")
FIELD = re.compile(r"\tfield:(.*);\toffset:(\d+);\tsize:(\d+);\tsigned:(\d);")
WORDS = (Source.A0, Source.A1, Source.A2, Source.A3, Source.A4, Source.A5)
ADDRESSES = ("*", "void")


class _Field(NamedTuple):
    name: str
    type: ParamType
    offset: int
    size: int


_known: dict[str, Hook] = {}


def named(text: str) -> set[str]:
    """What in a question looks like the name of a tracepoint, as net:net_dev_xmit."""
    return set(NAME.findall(re.sub(r"\w+://\S*", "", text)))


def register(text: str) -> None:
    """Make the tracepoints known that a question names; of their fields those it names come first.

    SondeError for a name of this form that this kernel does not have, where tracefs can be read.
    """
    for name in sorted(named(text) - _known.keys()):
        layout = tracepoint_format(name.replace(":", "/"))
        ident = tracepoint_id(name.replace(":", "/"))
        if layout is None or ident is None:
            _refuse(name)
            continue
        fields = _chosen(_fields(layout), set(re.findall(r"\w+", text)))
        number = TRACEPOINTS[len(_known)]
        params = tuple(Param(field.name, field.type, word) for field, word in zip(fields, WORDS, strict=False))
        add_event(Event(number, name, "other", params))
        by_event.cache_clear()
        _known[name] = Hook("l_tracepoint", number, ident, tuple((field.offset, field.size) for field in fields))


def hook_of(number: int) -> Hook | None:
    """The hook of a tracepoint's event number."""
    return next((hook for hook in _known.values() if hook.number == number), None)


def listed(patterns: Iterable[str]) -> str:
    """The tracepoints whose names fit some pattern such as net:*, with the fields that can be asked for."""
    names = tracepoint_names()
    if not names:
        raise SondeError("tracepoints cannot be listed: tracefs is not there, or only root may read it")
    found = [name for name in sorted(names) if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
    if not found:
        raise SondeError(f"no tracepoint is called {' or '.join(patterns)}")
    return "".join(f"{name}({_signature(name)})\n" for name in found)


def _signature(name: str) -> str:
    layout = tracepoint_format(name.replace(":", "/")) or ""
    return ", ".join(f"{field.type.upper()} {field.name}" for field in _fields(layout))


def _refuse(name: str) -> None:
    """Say that there is no such tracepoint, unless it may be something else: then the question decides."""
    names = tracepoint_names()
    system = name.partition(":")[0]
    if any(known.startswith(f"{system}:") for known in names):
        raise SondeError(f"this kernel has no tracepoint {name}{did_you_mean(name, names)}")


def _fields(layout: str) -> list[_Field]:
    """The fields of a record that are numbers: characters and arrays are not to be asked for yet."""
    found = []
    for declared, offset, size, signed in FIELD.findall(layout):
        kind, _, name = declared.rpartition(" ")
        if name.startswith("common_") or "[" in declared or "__data_loc" in kind or int(size) not in (1, 2, 4, 8):
            continue
        found.append(_Field(name, _type(kind, int(size), signed == "1"), int(offset), int(size)))
    return found


def _type(kind: str, size: int, signed: bool) -> ParamType:
    if any(word in kind for word in ADDRESSES):
        return ParamType.HEX
    if kind == "pid_t":
        return ParamType.PID
    return ParamType.INT if signed and size <= 4 else ParamType.UINT


def _chosen(fields: list[_Field], words: Collection[str]) -> list[_Field]:
    """As many as an event has words for, those that are asked for first."""
    return sorted(fields, key=lambda field: field.name not in words)[: len(WORDS)]
