"""State that ids of events refer to: files, processes, the strings they share, the clock."""

from __future__ import annotations

import os

from sonde.plan.containers import Containers
from sonde.plan.files import Files
from sonde.plan.people import People
from sonde.plan.processes import Processes
from sonde.plan.strings import Strings

__all__ = ["State"]

# bytes that a row, a string beside its text and what is remembered of them take, about
FILE_COST, PROCESS_COST, STRING_COST = 100, 300, 250
ROOM = 24 << 20


class State:
    """All tables; epoch ns = boot ns + `epoch`, `start` is when the capture began (epoch ns)."""

    def __init__(self, epoch: int = 0, start: int = 0) -> None:
        self.strings = Strings()
        self.files, self.processes = Files(self.strings), Processes(self.strings)
        self.epoch, self.start = epoch, start
        self.people: People | None = None  # None: those of this system
        self.containers = Containers()
        self.host = os.uname().nodename

    @property
    def crowded(self) -> bool:
        """Do the tables take so many bytes that it is time to begin anew?"""
        strings = len(self.strings) * STRING_COST + self.strings.size
        return len(self.files) * FILE_COST + len(self.processes) * PROCESS_COST + strings > ROOM

    def renewed(self, file: int, process: int) -> State:
        """A state that knows only the files and processes with ids above these."""
        new = State(epoch=self.epoch, start=self.start)
        new.people, new.host, new.containers = self.people, self.host, self.containers
        new.files, new.processes = Files(new.strings, file), Processes(new.strings, process)
        new.files.continue_from(self.files)
        new.processes.continue_from(self.processes)
        new.processes.latest = {key: i for key, i in self.processes.latest.items() if new.processes.place(i)}
        return new
