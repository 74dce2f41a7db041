"""What counting in the kernel costs, beside bpftrace: `python bench/aggregate.py [--quick]`; needs root and bpftrace.

CPU seconds of dd while calls are counted by process and type, sonde's own CPU at one table a second, and the time from
the command to its first table.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from measuring import workloads
from measuring.figures import AT_MOST, Variant, figure, heading, interleaved, quick, ratio, spread
from measuring.processes import ENVIRONMENT
from measuring.watching import await_attachment, empty_program, nothing

from sonde.sql_query import SqlAnswer, plan_sql
from sonde.toolbox import open_tool

__all__ = ["main"]

ROUNDS = 3 if quick() else 11
DD = 100_000 if quick() else 1_000_000
SECONDS = 5 if quick() else 60
COUNT = "SELECT proc.name, evt.type, count(*) FROM events GROUP BY ALL ORDER BY 3 DESC"
BPFTRACE = "tracepoint:raw_syscalls:sys_exit { @[comm] = count(); }"


@contextlib.contextmanager
def counted(statement: str = COUNT) -> Iterator[subprocess.Popen[str]]:
    """The command `sonde sql`, a table a second, which nobody looks at."""
    command = [sys.executable, "-m", "sonde.cli", "--output=/dev/null", "sql", statement, "--every", "1s", "--json"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        await_attachment(process.pid)
        yield process
        process.send_signal(signal.SIGINT)
        process.wait(30)


@contextlib.contextmanager
def bpftrace() -> Iterator[None]:
    """bpftrace counting by process."""
    command = ["bpftrace", "-e", BPFTRACE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        select.select([process.stdout], [], [], 30)  # it says that it attaches
        time.sleep(1)
        yield
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def counting() -> None:
    """CPU of dd under each of them."""
    heading(f"dd bs=1 count={DD}: calls counted by process and type")
    variants: dict[str, Variant] = {"nothing": nothing, "empty": empty_program, "sonde": counted}
    if shutil.which("bpftrace"):
        variants["bpftrace"] = bpftrace
    cpu = interleaved(variants, workloads.dd(DD), ROUNDS)
    for name in list(variants)[1:]:
        figure(name, ratio(cpu[name], cpu["nothing"]), "x nothing", note=spread(cpu[name], cpu["nothing"]))
    if "bpftrace" in cpu:
        figure("count by (comm, syscall)", ratio(cpu["sonde"], cpu["bpftrace"]), "x bpftrace", goal=(AT_MOST, 1.0),
               note=f"bpftrace counts by comm alone; {spread(cpu['sonde'], cpu['bpftrace'])}")  # fmt: skip
    else:
        print("  no yardstick: apt-get install bpftrace")


def own_cpu() -> None:
    """sonde's own CPU by schedstat while dd calls as often as it can."""
    heading(f"sonde's own CPU, a table a second, {SECONDS} s of dd on all processors")
    with counted() as process:
        dds = [subprocess.Popen(["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "status=none"]) for _ in range(2)]
        time.sleep(2)  # what is loaded is loaded
        before, began = _schedstat(process.pid), time.monotonic()
        time.sleep(SECONDS)
        used, elapsed = _schedstat(process.pid) - before, time.monotonic() - began
        for dd in dds:
            dd.kill()
            dd.wait()
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        receipt = json.loads(next(line for line in process.stderr if line.startswith('{"receipt"')))["receipt"]
    figure("own CPU", 100 * used / elapsed, "% of a core", goal=(AT_MOST, 2))
    figure(
        "calls seen",
        receipt["seen"] / receipt["elapsed"] / 1e6,
        "M/s",
        note=f"{receipt['status']}, {receipt['seen']:,}",
    )


def _schedstat(pid: int) -> float:
    """Seconds of CPU of all threads of a process."""
    stats = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(stat.read_text().split()[0]) for stat in stats) / 1e9


def start() -> None:
    """Compile, load and attach in a process that has imported everything; and the whole command."""
    heading("from a question to its first table")
    asked = {"topscalls": (open_tool("topscalls").use([]).statement, "topscalls"), "by process and type": (COUNT, "")}
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(1 + ROUNDS):
        for name, (statement, tool) in asked.items():
            began = time.perf_counter()
            answer = SqlAnswer(plan_sql(statement, tool=tool), skip=(os.getpid(),))
            answer.start()
            taken[name].append(1000 * (time.perf_counter() - began))
            answer.close()
    for name, times in taken.items():  # but for the first, which finds out what is kept
        figure(f"plan, compile, load and attach {name}", statistics.median(times[1:]), "ms", goal=(AT_MOST, 30))
    whole = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        command = [sys.executable, "-m", "sonde.cli", "topscalls", "--for", "300ms", "--json"]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT, check=True)
        whole.append(time.perf_counter() - began)
    figure("sonde topscalls --for 300ms", statistics.median(whole), "s", goal=(AT_MOST, 1.2), note="to its end, warm")


def main() -> None:
    """All of it."""
    start()
    counting()
    own_cpu()


if __name__ == "__main__":
    main()
