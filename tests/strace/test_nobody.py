"""Without root: sonde strace, and filters on a command, as nobody; the installed strace is the source then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from gist import apart, gists
from programs import HANDLED
from tracing import LIMIT, SOURCE

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
PACKAGES = Path(np.__file__).parents[1]
SCRIPT = "cat data.txt >copy.txt; (exit 3); mkdir made; rmdir made; cat nothing; echo x >/dev/null"


def environment(place: Path) -> dict[str, str]:
    """Of nobody."""
    return {
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(place),
        "LANG": "C",
        "PYTHONPATH": f"{SOURCE}:{PACKAGES}",
    }


@cache
def python() -> str:
    """A Python that nobody may run, with numpy and sonde; or nothing."""
    for path in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        words = [*NOBODY, path, "-c", "import numpy, sonde.query"]
        with tempfile.TemporaryDirectory() as place:
            found = subprocess.run(words, env=environment(Path(place)), capture_output=True, check=False, cwd="/")
        if found.returncode == 0:
            return path
    return ""


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory of nobody."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None or shutil.which("strace") is None:
        pytest.skip("needs root to become nobody, setpriv and strace")
    if not python():
        pytest.skip("nobody may not run this Python, or not read this source tree")
    with tempfile.TemporaryDirectory(prefix="nobody") as name:
        directory = Path(name)
        (directory / "data.txt").write_text("some data\n" * 10)
        for path in (directory, directory / "data.txt"):
            os.chown(path, 65534, 65534)
        yield directory


def as_nobody(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command run by nobody."""
    return subprocess.run(
        [*NOBODY, *words], env=environment(place), cwd=place, capture_output=True, text=True, timeout=LIMIT,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def sonde(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`sonde WORDS` run by nobody."""
    return as_nobody(place, python(), "-m", "sonde.cli", *words)


def test_sonde_strace_tells_nobody_what_strace_tells(place: Path) -> None:
    logs = []
    for tool in (("strace",), (python(), "-m", "sonde.cli", "strace")):
        ran = as_nobody(place, *tool, "-f", "-y", "-o", "log", "sh", "-c", SCRIPT)
        assert ran.returncode == 0, ran.stderr
        logs.append((place / "log").read_text("utf-8", "surrogateescape"))
        (place / "log").unlink()
    theirs, ours = (gists(log, (), HANDLED) for log in logs)
    assert len(theirs) >= 5
    assert not (found := apart(theirs, ours)), "\n".join(found)


def test_counts_and_filters_of_strace_for_nobody(place: Path) -> None:
    ran = sonde(place, "strace", "-f", "-c", "-o", "log", "sh", "-c", SCRIPT)
    assert ran.returncode == 0 and "execve" in (place / "log").read_text()
    ran = sonde(place, "strace", "-f", "-e", "trace=mkdir,rmdir", "-o", "log", "sh", "-c", SCRIPT)
    names = [line.split("(")[0].split()[-1] for line in (place / "log").read_text().splitlines() if "made" in line]
    assert names == ["mkdir", "rmdir"]


def test_a_filter_runs_unchanged_on_a_command_of_nobody(place: Path) -> None:
    ran = sonde(place, "-p", "%proc.name %evt.type %fd.name %evt.res", "evt.type=openat and fd.name contains data.txt",
                "--", "sh", "-c", SCRIPT)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    # with a command, answers go to stderr
    assert [line for line in ran.stderr.splitlines() if line.startswith("cat openat ")] == [
        f"cat openat {place}/data.txt SUCCESS"
    ]
    assert "strace" in ran.stderr  # it is said where the answer comes from
