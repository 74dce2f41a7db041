"""What a recording is told: of which processes, without what is private, and nobody's name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sonde.plan.batch import Batch, Counters
from sonde.plan.state import State
from sonde.sources.private.chosen import Bools, Chosen, Places
from sonde.sources.private.redaction import Redaction
from sonde.sources.recording.writer import Recorder
from sonde.sources.scap.beginning import Beginning
from sonde.sources.scap.writing import ScapWriter

__all__ = ["Telling"]

Row = tuple[Any, ...]


class Telling:
    """Stands before a `writer`, which is set once it is made: it is made with `rows`, `beginning` and `records`."""

    writer: Recorder | ScapWriter

    def __init__(self, chosen: Chosen | None, redaction: Redaction | None, nobody: bool) -> None:
        self._chosen, self._redaction, self._nobody = chosen, redaction, nobody

    def rows(self, table: str, rows: Sequence[Row]) -> Sequence[Row]:
        """What of the rows of a table of state is told."""
        rows = self._chosen.rows(table, rows) if self._chosen else rows
        return self._redaction.rows(table, rows) if self._redaction else rows

    def beginning(self, found: Beginning) -> Beginning:
        """What of the lists of a file of sysdig is told."""
        found = replace(found, people=[]) if self._nobody else found
        found = self._chosen.beginning(found) if self._chosen else found
        return self._redaction.beginning(found) if self._redaction else found

    @property
    def records(self) -> Callable[[State, Places], Bools] | None:
        """Which records of processes are told, if not all are."""
        chosen, redaction = self._chosen, self._redaction
        if chosen is None:
            return None
        if redaction is None:
            return chosen.records
        return lambda state, places: chosen.records(redaction.original(state), places)

    def command(self, words: Sequence[str], text: str) -> str:
        """What of the command that is watched is told."""
        return self._redaction.command(words) if self._redaction else text

    def filter(self, text: str, events: Callable[[str], str]) -> str:
        """What of the filter is told: its values may be private; `events` gives what it says of events alone."""
        return events(text) if self._redaction and text else text

    def start(self, state: State) -> None:
        """Begin with a state."""
        self._know(state)
        self.writer.start(self._redaction.state(state) if self._redaction else state)

    def write(self, batch: Batch) -> None:
        """Take in a batch."""
        self._know(batch.state)
        self.writer.write(self._redaction.batch(batch) if self._redaction else batch)

    def settle(self, counters: Callable[[], Counters], final: bool = False) -> None:
        """Write what has waited long enough."""
        self.writer.settle(counters, final)

    def close(self, counters: Counters, state: State) -> None:
        """Write the rest and the end."""
        self.writer.close(counters, self._redaction.state(state) if self._redaction else state)

    def _know(self, state: State) -> None:
        if self._chosen is not None:
            self._chosen.state = state
