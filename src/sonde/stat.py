"""`sonde stat`: how often did it happen? perf stat's question, for system calls and any tracepoint of this kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sonde.errors import UsageError
from sonde.sources.live.command import Usage

__all__ = ["Stat", "stat_of", "usage_text"]

USAGE = "sonde stat [-e EVENT,...] [--by FIELD] [-a] [FILTER] [-- CMD ...]"


class Stat(NamedTuple):
    """What is counted: a statement, filters added to it, and the events that are shown even if they never came."""

    statement: str
    filters: tuple[str, ...]
    expected: tuple[str, ...]


def stat_of(words: Sequence[str]) -> Stat:
    """Read the words after `stat`: -e names of calls, families or tracepoints; --by a field; -a, usual here anyway."""
    events, by, rest = list[str](), "", list[str]()
    left = list(words)
    while left:
        word = left.pop(0)
        name, _, glued = word.partition("=") if word.startswith("--") else (word[:2], "", word[2:])
        if name in ("-e", "--event", "--by"):
            value = glued or (left.pop(0) if left else "")
            if not value:
                raise UsageError(f"{name} needs {'a field' if name == '--by' else 'names of events'}: {USAGE}")
            if name == "--by":
                by = value
            else:
                events += [event for event in value.split(",") if event]
        elif word in ("-a", "--all-cpus"):
            continue
        elif word.startswith("-") and not rest:
            raise UsageError(f"stat has no option {word}: {USAGE}")
        else:
            rest.append(word)
    filters = [f"evt.type in ({', '.join(events)})"] if events else []
    filters += [" ".join(rest)] if rest else []
    return Stat(_statement(by, bool(events)), tuple(filters), tuple(events) if not by else ())


def _statement(by: str, chosen: bool) -> str:
    """Counts by event, and by a field if one is given."""
    key = f"{by}, " if by else ""
    calls = "" if chosen else ', count(*) FILTER (WHERE evt.failed) AS "errors", duration(sum(evt.latency)) AS "time"'
    columns = f'count(*) AS "count"{calls}, {key}evt.type AS "event"'
    return f'SELECT {columns} FROM events GROUP BY ALL ORDER BY 1 DESC, "event"'


def usage_text(elapsed: float, usage: Usage) -> str:
    """What a command took, as the kernel accounts for it."""
    faults = f"{usage.minor + usage.major:,} page faults ({usage.major:,} from disk)"
    switches = f"{usage.voluntary + usage.involuntary:,} context switches ({usage.voluntary:,} voluntary)"
    times = f"{elapsed:.3f} s elapsed, {usage.user:.3f} s user, {usage.system:.3f} s system"
    memory = (
        f"{usage.resident:,} KiB resident at most" if usage.resident else f"less than {usage.less_than:,} KiB resident"
    )
    return f"\n{times}\n{faults}, {switches}, {memory}\n"
