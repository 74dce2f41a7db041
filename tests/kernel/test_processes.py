"""What rows say about who acts: both sides of a fork, threads, programs started, signals, ends, names and ids."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from live import KERNEL, Answered, Workload, ask, one

pytestmark = KERNEL

LIVES = r"""
libc = ctypes.CDLL(None, use_errno=True)
said = {'self': os.getpid(), 'parent': os.getppid(), 'sid': os.getsid(0), 'pgid': os.getpgid(0)}
os.chdir('/usr/lib')

def child(name, what):
    pid = os.fork()
    if pid == 0:
        try: what()
        finally: os._exit(41)
    said[name] = pid
    os.waitpid(pid, 0)

def grandchild():
    if os.fork() == 0:
        os.getppid(); os._exit(0)
    os.wait()
def named(): libc.prctl(15, b'of another name'); os.getppid()
def daemon(): os.setsid(); os.setgid(2); os.setuid(1); os.getppid()
def program(): os.execv('/bin/true', ['truly', 'one', '', 'two words'])
def absent():
    try: os.execv('/no/such/file', ['x'])
    except OSError: pass
def killed(): os.kill(os.getpid(), signal.SIGTERM)
def handled():
    signal.signal(signal.SIGUSR1, lambda *_: os.getppid()); os.kill(os.getpid(), signal.SIGUSR1)
def thread():
    said['tid'] = threading.get_native_id(); os.getppid()

child('grandchild', grandchild)
child('named', named)
child('daemon', daemon)
child('program', program)
child('absent', absent)
child('killed', killed)
child('handled', handled)
said['spawned'] = os.posix_spawn('/bin/true', ['spawned'], {})
os.waitpid(said['spawned'], 0)
threads = [threading.Thread(target=thread)]
for t in threads: t.start()
for t in threads: t.join()
while len(os.listdir('/proc/self/task')) > 1: time.sleep(0.001)
os.sched_yield()
print(json.dumps(said))
"""
FIELDS = (
    "evt.type", "evt.rawres", "evt.res", "evt.args", "evt.arg.filename", "evt.arg.sig", "evt.rawarg.sig",
    "evt.rawarg.ret", "evt.latency", "thread.tid", "thread.ismain", "proc.pid", "proc.ppid", "proc.vpid", "proc.sid",
    "proc.pgid", "proc.name", "proc.pname", "proc.aname[2]", "proc.apid[1]", "proc.exe", "proc.args", "proc.cmdline",
    "proc.pcmdline", "proc.exepath", "proc.cwd", "proc.nthreads", "proc.is_sid_leader", "user.uid", "user.name",
    "group.gid", "proc.cmdnargs", "evt.category",
)  # fmt: skip


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """All rows of the workload above."""
    answered = ask("", Workload(LIVES), *FIELDS)
    assert answered.counters.lost == answered.counters.lost_dictionary == 0
    return answered


def test_both_sides_of_a_fork(lives: Answered) -> None:
    parent, child = lives.said["self"], lives.said["named"]
    call = one(lives.of("clone", "clone3", "fork", "vfork"), thread__tid=parent, evt__rawres=child)
    other = one(lives.of("clone", "clone3", "fork", "vfork"), thread__tid=child)
    assert (other["evt.rawres"], other["proc.ppid"], other["proc.pid"]) == (0, parent, child)
    assert call["evt.latency"] > 0 and other["evt.latency"] is None
    assert lives.rows.index(one(lives.of("procexit"), thread__tid=child)) > lives.rows.index(other)


def test_threads(lives: Answered) -> None:
    tid, pid = lives.said["tid"], lives.said["self"]
    row = one(lives.of("getppid"), thread__tid=tid)
    assert (row["proc.pid"], row["thread.ismain"], row["proc.nthreads"]) == (pid, False, 2)
    assert one(lives.of("sched_yield"), thread__tid=pid)["proc.nthreads"] == 1
    started = [r for r in lives.of("clone", "clone3") if r["evt.rawres"] == tid]
    assert len(started) == 1 and started[0]["thread.tid"] == pid
    assert one(lives.of("procexit"), thread__tid=tid)["thread.ismain"] is False


def test_a_program_that_is_started(lives: Answered) -> None:
    row = one(lives.of("execve"), thread__tid=lives.said["program"])
    assert (row["evt.res"], row["evt.arg.filename"]) == ("SUCCESS", "/bin/true")
    assert (row["proc.name"], row["proc.exe"], row["proc.args"]) == ("true", "truly", "one  two words")
    assert row["proc.cmdline"] == "true one  two words" and row["proc.cmdnargs"] == 3
    assert row["proc.exepath"] == str(Path("/bin/true").resolve())
    assert (row["proc.ppid"], row["proc.pcmdline"].split()[:2]) == (lives.said["self"], ["python", "-I"])
    assert "filename=/bin/true" in row["evt.args"] and "exe=truly" in row["evt.args"]


def test_posix_spawn(lives: Answered) -> None:
    pid = lives.said["spawned"]
    assert one(lives.of("execve"), thread__tid=pid)["proc.cmdline"] == "true"
    assert [r["thread.tid"] for r in lives.of("vfork", "clone", "clone3") if r["evt.rawres"] == pid] == [
        lives.said["self"]
    ]


def test_a_program_that_is_not_there(lives: Answered) -> None:
    row = one(lives.of("execve"), thread__tid=lives.said["absent"])
    assert (row["evt.res"], row["evt.arg.filename"]) == ("ENOENT", "/no/such/file")
    assert row["proc.name"] == Path(sys.executable).resolve().name[:15] or row["proc.name"].startswith("python")


def test_ends(lives: Answered) -> None:
    def end(name: str) -> tuple[int, str]:
        row = one(lives.of("procexit"), thread__tid=lives.said[name])
        return row["evt.rawarg.ret"], row["evt.arg.sig"]

    assert end("named")[0] == 41
    assert end("program")[0] == 0
    row = one(lives.of("procexit"), thread__tid=lives.said["killed"])
    assert row["evt.rawarg.sig"] == signal.SIGTERM and "SIGTERM" in row["evt.args"]
    assert one(lives.of("procexit"), thread__tid=lives.said["program"])["proc.name"] == "true"


def test_signals(lives: Answered) -> None:
    pid = lives.said["handled"]
    row = one(lives.of("signaldeliver"), thread__tid=pid)
    assert row["evt.rawarg.sig"] == signal.SIGUSR1
    assert f"spid={pid}" in row["evt.args"] and f"dpid={pid}" in row["evt.args"] and "SIGUSR1" in row["evt.args"]
    assert one(lives.of("rt_sigreturn"), thread__tid=pid)["evt.category"] == "signal"
    # the kernel makes SIGKILL of a signal that ends the process before it delivers it; procexit has its name
    assert one(lives.of("signaldeliver"), thread__tid=lives.said["killed"])["evt.rawarg.sig"] == signal.SIGKILL


def test_names_and_ids_change_when_the_process_does(lives: Answered) -> None:
    pid = lives.said["named"]
    assert one(lives.of("getppid"), thread__tid=pid)["proc.name"] == "of another name"
    assert one(lives.of("clone", "clone3", "fork"), thread__tid=pid)["proc.name"] != "of another name"
    row = one(lives.of("getppid"), thread__tid=lives.said["daemon"])
    assert (row["user.uid"], row["user.name"], row["group.gid"]) == (1, "daemon", 2)
    assert row["proc.sid"] == row["proc.pgid"] == lives.said["daemon"] and row["proc.is_sid_leader"]
    before = one(lives.of("clone", "clone3", "fork"), thread__tid=lives.said["daemon"])
    assert (before["user.uid"], before["proc.sid"]) == (0, lives.said["sid"])


def test_relatives(lives: Answered) -> None:
    parent = lives.said["grandchild"]
    row = next(r for r in lives.of("getppid") if r["proc.ppid"] == parent)
    mine = next(r for r in lives.rows if r["thread.tid"] == lives.said["self"])
    assert row["proc.apid[1]"] == parent and row["proc.pname"] == row["proc.aname[2]"] == mine["proc.name"]
    assert (mine["proc.ppid"], mine["proc.sid"], mine["proc.pgid"]) == tuple(
        lives.said[n] for n in ("parent", "sid", "pgid")
    )
    assert row["proc.cwd"] == "/usr/lib/"


@pytest.mark.parametrize(
    ("filter", "name"),
    [
        ("proc.name=true", "program"), ("proc.exe=truly", "program"), ('proc.args="one  two words"', "program"),
        ("proc.cmdline startswith \"true one\"", "program"),
        ("user.name=daemon", "daemon"), ("user.uid=1", "daemon"),
        ("proc.is_sid_leader=true and proc.sid != 0 and user.uid=1", "daemon"),
        ('proc.name="of another name"', "named"),
        ("proc.exepath endswith /true and proc.exe=truly", "program"),
    ],
)  # fmt: skip
def test_filters_on_who_acts(filter: str, name: str) -> None:
    answered = ask(filter, Workload(LIVES), *FIELDS)
    pid, everything = answered.said[name], {row["thread.tid"] for row in answered.rows}
    assert pid in everything and everything <= {pid, answered.said["spawned"]}
    assert one(answered.of("procexit"), thread__tid=pid)


LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
AGAIN = f"""
said = []
for turn in range(100):
    with open('{LAST_PID}', 'w') as file: file.write('25000')
    name = ('true', 'false')[turn % 2]
    pid = os.posix_spawn('/bin/' + name, [name], {{}})
    os.waitpid(pid, 0)
    said.append([pid, name])
    if len({{name for one, name in said if one == pid}}) == 2: break
