"""`sonde info X.scap`: what is inside a file of sysdig."""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from sonde.info_texts import bytes_text, events_text, table
from sonde.query import Answer, Question, recorded
from sonde.sources.recording.span import moment_text

__all__ = ["info_of_scap"]


@dataclass
class _Inside:
    """`since` and `until`: times of the first and last event, ns since the epoch, 0 without any; `missing`: what cannot
    be read."""

    size: int
    since: int = 0
    until: int = 0
    events: Counter[str] = field(default_factory=Counter)
    processes: int = 0
    missing: list[str] = field(default_factory=list)


def info_of_scap(path: str, as_json: bool) -> str:
    """What is to be printed."""
    found = _look(path)
    if as_json:
        return json.dumps({"file": path, **vars(found)}) + "\n"
    rows = [("file", f"{path}: a file of sysdig, {bytes_text(found.size)}")]
    if found.since:
        rows.append(("recorded", f"from {moment_text(found.since)} to {moment_text(found.until)}"))
    rows += [("events", events_text(found.events)), ("processes", f"{found.processes:,}")]
    return table([*rows, *(("missing", said) for said in found.missing)])


def _look(path: str) -> _Inside:
    """All of its events."""
    inside = _Inside(os.path.getsize(path))
    with closing(Answer(Question(exact=True), recorded(path, events=True))) as answer:
        while not answer.done:
            if (batch := answer.rows(answer.source.poll())) is None:
                continue
            times = batch.columns["time"]
            inside.since, inside.until = inside.since or int(times.min()), max(inside.until, int(times.max()))
            for (name, _), count in answer.kinds(batch).items():
                inside.events[name] += count
        known = answer.state.processes.rows[: len(answer.state.processes)]
        inside.processes = len(np.unique(known["pid"][known["known"] != 0]))
        inside.missing = answer.source.absent()
    return inside
