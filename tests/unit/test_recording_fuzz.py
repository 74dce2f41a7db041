"""Damaged recordings are read to rows, to rows with what is missing said, or refused. bench/fuzz.py tries many more."""

from __future__ import annotations

import signal
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random
from types import FrameType

import pytest
from recordings import little, some_state
from spoiled import QUESTIONS, damaged, outcome, parts_of

from sonde import query

LIMIT = 20  # s that one may take: a guard against hanging
GROUPS, EACH = 8, 120


def _late(number: int, frame: FrameType | None) -> None:
    raise AssertionError("a damaged recording is read without end")


@pytest.mark.parametrize("group", range(GROUPS))
def test_damage(group: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "plan", cache(query.plan))  # the questions are the same ones
    (segment,) = little(tmp_path / "whole.sonde", group, some_state)
    data = segment.read_bytes()
    parts, path = parts_of(data), tmp_path / "damaged"
    assert b"".join(part.written() for part in parts) == data
    ends: Counter[str] = Counter()
    before = signal.signal(signal.SIGALRM, _late)
    try:
        for number in range(EACH):
            path.write_bytes(damaged(data, parts, Random(f"{group}:{number}")))
            signal.alarm(LIMIT)
            ends[outcome(str(path), QUESTIONS[number % len(QUESTIONS)])] += 1
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert ends["rows"] and ends["partial"] > EACH // 3
