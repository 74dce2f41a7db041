"""i386 calls that stand for others: socketcall and ipc, and the old mmap and select, whose words are in memory."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from sonde.catalog import variants, words
from sonde.catalog.event import Event, Param, ParamType, Source
from sonde.catalog.flags import signed32
from sonde.catalog.lookup import EVENTS
from sonde.catalog.notation import arguments_of
from sonde.catalog.syscalls import I386_BASE
from sonde.catalog.unistd import I386
from sonde.engines.structs.how import How, address, number
from sonde.engines.structs.words import descriptor, process, spell, user

__all__ = ["MULTIPLEXED", "Call", "call", "scalar"]

_SOCKETCALL, _IPC, _MMAP, _SELECT = (I386_BASE + number_ for number_ in (102, 117, 90, 82))
MULTIPLEXED = frozenset((_SOCKETCALL, _IPC, _MMAP, _SELECT))  # event numbers
_SOCKET_CALLS = (
    ("socket", 3), ("bind", 3), ("connect", 3), ("listen", 2), ("accept", 3), ("getsockname", 3), ("getpeername", 3),
    ("socketpair", 4), ("send", 4), ("recv", 4), ("sendto", 6), ("recvfrom", 6), ("shutdown", 2), ("setsockopt", 5),
    ("getsockopt", 5), ("sendmsg", 3), ("recvmsg", 3), ("accept4", 4), ("recvmmsg", 5), ("sendmmsg", 4),
)  # fmt: skip
# calls of ipc, and which of its words are theirs
_IPC_CALLS = {
    1: ("semop", (1, 4, 2)), 2: ("semget", (1, 2, 3)), 3: ("semctl", (1, 2, 3, 4)), 4: ("semtimedop", (1, 4, 2, 5)),
    11: ("msgsnd", (1, 4, 2, 3)), 12: ("msgrcv", (1, 4, 2, 5, 3)), 13: ("msgget", (1, 2)), 14: ("msgctl", (1, 2, 4)),
    21: ("shmat", (1, 4, 2)), 22: ("shmdt", (4,)), 23: ("shmget", (1, 2, 3)), 24: ("shmctl", (1, 2, 4)),
}  # fmt: skip
_OWN = {name: arguments_of(name, "fd, buf:pointer, size, flags:msg") for name in ("send", "recv")}
_OWN["accept"] = arguments_of("accept", "fd, addr:pointer, addrlen:pointer")  # i386 has no call of this name
_MASK = 0xFFFFFFFF


class Call(NamedTuple):
    """The call that is meant: its name, its words and its parameters."""

    name: str
    words: tuple[int, ...]
    arguments: tuple[Param, ...]

    def text(self, how: How) -> bytes:
        """The arguments with commas between; what they point at is not at hand."""
        return b", ".join(scalar(param, self.words[int(param.source.value[1])], how) for param in self.arguments)


def call(event: Event, given: Sequence[int], memory: bytes) -> Call | None:
    """The call a multiplexed one stands for; None: it is shown as it is. `memory`: what its pointer points at."""
    if event.number == _IPC:
        return _ipc(given)
    if event.number == _SOCKETCALL:
        which = given[0] & _MASK
        if not 1 <= which <= len(_SOCKET_CALLS):
            return None
        name, count = _SOCKET_CALLS[which - 1]
        return _of(name, memory, count)
    name, count = ("mmap2", 6) if event.number == _MMAP else ("_newselect", 5)
    found = _of(name, memory, count)
    if found is None:
        return Call(event.name, tuple(given), (Param("args", ParamType.POINTER, Source.A0),))
    if event.number == _MMAP:  # its offset counts bytes
        last = found.arguments[-1]._replace(type=ParamType.HEX, names="")
        return Call("mmap", found.words, (*found.arguments[:-1], last))
    return found._replace(name="select")


def _of(name: str, memory: bytes, count: int) -> Call | None:
    """A call whose words are in memory."""
    if len(memory) < 4 * count:
        return None
    own = (*struct.unpack_from(f"<{count}I", memory), 0, 0, 0, 0, 0, 0)[:6]
    return Call(name, own, _arguments(name, own))


def _arguments(name: str, own: tuple[int, ...]) -> tuple[Param, ...]:
    found = _OWN.get(name)
    return variants.resolve(EVENTS[I386_BASE + I386[name]], own) if found is None else found


def _ipc(given: Sequence[int]) -> Call | None:
    found = _IPC_CALLS.get(given[0] & 0xFFFF)
    if found is None:
        return None
    name, places = found
    own = (*(given[place] for place in places), 0, 0, 0, 0, 0, 0)[:6]
    known = name if name in I386 else "semtimedop_time64"  # of which semop is the beginning
    return Call(name, own, _arguments(known, own)[: len(places)])


def scalar(param: Param, value: int, how: How) -> bytes:
    """The text of an argument's word alone: an address, for all that points at something."""
    kind = param.type
    if kind in (ParamType.FLAGS, ParamType.ENUM):
        return words.text(param.names, value, how.names, how.compat).encode() or b"0"
    if kind is ParamType.WORD:
        return spell(param.names, value, how)
    if kind is ParamType.HEX:
        return number(value)
    if kind in (ParamType.FD, ParamType.PID):
        return (descriptor if kind is ParamType.FD else process)(value, how)
    if kind is ParamType.DIRFD:
        return words.text("dirfd", value, how.names).encode()
    if kind is ParamType.MODE:
        return words.text("umode", value, how.names).encode()
    if kind is ParamType.SIGNAL:
        return words.text("signal", value, how.names).encode()
    if kind in (ParamType.UID, ParamType.GID):
        return user(value, how)
    if kind in (ParamType.U32, ParamType.UINT, ParamType.SIZE):
        return b"%d" % (value & _MASK if kind is ParamType.U32 else value)
    if kind is ParamType.INT:
        return b"%d" % signed32(value)
    if kind is ParamType.LONG:
        return b"%d" % (signed32(value) if how.compat else value - (1 << 64) if value >> 63 else value)
    return address(value)
