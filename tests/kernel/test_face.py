"""The command line as its user meets it: where output goes, how it ends, what never reaches a terminal, and errors."""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from live import KERNEL, LIMIT, Workload, busy, cli, cli_start, wait_for

pytestmark = KERNEL

LIBC = ctypes.CDLL(None, use_errno=True)
PR_CAPBSET_DROP, LAST_CAPABILITY = 24, 40
CLOCK_NANOSLEEP, WAIT4 = "230 ", "61 "
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\udc80-\udcff]")
NASTY = b"na\x1b[31m\x07\xff\xe2\x80\xaeme"
WRITES = f"""
ctypes.CDLL(None).prctl(15, b'\\x1b]0;t\\x07', 0, 0, 0)
fd = os.open(os.fsencode(sys.argv[1]) + b'/' + {NASTY!r}, os.O_CREAT | os.O_WRONLY)
os.write(fd, b'\\x1b[2J\\x9b1m line\\r\\n' + {NASTY!r} + bytes(range(256)))
"""


@pytest.fixture
def text_file(tmp_path: Path) -> str:
    """A file of a known text."""
    path = tmp_path / "text"
    path.write_text("line one\nline two\n" * 10)
    return str(path)


def traced(*words: str, program: str, argument: str = "") -> str:
    """What `sonde WORDS --pid` prints about a workload that runs to its end."""
    workload = Workload(program, argument)
    sonde = cli_start("--pid", str(workload.pid), *words)
    try:
        wait_for(lambda: attached(sonde.pid))
        workload.go()
        workload.said()
        sonde.send_signal(signal.SIGINT)
        out, errors = sonde.communicate(timeout=LIMIT)
    finally:
        sonde.kill()
        workload.kill()
    assert sonde.returncode == 0, errors
    return str(out)


def attached(pid: int) -> bool:
    """Does a sonde sleep between two looks at its rings? Then it is attached and handles signals."""
    try:
        links = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except FileNotFoundError:  # it was closed meanwhile
        return False
    asleep = Path(f"/proc/{pid}/syscall").read_text().startswith(CLOCK_NANOSLEEP)
    return asleep and "anon_inode:bpf_link" in links


def test_a_command_keeps_standard_output(text_file: str) -> None:
    done = cli("-p", "%evt.type %fd.name", "evt.type=read and fd.name=" + text_file, "--", "/bin/cat", text_file)
    assert done.stdout == Path(text_file).read_text()
    lines = done.stderr.splitlines()
    assert lines[:2] == [f"read {text_file}"] * 2
    assert lines[2].startswith("EXACT: ") and " 2 matched, 2 delivered" in lines[2]
    assert done.returncode == 0


@pytest.mark.parametrize(
    "words", [("evt.type=write",), ("evt.type=procexit",), ("proc.name=cat", "and", "evt.type=write")]
)
def test_a_command_is_seen_whatever_the_filter(words: tuple[str, ...], text_file: str) -> None:
    done = cli("-o", "-", "-p", "%evt.type", *words, "--", "/bin/cat", text_file)
    seen = [line for line in done.stdout.splitlines() if not line.startswith("line")]
    assert seen == ["procexit" if "procexit" in words[0] else "write"]


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("exit 7", 7),
        ("kill -TERM $$", -signal.SIGTERM),
        ("kill -KILL $$", -signal.SIGKILL),
        ("kill -SEGV $$", -signal.SIGSEGV),
    ],
)
def test_the_status_is_the_commands(script: str, status: int) -> None:
    done = cli("-q", "--", "/bin/sh", "-c", script)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith("EXACT: ")


def test_output_goes_to_a_file_that_is_private(tmp_path: Path) -> None:
    path = tmp_path / "out"
    script = "echo one; exec /bin/sh -c 'echo two; exit 3'"
    done = cli("-n", "1", "-o", str(path), "-p", "%evt.num %evt.type", "--", "/bin/sh", "-c", script)
    # what is left of the command runs unwatched
    assert (done.stdout, done.returncode) == ("one\ntwo\n", 3)
    assert path.read_text() == "1 execve\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_kill_ends_the_command_with_the_question() -> None:
    done = cli("--kill", "-n", "1", "-p", "%evt.type", "--", "/bin/sleep", "30")
    assert done.returncode == -signal.SIGTERM
    assert done.stderr.startswith("execve\n")


