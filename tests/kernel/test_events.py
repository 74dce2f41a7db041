"""What rows say about operations on files, descriptors and data, judged by what the workload itself knows."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from live import KERNEL, Answered, Workload, ask, cli, one

pytestmark = KERNEL

FILES = """
directory = sys.argv[1]
os.chdir(directory)
def link(fd): return os.readlink(f'/proc/self/fd/{fd}')
said = {}
fd = os.open('plain', os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)
said['plain'] = fd, link(fd)
os.write(fd, b'0123456789' * 30)
os.writev(fd, [b'first ', b'', b'second'])
os.pwrite(fd, b'there', 7)
os.lseek(fd, 0, 0)
os.read(fd, 100)
os.pread(fd, 5, 7)
a, b = bytearray(4), bytearray(8)
os.preadv(fd, [a, b], 0)
libc = ctypes.CDLL(None, use_errno=True)
twin = libc.dup(fd)
said['dup'] = twin, link(twin)
os.dup2(fd, 100)
said['dup2'] = 100, link(100)
os.fstat(100)
os.ftruncate(100, 5)
os.close(100)
for name in ('nowhere/x', 'plain/x'):
    try: os.open(name, os.O_RDONLY)
    except OSError: pass
try: os.open('plain', os.O_CREAT | os.O_EXCL)
except OSError: pass
said['creat'] = libc.syscall(85, b'created', 0o600), 'created'
how = (ctypes.c_uint64 * 3)(os.O_RDONLY, 0, 0)
said['openat2'] = libc.syscall(437, -100, b'plain', how, 24), 'plain'
said['open'] = libc.syscall(2, b'plain', os.O_RDONLY, 0), 'plain'
r, w = os.pipe()
said['pipe'] = r, link(r)
os.write(w, b'through the pipe')
os.read(r, 100)
e = os.eventfd(5)
said['eventfd'] = e, link(e)
os.eventfd_write(e, 1)
m = os.memfd_create('scratch')
said['memfd'] = m, link(m)
os.write(m, b'memory')
bad = os.open(b'bad\\xff\\xfename', os.O_CREAT | os.O_WRONLY)
os.write(bad, b'\\xff\\x00\\x80')
sub = os.open('.', os.O_RDONLY | os.O_DIRECTORY)
said['directory'] = sub, link(sub)
os.listdir(sub)
inner = os.open('plain', os.O_RDONLY, dir_fd=sub)
os.mkdir('made', 0o700)
os.rename('made', 'moved')
os.symlink('plain', 'soft')
os.link('plain', 'hard')
os.chmod('hard', 0o600)
os.unlink('hard')
os.read(inner, 1)
os.rmdir('moved')
os.unlink('plain')
os.lseek(fd, 3, 0)
said['unlinked'] = fd, link(fd)
try: os.close(999)
except OSError: pass
print(json.dumps(said))
"""
FIELDS = (
    "evt.num", "evt.type", "evt.dir", "evt.res", "evt.rawres", "evt.failed", "evt.latency", "evt.args", "evt.category",
    "evt.arg.name", "evt.arg.flags", "evt.arg.mode", "evt.arg.data", "evt.buffer", "evt.buflen", "evt.is_open_create",
    "evt.abspath", "fs.path.name", "fs.path.source", "fs.path.target", "fd.num", "fd.name", "fd.type", "fd.typechar",
    "fd.directory", "fd.filename", "fd.ino", "evt.is_io_read", "evt.rawtime", "evt.start", "proc.name",
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory the files' workload runs in."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def files(place: Path) -> Answered:
    """All rows of the files' workload."""
    return ask("", Workload(FILES, str(place)), *FIELDS)


def test_nothing_is_lost_and_all_that_matched_is_delivered(files: Answered) -> None:
    counters = files.counters
    assert counters.lost == counters.lost_dictionary == counters.lost_payloads == 0
    assert counters.matched == counters.delivered == len(files.rows)
    assert counters.seen >= counters.matched
    assert [row["evt.num"] for row in files.rows] == list(range(1, len(files.rows) + 1))


def test_time_order_and_latency(files: Answered) -> None:
    times = [row["evt.rawtime"] for row in files.rows]
    assert times == sorted(times)
    calls = [row for row in files.rows[1:] if row["evt.type"] not in ("procexit", "signaldeliver")]
    assert all(row["evt.latency"] > 0 for row in calls)
    assert all(row["evt.rawtime"] - row["evt.start"] == row["evt.latency"] for row in calls)


