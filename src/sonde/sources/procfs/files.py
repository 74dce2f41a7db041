"""Open descriptors as /proc/PID/fd tells of them."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import Any

from sonde.sources.procfs.read import pids, read, text

__all__ = ["KINDS", "files", "holders"]

Row = tuple[Any, ...]
KINDS = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFCHR: "char", stat.S_IFBLK: "block", stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
}  # fmt: skip
_DELETED = b" (deleted)"
_SOCKET = b"socket:["


def files() -> tuple[list[Row], int]:
    """(rows of the table, processes whose descriptors this user may not know)."""
    rows, (open_, unread) = [], _descriptors()
    for pid, fd, path in open_:
        try:
            found = os.stat(f"/proc/{pid}/fd/{fd}")
        except OSError:  # closed meanwhile
            continue
        kind = "anon" if path.startswith(b"anon_inode:") else KINDS.get(stat.S_IFMT(found.st_mode), "anon")
        deleted = found.st_nlink == 0 and path.endswith(_DELETED)
        name = text(path.removesuffix(_DELETED) if deleted else path)
        size = found.st_size if kind == "file" else None
        rows.append((pid, fd, name, kind, found.st_ino, size, int(deleted), _closed_at_exec(pid, fd)))
    return rows, unread


def _closed_at_exec(pid: int, fd: int) -> int | None:
    """1 for O_CLOEXEC among its flags (proc(5), fdinfo); None if it was closed meanwhile."""
    try:
        flags = read(f"/proc/{pid}/fdinfo/{fd}").partition(b"flags:")[2].split(maxsplit=1)[0]
    except (OSError, IndexError):
        return None
    return int(int(flags, 8) & os.O_CLOEXEC != 0)


def holders() -> tuple[dict[int, list[tuple[int, int]]], int]:
    """((process, descriptor) of those that hold a socket, by its inode; processes that this user may not know)."""
    found: dict[int, list[tuple[int, int]]] = {}
    open_, unread = _descriptors()
    for pid, fd, path in open_:
        if path.startswith(_SOCKET):
            found.setdefault(int(path[len(_SOCKET) : -1]), []).append((pid, fd))
    return found, unread


def _descriptors() -> tuple[list[tuple[int, int, bytes]], int]:
    """((process, number, what it leads to) of what is open, processes that this user may not know)."""
    found, unread = [], 0
    for pid in pids():
        try:
            for fd in sorted(map(int, os.listdir(f"/proc/{pid}/fd"))):
                with suppress(FileNotFoundError):  # closed meanwhile
                    found.append((pid, fd, os.readlink(f"/proc/{pid}/fd/{fd}".encode())))
        except PermissionError:
            unread += 1
        except OSError:  # it has ended
            continue
    return found, unread
