"""Moments as people write them: `1h` ago, `14:03:10` today, a date, seconds since the epoch."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timedelta

__all__ = ["moment", "seconds"]

_UNITS = {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})(us|ms|s|m|h|d|)")
_EPOCH = re.compile(r"([0-9]{10})(?:\.([0-9]{1,9}))?")
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")
_BILLION = 1_000_000_000


def seconds(text: str) -> float:
    """The length of a time such as 500ms or 2m. ValueError."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError("a time such as 10, 10s, 500ms, 2m or 1h")
    return float(match[1]) * _UNITS[match[2]]


def moment(text: str) -> int:
    """A moment, ns since the epoch; a time of day that is still to come was yesterday. ValueError."""
    now = time.time_ns()
    if match := _EPOCH.fullmatch(text):
        return int(match[1]) * _BILLION + int((match[2] or "").ljust(9, "0"))
    if _DURATION.fullmatch(text):
        return now - int(seconds(text) * _BILLION)
    try:
        if not _CLOCK.fullmatch(text):
            return _ns(datetime.fromisoformat(text))
        of_day = datetime.fromisoformat(f"{date.today()}T{text.rjust(len(text) + (text[1] == ':'), '0')}")  # noqa: DTZ011
        return _ns(of_day) if _ns(of_day) <= now else _ns(of_day - timedelta(days=1))
    except ValueError:
        raise ValueError("a moment such as 1h (ago), 14:03:10, 2026-11-30T14:03 or seconds since the epoch") from None


def _ns(when: datetime) -> int:
    """ns since the epoch; without a zone it is local time."""
    return int(when.timestamp()) * _BILLION + when.microsecond * 1000
