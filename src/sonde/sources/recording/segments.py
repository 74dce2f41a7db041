"""Where recordings are: a directory `NAME.sonde` of segments, one writer at a time; or a stream of one segment."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from io import BufferedReader
from typing import NamedTuple

from sonde.errors import SondeError, UsageError
from sonde.plan.batch import Batch
from sonde.sources.recording.frames import BEGINNING, Kind, framed
from sonde.sources.recording.thinner import TEMPORARY
from sonde.sources.writing import write_whole

__all__ = ["Directory", "Sink", "Stream", "is_recording", "recordings", "segments"]

STDOUT = 1
_NAME = re.compile(r"[0-9]{10}\.segment")


class Segment(NamedTuple):
    """A file of a recording."""

    path: str
    size: int
    written: float  # s since the epoch


def is_recording(path: str) -> bool:
    """Is there a recording: a directory with segments, a folder of such, one segment, or - for standard input that
    begins like one?"""
    if os.path.isdir(path):
        return bool(segments(path) or recordings(path))
    try:
        if path == "-":
            assert isinstance(sys.stdin.buffer, BufferedReader)
            return sys.stdin.buffer.peek(len(BEGINNING)).startswith(BEGINNING)
        with open(path, "rb") as file:
            return file.read(len(BEGINNING)) == BEGINNING
    except OSError:
        return False


def recordings(path: str) -> list[str]:
    """The recordings in a folder of several, by name; none if it is one itself, or no folder."""
    if not os.path.isdir(path) or segments(path):
        return []
    with _looked_into(path) as found:
        return sorted(one.path for one in found if one.is_dir() and segments(one.path))


def segments(path: str) -> list[Segment]:
    """The segments of a recording, oldest first. UsageError if this user may not look."""
    there = []
    with _looked_into(path) as found:
        for one in found:
            if _NAME.fullmatch(one.name):
                with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                    about = one.stat()
                    there.append(Segment(one.path, about.st_size, about.st_mtime))
    return sorted(there)


@contextlib.contextmanager
def _looked_into(path: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    try:
        found = os.scandir(path)
    except PermissionError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    with found:
        yield found


class Sink(ABC):
    """Where segments are written to. `begin` opens the next, `write` writes all of some bytes to it."""

    fd = -1
    size = 0  # bytes of the segment so far
    name = ""
    rotates = True
    helpers: tuple[int, ...] = ()  # processes that write beside us

    @abstractmethod
    def begin(self) -> None:
        """Open the next segment."""

    def write(self, data: bytes) -> None:
        """Write to the segment. SondeError if that fails; it then ends before these bytes."""
        self.size = write_whole(self.fd, data, self.size, self.name)

    def count(self, batch: Batch) -> None:  # noqa: B027 - only where kinds have shares
        """These rows are written."""

    def ending(self) -> bytes:
        """The last frame of a segment."""
        return framed(Kind.END, b"")

    def tend(self) -> None:  # noqa: B027
        """Called again and again: what there is to do beside writing."""

    @abstractmethod
    def close(self) -> None:
        """Nothing more comes."""


class Stream(Sink):
    """Standard output, as one segment."""

    name, rotates = "standard output", False

    def begin(self) -> None:
        """The stream is open already."""
        self.fd = STDOUT

    def close(self) -> None:
        """It is not ours to close."""


class Directory(Sink):
    """A directory of segments, made 0700 and locked for one writer; `anew` replaces the segments that are there,
    once there is a first one.

    UsageError if it is something else or another writer has it.
    """

    def __init__(self, path: str, anew: bool) -> None:
        self.name = self.path = path
        self.segment = ""  # the file that is written
        try:
            os.makedirs(path, 0o700, exist_ok=True)
            self._lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileExistsError, NotADirectoryError):
            raise UsageError(f"cannot record to {path}: there is a file in the place of its directory") from None
        except OSError as error:
            raise UsageError(f"cannot record to {path}: {error.strerror}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise UsageError(f"cannot record to {path}: another sonde is recording there") from None
        self._remove_temporary()  # before anything else: who still writes one cannot finish it then
        there = segments(path)
        self._old: list[Segment] = []  # go when there is something new
        if anew:
            self._refuse_others(there)
            self._old, there = there, []
        self._next = int(os.path.basename(there[-1].path)[:10]) + 1 if there else 1

    def _remove_temporary(self) -> None:
        """What a recorder that was killed was writing beside its segments."""
        for name in os.listdir(self.path):
            if _NAME.fullmatch(name.removesuffix(TEMPORARY)) and name.endswith(TEMPORARY):
                os.unlink(os.path.join(self.path, name))

    def _refuse_others(self, there: list[Segment]) -> None:
        if len(os.listdir(self.path)) != len(there):
            os.close(self._lock)
            raise UsageError(f"cannot record to {self.path}: there are files that are no segments of a recording")

    def begin(self) -> None:
        """Close the segment, for good on the disk, and open the next."""
        self._finish()
        while self._old:
            os.unlink(self._old.pop().path)
        self.segment = path = os.path.join(self.path, f"{self._next:010}.segment")
        try:
            self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SondeError(f"cannot write {path}: {error.strerror}") from None
        self._next, self.size = self._next + 1, 0

    def _finish(self) -> None:
        if self.fd >= 0:
            with contextlib.suppress(OSError):
                os.fdatasync(self.fd)
            os.close(self.fd)
            self.fd = -1

    def keep(self, count: int | None, age: float | None = None) -> None:
        """Remove the oldest segments, so that at most `count` are left, none of them written to more than `age` s
        ago."""
        there = segments(self.path)
        for place, segment in enumerate(there[:-1]):
            many = count is not None and len(there) - place > count
            late = age is not None and time.time() - segment.written > age
            if not many and not late:
                break
            os.unlink(segment.path)

    def close(self) -> None:
        """Let go of the directory."""
        self._finish()
        os.close(self._lock)


def locked(path: str) -> bool:
    """Is somebody recording there now?"""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False
