"""A program run under a tracer, in surroundings that are the same each time: place, environment, addresses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

import sonde
from sonde.query import capabilities

__all__ = ["KERNEL", "LIMIT", "OPTIONS", "SONDE", "STRACE", "Run", "build", "environment", "fresh", "trace"]

SOURCE = Path(sonde.__file__).parents[1]
LIMIT = 60.0  # s, a guard against hanging
STRACE = ("strace",)
SONDE = (sys.executable, "-m", "sonde.cli", "strace")
# how calls are compared: with the numbers behind the names of flags, and as people use it
OPTIONS = (("-f", "-y", "-X", "verbose"), ("-f", "-v", "-yy", "-s", "100"))
CALLS = Path(__file__).with_name("calls")
TARGETS = {"x86_64": "x86_64-linux-musl", "i386": "x86-linux-musl"}
# the next process ids: how many digits they have is seen in blanks, and in how much nginx writes that tells of its own;
# 404 or 1000 are also other numbers of these logs
LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
FIVE_DIGITS = "20000"
PLAIN = ("-nostdlib", "-static", "-fno-builtin", "-fno-stack-protector", "-O1", "-w")


@cache
def _absent() -> str:
    missing = [f"{found.name}: {found.why}" for found in capabilities() if found.needed and not found.here]
    return "; ".join(missing + [f"{tool} is not installed" for tool in STRACE if shutil.which(tool) is None])


# marks of a module that judges sonde
KERNEL = [pytest.mark.core, pytest.mark.skipif(bool(_absent()), reason=_absent() or "everything needed is here")]


@dataclass(frozen=True)
class Run:
    """What a tracer left: its log, what it said, and its exit status."""

    log: str
    said: str
    status: int


def environment(place: Path) -> dict[str, str]:
    """What traced programs find, with both tracers."""
    return {
        "PATH": os.environ["PATH"], "HOME": str(place), "LANG": "C", "PYTHONPATH": str(SOURCE),
        "PYTHONDONTWRITEBYTECODE": "1", "TZ": "UTC",
    }  # fmt: skip


def trace(
    tool: Sequence[str], options: Sequence[str], command: Sequence[str], place: Path,
    more: Mapping[str, str] | None = None, beside: Callable[[], None] | None = None,
) -> Run:  # fmt: skip
    """Run a command under a tracer in a place, addresses not random; `beside` is called while it runs."""
    with tempfile.TemporaryDirectory(prefix="judged") as kept:
        log, said = Path(kept, "log"), place.with_name(f"{place.name}.said")
        words = ["setarch", "-R", *tool, *options, "-o", str(log), *command]
        if LAST_PID.exists():
            LAST_PID.write_text(FIVE_DIGITS)
        with open(os.devnull, "r+b") as null, said.open("wb") as errors:
            process = subprocess.Popen(
                words, cwd=place, env=environment(place) | dict(more or {}), stdin=null, stdout=null, stderr=errors
            )
            try:
                if beside is not None:
                    beside()
                status = process.wait(LIMIT)
            finally:
                process.kill()
                process.wait()
        text = log.read_text("utf-8", "surrogateescape") if log.exists() else ""
        return Run(text, said.read_text(errors="replace"), status)


def fresh(place: Path) -> Path:
    """An empty directory, also if it was not."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    return place


def build(machine: str, into: Path) -> Path:
    """The program of all calls, for x86_64 or i386; no library is in it, so it is built in a second."""
    program = into / f"calls-{machine}"
    sources = sorted(map(str, CALLS.glob("*.c")))
    ziglang = find_spec("ziglang")
    if ziglang is None or ziglang.origin is None:
        words = ["gcc", *(["-m32"] if machine == "i386" else []), *PLAIN]
    else:
        headers = Path(ziglang.origin).parent / "lib/libc/include"
        names = [TARGETS[machine], "generic-musl", "x86-linux-any", "any-linux-any"]
        words = [sys.executable, "-m", "ziglang", "cc", "-target", TARGETS[machine], "-fno-sanitize=undefined", *PLAIN]
        words += [word for name in names for word in ("-isystem", str(headers / name))]
    subprocess.run([*words, "-o", str(program), *sources], check=True, stdout=subprocess.DEVNULL)
    return program
