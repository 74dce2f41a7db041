"""The receipt of an answer: what was seen, matched, delivered and lost, and how far the answer can be trusted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from sonde.plan.batch import Counters

__all__ = ["Receipt", "Status", "receipt", "receipt_json", "receipt_text"]

TOP = 3  # event types named in the text


class Status(StrEnum):
    """How far an answer can be trusted."""

    EXACT = "EXACT"
    LOWER_BOUND = "LOWER BOUND"  # there may be more: what is there is true
    PARTIAL = "PARTIAL"


class Receipt(NamedTuple):
    """Counters of the whole answer, `elapsed` seconds, names and numbers of the lost events, most frequent first.

    `absent` says in words which part of the question was not answered, `aside` what else is worth knowing.
    """

    counters: Counters
    elapsed: float
    status: Status
    lost_events: tuple[tuple[str, int], ...] = ()
    absent: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


def receipt(
    counters: Counters,
    elapsed: float,
    name: Callable[[int], str],
    grows: bool = True,
    absent: Sequence[str] = (),
    aside: Sequence[str] = (),
) -> Receipt:
    """The receipt of an answer that took `elapsed` seconds; `name` gives the name of an event number.

    `grows`: the answer is a listing, a count, a sum of non-negatives or a maximum, so that loss only makes it smaller.
    """
    lost = counters.lost or counters.lost_payloads or counters.lost_dictionary
    status = Status.EXACT
    if absent or (lost and not grows):
        status = Status.PARTIAL
    elif lost:
        status = Status.LOWER_BOUND
    by_name: dict[str, int] = {}
    for number, count in counters.lost_by_event.items():
        if count:
            by_name[name(number)] = by_name.get(name(number), 0) + count
    ordered = sorted(by_name.items(), key=lambda item: (-item[1], item[0]))
    return Receipt(counters, elapsed, status, tuple(ordered), tuple(absent), tuple(aside))


def receipt_text(answer: Receipt) -> str:
    """A few lines for a person, each ended by a newline."""
    c = answer.counters
    lines = [
        f"{answer.status}: {c.seen:,} seen, {c.matched:,} matched, {c.delivered:,} delivered in {answer.elapsed:.1f} s"
    ]
    lost = [
        _count(c.lost, "event") + _names(answer.lost_events) if c.lost else "",
        _count(c.lost_payloads, "buffer") if c.lost_payloads else "",
        _count(c.lost_dictionary, "name record") if c.lost_dictionary else "",
    ]
    aside = [
        _count(c.truncated, "value") + " truncated" if c.truncated else "",
        _count(c.own, "event") + " of sonde itself left out" if c.own else "",
    ]
    if any(lost):
        lines.append("lost: " + ", ".join(filter(None, lost)))
    if answer.absent:
        lines.append("not in the answer: " + ", ".join(answer.absent))
    if any(aside):
        lines.append(", ".join(filter(None, aside)))
    lines += answer.aside
    return "".join(line + "\n" for line in lines)


def receipt_json(answer: Receipt) -> str:
    """One JSON object `{"receipt": {...}}` and a newline."""
    c = answer.counters
    body = {
        "status": str(answer.status),
        "elapsed": round(answer.elapsed, 3),
        "seen": c.seen,
        "matched": c.matched,
        "delivered": c.delivered,
        "lost": c.lost,
        "lost_by_event": dict(answer.lost_events),
        "lost_payloads": c.lost_payloads,
        "lost_dictionary": c.lost_dictionary,
        "truncated": c.truncated,
        "own": c.own,
        "absent": list(answer.absent),
    }
    if answer.aside:
        body["aside"] = list(answer.aside)
    return json.dumps({"receipt": body}) + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _names(events: Sequence[tuple[str, int]]) -> str:
    if not events:
        return ""
    shown = [f"{name} {count:,}" for name, count in events[:TOP]]
    if len(events) > TOP:
        shown.append(f"other {sum(count for _, count in events[TOP:]):,}")
    return f" ({', '.join(shown)})"
