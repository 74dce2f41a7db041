"""The judges judged: what they read, that two runs under strace are equal to them, and that they see what is not."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest
from alike import compare
from counted import counts
from gist import apart, gists
from told import Unreadable, read, split, stories
from tracing import OPTIONS, STRACE, build, fresh, trace

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

LOG = r"""
10 execve("/bin/a", ["a", "b, c"], 0x7ffe /* 3 vars */) = 0
10 openat(AT_FDCWD</tmp>, "x\"),(", O_RDONLY|O_CLOEXEC) = 3</tmp/a(b, c\>>
10 ioprio_set(0x1, 0, 16388 /* IOPRIO_PRIO_VALUE(0x2 /* IOPRIO_CLASS_BE */, 4) */) = 0
10 clone(child_stack=NULL, flags=SIGCHLD) = 11
10 wait4(-1,  <unfinished ...>
11 connect(4<TCP:[1.2.3.4:5->6.7.8.9:1]>, {sa_family=AF_INET, sin_port=htons(7)}, 16) = -1 ECONNREFUSED (Refused)
11 futex(0x10, FUTEX_WAKE_OP, 1, 1, 0x20, FUTEX_OP_OR<<28|0x2<<12|0x3) = 0 <0.000012>
11 +++ exited with 1 +++
10 <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 1}], 0, NULL) = 11
10 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=11} ---
10 pause()   = ? ERESTARTNOHAND (To be restarted if no handler)
10 read(0,  <unfinished ...>) = ?
10 +++ killed by SIGKILL +++
"""


def test_lines_are_taken_apart() -> None:
    told = read(LOG)
    assert [(one.tid, one.name, len(one.arguments), one.result) for one in told] == [
        (10, "execve", 3, "0"), (10, "openat", 3, r"3</tmp/a(b, c\>>"), (10, "ioprio_set", 3, "0"),
        (10, "clone", 2, "11"),
        (11, "connect", 3, "-1 ECONNREFUSED (Refused)"), (11, "futex", 6, "0"), (11, "exited with 1", 0, ""),
        (10, "wait4", 4, "11"), (10, "SIGCHLD", 3, ""),
        (10, "pause", 0, "? ERESTARTNOHAND (To be restarted if no handler)"),
        (10, "read", 1, "?"), (10, "killed by SIGKILL", 0, ""),
    ]  # fmt: skip
    assert told[0].arguments == ('"/bin/a"', '["a", "b, c"]', "0x7ffe /* 3 vars */")
    assert told[7].arguments == ("-1", "[{WIFEXITED(s) && WEXITSTATUS(s) == 1}]", "0", "NULL")
    assert {key: story.tid for key, story in stories(told).items()} == {(): 10, (0,): 11}


@pytest.mark.parametrize("line", ["10 read(3", "10 read(3, 4)", "10 nothing", "10 <... read resumed>) = 0"])
def test_what_is_not_in_the_format_is_an_error(line: str) -> None:
    with pytest.raises(Unreadable):
        read(line)


def test_lists_are_split_outside_of_brackets_and_strings() -> None:
    assert split('a, [b, c], {d=1, e={f, g}}, "h, \\"i"..., 3</x, y> /* z, z */') == [
        "a", "[b, c]", "{d=1, e={f, g}}", '"h, \\"i"...', "3</x, y> /* z, z */",
    ]  # fmt: skip
    assert split("") == []


@needs_strace
@pytest.mark.parametrize("machine", ["x86_64", "i386"])
def test_two_runs_under_strace_are_equal(machine: str, tmp_path: Path) -> None:
    program = build(machine, tmp_path)
    for options in OPTIONS:
        logs = []
        for _ in range(2):
            place = fresh(tmp_path / "here")
            logs.append(trace(STRACE, options, [str(program), str(place)], place).log)
        found = compare(*logs)
        assert not found.differences, found.differences
        assert found.parameters > 4000 and len(found.names) > 350


@needs_strace
def test_what_is_changed_is_found(tmp_path: Path) -> None:
    program, place = build("x86_64", tmp_path), fresh(tmp_path / "here")
    log = trace(STRACE, OPTIONS[0], [str(program), str(place), "files", "names", "memory", "system"], place).log
    lines = log.split("\n")
    chance = random.Random(3)
    changeable = [at for at, line in enumerate(lines) if _changed(line) != line]
    chosen = chance.sample(changeable, 60)
    for at in chosen:
        lines[at] = _changed(lines[at])
    found = compare(log, "\n".join(lines))
    assert found.calls - found.equal_calls == len(chosen)
    assert compare(log, "\n".join(lines[:120])).share < 0.5


def _changed(line: str) -> str:
    """Another letter in the first string or flag of a call."""
    return re.sub(r"(\w+\([^)]*?[A-Z]{3,}?)([A-Z])(?=[A-Z_])", lambda found: found[1] + "q", line, count=1)


@needs_strace
def test_the_gist_of_two_runs_is_equal_and_a_lost_call_is_found(tmp_path: Path) -> None:
    # no children: when their ends are told is not the same each time
    command = ["sh", "-c", "echo x >here; exec cat /etc/hostname"]
    first, second = (trace(STRACE, ("-f", "-y"), command, fresh(tmp_path / "here")).log for _ in range(2))
    assert not apart(gists(first, (), ()), gists(second, (), ()))
    without = "\n".join(line for line in second.split("\n") if not ("openat" in line and "/etc/hostname" in line))
    assert apart(gists(first, (), ()), gists(without, (), ()))


def test_counts_are_read() -> None:
    table = """% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000012           1        12         3 openat
 40.00    0.000000           0         7           read
------ ----------- ----------- --------- --------- ----------------
100.00    0.000012           0        19         3 total
"""
    assert counts(table) == {"openat": (12, 3), "read": (7, 0), "total": (19, 3)}
