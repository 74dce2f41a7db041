"""One .scap file as bytes on the disk: all of some bytes or none, compressed if that is wanted."""

from __future__ import annotations

import os
import stat
import zlib

from sonde.errors import UsageError
from sonde.sources.writing import write_whole

__all__ = ["FileOut"]

_GZIP = 31  # zlib's window bits of gzip


class FileOut:
    """A file made anew, 0600: what it was stays until something is written. UsageError if it cannot be made; SondeError
    if it cannot be written on: what was written before can be read. What is compressed is on the disk `at_once`, or
    when there is enough of it to be smaller: a few hundred KB may still be missing then if the program is killed."""

    def __init__(self, path: str, compress: bool, at_once: bool = True) -> None:
        self._path, self._at_once = path, at_once
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}") from None
        self._packer = zlib.compressobj(wbits=_GZIP) if compress else None
        self.size, self._given = 0, 0

    def would_be(self, more: float) -> float:
        """The size with so many bytes more, about: they are compressed as well as those before them."""
        return self.size + more * (self.size / self._given if self._given else 1)

    def write(self, data: bytes) -> None:
        """Write all of some bytes."""
        if data and not self._given and stat.S_ISREG(os.fstat(self._fd).st_mode):
            os.truncate(self._fd, 0)
        self._given += len(data)
        if data and self._packer is not None:
            data = self._packer.compress(data)
            if self._at_once:
                data += self._packer.flush(zlib.Z_SYNC_FLUSH)
        self._all(data)

    def close(self) -> None:
        """Write what a compressed file ends with, and close it."""
        if self._packer is not None:
            self._all(self._packer.flush())
        os.close(self._fd)

    def _all(self, data: bytes) -> None:
        self.size = write_whole(self._fd, data, self.size, self._path)
