"""Fields of class evt that are not times or arguments: the kind of operation, how it ended, what data it moved."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.catalog import errnos, families
from sonde.catalog.errnos import MAX_ERRNO
from sonde.catalog.event import Event, ParamType
from sonde.catalog.lookup import NUMBERS
from sonde.catalog.types import Kind
from sonde.engines.context import (
    NO_SOURCE,
    Context,
    Derivation,
    data_index,
    flag,
    ints,
    number,
    of_event,
    source_index,
    string,
    word,
)
from sonde.plan.batch import ENTER_ROW, RESULT_UNKNOWN, Batch, Vector
from sonde.plan.strings import Ids

__all__ = ["EVT", "error_ids", "failed", "finished"]

Bools = npt.NDArray[np.bool_]
O_ACCMODE, O_CREAT, O_TMPFILE, EXECUTE = 0o3, 0o100, 0o20000000, 0o111
CREAT = 0o1101  # the flags creat(2) stands for
_OPENS = ("open", "openat", "openat2", "open_by_handle_at", "creat")


def finished(batch: Batch) -> Bools:
    """Rows whose call has returned."""
    held: Bools = (ints(batch, "flags") & ENTER_ROW) == 0
    return held


def _resulted(batch: Batch) -> Bools:
    """Rows whose result is known."""
    held = finished(batch)
    return held if "unknown" not in batch.columns else held & (ints(batch, "unknown") & RESULT_UNKNOWN == 0)


def failed(batch: Batch) -> Bools:
    """Rows whose result is -errno."""
    res = ints(batch, "res")
    return _resulted(batch) & (res < 0) & (res >= -MAX_ERRNO)


def error_ids(results: npt.NDArray[np.int64], context: Context) -> Ids:
    """String ids of the errno's name where the result is -errno with a known one, else 0."""
    if not (results < 0).any():
        return np.zeros(len(results), np.uint32)
    code = np.where((results < 0) & (results >= -MAX_ERRNO), -results, 0)
    ids = context.texts("errno", code.astype(np.uint32), lambda n: errnos.name(n).encode())
    return np.where((code > 0) & (ids > 1), ids, 0).astype(np.uint32)


def _of_column(name: str) -> Derivation:
    return lambda batch, argument, context: number(batch.columns[name].astype(np.int64))


def _text(key: str, text: Callable[[Event], str]) -> Derivation:
    return lambda batch, argument, context: string(context.event_texts(key, text)[ints(batch, "nr")])


def _is(test: Callable[[Event], int]) -> Derivation:
    return lambda batch, argument, context: flag(of_event(batch, test) != 0)


