"""Progress on standard error: where it is shown, for how long, and what of it stays."""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path

import pytest

from sonde.render.progress import Progress


class Terminal(io.StringIO):
    """Standard error that says it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which only the test moves."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def file(tmp_path: Path) -> int:
    """Where an answer goes that is kept."""
    return os.open(tmp_path / "answer", os.O_WRONLY | os.O_CREAT)


def test_long_work_on_a_terminal(monkeypatch: pytest.MonkeyPatch, clock: list[float], file: int) -> None:
    """Nothing in the first second, then each percentage once; gone before other lines and at the end."""
    monkeypatch.setattr(sys, "stderr", error := Terminal())
    shown = Progress(asked=False, out=file)
    shown.tell(10, 1000)
    assert not error.getvalue()
    clock[0] += 1
    for read in (100, 101, 250):
        shown.tell(read, 1000)
    assert error.getvalue() == "\r 10%\r 25%"
    shown.hide()
    shown.tell(300, 1000)
    assert error.getvalue().endswith("\r 25%\r\x1b[K")
    clock[0] += 1
    shown.tell(300, 1000)
    shown.tell(500, 0)
    shown.end(done=True)
    shown.end(done=False)
    shown.tell(400, 1000)
    assert error.getvalue() == "\r 10%\r 25%\r\x1b[K\r 30%\r\x1b[K"


def test_not_where_nobody_wants_it(monkeypatch: pytest.MonkeyPatch, clock: list[float], file: int) -> None:
    """Not on what is no terminal, and not beside a pager that may have it."""
    monkeypatch.setattr(sys, "stderr", error := io.StringIO())
    plain = Progress(asked=False, out=file)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    piped = Progress(asked=False, out=os.pipe()[1])
    clock[0] += 5
    for shown in (plain, piped):
        shown.tell(1, 2)
        shown.hide()
        shown.end(done=True)
    assert not error.getvalue() + terminal.getvalue()


@pytest.mark.parametrize(("done", "last"), [(True, "100%"), (False, " 50%")])
def test_asked_for(monkeypatch: pytest.MonkeyPatch, file: int, done: bool, last: str) -> None:
    """-P stays wherever it is written to, and says 100% only if all was read."""
    monkeypatch.setattr(sys, "stderr", error := io.StringIO())
    shown = Progress(asked=True, out=file)
    shown.tell(1, 2)
    shown.hide()
    shown.end(done)
    assert error.getvalue() == f"\r 50%\r{last}\n"
