"""A recorder is killed at any moment, beside a workload that keeps its own diary: what of it is in the recording?"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from cases import answered
from live import cli_start, wait_for

from sonde.query import Answer, Question, recorded

__all__ = ["Diary", "Killed", "killed", "ticking"]

SECOND = 1_000_000_000
MOST = 1 << 20  # ticks
SLACK = 2_000_000  # ns by which the clocks of rows and of the diary may differ
# each tick says its number in a path; when it did is in a diary that no call writes. Much else happens in between
SCRIPT = """
import mmap, os, sys, time
with open(sys.argv[1], "r+b") as file: diary = memoryview(mmap.mmap(file.fileno(), 0)).cast("q")
null = os.open("/dev/null", os.O_RDWR)
for at in range(len(diary)):
    diary[at] = time.time_ns()
    os.access("/tick%d" % at, os.F_OK)
    for _ in range(int(sys.argv[2])): os.write(null, b"some data"); os.lseek(null, 0, 0)
    time.sleep(0.001)
"""


class Diary(NamedTuple):
    """The workload: its process, and when each of its ticks began (ns since the epoch, 0: not yet)."""

    pid: int
    times: npt.NDArray[np.int64]


class Killed(NamedTuple):
    """What became of one recording: ticks that are in it, how many of them stand behind later ones, ns before the kill
    of which nothing is there, what the reader said is missing, and everything that is wrong."""

    ticks: int
    behind: int
    late: int
    absent: list[str]
    faults: list[str]


@contextlib.contextmanager
def ticking(base: Path, more: int = 20) -> Iterator[Diary]:
    """The workload, with `more` pairs of other calls a tick."""
    path = base / "diary"
    path.write_bytes(bytes(8 * MOST))
    times = np.memmap(path, np.int64, "r")
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", SCRIPT, str(path), str(more)]) as process:
        try:
            wait_for(lambda: times[0])
            yield Diary(process.pid, times)
        finally:
            process.kill()


def killed(command: Sequence[str], path: str, seconds: float, diary: Diary) -> Killed:
    """Record to a path by a command of sonde, kill it so many seconds after it has begun, and read what there is."""
    old = set(os.listdir(path)) if os.path.isdir(path) else set()
    recorder = cli_start(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: recorder.poll() is not None or (os.path.isdir(path) and set(os.listdir(path)) - old - {"lock"}))
    began = time.time_ns()
    time.sleep(seconds)
    assert recorder.poll() is None, "the recorder ended by itself"
    at = time.time_ns()
    recorder.kill()
    recorder.wait()
    asked = f"evt.type=access and proc.pid={diary.pid} and evt.rawtime >= {began if old else 0}"
    answer = Answer(Question(asked, "%evt.rawtime %fs.path.name", json=True), recorded(path))
    rows, counters = answered(answer)
    numbers = np.array([int(re.findall(r"\d+", row["fs.path.name"])[0]) for row in rows], np.int64)
    times = np.array([row["evt.rawtime"] for row in rows], np.int64)
    behind = int((np.diff(times) < 0).sum())
    order = np.argsort(times, kind="stable")
    numbers, times = numbers[order], times[order]
    faults = list(_faults(numbers, times, began, at, diary.times))
    if counters.lost:
        faults.append(f"{counters.lost} events were lost")
    if faults:
        faults.append(f"{len(rows)} rows, not there: {answer.source.absent()[-2:]}, {' '.join(command)}")
    return Killed(len(rows), behind, at - int(times[-1]) if rows else at - began, answer.source.absent(), faults)


def _faults(
    numbers: npt.NDArray[np.int64], times: npt.NDArray[np.int64], began: int, at: int, diary: npt.NDArray[np.int64]
) -> Iterator[str]:
    """What is wrong: ticks that are missing before the last second, twice there, or at another time than they were."""
    happened = np.flatnonzero((diary > began) & (diary < at - SECOND))
    if missing := np.setdiff1d(happened, numbers).tolist():
        yield f"{len(missing)} ticks are missing, the first is {missing[0]} of {happened[0]}..{happened[-1]}"
    if (np.diff(numbers) != 1).any():
        yield f"ticks between others are missing, or twice there: {numbers[np.flatnonzero(np.diff(numbers) != 1)]}"
    following = diary[numbers + 1]  # the call of a tick has returned before the next one begins
    latest = np.where(following, following, times)
    if ((times < diary[numbers] - SLACK) | (times > latest + SLACK)).any():
        yield "ticks at another time than they were"
