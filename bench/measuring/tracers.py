"""What a command costs under a tracer: its own CPU, the tracer's, and how long it all takes."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from measuring.figures import turns

__all__ = ["Cost", "rounds_of", "under"]

# the shell that runs the command says what its children used
TIMED = 'told=$1; shift; "$@" >/dev/null 2>&1; times >"$told"'
_MINUTES = re.compile(r"(\d+)m([\d.]+)s")
_LOST = re.compile(r"^lost: ([\d,]+)", re.MULTILINE)


class Cost(NamedTuple):
    """Seconds of CPU of the traced, of their tracer, and of the clock; and the events that the tracer says it lost."""

    traced: float
    own: float
    wall: float
    lost: int


def under(tracer: Sequence[str], command: Sequence[str], place: Path) -> Cost:
    """Run a command in a directory under a tracer, or under none."""
    with tempfile.NamedTemporaryFile("r+") as told, tempfile.TemporaryFile("w+") as said:
        words = [*tracer, "bash", "-c", TIMED, "timed", told.name, *command]
        began = time.perf_counter()
        process = subprocess.Popen(words, cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
        if process.returncode:
            raise RuntimeError(f"{words}: exit status {process.returncode}: {text[-500:]}")
        traced = sum(60 * int(minutes) + float(seconds) for minutes, seconds in _MINUTES.findall(told.read()))
        lost = sum(int(number.replace(",", "")) for number in _LOST.findall(text))
        return Cost(traced, usage.ru_utime + usage.ru_stime - traced, wall, lost)


def rounds_of(
    tracers: Mapping[str, Sequence[str]], command: Sequence[str], place: Path, rounds: int,
    before: Callable[[], None] = lambda: None,
) -> dict[str, list[Cost]]:  # fmt: skip
    """A command under each tracer, interleaved; every round begins with another one. `before` is run before each."""
    found: dict[str, list[Cost]] = {name: [] for name in tracers}
    for name in turns(tracers, rounds):
        before()
        found[name].append(under(tracers[name], command, place))
    return found
