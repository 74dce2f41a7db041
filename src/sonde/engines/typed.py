"""Arguments that sysdig does not know, for evt.arg.NAME: structures, flags and choices in strace's words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.catalog import variants
from sonde.catalog.event import Param, ParamType, Source
from sonde.catalog.layouts import LEFT
from sonde.catalog.syscalls import I386_BASE
from sonde.engines import structs
from sonde.engines.context import NO_SOURCE, RESULT, source_index
from sonde.engines.decoding import Decoded, Group, decode, words
from sonde.engines.payload import strings_of, terminated
from sonde.engines.structs import How
from sonde.engines.structs.how import address
from sonde.engines.structs.multiplexed import scalar
from sonde.plan.batch import Views
from sonde.plan.strings import Ids

__all__ = ["TEXTS", "typed"]

# the types whose value strace's words are shown for, where sysdig shows an address
TEXTS = frozenset((ParamType.STRUCT, ParamType.STRINGS, ParamType.BYTES, ParamType.VARIANT))
_WHOLE = (1 << 64) - 1


def typed(group: Group, param: Param) -> Decoded:
    """The text of an argument of the group's rows: string ids, or slices of buffers."""
    if param.type is ParamType.VARIANT:
        return Decoded(names=_known(group, param, _chosen(group, param)))
    if param.type in (ParamType.BYTES, ParamType.PATH, ParamType.STRING):
        views = _buffers(group, param)
        return Decoded(views=views, valid=views.length >= 0)
    if param.type not in (*TEXTS, *_NUMBERS):
        return decode(group, param)
    return Decoded(names=_known(group, param, _texts(group, param, np.arange(len(group.at)))))


def _known(group: Group, param: Param, names: Ids) -> Ids:
    """Without those whose word the source did not know."""
    unknown, index = group.batch.columns.get("unknown"), source_index(param.source)
    if unknown is None or index >= RESULT:
        return names
    told = unknown[group.at].astype(np.int64) >> index & 1 == 0
    return np.where(told, names, 0).astype(np.uint32)


def _how(group: Group) -> How:
    return How(compat=group.event.number >= I386_BASE)


def _chosen(group: Group, param: Param) -> Ids:
    """By the words that say what the argument is: a text for each row, 0 where it is not one of the call's."""
    out = np.zeros(len(group.at), np.uint32)
    depends = variants.depends(group.event)
    columns = (
        np.stack([group.column(f"a{index}") for index in depends]) if depends else np.zeros((1, len(out)), np.int64)
    )
    distinct, inverse = np.unique(columns, axis=1, return_inverse=True)
    inverse = inverse.reshape(-1)
    for place in range(distinct.shape[1]):
        call = [0] * 6
        for index, value in zip(depends, distinct[:, place].tolist(), strict=False):
            call[index] = value & _WHOLE
        found = structs.variant(group.event, source_index(param.source), call)
        rows = np.flatnonzero(inverse == place)
        if found is not None:
            out[rows] = _texts(group, found, rows)
    return out


def _texts(group: Group, param: Param, rows: npt.NDArray[np.int64]) -> Ids:
    """String ids of an argument's texts, made once for each distinct value."""
    if param.type is ParamType.STRUCT:
        return _structures(group, param, rows)
    strings = group.context.state.strings
    if param.type in (ParamType.BYTES, ParamType.PATH, ParamType.STRING):
        return strings_of(strings, _buffers(group, param))[rows]
    if param.type is ParamType.STRINGS:
        ids = strings_of(strings, group.views(source_index(param.source)))[rows]
        return strings.map(ids, "strings", _listed)
    values = words(group, param)[rows]
    how, key = _how(group), f"typed {param.type}:{param.names}:{group.event.number >= I386_BASE}"
    found, inverse = np.unique(values, return_inverse=True)
    ids_ = [group.context.named(key, value, lambda v: scalar(param, v & _WHOLE, how)) for value in found.tolist()]
    return np.array(ids_, np.uint32)[inverse]


def _listed(packed: bytes) -> bytes:
    return b"[" + b", ".join(b'"%s"' % one for one in packed.rstrip(b"\0").split(b"\0")) + b"]"


_NUMBERS = frozenset((ParamType.WORD, ParamType.LONG, ParamType.U32, ParamType.POINTER))


def _structures(group: Group, param: Param, rows: npt.NDArray[np.int64]) -> Ids:
    """Texts of what the argument points at; its address where there is nothing to read or nothing was written."""
    strings, how = group.context.state.strings, _how(group)
    index = source_index(param.source)
    views = group.views(index).take(rows)
    if param.out and param.names not in LEFT:
        views = _unless(views, group.column("res")[rows] < 0)
    ids, pointers, counts = strings_of(strings, views), group.column(f"a{index}")[rows], _counts(group, param)[rows]
    keys = np.stack([ids.astype(np.int64), counts, np.where(ids == 0, pointers, 0)])
    distinct, inverse = np.unique(keys, axis=1, return_inverse=True)
    made = []
    for data, count, pointer in distinct.T.tolist():
        text = b""
        if data:
            raw = strings[data]
            text = structs.text(param.names, raw, None if param.length is Source.NONE else count, how)
        made.append(text.lstrip() or address(pointer & _WHOLE))
    made_ids = np.array(strings.intern_all(made), np.uint32)
    return np.asarray(made_ids[inverse.reshape(-1)], np.uint32)


def _unless(views: Views, failed: npt.NDArray[np.bool_]) -> Views:
    return Views(views.data, views.offset, np.where(failed, -1, views.length).astype(np.int32), views.full)


def _counts(group: Group, param: Param) -> npt.NDArray[np.int64]:
    """How much there is, by the argument's length."""
    index = source_index(param.length)
    if index == NO_SOURCE:
        return np.zeros(len(group.at), np.int64)
    return np.maximum(group.column("res" if index == RESULT else f"a{index}"), 0)


def _buffers(group: Group, param: Param) -> Views:
    """A buffer as long as the call says; a string without its NUL."""
    views = group.views(source_index(param.source))
    if param.length is Source.NONE:
        return terminated(views)
    length = np.minimum(views.length, _counts(group, param))
    return Views(views.data, views.offset, length.astype(np.int32), views.full)
