"""Whole data of calls on some descriptors, below their lines: -e read= and -e write=."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import Param, ParamType, Source
from sonde.engines.context import fd_index
from sonde.engines.strace.site import Site, either, texts
from sonde.engines.strace.values import data_of
from sonde.engines.strace.vectors import iovec_dump
from sonde.native.ops import Form, Op, slices
from sonde.native.twin import FORMS
from sonde.plan.batch import Views

__all__ = ["dumped"]


def dumped(site: Site) -> list[Op]:
    """The dumps of calls that return; nothing for most."""
    wanted = {"r": site.decoding.dump_reads, "w": site.decoding.dump_writes}.get(site.event.io, frozenset())
    if wanted is not None and not wanted:
        return []
    param = next((p for p in site.arguments if p.type in (ParamType.DATA, ParamType.IOVEC)), None)
    if param is None or fd_index(site.event) > 5:
        return []
    fds = site.words(Source(f"a{fd_index(site.event)}")).astype(np.int32)
    chosen = ~site.failed & (np.ones(len(fds), np.bool_) if wanted is None else np.isin(fds, list(wanted)))
    return _vectors(site, param, chosen) if param.type is ParamType.IOVEC else _buffers(site, param, chosen)


def _buffers(site: Site, param: Param, chosen: npt.NDArray[np.bool_]) -> list[Op]:
    views, there = data_of(site, param)
    whole = Views(views.data, views.offset, np.where(there & chosen, views.length, 0).astype(np.int32), views.full)
    return either(chosen, [slices(whole, Form.DUMP)], [])


def _vectors(site: Site, param: Param, chosen: npt.NDArray[np.bool_]) -> list[Op]:
    arrays, data, moved = site.entered_or_own(param, 3), site.pointed(param), site.column("res")
    found = [b""] * len(site)
    for row in np.flatnonzero(chosen).tolist():
        parts = arrays[row] or b"", data[row] or b"", int(moved[row])
        found[row] = iovec_dump(*parts, site.compat, FORMS[Form.DUMP])
    return [texts(found)]
