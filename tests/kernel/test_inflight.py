"""Calls that hang are seen while they hang; Ctrl-C and a closed pipe end sonde quietly, with all rows printed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from live import KERNEL, LIMIT, Row, busy, cli, cli_start, rest_of, wait_for

pytestmark = KERNEL

HANGS = """
import os, socket, sys
a, b = socket.socketpair()
server = socket.socket(); server.bind(('127.0.0.1', 0)); server.listen(1)
client = socket.socket(); client.connect(server.getsockname())
there, _ = server.accept()
print(client.getsockname()[1], server.getsockname()[1], there.fileno(), flush=True)
there.recv(1000)
"""
LINE = (
    "%evt.num %evt.dir %evt.type %evt.rawres %evt.latency %evt.args %fd.name %fd.num %proc.pid %thread.tid %proc.name"
)


@pytest.fixture
def hung() -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A process inside recv, and what it said: ports of client and server, the socket."""
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", HANGS], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = [int(word) for word in process.stdout.readline().split()]
    wait_for(lambda: Path(f"/proc/{process.pid}/syscall").read_text().startswith("45 "))
    yield process, said
    process.kill()
    process.wait()


def rows_of(text: str) -> list[Row]:
    """The rows of an output in JSON."""
    return [json.loads(line) for line in text.splitlines() if line.startswith('{"evt.num"')]


def shown(rows: list[Row], process: subprocess.Popen[str]) -> Row:
    """The only row about a process."""
    mine = [row for row in rows if row["proc.pid"] == process.pid]
    assert len(mine) == 1, rows
    return mine[0]


def test_a_call_that_hangs_is_a_row_at_the_end(hung: Any) -> None:
    process, (client, server, fd) = hung
    done = cli("--inflight", "--for", "0.2", "-j", "-p", LINE, "evt.type=recvfrom")
    row = shown(rows_of(done.stdout), process)
    assert (row["evt.dir"], row["evt.type"], row["evt.rawres"]) == (">", "recvfrom", None)
    assert (row["fd.name"], row["fd.num"]) == (f"127.0.0.1:{client}->127.0.0.1:{server}", fd)
    assert "size=1000" in row["evt.args"] and "res=" not in row["evt.args"]
    assert done.returncode == 0


def test_the_latency_so_far_is_known_for_calls_that_began_later() -> None:
    sleeper = "import time\nfor _ in range(9): time.sleep(0.001)\ntime.sleep(100)"
    watch = cli_start(
        "--inflight", "--kill", "-j", "-p", LINE, "evt.latency > 0", "--", sys.executable, "-I", "-S", "-c", sleeper
    )
    assert watch.stderr is not None
    slept = (row for line in watch.stderr for row in rows_of(line) if row["evt.type"] == "clock_nanosleep")
    *_, last = islice(slept, 9)
    wait_for(lambda: Path(f"/proc/{last['proc.pid']}/syscall").read_text().startswith("230 "))
    time.sleep(0.15)
    watch.send_signal(signal.SIGINT)
    _, said = rest_of(watch)
    found = [row for row in rows_of(said) if row["evt.dir"] == ">"]
    assert [row["evt.type"] for row in found] == ["clock_nanosleep"]
    assert found[0]["evt.latency"] > 100_000_000


@pytest.mark.parametrize(
    "filter", ("fd.lport=SERVER", "fd.type=ipv4 and evt.is_io_read=true", "proc.pid=PID and evt.dir=>")
)
def test_a_filter_holds_for_calls_in_flight(filter: str, hung: Any) -> None:
    process, (_, server, _) = hung
    wanted = filter.replace("SERVER", str(server)).replace("PID", str(process.pid))
    done = cli("--inflight", "--for", "0.1", "-j", "-p", LINE, wanted)
    assert shown(rows_of(done.stdout), process)["evt.type"] == "recvfrom"
    none = cli("--inflight", "--for", "0.1", "-j", "-p", LINE, f"fd.lport={server} and evt.type=sendto")
    assert rows_of(none.stdout) == []


def test_sigusr1_shows_calls_in_flight_and_a_receipt(hung: Any) -> None:
    process, _ = hung
    watch = cli_start("-j", "-p", LINE, "--pid", str(process.pid), "evt.type=recvfrom")
    assert watch.stdout is not None and watch.stderr is not None
    wait_for(lambda: signal.SIGUSR1 in _caught(watch.pid))
    attached = wait_for(lambda: _attached(watch.pid))
    watch.send_signal(signal.SIGUSR1)
    row = json.loads(watch.stdout.readline())
    told = json.loads(watch.stderr.readline())["receipt"]
    assert attached and (row["proc.pid"], row["evt.dir"]) == (process.pid, ">")
    assert told["status"] == "EXACT" and watch.poll() is None
    watch.send_signal(signal.SIGINT)
    rest, receipt = rest_of(watch)
    assert watch.returncode == 0 and rest == "" and receipt.count("receipt") == 1


def _caught(pid: int) -> set[signal.Signals]:
    """The signals a process has handlers for."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt"))
    mask = int(line.split()[1], 16)
    return {number for number in signal.Signals if mask >> (number - 1) & 1}


def _attached(pid: int) -> bool:
    """Does a process hold BPF links?"""
    links = (os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir())
    try:
        return any("bpf_link" in link or "bpf-link" in link or "raw-tracepoint" in link for link in links)
    except OSError:
        return False


@pytest.fixture
def work() -> Iterator[None]:
    """On a quiet machine nothing would happen."""
    with busy():
        yield


def test_interrupt_prints_what_was_seen(work: None) -> None:
    watch = cli_start("-p", "%evt.num %proc.name %evt.type")
    assert watch.stdout is not None
    assert watch.stdout.readline().startswith("1 ")
    watch.send_signal(signal.SIGINT)
    rest, receipt = rest_of(watch)
    assert watch.returncode == 0 and "Traceback" not in receipt
    delivered = int(receipt.split(" matched, ")[1].split(" delivered")[0].replace(",", ""))
    numbers = [int(line.split()[0]) for line in rest.splitlines()]
    assert numbers == list(range(2, delivered + 1))


@pytest.mark.parametrize("options", (("-p", "%evt.num"), ("-j",), ()))
def test_a_pipe_that_is_closed_ends_it_quietly(work: None, options: tuple[str, ...]) -> None:
    watch = cli_start(*options, "--for", "60")
    assert watch.stdout is not None and watch.stderr is not None
    assert watch.stdout.readline()
    watch.stdout.close()
    said = watch.stderr.read()
    assert watch.wait(timeout=LIMIT) == 0
    assert said == "" or said.startswith(("EXACT", "LOWER BOUND", '{"receipt"'))


def test_nothing_stays_attached(work: None) -> None:
    watch = cli_start("-p", "%evt.num")
    assert watch.stdout is not None and watch.stdout.readline()
    watch.kill()
    watch.communicate(timeout=LIMIT)
    after = cli("-p", "%evt.num", "-n", "1")
    assert after.returncode == 0 and after.stdout == "1\n"


@pytest.mark.parametrize("wanted", ("evt.cpu >= 0", "proc.name startswith py", "fd.type=ipv4", "evt.is_io=true"))
def test_what_the_kernel_decides_is_decided_here_of_calls_in_flight(hung: Any, wanted: str) -> None:
    process, _ = hung
    line = "%evt.dir%evt.type"
    done = cli("--inflight", "--for", "0.2", "-p", line, f"{wanted} and proc.pid={process.pid} and evt.dir=>")
    assert done.stdout == ">recvfrom\n", done.stderr
