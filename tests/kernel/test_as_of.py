"""State as of a time: what ps, ls /proc/PID/fd and ss said then is what the recording says afterwards."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from live import KERNEL, cli, cli_start, wait_for

from sonde.catalog.changes import NEEDED
from sonde.catalog.state import RECORDED
from sonde.engines.columns import Columns
from sonde.query import state_as_of
from sonde.sources.procfs.tables import read_state

pytestmark = KERNEL

# each step says that it is done and waits for the next
STEPS = """
import fcntl, os, socket, subprocess, sys, threading, time
base = sys.argv[1]
def said(*pids):
    print(*pids, flush=True)
    assert sys.stdin.readline()
early = open(base + "/early", "w")
said()
kept, gone = open(base + "/kept", "w"), open(base + "/gone", "w")
early.close(); os.unlink(base + "/gone"); gone.write("x"); gone.flush()
read, write = os.pipe(); os.write(write, b"x"); os.read(read, 1)
os.dup2(write, 77); fcntl.fcntl(read, fcntl.F_DUPFD, 90); event = os.eventfd(0)
memory = os.memfd_create("some")
said()
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen()
client = socket.create_connection(server.getsockname()); accepted = server.accept()[0]
datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); datagrams.bind(("::1", 0))
named = socket.socket(socket.AF_UNIX); named.bind(base + "/named"); named.listen()
one, other = socket.socketpair(); one.send(b"x"); other.recv(1)
os.close_range(91, 200) if hasattr(os, "close_range") else os.closerange(91, 200)
said()
os.set_inheritable(kept.fileno(), True)
forked = os.fork()
if not forked:
    os.close(77); os.chdir(base); held = open(base + "/child", "w")
    os.setsid(); os.read(os.open(base + "/fifo", os.O_RDONLY), 1); os._exit(0)
holder = os.open(base + "/fifo", os.O_WRONLY)
ran = subprocess.Popen(["sleep", "1000"], cwd=base, pass_fds=[kept.fileno()])
thread = threading.Thread(target=lambda: os.read(read, 1)); thread.start()
client.close()
while not open(f"/proc/{ran.pid}/syscall").read().startswith("230 "): time.sleep(0.01)
said(forked, ran.pid)
os.write(write, b"x"); thread.join()
os.write(holder, b"x"); os.waitpid(forked, 0); ran.kill(); ran.wait()
os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", "print(flush=True); input()", "again"])
"""
# what is not a number of the moment
COLUMNS = ("pid", "ppid", "name", "exe", "cmdline", "cwd", "uid", "user", "gid", "sid", "pgid", "tty", "threads")
FILES = ("pid", "fd", "path", "type", "inode", "deleted", "cloexec")
TICKS = 20_000_000  # ns within which /proc tells when a process started
STEPS_DONE = range(5)
NAMES = dict.fromkeys((*NEEDED["processes"], *NEEDED["sockets"], "read", "write", "sendto", "recvfrom"))
EVERYTHING, ENOUGH = (), (f"evt.type in ({', '.join(NAMES)})",)
Rows = list[dict[str, Any]]


def rows_of(columns: Columns, pids: list[int]) -> Rows:
    """The rows of some processes."""
    lists = [values.tolist() for values in columns.values()]
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True))
    mine = (row for row in rows if row["pid"] in pids)
    return sorted(mine, key=lambda row: [row.get(name, 0) for name in ("pid", "tid", "fd")])


def only(rows: Rows, names: tuple[str, ...]) -> Rows:
    """Some columns of rows."""
    return [{name: row[name] for name in names} for row in rows]


class Moment:
    """What the usual programs, and sonde, say about some processes now."""

    def __init__(self, pids: list[int]) -> None:
        self.pids = pids
        self.time = time.time_ns()
        self.files = {pid: _listed(pid) for pid in pids}
        self.processes = {pid: _ps(pid) for pid in pids}
        self.threads = {pid: sorted(map(int, os.listdir(f"/proc/{pid}/task"))) for pid in pids}
        self.tcp = {pid: _ss(pid) for pid in pids}
        self.live = {table: rows_of(read_state(table).columns, pids) for table in RECORDED}


def _listed(pid: int) -> dict[int, str]:
    """ls -l /proc/PID/fd"""
    done = subprocess.run(["ls", "-l", f"/proc/{pid}/fd"], text=True, capture_output=True, check=True).stdout
    found = re.findall(r" (\d+) -> (.*)", done)
    return {int(fd): path.removesuffix(" (deleted)") for fd, path in found}


def _ps(pid: int) -> list[str]:
    words = ["ps", "-o", "ppid=,user=,sid=,pgid=,nlwp=,comm=", "-p", str(pid)]
    return subprocess.run(words, text=True, capture_output=True, check=True).stdout.split()


def _ss(pid: int) -> set[tuple[str, str, str]]:
    """(state, local, peer) of the sockets of TCP."""
    done = subprocess.run(["ss", "-Htanp"], text=True, capture_output=True, check=True).stdout
    words = [line.split() for line in done.splitlines() if f"pid={pid}," in line]
    return {(state.replace("ESTAB", "ESTABLISHED"), local, peer) for state, _, _, local, peer, *_ in words}


class Recorded(NamedTuple):
    """A recording of all steps, the moments between them, and what its recorder said."""

    path: str
    moments: list[Moment]
    receipt: str


@pytest.fixture(scope="module", params=[EVERYTHING, ("-G", "6", *ENOUGH)], ids=["everything", "enough"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Steps of which nothing was lost, on a machine where much else may happen."""
    for _ in range(3):
        found = _recorded(tmp_path_factory.mktemp("as-of"), request.param)
        if "lost" not in found.receipt:
            break
    return found