@pytest.mark.parametrize("call", [CLOCK_NANOSLEEP, WAIT4], ids=["watching", "waiting"])
@pytest.mark.parametrize("words", [(), ("sql", "SELECT count(*) FROM events")], ids=["filter", "sql"])
def test_ending_sonde_ends_its_command(words: tuple[str, ...], call: str) -> None:
    """Also if the question has ended before the command."""
    question = (*words, "--for", "0.1") if call == WAIT4 else words
    sonde = cli_start(*question, "--", "/bin/sleep", "60")
    try:
        command = int(wait_for(lambda: _started(sonde.pid)))
        wait_for(lambda: Path(f"/proc/{sonde.pid}/syscall").read_text().startswith(call))
        sonde.send_signal(signal.SIGTERM)
        assert sonde.wait(LIMIT) == -signal.SIGTERM
        assert not os.path.exists(f"/proc/{command}")
    finally:
        sonde.kill()
        sonde.communicate()


def _started(pid: int) -> str:
    """The command that a sonde runs, once it has become that."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return next((child for child in children if Path(f"/proc/{child}/comm").read_text() == "sleep\n"), "")


@pytest.mark.parametrize(
    ("words", "status", "error"),
    [
        (("--", "nosuch"), 127, "nosuch: command not found"),
        (("--", "/etc/passwd"), 126, "/etc/passwd: cannot run it: Permission denied"),
        (("-o", "/nosuch/x", "--", "/bin/true"), 125, "cannot write /nosuch/x: No such file or directory"),
        (("-o", "/dev/full", "--", "/bin/true"), 125, "cannot write /dev/full: No space left on device"),
        (("-o", "/nosuch/x"), 2, "cannot write /nosuch/x: No such file or directory"),
        (("--pid", "4194303"), 1, "there is no process 4194303"),
        (("foo",), 2, "'foo' is neither a command of sonde nor a filter such as proc.name=cat"),
    ],
)
def test_errors_are_one_line(words: tuple[str, ...], status: int, error: str) -> None:
    done = cli(*words)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", f"sonde: {error}\n")


def _without_capabilities() -> None:
    for capability in range(LAST_CAPABILITY + 1):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def test_without_privilege() -> None:
    done = cli("proc.name=cat", preexec_fn=_without_capabilities)
    why = "live questions do not work here: without CAP_BPF and CAP_PERFMON (run it with sudo)"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"sonde: {why}\n")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_command_without_privilege_is_watched_by_strace() -> None:
    done = cli("-p", "%evt.type", "evt.type=exit_group or evt.type=procexit", "--", "/bin/true",
               preexec_fn=_without_capabilities)  # fmt: skip
    first, *lines = done.stderr.splitlines()
    assert first == "sonde: without CAP_BPF and CAP_PERFMON: strace watches instead, which slows what it watches"
    assert lines[0] == "procexit"
    assert lines[-1].startswith("from strace (without CAP_BPF and CAP_PERFMON)")
    assert done.returncode == 0


def test_doctor_without_privilege() -> None:
    done = cli("doctor", preexec_fn=_without_capabilities)
    assert (done.returncode, done.stderr) == (1, "")
    assert "NO  privilege to load BPF\n        why: without CAP_BPF and CAP_PERFMON\n" in done.stdout
    assert done.stdout.endswith("live questions do not work here: see NO above\n")
    assert max(map(len, done.stdout.splitlines())) < 80


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_question_with_its_receipt(number: int) -> None:
    sonde = cli_start("-j", "proc.name=nosuch")
    try:
        wait_for(lambda: attached(sonde.pid))
        sonde.send_signal(number)
        out, errors = sonde.communicate(timeout=LIMIT)
    finally:
        sonde.kill()
    assert (sonde.returncode, out) == (0, "")
    assert json.loads(errors)["receipt"]["matched"] == 0


def test_sigusr1_asks_for_a_receipt_and_what_hangs() -> None:
    reader, writer = os.pipe()
    hanging = subprocess.Popen(["/bin/cat"], stdin=reader, stdout=subprocess.DEVNULL)
    os.close(reader)
    sonde = cli_start("-p", "%evt.dir %evt.type %fd.num", "--pid", str(hanging.pid))
    try:
        wait_for(lambda: attached(sonde.pid))
        assert sonde.stdout is not None and sonde.stderr is not None
        for _ in range(2):
            sonde.send_signal(signal.SIGUSR1)
            assert sonde.stdout.readline() == "> read 0\n"
            while not sonde.stderr.readline().startswith("EXACT: "):
                pass
        sonde.send_signal(signal.SIGINT)
        sonde.communicate(timeout=LIMIT)
        assert sonde.returncode == 0
    finally:
        sonde.kill()
        os.close(writer)
        hanging.wait(LIMIT)


def test_a_closed_pipe_ends_quietly() -> None:
    with busy():
        sonde = cli_start("-p", "%evt.type")
        assert sonde.stdout is not None and sonde.stderr is not None
        assert sonde.stdout.readline()
        sonde.stdout.close()
        assert sonde.wait(LIMIT) == 0
        assert sonde.stderr.read() == ""
        sonde.stderr.close()


@pytest.mark.parametrize(
    "words",
    [("-A",), ("-X",), ("-v",), ("-j",), ("-p", "*%evt.arg.name %evt.buffer"),
     ("-A", "-p", "*%-70fs.path.name%toupper(proc.name) %evt.buffer %fd.filename")],
)  # fmt: skip
def test_nothing_steers_the_terminal(words: tuple[str, ...]) -> None:
    out = traced("-s", "400", *words, program=WRITES, argument=mkdtemp())
    assert any(written in out for written in ("size=284", "1m line"))
    assert not STEERING.search(out), ascii(out)


def _terminal(*words: str) -> str:
    """What a command prints on a terminal."""
    master, slave = os.openpty()
    sonde = cli_start(*words, stdout=slave)
    os.close(slave)
    text = b""
    try:
        while piece := os.read(master, 1 << 16):
            text += piece
    except OSError:  # the other side is closed
        pass
    finally:
        os.close(master)
        sonde.communicate(timeout=LIMIT)
    return text.decode()


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("-o", "-", "-p", "%proc.name %evt.type", "evt.type=execve", "--", "/bin/true")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert _terminal(*words) == "\x1b[1mtrue\x1b[0m execve\r\n"
    assert cli(*words).stdout == "true execve\n"
    assert _terminal("-j", *words) == '{"proc.name":"true","evt.type":"execve"}\r\n'
    monkeypatch.setenv("NO_COLOR", "1")
    assert _terminal(*words) == "true execve\r\n"


FORMS = {
    "": "data=line one.line two.line one.line two.line one.line two.line one.line two.line ... size=",
    "-v": "data=" + "line one.line two." * 5 + "line one.l size=",
    "-A": "data=\n" + "line one\nline two\n" * 5 + "line one\nl size=",
    "-x": "data=\n\t0x0000: 6c69 6e65 206f 6e65 0a6c 696e 6520 7477\n\t0x0010: 6f0a ",
    "-X": "data=\n\t0x0000: 6c69 6e65 206f 6e65 0a6c 696e 6520 7477  line one.line tw\n\t0x0010: 6f0a ",
    "-b": "data=bGluZSBvbmUKbGluZSB0d28K",
}


@pytest.mark.parametrize("option", FORMS)
def test_buffers_in_lines(option: str, text_file: str) -> None:
    filter_ = ("evt.type=read", "fd.name=" + text_file, "evt.rawres>0")
    words = [option] if option else []
    done = cli(*words, "-s", "100", "-p", "%evt.info", " and ".join(filter_), "--", "/bin/cat", text_file)
    assert FORMS[option] in done.stderr


def test_json_has_whole_buffers(text_file: str) -> None:
    question = f"evt.type=read and fd.name={text_file} and evt.rawres>0"
    done = cli("-j", "-s", "100", "-p", "%evt.info %evt.buffer", question, "--", "/bin/cat", text_file)
    row, receipt = map(json.loads, done.stderr.splitlines())
    assert row["evt.buffer"] == Path(text_file).read_text()[:100]
    assert " data=" + row["evt.buffer"].replace("\n", ".") + " " in row["evt.info"]
    assert receipt["receipt"]["status"] == "EXACT"


CONNECTS = """
s = socket.socket()
try: s.connect(('127.0.0.1', 22))
except OSError: pass
"""


def _first(text: str, start: str) -> str:
    found = [word for word in text.split() if word.startswith(start)]
    assert found, text
    return found[0]


def test_ports_are_named_on_request() -> None:
    try:
        name = socket.getservbyport(22)
    except OSError:
        pytest.skip("there is no /etc/services with port 22 in it")
    asked = ("-p", "%evt.info", "evt.type=connect")
    assert _first(traced(*asked, program=CONNECTS), "addr=") == "addr=127.0.0.1:22"
    assert _first(traced("-R", *asked, program=CONNECTS), "addr=") == f"addr=127.0.0.1:{name}"


def test_summary_as_in_sysdig(text_file: str) -> None:
    filter_ = f"fd.name={text_file} and evt.type in (read, close)"
    done = cli("-q", "-S", "-o", "-", filter_, "--", "/bin/cat", text_file)
    assert done.stdout.endswith(
        "Event           #Calls\n----------------------\n< read            2\n< close           1\n"
    )


def test_container_lines() -> None:
    done = cli("-pc", "-o", "-", "evt.type=execve", "--", "/bin/sleep", "0.3")
    assert re.match(r"1 \d\d:\d\d:\d\d\.\d{9} \d+ host \(host\) sleep \((\d+):\1\) < execve res=0 ", done.stdout)
    assert done.stderr.splitlines()[0].startswith("EXACT: ")


TIMES = {
    "h": r"\d\d:\d\d:\d\d\.\d{9}", "a": r"1[0-9]{9}\.\d{9}", "r": r"\d+\.\d{9}", "d": r"\d\.\d{9}", "D": r"0\.\d{9}",
}  # fmt: skip


@pytest.mark.parametrize("mode", TIMES)
def test_times(mode: str) -> None:
    done = cli("-t", mode, "-o", "-", "-p", "%evt.outputtime", "evt.type in (brk, mmap, close)", "--", "/bin/true")
    lines = done.stdout.splitlines()
    assert len(lines) > 1
    assert all(re.fullmatch(TIMES[mode], line) for line in lines), lines


def test_what_an_exec_says() -> None:
    fields = ["evt.arg.filename", "proc.exepath", "evt.arg.args", "evt.arg.cwd", "evt.arg.ptid"]
    words = ("-j", "-o", "-", "-p", " ".join("%" + f for f in fields))
    done = cli(*words, "evt.type=execve", "--", "/bin/true", "one", "two words", cwd="/usr/bin")
    said = ["/bin/true", os.path.realpath("/bin/true"), "one.two words.", "/usr/bin"]
    assert list(json.loads(done.stdout).values())[:4] == said


def _wide(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if len(line) > 80)


@pytest.mark.parametrize(
    "words",
    [("-l",), ("-lv",), ("-L",), ("--help",), ("doctor",), ("--explain", "fd.name startswith /etc or proc.env=x")],
)
def test_what_is_read_on_a_terminal_fits_80_columns(words: tuple[str, ...]) -> None:
    done = cli(*words)
    assert done.stdout and done.stderr == ""
    assert list(_wide(done.stdout)) == []


def test_the_receipt_says_how_much_of_the_data_a_filter_saw() -> None:
    said = "the filter saw the first 100 bytes of each buffer (-s LEN)"
    assert said in cli("-s", "100", "evt.buffer contains x", "--", "/bin/true").stderr
    assert "bytes of each buffer" not in cli("-s", "100", "evt.type=open", "--", "/bin/true").stderr
