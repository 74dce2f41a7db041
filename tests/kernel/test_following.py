"""`sonde -- COMMAND` and `--pid`: the command and all its descendants, from its first instruction to its status."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import KERNEL, Row, cli, cli_start, rest_of

pytestmark = KERNEL

LINE = "%evt.type %proc.name %proc.cmdline %thread.tid %proc.ppid %evt.rawres %fd.name %evt.arg.filename"


def rows_of(text: str) -> list[Row]:
    """The JSON lines of an output."""
    return [json.loads(line) for line in text.splitlines() if line.startswith('{"evt.type"')]


def follow(*words: str, filter: str = "") -> tuple[subprocess.CompletedProcess[str], list[Row]]:
    """A command under sonde, its rows in a file."""
    done = cli("-j", "-p", LINE, *([filter] if filter else []), "--", *words)
    return done, rows_of(done.stderr)


def test_a_command_is_seen_from_its_exec_to_its_end() -> None:
    done, rows = follow("/bin/echo", "hello", "there")
    assert (done.returncode, done.stdout) == (0, "hello there\n")
    assert (rows[0]["evt.type"], rows[0]["evt.rawres"], rows[0]["evt.arg.filename"]) == ("execve", 0, "/bin/echo")
    assert rows[-1]["evt.type"] == "procexit"
    assert {row["proc.cmdline"] for row in rows} == {"echo hello there"}
    assert [row for row in rows if row["evt.type"] == "write" and row["evt.rawres"] == len("hello there\n")]


def test_descendants_are_followed_and_orphans_too() -> None:
    # the orphan holds the pipe whose end the last cat waits for
    script = "cat /etc/hostname; sh -c 'head -c 1 /etc/group >/dev/null'; (cat /etc/passwd 3>&1 >/dev/null & ) | cat"
    done, rows = follow("/bin/sh", "-c", script)
    assert done.returncode == 0
    opened = {(row["proc.name"], row["fd.name"]) for row in rows if row["evt.type"] == "openat"}
    assert {("cat", "/etc/hostname"), ("cat", "/etc/passwd"), ("head", "/etc/group")} <= opened
    assert {row["proc.name"] for row in rows} <= {"sh", "cat", "head", "dash"}


def test_a_filter_holds_for_the_command_only() -> None:
    done, rows = follow("/bin/cat", "/etc/hostname", filter="evt.type=open and fd.name startswith /etc/host")
    assert [(row["proc.name"], row["fd.name"]) for row in rows] == [("cat", "/etc/hostname")]
    assert done.stdout == Path("/etc/hostname").read_text()


def test_the_exit_status_is_the_commands() -> None:
    assert cli("-q", "--", "/bin/sh", "-c", "exit 7").returncode == 7
    assert cli("-q", "evt.type=open", "--", "/bin/false").returncode == 1


def test_the_signal_that_ended_the_command_ends_us() -> None:
    assert cli("-q", "--", "/bin/sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM


def test_a_command_that_cannot_be_run(tmp_path: Path) -> None:
    absent = cli("-q", "--", "no-such-command")
    assert (absent.returncode, absent.stderr.strip()) == (127, "sonde: no-such-command: command not found")
    refused = cli("-q", "--", str(tmp_path))
    assert refused.returncode == 126 and len(refused.stderr.splitlines()) == 1
    wrong = cli("-q", "nosuch.field=1", "--", "/bin/true")
    assert wrong.returncode == 125 and "nosuch.field" in wrong.stderr


def test_the_command_keeps_its_standard_streams() -> None:
    done = cli("-q", "--", "/bin/cat", stdin=None, input="through\n")
    assert (done.returncode, done.stdout) == (0, "through\n")


def test_enough_rows_leave_the_command_running_to_its_end() -> None:
    done = cli("-n", "3", "-p", "%evt.num", "--", "/bin/sh", "-c", "true; sleep 0.2; echo end; exit 5")
    assert (done.returncode, done.stdout) == (5, "end\n")
    assert done.stderr.splitlines()[:3] == ["1", "2", "3"] and "3 delivered" in done.stderr


def test_kill_ends_the_command() -> None:
    done = cli("-q", "--kill", "--for", "0.3", "--", "/bin/sleep", "60")
    assert done.returncode == -signal.SIGTERM


TICKING = "while not select.select([0], [], [], 0.005)[0]: os.stat('/etc/hostname')\n"


@pytest.fixture
def ticking() -> Iterator[subprocess.Popen[bytes]]:
    """A process that asks about a file until its stdin ends."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", "import os, select\n" + TICKING], stdin=subprocess.PIPE
    )
    with process:  # its end closes stdin
        yield process


def test_a_process_that_runs_already(ticking: subprocess.Popen[bytes]) -> None:
    done = cli("--pid", str(ticking.pid), "-n", "20", "-j", "-p", LINE, stdin=subprocess.DEVNULL)
    rows = rows_of(done.stdout)
    assert done.returncode == 0 and len(rows) == 20
    assert {row["thread.tid"] for row in rows} == {ticking.pid}


def test_a_process_that_is_not_there() -> None:
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    done = cli("--pid", str(gone.pid), "-n", "1")
    assert (done.returncode, done.stderr) == (1, f"sonde: there is no process {gone.pid}\n")


def test_what_the_followed_process_starts_later(ticking: subprocess.Popen[bytes]) -> None:
    shell = subprocess.Popen(["/bin/sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    watch = cli_start("--pid", f"{shell.pid},{ticking.pid}", "-j", "-p", LINE, "evt.type in (open, stat)")
    assert watch.stdout is not None and shell.stdin is not None
    first = json.loads(watch.stdout.readline())  # all is attached
    assert first["thread.tid"] == ticking.pid
    shell.stdin.write("cat /etc/group >/dev/null\n")
    shell.stdin.close()
    shell.wait()
    watch.send_signal(signal.SIGINT)
    text, _ = rest_of(watch)
    found = [row for row in rows_of(text) if row["proc.name"] == "cat"]
    assert "/etc/group" in {row["fd.name"] for row in found}
    assert {row["proc.ppid"] for row in found} == {shell.pid}
