"""The rows of the strace face: calls as they begin and as they end, from the kernel."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from sonde.faces.strace.options import Asked
from sonde.sources.live.events import LiveEvents
from sonde.sources.live.readers import readers
from sonde.sources.live.scan import plan_view

__all__ = ["opened"]

SNAPLEN_MAX = 65_535


def opened(asked: Asked, wanted: npt.NDArray[np.bool_]) -> LiveEvents:
    """Load the event view of some calls. KernelError if it cannot be."""
    skip = (os.getpid(), *readers(2))[:4]
    dumped = asked.reads != frozenset() or asked.writes != frozenset()
    snaplen = SNAPLEN_MAX if dumped else min(asked.limit, SNAPLEN_MAX)
    scan = plan_view(wanted, pointers=asked.pointer, stacks=asked.stacks)
    return LiveEvents(scan, snaplen=snaplen, skip=skip, follow=True, fork=bool(asked.follow))
