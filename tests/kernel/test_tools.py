"""Each tool answers the question in its header: its workload runs, and the answer has the primes it made."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live import KERNEL, LIMIT, cli

from sonde.dialects.tool import Tool
from sonde.toolbox import all_tools

pytestmark = KERNEL

PRELUDE = """
import os, socket, subprocess, sys, time
def pair():
    with socket.create_server(('127.0.0.1', 0)) as server:
        a = socket.create_connection(server.getsockname())
        return a, server.accept()[0]
print(os.getpid(), flush=True)
"""
JUDGED = [tool for tool in all_tools() if "workload" in tool.settings]
NOISE = f"import os\nfor _ in range({LIMIT * 1000:.0f}): os.write(os.open('/dev/null', 1), b'x'); os.closerange(3, 9)"
NOISY = ("topscalls", "topfiles_bytes", "opensnoop", "filetop")
Row = dict[str, Any]


def answer(tool: Tool, path: Path) -> tuple[list[Row], dict[str, str]]:
    """What the tool says of its workload, and the names in its answer: {path}, {directory}, {pid}, {said}."""
    program = PRELUDE + tool.settings["workload"].replace("\\n", "\n")
    words = [tool.name, *shlex.split(tool.settings.get("words", "")), "--json", "--output=-"]
    done = cli(*words, "--", sys.executable, "-I", "-S", "-c", program, str(path))
    assert done.returncode == 0, done.stderr
    assert '"status": "EXACT"' in done.stderr, done.stderr
    lines = done.stdout.splitlines()
    said = [line for line in lines if not line.startswith("{")]
    rows = [json.loads(line) for line in lines if line.startswith("{")]
    names = {"path": str(path), "directory": str(path.parent), "pid": said[0], "said": said[-1]}
    return rows, names


def fits(row: Row, wanted: str) -> bool:
    """Has the row the values of an answer such as `Process=dd Bytes>=100`?"""
    for word in shlex.split(wanted):
        match = re.fullmatch(r"(.+?)(>=|=)(.*)", word)
        assert match is not None, word
        name, operator, value = match.groups()
        if not (str(row[name]) == value if operator == "=" else float(row[name]) >= float(value)):
            return False
    return True


def check(tool: Tool, path: Path) -> None:
    """The answer is in the rows: `rows WHAT N` exactly N times, else once."""
    rows, names = answer(tool, path)
    wanted = tool.settings["answer"].format(**names)
    counted = re.fullmatch(r"rows (.*) (\d+)", wanted)
    what, times = (counted[1], int(counted[2])) if counted else (wanted, 1)
    assert sum(fits(row, what) for row in rows) == times, (wanted, rows)


@pytest.fixture
def noise() -> Iterator[None]:
    """Four processes that do the like on all CPUs."""
    running = [subprocess.Popen([sys.executable, "-I", "-S", "-c", NOISE]) for _ in range(4)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.mark.parametrize("tool", JUDGED, ids=lambda tool: tool.name)
def test_the_answer(tool: Tool, tmp_path: Path) -> None:
    check(tool, tmp_path / "file")


@pytest.mark.parametrize("tool", [tool for tool in JUDGED if tool.name in NOISY], ids=lambda tool: tool.name)
def test_the_answer_under_noise(tool: Tool, tmp_path: Path, noise: None) -> None:
    check(tool, tmp_path / "file")


def test_most_tools_are_judged() -> None:
    assert {tool.name for tool in all_tools()} - {tool.name for tool in JUDGED} <= {
        "fileslower",
        "spectrogram",
        "subsecoffset",
    }


def test_a_filter_of_the_user_is_added(tmp_path: Path) -> None:
    program = "import os\nfor p in ('/etc/hostname', '/etc/passwd'): os.close(os.open(p, 0))"
    words = ("--json", "--output=-", "--", sys.executable, "-I", "-S", "-c", program)
    done = cli("opensnoop", "fd.name", "endswith", "hostname", *words)
    assert {json.loads(line)["PATH"] for line in done.stdout.splitlines()} == {"/etc/hostname"}
    failed = cli("opensnoop", "-xn", "nosuch", *words)
    assert (failed.returncode, failed.stdout) == (0, "")


def test_a_tool_of_the_user(tmp_path: Path) -> None:
    query = "SELECT count(*) AS n FROM events WHERE evt.type = '${CALL}'"
    header = "-- mine: How often is a call made?\n-- argument CALL=getppid  which call\n"
    (tmp_path / "mine.sql").write_text(header + query)
    program = "import os\nfor _ in range(4001): os.getppid()"
    environment = {**os.environ, "SONDE_TOOLS_PATH": str(tmp_path)}
    sonde = [sys.executable, "-m", "sonde.cli"]
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    run = {"env": environment, "capture_output": True, "text": True, "timeout": LIMIT}
    command = [*sonde, "mine", "--json", "--output=-", "--", sys.executable, "-I", "-S", "-c", program]
    assert json.loads(subprocess.run(command, **run).stdout) == {"n": 4001}  # type: ignore[call-overload]
    page = subprocess.run([*sonde, "help", "mine"], **run).stdout  # type: ignore[call-overload]
    assert page.startswith("mine: How often is a call made?") and "which call (getppid)" in page
