"""What events of .scap files say of threads: the parameters that exec and clone return with."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap.events import Param
from sonde.engines.decoding import Group
from sonde.plan.batch import Views
from sonde.sources.scap.packing import constant, numbers, pooled

__all__ = ["CALLS", "MAKERS", "MEMORY", "PROGRAM", "terminal", "words_of"]

Encoder = Callable[[Group, Param], Views]
MAKERS = frozenset(("clone", "clone3", "fork", "vfork"))  # of threads
CALLS = MAKERS | {"execve", "execveat"}
_NOT_KNOWN = 0xFFFFFFFF
_PTS, _TTYS = 136, 4  # major numbers of terminals
_TEXT_MAX = 4096  # bytes of arguments and the environment, as in sysdig


def terminal(name: bytes) -> int:
    """The number of a terminal by its name, 0 for none."""
    name = name.removeprefix(b"/dev/")
    for prefix, major in ((b"pts/", _PTS), (b"pts", _PTS), (b"tty", _TTYS)):
        rest = name.removeprefix(prefix)
        if rest != name and rest.isdigit():
            return major << 8 | int(rest)
    return 0


def words_of(argv: bytes) -> tuple[bytes, bytes]:
    """(the first word of a command line, the others with a NUL behind each)."""
    first, _, rest = argv.rstrip(b"\0").partition(b"\0")
    return first, rest + b"\0" if rest else b""


def _column(name: str, kind: str) -> Encoder:
    """A number of the process record."""

    def encoder(group: Group, param: Param) -> Views:
        found = _record(group, name)
        return numbers(np.where(found == _NOT_KNOWN, -1, found), kind)

    return encoder


def _record(group: Group, name: str) -> npt.NDArray[np.int64]:
    return group.batch.state.processes.column(name, group.column("proc").astype(np.uint32)).astype(np.int64)


def _text(name: str, made: Callable[[bytes], bytes]) -> Encoder:
    """A text of the process record."""

    def encoder(group: Group, param: Param) -> Views:
        strings = group.batch.state.strings
        return pooled(_record(group, name), lambda ident: made(strings[ident]))

    return encoder


def _exe(group: Group, param: Param) -> Views:
    """argv[0], or the name where the command line could not be read."""
    strings, comm = group.batch.state.strings, _record(group, "comm")
    both = _record(group, "argv") << 32 | comm

    def made(pair: int) -> bytes:
        return (words_of(strings[pair >> 32])[0] or strings[pair & 0xFFFFFFFF]) + b"\0"

    return pooled(both, made)


def _of_row(name: str) -> Encoder:
    def encoder(group: Group, param: Param) -> Views:
        return numbers(group.column(name), "<i8")

    return encoder


def _measured(name: str, kind: str, absent: int = 0) -> Encoder:
    """A number that was read at the moment of the event, if it was."""

    def encoder(group: Group, param: Param) -> Views:
        if name not in group.batch.columns:
            return constant(struct.pack("<q", absent)[: int(kind[-1])], len(group.at))
        return numbers(group.column(name), kind)

    return encoder


PROGRAM: dict[str, Encoder] = {
    "exe": _exe, "args": _text("argv", lambda argv: words_of(argv)[1][:_TEXT_MAX]), "tid": _of_row("tid"),
    "pid": _of_row("pid"), "ptid": _column("ppid", "<i8"), "cwd": lambda group, param: constant(b"\0", len(group.at)),
    "fdlimit": _measured("fdlimit", "<i8", -1), "comm": _text("comm", lambda comm: comm + b"\0"),
    "cgroups": _text("cgroups", lambda found: found and found.rstrip(b"\0") + b"\0"),
    "env": _text("env", lambda env: env[:_TEXT_MAX]), "tty": _text("tty", lambda tty: struct.pack("<i", terminal(tty))),
    "pgid": _column("vpgid", "<i8"), "loginuid": _column("loginuid", "<u4"), "uid": _column("euid", "<u4"),
    "gid": _column("egid", "<u4"), "vtid": _column("vtid", "<i8"), "vpid": _column("vpid", "<i8"),
    "pgft_maj": _measured("pfmajor", "<u8"), "pgft_min": _measured("pfminor", "<u8"),
}  # fmt: skip
MEMORY: dict[str, Encoder] = {
    "vm_size": _measured("vmsize", "<u4"), "vm_rss": _measured("vmrss", "<u4"), "vm_swap": _measured("vmswap", "<u4"),
}  # fmt: skip
