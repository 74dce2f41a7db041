"""`sonde info NAME`: what is inside a recording, or a file of sysdig."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sonde.errors import UsageError
from sonde.info_scap import info_of_scap
from sonde.info_texts import bytes_text, events_text, many, table
from sonde.query import event_name, is_recording, is_scap, readable
from sonde.sources.recording.header import Header
from sonde.sources.recording.segments import recordings
from sonde.sources.recording.span import END, moment_text
from sonde.sources.recording.summary import Contents, Inside, Kept, contents

__all__ = ["info"]

_LOST = (("lost", "events"), ("lost_payloads", "buffers"), ("lost_dictionary", "names"))


def info(words: Sequence[str], as_json: bool) -> int:
    """Print what is inside; -> the exit status."""
    if len(words) != 1:
        raise UsageError("info takes the name of a recording, as in sonde info shop.sonde")
    if words[0] == "-":
        raise UsageError("info looks at files: what comes from standard input has to be kept first")
    readable(words[0])
    if is_scap(words[0]):
        sys.stdout.write(info_of_scap(words[0], as_json))
        return 0
    if not is_recording(words[0]):
        raise UsageError(f"{words[0]} is a log of strace: info is about recordings and files of sysdig")
    texts = [_told_of(path, as_json) for path in recordings(words[0]) or words]
    sys.stdout.write(("" if as_json else "\n").join(texts))
    return 0


def _told_of(path: str, as_json: bool) -> str:
    found = contents(path)
    return json.dumps(_object(path, found)) + "\n" if as_json else _text(path, found)


def _text(path: str, found: Contents) -> str:
    rows = [
        ("recording", f"{path}: {many(len(found.segments), 'file')}, {bytes_text(sum(s.size for s in found.segments))}")
    ]
    headers = [segment.header for segment in found.segments if segment.header]
    for header in _firsts(headers):
        made = datetime.fromtimestamp(header.start // 1_000_000_000).isoformat(" ")  # noqa: DTZ006 - as people here read it
        rows.append(("recorded", f"from {made} on, by sonde {header.sonde} on {header.host}, Linux {header.kernel}"))
        rows.append(("filter", (header.filter or "everything") + "; -F" * bool(header.beside)))
        rows += [("command", header.command)] if header.command else []
        rows.append(("buffers", f"the first {header.snaplen} bytes of each" if header.snaplen else "none"))
    rows.append(("events", events_text(_by_name(sum((segment.events for segment in found.segments), Counter())))))
    rows += [("kept", _kept(kind, kept)) for kind, kept in found.kinds().items()]
    rows.append(("lost", _lost(found)))
    rows += [("gap", gap) for gap in found.gaps]
    rows += [("unread", fault) for segment in found.segments for fault in segment.lacks]
    rows += [("file", _segment(segment, found.goes_on and segment is found.segments[-1])) for segment in found.segments]
    return table(rows)


def _firsts(headers: Iterable[Header]) -> Iterable[Header]:
    """The first one of each session."""
    firsts: dict[str, Header] = {}
    for header in headers:
        firsts.setdefault(header.session, header)
    return firsts.values()


def _by_name(events: Counter[int]) -> Counter[str]:
    names: Counter[str] = Counter()
    for number, count in events.items():
        names[event_name(number)] += count
    return names


def _kept(kind: str, kept: Kept) -> str:
    since = f"since {moment_text(kept.since)}" if kept.since < END else "no more"
    return f"{kind} {since}, {many(kept.rows, 'event')}, about {bytes_text(kept.bytes)}"


def _lost(found: Contents) -> str:
    totals = ((what, sum(getattr(counters, name) for counters in found.counters)) for name, what in _LOST)
    return ", ".join(f"{count:,} {what}" for what, count in totals if count) or "nothing"


def _segment(segment: Inside, goes_on: bool) -> str:
    name = segment.name.rpartition("/")[2]
    times = f", {_clock(segment.since)} to {_clock(segment.until)}" if segment.since else ""
    state = f", {many(segment.processes, 'process')}, {many(segment.files, 'file')}"
    end = "" if segment.ended else "; being written" if goes_on else "; its recorder was killed"
    fault = f"; {segment.fault}" if segment.fault else ""
    return f"{name}  {bytes_text(segment.size)}, {many(segment.events.total(), 'event')}{times}{state}{end}{fault}"


def _object(path: str, found: Contents) -> dict[str, object]:
    return {
        "recording": path, "being_written": found.goes_on, "gaps": found.gaps,
        **{name: sum(getattr(counters, name) for counters in found.counters) for name, _ in _LOST},
        "kinds": {kind: kept._asdict() for kind, kept in found.kinds().items()},
        "segments": [
            {
                "name": segment.name, "bytes": segment.size, "since": segment.since, "until": segment.until,
                "events": {event_name(number): count for number, count in segment.events.items()},
                "processes": segment.processes, "files": segment.files, "ended": segment.ended, "fault": segment.fault,
                "unread": segment.lacks,
                "without": segment.header.without if segment.header else [],
                "header": _told(segment.header) if segment.header else None,
            }
            for segment in found.segments
        ],
    }  # fmt: skip


def _told(header: Header) -> dict[str, object]:
    """What a segment says of itself, without the lists."""
    return {name: value for name, value in header._asdict().items() if not isinstance(value, list)}


def _clock(ns: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(ns // 1_000_000_000))
