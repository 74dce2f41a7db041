"""How fast answers come: `python bench/ingest.py [--quick]`; needs root, and sysdig for its yardsticks.

From the ring to numpy columns, from there to lines, and from the command to its first line.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measuring import workloads
from measuring.figures import AT_LEAST, AT_MOST, figure, heading, quick
from measuring.processes import ENVIRONMENT, cpu_of, first_byte
from measuring.scap import CAPTURES, looped
from measuring.watching import FIXED

from sonde.plan.batch import Batch
from sonde.query import Answer, Question, plan
from sonde.sources.live.events import LiveEvents, Sizes
from sonde.sources.live.scan import plan_scan

__all__ = ["main"]

ROUNDS = 3 if quick() else 11
RING = 1 << (24 if quick() else 27)
BUSY = ("bencer_example4_example4-1.scap", "bencer_example5_httpd.scap", "bencer_example5_nginx.scap")
LOOPED = 30_000 if quick() else 300_000
OPENING = "import os, time\nwhile True: os.close(os.open('/dev/null', 0)); time.sleep(0.001)"


def timed(work: Callable[[], object]) -> float:
    """Seconds of CPU of this process that `work` takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def drained() -> tuple[int, int, float]:
    """(events, bytes of the ring, seconds of CPU): a ring filled by dd with every fixed column, read to columns."""
    scan = plan_scan(plan(Question("proc.name=dd")).expr, (), FIXED)
    with LiveEvents(scan, sizes=Sizes(events=RING)) as source:
        source.start()
        workloads.dd(RING // scan.layout.dtype.itemsize // 2 - 1000)()
        source.detach()
        count, began = 0, time.process_time()
        while batch := source.poll():  # in batches, as a live question does
            count += len(batch)
        count += len(source.poll(final=True) or ())
        seconds = time.process_time() - began
        if source.counters().lost:
            raise RuntimeError("the ring should have room for all")
    return count, count * scan.layout.dtype.itemsize, seconds


def ring() -> None:
    """Ring to columns, against copying the same bytes from memory to memory."""
    heading("ring to numpy columns: all fixed columns of dd's calls, in one core")
    rates, ratios, copies = [], [], []
    for _ in range(ROUNDS):
        count, size, seconds = drained()
        source, target = np.ones(size, np.uint8), np.ones(size, np.uint8)
        copying = timed(lambda into=target, what=source: np.copyto(into, what))  # type: ignore[misc]
        rates.append(count / seconds)
        copies.append(size / copying)
        ratios.append(size / seconds / copies[-1])
    figure("ring to columns", statistics.median(rates) / 1e6, "M events/s", goal=(AT_LEAST, 10))
    figure("ring to columns, bytes", statistics.median(ratios), "x memcpy", goal=(AT_LEAST, 0.25),
           note=f"memcpy {statistics.median(copies) / 1e9:.1f} GB/s, {size // count} bytes an event")  # fmt: skip


def mixed() -> None:
    """Work of every kind: the opens, reads, stats, execs and sockets of ordinary programs."""
    scale = 1 if quick() else 4
    for work in (
        workloads.find(),
        workloads.execs(50 * scale),
        workloads.http(100 * scale),
        workloads.dd(5000 * scale),
    ):
        work()


def captured(form: str) -> tuple[int, int, float, float]:
    """(lines, bytes, seconds of CPU for taking rows in, for making lines of them) while `mixed` runs."""
    answer = Answer(Question(json=form == "json", skip=(os.getpid(),)))
    batches: list[Batch] = []
    worker = threading.Thread(target=mixed)
    answer.source.start()
    began = time.process_time()
    worker.start()
    while worker.is_alive():
        batches += filter(None, (answer.source.poll(),))
    batches += filter(None, (answer.source.stop(),))
    taking = time.process_time() - began
    lines = size = 0
    began = time.process_time()
    while batches:
        text = answer.text(answer.rows(batches.pop(0)))
        size += len(text)
        lines += text.count(b"\n")
    making = time.process_time() - began
    answer.close()
    return lines, size, taking, making


def sysdig_rate(directory: Path, options: list[str]) -> list[float]:
    """Lines a second of CPU of `sysdig -r`, of each of the busy captures made long."""
    rates = []
    for name in BUSY:
        capture, shown = directory / name, directory / "lines"
        looped(CAPTURES / name, capture, LOOPED)
        command = ["sysdig", *options, "-r", str(capture)]
        seconds = statistics.median(cpu_of(command) for _ in range(3))
        with shown.open("wb") as out:
            cpu_of(command, out.fileno())
        rates.append(shown.read_bytes().count(b"\n") / seconds)
    return rates


def lines() -> None:
    """Lines a second of CPU, against `sysdig -r`."""
    heading("lines: everything find, a loop of execs, a web server and dd do, as default text and as JSON")
    for form, options, goal in (("text", [], 400_000), ("json", ["-j"], 250_000)):
        rounds = [captured(form) for _ in range(3 if quick() else 5)]
        making = statistics.median(count / seconds for count, _, _, seconds in rounds)
        whole = statistics.median(count / (taking + seconds) for count, _, taking, seconds in rounds)
        count, size = rounds[-1][:2]
        note = f"{count:,} lines of {size / count:.0f} bytes"
        figure(f"{form}: rows to lines", making, "lines/s of CPU", goal=(AT_LEAST, goal), note=note)
        figure(f"{form}: ring to lines", whole, "lines/s of CPU", note="waiting and dictionaries included")
        if not shutil.which("sysdig") or not CAPTURES.exists():
            print("  no yardstick: apt-get install sysdig, and captures in $SONDE_CAPTURES")
            continue
        with tempfile.TemporaryDirectory() as directory:
            rates = sysdig_rate(Path(directory), options)
        yardstick = statistics.median(rates)
        note = ", ".join(f"{rate:,.0f}" for rate in rates)
        figure(f"{form}: sysdig {' '.join([*options, '-r'])}", yardstick, "lines/s of CPU", note=note)
        figure(f"{form}: rows to lines", making / yardstick, "x sysdig -r", goal=(AT_LEAST, 3))


def start() -> None:
    """From the command to its first line."""
    heading("start, warm: from the command to its first byte")
    # what is installed is compiled
    environment = {name: text for name, text in ENVIRONMENT.items() if name != "PYTHONDONTWRITEBYTECODE"}
    ask = [sys.executable, "-m", "sonde.cli", "evt.type=openat"]
    numpy = [sys.executable, "-c", "import numpy; print(numpy.__version__, flush=True)"]
    taken: dict[str, list[float]] = {"sonde": [], "numpy": []}
    with subprocess.Popen([sys.executable, "-c", OPENING]) as opening:
        try:
            for _ in range(ROUNDS + 1):
                taken["sonde"].append(first_byte(ask, environment))
                taken["numpy"].append(first_byte(numpy, environment))
        finally:
            opening.kill()
    ours, numpys = (statistics.median(seconds[1:]) * 1000 for seconds in taken.values())
    figure("python3 -c 'import numpy'", numpys, "ms")
    figure("sonde evt.type=openat", ours, "ms", goal=(AT_MOST, 1.8 * numpys + 150), note="1.8 x numpy + 150")
    figure("sonde evt.type=openat", ours / numpys, "x numpy")


def main() -> None:
    """All of it."""
    ring()
    lines()
    start()


if __name__ == "__main__":
    main()
