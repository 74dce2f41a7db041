"""Arguments of calls as text and numbers: fields evt.args, evt.info, evt.arg.X, evt.arg[N] and evt.rawarg.X."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import BUFFERS, TYPED, Event, Param, ParamType, Source
from sonde.catalog.lookup import EVENTS
from sonde.engines.context import NO_SOURCE, RESULT, Context, ints, number, source_index, string, written
from sonde.engines.decoding import NUMERIC, PROGRAM, SIGNED, Decoded, Group, coded, decode, words
from sonde.engines.paths import DIRECTORIES
from sonde.engines.pieces import Pieces
from sonde.engines.typed import TEXTS, typed
from sonde.native.escape import printable
from sonde.native.join import join
from sonde.native.ops import Op, escaped, literal, pool, slices, text, view
from sonde.plan.batch import ENTER_ROW, Batch, Vector, Views
from sonde.plan.strings import Ids, Strings

__all__ = ["argument", "argument_of", "info", "param_of", "raw_argument", "sources"]

# types of sysdig's that stand for something it does not decode
REPLACED = (ParamType.HEX, ParamType.UINT, ParamType.INT, ParamType.STRING)
Packed = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]


def groups(
    batch: Batch, context: Context, slices: dict[int, Views] | None = None
) -> tuple[npt.NDArray[np.uint16], list[Group | None]]:
    """(the group number of each row, the groups): one for each event, rows in flight apart; None: unknown event."""
    codes = ints(batch, "nr") * 2 + (ints(batch, "flags") & ENTER_ROW)
    there = np.flatnonzero(np.bincount(codes))
    numbers = np.zeros(int(there[-1]) + 1 if len(there) else 0, np.uint16)
    numbers[there] = np.arange(len(there))
    template = numbers[codes]
    shared: dict[int, Views] = {} if slices is None else slices
    found = []
    for index, code in enumerate(there.tolist()):
        event = EVENTS.get(code >> 1)
        found.append(Group(batch, context, event, template, index, not code & 1, shared) if event else None)
    return template, found


def info(batch: Batch, context: Context) -> Vector:
    """evt.info as BYTES, safe for a terminal: `fd=3(<f>/etc/passwd) name=/etc/passwd ... `.

    Rows in flight are without results.
    """
    shared: dict[int, Views] = {}
    template, found = groups(batch, context, shared)
    pieces, doubtful = Pieces(batch, context, shared), "unknown" in batch.columns and bool(ints(batch, "unknown").any())
    ops = [_template(group, pieces, doubtful) if group else [] for group in found]
    return written(join(len(batch), template, ops))


def _template(group: Group, pieces: Pieces, doubtful: bool) -> list[Op]:
    """`name=value ` of each parameter; `doubtful`: of some rows not all words are known."""
    ops: list[Op] = []
    for param in _shown(group):
        ops.append(literal((b" " if ops else b"") + param.name.encode() + b"="))
        made = None if doubtful and group.told(param) is not None else pieces.of(group, param)
        ops += made or _decoded(group, param)
    return [*ops, literal(b" ")] if ops else []


def _decoded(group: Group, param: Param) -> list[Op]:
    """The value of a parameter that is this group's alone."""
    decoded, strings = decode(group, param), group.context.state.strings
    names = _safe(strings, decoded)
    return _written(decoded, names, strings.packed(), group.context)


def _shown(group: Group) -> Iterator[Param]:
    for param in group.event.params:
        if group.finished or param.source is not Source.RET:
            yield param


def _safe(strings: Strings, decoded: Decoded) -> Ids | None:
    """Ids of the name as it is shown: without control characters, in parentheses behind a number."""
    if decoded.names is None:
        return None
    if decoded.numbers is None:
        return strings.map(decoded.names, "printable", printable)
    return strings.map(decoded.names, "(printable)", lambda name: b"(" + printable(name) + b")")


def _written(decoded: Decoded, names: Ids | None, packed: Packed, context: Context) -> list[Op]:
    """The value of a parameter."""
    absent = None if decoded.valid is None else ~decoded.valid
    if decoded.views is not None and decoded.buffer:
        return [_buffer(decoded.views, context, absent)]
    if decoded.views is not None:
        return [escaped(decoded.views, missing=absent)]
    if decoded.numbers is None:
        assert names is not None
        return [pool(names, *packed, missing=names == 0, absent=decoded.absent)]
    number_ = decoded.write(decoded.numbers, missing=absent)
    return [number_] if names is None else [number_, pool(names, *packed)]


def _buffer(views: Views, context: Context, absent: npt.NDArray[np.bool_] | None) -> Op:
    """I/O data in the form asked for."""
    return slices(views, context.buffers, sys.maxsize if context.cut is None else context.cut, missing=absent)


def param_of(event: Event, key: str | int) -> Param | None:
    """The parameter by name or index, None if the event has no such one."""
    if isinstance(key, int) or key.isdigit():
        return event.params[int(key)] if int(key) < len(event.params) else None
    return next((p for p in event.params if p.name == key), None)


