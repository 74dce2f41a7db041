"""Loss is counted, exactly: rings too small on purpose, a reader that sleeps, and counters that are not ours."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from live import KERNEL, Answered, Workload, ask, cli_start, rest_of

from sonde.query import event_name
from sonde.render.receipt import Status, receipt
from sonde.sources.live import events
from sonde.sources.live.events import Sizes

pytestmark = KERNEL

MANY = 50_021  # a prime
CALLS = f"""
call = ctypes.CDLL(None).getppid
for _ in range({MANY}): call()
"""
BOTH = f"""
call = ctypes.CDLL(None).getppid
busy, *_, other = sorted(os.sched_getaffinity(0)) * 2
child = os.fork()
os.sched_setaffinity(0, [busy if child else other])
for at in range({MANY}):
    call()
    for _ in range(0 if child else 9): pass
if child: os.waitpid(child, 0)
else: os._exit(0)
"""
WRITES = """
fd = os.open('/dev/null', os.O_WRONLY)
for at in range(2003): os.write(fd, b'%08d' % at * 100)
"""
OPENS = """
os.chdir(sys.argv[1])
for at in range(1009):
    fd = os.open(f'file {at} ' + 'x' * 100, os.O_CREAT | os.O_WRONLY)
    os.write(fd, b'%d' % at)
    os.close(fd)
"""


def status(answered: Answered) -> Status:
    """What the receipt says."""
    return receipt(answered.counters, 1.0, event_name).status


def test_without_loss_everything_is_there() -> None:
    answered = ask("evt.type=getppid", Workload(CALLS), "evt.num")
    counters = answered.counters
    assert (counters.matched, counters.delivered, counters.lost) == (MANY, MANY, 0)
    assert counters.seen >= MANY and status(answered) is Status.EXACT
    assert [row["evt.num"] for row in answered.rows] == list(range(1, MANY + 1))


def test_rows_are_in_order_though_one_processor_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits on the busy one is older than what the other has just written."""
    monkeypatch.setattr(events, "AT_ONCE", 1 << 8)
    answered = ask("evt.type=getppid", Workload(BOTH), "evt.rawtime", "evt.cpu")
    times = [row["evt.rawtime"] for row in answered.rows]
    assert len({row["evt.cpu"] for row in answered.rows}) == min(2, len(os.sched_getaffinity(0)))
    assert len(times) == 2 * MANY
    assert times == sorted(times)


def test_a_full_ring_is_counted_by_event() -> None:
    answered = ask(
        "evt.type in (getppid, exit_group, procexit)", Workload(CALLS), "evt.type", "evt.rawres", "proc.ppid",
        sizes=Sizes(events=1 << 13),
    )  # fmt: skip
    counters = answered.counters
    assert counters.matched == MANY + 1  # and procexit
    assert counters.delivered + counters.lost == counters.matched
    assert counters.lost > MANY // 2 and counters.delivered >= (1 << 13) // 128
    assert {event_name(n): count for n, count in counters.lost_by_event.items()}["getppid"] >= counters.lost - 1
    assert sum(counters.lost_by_event.values()) == counters.lost
    assert status(answered) is Status.LOWER_BOUND
    assert {row["evt.rawres"] for row in answered.rows if row["evt.type"] == "getppid"} == {os.getpid()}


def test_lost_buffers_cost_no_rows() -> None:
    answered = ask(
        "evt.type=write", Workload(WRITES), "evt.buffer", "evt.buflen", snaplen=800, sizes=Sizes(payloads=1 << 13)
    )
    counters = answered.counters
    assert counters.matched == counters.delivered == 2003 and counters.lost == 0
    missing = [row for row in answered.rows if row["evt.buffer"] is None]
    assert len(missing) == counters.lost_payloads > 0
    assert {row["evt.buflen"] for row in answered.rows} == {800}
    for at, row in enumerate(answered.rows):
        assert row["evt.buffer"] in (None, f"{at:08d}" * 100)
    assert status(answered) is Status.LOWER_BOUND


