"""Commands as they are measured: CPU time by rusage, and the time until the first byte."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

__all__ = ["ENVIRONMENT", "cpu_of", "first_byte"]

# of a Python that finds what this one does
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def cpu_of(command: Sequence[str | os.PathLike[str]], output: int = subprocess.DEVNULL) -> float:
    """Seconds of CPU, user and system, of a command and the children it waited for."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command}: exit status {process.returncode}")
    return usage.ru_utime + usage.ru_stime


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
