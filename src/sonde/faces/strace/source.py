"""The rows of the strace face: calls as they begin and as they end, from the kernel."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from sonde.catalog.kernel_names import KERNEL_NAMES
from sonde.faces.strace.options import Asked
from sonde.plan.expr import TRUE, Compare, Expr, Field, Literal
from sonde.plan.rewrites import rewrite
from sonde.sources.live.events import LiveEvents
from sonde.sources.live.readers import readers
from sonde.sources.live.scan import plan_scan

__all__ = ["opened"]

COLUMNS = frozenset(
    ("time", "latency", "nr", "flags", "tid", "pid", "res", "a0", "a1", "a2", "a3", "a4", "a5", "proc", "seq")
)  # fmt: skip
FILES = frozenset(("file", "dir", "newdir"))
SNAPLEN_MAX = 65_535


def opened(asked: Asked, wanted: npt.NDArray[np.bool_], files: bool) -> LiveEvents:
    """Load the event view of some calls; `files`: what is behind descriptors is needed. KernelError if it cannot be."""
    columns = COLUMNS | (FILES if files or asked.fds else frozenset())
    if asked.pointer:
        columns |= {"ip"}
    scan = plan_scan(_filter(wanted), (), columns, events=True, stacks=asked.stacks)
    skip = (os.getpid(), *readers(2))[:4]
    return LiveEvents(scan, snaplen=min(asked.limit, SNAPLEN_MAX), skip=skip, follow=True, fork=bool(asked.follow))


def _filter(wanted: npt.NDArray[np.bool_]) -> Expr:
    """That an event is one of those wanted."""
    names = list(dict.fromkeys(KERNEL_NAMES[number] for number in np.flatnonzero(wanted).tolist()))
    return TRUE if len(names) > 512 else rewrite(Compare("in", Field("evt.type"), tuple(map(Literal, names))))
