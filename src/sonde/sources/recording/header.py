"""The beginning of a segment: who recorded what, when and where."""

from __future__ import annotations

from typing import Any, NamedTuple

from sonde.catalog.lookup import NUMBERS
from sonde.errors import UsageError
from sonde.plan.batch import COUNTS, Counters
from sonde.plan.people import People, User
from sonde.sources.recording.frames import Damaged
from sonde.sources.recording.objects import object_in, shown, whole
from sonde.sources.recording.span import Gap

__all__ = ["FORMAT", "Counted", "Header", "read_counters", "read_header"]

FORMAT = 1  # version of what is written
_LISTS = ("tracepoints", "users", "groups", "without")
_NUMBERS = ("format", "segment", "epoch", "start", "begun", "snaplen")
_EVENTS = frozenset(map(str, range(NUMBERS)))


class Header(NamedTuple):
    """What a segment says of itself.

    `epoch`: epoch ns = boot ns + epoch; `start` when the recorder began, `begun` when the segment did (ns since the
    epoch); `session` is the same in all segments of one recorder, `segment` counts them from 1; `host`, `kernel`,
    `filter`, `command` and `snaplen` as they were, `beside` the filter of what -F keeps; `tracepoints` as
    sources/recording/tracepoints.py tells them;
    `without` are the kinds of rows (catalog/kinds.py) that were taken out later.
    """

    format: int
    session: str
    segment: int
    epoch: int
    start: int
    begun: int
    host: str
    kernel: str
    filter: str
    beside: str
    command: str
    snaplen: int
    sonde: str
    tracepoints: list[object]
    users: list[Any]
    groups: list[Any]
    without: list[str]

    @property
    def keeps(self) -> str:
        """The filter of all rows that are there, hidden or not."""
        return f"({self.filter}) or {self.beside}" if self.beside else self.filter

    @property
    def people(self) -> People:
        """Users and groups as they were. Damaged if they are something else."""
        try:
            users = {int(uid): User(str(name), str(home), str(shell)) for uid, name, home, shell in self.users}
            return People(users, {int(gid): str(name) for gid, name in self.groups})
        except (TypeError, ValueError):
            raise Damaged("users that are none") from None


def read_header(body: bytes) -> Header:
    """A header from JSON. Damaged if it is none, UsageError if a newer sonde wrote it."""
    found = object_in(body)
    if whole(found.get("format")) > FORMAT:
        raise UsageError("the recording was made by a newer sonde: update this one to read it")
    numbers = {name: whole(found.get(name)) for name in _NUMBERS}
    others = {name: found.get(name) for name in Header._fields if name not in _NUMBERS}
    others["without"] = without = found.get("without", [])  # earlier sondes took nothing out
    others["beside"] = found.get("beside", "")  # and told it as a part of the filter
    if not all(isinstance(value, list if name in _LISTS else str) for name, value in others.items()):
        raise Damaged("a beginning without a part of it")
    assert isinstance(without, list)
    if not all(isinstance(name, str) for name in without):
        raise Damaged("kinds that are none")
    return Header(**numbers, **others)  # type: ignore[arg-type]


class Counted(NamedTuple):
    """What was seen and lost until a time, ns since the epoch; of a recording that was made of others: the times that
    are missing in those, and what of them could not be read."""

    counters: Counters
    until: int
    gaps: list[Gap]
    faults: list[str]


def read_counters(body: bytes) -> Counted:
    """Counters from JSON. Damaged if it is something else."""
    found = object_in(body)
    by_event = found.get("lost_by_event")
    if not isinstance(by_event, dict) or not by_event.keys() <= _EVENTS:
        raise Damaged("counters without those of events")
    lost = {int(number): whole(count) for number, count in by_event.items()}
    counters = Counters(**{name: whole(found.get(name)) for name in COUNTS}, lost_by_event=lost)
    gaps, faults = found.get("gaps", []), found.get("faults", [])
    if not isinstance(gaps, list) or not isinstance(faults, list):
        raise Damaged("gaps that are none")
    return Counted(counters, whole(found.get("time")), list(map(_gap, gaps)), [shown(fault) for fault in faults])


def _gap(found: object) -> Gap:
    if not isinstance(found, list) or len(found) != len(Gap._fields):
        raise Damaged("a gap that is none")
    return Gap(whole(found[0]), whole(found[1]), shown(found[2]))