print(json.dumps(said))
"""


@pytest.mark.skipif(not LAST_PID.exists(), reason="this kernel does not let one choose the next process id")
def test_an_end_is_not_told_of_who_had_the_number_before() -> None:
    answered = ask("evt.type=procexit", Workload(AGAIN), "proc.pid", "proc.name", "proc.exepath")
    *ends, _ = answered.rows
    assert [[row["proc.pid"], row["proc.name"]] for row in ends] == answered.said
    for row in ends:  # before Linux 6.16 the program is not known any more
        assert row["proc.exepath"] is None or row["proc.exepath"].endswith(f"/{row['proc.name']}")
    assert len({pid for pid, _ in answered.said}) < len(answered.said), "a number came again"


ENDING = """
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname())
there, _ = server.accept()
os.chdir('/usr')
os._exit(0)
"""


def test_a_process_that_ends_is_who_it_was() -> None:
    """Its sockets are closed when its memory is gone already."""
    workload = Workload(ENDING)
    wanted = f"evt.type in (chdir, sock:inet_sock_set_state, procexit) and thread.tid={workload.pid}"
    answered = ask(wanted, workload, "evt.type", "proc.name", "proc.exepath", "proc.cwd", "proc.args", follow=False)
    ended = [row["evt.type"] for row in answered.rows].index("procexit")
    last, *closed = answered.rows[ended:]
    # the kernel leaves out tracepoints of a processor on which a call of bpf() was preempted, which is counted
    assert closed or answered.counters.lost, answered
    assert last["proc.exepath"] and last["proc.cwd"] == "/usr/" and "create_server" in last["proc.args"]
    assert all(row | {"evt.type": "procexit"} == last for row in closed)
