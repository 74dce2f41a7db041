"""Reading recordings that are damaged: `python bench/fuzz.py [N] [SEED] [--quick]`; N recordings, 100,000 if not told.

Segments of a program that does a little of everything (recorded live as root, else made up) are damaged: by flipped,
lost and repeated bytes, or in every second one with all checksums right, so that the decoder itself is attacked. Each
has to be read to rows, to rows with what is missing said, or to be refused: no other exception, no hang, no memory.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

from measuring.figures import AT_MOST, figure, heading, quick
from measuring.processes import ENVIRONMENT

__all__ = ["main"]

TESTS = Path(__file__).resolve().parents[1] / "tests"
SPACE = 4 << 30  # bytes of addresses that a reader may have
SECONDS = 20  # of CPU that one recording may take
ROWS = (12, 40, 120)  # of a segment
COVERED = 2000  # recordings, at most, that are read again to see which lines they reach
READING = ("columns", "frames", "header", "objects", "rows", "source", "state")
WRITING = ("pack_all", "_pack", "_word", "_width", "packed_bytes", "framed", "_meaningless", "joined", "rows_frames")
WRITING += ("_rows_frame", "_gathered", "Told", "_longer", "_body")
SHOWN = 12  # faults


def recorded_live(base: Path) -> None:
    """Segments of the zoo of the tests, with many small frames."""
    import numpy as np
    from live import batches
    from zoo import zoo

    from sonde.ask_record import about
    from sonde.cli_options import Options
    from sonde.query import Answer, Question
    from sonde.sources.recording.segments import Directory
    from sonde.sources.recording.writer import Limits, Recorder

    for rows in ROWS:
        keeper = Answer(Question(record=True, follow=True, skip=(os.getpid(),)))
        found, _ = batches([keeper], zoo(base, f"here{rows}"))
        recorder = Recorder(Directory(str(base / f"{rows}.sonde"), anew=True), about(Options()), Limits(events=rows))
        recorder.start(keeper.state)
        for batch in found[0]:
            for part in np.array_split(np.arange(len(batch)), len(batch) // (rows // 2) + 1):
                recorder.write(batch.take(part))
                recorder.settle(keeper.counters, final=True)
        recorder.close(keeper.counters(), keeper.state)
        keeper.close()


def made_up(base: Path) -> None:
    """Segments of synthetic rows, where nothing can be recorded."""
    from recordings import little

    for seed in range(8):
        little(base / f"{seed}.sonde", seed)


def read(base: Path, seed: int, numbers: range) -> dict[str, Any]:
    """Damage and read the recordings with these numbers; -> how they ended, and faults by where they were."""
    from spoiled import QUESTIONS, damaged, outcome, parts_of

    from sonde import query

    query.plan = functools.cache(query.plan)  # the questions are the same ones
    whole = [segment.read_bytes() for segment in sorted(base.glob("*.sonde/*.segment"))]
    parts = [parts_of(data) for data in whole]
    path = base / f"{os.getpid()}.segment"
    ends: Counter[str] = Counter()
    faults: dict[str, list[int]] = {}
    slowest = 0.0
    for number in numbers:
        random = Random(f"{seed}:{number}")
        at = random.randrange(len(whole))
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            path.write_bytes(damaged(whole[at], parts[at], random))
            found = {outcome(str(path), question) for question in QUESTIONS}
            ends[next(end for end in ("refused", "partial", "rows") if end in found)] += 1
        except Exception as error:
            faults.setdefault(_where(error), []).append(number)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        slowest = max(slowest, time.process_time() - began)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ends": ends, "faults": faults, "slowest": slowest, "memory": most}


def _where(error: Exception) -> str:
    """An exception, and the last lines of ours that it passed."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "sonde" in frame.filename][-2:]
    places = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__}: {str(error)[:80]} at {places}"


