"""Fields of classes proc and thread: the process record of each row, its ancestors, its session and group leaders."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.catalog.types import Kind
from sonde.engines.context import Context, Derivation, flag, idents, ints, missing, number, string
from sonde.plan.batch import Batch, Vector
from sonde.plan.strings import Ids

__all__ = ["PROC"]

Array = npt.NDArray[np.generic]
# a field of process records: (record ids, context) -> Vector
OfRecord = Callable[[Ids, Context], Vector]

UNKNOWN_ID = 0xFFFFFFFF  # of what a source could not know
ANCESTORS = 64  # a chain that is longer is cut: it is a loop
SHELLS = (b"bash", b"sh", b"zsh", b"dash", b"ksh", b"csh", b"tcsh", b"fish", b"ash")


def _known(ids: Ids, context: Context) -> npt.NDArray[np.bool_]:
    known: npt.NDArray[np.bool_] = context.state.processes.column("known", ids) != 0
    return known


def _integer(column: str) -> OfRecord:
    def of(ids: Ids, context: Context) -> Vector:
        values = context.state.processes.column(column, ids).astype(np.int64)
        return number(values, _known(ids, context) & (values != UNKNOWN_ID))

    return of


def _name(ids: Ids, context: Context) -> Vector:
    return string(context.state.processes.column("comm", ids))


def _parent_name(ids: Ids, context: Context) -> Vector:
    return string(context.state.processes.column("pcomm", ids))


def _argv(ids: Ids, context: Context) -> Ids:
    return context.state.processes.column("argv", ids).astype(np.uint32)


def _words(argv: bytes) -> list[bytes]:
    """The arguments of a NUL-joined command line; setproctitle leaves trailing NULs."""
    return argv.rstrip(b"\0").split(b"\0") if argv else []


def _exe(ids: Ids, context: Context) -> Vector:
    """argv[0], or the name where the command line could not be read."""
    first = context.state.strings.map(_argv(ids, context), "argv0", lambda argv: argv.partition(b"\0")[0])
    return string(np.where(first > 1, first, context.state.processes.column("comm", ids)))


def _arguments(ids: Ids, context: Context) -> Vector:
    joined = context.state.strings.map(_argv(ids, context), "args", lambda argv: b" ".join(_words(argv)[1:]))
    return string(np.where(_known(ids, context), np.maximum(joined, 1), 0))


def _argument(index: int) -> OfRecord:
    """The index-th argument after argv[0]."""

    def pick(argv: bytes) -> bytes | None:
        words = _words(argv)[1:]
        return words[index] if index < len(words) else None

    return lambda ids, context: string(context.state.strings.map(_argv(ids, context), ("argument", index), pick))


def _argument_count(ids: Ids, context: Context) -> Vector:
    texts = context.state.strings.map(_argv(ids, context), "cmdnargs", lambda argv: b"%d" % len(_words(argv)[1:]))
    return _numbers(texts, ids, context)


def _argument_length(ids: Ids, context: Context) -> Vector:
    argv = _argv(ids, context)
    texts = context.state.strings.map(argv, "cmdlenargs", lambda argv: b"%d" % sum(map(len, _words(argv)[1:])))
    return _numbers(texts, ids, context)


def _numbers(texts: Ids, ids: Ids, context: Context) -> Vector:
    """Decimal texts as numbers; 0 of a known process without a command line."""
    distinct, inverse = np.unique(texts, return_inverse=True)
    values = np.array([int(context.state.strings[i] or b"0") for i in distinct.tolist()], np.int64)
    return number(values[inverse], _known(ids, context))


def _line(first: OfRecord) -> OfRecord:
    """`first` and the arguments joined by a blank, once for each distinct pair."""

    def of(ids: Ids, context: Context) -> Vector:
        strings = context.state.strings
        left, right = first(ids, context).values.astype(np.uint64), _arguments(ids, context).values.astype(np.uint64)
        pairs, inverse = np.unique(left << np.uint64(32) | right, return_inverse=True)
        made = strings.intern_all(_joined(strings[p >> 32], strings[p & 0xFFFFFFFF]) for p in pairs.tolist())
        return string(np.where(left != 0, made[inverse], 0))

    return of


def _joined(left: bytes, right: bytes) -> bytes:
    return left + b" " + right if right else left


def _file_path(column: str) -> OfRecord:
    def of(ids: Ids, context: Context) -> Vector:
        return string(context.state.files.paths(context.state.processes.column(column, ids).astype(np.uint32)))

    return of


def _cwd(ids: Ids, context: Context) -> Vector:
    """The directory, always with a slash at its end."""
    paths = _file_path("cwd")(ids, context).values.astype(np.uint32)
    return string(context.state.strings.map(paths, "cwd", lambda path: path.rstrip(b"/") + b"/"))


def _file_column(column: str) -> OfRecord:
    def of(ids: Ids, context: Context) -> Vector:
        files, nodes = context.state.files, context.state.processes.column("exe_file", ids).astype(np.uint32)
        return number(files.column(column, nodes).astype(np.int64), files.column("known", nodes) != 0)

    return of


def _from_memfd(ids: Ids, context: Context) -> Vector:
    paths = _file_path("exe_file")(ids, context).values.astype(np.uint32)
    return flag(context.state.strings.verdict(paths, "memfd", lambda path: path.startswith(b"/memfd:")), paths != 0)


def _started(column: str) -> OfRecord:
    """The start as epoch ns."""

    def of(ids: Ids, context: Context) -> Vector:
        start = context.state.processes.column(column, ids).astype(np.int64)
        return number(start + context.state.epoch, _known(ids, context) & (start != 0))

    return of


def _tty(ids: Ids, context: Context) -> Vector:
    """The terminal's device number as stat(2) shows it, 0 without one; from its name (pts/3, tty1, ttyS0, console)."""
    names = context.state.processes.column("tty", ids).astype(np.uint32)
    return _numbers(context.state.strings.map(names, "tty", lambda name: b"%d" % _tty_number(name)), ids, context)


