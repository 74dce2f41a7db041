"""Resident memory of `sonde` while `find /` runs again and again: `python bench/memory.py [--minutes N] [--quick]`.

Needs root. The rings are not counted: their size is chosen, and they are the kernel's.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from measuring.figures import AT_MOST, figure, heading, quick
from measuring.processes import ENVIRONMENT

__all__ = ["main", "resident"]

MAPPING = re.compile(r"^[0-9a-f]+-[0-9a-f]+ .*$")
EVERY = 2.0  # s between samples
GROWTH = 5.0  # MB that count as flat


def resident(pid: int) -> float:
    """Resident megabytes of a process, without the rings that BPF maps into it."""
    total, counted = 0, True
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if MAPPING.match(line):
            counted = "bpf-map" not in line
        elif line.startswith("Rss:") and counted:
            total += int(line.split()[1])
    return total / 1024


def minutes() -> float:
    """How long to watch: --minutes N, else ten."""
    words = sys.argv[1:]
    if "--minutes" in words:
        return float(words[words.index("--minutes") + 1])
    return 0.2 if quick() else 10


def samples(seconds: float) -> tuple[list[float], str]:
    """(resident megabytes every EVERY seconds, the receipt) of `sonde` while find runs in a loop."""
    command = [sys.executable, "-m", "sonde.cli"]
    taken: list[float] = []
    with (
        subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
        ) as asked,
        subprocess.Popen(
            ["sh", "-c", "while :; do find /; done"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as finding,
    ):  # fmt: skip
        try:
            end = time.monotonic() + seconds
            while time.monotonic() < end and asked.poll() is None:
                time.sleep(EVERY)
                with contextlib.suppress(FileNotFoundError):
                    taken.append(resident(asked.pid))
        finally:
            os.killpg(finding.pid, signal.SIGKILL)
            asked.send_signal(signal.SIGINT)
            receipt = asked.communicate(timeout=120)[1]
    return taken, receipt


def main() -> None:
    """Watch, and say how much and whether it grew."""
    length = minutes()
    heading(f"resident memory of `sonde` > /dev/null beside `find /` in a loop, {length:g} minutes, rings left out")
    taken, receipt = samples(60 * length)
    third = max(1, len(taken) // 3)
    growth = max(taken[-third:]) - max(taken[third : 2 * third] or taken[:third])
    figure("at most", max(taken), "MB", goal=(AT_MOST, 150))
    figure("growth, last third over the one before", growth, "MB", goal=(AT_MOST, GROWTH), note="flat")
    figure("after the first seconds / at the end", taken[0], f"/ {taken[-1]:.0f} MB")
    print("  receipt: " + receipt.strip().replace("\n", "; "))


if __name__ == "__main__":
    main()
