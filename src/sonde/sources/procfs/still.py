"""No events: the source of statements that ask tables of state alone."""

from __future__ import annotations

import time

from sonde.plan.batch import Batch, Counters
from sonde.plan.expr import TRUE, Expr
from sonde.plan.state import State

__all__ = ["Still"]

INTERVAL = 0.05  # s between polls, where a question is asked again and again


class Still:
    """Nothing happens, and so it is `done` at once, unless the tables are asked for `again`."""

    rest: Expr = TRUE

    def __init__(self, again: bool) -> None:
        self.done, self.state = not again, State()

    def follow(self, tid: int, from_exec: bool = False) -> None:
        """There is nothing to see of a thread."""

    def start(self) -> None:
        """Begin."""

    def poll(self, final: bool = False) -> Batch | None:
        """Nothing, a little later."""
        if not final:
            time.sleep(INTERVAL)
        return None

    def detach(self) -> None:
        """Nothing is attached."""

    def stop(self) -> Batch | None:
        """Nothing is left."""
        return None

    def inflight(self) -> Batch | None:
        """There are no calls."""
        return None

    def counters(self) -> Counters:
        """Nothing was seen, and nothing lost."""
        return Counters()

    def absent(self) -> list[str]:
        """What of the question cannot be answered from here."""
        return []

    def aside(self) -> list[str]:
        """What else is worth saying."""
        return []

    def close(self) -> None:
        """There is nothing to free."""
