"""Files of sysdig in a row: each is complete in itself, together they say what one file of the same rows says."""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from busy_files import WORKLOAD
from captures import needs_sysdig, sysdig
from live import NEEDED, cli
from test_writing import workload

from sonde.query import Answer, Question, launch
from sonde.sources.scap.living import living
from sonde.sources.scap.rotation import Names, Rotation
from sonde.sources.scap.writing import HELD, ScapWriter

LINE = (
    "*%evt.rawtime %evt.cpu %thread.tid %proc.pid %proc.name %proc.pname %proc.aname[2] %proc.exe %proc.cwd "
    "%user.name %evt.dir %evt.type %fd.num [%fd.name] %evt.info"
)
NAMES = re.compile(rb"\[[^]]*\]|\(<\w+>.*?\)(?= |$)")  # of descriptors
UNKNOWN = b"[<NA>]"


def written(place: Path, rotations: dict[str, Rotation]) -> None:
    """The workload's rows, written as a file for each name."""
    here = place / "here"
    here.mkdir()
    answer = Answer(Question(record=True, follow=True))
    try:
        writers = [ScapWriter(str(place / name), living, rotation=one) for name, one in rotations.items()]
        answer.source.start()
        child = launch(answer.source, [sys.executable, "-I", "-S", "-c", WORKLOAD, str(here)])
        for writer in writers:
            writer.start(answer.state)
        child.release()
        end = time.monotonic() + 60
        over = False
        while not over and time.monotonic() < end:
            over = child.poll() is not None
            batch = answer.rows(answer.source.stop() if over else answer.source.poll())
            for writer in writers:
                if batch is not None:
                    writer.write(batch)
                writer.settle(answer.counters)
        for writer in writers:
            writer.close(answer.counters(), answer.state)
        assert answer.counters().lost == answer.counters().lost_dictionary == 0
    finally:
        answer.close()


def parts(place: Path, name: str) -> list[Path]:
    """The files of a name, in order."""
    return sorted(place.glob(f"{name}*"), key=lambda path: int(path.name.removeprefix(name) or 0))


def lines(place: Path, name: str) -> tuple[Counter[bytes], int]:
    """(what sysdig shows of all files of a name, without names of descriptors; how many of these it does not know).
    Descriptors that were there before are named by where their path led, those that are made by the path as it was
    given (docs/compat.md); of what was inherited the lists of a later file may know more."""
    shown = b"".join(sysdig(path, "-p", LINE) for path in parts(place, name))
    return Counter(NAMES.sub(b"", shown).splitlines()), shown.count(UNKNOWN)


@NEEDED
@needs_sysdig
@pytest.mark.parametrize("held", [HELD, 10_000_000])
def test_together_they_are_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    """Whatever ends a file: nothing is lost, doubled or told otherwise, by sysdig's own words. Files that are begun
    when they are complete, and such that are begun before."""
    monkeypatch.setattr("sonde.sources.scap.writing.HELD", held)
    rotations = {"events": Rotation(events=300), "bytes": Rotation(bytes=100_000), "time": Rotation(seconds=0.02)}
    written(tmp_path, {"whole": Rotation(), **rotations})
    whole, unknown = lines(tmp_path, "whole")
    assert whole.total() > 1000
    for name in rotations:
        assert len(parts(tmp_path, name)) > 1
        found, left = lines(tmp_path, name)
        assert (whole - found, found - whole) == (Counter(), Counter()) and left <= unknown
    for path in parts(tmp_path, "events")[:-1]:
        assert len(sysdig(path, "-p", "*%evt.num").splitlines()) in (299, 300), "a call has two events"


def test_names() -> None:
    """As sysdig names files: it was tried."""

    def named(path: str, **limits: float | None) -> list[str]:
        names = Names(path, Rotation(**limits))  # type: ignore[arg-type]
        return [names.next(second * 1_000_000_000) for second in (0, 61, 122)]

    assert named("x.scap") == ["x.scap"] * 3
    assert named("x.scap", events=5) == ["x.scap0", "x.scap1", "x.scap2"]
    assert named("x%M", events=5) == ["x%M0", "x%M1", "x%M2"]
    assert named("x", events=5, keep=2) == ["x0", "x1", "x0"]
    assert named("x", bytes=5, keep=12) == ["x00", "x01", "x02"]
    assert named("x", seconds=5, keep=12) == ["x0", "x1", "x2"]
    assert named("x%M%S.scap", seconds=60) == ["x0000.scap", "x0101.scap", "x0202.scap"]
    assert named("x%d", seconds=60) == ["x01", "x01.1", "x01.2"], "no file is overwritten"


@NEEDED
@needs_sysdig
def test_the_last_files_are_kept(tmp_path: Path) -> None:
    done = cli("-z", "-w", str(tmp_path / "x.scap"), "-e", "200", "-W", "3", *workload(tmp_path / "here"))
    assert done.returncode == 0 and "EXACT" in done.stderr, done.stderr
    files = sorted(tmp_path.glob("x.scap*"))
    assert [path.name for path in files] == ["x.scap0", "x.scap1", "x.scap2"]
    # a file may begin with calls that were made before the one before it, and ends with what returned last
    times = sorted((sysdig(path, "-p", "*%evt.rawtime").split() for path in files), key=lambda shown: shown[-1])
    assert all(len(shown) in (199, 200) for shown in times[:2])
    assert b"procexit" in b"".join(sysdig(path) for path in files), "the end is there"
    assert cli("-w", str(tmp_path / "y.scap"), "-W", "3", "--for", "1s").stderr.startswith("sonde: -W keeps")


@NEEDED
def test_names_by_the_time(tmp_path: Path) -> None:
    done = cli("-w", str(tmp_path / "x%Y.scap"), "-G", "30ms", "-W", "2", *workload(tmp_path / "here"))
    assert done.returncode == 0 and "EXACT" in done.stderr, done.stderr
    assert len(list(tmp_path.glob("x2*.scap*"))) == 2
