"""Every system call, as sonde strace tells it and as strace does: compared parameter by parameter."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from alike import Comparison, compare, table
from known import KNOWN
from tracing import KERNEL, OPTIONS, SONDE, STRACE, build, fresh, trace

pytestmark = KERNEL

EQUAL = 0.97  # of the parameters
NAMES = 300


def judged(machine: str, options: Sequence[str], directory: Path) -> Comparison:
    """One run under each."""
    program = build(machine, directory)
    logs = []
    for tool in (STRACE, SONDE):
        place = fresh(directory / "here")
        run = trace(tool, options, [str(program), str(place)], place)
        assert run.status == 0, run.said
        logs.append(run.log)
    return compare(*logs)


@pytest.mark.parametrize("machine", ["x86_64", "i386"])
@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_every_call_is_told_as_strace_tells_it(machine: str, options: tuple[str, ...], tmp_path: Path) -> None:
    found = judged(machine, options, tmp_path)
    if where := os.environ.get("SONDE_DIFFERENCES"):
        with open(where, "a") as file:
            print(f"\n## {machine} {' '.join(options)}\n\n```\n{table(found)}\n```", file=file)
    assert len(found.names) >= NAMES
    assert found.share >= EQUAL, table(found)
    unknown = [each for each in found.differences if (each.call, each.which) not in KNOWN]
    assert not unknown, unknown


def test_what_differs_is_documented() -> None:
    documented = (Path(__file__).parents[2] / "docs/compat.md").read_text()
    assert [call for call, _ in KNOWN if call not in documented] == []
