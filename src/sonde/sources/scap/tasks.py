"""What calls change of threads: clone, exec, exit, directories, users."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sonde.catalog.scap.blocks import NOT_KNOWN
from sonde.sources.scap.paths import joined
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.threads import CLONE_FILES, CLONE_THREAD, Thread, Threads

if TYPE_CHECKING:
    from sonde.sources.scap.follow import Change, Follow

__all__ = ["CHANGES", "cloned_by_unknown", "cwd_of"]

# by event type, where the exit event of clone has flags, uid, gid, name, control groups, ids in its namespace (-1: not)
_CLONES = {
    15: (8, -1, -1, -1), 157: (13, -1, -1, -1), 183: (13, -1, -1, -1), 185: (13, -1, -1, -1), 217: (14, 13, -1, -1),
    219: (14, 13, -1, -1), 221: (14, 13, -1, -1), 223: (15, 13, 14, 18), 225: (15, 13, 14, 18), 227: (15, 13, 14, 18),
    335: (15, 13, 14, 18),
}  # fmt: skip
# of exec: name, control groups, environment, terminal, group of processes, login user, capabilities
_EXECS = {
    13: (-1, -1, -1, -1, -1, -1), 155: (-1, -1, -1, -1, -1, -1), 173: (-1, -1, 13, -1, -1, -1),
    215: (13, -1, 14, -1, -1, -1), 231: (13, 14, 15, -1, -1, -1), 283: (13, 14, 15, 16, -1, -1),
    289: (13, 14, 15, 16, -1, -1), 293: (13, 14, 15, 16, 17, 18), 331: (13, 14, 15, 16, 17, 18),
}  # fmt: skip
_AT_EMPTY_PATH, _AT_FDCWD = 1, -100


def cwd_of(threads: Threads, thread: Thread) -> bytes:
    """The working directory, which the threads of a process share."""
    main = threads.main(thread)
    return main.cwd if main else b"./"


def _clone(f: Follow, p: Piece, i: int, t: Thread) -> None:
    child = p.signed(i, 0, -1)
    if child == 0:
        _as_child(f.threads, p, i, t.tid)
    elif child > 0:
        _as_parent(f.threads, p, i, t, child)


def cloned_by_unknown(threads: Threads, p: Piece, i: int) -> None:
    """A clone returns in a thread that is not known."""
    child = p.signed(i, 0, -1)
    tid = int(p.tid[i])
    if child == 0:
        _as_child(threads, p, i, tid)
    elif child > 0:
        _as_parent(threads, p, i, threads.get(tid), child)


def _as_parent(threads: Threads, p: Piece, i: int, t: Thread, tid: int) -> None:
    """The parent's side: the child is made, unless it was seen before."""
    if t.invalid:
        _told(p, i, t)
        threads.changed(t)
    flags = p.unsigned(i, _CLONES[int(p.type[i])][0])
    if flags & 1 << 29 or p.signed(i, 4) != _pid_in_namespace(p, i):  # the child's number is one of its namespace
        return
    if tid in threads.by_tid:
        return
    child = threads.new(tid)
    _inherit(threads, t, child, flags)
    _told(p, i, child)
    child.pid = t.pid if flags & CLONE_THREAD else tid
    child.ptid = t.ptid if flags & CLONE_THREAD else t.pid
    child.maker = t.tid if flags & CLONE_THREAD else 0
    child.vtid, child.vpid = tid, t.vpid if flags & CLONE_THREAD else tid
    threads.born(child, int(p.time[i]))
    threads.add(child)


def _pid_in_namespace(p: Piece, i: int) -> int:
    place = _CLONES[int(p.type[i])][3]
    return p.signed(i, place + 1) if place >= 0 else p.signed(i, 4)


def _as_child(threads: Threads, p: Piece, i: int, tid: int) -> None:
    """The child's side tells more than the parent's."""
    known = threads.by_tid.get(tid)
    child = threads.new(tid)
    flags = p.unsigned(i, _CLONES[int(p.type[i])][0])
    pid, ptid = p.signed(i, 4), p.signed(i, 5)
    source = threads.by_tid.get(pid if flags & CLONE_THREAD else ptid)
    if known is not None and not known.invalid:
        child.table, child.start = known.table, known.start
        _inherit(threads, known, child, flags, fds=False)
    else:
        threads.born(child, int(p.time[i]))
        if source is not None and not source.invalid:
            _inherit(threads, source, child, flags)
    _told(p, i, child)
    child.pid, child.ptid = pid, ptid
    child.maker = (known.maker if known else pid) if flags & CLONE_THREAD else 0
    child.flags = flags | (CLONE_FILES if flags & CLONE_THREAD else 0)
    threads.add(child)


def _inherit(threads: Threads, source: Thread, child: Thread, flags: int, fds: bool = True) -> None:
    child.exepath, child.root, child.env, child.cgroups = source.exepath, source.root, source.env, source.cgroups
    child.sid, child.vpgid, child.tty, child.pid = source.sid, source.vpgid, source.tty, source.pid
    child.uid, child.gid, child.loginuid, child.caps = source.uid, source.gid, source.loginuid, source.caps
    child.flags = flags | (CLONE_FILES if flags & CLONE_THREAD else 0)
    child.cwd = cwd_of(threads, source)
    if fds and not flags & CLONE_THREAD:
        child.flags &= ~CLONE_FILES
        threads.copy_fds(source, child)


