"""Commands as they are measured: CPU time by rusage, and the time until the first byte."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["ENVIRONMENT", "Cost", "cost", "cpu_of", "first_byte"]

# of a Python that finds what this one does
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


class Cost(NamedTuple):
    """Seconds of CPU and of the clock of a command, and its largest resident megabytes."""

    cpu: float
    wall: float
    resident: float


def cost(command: Sequence[str | os.PathLike[str]], output: int = subprocess.DEVNULL) -> Cost:
    """Run a command and say what it and the children it waited for cost. RuntimeError if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL, env=ENVIRONMENT
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command}: exit status {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss / 1024)


def cpu_of(command: Sequence[str | os.PathLike[str]], output: int = subprocess.DEVNULL) -> float:
    """Seconds of CPU, user and system, of a command and the children it waited for."""
    return cost(command, output).cpu


def first_byte(command: Sequence[str], environment: dict[str, str] | None = None) -> float:
    """Seconds from the start of a command to its first output, or to its end if it says nothing."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    assert process.stdout is not None
    with process:
        os.read(process.stdout.fileno(), 1)
        seconds = time.perf_counter() - begin
        process.terminate()
    return seconds
