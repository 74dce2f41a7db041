"""`sonde strace` on the running kernel: whose calls, where the lines go, with what status it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from live import KERNEL, LIMIT, cli, cli_start, rest_of, wait_for

pytestmark = KERNEL

CALL = re.compile(r"(?:\[pid +\d+\] |\d+ +)?(\w+)\(")
LOOP = "import os, select, sys\nwhile not select.select([0], [], [], 0.01)[0]: os.stat('/etc/hostname')\n"


def strace(*words: str) -> subprocess.CompletedProcess[str]:
    return cli("strace", *words)


def calls(text: str) -> list[str]:
    """The names of the calls in lines."""
    return [found[1] for line in text.splitlines() if (found := CALL.match(line))]


def test_from_the_exec_to_the_end() -> None:
    done = strace("/bin/echo", "hello")
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert lines[0].startswith('execve("/bin/echo", ["/bin/echo", "hello"], 0x')
    assert lines[0].endswith(" = 0")
    assert 'write(1, "hello\\n", 6)                  = 6' in lines
    assert lines[-2].startswith("exit_group(0) ")
    assert lines[-1] == "+++ exited with 0 +++"


def test_the_same_calls_as_strace_says(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    assert strace("-o", str(ours), "/bin/cat", "/etc/hostname").returncode == 0
    subprocess.run(["strace", "-o", theirs, "/bin/cat", "/etc/hostname"], check=True, capture_output=True)
    assert calls(ours.read_text()) == calls(theirs.read_text())


def test_only_the_calls_that_were_asked_for() -> None:
    done = strace("-e", "trace=close", "/bin/true")
    assert set(calls(done.stderr)) == {"close"}
    assert done.stderr.splitlines()[-1] == "+++ exited with 0 +++"
    family = strace("-e", "open", "/bin/true")
    assert set(calls(family.stderr)) == {"openat"}
    none = strace("-qq", "-e", "trace=none", "/bin/true")
    assert none.stderr == ""


def test_without_f_only_the_command_itself() -> None:
    done = strace("-e", "trace=execve", "/bin/sh", "-c", "/bin/true; exit 3")
    assert done.returncode == 3
    assert len(calls(done.stderr)) == 1
    assert "[pid" not in done.stderr


def test_with_f_its_children_too() -> None:
    done = strace("-f", "-e", "trace=execve,exit_group", "/bin/sh", "-c", "/bin/true; exit 3")
    assert done.returncode == 3
    assert sorted(calls(done.stderr)) == ["execve", "execve", "exit_group", "exit_group"]
    assert re.search(r'\[pid +\d+\] execve\("/bin/true", \["/bin/true"\], 0x\w+ /\* \d+ vars \*/\) += 0', done.stderr)
    assert done.stderr.count("+++ exited with 0 +++") == 1


def test_orphans_are_waited_for(tmp_path: Path) -> None:
    out = tmp_path / "out"
    strace("-f", "-o", str(out), "-e", "trace=exit_group", "/bin/sh", "-c", "(sleep 0.3; exit 5) & exit 4")
    assert "exited with 5" in out.read_text()


def test_a_file_of_each_thread(tmp_path: Path) -> None:
    strace("-ff", "-o", str(tmp_path / "out"), "/bin/sh", "-c", "/bin/true; exit 2")
    logs = list(tmp_path.iterdir())
    assert len(logs) == 2
    texts = [log.read_text() for log in logs]
    assert all(re.fullmatch(r"out\.\d+", log.name) and log.stat().st_mode & 0o777 == 0o600 for log in logs)
    assert {text.splitlines()[-1] for text in texts} == {"+++ exited with 2 +++", "+++ exited with 0 +++"}


def test_appending_and_a_command_that_reads(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("before\n")
    strace("-A", "-o", str(out), "-e", "trace=none", "/bin/true")
    assert out.read_text() == "before\n+++ exited with 0 +++\n"
    piped = strace("-o", f"|cat >{out}", "-e", "trace=exit_group", "/bin/true")
    assert piped.stderr == ""
    assert out.read_text().splitlines()[-1] == "+++ exited with 0 +++"
    assert strace("-o", "|true", "/bin/true").returncode == 0


def test_a_path() -> None:
    done = strace("-P", "/etc/hostname", "/bin/cat", "/etc/hostname")
    found = calls(done.stderr)
    assert {"openat", "close"} <= set(found)
    assert found.count("openat") == 1
    assert "mmap" not in found


def test_statuses() -> None:
    good, bad = strace("-z", "/bin/true"), strace("-Z", "/bin/true")
    assert " = -1 E" not in good.stderr and "execve" in good.stderr
    assert all(" = -1 E" in line for line in bad.stderr.splitlines()[:-1])


def test_signals_and_the_commands_status() -> None:
    done = strace("-e", "trace=none", "/bin/sh", "-c", "kill -TERM $$")
    assert done.returncode == -signal.SIGTERM
    assert done.stderr.splitlines()[-1] == "+++ killed by SIGTERM +++"
    quiet = strace("-e", "signal=none", "-e", "trace=none", "/bin/sh", "-c", "kill -USR1 $$")
    assert "---" not in quiet.stderr


def test_summary() -> None:
    done = strace("-c", "-S", "name", "-U", "calls,errors,name", "/bin/sh", "-c", "exit 3")
    assert done.returncode == 3
    assert done.stderr.splitlines()[0].split() == ["calls", "errors", "syscall"]
    assert re.search(r"^ +1 +execve$", done.stderr, re.MULTILINE)
    both = strace("-C", "-e", "trace=execve", "/bin/true")
    assert both.stderr.startswith("execve(") and "% time" in both.stderr


def test_json() -> None:
    done = strace("--json", "-e", "trace=openat", "/bin/cat", "/etc/hostname")
    *lines, receipt = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["args"]["name"] for line in lines if line.get("syscall") == "openat"][-1] == "/etc/hostname"
    assert lines[-1]["event"] == "exit"
    assert receipt["receipt"]["status"] == "EXACT"


def test_who_the_command_is_and_its_environment() -> None:
    done = strace("-qq", "-e", "trace=none", "-e", "signal=none", "-u", "nobody", "-E", "A=b", "-E", "HOME",
                  "/bin/sh", "-c", "id -un; echo $A; echo ${HOME-none}")  # fmt: skip
    assert (done.stdout.split(), done.stderr) == (["nobody", "b", "none"], "")


def test_what_cannot_be_run(tmp_path: Path) -> None:
    absent = strace("no-such-command")
    assert (absent.returncode, absent.stderr) == (127, "sonde: no-such-command: command not found\n")
    refused = strace(str(tmp_path))
    assert refused.returncode == 126
    nobody = strace("-u", "no-such-user", "/bin/true")
    assert nobody.returncode == 2 and "no such user" in nobody.stderr
    gone = strace("-p", "4194303")
    assert (gone.returncode, gone.stderr) == (1, "sonde: there is no process 4194303\n")


def test_processes_that_run_already(tmp_path: Path) -> None:
    out = tmp_path / "out"
    looping = [
        subprocess.Popen([sys.executable, "-I", "-S", "-c", LOOP], stdin=subprocess.PIPE) for _ in range(2)
    ]  # fmt: skip
    pids = [process.pid for process in looping]
    watch = cli_start("strace", "-e", "trace=%%stat", "-o", str(out), "-p", ",".join(map(str, pids)))
    try:
        wait_for(
            lambda: (
                out.exists() and all(re.search(rf"^{pid} +newfstatat\(", out.read_text(), re.MULTILINE) for pid in pids)
            )
        )
        watch.send_signal(signal.SIGINT)
        _, said = rest_of(watch)
        assert watch.returncode == -signal.SIGINT
        assert said.splitlines() == [
            f"strace: Process {pid} {what}" for what in ("attached", "detached") for pid in pids
        ]
        assert all(process.poll() is None for process in looping), "they run on"
    finally:
        watch.kill()
        for process in looping:
            process.communicate(b"x", timeout=LIMIT)


def test_it_ends_with_the_processes() -> None:
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", LOOP], stdin=subprocess.PIPE) as looping:
        watch = cli_start("strace", "-e", "trace=none", "-p", str(looping.pid))
        assert watch.stderr is not None and looping.stdin is not None
        assert watch.stderr.readline() == f"strace: Process {looping.pid} attached\n"
        time.sleep(0.1)
        looping.stdin.close()
        looping.wait()
        _, said = rest_of(watch)
    assert (watch.returncode, said) == (0, "+++ exited with 0 +++\n")


def test_a_signal_for_us_is_one_for_the_command() -> None:
    watch = cli_start("strace", "-e", "trace=execve", "/bin/sleep", "60", start_new_session=True)
    assert watch.stderr is not None
    assert watch.stderr.readline().startswith("execve(")
    watch.send_signal(signal.SIGTERM)
    _, said = rest_of(watch)
    assert watch.returncode == -signal.SIGTERM
    assert said.splitlines()[-1] == "+++ killed by SIGTERM +++"


def test_called_by_the_name_of_strace(tmp_path: Path) -> None:
    link = tmp_path / "strace"
    link.symlink_to(Path(sys.executable).parent / "sonde")
    if not link.exists():
        pytest.skip("the command sonde is not installed beside this Python")
    done = subprocess.run([link, "-e", "trace=exit_group", "/bin/true"], capture_output=True, text=True, timeout=LIMIT)
    assert calls(done.stderr) == ["exit_group"]
