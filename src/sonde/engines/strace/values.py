"""One argument of a call as strace shows it, for many rows: by the type of its parameter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.catalog import variants
from sonde.catalog.event import Param, ParamType, Source
from sonde.engines import structs
from sonde.engines.paths import DIRECTORIES
from sonde.engines.strace import structures
from sonde.engines.strace.names import mode, named
from sonde.engines.strace.options import ABBREV, RAW, VERBOSE
from sonde.engines.strace.signals import signal_text
from sonde.engines.strace.site import Site, either, pointers
from sonde.native.ops import Form, Op, address, literal, pool, sint, slices, uint
from sonde.plan.batch import Views
from sonde.plan.strings import distinct

__all__ = ["data_of", "descriptor", "process", "quoted", "rest", "text_of", "value"]

Array = npt.NDArray[np.int64]
AT_FDCWD = -100
FORMS = {0: Form.C_OCTAL, 1: Form.C_MAYBE_HEX, 2: Form.C_ALL_HEX, 3: Form.C_HEX}
EVERYTHING = 1 << 30
_CAPTURED = 4096  # bytes of a buffer that are always looked for
_HERE = {ABBREV: b"AT_FDCWD", RAW: b"-100", VERBOSE: b"-100 /* AT_FDCWD */"}
_DOTS, _DOTS_ENDS = np.frombuffer(b"...", np.uint8), np.array([0, 0, 3], np.int64)
_NONE = 0xFFFFFFFF


def value(site: Site, param: Param) -> list[Op]:
    """The text of an argument."""
    if site.raw:
        return [_hexadecimal(site.words(param.source))]
    return _WRITERS.get(param.type, _unknown)(site, param)


def _hexadecimal(words: Array) -> Op:
    return address(words, missing=words == 0, absent=b"0")


def _unknown(site: Site, param: Param) -> list[Op]:
    return [pointers(site.words(param.source))]


def quoted(site: Site, views: Views, limit: int, form: Form | None = None) -> list[Op]:
    """C strings of slices, cut to the limit and then followed by dots."""
    length = np.minimum(views.length, limit).astype(np.int32)
    shown = Views(views.data, views.offset, length, views.full)
    ops = [slices(shown, FORMS[site.decoding.hexadecimal] if form is None else form)]
    cut = (views.length > limit) | (views.full > np.maximum(length, 0))
    return [*ops, pool(cut, _DOTS, _DOTS_ENDS)] if cut.any() else ops


def _text(limited: bool) -> Callable[[Site, Param], list[Op]]:
    def write(site: Site, param: Param) -> list[Op]:
        views, there = text_of(site, param)
        ops = quoted(site, views, site.decoding.limit if limited else EVERYTHING)
        return either(there, ops, [pointers(site.words(param.source))])

    return write


def text_of(site: Site, param: Param) -> tuple[Views, npt.NDArray[np.bool_]]:
    """(strings without the NUL at their end, where there are any)."""
    views = site.pointed(param)
    there = (views.length >= 0) & ~site.failed if param.out else views.length >= 0
    if param.length is Source.NONE and variants.depends(site.event):  # whatever was there was read
        return _up_to_nul(views), there
    return _ended(views), there


def _up_to_nul(views: Views) -> Views:
    """Strings without the first NUL and what is behind it."""
    length, full = views.length.copy(), views.full.copy()
    for row in np.flatnonzero(length > 0).tolist():
        end = (views[row] or b"").find(b"\0")
        if end >= 0:
            length[row] = full[row] = end
    return Views(views.data, views.offset, length, full)


def _ended(views: Views) -> Views:
    """Strings without the NUL at their end."""
    last = np.where(views.length > 0, views.offset + views.length - 1, 0)
    nul = (views.length > 0) & (views.data[last] == 0) if len(views.data) else np.zeros(len(views), np.bool_)
    length = (views.length - nul).astype(np.int32)
    return Views(views.data, views.offset, length, np.where(nul, length, views.full).astype(np.int32))


def _data(site: Site, param: Param) -> list[Op]:
    views, there = data_of(site, param)
    form = Form.C_ALL_HEX if site.event.name == "getrandom" else None
    return either(there, quoted(site, views, site.decoding.limit, form), [pointers(site.words(param.source))])


def data_of(site: Site, param: Param) -> tuple[Views, npt.NDArray[np.bool_]]:
    """(I/O data, as much as the call moved; where there is any)."""
    views, moved = site.pointed(param), _moved(site, param)
    length = np.maximum(np.minimum(views.length, moved), 0).astype(np.int32)
    full = np.minimum(moved, EVERYTHING).astype(np.int32)
    empty = (views.length < 0) & (moved == 0) & (site.words(param.source) != 0)
    unread = views.length < np.minimum(moved, min(site.decoding.limit, _CAPTURED))
    there = (((views.length >= 0) & ~unread) | empty) & ~(site.failed & param.out)
    return Views(views.data, views.offset, length, full), there


def _moved(site: Site, param: Param) -> Array:
    """How many bytes the buffer holds: the result, or the size that was given."""
    if param.length is Source.RET or (param.out and param.length is Source.NONE):
        moved, room = np.maximum(site.words(Source.RET), 0), _room(site, param)
        return moved if room is None else np.minimum(moved, room)
    if param.length is not Source.NONE:
        return np.maximum(site.words(param.length), 0)
    return np.full(len(site), EVERYTHING, np.int64)


def _room(site: Site, param: Param) -> Array | None:
    """The size of a buffer, where the argument after it says that."""
    following = site.arguments[site.arguments.index(param) + 1 :][:1]
    if not following or following[0].type is not ParamType.SIZE:
        return None
    return site.words(following[0].source)


def descriptor(site: Site, values: Array, files: npt.NDArray[np.uint32]) -> list[Op]:
    """Numbers of descriptors and what is told of them."""
    ops = [sint(values)]
    if site.decoding.fds:
        ops.append(site.pooled(site.descriptors.texts(files, site.context)))
    return ops


def _fd(site: Site, param: Param) -> list[Op]:
    values = site.words(param.source).astype(np.int32).astype(np.int64)
    return descriptor(site, values, site.files_of(param.source, values))


def _dirfd(site: Site, param: Param) -> list[Op]:
    values = site.words(param.source).astype(np.int32).astype(np.int64)
    here = values == AT_FDCWD
    places = [p.source for p in site.event.directories]
    column = DIRECTORIES[places.index(param.source)] if param.source in places else ""
    ids = site.column(column).astype(np.uint32) if column else np.zeros(len(values), np.uint32)
    name = [literal(_HERE[site.decoding.names])]
    if site.decoding.fds:
        cwd = site.context.state.processes.column("cwd", site.column("proc").astype(np.uint32)).astype(np.uint32)
        name.append(site.pooled(site.descriptors.texts(cwd, site.context)))
        if not column:
            lost = np.flatnonzero(values >= 0)
            ids[lost] = site.remembered(lost, values[lost])
    return either(here, name, descriptor(site, values, ids))


def process(site: Site, values: Array) -> list[Op]:
    """Numbers of processes, with -Y their names."""
    ops = [sint(values)]
    if site.decoding.comm:
        ops.append(site.pooled(_names(site, values)))
    return ops


def _names(site: Site, values: Array) -> npt.NDArray[np.uint32]:
    """String ids of `<bash>` of threads, 0 where unknown."""
    intern = site.context.state.strings.intern
    found = {tid: intern(name) if (name := site.named(tid)) else 0 for tid in distinct(values)}
    return np.array([found[tid] for tid in values.tolist()], np.uint32)


def _int(site: Site, param: Param) -> list[Op]:
    return [sint(site.words(param.source).astype(np.int32).astype(np.int64))]


def _uint(site: Site, param: Param) -> list[Op]:
    return [uint(site.words(param.source))]


def _pid(site: Site, param: Param) -> list[Op]:
    return process(site, site.words(param.source).astype(np.int32).astype(np.int64))


def _user(site: Site, param: Param) -> list[Op]:
    values = site.words(param.source).astype(np.uint32)
    return [uint(values, missing=values == _NONE, absent=b"-1")]


def _each(text: Callable[[Site, Param, int], bytes]) -> Callable[[Site, Param], list[Op]]:
    """Words whose text is asked once for each distinct one."""

    def write(site: Site, param: Param) -> list[Op]:
        values = site.words(param.source)
        key = f"strace {param.type}:{param.names}:{site.compat}"
        found, inverse = np.unique(values, return_inverse=True)
        ids = [site.context.named(key, number, lambda n: text(site, param, n)) for number in found.tolist()]
        return [site.pooled(np.array(ids, np.uint32)[inverse])]

    return write


def _long(site: Site, param: Param) -> list[Op]:
    words = site.words(param.source)
    if param.length is not Source.NONE:
        words = (words & 0xFFFFFFFF) | site.words(param.length) << 32
    elif site.compat:
        words = words.astype(np.int32).astype(np.int64)
    return [sint(words)]


def _spelled(site: Site, param: Param, number: int) -> bytes:
    return structs.word(param.names, number, site.how(0))


def rest(site: Site, param: Param) -> list[Op]:
    """What is shown of an argument when the call returns, behind what was shown when it was entered."""
    return [] if site.raw else structures.rest(site, param)


def _signal(site: Site, param: Param, number: int) -> bytes:
    return signal_text((number & 0xFFFFFFFF) - (number >> 31 & 1) * (1 << 32), site.decoding.names)


def _named(site: Site, param: Param, number: int) -> bytes:
    return named(param.names, number, site.decoding.names, site.compat)


_WRITERS: dict[ParamType, Callable[[Site, Param], list[Op]]] = {
    ParamType.PATH: _text(limited=False),
    ParamType.STRING: _text(limited=True),
    ParamType.DATA: _data,
    ParamType.FD: _fd,
    ParamType.DIRFD: _dirfd,
    ParamType.INT: _int,
    ParamType.UINT: _uint,
    ParamType.SIZE: _uint,
    ParamType.RES: _int,
    ParamType.PID: _pid,
    ParamType.UID: _user,
    ParamType.GID: _user,
    ParamType.SIGNAL: _each(_signal),
    ParamType.FLAGS: _each(_named),
    ParamType.ENUM: _each(_named),
    ParamType.MODE: _each(lambda site, param, number: mode(number & 0xFFFF)),
    ParamType.HEX: lambda site, param: [_hexadecimal(site.words(param.source))],
    ParamType.POINTER: lambda site, param: [pointers(site.words(param.source))],
    ParamType.U32: lambda site, param: [uint(site.words(param.source).astype(np.uint32))],
    ParamType.LONG: _long,
    ParamType.WORD: _each(_spelled),
    ParamType.STRUCT: structures.struct,
    ParamType.SOCKADDR: structures.socket_address,
    ParamType.STRINGS: structures.strings,
    ParamType.BYTES: _data,
    ParamType.IOVEC: structures.vector,
    ParamType.MSGHDR: structures.message,
}
