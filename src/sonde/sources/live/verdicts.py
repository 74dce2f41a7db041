"""Verdict maps: what the kernel cannot compute of a process is found out here, once for each process record."""

from __future__ import annotations

import numpy as np

from sonde.engines.batch import evaluate
from sonde.engines.context import Context
from sonde.kernel.libbpf import update
from sonde.kernel.predicates import MAX_VERDICTS
from sonde.kernel.session import Session
from sonde.plan.batch import Batch, Payloads
from sonde.plan.expr import Compare
from sonde.plan.state import State
from sonde.plan.strings import Ids

__all__ = ["Verdicts"]

TABLE = 1 << 16  # VERDICTS of bpf/events.bpf.c
HALF = 0xFFFF


class Verdicts:
    """Keeps the kernel's table of verdicts on process records; `predicates` depend on nothing but the record.

    A record without a verdict is unknown to the kernel: its rows are delivered and decided above. So is every record
    whose verdict may depend on an ancestor that has changed since, until `judge` has seen the change.
    """

    def __init__(self, session: Session, predicates: tuple[Compare, ...], state: State) -> None:
        assert len(predicates) <= MAX_VERDICTS
        self._session, self._predicates = session, predicates
        self._table = session.map("verdicts")
        self._newest: dict[int, int] = {}  # thread -> its newest record
        self._ancestry = 0
        self.renew(state)

    def renew(self, state: State) -> None:
        """Judge records of another State from now on; those it has already got their verdicts as they were added."""
        self._state, self._context = state, Context(state)
        self._newest = {tid: ident for tid, ident in self._newest.items() if state.processes.place(ident)}

    @property
    def ancestry(self) -> int:
        """How often the ancestors of running processes changed. Read it before the records it is to vouch for."""
        return int.from_bytes(self._session.read("ancestry"), "little") & HALF

    def judge(self, added: list[int], ancestry: int) -> None:
        """Tell the kernel about records that are new, or about all when ancestors changed."""
        tids = self._state.processes.column("tid", np.array(added, np.uint32)).tolist()
        self._newest.update(zip(tids, added, strict=True))
        if ancestry != self._ancestry:
            self._ancestry = ancestry
            added = list(self._newest.values())
        if added:
            self._tell(np.array(added, np.uint32))

    def _tell(self, ids: Ids) -> None:
        batch = Batch({"proc": ids}, Payloads.none(), self._state)
        words = ids.astype(np.uint64) | np.uint64(self._ancestry << 48)
        for bit, predicate in enumerate(self._predicates):
            words |= evaluate(predicate, batch, self._context).astype(np.uint64) << np.uint64(32 + bit)
        for ident, word in zip(ids.tolist(), words.tolist(), strict=True):
            update(self._table, (ident % TABLE).to_bytes(4, "little"), word.to_bytes(8, "little"))
