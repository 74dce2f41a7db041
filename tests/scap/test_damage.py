"""Spoiled files of sysdig: an answer with counts or one clear line. bench/fuzz.py tries many more."""

from __future__ import annotations

import gzip
import random
import signal
from collections import Counter
from functools import cache
from pathlib import Path
from types import FrameType

import pytest
from captures import CAPTURES, needs_captures, tell
from damage import HEADER, blocks_of, damaged, everything
from spoiled import OF_SYSDIG, outcome

from sonde import query
from sonde.errors import SondeError

SPOILED = ("falco_cat_write", "libs_test_ipv6_client", "libs_sample", "bencer_example0_nginx")
SEEDS = 40
EVERYTHING = (
    "*%evt.num %evt.args %fd.name %fd.type %fd.cip %proc.cmdline %proc.pname %user.name %container.id %evt.category "
    "%evt.arg.res %evt.buffer %proc.vmsize %evt.res"
)
MADE, EACH = 10, 60  # files made by hand, and how often each is spoiled
LIMIT = 20  # s that one may take: a guard against hanging


def plain(name: str) -> bytes:
    data = (CAPTURES / f"{name}.scap").read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def survives(path: Path) -> None:
    for events in (True, False):
        try:
            told = tell(path, format_=EVERYTHING if events else "*%evt.args %fd.name %proc.name", events=events)
        except SondeError as error:
            assert "\n" not in str(error)
        else:
            assert told.receipt


@needs_captures
@pytest.mark.parametrize("name", SPOILED)
@pytest.mark.parametrize("start", range(0, SEEDS, 10))
def test_spoiled(tmp_path: Path, name: str, start: int) -> None:
    data = plain(name)
    for seed in range(start, start + 10):
        path = tmp_path / f"{seed}.scap"
        path.write_bytes(damaged(data, random.Random(seed)))
        survives(path)


@needs_captures
@pytest.mark.parametrize("name", SPOILED)
def test_cut_anywhere(tmp_path: Path, name: str) -> None:
    data, chance = plain(name), random.Random(1)
    ends = {at + total for at, total in blocks_of(data)}
    for _ in range(15):
        size = chance.randrange(HEADER, len(data))
        (tmp_path / "cut.scap").write_bytes(data[:size])
        told = tell(tmp_path / "cut.scap")
        assert ("in the middle of a block" in told.receipt) == (size not in ends)


def _late(number: int, frame: FrameType | None) -> None:
    raise AssertionError("a damaged file is read without end")


@pytest.mark.parametrize("seed", range(MADE))
def test_blocks_of_every_kind(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of all types and lists of all versions, spoiled, as events and as completed calls."""
    monkeypatch.setattr(query, "plan", cache(query.plan))  # the questions are the same ones
    data, path = everything(seed), tmp_path / "damaged"
    path.write_bytes(data)
    assert outcome(str(path), OF_SYSDIG[0]) != "refused"
    ends: Counter[str] = Counter()
    before = signal.signal(signal.SIGALRM, _late)
    try:
        for number in range(EACH):
            path.write_bytes(damaged(data, random.Random(f"{seed}:{number}")))
            signal.alarm(LIMIT)
            ends[outcome(str(path), OF_SYSDIG[number % len(OF_SYSDIG)])] += 1
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert ends["rows"] + ends["partial"] > EACH // 2
