"""Tracepoints of this kernel as events: those that a question names are known from then on, with their fields."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sonde.catalog.event import Event, Param, ParamType, Place, Source
from sonde.catalog.lookup import EVENTS, add_event, tracepoint_number, tracepoints
from sonde.engines.context import by_event
from sonde.engines.decoding import NUMERIC
from sonde.errors import SondeError, did_you_mean
from sonde.kernel.codegen import Hook
from sonde.kernel.tracefs import tracepoint_format, tracepoint_id, tracepoint_names

__all__ = ["exists", "hook_of", "listed", "named", "register"]

NAME = re.compile(r"\b[a-z][a-z0-9_]*:[a-z_][a-zA-Z0-9_]*\b")
FIELD = re.compile(r"\tfield:(.*);\toffset:(\d+);\tsize:(\d+);\tsigned:(\d);")
WORDS = (Source.A0, Source.A1, Source.A2, Source.A3, Source.A4, Source.A5)
SIZES, SMALLEST = (1, 2, 4, 8), 4  # bytes of a number, and of one whose sign a load does not lose
ADDRESSES = ("*", "void")
ARRAY = re.compile(r"(.*?) ?(\w+)\[(\d*)\]|(__data_loc .*)\[\] (\w+)")
BYTES = ("u8", "__u8", "unsigned char")
IP_SIZES, SOCKADDR_SIZE = (4, 16), 28  # of struct sockaddr_in6


class _Field(NamedTuple):
    name: str
    type: ParamType
    place: Place

    @property
    def fits_a_word(self) -> bool:
        """Is it a number whose bits, as they are loaded, are its value?"""
        return self.type in NUMERIC and (self.place.size >= SMALLEST or self.type is not ParamType.INT)


class _Known(NamedTuple):
    """A tracepoint as this kernel has it."""

    hook: Hook
    event: Event


_known: dict[str, _Known] = {}


def named(text: str) -> set[str]:
    """What in a question looks like the name of a tracepoint, as net:net_dev_xmit."""
    return set(NAME.findall(re.sub(r"\w+://\S*", "", text)))


def register(text: str, live: bool = False) -> None:
    """Make the tracepoints known that a question names; of their fields those it names come first. With `live` they are
    as this kernel has them, whatever a recording said that was read before.

    SondeError for a name of this form that this kernel does not have, where tracefs can be read.
    """
    for name in sorted(named(text) - (set() if live else set(tracepoints()))):
        if name not in _known and (found := _looked_up(name, text)):
            _known[name] = found
        if name in _known:
            _tell(_known[name].event)
        elif name not in tracepoints():
            _refuse(name)


def _looked_up(name: str, text: str) -> _Known | None:
    layout = tracepoint_format(name.replace(":", "/"))
    ident = tracepoint_id(name.replace(":", "/"))
    if layout is None or ident is None:
        return None
    fields = _fields(layout)
    number = tracepoint_number(name)
    words = _in_words(fields, set(re.findall(r"\w+", text)))
    loaded = tuple((field.place.offset, field.place.size) for field in words)
    hook = Hook("l_tracepoint", number, ident, loaded, record=len(words) < len(fields))
    return _Known(hook, Event(number, name, "other", tuple(_param(field, words) for field in fields)))


def _tell(event: Event) -> None:
    if EVENTS.get(event.number) != event:
        add_event(event)
        by_event.cache_clear()


def exists(name: str) -> bool:
    """Does this kernel have a tracepoint, as far as this user may know?"""
    return tracepoint_id(name.replace(":", "/")) is not None


def hook_of(number: int) -> Hook | None:
    """The hook of a tracepoint's event number."""
    return next((known.hook for known in _known.values() if known.hook.number == number), None)


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
    """The fields of a record: numbers, texts and addresses. Arrays of numbers are not to be asked for."""
    found = []
    for declared, offset, size, signed in FIELD.findall(layout):
        kind, _, name = declared.rpartition(" ")
        type_: ParamType | None
        if array := ARRAY.fullmatch(declared):
            kind, name = array[1] or array[4], array[2] or array[5]
            type_ = _array_type(kind, name, int(size))
        else:
            type_ = _type(kind, int(size), signed == "1") if int(size) in SIZES else None
        if type_ is not None and int(size) and not name.startswith("common_"):
            found.append(_Field(name, type_, Place(int(offset), int(size), "__data_loc" in kind)))
    return found


def _array_type(kind: str, name: str, size: int) -> ParamType | None:
    """The type of an array: characters are text, of bytes the kernel's records have addresses."""
    if kind.removeprefix("__data_loc ") == "char":
        return ParamType.STRING
    if kind in BYTES and size == SOCKADDR_SIZE:
        return ParamType.SOCKADDR
    return ParamType.IP if kind in BYTES and size in IP_SIZES and "addr" in name else None


def _type(kind: str, size: int, signed: bool) -> ParamType:
    if any(word in kind for word in ADDRESSES):
        return ParamType.HEX
    if kind == "pid_t":
        return ParamType.PID
    if not signed:
        return ParamType.UINT
    return ParamType.INT if size <= SMALLEST else ParamType.RES


def _in_words(fields: list[_Field], asked: Collection[str]) -> list[_Field]:
    """The fields that are loaded as words of an event: those that are asked for first. If there are others, whose
    record is sent, the last word is kept for its address."""
    words = sorted(filter(lambda field: field.fits_a_word, fields), key=lambda field: field.name not in asked)
    return words if len(words) == len(fields) <= len(WORDS) else words[: len(WORDS) - 1]


def _param(field: _Field, words: list[_Field]) -> Param:
    if field in words:
        return Param(field.name, field.type, WORDS[words.index(field)])
    return Param(field.name, field.type, Source.NONE, place=field.place)
