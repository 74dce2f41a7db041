"""What is told of a process only when a question asks for it: memory, descriptors, environment, control groups."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from live import KERNEL, Answered, Workload, ask, one, wait_for

from sonde.kernel.proc import stat_words, words

pytestmark = KERNEL

PROGRAM = """
opened = [os.open('/dev/null', os.O_RDONLY) for _ in range(70)]
ballast = bytearray(64 << 20)
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
def kib(name): return int(status[name].split()[0])
said = {'fds': len(os.listdir('/proc/self/fd')) - 1, 'rss': kib('VmRSS'), 'size': kib('VmSize'), 'swap': kib('VmSwap')}
said['groups'] = open('/proc/self/cgroup').read()
os.getppid()
if os.fork() == 0:
    os.execv('/bin/true', ['true'])
os.wait()
print(json.dumps(said))
"""
FIELDS = (
    "evt.type", "proc.name", "proc.fdopencount", "proc.fdlimit", "proc.fdusage", "proc.vmsize", "proc.vmrss",
    "proc.vmswap", "proc.env[SONDE_TEST]", "proc.env[NOSUCH]", "proc.env", "thread.cgroups", "thread.cgroup.cpu",
)  # fmt: skip


@pytest.fixture(scope="module")
def answered() -> Answered:
    """All rows of the workload."""
    return ask("", Workload(PROGRAM, environment={"SONDE_TEST": "first\nsecond", "PATH": "/bin"}), *FIELDS)


def test_memory_and_descriptors_are_those_of_proc(answered: Answered) -> None:
    row, said = one(answered.rows, evt__type="getppid"), answered.said
    assert row["proc.fdopencount"] == said["fds"]
    assert row["proc.fdusage"] == 100 * said["fds"] // row["proc.fdlimit"]
    assert row["proc.vmsize"] == said["size"]
    slack = 4 * 64 * (os.cpu_count() or 1)  # KiB that the kernel's per-CPU counters may lag
    assert abs(row["proc.vmrss"] - said["rss"]) <= slack
    assert row["proc.vmrss"] > 64 << 10
    assert row["proc.vmswap"] == said["swap"]


def test_environment_is_the_programs_own(answered: Answered) -> None:
    true = [row for row in answered.rows if row["proc.name"] == "true"]
    for row in [*true, one(answered.rows, evt__type="getppid")]:
        assert row["proc.env[SONDE_TEST]"] == "first\nsecond"
        assert row["proc.env[NOSUCH]"] is None
        assert "PATH=/bin" in row["proc.env"]
    assert true


def test_control_groups_are_those_of_proc(answered: Answered) -> None:
    groups = {
        controllers.removeprefix("name=") or "unified": path
        for _, controllers, path in (line.split(":", 2) for line in answered.said["groups"].splitlines())
    }
    for row in answered.rows:  # also of the child that has ended
        told = dict(word.split("=", 1) for word in row["thread.cgroups"].split(" "))
        assert told == {name: path for names, path in groups.items() for name in names.split(",")}
        assert row["thread.cgroup.cpu"] == told.get("cpu", told["unified"] if len(told) == 1 else None)


def test_a_filter_on_the_environment_is_decided_inside_the_kernel() -> None:
    marked = Workload(PROGRAM, environment={"SONDE_TEST": "marked"})
    found = ask("proc.env[SONDE_TEST]=marked and evt.type=getppid", marked, "proc.name", follow=False)
    assert [row["proc.name"] for row in found.rows] == [Path(sys.executable).name[:15]]
    unmarked = Workload(PROGRAM, environment={"SONDE_TEST": "other"})
    missed = ask("proc.env[SONDE_TEST]=marked and evt.type=getppid", unmarked, "proc.name")
    assert missed.rows == [] and missed.counters.matched == 0


def test_who_has_ended_and_is_waited_for_has_no_words_left() -> None:
    def start(pid: int) -> int:
        return int(stat_words(pid)[19]) * 10**9 // os.sysconf("SC_CLK_TCK")

    assert words(os.getpid(), start(os.getpid()), "cmdline") == Path("/proc/self/cmdline").read_bytes()
    with subprocess.Popen(["/bin/true"]) as gone:
        wait_for(lambda: stat_words(gone.pid)[0] == b"Z")
        assert words(gone.pid, start(gone.pid), "cmdline") is None, "not none of them"
