"""Where strace's lines go: standard error, a file, a command, or a file for each thread."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
from collections.abc import Mapping

from sonde.errors import SondeError, UsageError
from sonde.faces.strace.options import Asked

__all__ = ["STDERR", "Output"]

STDERR = 2
PIECE = 1 << 16
MODE = 0o600  # what is seen may be secret


class Output:
    """What -o, -A and -ff say. Lines that nobody reads any more are dropped, as strace does."""

    def __init__(self, asked: Asked) -> None:
        self.name, self._append, self.apart = asked.output or "", asked.append, asked.apart
        self._reader: subprocess.Popen[bytes] | None = None
        self._begun: set[int] = set()
        self._gone = False
        self.fd = STDERR
        if self.name[:1] in ("|", "!"):
            if self.apart:
                raise UsageError("-ff writes files, and -o has a command")
            self._reader = subprocess.Popen(["/bin/sh", "-c", self.name[1:]], stdin=subprocess.PIPE)
            assert self._reader.stdin is not None
            self.fd = self._reader.stdin.fileno()
        elif self.name and not self.apart:
            self.fd = self._opened(self.name, new=True)

    @property
    def to_file(self) -> bool:
        """Do the lines go elsewhere than to standard error?"""
        return bool(self.name)

    def write(self, text: bytes) -> None:
        """All of it."""
        self._write(self.fd, text)

    def write_each(self, texts: Mapping[int, bytes]) -> None:
        """The text of each thread to its file."""
        for tid, text in texts.items():
            fd = self._opened(f"{self.name}.{tid}", new=tid not in self._begun)
            self._begun.add(tid)
            try:
                self._write(fd, text)
            finally:
                os.close(fd)

    def say(self, text: bytes) -> None:
        """A message, always to standard error."""
        self._write(STDERR, text)

    def close(self) -> None:
        """End the file, and wait for the command that reads."""
        if self._reader is not None:
            assert self._reader.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                self._reader.stdin.close()
            self._reader.wait()
        elif self.fd > STDERR:
            os.close(self.fd)
        self.fd, self._reader = STDERR, None

    def _opened(self, name: str, new: bool) -> int:
        fresh = new and not self._append
        try:
            return os.open(
                name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_TRUNC if fresh else os.O_APPEND), MODE
            )  # fmt: skip
        except OSError as error:
            raise UsageError(f"cannot write {name}: {error.strerror}") from None

    def _write(self, fd: int, text: bytes) -> None:
        view = memoryview(text)
        while view and not (self._gone and fd == self.fd):
            try:
                view = view[os.write(fd, view[:PIECE]) :]
            except BlockingIOError:
                select.select([], [fd], [])
            except BrokenPipeError:
                self._gone = True
            except OSError as error:
                raise SondeError(f"cannot write {self.name or 'standard error'}: {error.strerror}") from None
