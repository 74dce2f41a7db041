"""What recording costs: `python bench/record.py [--quick]`; needs root, make and gcc.

Everything on dd, whose CPU is compared with that of dd alone, interleaved; and `sonde record`, the past that is always
kept, by the CPU time of its process while next to nothing happens and while C files are compiled.
"""

from __future__ import annotations

import contextlib
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from measuring import workloads
from measuring.figures import AT_MOST, Variant, figure, heading, interleaved, quick, ratio, spread
from measuring.watching import Receipt, nothing, printed

__all__ = ["main"]

ROUNDS = 3 if quick() else 11
DD = 50_000 if quick() else 1_000_000
SECONDS = 3 if quick() else 20
SOURCES = 24


@contextlib.contextmanager
def recording(path: Path, receipts: list[Receipt], own: list[float]) -> Iterator[None]:
    """`sonde -w` of everything; its seconds of CPU and those of what runs meanwhile are appended to `own`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with printed(["-w", str(path), "-s", "0"], receipts):
        yield
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    own.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def everything(base: Path) -> None:
    """What recording everything costs dd, and what it loses."""
    heading(f"dd bs=1 count={DD}: everything recorded")
    receipts: list[Receipt] = []
    own: list[float] = []
    variants: dict[str, Variant] = {
        "nothing": nothing,
        "recorded": lambda: recording(base / "dd.sonde", receipts, own),
    }
    cpu = interleaved(variants, workloads.dd(DD), ROUNDS)
    figure("CPU of dd", ratio(cpu["recorded"], cpu["nothing"]), "x nothing", goal=(AT_MOST, 2.6),
           note=spread(cpu["recorded"], cpu["nothing"]))  # fmt: skip
    matched, lost = (sum(getattr(receipt, name) for receipt in receipts) for name in ("matched", "lost"))
    figure("lost", lost, "events", goal=(AT_MOST, 0), note=f"of {matched:,}")
    alone = [all_ - dd for all_, dd in zip(own, cpu["recorded"], strict=True)]
    figure("own CPU, the start included", statistics.median(alone), "s", note=f"{2 * DD:,} events of dd")


def compiling(place: Path) -> Callable[[], None]:
    """Compile a project again and again, two files at a time, for SECONDS."""
    workloads.project(place, SOURCES)

    def run() -> None:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            subprocess.run(["make", "-s", "-B", "-j2"], cwd=place, check=True)

    return run


def always_on(base: Path) -> None:
    """What `sonde record` takes of a core."""
    project = base / "project"
    project.mkdir()
    works: dict[str, tuple[Callable[[], None], float]] = {"next to nothing happens": (lambda: time.sleep(SECONDS), 3)}
    if shutil.which("make") and shutil.which("gcc"):
        works["C files are compiled"] = (compiling(project), 10)
    for what, (work, most) in works.items():
        heading(f"sonde record, while {what}")
        receipts: list[Receipt] = []
        with printed(["record", str(base / "kept")], receipts) as pid:
            time.sleep(1)
            began, before = time.monotonic(), _cpu(pid)
            work()
            share = (_cpu(pid) - before) / (time.monotonic() - began)
        events = f"{receipts[0].seen:,} events seen, {receipts[0].matched:,} kept"
        figure("of a core", 100 * share, "%", goal=(AT_MOST, most), note=events)
        figure("lost", receipts[0].lost, "events", goal=(AT_MOST, 0))


def _cpu(pid: int) -> float:
    """Seconds that the threads of a process have run."""
    threads = Path(f"/proc/{pid}/task")
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads.iterdir()) / 1e9


def main() -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as name:
        everything(Path(name))
        always_on(Path(name))


if __name__ == "__main__":
    main()
