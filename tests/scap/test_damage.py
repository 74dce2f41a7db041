"""Spoiled captures: an answer with counts or one clear line, never anything else, in bounded time."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from captures import CAPTURES, needs_captures, tell
from damage import blocks_of, mutated

from sonde.errors import SondeError

SPOILED = ("falco_cat_write", "libs_test_ipv6_client", "libs_sample", "bencer_example0_nginx")
SEEDS = 40
EVERYTHING = (
    "*%evt.num %evt.args %fd.name %fd.type %fd.cip %proc.cmdline %proc.pname %user.name %container.id %evt.category "
    "%evt.arg.res %evt.buffer %proc.vmsize %evt.res"
)
HEADER = 28  # bytes of the first block, by which a file is known

pytestmark = needs_captures


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


@pytest.mark.parametrize("name", SPOILED)
@pytest.mark.parametrize("start", range(0, SEEDS, 10))
def test_mutated(tmp_path: Path, name: str, start: int) -> None:
    data = plain(name)
    for seed in range(start, start + 10):
        path = tmp_path / f"{seed}.scap"
        path.write_bytes(data[:HEADER] + mutated(data, seed)[HEADER:])
        survives(path)


@pytest.mark.parametrize("name", SPOILED)
def test_cut_anywhere(tmp_path: Path, name: str) -> None:
    data, chance = plain(name), random.Random(1)
    ends = {at + total for at, total in blocks_of(data)}
    for _ in range(15):
        size = chance.randrange(HEADER, len(data))
        (tmp_path / "cut.scap").write_bytes(data[:size])
        told = tell(tmp_path / "cut.scap")
        assert ("in the middle of a block" in told.receipt) == (size not in ends)
