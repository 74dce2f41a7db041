"""A writer that is told nothing private."""

from __future__ import annotations

from collections.abc import Callable

from sonde.plan.batch import Batch, Counters
from sonde.plan.state import State
from sonde.sources.private.redaction import Redaction
from sonde.sources.recording.writer import Recorder
from sonde.sources.scap.writing import ScapWriter

__all__ = ["Redacted"]


class Redacted:
    """Tells a writer what a redaction leaves; the writer's other parts (tables of state, lists, header) are made with
    the same redaction."""

    def __init__(self, writer: Recorder | ScapWriter, redaction: Redaction) -> None:
        self._writer, self._redaction = writer, redaction

    def start(self, state: State) -> None:
        """Begin with a state."""
        self._writer.start(self._redaction.state(state))

    def write(self, batch: Batch) -> None:
        """Take in a batch."""
        self._writer.write(self._redaction.batch(batch))

    def settle(self, counters: Callable[[], Counters], final: bool = False) -> None:
        """Write what has waited long enough."""
        self._writer.settle(counters, final)

    def close(self, counters: Counters, state: State) -> None:
        """Write the rest and the end."""
        self._writer.close(counters, self._redaction.state(state))
