"""Twelve real programs: how each is prepared in an empty directory, run, and what differs between any two runs."""

from __future__ import annotations

import http.server
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["PROGRAMS", "Program", "Started"]

Rule = tuple[str, str]
OLD = 1_600_000_000  # when files were changed: so long ago that git need not look into them again


@dataclass(frozen=True)
class Started:
    """A prepared program: its command, what goes on beside it, what ends that."""

    command: Sequence[str]
    beside: Callable[[], None] | None = None
    after: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Program:
    """`differs`: a pattern of what a thread did (`name paths = result`), and why two runs differ in it."""

    name: str
    needs: tuple[str, ...]
    prepare: Callable[[Path], Started]
    masks: tuple[Rule, ...] = ()  # pattern, sign: names that are made up by chance
    differs: tuple[Rule, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def _script(place: Path, name: str, text: str) -> str:
    path = place / name
    path.write_text(text)
    return str(path)


def _tree(place: Path, files: int) -> None:
    for at in range(files):
        directory = place / f"dir{at % 7}" / f"sub{at % 3}"
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / f"file{at}.txt"
        file.write_text(f"{at}\n" * at)
        os.utime(file, (OLD, OLD))


def _bash(place: Path) -> Started:
    return Started(["bash", _script(place, "script.sh", """
set -u
greet() { local who=$1; echo "hello $who"; }
for i in 1 2 3; do greet $i >>out.txt; done
cat <<END >here.txt
$(greet inside)
END
( cd / && pwd ) >where.txt
[ -f out.txt ] && wc -l <out.txt >/dev/null
while read -r line; do echo "$line" >/dev/null; done <out.txt
/bin/true || echo no
trap 'rm -f out.txt' EXIT
exec 3>third.txt; echo to three >&3; exec 3>&-
cd /nowhere 2>/dev/null || true
""")])  # fmt: skip


def _python(place: Path) -> Started:
    return Started(["/usr/bin/python3", "-I", "-S", _script(place, "program.py", """
import os, json, socket, struct, tempfile, select
with open('data.json', 'w') as file: json.dump({'a': list(range(50))}, file)
print(json.load(open('data.json'))['a'][3])
os.makedirs('a/b/c'); os.rename('a/b', 'a/d'); print(sorted(os.listdir('a')))
one, two = socket.socketpair(); one.sendall(b'x' * 100)
print(select.select([two], [], [], 1)[0] == [two]); two.recv(10)
server = socket.socket(); server.bind(('127.0.0.1', 0)); server.listen(1)
pid = os.fork()
if not pid: os.execv('/bin/cat', ['cat', 'data.json'])
os.waitpid(pid, 0)
try: os.stat('nothing')
except OSError as error: print(error)
""")])  # fmt: skip


def _git(place: Path) -> Started:
    _tree(place / "work", 12)
    return Started(["sh", "-c", """
cd work && git init -q . && git add . && git commit -qm first && echo more >>dir1/sub1/file1.txt
git status --short >../status; git diff >../diff; git log --oneline >../log
git checkout -q -b other; git show HEAD:dir2/sub2/file2.txt
"""])  # fmt: skip


def _tar(place: Path) -> Started:
    _tree(place / "data", 20)
    return Started(["sh", "-c", "tar -cf all.tar data && tar -tf all.tar && mkdir out && tar -xf all.tar -C out"])


def _curl(place: Path) -> Started:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *words: object, **named: object) -> None:
            super().__init__(*words, directory=str(place), **named)  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    (place / "page.html").write_bytes(b"x" * 5000)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/page.html"

    def end() -> None:
        server.shutdown()
        server.server_close()

    return Started(["curl", "-q", "-s", "-o", "got.html", url], after=end)


def _sqlite(place: Path) -> Started:
    return Started(["sqlite3", "-batch", "base.db", """
create table t(a integer primary key, b text); create index i on t(b);
begin; with recursive n(x) as (select 1 union all select x + 1 from n where x < 300)
insert into t select x, 'row ' || x from n; commit;
select count(*) from t where b like 'row 1%'; delete from t where a > 100; vacuum;
"""])  # fmt: skip


def _gcc(place: Path) -> Started:
    _script(place, "hello.c", '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n')
    return Started(["gcc", "-O1", "-o", "hello", "hello.c"])


def _ssh_keygen(place: Path) -> Started:
    return Started(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "judged", "-f", str(place / "key")])


def _find(place: Path) -> Started:
    _tree(place / "data", 40)
    return Started(["find", "data", "-name", "*1*.txt", "-size", "-10k", "-exec", "cat", "{}", "+"])


def _make(place: Path) -> Started:
    _script(
        place,
        "Makefile",
        """
all: out/a out/b sum
out:
	mkdir out
out/%: %.in | out
	cat $< >$@
sum: out/a out/b
	cat out/a out/b | sort >sum
	@echo done
""",
    )
    for name in "ab":
        _script(place, f"{name}.in", name * 100 + "\n")
    return Started(["make", "--no-print-directory"])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _until(condition: Callable[[], object]) -> bool:
    """Wait for it; not for ever."""
    until = time.monotonic() + 20
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _asleep(pid: int) -> bool:
    """Does it wait for events? Not for its tracer."""
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "S" and Path(f"/proc/{pid}/syscall").read_text().startswith("232 ")


