"""Bounded memory: when the tables are full everything is told anew, and what was told before is forgotten."""

from __future__ import annotations

import numpy as np

from sonde.kernel.records import ID_GAP_BITS
from sonde.kernel.session import Session
from sonde.plan.state import State

__all__ = ["Forgetting"]

# ns; a program that met a node just before we asked has ended long before GRACE is over
GRACE = 20_000_000
PAUSE = 3_000_000_000  # between two times, should more be alive than there is room for


class Forgetting:
    """Asks the kernel to give new ids to all files and processes, and later drops the rows of the old ones.

    From then on ids are above a gap. Those below can be dropped when all rows that ended before the kernel took notice
    have been read: nothing refers to them any more.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._times = 0
        self._asked: int | None = None  # boot ns
        self._after = -PAUSE
        self._node = self._process = 0

    def renewed(self, state: State, now: int, read: int) -> State | None:
        """The state to go on with, or None: the same. `now` is the boot time, rows up to boot time `read` were taken
        (ns)."""
        if self._asked is None:
            if state.crowded and now >= self._after + PAUSE:
                self._ask(now)
            return None
        if read < self._asked + GRACE:
            return None
        self._asked, self._after = None, now
        return state.renewed(self._node, self._process)

    def _ask(self, now: int) -> None:
        self._times += 1
        given = np.frombuffer(self._session.read("last_ids"), np.uint64) + np.uint64(self._times << ID_GAP_BITS)
        self._node, self._process = (given & np.uint64(0xFFFFFFFF)).tolist()
        self._session.write_section("forgotten", self._times.to_bytes(8, "little"))
        self._asked = now
