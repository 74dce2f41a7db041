"""The options of strace: under each of them sonde strace prints the same lines, to the last blank."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tracing import KERNEL, SONDE, STRACE, build, fresh, trace

pytestmark = KERNEL

ROOMS = ("files", "descriptors", "timers")  # by one thread, so that no line is cut in two
SETS = (
    "-f",
    "-f -y -s 5 -a 60",
    "-f -X raw -xx",
    "-f -x -v -e trace=%file",
    "-f -tt -T",
    "-f -ttt -n",
    "-f -r -i",
    "-f -t -Y",
    "-f -e trace=openat,/^get,close -e signal=none",
    "-f -e trace=!%memory,%process -q",
    "-f -z",
    "-f -Z",
    "-f -y -P plain",
    "-f -e status=failed -e signal=SIGUSR1",
    "-qqq -e trace=%desc",
    "-f -e quiet=exit,attach -e trace=%process",
    "-f -e trace=%stat -e verbose=none",
    "-f -e abbrev=none -e trace=%network,%signal",
    "-f -e write=3 -e trace=write",
)
MASKS = (
    (r"^(PID(?:<\S+>)? +)?(?:\d\d:\d\d:\d\d(?:\.\d+)?|\d+\.\d{6}|\(\+ +\d+\.\d{6}\)) ", r"\1TIME "),
    (r" <\d+\.\d{6}>$", " <TIME>"),
    (r"/#\d+>\(deleted\)", "/#>(deleted)"),
    (r"\b(st_ino|stx_ino|stx_mnt_id)=\w+", r"\1=#"),
    (r"\b(stx?_[abcm]time(?:_nsec)?)=(?:\{[^}]*\}|\d+)(?: /\*.*?\*/)?", r"\1=#"),
    (r"\b(pipe):\[\d+\]", r"\1:[#]"),
    (r"\bf_\w+=(?:\{[^}]*\}|\w+)", "f_#"),
    (r"(it_value|left) ?=?\{[^}]*\}", r"\1={#}"),
    (r"\{tv_sec=\d+, tv_[nu]sec=\d+\}\) = \?", "{#}) = ?"),
    (r"(execve\(.*), 0x[0-9a-f]+ /\* (\d+ vars)", r"\1, # /* \2"),
    (r"<(?:strace|sonde|python[\d.]*)>", "<tracer>"),
    (r"\[[0-9a-f]{16}\] execve", "[#] execve"),  # where the tracer's child called it
    (r"\[0</dev/null>\]", "[0]"),  # opened before the trace and never used: docs/compat.md
)


@pytest.mark.parametrize("options", SETS)
def test_the_same_lines(options: str, tmp_path: Path) -> None:
    program = build("x86_64", tmp_path)
    theirs, ours = (plain(log_of(tool, options, program, tmp_path / "here")) for tool in (STRACE, SONDE))
    assert len(theirs) > 3
    assert ours == theirs


def log_of(tool: tuple[str, ...], options: str, program: Path, place: Path) -> str:
    """What a tool writes of the program, run at a fresh place."""
    place = fresh(place)
    (place / "plain").touch()
    run = trace(tool, options.split(), [str(program), str(place), *ROOMS], place)
    assert run.status == 0, run.said
    return run.log


def plain(log: str) -> list[str]:
    """The lines without times and what else differs from run to run."""
    first = re.match(r"\d+", log)
    lines = [re.sub(rf"\b{first[0]}\b", "PID", line) if first else line for line in log.split("\n")]
    for pattern, sign in MASKS:
        lines = [re.sub(pattern, sign, line) for line in lines]
    return lines
