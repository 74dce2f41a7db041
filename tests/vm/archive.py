"""Initial file systems of a kernel: cpio archives of the form `newc`."""

from __future__ import annotations

import stat
from collections.abc import Iterator

__all__ = ["Archive"]

MAGIC = b"070701"
END = "TRAILER!!!"


class Archive:
    """Files in the order in which they were added; `bytes(archive)` is what the kernel unpacks."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._folders: set[str] = set()

    def add(self, name: str, data: bytes, *, executable: bool = False) -> None:
        """One file, and the folders above it."""
        for folder in _above(name):
            if folder not in self._folders:
                self._folders.add(folder)
                self._write(folder, stat.S_IFDIR | 0o755, b"")
        self._write(name, stat.S_IFREG | (0o755 if executable else 0o644), data)

    def add_console(self) -> None:
        """/dev/console, which the kernel opens for the first program before there is a /dev."""
        self._write("dev", stat.S_IFDIR | 0o755, b"")
        self._write("dev/console", stat.S_IFCHR | 0o600, b"", device=(5, 1))

    def __bytes__(self) -> bytes:
        return b"".join([*self._parts, _entry(0, END, 0, b"", (0, 0))])

    def _write(self, name: str, mode: int, data: bytes, device: tuple[int, int] = (0, 0)) -> None:
        self._parts.append(_entry(len(self._parts) + 1, name, mode, data, device))


def _above(name: str) -> Iterator[str]:
    parts = name.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        yield "/".join(parts[:count])


def _entry(inode: int, name: str, mode: int, data: bytes, device: tuple[int, int]) -> bytes:
    path = name.encode() + b"\0"
    # inode, mode, uid, gid, links, time, size, device of the file system, device number, length of the name, checksum
    words = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0)
    return _padded(MAGIC + b"".join(b"%08x" % word for word in words) + path) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