def _tty_number(name: bytes) -> int:
    if not name:
        return 0
    stem = name.rstrip(b"0123456789")
    index = int(name[len(stem) :] or b"0")
    if stem in (b"pts", b"pts/"):
        major, minor = 136 + (index >> 8), index & 0xFF
    else:
        major, minor = {b"tty": (4, index), b"ttyS": (4, 64 + index), b"console": (5, 1)}.get(stem, (5, 0))
    return os.makedev(major, minor)


def _same(left: str, right: str) -> OfRecord:
    def of(ids: Ids, context: Context) -> Vector:
        processes = context.state.processes
        return flag(processes.column(left, ids) == processes.column(right, ids), _known(ids, context))

    return of


def _parents(ids: Ids, context: Context) -> Ids:
    return context.state.processes.parents(ids)


def _ancestors(ids: Ids, context: Context) -> list[Ids]:
    """Record ids of the parents, the grandparents ..., up to where no row has one."""
    found: list[Ids] = []
    while len(found) < ANCESTORS and (ids := _parents(ids, context)).any():
        found.append(ids)
    return found


def _leader(column: str, own: str) -> Callable[[Ids, Context], Ids]:
    """The record of a session's or group's leader: itself, the ancestor with that id, or the eldest that shares it."""

    def of(ids: Ids, context: Context) -> Ids:
        processes = context.state.processes
        wanted = processes.column(column, ids)
        leader, done = ids.copy(), processes.column(own, ids) == wanted
        for level in _ancestors(ids, context):
            shares = ~done & (level != 0) & (processes.column(column, level) == wanted)
            leader = np.where(shares, level, leader).astype(np.uint32)
            done |= shares & (processes.column(own, level) == wanted)
        return leader

    return of


def _login_shell(ids: Ids, context: Context) -> Ids:
    """The oldest shell among the process and its ancestors, 0 without one."""
    oldest = np.zeros_like(ids)
    for level in [ids, *_ancestors(ids, context)]:
        names = context.state.processes.column("comm", level).astype(np.uint32)
        oldest = np.where(context.state.strings.verdict(names, "shell", lambda name: name in SHELLS), level, oldest)
    return oldest


def _once(ids: Ids, of: Callable[[Ids], Ids]) -> Ids:
    """`of` for each distinct record."""
    distinct, inverse = np.unique(ids, return_inverse=True)
    return of(distinct)[inverse]


