"""One descriptor an event number: what the kernel side must know of an event, from the catalogue."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import BUFFERS, EXIT_EVENTS, Event, Param, ParamType, Source
from sonde.catalog.layouts import BEHIND, HEAD, size
from sonde.catalog.lookup import EVENTS as CATALOGUE
from sonde.kernel.records import (
    ARGUMENTS,
    DESCRIPTOR,
    EVENTS,
    FD_NONE,
    FD_RESULT,
    LENGTH_ONE,
    LENGTH_RESULT,
    Follow,
    Want,
)

__all__ = ["RENAMING", "descriptors"]

# Calls after which some file may have another name: they move the generation of the path tree on.
RENAMING = frozenset((
    "rename", "renameat", "renameat2", "mount", "umount", "umount2", "move_mount", "pivot_root", "open_tree",
    "mount_setattr", "fsmount", "unshare", "setns",
))  # fmt: skip
COMPAT = 1024  # numbers of 32-bit calls begin here
VARIANT_BYTES = 256  # of an argument that may be many things
SIGINFO_BYTES = 48  # of struct kernel_siginfo
RECORD_UNIT = 4  # bytes: what tells where texts lie in a record is aligned to them
SIGINFO_INDEX = 2  # the argument behind which a signal's information stands
_FOLLOW = {
    ParamType.PATH: Follow.STRING, ParamType.STRING: Follow.STRING, ParamType.DATA: Follow.DATA,
    ParamType.IOVEC: Follow.IOVEC, ParamType.MSGHDR: Follow.MSGHDR, ParamType.SOCKADDR: Follow.SOCKADDR,
}  # fmt: skip


_STRUCTURES = {"mmsghdr": Follow.MESSAGES} | dict.fromkeys(HEAD, Follow.HEADED) | dict.fromkeys(BEHIND, Follow.BEHIND)
_NOTHING = [(Follow.NONE, 0, 0)] * ARGUMENTS
_TYPED = frozenset((ParamType.STRUCT, ParamType.BYTES, ParamType.VARIANT))  # only among an event's `arguments`


def descriptors(
    on: npt.NDArray[np.bool_], bits: npt.NDArray[np.uint64], followed: frozenset[ParamType], view: bool = False
) -> npt.NDArray[np.void]:
    """The table for the events that are `on`; `bits` are the event-set predicates, `followed` the arguments to follow.

    With `view` all arguments are followed, at the end of the call where they mean something, and of calls on two
    descriptors `newdir` is the file of the second.
    """
    table = np.zeros(EVENTS, DESCRIPTOR)
    table["fd"] = table["dir"] = table["newdir"] = table["given"] = FD_NONE
    needed = {n: event for n, event in CATALOGUE.items() if on[n] or event.name in RENAMING}
    made = [_viewed(event) if view else _descriptor(event, followed) for event in needed.values()]
    places = list(needed)
    for name, values in zip(("flags", "fd", "dir", "newdir", "given"), zip(*made, strict=True), strict=False):
        table[name][places] = values
    if view or followed:
        table["arguments"][places] = [arguments for *_, arguments in made]
    table["bits"][: len(bits)] = bits
    table["flags"] |= on * np.uint32(Want.ON)
    return table


def _descriptor(event: Event, followed: frozenset[ParamType]) -> tuple[object, ...]:
    """The fields of DESCRIPTOR, but for the bits."""
    if not followed:
        return _whole(event, _flags(event), _NOTHING)
    arguments = list(_NOTHING)
    for param in event.params:
        kind = _FOLLOW.get(param.type)
        if kind is not None and param.type in followed and param.source[0] == "a":
            kind = Follow.SOCKADDR_OUT if kind == Follow.SOCKADDR and param.out else kind
            arguments[_index(param)] = (kind, _length(param), 0)
    for param in event.arguments:
        if param.type in followed and param.type in _TYPED:
            arguments[_index(param)] = _read_at_exit(event, param)
    if places := [param.place for param in event.params if param.place]:
        last = max((place.offset for place in places if place.told), default=0)
        arguments[-1] = (Follow.RECORD, last // RECORD_UNIT, max(place.offset + place.size for place in places))
    pointing = Want.POINTS if any(kind for kind, *_ in arguments) else 0
    return _whole(event, _flags(event) | pointing, arguments)


def _read_at_exit(event: Event, param: Param) -> tuple[int, int, int]:
    """How an argument is followed when the call returns, as plain memory."""
    found = _followed(event, param)
    assert found is not None
    kind, length, width = found
    return (Follow.MEMORY, length, 1) if kind == Follow.DATA else (kind, length, width)


def _whole(
    event: Event, flags: int, arguments: list[tuple[int, int, int]], given: int = FD_NONE, other: int = FD_NONE
) -> tuple[object, ...]:
    directories = [_index(p) for p in event.params if p.type is ParamType.DIRFD]
    first, second = (*directories, FD_NONE, FD_NONE)[:2]
    return flags, _fd(event), first, other if second == FD_NONE else second, given, arguments


def _viewed(event: Event) -> tuple[object, ...]:
    """The descriptor of the event view: every argument that points at something, and when it is followed."""
    arguments, flags = list(_NOTHING), _flags(event)
    if event.number == EXIT_EVENTS["signaldeliver"]:
        arguments[SIGINFO_INDEX] = (Follow.SIGINFO, LENGTH_ONE, SIGINFO_BYTES)
        flags |= 1 << Want.AT_EXIT + SIGINFO_INDEX
    for param in event.arguments:
        if not param.source.value.startswith("a"):
            continue
        index, found = _index(param), _followed(event, param)
        if found is not None:
            arguments[index] = found
            flags |= (param.both or not param.out) << Want.AT_ENTER + index
            flags |= (param.both or param.out) << Want.AT_EXIT + index
    given, other = (*map(_index, event.given_fds), FD_NONE, FD_NONE)[:2]
    return _whole(event, flags, arguments, given, other)


def _followed(event: Event, param: Param) -> tuple[int, int, int] | None:
    """(kind, length, size) of an argument, None if it points at nothing."""
    length = LENGTH_RESULT if param.length is Source.RET else LENGTH_ONE
    if param.length.value.startswith("a"):
        length = int(param.length.value[1])
    if param.type is ParamType.SOCKADDR:
        return (Follow.SOCKADDR_OUT if param.out else Follow.SOCKADDR), length, 0
    if param.type in _FOLLOW:
        kind = _FOLLOW[param.type]
        return (Follow.DATA if kind == Follow.STRING and param.length is not Source.NONE else kind), length, 0
    if param.type is ParamType.STRINGS:
        return Follow.STRINGS, length, 0
    if param.type is ParamType.BYTES:
        return Follow.DATA, length, 0
    if param.type is ParamType.VARIANT:
        return Follow.MEMORY, LENGTH_ONE, VARIANT_BYTES
    if param.type is ParamType.STRUCT:
        kind = _STRUCTURES.get(param.names, Follow.MEMORY)
        return kind, length, size(param.names, event.number >= COMPAT)
    return None


def _index(param: Param) -> int:
    """The number of the argument word a parameter comes from."""
    return int(param.source[1])


def _flags(event: Event) -> int:
    flags = Want.ENTER_FD if event.fd_at_enter else 0
    if event.name in RENAMING:
        flags |= Want.RENAMES
    types = [param.type for param in event.params]
    if not BUFFERS.isdisjoint(types):
        flags |= Want.DATA
    if ParamType.PATH in types and _fd(event) != FD_NONE:
        flags |= Want.PATH
    return flags


def _fd(event: Event) -> int:
    found = event.fd
    if found is None or found.source is Source.NONE:
        return FD_NONE
    return FD_RESULT if found.source is Source.RET else _index(found)


def _length(param: Param) -> int:
    return int(param.length.value[1]) if param.length.value.startswith("a") else 0
