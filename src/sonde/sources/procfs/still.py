"""No events: the source of statements that ask tables of state alone."""

from __future__ import annotations

import time

from sonde.plan.batch import Batch, Counters
from sonde.plan.expr import TRUE, Expr
from sonde.plan.state import State
from sonde.sources.unattached import Unattached

__all__ = ["Still"]

INTERVAL = 0.05  # s between polls, where a question is asked again and again


class Still(Unattached):
    """Nothing happens, and so it is `done` at once, unless the tables are asked for `again`."""

    rest: Expr = TRUE

    def __init__(self, again: bool) -> None:
        self.done, self.state = not again, State()

    def poll(self, final: bool = False) -> Batch | None:
        """Nothing, a little later."""
        if not final:
            time.sleep(INTERVAL)
        return None

    def counters(self) -> Counters:
        """Nothing was seen, and nothing lost."""
        return Counters()

    def close(self) -> None:
        """There is nothing to free."""