def _own(of: OfRecord) -> Derivation:
    return lambda batch, argument, context: of(idents(batch, "proc"), context)


def _of(find: Callable[[Ids, Context], Ids], of: OfRecord) -> Derivation:
    """A field of another record: the parent's, the leader's."""
    return lambda batch, argument, context: of(_once(idents(batch, "proc"), lambda ids: find(ids, context)), context)


def _ancestral(of: OfRecord) -> Derivation:
    """With [n] the n-th ancestor's ([0]: its own); without, those of all ancestors."""

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector | tuple[Vector, ...]:
        ids, inverse = np.unique(idents(batch, "proc"), return_inverse=True)
        if argument is None:
            levels = _ancestors(ids, context) or [np.zeros_like(ids)]
            return tuple(of(level[inverse], context) for level in levels)
        for _ in range(int(argument)):
            ids = _parents(ids, context)
        return of(ids[inverse], context)

    return derive


def _args(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    ids = idents(batch, "proc")
    return _arguments(ids, context) if argument is None else _argument(int(argument))(ids, context)


def _age(column: str) -> Derivation:
    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        start = _started(column)(idents(batch, "proc"), context)
        return number(ints(batch, "time") - start.values.astype(np.int64), start.valid)

    return derive


def _physical(name: str) -> Derivation:
    """A physical column that may not have been asked for."""

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        values = batch.columns.get(name)
        if values is None:
            return missing(Kind.INT, len(batch))
        return number(values.astype(np.int64))

    return derive


def _of_main(name: str) -> Derivation:
    """A column of the process for its main thread, 0 for the others."""

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        whole = _physical(name)(batch, argument, context)
        assert isinstance(whole, Vector)
        return number(np.where(ints(batch, "tid") == ints(batch, "pid"), whole.values, 0), whole.valid)

    return derive


def _children(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    threads = _physical("nthreads")(batch, argument, context)
    assert isinstance(threads, Vector)
    return number(np.maximum(threads.values.astype(np.int64) - 1, 0), threads.valid)


def _usage(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    """Open descriptors in percent of the limit."""
    limit = batch.columns["fdlimit"].astype(np.float64)
    share = 100 * batch.columns["fdcount"].astype(np.float64) / np.maximum(limit, 1)
    return number(share.astype(np.int64), limit > 0)


def _env(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    """All variables, or the value of one."""
    env = context.state.processes.column("env", idents(batch, "proc")).astype(np.uint32)
    if argument is None:
        return string(_blanks(env, context))
    return string(_keyed(env, os.fsencode(str(argument)), context))


def _cgroup(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    """The group of a controller, which in version 2 is that of all."""
    groups = context.state.processes.column("cgroups", idents(batch, "proc")).astype(np.uint32)
    alone = context.state.strings.map(groups, "unified", lambda text: None if b"\0" in text else text)
    own = _keyed(groups, os.fsencode(str(argument)), context)
    return string(np.where(own != 0, own, _keyed(alone, b"unified", context)))


def _cgroups(ids: Ids, context: Context) -> Vector:
    groups = context.state.processes.column("cgroups", ids).astype(np.uint32)
    return string(_blanks(groups, context))


def _blanks(texts: Ids, context: Context) -> Ids:
    """NUL-joined words joined by blanks."""
    return context.state.strings.map(texts, "blanks", lambda text: text.replace(b"\0", b" "))


def _keyed(texts: Ids, key: bytes, context: Context) -> Ids:
    """The value after `key=` among NUL-joined words, 0 without one."""

    def pick(text: bytes) -> bytes | None:
        return next((word[len(key) + 1 :] for word in text.split(b"\0") if word.startswith(key + b"=")), None)

    return context.state.strings.map(texts, ("keyed", key), pick)


def _capabilities(column: str) -> OfRecord:
    """The set's names joined by blanks, once for each distinct set."""

    def of(ids: Ids, context: Context) -> Vector:
        sets, inverse = np.unique(context.state.processes.column(column, ids), return_inverse=True)
        texts = context.state.strings.intern_all(_capability_names(value).encode() for value in sets.tolist())
        return string(np.where(_known(ids, context), texts[inverse], 0))

    return of


# by bit number, include/uapi/linux/capability.h
CAPABILITIES = """
    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
    NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
    SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
    MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
"""


def _capability_names(value: int) -> str:
    return " ".join(f"CAP_{name}" for bit, name in enumerate(CAPABILITIES.split()) if value >> bit & 1)


_CMDLINE, _EXELINE, _EXEPATH = _line(_name), _line(_exe), _file_path("exe_file")

PROC: dict[str, Derivation] = {
    "proc.pid": lambda batch, argument, context: number(ints(batch, "pid"), ints(batch, "pid") != 0),
    "thread.tid": lambda batch, argument, context: number(ints(batch, "tid"), ints(batch, "tid") != 0),
    "thread.ismain": lambda batch, argument, context: flag(ints(batch, "tid") == ints(batch, "pid")),
    **{f"proc.{name}": _own(_integer(name)) for name in ("ppid", "vpid", "sid", "pgid", "vpgid")},
    "thread.vtid": _own(_integer("vtid")),
    "proc.pvpid": _of(_parents, _integer("vpid")),
    "proc.pname": _own(_parent_name),
    "proc.name": _own(_name),
    "proc.exe": _own(_exe),
    "proc.exepath": _own(_EXEPATH),
    "proc.args": _args,
    "proc.cmdline": _own(_CMDLINE),
    "proc.exeline": _own(_EXELINE),
    "proc.cmdnargs": _own(_argument_count),
    "proc.cmdlenargs": _own(_argument_length),
    "proc.cwd": _own(_cwd),
    "proc.tty": _own(_tty),
    "proc.loginshellid": _of(_login_shell, _integer("pid")),
    "proc.pexe": _of(_parents, _exe),
    "proc.pexepath": _of(_parents, _EXEPATH),
    "proc.pcmdline": _of(_parents, _CMDLINE),
    "proc.apid": _ancestral(_integer("pid")),
    "proc.aname": _ancestral(_name),
    "proc.aexe": _ancestral(_exe),
    "proc.aexepath": _ancestral(_EXEPATH),
    "proc.acmdline": _ancestral(_CMDLINE),
    "proc.aargs": _ancestral(_arguments),
    **{
        f"proc.{field}": _of(_leader(column, own), of)
        for stem, column, own in (("sid", "sid", "pid"), ("pgid", "pgid", "pid"), ("vpgid", "vpgid", "vpid"))
        for field, of in (
            ("sname" if stem == "sid" else f"{stem}.name", _name),
            (f"{stem}.exe", _exe),
            (f"{stem}.exepath", _EXEPATH),
        )
    },
    "proc.is_sid_leader": _own(_same("sid", "pid")),
    "proc.is_pgid_leader": _own(_same("pgid", "pid")),
    "proc.is_vpgid_leader": _own(_same("vpgid", "vpid")),
    "proc.is_exe_from_memfd": _own(_from_memfd),
    "proc.exe_ino": _own(_file_column("ino")),
    "proc.duration": _age("start"),
    "proc.ppid.duration": _age("pstart"),
    "proc.pid.ts": _own(_started("start")),
    "proc.ppid.ts": _own(_started("pstart")),
    "proc.nthreads": _physical("nthreads"),
    "proc.nchilds": _children,
    "proc.fdlimit": _physical("fdlimit"),
    "proc.fdopencount": _physical("fdcount"),
    "proc.fdusage": _usage,
    "proc.env": _env,
    "thread.cgroups": _own(_cgroups),
    "thread.cgroup": _cgroup,
    "proc.vmswap": _physical("vmswap"),
    "proc.vmsize": _physical("vmsize"),
    "proc.vmrss": _physical("vmrss"),
    "thread.vmsize": _of_main("vmsize"),
    "thread.vmrss": _of_main("vmrss"),
    "thread.pfmajor": _physical("pfmajor"),
    "thread.pfminor": _physical("pfminor"),
    **{f"thread.cap_{kind}": _own(_capabilities(f"cap_{kind}")) for kind in ("permitted", "inheritable", "effective")},
}