def _told(p: Piece, i: int, t: Thread) -> None:
    """What the exit event of a clone says of the thread that returns, and so of its child."""
    flags, comm, cgroups, vtid = _CLONES[int(p.type[i])]
    t.exe, t.args = p.text(i, 1), p.raw(i, 2)
    t.comm = p.text(i, comm) if comm >= 0 else t.exe
    t.pid, t.ptid = p.signed(i, 4), p.signed(i, 5)
    t.fdlimit = p.signed(i, 7)
    t.uid, t.gid = p.unsigned(i, flags + 1), p.unsigned(i, flags + 2)
    if cgroups >= 0:
        t.cgroups = p.raw(i, cgroups)
    t.vtid, t.vpid = (p.signed(i, vtid), p.signed(i, vtid + 1)) if vtid >= 0 else (t.tid, -1)
    t.invalid = False


def _execve(f: Follow, p: Piece, i: int, t: Thread) -> None:
    if p.signed(i, 0, -1) < 0:
        return
    comm, cgroups, env, tty, vpgid, login = _EXECS[int(p.type[i])]
    t.exe, t.args = p.text(i, 1), p.raw(i, 2)
    t.comm = p.text(i, comm) if comm >= 0 else t.exe
    t.pid = p.signed(i, 4)
    if t.invalid:
        t.ptid = p.signed(i, 5)
    t.fdlimit = p.signed(i, 7)
    if env >= 0:
        t.env = p.raw(i, env).rstrip(b"\0")
    if cgroups >= 0:
        t.cgroups = p.raw(i, cgroups)
    if tty >= 0:
        t.tty = p.signed(i, tty)
    if vpgid >= 0:
        t.vpgid = p.signed(i, vpgid)
    if login >= 0 and p.count(i) > login:
        t.loginuid = p.unsigned(i, login)
    if p.count(i) > 22:
        t.caps = (p.unsigned(i, 20), p.unsigned(i, 21), p.unsigned(i, 22))
    if int(p.type[i]) >= 289 and p.entered(i) >= 0:
        t.exepath = _program(f, p, p.entered(i), t)
    f.threads.own_table(t)
    t.invalid = False
    f.threads.changed(t)
    for tid in f.threads.others(t):
        f.threads.remove(tid)


def _program(f: Follow, p: Piece, enter: int, t: Thread) -> bytes:
    """The program's path, by the enter event."""
    if int(p.type[enter]) != 330:
        name = p.text(enter, 0)
        return name if name == NOT_KNOWN else joined(t.cwd, name)
    dirfd, name, flags = p.signed(enter, 0, _AT_FDCWD), p.text(enter, 1), p.unsigned(enter, 2)
    base = t.cwd
    if not name.startswith(b"/") and dirfd != _AT_FDCWD:
        found = f.threads.fd(t, dirfd)
        if found is None:
            return NOT_KNOWN
        base = found.name
    if flags & _AT_EMPTY_PATH:
        return base
    return name if name == NOT_KNOWN else joined(base, name)


def _exit(f: Follow, p: Piece, i: int, t: Thread) -> None:
    f.threads.remove(t.tid)


def _moved(f: Follow, t: Thread, path: bytes) -> None:
    """The working directory of a process is another."""
    main = f.threads.main(t)
    if main is not None:
        main.cwd = joined(main.cwd, path) or b"/"
        f.threads.changed(main)
        if main is not t:
            t.cwd = main.cwd
            f.threads.changed(t)


def _chdir(f: Follow, p: Piece, i: int, t: Thread) -> None:
    if p.signed(i, 0, -1) >= 0:
        _moved(f, t, p.text(i, 1))


def _fchdir(f: Follow, p: Piece, i: int, t: Thread) -> None:
    found = f.threads.fd(t, p.fd(i))
    if p.signed(i, 0, -1) >= 0 and found is not None:
        _moved(f, t, found.name)


def _of_enter(set_: Callable[[Piece, int, Thread], None]) -> Change:
    """A call that worked and whose enter event says what it sets."""

    def change(f: Follow, p: Piece, i: int, t: Thread) -> None:
        if p.signed(i, 0, -1) >= 0 and p.entered(i) >= 0:
            set_(p, p.entered(i), t)
            f.threads.changed(t)

    return change


def _user(place: int) -> Callable[[Piece, int, Thread], None]:
    def set_(p: Piece, enter: int, t: Thread) -> None:
        if p.unsigned(enter, place) != 0xFFFFFFFF:
            t.uid = p.unsigned(enter, place)

    return set_


def _group(place: int) -> Callable[[Piece, int, Thread], None]:
    def set_(p: Piece, enter: int, t: Thread) -> None:
        if p.unsigned(enter, place) != 0xFFFFFFFF:
            t.gid = p.unsigned(enter, place)

    return set_


def _setsid(f: Follow, p: Piece, i: int, t: Thread) -> None:
    if p.signed(i, 0, -1) >= 0:
        t.sid = p.signed(i, 0)
        f.threads.changed(t)


CHANGES: dict[int, Change] = {
    **dict.fromkeys(_CLONES, _clone), **dict.fromkeys(_EXECS, _execve), 16: _exit, 186: _exit, 93: _chdir, 95: _chdir,
    97: _fchdir, 199: _of_enter(_user(0)), 193: _of_enter(_user(1)), 201: _of_enter(_group(0)),
    195: _of_enter(_group(1)), 275: _setsid,
}  # fmt: skip
