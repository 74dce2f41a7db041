"""The beginning of a segment: who recorded what, when and where."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple

from sonde.errors import UsageError
from sonde.plan.batch import Counters
from sonde.plan.people import People, User
from sonde.sources.recording.frames import Damaged
from sonde.sources.recording.state import object_in

__all__ = ["FORMAT", "Header", "read_counters", "read_header"]

FORMAT = 1  # version of what is written
_LISTS = ("tracepoints", "users", "groups")
_NUMBERS = ("format", "segment", "epoch", "start", "begun", "snaplen")
_COUNTS = tuple(field.name for field in fields(Counters) if field.name != "lost_by_event")


class Header(NamedTuple):
    """What a segment says of itself.

    `epoch`: epoch ns = boot ns + epoch; `start` when the recorder began, `begun` when the segment did (ns since the
    epoch); `session` is the same in all segments of one recorder, `segment` counts them from 1; `host`, `kernel`,
    `filter`, `command` and `snaplen` as they were, `tracepoints` as sources/recording/tracepoints.py tells them.
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
    command: str
    snaplen: int
    sonde: str
    tracepoints: list[object]
    users: list[Any]
    groups: list[Any]

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
    if isinstance(found.get("format"), int) and int(str(found["format"])) > FORMAT:
        raise UsageError("the recording was made by a newer sonde: update this one to read it")
    values = []
    for name in Header._fields:
        value = found.get(name)
        if not isinstance(value, int if name in _NUMBERS else list if name in _LISTS else str):
            raise Damaged(f"a beginning without {name}")
        values.append(value)
    return Header(*values)  # type: ignore[arg-type]


def read_counters(body: bytes) -> tuple[Counters, int]:
    """(what was seen and lost, until when, ns since the epoch) from JSON. Damaged if it is something else."""
    found = object_in(body)
    by_event = found.get("lost_by_event")
    if not isinstance(by_event, dict):
        raise Damaged("counters without those of events")
    try:
        numbers = {name: int(found[name]) for name in (*_COUNTS, "time")}  # type: ignore[call-overload]
        lost = {int(number): int(count) for number, count in by_event.items()}
        until = numbers.pop("time")
        return Counters(**numbers, lost_by_event=lost), until
    except (KeyError, TypeError, ValueError):
        raise Damaged("counters that are no numbers") from None