def _recorded(base: Path, words: tuple[str, ...]) -> Recorded:
    os.mkfifo(base / "fifo")
    (base / "steps.py").write_text(STEPS)
    path, moments = str(base / "x.sonde"), []
    command = [sys.executable, "-I", "-S", str(base / "steps.py"), str(base)]
    with subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as workload:
        assert workload.stdin and workload.stdout
        pids = workload.stdout.readline().split()
        recorder = cli_start("-w", path, "-s", "0", *words)
        try:
            wait_for(lambda: _begun(path))
            for step in STEPS_DONE:
                wait_for(lambda: Path(f"/proc/{workload.pid}/syscall").read_text().startswith("0 0x0 "))
                moments.append(Moment([workload.pid, *map(int, pids)]))
                time.sleep(2.5 if "-G" in words else 0)
                if step < STEPS_DONE[-1]:
                    workload.stdin.write("\n")
                    workload.stdin.flush()
                    pids = workload.stdout.readline().split()
        finally:
            workload.kill()
            recorder.send_signal(signal.SIGINT)
            _, receipt = recorder.communicate()
    return Recorded(path, moments, receipt)


def _begun(path: str) -> bool:
    """Are the tables of state written?"""
    return os.path.isdir(path) and any(one.stat().st_size > 4000 for one in Path(path).iterdir())


def asked(recorded: Recorded, step: int, table: str) -> tuple[Rows, Moment]:
    """(the rows of a table as of a step, what was seen then)."""
    moment = recorded.moments[step]
    state = state_as_of(recorded.path, moment.time)
    rows = rows_of(state.read(table).columns, moment.pids)
    assert not state.absent()
    return rows, moment


@pytest.mark.parametrize("step", STEPS_DONE)
def test_files_are_those_that_ls_showed(recorded: Recorded, step: int) -> None:
    rows, moment = asked(recorded, step, "files")
    shown = {pid: {row["fd"]: row["path"] for row in rows if row["pid"] == pid} for pid in moment.pids}
    assert shown == moment.files
    assert only(rows, FILES) == only(moment.live["files"], FILES)
    assert {row["size"] for row in rows} == {None}, "what it was is not known"


@pytest.mark.parametrize("step", STEPS_DONE)
def test_processes_are_those_that_ps_showed(recorded: Recorded, step: int) -> None:
    rows, moment = asked(recorded, step, "processes")
    names = ("ppid", "user", "sid", "pgid", "threads", "name")
    assert {row["pid"]: [str(row[name]) for name in names] for row in rows} == moment.processes
    assert only(rows, COLUMNS) == only(moment.live["processes"], COLUMNS)
    for row, live in zip(rows, moment.live["processes"], strict=True):
        assert row["start"] == pytest.approx(live["start"], abs=TICKS)
    threads, _ = asked(recorded, step, "threads")
    assert only(threads, ("tid", "pid", "name")) == only(moment.live["threads"], ("tid", "pid", "name"))
    assert {pid: [row["tid"] for row in threads if row["pid"] == pid] for pid in moment.pids} == moment.threads


@pytest.mark.parametrize("step", STEPS_DONE)
def test_sockets_are_those_that_ss_showed(recorded: Recorded, step: int) -> None:
    rows, moment = asked(recorded, step, "sockets")
    for pid in moment.pids:
        tcp = [row for row in rows if row["proto"] == "tcp" and row["pid"] == pid]
        ends = [(row["state"], *(f"{row[f'{end}ip']}:{row[f'{end}port'] or '*'}" for end in "lr")) for row in tcp]
        assert {(state.replace("_", "-"), *others) for state, *others in ends} == moment.tcp[pid]
    assert rows == moment.live["sockets"]


