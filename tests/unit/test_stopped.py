"""Reading that is stopped, or whose answer cannot be written: nothing of it looks whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from recordings import plain, recording

from sonde.catalog.types import INT
from sonde.cli import main
from sonde.engines.duckdb import Archive
from sonde.errors import SondeError
from sonde.plan.batch import Batch
from sonde.sources.recording.source import Recording

FRAMES, ROWS = 40, 5


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A recording, in the middle of whose reading the first signal comes."""
    recording(tmp_path / "a.sonde", [plain(ROWS).batch() for _ in range(FRAMES)])
    monkeypatch.chdir(tmp_path)
    polled, turns = Recording.poll, iter(range(10 * FRAMES))

    def poll(self: Recording, final: bool = False) -> Batch | None:
        if next(turns) == FRAMES // 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return polled(self, final)

    monkeypatch.setattr(Recording, "poll", poll)
    yield str(tmp_path / "a.sonde")


@pytest.mark.parametrize("words", (["evt.type=close"], ["-w", "b.sonde"], ["sql", "SELECT count(*) AS c FROM events"]))
def test_what_was_left_is_said(path: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["-r", path, "--json", *words])
    receipt = json.loads(next(line for line in capsys.readouterr().err.splitlines() if "receipt" in line))["receipt"]
    assert receipt["absent"] == [f"the rest of {path}: reading was stopped"] and receipt["status"] == "PARTIAL"
    assert receipt["seen"] < FRAMES * ROWS and status == ("-w" in words)


def test_a_limit_is_no_end_that_nobody_asked_for(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What has all that was asked for is whole."""
    assert main(["-r", path, "-q", "-n", str(ROWS)]) == 0
    assert "stopped" not in capsys.readouterr().err


@pytest.mark.parametrize("form", ("csv", "parquet"))
def test_a_full_disk(tmp_path: Path, form: str) -> None:
    """A table is told in the system's words."""
    disk, table = tmp_path / "disk", Archive({"number": INT})
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        table.add({"number": np.random.default_rng(1).integers(0, 1 << 60, 1 << 17)})
        with pytest.raises(SondeError) as failed:
            table.write(str(disk / "x"), form)
        assert str(failed.value) == f"cannot write {disk}/x: No space left on device"
    finally:
        table.close()
        subprocess.run(["umount", str(disk)], check=True)