def _nginx(place: Path) -> Started:
    port = _free_port()
    (place / "logs").mkdir()
    (place / "page.html").write_bytes(b"page " * 1000)
    configuration = _script(
        place,
        "nginx.conf",
        f"""
daemon off; master_process off; pid {place}/nginx.pid; error_log {place}/logs/error.log;
events {{ worker_connections 64; multi_accept off; }}
http {{
	access_log {place}/logs/access.log; client_body_temp_path {place}/logs/a; proxy_temp_path {place}/logs/b;
	fastcgi_temp_path {place}/logs/c; uwsgi_temp_path {place}/logs/d; scgi_temp_path {place}/logs/e;
	server {{ listen 127.0.0.1:{port}; location / {{ root {place}; }} }}
}}
""",
    )

    def load() -> None:
        if not _until(lambda: (place / "nginx.pid").exists() and (place / "nginx.pid").read_text().strip()):
            return
        pid = int((place / "nginx.pid").read_text())
        for at in range(60):
            page = "page.html" if at % 5 else "nothing.html"
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=10).read()
            except urllib.error.HTTPError as answer:
                answer.close()
        _until(lambda: (place / "logs/access.log").read_text().count("\n") == 60 and _asleep(pid))
        os.kill(pid, signal.SIGTERM)

    return Started(["nginx", "-p", str(place), "-c", configuration, "-e", f"{place}/logs/start.log"], beside=load)


def _threads(place: Path) -> Started:
    return Started(["/usr/bin/python3", "-I", "-S", _script(place, "threads.py", """
import os, threading, time
def work(name):
    for at in range(20):
        with open(f'{name}.{at}', 'w') as file: file.write('x' * at)
        os.stat(f'{name}.{at}')
        if at % 3 == 0: os.unlink(f'{name}.{at}')
    os.mkdir(name)
threads = []
for number in range(4):
    thread = threading.Thread(target=work, args=(f'thread{number}',)); thread.start(); threads.append(thread)
for thread in threads: thread.join()
# join does not wait for the kernel's thread, whose last calls an exit now would cut off
while len(os.listdir('/proc/self/task')) > 1: time.sleep(0.01)
""")])  # fmt: skip


HANDLED = tuple(
    (f"{name} .*", "a signal handler runs when a child happens to end") for name in ("rt_sigreturn", "wait4")
)
WAITS = ((r"(poll|ppoll|recvfrom|rt_sigaction) .*", "how often it waits for the server"),)
CHANCE = ((r"getrandom .*", "a name made up by chance is made from what is left of the last chance"),)
SHARED = (
    (r"futex .*", "who waits for whom is chance"),
    (r"(mmap|munmap|mprotect|madvise|brk) .*", "which thread needs the memory is chance"),
)
ENDING = ((r"clock_nanosleep .*|.*/proc/\w+/task.*", "how often it looks whether its threads have ended"),)
PIPED = ((r"read <pipe:\[#\]> = .*", "how much is in a pipe when it is read"),)
GIT = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "judge"), ("EMAIL", "judge@localhost"), ("DATE", "1700000000 +0000"))}  # fmt: skip
GIT["GIT_CONFIG_NOSYSTEM"] = "1"
MADE_UP = (r"(tmp_obj_|/cc|\.git/t)[A-Za-z0-9]{6}\b", r"\1#")
PORTS = (r"\b127\.0\.0\.1:\d+", "127.0.0.1:#")
NUMBERS = (r"= \d+<", "= #<")  # of descriptors that threads share

PROGRAMS = (
    Program("bash", ("bash",), _bash, differs=HANDLED),
    Program("python", ("/usr/bin/python3",), _python, masks=(PORTS,)),
    Program("git", ("git",), _git, masks=(MADE_UP,), differs=(*HANDLED, *CHANCE), environment=GIT),
    Program("tar", ("tar",), _tar, differs=HANDLED),
    Program("curl", ("curl",), _curl, masks=(PORTS,), differs=WAITS),
    Program("sqlite3", ("sqlite3",), _sqlite),
    Program("gcc", ("gcc",), _gcc, masks=(MADE_UP,), differs=CHANCE),
    Program("ssh-keygen", ("ssh-keygen",), _ssh_keygen),
    Program("find", ("find",), _find),
    Program("make", ("make", "sort"), _make, differs=(*HANDLED, *PIPED)),
    Program("nginx", ("nginx",), _nginx, masks=(PORTS,)),
    Program(
        "threads", ("/usr/bin/python3",), _threads, masks=(NUMBERS,),
        differs=(*SHARED, *ENDING),
    ),
)  # fmt: skip