def worker(words: list[str]) -> None:
    """Read in a process of its own, whose memory is limited."""
    base, seed, first, end, step, covered = words
    resource.setrlimit(resource.RLIMIT_AS, (SPACE, SPACE))

    def late(*_: object) -> None:
        raise TimeoutError(f"not read in {SECONDS} s of CPU")

    signal.signal(signal.SIGPROF, late)
    with _coverage() if covered == "cover" else contextlib.nullcontext({}) as reached:
        found = read(Path(base), int(seed), range(int(first), int(end), int(step)))
    print(json.dumps({**found, "reached": reached}))


@contextlib.contextmanager
def _coverage() -> Any:
    """Percent of the lines by file of what reads recordings, once the block has ended."""
    import coverage

    measured = coverage.Coverage(data_file=None, include=[f"*/sources/recording/{name}.py" for name in READING])
    reached: dict[str, float] = {}
    measured.start()
    yield reached
    measured.stop()
    for name in sorted(measured.get_data().measured_files()):
        _, lines, _, missed, _ = measured.analysis2(name)
        read = set(lines) - _written(Path(name))
        reached[Path(name).name] = 100 * (1 - len(read & set(missed)) / len(read))


def _written(path: Path) -> set[int]:
    """The lines of a file that only a recorder reaches."""
    nodes = [node for node in ast.parse(path.read_text()).body if getattr(node, "name", "") in WRITING]
    return {line for node in nodes for line in range(node.lineno, (node.end_lineno or 0) + 1)}


def started(base: Path, seed: int, first: int, end: int, step: int, covered: str = "") -> subprocess.Popen[str]:
    """A worker."""
    words = [str(base), *map(str, (seed, first, end, step)), covered]
    path = os.pathsep.join((ENVIRONMENT["PYTHONPATH"], str(TESTS / "unit")))
    command = [sys.executable, __file__, "--worker", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**ENVIRONMENT, "PYTHONPATH": path})


def results(workers: list[subprocess.Popen[str]]) -> list[dict[str, Any]]:
    """What the workers found; one that dies is a bug too."""
    outputs = [worker.communicate()[0] for worker in workers]
    for worker in workers:
        if worker.returncode:
            raise RuntimeError(f"a reader ended with status {worker.returncode}: process {worker.pid}")
    return [json.loads(output) for output in outputs]


def told(found: list[dict[str, Any]], count: int, wall: float) -> None:
    """Print how the recordings ended."""
    ends: Counter[str] = Counter()
    faults: dict[str, list[int]] = {}
    for one in found:
        ends.update(one["ends"])
        for where, numbers in one["faults"].items():
            faults.setdefault(where, []).extend(numbers)
    for end in ("rows", "partial", "refused"):
        figure({"rows": "read whole", "partial": "read in part, and said", "refused": "refused"}[end], ends[end], "")
    figure("ended otherwise", sum(map(len, faults.values())), "", goal=(AT_MOST, 0))
    figure("slowest", max(one["slowest"] for one in found), "s of CPU", goal=(AT_MOST, 5))
    figure("most memory of a reader", max(one["memory"] for one in found), "MB", goal=(AT_MOST, 1024))
    figure("read", count / wall, "recordings/s")
    for where, numbers in sorted(faults.items(), key=lambda item: -len(item[1]))[:SHOWN]:
        print(f"  FAULT {len(numbers)} times, first in number {min(numbers)}: {where}")


def main() -> None:
    """All of it."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    count, seed = (*numbers, *(2000 if quick() else 100_000, 1)[len(numbers) :])[:2]
    sys.path += [str(TESTS / "unit"), str(TESTS / "kernel")]
    readers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        live = os.geteuid() == 0
        (recorded_live if live else made_up)(base)
        heading(f"{count:,} damaged recordings, seed {seed}, of {'a live recording' if live else 'synthetic rows'}")
        began = time.monotonic()
        workers = [started(base, seed, first, count, readers) for first in range(readers)]
        told(results(workers), count, time.monotonic() - began)
        if find_spec("coverage") is None:
            print("  which lines they reach is not measured: pip install coverage")
            return
        covered = min(count, COVERED)
        reached = results([started(base, seed, 0, covered, 1, "cover")])[0]["reached"]
        for file, percent in reached.items():
            figure(f"lines of {file} that read, reached by {covered:,}", percent, "%")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2:])
    else:
        main()
