"""What came with each signal, as sonde strace tells it and as strace does."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from tracing import KERNEL, SONDE, STRACE, fresh, trace

pytestmark = KERNEL

PROGRAM = Path(__file__).with_name("signalled.py")
PYTHON = str(Path(sys.executable).resolve())
MASKS = (
    (r"^\d+ +", ""),
    (r"\b(si_pid|si_[us]time)=\d+(?: /\*.*?\*/)?", r"\1=#"),
    (r"\b(si_addr|si_call_addr)=0x\w+", r"\1=#"),
)


@pytest.mark.parametrize("style", ["abbrev", "verbose", "raw"])
def test_signals_are_told_as_strace_tells_them(style: str, tmp_path: Path) -> None:
    found = []
    for tool in (STRACE, SONDE):
        options = ["-f", "-X", style, "-e", "trace=none"]
        run = trace(tool, options, [PYTHON, "-I", "-S", str(PROGRAM)], fresh(tmp_path / "here"))
        assert run.status == 0, run.said
        found.append([masked(line) for line in run.log.splitlines()])
    theirs, ours = found
    assert len([line for line in theirs if line.startswith("---")]) >= 20
    assert ours == theirs


def masked(line: str) -> str:
    """The line without numbers of processes, times and addresses."""
    for pattern, sign in MASKS:
        line = re.sub(pattern, sign, line)
    return line