def test_lost_names_are_missing_not_wrong(tmp_path: Path) -> None:
    workload = Workload(OPENS, str(tmp_path))
    answered = ask("evt.type=write", workload, "fd.name", "evt.buffer", sizes=Sizes(dictionary=1 << 12))
    counters = answered.counters
    assert counters.matched == counters.delivered == 1009
    assert counters.lost_dictionary > 0 and status(answered) is Status.LOWER_BOUND
    named = [row for row in answered.rows if row["fd.name"] is not None]
    assert 0 < len(named) < 1009
    for row in named:
        assert row["fd.name"] == f"{tmp_path}/file {row['evt.buffer']} " + "x" * 100


@pytest.mark.parametrize(("snaplen", "truncated"), [(800, 0), (799, 2003), (0, 2003)])
def test_truncated_values_are_counted(snaplen: int, truncated: int) -> None:
    answered = ask("evt.type=write", Workload(WRITES), "evt.buffer", snaplen=snaplen)
    assert answered.counters.truncated == truncated
    assert {len(row["evt.buffer"]) for row in answered.rows} == {snaplen}


@pytest.mark.skipif(shutil.which("perf") is None, reason="perf is not installed")
def test_perf_counts_the_same_calls(tmp_path: Path) -> None:
    log = tmp_path / "perf"
    script = "for i in 1 2 3 4 5; do cat /etc/hostname >/dev/null; (exit 3); done; kill -USR1 $$ & wait"
    program = f"""
count = ['perf', 'stat', '-x,', '-o', {str(log)!r}, '-e', 'raw_syscalls:sys_exit', '--']
os.execvp('perf', [*count, '/bin/sh', '-c', {script!r}])
"""
    answered = ask("", Workload(program), "evt.type", "evt.rawres", "thread.tid", "proc.name", "proc.ppid", "proc.pid")
    counted = next(int(line.split(",")[0]) for line in log.read_text().splitlines() if "sys_exit" in line)
    first = next(
        i
        for i, r in enumerate(answered.rows)
        if r["evt.type"] == "execve" and r["proc.name"] == "sh" and not r["evt.rawres"]
    )
    own = {r["thread.tid"] for r in answered.rows[:first]} - {answered.rows[first]["thread.tid"]}
    mine = [r for r in answered.rows[first:] if r["thread.tid"] not in own]
    assert len([r for r in mine if r["evt.type"] not in ("procexit", "signaldeliver")]) == counted > 300


BUSY = """
import ctypes, os, select
call = ctypes.CDLL(None).getppid
while not select.select([0], [], [], 0.01)[0]: call()
os.read(0, 1)
for _ in range(700001): call()
os.write(1, b'!')
os.read(0, 1)
"""


def test_exact_means_a_failure_when_something_was_lost() -> None:
    busy = subprocess.Popen([sys.executable, "-I", "-S", "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    watch = cli_start(
        "--exact", "-j", "-p", "%evt.num", "--pid", str(busy.pid), "evt.type=getppid", stdout=subprocess.PIPE
    )
    try:
        assert busy.stdin and busy.stdout and watch.stdout
        watch.stdout.readline()
        watch.send_signal(signal.SIGSTOP)
        busy.stdin.write(b"!")
        busy.stdin.flush()
        assert busy.stdout.read(1) == b"!"
        watch.send_signal(signal.SIGINT)
        watch.send_signal(signal.SIGCONT)
        rows, said = rest_of(watch)
    finally:
        busy.kill()
        busy.wait()
    told = next(json.loads(line)["receipt"] for line in said.splitlines() if line.startswith('{"receipt"'))
    assert watch.returncode == 1 and "--exact" in said
    assert told["status"] == "LOWER BOUND" and told["lost"] > 0
    assert told["matched"] == told["delivered"] + told["lost"] > 700001
    assert told["lost_by_event"] == {"getppid": told["lost"]}
    assert len(rows.splitlines()) + 1 == told["delivered"]
