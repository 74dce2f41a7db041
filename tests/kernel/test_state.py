"""Tables of state: what ps, ss and /proc say too, alone and joined with events."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from live import KERNEL, cli, wait_for

pytestmark = KERNEL


def rows(statement: str, *words: str, command: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """The answer's rows by column."""
    behind = ("--", *command) if command else ()
    done = cli("sql", statement, "--json", "--output=-", *words, *behind)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_processes_are_those_of_ps(tmp_path: Path) -> None:
    child = subprocess.Popen(["sleep", "60"], cwd=tmp_path)
    try:
        wait_for(lambda: Path(f"/proc/{child.pid}/syscall").read_text().startswith("230 "))  # clock_nanosleep
        [found] = rows(f"SELECT * FROM processes WHERE pid = {child.pid}")
        said = subprocess.run(
            ["ps", "-o", "ppid=,comm=,user=,sid=,pgid=,nlwp=,rss=", "-p", str(child.pid)],
            text=True,
            capture_output=True,
        ).stdout.split()
    finally:
        child.kill()
        child.wait()
    shown = [str(found[name]) for name in ("ppid", "name", "user", "sid", "pgid", "threads")]
    assert shown == said[:6] and found["vmrss"] == pytest.approx(int(said[6]), abs=64)
    assert found["cmdline"] == "sleep 60" and found["cwd"] == str(tmp_path)
    assert found["exe"] == os.path.realpath(shutil.which("sleep") or "")


def test_files_are_open_descriptors(tmp_path: Path) -> None:
    kept, gone = tmp_path / "kept", tmp_path / "gone"
    kept.write_bytes(b"x" * 1009)
    with kept.open(), gone.open("w"):
        gone.unlink()
        found = rows(f"SELECT * FROM files WHERE pid = {os.getpid()} AND path LIKE '{tmp_path}/%' ORDER BY path")
    assert [(row["path"], row["type"], row["deleted"], row["size"]) for row in found] == [
        (str(gone), "file", 1, 0), (str(kept), "file", 0, 1009),
    ]  # fmt: skip


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_sockets_of_a_connection(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as server:
        server.bind((host, 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection((host, port)) as client, server.accept()[0] as accepted:
            found = rows(f"SELECT fd, proto, state, rport FROM sockets WHERE lport = {port} AND pid = {os.getpid()}")
            [other] = rows(f"SELECT * FROM sockets WHERE rport = {port} AND pid = {os.getpid()}")
            assert {(row["fd"], row["state"], row["rport"]) for row in found} == {
                (server.fileno(), "LISTEN", 0),
                (accepted.fileno(), "ESTABLISHED", client.getsockname()[1]),
            }
            assert (other["fd"], other["lip"], other["rip"]) == (client.fileno(), host, host)


def test_a_join_knows_processes_that_came_and_went() -> None:
    child = "import os; [os.getppid() for _ in range(101)]"
    program = f"import subprocess, sys; [subprocess.run([sys.executable, '-S', '-c', {child!r}]) for _ in range(3)]"
    statement = (
        "SELECT p.cmdline AS line, q.pid AS known, count(*) AS calls "
        "FROM events e JOIN processes p ON e.proc.ppid = p.pid "
        "LEFT JOIN processes q ON e.proc.pid = q.pid WHERE e.evt.type = 'getppid' AND p.name <> 'nosuch' GROUP BY ALL"
    )
    found = rows(statement, command=(sys.executable, "-S", "-c", program))
    assert [row["calls"] for row in found] == [101] * 3 and all(row["known"] for row in found)
    assert all("subprocess" in row["line"] for row in found)


def test_windows_of_time_add_up() -> None:
    program = "import os, time\nfor _ in range(5): [os.getppid() for _ in range(199)]; time.sleep(0.06)"
    statement = (
        "SELECT tumble(evt.time, INTERVAL '50ms') AS start, count(*) AS n, min(evt.rawtime) AS first, max(evt.rawtime) "
        "AS last FROM events WHERE evt.type = 'getppid' GROUP BY ALL ORDER BY start"
    )
    found = rows(statement, command=(sys.executable, "-S", "-c", program))
    assert sum(row["n"] for row in found) == 5 * 199 and len(found) >= 5
    for row in found:
        assert row["start"] % 50_000_000 == 0
        assert row["start"] <= row["first"] <= row["last"] < row["start"] + 50_000_000


def test_what_may_not_be_known_is_told() -> None:
    statement = "SELECT count(*) AS n FROM files"
    words = ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-m", "sonde.cli", "sql", statement]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "HOME": "/nonexistent"}
    done = subprocess.run(words, capture_output=True, text=True, env=environment)
    assert done.returncode == 0 and "PARTIAL" in done.stderr and "kept from this user" in done.stderr


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT nme FROM processes", "unknown column nme, did you mean name?"),
        ("SELECT pid FROM proceses", "there is no table proceses, did you mean processes?"),
        ("SELECT p.fd FROM processes p", "unknown column fd"),
        ("SELECT * FROM events", "SELECT * is not there"),
    ],
)
def test_mistakes_have_a_place(statement: str, said: str) -> None:
    done = cli("sql", statement)
    assert done.returncode == 2 and said in done.stderr and "^" in done.stderr