def argument_of(event: Event, key: str | int) -> Param | None:
    """What `evt.arg` with this name or index is: also an argument sysdig does not have, or has as an address."""
    found = param_of(event, key)
    if isinstance(key, int) or key.isdigit() or (found is not None and found.type not in REPLACED):
        return found
    own = next((p for p in event.arguments if p.name == key), None)
    return own if own is not None and (found is None or own.type in TEXTS) else found


def sources(key: str | int, events: Iterable[Event] | None = None) -> frozenset[str]:
    """The physical columns that `evt.arg` with this name or index needs, of some events or of any."""
    found = {"nr", "flags"}
    for event in EVENTS.values() if events is None else events:
        if param := argument_of(event, key):
            found |= _needs(param) | _beside(event, param)
    return frozenset(found)


def _needs(param: Param) -> set[str]:
    if param.place is not None:
        return {"seq"}
    index = source_index(param.source)
    column = set() if index == NO_SOURCE else {"res"} if param.source is Source.RET else {f"a{index}"}
    if param.type in (ParamType.FD, ParamType.TUPLE):
        column.add("file")
    if param.type is ParamType.DIRFD:
        column |= set(DIRECTORIES)
    if param.type is ParamType.PROC:
        column |= {"proc", "tid", "pid", "time"}
    if param.type in BUFFERS or param.out:  # a call that moved nothing has an empty one
        column.add("res")
    if param.name == PROGRAM:
        column |= {"res", "proc"}
    return column


def _beside(event: Event, param: Param) -> set[str]:
    """The columns of other words that an argument's text needs: its length, and what it depends on."""
    if param.type not in TEXTS:
        return set()
    index = source_index(param.length)
    found = {"res"} if param.length is Source.RET or param.out else set[str]()
    if index < RESULT:
        found.add(f"a{index}")
    if param.type is ParamType.VARIANT:
        found |= {"res", *(f"a{index}" for index in range(6))}
    return found


def argument(batch: Batch, key: str | int, context: Context) -> Vector:
    """An argument as text without decoration: the name of flags, errors, signals and files, else the number; raw paths.

    STR where the values of all rows are names, BYTES otherwise. Missing where the event has no such parameter or no
    result yet.
    """
    template, found = groups(batch, context)
    decoded = [_typed(g, p) if (g and (p := _param(g, key))) else None for g in found]
    if all(d is None or _only_names(d) for d in decoded):
        ids = np.zeros(len(batch), np.uint32)
        for group, one in zip(found, decoded, strict=True):
            if group and one and one.names is not None:
                ids[group.at] = one.names
        return string(ids)
    packed = context.state.strings.packed()
    valid = np.zeros(len(batch), np.bool_)
    for group, one in zip(found, decoded, strict=True):
        if group and one:
            valid[group.at] = _present(one)
    return written(join(len(batch), template, [_bare(d, packed) if d else [] for d in decoded]), valid)


def _typed(group: Group, param: Param) -> Decoded:
    return typed(group, param) if param.type in TYPED or param.hidden else decode(group, param)


def _param(group: Group, key: str | int) -> Param | None:
    param = argument_of(group.event, key)
    return param if param and (group.finished or param.source is not Source.RET) else None


def _only_names(decoded: Decoded) -> bool:
    if decoded.names is None:
        return False
    return decoded.numbers is None or bool((decoded.names != 0).all())


def _present(decoded: Decoded) -> npt.NDArray[np.bool_]:
    if decoded.views is not None:
        return np.asarray(decoded.views.length >= 0, np.bool_)
    if decoded.numbers is None:
        assert decoded.names is not None
        return np.asarray(decoded.names != 0, np.bool_)
    return np.ones(len(decoded.numbers), np.bool_) if decoded.valid is None else decoded.valid


def _bare(decoded: Decoded, packed: Packed) -> list[Op]:
    if decoded.views is not None:
        return [view(decoded.views)]
    if decoded.numbers is None:
        assert decoded.names is not None
        return [pool(decoded.names, *packed)]
    if decoded.names is None:
        return [decoded.write(decoded.numbers)]
    nameless = decoded.names == 0
    both = [[pool(decoded.names[~nameless], *packed)], [decoded.write(decoded.numbers[nameless])]]
    return [text(join(len(nameless), nameless.astype(np.uint16), both))]


def raw_argument(batch: Batch, key: str | int, context: Context) -> Vector:
    """An argument as INT: the word itself, or a number of the process record. Missing where it is text."""
    out, valid = np.zeros(len(batch), np.int64), np.zeros(len(batch), np.bool_)
    signed = False
    for group in groups(batch, context)[1]:
        param = _param(group, key) if group else None
        if group is None or param is None:
            continue
        if param.type in NUMERIC:
            known = group.told(param)
            out[group.at] = coded(words(group, param), param)
            valid[group.at] = True if known is None else known
            signed |= param.type in SIGNED or param.type is ParamType.RES or param.source is Source.RET
        elif param.type is ParamType.PROC:
            decoded = decode(group, param)
            if decoded.numbers is not None:
                out[group.at] = decoded.numbers
                valid[group.at] = True if decoded.valid is None else decoded.valid
                signed = True
    return number(out if signed else out.view(np.uint64), valid)
