"""What an event declaration says: its number, its category and where each parameter comes from."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

__all__ = ["BUFFERS", "EXIT_EVENTS", "Event", "Param", "ParamType", "Source"]

# Numbers of events: 0..511 are x86-64 system calls, 1024 + n is i386 call n, and these are not system calls.
EXIT_EVENTS = {"procexit": 512, "signaldeliver": 513}


class ParamType(StrEnum):
    """How a parameter is read and shown."""

    RES = "res"  # the call's result: 0.. or -errno shown as -2(ENOENT)
    FD = "fd"  # 3(<f>/etc/passwd); negative results as errno
    DIRFD = "dirfd"  # as FD, -100(AT_FDCWD)
    PATH = "path"  # NUL-terminated string at the pointer
    STRING = "string"  # as PATH but not a file's name
    DATA = "data"  # I/O buffer: the call's result says how many bytes
    IOVEC = "iovec"  # the same through struct iovec[]
    MSGHDR = "msghdr"  # the same through struct msghdr
    SOCKADDR = "sockaddr"  # struct sockaddr at the pointer
    TUPLE = "tuple"  # the socket's ends, from the file dictionary
    INT = "int"  # a C int: the low 32 bits, signed
    UINT = "uint"  # unsigned, up to 64 bits
    HEX = "hex"  # addresses and opaque words
    MODE = "mode"  # octal
    SIZE = "size"
    PID = "pid"
    UID = "uid"
    GID = "gid"
    SIGNAL = "signal"  # 9(SIGKILL)
    FLAGS = "flags"  # number(A|B)
    ENUM = "enum"  # number(A)
    # of the process record rather than of the call (execve, clone):
    PROC = "proc"  # `name` is a field of the process record: exe, args, cwd, comm ...


BUFFERS = frozenset((ParamType.DATA, ParamType.IOVEC, ParamType.MSGHDR))  # I/O data


class Source(StrEnum):
    """Where the parameter's word comes from: the result, or the n-th argument."""

    RET = "ret"
    A0 = "a0"
    A1 = "a1"
    A2 = "a2"
    A3 = "a3"
    A4 = "a4"
    A5 = "a5"
    NONE = "none"


class Param(NamedTuple):
    """One parameter of an event.

    `names` is the key of a flag or enum set in catalog/flags.py (FLAGS, ENUM and PATH-like types leave it empty).
    `length` is, for SOCKADDR, the argument holding its length, or with `out` (the call writes the address) the argument
    pointing at it.
    """

    name: str
    type: ParamType
    source: Source
    names: str = ""
    length: Source = Source.NONE
    out: bool = False


class Event(NamedTuple):
    """One kind of operation. `params[0]` is the result (`res` or, where the call makes an fd, `fd`)."""

    number: int
    name: str
    category: str
    params: tuple[Param, ...]
    fd_at_enter: bool = False  # the fd is gone when the call returns (close)
    io: str = ""  # "r", "w" or "": moves bytes of an fd
    waits: bool = False  # may block: poll, select, sleep, wait

    @property
    def is_syscall(self) -> bool:
        """True unless the event is a process or signal event."""
        return self.number < 512 or self.number >= 1024

    @property
    def directories(self) -> tuple[Param, ...]:
        """The parameters that paths are relative to: at most two, physical columns `dir` and `newdir`."""
        return tuple(p for p in self.params if p.type is ParamType.DIRFD)

    @property
    def fd(self) -> Param | None:
        """The parameter that is the event's main file descriptor, if it has one."""
        found = [p for p in self.params if p.type is ParamType.FD]
        return found[0] if found else None
