"""What an event declaration says: its number, its category and where each parameter comes from."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

__all__ = ["BUFFERS", "EXIT_EVENTS", "TYPED", "Event", "Param", "ParamType", "Place", "Source"]

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
    # only among an event's `arguments`; its `params` show these as HEX, or as the tables say:
    STRUCT = "struct"  # structures at the pointer: `names` is a key of catalog/layouts.py
    STRINGS = "strings"  # an array of pointers to strings that ends with a null pointer: argv, envp
    BYTES = "bytes"  # a buffer that is not I/O data
    VARIANT = "variant"  # what it is depends on other words: `names` is a key of catalog/variants.py
    WORD = "word"  # a number with a spelling of its own: `names` is a key of engines/structs/words.py
    LONG = "long"  # a signed word; `length` is the word that holds its upper half, where it takes two
    U32 = "u32"  # a C unsigned int: the low 32 bits
    POINTER = "pointer"  # as HEX, NULL for 0
    # of the process record rather than of the call (execve, clone):
    PROC = "proc"  # `name` is a field of the process record: exe, args, cwd, comm ...
    # of the records of tracepoints:
    IP = "ip"  # an address of 4 or 16 bytes in network order


BUFFERS = frozenset((ParamType.DATA, ParamType.IOVEC, ParamType.MSGHDR))  # I/O data
TYPED = frozenset(
    (
        ParamType.STRUCT,
        ParamType.STRINGS,
        ParamType.BYTES,
        ParamType.VARIANT,
        ParamType.WORD,
        ParamType.LONG,
        ParamType.U32,
        ParamType.POINTER,
    )
)  # only among `arguments`


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


class Place(NamedTuple):
    """Where in the record of a tracepoint a parameter lies, in bytes; `told`: the u4 there tells where, as offset |
    bytes << 16."""

    offset: int
    size: int
    told: bool = False


class Param(NamedTuple):
    """One parameter of an event.

    `names` is the key of a flag or enum set in catalog/flags.py (FLAGS, ENUM), of a layout (STRUCT), of a variant
    (VARIANT) or of a spelling (WORD); other types leave it empty.
    `length` is
    - for SOCKADDR, the argument holding its length, or with `out` (the call writes the address) the argument pointing
      at it;
    - for DATA, BYTES and strings the word that says how many bytes there are, RET for the result, NONE: up to the NUL;
    - for STRUCT, IOVEC and MSGHDR the word that says how many elements there are (layouts measured in bytes or bits,
      as `cpu_set` and `fd_set`, have elements of one byte); NONE: one, and the text is no array;
    - for LONG the word with the upper 32 bits.
    `out`: written by the call, so it is read and shown when the call returns; `both`: read at both ends. Else it is
    read when the call is entered. `hidden`: not among the event's `params`. `place`: it is no word but lies in the
    record of a tracepoint.
    """

    name: str
    type: ParamType
    source: Source
    names: str = ""
    length: Source = Source.NONE
    out: bool = False
    hidden: bool = False
    both: bool = False
    place: Place | None = None


class Event(NamedTuple):
    """One kind of operation. `params[0]` is the result (`res` or, where the call makes an fd, `fd`).

    `params` is what sysdig shows; `arguments` what strace shows: every word of the call that means something, in order.
    """

    number: int
    name: str
    category: str
    params: tuple[Param, ...]
    fd_at_enter: bool = False  # the fd is gone when the call returns (close)
    io: str = ""  # "r", "w" or "": moves bytes of an fd
    waits: bool = False  # may block: poll, select, sleep, wait
    arguments: tuple[Param, ...] = ()

    @property
    def is_syscall(self) -> bool:
        """True unless the event is a process or signal event."""
        return self.number < 512 or self.number >= 1024

    @property
    def directories(self) -> tuple[Param, ...]:
        """The parameters that paths are relative to: at most two, physical columns `dir` and `newdir`."""
        return tuple(p for p in self.params if p.type is ParamType.DIRFD)

    @property
    def given_fds(self) -> tuple[Param, ...]:
        """The arguments that are file descriptors."""
        return tuple(p for p in self.arguments if p.type is ParamType.FD)

    @property
    def fd(self) -> Param | None:
        """The parameter that is the event's main file descriptor, if it has one."""
        for param in self.params:
            if param.type is ParamType.FD:
                return param
        return None