def test_open_that_succeeds(files: Answered, place: Path) -> None:
    row = next(r for r in files.of("openat") if r["evt.arg.name"] == "plain" and not r["evt.failed"])
    number, path = files.said["plain"]
    assert path == f"{place}/plain"
    assert (row["fd.num"], row["evt.rawres"], row["fd.name"]) == (number, number, path)
    assert (row["fd.directory"], row["fd.filename"], row["fd.type"], row["fd.typechar"]) == (
        str(place), "plain", "file", "f",
    )  # fmt: skip
    assert row["evt.args"].startswith(f"fd={number}(<f>{path}) dirfd=-100(AT_FDCWD) name=plain flags=")
    assert "O_RDWR|O_CREAT|O_CLOEXEC" in row["evt.args"] and "mode=640" in row["evt.args"].replace(
        "mode=0640", "mode=640"
    )
    assert row["evt.is_open_create"] and row["evt.res"] == "SUCCESS" and row["evt.dir"] == "<"
    assert row["evt.abspath"] == row["fs.path.name"] == path


def test_open_that_fails_is_named_by_what_was_asked_for(files: Answered, place: Path) -> None:
    failures = {r["fd.name"]: (r["evt.res"], r["fd.num"]) for r in files.of("openat") if r["evt.failed"]}
    assert failures == {
        f"{place}/nowhere/x": ("ENOENT", None), f"{place}/plain/x": ("ENOTDIR", None),
        f"{place}/plain": ("EEXIST", None),
    }  # fmt: skip


def test_each_way_of_opening(files: Answered, place: Path) -> None:
    for name in ("creat", "openat2", "open"):
        number, file = files.said[name]
        row = one(files.of(name), fd__num=number)
        assert row["fd.name"] == f"{place}/{file}" and row["evt.arg.name"] == file, name


def test_data_of_reads_and_writes(files: Answered) -> None:
    plain = [r for r in files.rows if r["fd.num"] == files.said["plain"][0]]
    data = {r["evt.type"]: (r["evt.buffer"], r["evt.buflen"]) for r in plain if r["evt.buffer"] is not None}
    assert data["write"] == (("0123456789" * 8), 300)  # 80 bytes are kept
    assert data["writev"] == ("first second", 12)
    assert data["pwrite"] == ("there", 5)
    assert data["read"] == (("0123456there" + "23456789" + "0123456789" * 6), 100)
    assert data["pread"] == ("there", 5)
    assert data["preadv2"] == ("0123456there", 12)
    assert files.counters.truncated >= 2


def test_duplicates_are_the_same_file(files: Answered) -> None:
    plain = files.said["plain"]
    dup = one(files.of("dup"), evt__rawres=files.said["dup"][0])
    assert dup["fd.name"] == plain[1]
    assert one(files.of("dup2", "dup3"))["fd.name"] == plain[1]
    assert one(files.of("ftruncate"), fd__num=100)["fd.name"] == plain[1]
    assert one(files.of("close"), fd__num=100)["fd.name"] == plain[1]


def test_descriptors_that_are_not_files(files: Answered) -> None:
    pipe, event, memory = (files.said[name] for name in ("pipe", "eventfd", "memfd"))
    read = one(files.of("read"), fd__num=pipe[0])
    assert (read["fd.name"], read["fd.type"], read["evt.buffer"]) == (pipe[1], "pipe", "through the pipe")
    wrote = one(files.of("write"), fd__num=event[0])
    assert (wrote["fd.type"], wrote["fd.typechar"]) == ("event", "e")
    assert wrote["fd.name"] == event[1] == "anon_inode:[eventfd]"
    wrote = one(files.of("write"), fd__num=memory[0])
    assert (wrote["fd.name"], wrote["fd.type"]) == (memory[1].removesuffix(" (deleted)"), "memfd")


def test_names_that_are_not_utf_8(files: Answered, place: Path) -> None:
    row = one(files.of("openat"), evt__arg__name=os.fsdecode(b"bad\xff\xfename"))
    assert os.fsencode(row["fd.name"]) == os.fsencode(place) + b"/bad\xff\xfename"
    wrote = next(r for r in files.of("write") if r["fd.name"] == row["fd.name"])
    assert wrote["evt.buflen"] == 3


def test_directories_and_paths_relative_to_them(files: Answered, place: Path) -> None:
    number, path = files.said["directory"]
    listed = next(r for r in files.of("getdents64") if r["fd.name"] == path)
    assert (listed["fd.type"], listed["fd.directory"]) == ("directory", path)
    inner = next(r for r in files.of("openat") if f" dirfd={number}" in r["evt.args"])
    assert inner["fd.name"] == f"{place}/plain"