def test_the_steps_are_worth_it(recorded: Recorded) -> None:
    """What the other tests compare is there, and changes from step to step."""
    assert [len(moment.pids) for moment in recorded.moments] == [1, 1, 1, 3, 1]
    last, *others = (moment.live["files"] for moment in reversed(recorded.moments))
    assert all(len(files) > len(last) for files in others[:2]), "exec closed most"
    assert {row["proto"] for row in recorded.moments[2].live["sockets"]} == {"tcp", "udp", "unix"}
    assert any(row["deleted"] for row in recorded.moments[1].live["files"])


def test_as_people_ask_it(recorded: Recorded) -> None:
    moment = recorded.moments[3]
    when = f"{moment.time / 1e9:.6f}"
    found = cli("files", f"pid={moment.pids[2]}", "-r", recorded.path, "--as-of", when, "--json")
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert {row["fd"]: row["path"] for row in rows} == moment.files[moment.pids[2]] and "EXACT" in found.stderr
    join = f"SELECT p.name, f.fd FROM files f JOIN processes p ON f.pid = p.pid WHERE p.ppid = {moment.pids[0]}"
    found = cli("sql", join, "-r", recorded.path, "--as-of", when, "--format", "json")
    assert len(found.stdout.splitlines()) == sum(len(moment.files[pid]) for pid in moment.pids[1:])
    at_end = cli("processes", f"pid={moment.pids[0]}", "-r", recorded.path, "--format", "csv")
    assert at_end.stdout.count("\n") == 1 and "EXACT" in at_end.stderr, "it has ended"
    joined = (
        f"SELECT p.cmdline AS line, count(*) AS n FROM events e JOIN processes p ON e.proc.pid = p.pid "
        f"WHERE e.evt.type = 'execve' AND e.proc.ppid = {moment.pids[0]} GROUP BY ALL"
    )
    rows = [json.loads(line) for line in cli("sql", joined, "-r", recorded.path, "--json").stdout.splitlines()]
    assert "sleep 1000" in {row["line"] for row in rows}


def test_times_that_are_not_known(recorded: Recorded) -> None:
    before = cli("files", "-r", recorded.path, "--as-of", f"{recorded.moments[0].time / 1e9 - 60:.6f}")
    assert before.returncode == 2 and "the recording begins there" in before.stderr
    assert before.stderr.count("\n") == 1
    after = cli("files", "-r", recorded.path, "--as-of", f"{time.time():.6f}")
    assert "PARTIAL" in after.stderr or recorded.moments[-1].time > time.time_ns() - 2 * 10**9
    assert "--as-of is about tables" in cli("sql", "SELECT count(*) FROM events", "--as-of", "1h").stderr
    assert "--as-of says of which time" in cli("files", "-r", recorded.path, "--since", "1h").stderr
    assert "but for processes" in cli("users", "-r", recorded.path).stderr


def test_what_a_filter_left_out_is_told(tmp_path: Path) -> None:
    path = str(tmp_path / "x.sonde")
    assert cli("-w", path, "--for", "1s", "evt.type in (open, clone, execve, procexit)").returncode == 0
    files = cli("files", "-r", path)
    assert "PARTIAL" in files.stderr and "made without clone, fork" not in files.stderr
    assert "close" in cli("sql", "SELECT count(*) FROM files", "-r", path, "--json").stderr
    threads = cli("threads", "-r", path)
    assert "made without prctl" in threads.stderr


def test_what_is_always_kept_knows_processes(tmp_path: Path) -> None:
    path = str(tmp_path / "kept")
    recorder = cli_start("record", path)
    wait_for(lambda: _begun(path))
    with subprocess.Popen(["sleep", "1000"], cwd=tmp_path) as child:
        time.sleep(0.5)
        seen = time.time()
        child.kill()
    recorder.send_signal(signal.SIGINT)
    recorder.communicate()
    found = cli("processes", f"pid={child.pid}", "-r", path, "--as-of", f"{seen:.6f}", "--json")
    assert json.loads(found.stdout)["cmdline"] == "sleep 1000" and "EXACT" in found.stderr
    assert not cli("processes", f"pid={child.pid}", "-r", path, "--json").stdout


def test_a_command_alone_is_watched(tmp_path: Path) -> None:
    path = str(tmp_path / "x.sonde")
    script = (
        "import os, time; f = open('/etc/passwd'); print(os.getpid(), time.time(), flush=True); os.getppid(); f.close()"
    )
    done = cli("-w", path, "--", sys.executable, "-I", "-S", "-c", script)
    pid, when = done.stdout.split()
    found = cli("files", f"pid={pid}", "-r", path, "--as-of", when, "--json")
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert [row["path"] for row in rows if row["fd"] > 2] == ["/etc/passwd"] and len(rows) == 4
    assert "PARTIAL" in found.stderr and "not watched" in found.stderr