def _direction(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    strings = context.state.strings
    return string(np.where(finished(batch), strings.intern(b"<"), strings.intern(b">")))


def _type_is(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    members = np.zeros(NUMBERS, np.bool_)
    members[list(families.expand(str(argument)))] = True
    return number(members[ints(batch, "nr")].astype(np.int64))


def _res(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    res = ints(batch, "res")
    names = error_ids(res, context)
    unnamed = context.texts("errno number", np.where(failed(batch), -res, 0).astype(np.uint32), lambda n: b"%d" % n)
    ids = np.where(failed(batch), np.where(names > 0, names, unnamed), context.state.strings.intern(b"SUCCESS"))
    return string(np.where(_resulted(batch), ids, 0))


def _buffer(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    index = of_event(batch, data_index, NO_SOURCE)
    views = batch.payloads.of_argument(index.astype(np.uint8), len(batch))
    return Vector(Kind.BYTES, views.length, views=views)


def _buflen(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    """Bytes that were moved, whatever was captured of them."""
    res = ints(batch, "res")
    has = of_event(batch, data_index, NO_SOURCE) != NO_SOURCE
    return number(np.maximum(res, 0), has & _resulted(batch) & (res >= 0))


def _wait_latency(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    latency = ints(batch, "latency")
    return number(latency, (latency >= 0) & (of_event(batch, _waits) != 0))


def _waits(event: Event) -> int:
    return int(event.waits)


def _io(event: Event) -> int:
    return int(event.io != "")


def _reads(event: Event) -> int:
    return int(event.io == "r")


def _writes(event: Event) -> int:
    return int(event.io == "w")


def _category(event: Event) -> int:
    """The class of evt.count.error.*: 1 file, 2 net, 3 memory, 4 other."""
    return {"file": 1, "net": 2, "memory": 3}.get(event.category, 4)


def _errors(kind: int) -> Derivation:
    """1 for rows that failed; `kind` limits them to a class (see _category; 0: all), elsewhere the field is missing."""

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        wrong = failed(batch)
        if kind:
            wrong &= of_event(batch, _category) == kind
        return number(np.ones(len(batch), np.int64), wrong)

    return derive


def _count_exit(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    return number(np.ones(len(batch), np.int64), finished(batch))


def _open_flags(event: Event) -> int:
    """The index of an open's flags word; 255 where there is none or a pointer to it."""
    if event.name not in _OPENS:
        return NO_SOURCE
    found = (p for p in event.params if p.name == "flags" and p.type is ParamType.FLAGS)
    return next(map(source_index, (p.source for p in found)), NO_SOURCE)


def _open_mode(event: Event) -> int:
    if event.name not in _OPENS:
        return NO_SOURCE
    return next((source_index(p.source) for p in event.params if p.name == "mode"), NO_SOURCE)


def _creat(event: Event) -> int:
    return int(event.name == "creat")


def _opened(test: Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], Bools]) -> Derivation:
    """Successful opens whose (flags, mode) pass the test."""

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        flags, known = word(batch, of_event(batch, _open_flags, NO_SOURCE))
        mode, _ = word(batch, of_event(batch, _open_mode, NO_SOURCE))
        creat = of_event(batch, _creat) != 0
        passed = (known | creat) & test(np.where(creat, CREAT, flags), mode)
        return flag(passed & _resulted(batch) & (ints(batch, "res") >= 0))

    return derive


def _creates(flags: npt.NDArray[np.int64]) -> Bools:
    held: Bools = ((flags & O_CREAT) != 0) | ((flags & O_TMPFILE) != 0)
    return held


def _ones(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    return number(np.ones(len(batch), np.int64))


def _host(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    name = context.state.strings.intern(context.state.host.encode("utf-8", "surrogateescape"))
    return string(np.full(len(batch), name))


EVT: dict[str, Derivation] = {
    "evt.num": _of_column("num"),
    "evt.cpu": _of_column("cpu"),
    "evt.dir": _direction,
    "evt.hostname": _host,
    "evt.type": _text("type", lambda e: e.name),
    "evt.type.is": _type_is,
    "syscall.type": _text("syscall", lambda e: e.name if e.is_syscall else ""),
    "evt.category": _text("category", lambda e: e.category),
    "evt.res": _res,
    "evt.rawres": lambda batch, argument, context: number(ints(batch, "res"), _resulted(batch)),
    "evt.failed": lambda batch, argument, context: flag(failed(batch), _resulted(batch)),
    "evt.is_io": _is(_io),
    "evt.is_io_read": _is(_reads),
    "evt.is_io_write": _is(_writes),
    "evt.io_dir": _text("io", lambda e: e.io),
    "evt.is_wait": _is(_waits),
    "evt.wait_latency": _wait_latency,
    "evt.buffer": _buffer,
    "evt.buflen": _buflen,
    "evt.count": _ones,
    "evt.count.error": _errors(0),
    "evt.count.error.file": _errors(1),
    "evt.count.error.net": _errors(2),
    "evt.count.error.memory": _errors(3),
    "evt.count.error.other": _errors(4),
    "evt.count.exit": _count_exit,
    "evt.is_open_read": _opened(lambda f, m: (f & O_ACCMODE) != 1),
    "evt.is_open_write": _opened(lambda f, m: (f & O_ACCMODE) != 0),
    "evt.is_open_exec": _opened(lambda f, m: _creates(f) & ((m & EXECUTE) != 0)),
    "evt.is_open_create": _opened(lambda f, m: _creates(f)),
}