def test_calls_on_paths(files: Answered, place: Path) -> None:
    paths = {r["evt.type"]: r["fs.path.name"] for r in files.rows}
    assert paths["mkdir"] == f"{place}/made" and paths["rmdir"] == f"{place}/moved"
    rename = one(files.of("rename"))
    assert (rename["fs.path.source"], rename["fs.path.target"]) == (f"{place}/made", f"{place}/moved")
    linked = one(files.of("link", "linkat"))
    assert (linked["fs.path.source"], linked["fs.path.target"]) == (f"{place}/plain", f"{place}/hard")
    assert [r["fs.path.name"] for r in files.of("unlink")] == [f"{place}/hard", f"{place}/plain"]
    assert "mode=0700" in one(files.of("mkdir"))["evt.args"] or "mode=700" in one(files.of("mkdir"))["evt.args"]


def test_an_unlinked_file_keeps_its_name(files: Answered, place: Path) -> None:
    last = files.of("lseek")[-1]
    assert files.said["unlinked"][1] == f"{place}/plain (deleted)"
    assert last["fd.name"] == f"{place}/plain"  # a name, not a state: the suffix is left out


def test_a_descriptor_that_is_not_open(files: Answered) -> None:
    row = one(files.of("close"), fd__num=999)
    assert (row["evt.res"], row["fd.name"], row["fd.type"]) == ("EBADF", None, None)


OPENED_BEFORE = "import os\nfd = os.open('/etc/passwd', os.O_RDONLY)\nos.chdir('/usr/lib')\n"


def test_files_that_were_open_before_the_start() -> None:
    program = OPENED_BEFORE + "os.read(0, 1)\nos.read(fd, 5)\nos.close(fd)\nos.open('nothing', 0)\n"
    program = program.replace("os.open('nothing', 0)", "\ntry: os.open('nothing', 0)\nexcept OSError: pass")
    answered = ask("", Workload([sys.executable, "-I", "-S", "-c", program]), *FIELDS)
    assert one(answered.of("read"), fd__name="/etc/passwd")["evt.buffer"] == "root:"
    assert one(answered.of("close"), fd__name="/etc/passwd")["evt.res"] == "SUCCESS"
    assert one(answered.of("openat"))["fd.name"] == "/usr/lib/nothing"


def _again(filter: str, directory: Path, **options: Any) -> Answered:
    """The files' workload in a directory of its own."""
    place = Path(mkdtemp(dir=directory))
    return ask(filter.replace("HERE", str(place)), Workload(FILES, str(place)), *FIELDS, **options)


def test_families(tmp_path: Path) -> None:
    answered = _again("evt.type=open and fd.name startswith HERE", tmp_path)
    opened = {row["evt.type"] for row in answered.rows}
    assert opened == {"open", "openat", "openat2", "creat"}
    only = _again("evt.type=openat2", tmp_path)
    assert {row["evt.type"] for row in only.rows} == {"openat2"}


@pytest.mark.parametrize("snaplen", (0, 5, 4096))
def test_as_many_bytes_of_data_as_asked_for(snaplen: int, tmp_path: Path) -> None:
    answered = _again("fd.name=HERE/plain and evt.is_io_write=true", tmp_path, snaplen=snaplen)
    row = one(answered.of("write"))
    assert row["evt.buffer"] == ("0123456789" * 30)[:snaplen] and row["evt.buflen"] == 300
    assert one(answered.of("writev"))["evt.buffer"] == "first second"[:snaplen]


def test_data_in_a_filter(tmp_path: Path) -> None:
    answered = _again('evt.buffer contains "h the p"', tmp_path)
    data = "through the pipe"
    assert [(r["evt.type"], r["evt.buffer"]) for r in answered.rows] == [("write", data), ("read", data)]
    split = _again('evt.buffer contains "t s"', tmp_path)
    assert [r["evt.type"] for r in split.rows] == ["writev"]  # across two parts of a vector


def test_only_so_many_rows() -> None:
    done = cli("-n", "7", "-p", "%evt.num %evt.type", "--", "/bin/ls", "/usr/bin")
    lines = done.stderr.splitlines()
    assert [line.split()[0] for line in lines[:7]] == list("1234567")
    assert "7 delivered" in lines[7] and done.returncode == 0


def test_without_a_follower_other_processes_are_seen_and_we_are_not(tmp_path: Path) -> None:
    answered = _again("fd.name startswith HERE", tmp_path, follow=False)
    assert len(answered.of("write")) >= 2
    assert answered.counters.own > 0
