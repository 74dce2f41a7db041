"""Paths that calls were given, made absolute: fields fs.path.* and evt.abspath."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import Event, Param, ParamType, Source
from sonde.engines.context import NO_SOURCE, Context, Derivation, idents, of_event, source_index, string
from sonde.engines.payload import string_ids
from sonde.plan.batch import Batch, Vector
from sonde.plan.strings import EMPTY, Ids

__all__ = ["DIRECTORIES", "PATHS", "absolute", "directory_of", "resolved"]

DIRECTORIES = ("dir", "newdir")  # physical columns
# (index of the argument with a path, index in DIRECTORIES of what it is relative to) of an event
Place = tuple[Callable[[Event], int], Callable[[Event], int]]


def _paths(event: Event) -> list[Param]:
    return [p for p in event.params if p.type is ParamType.PATH and p.source is not Source.NONE]


def directory_of(event: Event, path: Param) -> int:
    """Which directory a path is relative to, the nearest one before it: an index of DIRECTORIES, else 255."""
    before = event.params[: event.params.index(path)]
    found = [p for p in before if p.type in (ParamType.DIRFD, ParamType.PATH)]
    return event.directories.index(found[-1]) if found and found[-1].type is ParamType.DIRFD else NO_SOURCE


def _nth(count: int, nth: int) -> Place:
    """The nth path of events that take `count`."""

    def path(event: Event) -> int:
        found = _paths(event)
        return source_index(found[nth].source) if len(found) == count else NO_SOURCE

    def directory(event: Event) -> int:
        found = _paths(event)
        return directory_of(event, found[nth]) if len(found) == count else NO_SOURCE

    return path, directory


# of calls with one path, and with two (rename, link, symlink, mount ...)
_NAME, _SOURCE, _TARGET = _nth(1, 0), _nth(2, 0), _nth(2, 1)


def absolute(directory: bytes, path: bytes) -> bytes:
    """The path below the directory without `.`, `..` and empty components; relative if the directory is unknown."""
    if path[:1] != b"/" and not directory:
        return path
    joined = posixpath.normpath(posixpath.join(directory, path))
    return joined[1:] if joined.startswith(b"//") else joined


def resolved(batch: Batch, context: Context, given: Ids, directory: npt.NDArray[np.int64]) -> Ids:
    """Ids of given paths made absolute, once for each distinct pair of directory and path.

    `directory`: what each row's is relative to, by index of DIRECTORIES, else the working directory. Below a directory
    that cannot be named it stays as it was given. An empty path is the descriptor's own (AT_EMPTY_PATH).
    """
    strings, files = context.state.strings, context.state.files
    cwd = context.state.processes.column("cwd", idents(batch, "proc")).astype(np.uint32)
    base = np.where(given == EMPTY, 0, cwd)
    for index, name in enumerate(DIRECTORIES):
        if (at := directory == index).any():
            base = np.where(at & (idents(batch, name) != 0), idents(batch, name), base)
    pairs, inverse = np.unique(files.paths(base).astype(np.uint64) << np.uint64(32) | given, return_inverse=True)
    ids = strings.intern_all(absolute(strings[pair >> 32], strings[pair & 0xFFFFFFFF]) for pair in pairs.tolist())
    return np.where(given != 0, ids[inverse], 0).astype(np.uint32)


def _resolved(batch: Batch, context: Context, place: Place) -> Ids:
    given = string_ids(batch, of_event(batch, place[0], NO_SOURCE))
    return resolved(batch, context, given, of_event(batch, place[1], NO_SOURCE))


def _field(of: Place) -> Derivation:
    return lambda batch, argument, context: string(_resolved(batch, context, of))


def _raw(of: Place) -> Derivation:
    return lambda batch, argument, context: string(string_ids(batch, of_event(batch, of[0], NO_SOURCE)))


def _abspath(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    """The only path; of two, the second."""
    target = _resolved(batch, context, _TARGET)
    return string(np.where(target != 0, target, _resolved(batch, context, _NAME)))


PATHS: dict[str, Derivation] = {
    "fs.path.name": _field(_NAME),
    "fs.path.nameraw": _raw(_NAME),
    "fs.path.source": _field(_SOURCE),
    "fs.path.sourceraw": _raw(_SOURCE),
    "fs.path.target": _field(_TARGET),
    "fs.path.targetraw": _raw(_TARGET),
    "evt.abspath": _abspath,
    "evt.abspath.src": _field(_SOURCE),
    "evt.abspath.dst": _field(_TARGET),
}
