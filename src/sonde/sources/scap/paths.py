"""Paths as sysdig joins them."""

from __future__ import annotations

__all__ = ["joined", "opened"]

_ROOM, _TOO_LONG = 1023, b"/PATH_TOO_LONG"


def opened(directory: bytes, path: bytes) -> bytes:
    """The name of what is opened by a path below a directory: joined, if both together are not longer than sysdig has
    room for."""
    before = 1 if path.startswith(b"/") else len(directory.rstrip(b"/")) + 1
    return joined(directory, path) if before + len(path) < _ROOM else _TOO_LONG


def joined(directory: bytes, path: bytes) -> bytes:
    """A path below a directory, without `.` and `..`; an absolute one alone."""
    if not path.startswith(b"/"):
        if not directory:
            return path if not path.startswith((b".", b"/")) else _plain(path)
        path = directory.rstrip(b"/") + b"/" + path
    return _plain(path)


def _plain(path: bytes) -> bytes:
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            if parts:
                parts.pop()
        elif part and part != b".":
            parts.append(part)
    return (b"/" if path.startswith(b"/") else b"") + b"/".join(parts)
