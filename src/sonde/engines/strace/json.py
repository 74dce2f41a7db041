"""Arguments, results, signals and ends as members of JSON objects."""

from __future__ import annotations

import numpy as np

from sonde.catalog import errnos
from sonde.catalog.event import Param, ParamType
from sonde.engines.context import ints
from sonde.engines.strace import signals
from sonde.engines.strace.results import result
from sonde.engines.strace.site import Site, either
from sonde.engines.strace.values import data_of, text_of, value
from sonde.native.escape import quote
from sonde.native.join import join
from sonde.native.ops import Form, Op, literal, quoted, sint, slices
from sonde.plan.batch import Batch, Views

__all__ = ["lines", "member", "outcome"]

_NUMBERS = (ParamType.INT, ParamType.UINT, ParamType.SIZE)
_TEXTS = (ParamType.PATH, ParamType.STRING)


def member(site: Site, param: Param) -> list[Op]:
    """`"size":10`: numbers as numbers, strings and data as strings (cut by -s), others as strace's text."""
    key = literal(quote(param.name.encode()) + b":")
    if site.raw:
        return [key, *_string(site, value(site, param))]
    if param.type in _NUMBERS or (param.type is ParamType.PID and not site.decoding.comm):
        return [key, *value(site, param)]
    if param.type is ParamType.FD and not site.decoding.fds:
        return [key, *value(site, param)]
    if param.type in _TEXTS or param.type is ParamType.DATA:
        views, there = (data_of if param.type is ParamType.DATA else text_of)(site, param)
        limit = 1 << 30 if param.type is ParamType.PATH else site.decoding.limit
        cut = Views(views.data, views.offset, np.minimum(views.length, limit).astype(np.int32), views.full)
        return [key, *either(there, [slices(cut, Form.QUOTED)], _string(site, value(site, param)))]
    return [key, *_string(site, value(site, param))]


def _string(site: Site, ops: list[Op]) -> list[Op]:
    """What the ops write, as a JSON string."""
    return [quoted(join(len(site), None, [ops]).views())]


def outcome(site: Site) -> list[Op]:
    """`"result":3`, with what strace shows beyond the number; of an error also its name."""
    values = site.column("res")
    failed = site.failed
    shown = join(len(site), None, [result(site)])
    ops: list[Op] = [literal(b'"result":'), sint(np.where(failed, -1, values)), literal(b',"text":')]
    good = [*ops, quoted(shown.views())]
    code = np.where(failed, -values, 0).astype(np.uint32)
    names = site.context.texts("strace json error", code, lambda n: quote((errnos.name(n) or str(n)).encode()))
    return either(failed, [*good, literal(b',"error":'), site.pooled(names)], good)


def lines(batch: Batch) -> dict[int, bytes]:
    """The members of each row that is a signal or an end."""
    found = {}
    for row, line in signals.lines(batch).items():
        if ints(batch, "nr")[row] == signals.SIGNAL:
            _, name, info = line[:-4].split(b" ", 2)
            found[row] = b'"event":"signal","signal":%s,"info":%s' % (quote(name), quote(info))
            continue
        status = int(batch.columns["a0"][row])
        if deadly := status & 0x7F:
            core = b"true" if status & 0x80 else b"false"
            found[row] = b'"event":"killed","signal":%s,"core":%s' % (quote(signals.signal_name(deadly)), core)
        else:
            found[row] = b'"event":"exit","code":%d' % (status >> 8 & 0xFF)
    return found
