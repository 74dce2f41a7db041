"""Open descriptors as /proc/PID/fd tells of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Any

from sonde.sources.procfs.processes import pids, text

__all__ = ["files", "holders"]

Row = tuple[Any, ...]
_KINDS = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFCHR: "char", stat.S_IFBLK: "block", stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
}  # fmt: skip
_DELETED = b" (deleted)"
_SOCKET = b"socket:["


def files() -> tuple[list[Row], int]:
    """(rows of the table, processes whose descriptors this user may not know)."""
    rows, unread = [], 0
    for pid in pids():
        try:
            for fd, path in _descriptors(pid):
                found = os.stat(f"/proc/{pid}/fd/{fd}")
                kind = "anon" if path.startswith(b"anon_inode:") else _KINDS.get(stat.S_IFMT(found.st_mode), "anon")
                deleted = found.st_nlink == 0 and path.endswith(_DELETED)
                name = text(path.removesuffix(_DELETED) if deleted else path)
                size = found.st_size if kind == "file" else None
                rows.append((pid, fd, name, kind, found.st_ino, size, int(deleted)))
        except PermissionError:
            unread += 1
        except OSError:
            continue
    return rows, unread


def holders() -> tuple[dict[int, list[tuple[int, int]]], int]:
    """((process, descriptor) of those that hold a socket, by its inode; processes that this user may not know)."""
    found: dict[int, list[tuple[int, int]]] = {}
    unread = 0
    for pid in pids():
        try:
            for fd, path in _descriptors(pid):
                if path.startswith(_SOCKET):
                    found.setdefault(int(path[len(_SOCKET) : -1]), []).append((pid, fd))
        except PermissionError:
            unread += 1
        except OSError:
            continue
    return found, unread


def _descriptors(pid: int) -> Iterator[tuple[int, bytes]]:
    """(number, what it leads to); those that are closed meanwhile are left out."""
    for fd in sorted(map(int, os.listdir(f"/proc/{pid}/fd"))):
        try:
            yield fd, os.readlink(f"/proc/{pid}/fd/{fd}".encode())
        except FileNotFoundError:
            continue
