"""Files of sysdig that sonde writes: sysdig reads them as we do, and the calls in them are those of the recording."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from busy_files import WORKLOAD
from captures import needs_sysdig, sysdig, tell
from live import NEEDED, Row, cli, full_disk
from rows import NUMBERS, Rows

from sonde.catalog.event import EXIT_EVENTS
from sonde.catalog.lookup import EVENTS
from sonde.plan.batch import Counters
from sonde.query import Answer, Question, recorded
from sonde.sources.scap import lists, lists_out
from sonde.sources.scap.kinds import written
from sonde.sources.scap.lists import Entry, Interface, Process, User
from sonde.sources.scap.living import living
from sonde.sources.scap.writing import ScapWriter

SHOWN = ("evt.rawtime", "thread.tid", "evt.type", "proc.name", "proc.ppid", "fd.name", "evt.rawres", "evt.latency")
SHOWN_TOO = ("evt.arg.name", "evt.arg.path", "evt.buffer", "evt.arg.addr", "evt.rawarg.size")
FLAGS = "evt.arg.flags"
DESCRIBING = (
    "%fd.num %fd.uid", "%fd.type %fd.typechar", "%fd.l4proto %fd.sockfamily", "%fd.name_changed", "%fd.directory",
    "%fd.cip %fd.sip %fd.cport %fd.sport", "%evt.category", "%fd.connected",
    "%evt.count.error.file %evt.count.error.net %evt.count.error.memory %evt.count.error.other",
)  # fmt: skip


def workload(place: Path) -> Sequence[str]:
    """The workload, in a directory of its own."""
    place.mkdir()
    return ("--", sys.executable, "-I", "-S", "-c", WORKLOAD, str(place))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(a recording, the file of sysdig made of it)."""
    base = tmp_path_factory.mktemp("both")
    native, scap = base / "x.sonde", base / "x.scap"
    done = cli("-w", str(native), *workload(base / "here"))
    assert done.returncode == 0 and "EXACT" in done.stderr, done.stderr
    done = cli("convert", str(native), str(scap))
    assert done.returncode == 0 and "EXACT" in done.stderr, done.stderr
    return native, scap


def different(path: Path) -> list[tuple[bytes, bytes]]:
    """The lines that are not sysdig's, and how many there are is the same."""
    theirs, ours = sysdig(path).splitlines(), tell(path).text.splitlines()
    assert len(theirs) == len(ours) > 1000
    return [pair for pair in zip(theirs, ours, strict=True) if pair[0] != pair[1]]


@NEEDED
@needs_sysdig
def test_lines_of_a_converted_recording(both: tuple[Path, Path]) -> None:
    assert different(both[1]) == []


@NEEDED
@needs_sysdig
@pytest.mark.parametrize("options", [(), ("-z",)])
def test_lines_of_a_live_one(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "x.scap"
    done = cli(*options, "-w", str(path), *workload(tmp_path / "here"))
    assert done.returncode == 0 and "EXACT" in done.stderr, done.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes().startswith(b"\x1f\x8b") == bool(options)
    assert different(path) == []
    first = sysdig(path, "-p", "*%proc.name %evt.type %proc.cwd").splitlines()[0]
    assert first.endswith(b" execve " + os.getcwd().encode() + b"/") and b"<NA>" not in first, "who began is known"


@NEEDED
@needs_sysdig
def test_fields_of_a_converted_recording(both: tuple[Path, Path]) -> None:
    """What events are about, each field in its own lines."""
    scap = both[1]
    for field in DESCRIBING:
        form = f"*%evt.num %evt.type %evt.dir {field}"
        theirs, ours = sysdig(scap, "-p", form).splitlines(), tell(scap, format_=form).text.splitlines()
        assert [pair for pair in zip(theirs, ours, strict=True) if pair[0] != pair[1]] == [], field
    directories = "evt.type in (openat, mkdirat, renameat, unlinkat) and evt.dir=<"
    form = "%evt.num %evt.abspath %evt.abspath.src %evt.abspath.dst"
    absolute = sysdig(scap, "-p", form, directories)
    assert absolute.count(b"/deep/") > 5 and tell(scap, directories, form).text == absolute


@NEEDED
@needs_sysdig
def test_names_that_are_too_long(tmp_path: Path) -> None:
    """sysdig has no room for names beyond 1 KiB; how long a name is counts before it is joined."""
    program = """if True:
        import os, sys
        os.chdir(sys.argv[1])
        here, top = os.open(".", os.O_DIRECTORY), os.getcwd()
        for size in range(900, 1022):
            path = "./" * (size // 2) + "/" * (size % 2)
            for name, fd in ((path, here), (path, None), (f"{top}/{path}"[:1022], None), (f"{path}x", None)):
                try:
                    os.close(os.open(name, os.O_RDONLY, dir_fd=fd))
                except FileNotFoundError:
                    pass
    """
    scap, form = tmp_path / "x.scap", "%evt.type %fd.name %proc.cwd"
    done = cli("-w", str(scap), "--", sys.executable, "-I", "-S", "-c", program, str(tmp_path))
    assert done.returncode == 0, done.stderr
    theirs = sysdig(scap, "-p", form, "evt.type in (openat, close)")
    assert theirs.count(b"/PATH_TOO_LONG") > 50
    assert tell(scap, "evt.type in (openat, close)", form).text == theirs


def rows_of(path: Path) -> list[Row]:
    """The calls of a recording or a file of sysdig."""
    answer = Answer(
        Question(format=" ".join(f"%{name}" for name in (*SHOWN, *SHOWN_TOO, FLAGS)), json=True), recorded(str(path))
    )
    rows: list[Row] = []
    while not answer.done:
        rows += [json.loads(line) for line in answer.text(answer.rows(answer.source.poll())).splitlines()]
    answer.close()
    return rows


@pytest.mark.parametrize("size", [None, 0, 3, 64])
def test_whatever_calls_point_at(size: int | None, tmp_path: Path) -> None:
    """Each call there is can be written, whatever its words and what they point at."""
    random, rows, path = Random(7), Rows(), tmp_path / "x.scap"
    proc, file = rows.process(1, comm=b"all"), rows.file(b"/etc/hosts")
    for name in NUMBERS:
        for result in (0, 3, -2):
            words = [random.choice((0, 1, 3, 100, 1 << 20, -1)) for _ in range(6)]
            behind = None if size is None else {place: random.randbytes(size) for place in range(6)}
            rows.add(name, *words, point=behind, proc=proc, tid=101, pid=101, file=file, res=result, latency=10)
    batch = rows.batch()
    writer = ScapWriter(str(path), living)
    writer.write(batch)
    writer.close(Counters(), batch.state)
    told = tell(path)
    alone = sum(written(nr).leave is None for nr in batch.columns["nr"].tolist())
    assert len(told.lines) == 2 * len(batch) - alone > 2000 and "unknown" not in told.receipt, told.receipt


CALLS = {nr: event for nr, event in EVENTS.items() if nr < 514}
GENERIC = frozenset(event.name for nr, event in CALLS.items() if written(nr).generic)
OTHER_NAMES = {event.name: written(nr).enter.name for nr, event in CALLS.items()}
MADE = ("open", "openat", "read", "write", "pread", "pwrite", "writev", "lseek", "flock", "close")
NO_RESULT = EXIT_EVENTS.keys() | {"getsockname", "getpeername"}


@NEEDED
def test_calls_are_those_of_the_recording(both: tuple[Path, Path]) -> None:
    """What docs/compat.md says is other is other, and nothing else."""
    native, scap = map(rows_of, both)
    assert len(native) == len(scap) > 1000
    files = 0
    place = str(both[0].parent)
    for ours, theirs in zip(sorted(native, key=_key), sorted(scap, key=_key), strict=True):
        name = ours["evt.type"]
        for same in ("evt.rawtime", "thread.tid", "proc.name", "proc.ppid", "evt.latency"):
            assert ours[same] == theirs[same], (same, ours, theirs)
        if name in GENERIC:
            continue
        assert theirs["evt.type"] == OTHER_NAMES[name], ours
        if name not in NO_RESULT:
            assert ours["evt.rawres"] == theirs["evt.rawres"], ours
        for same in SHOWN_TOO:
            if ours[same] is not None and theirs[same] is not None:
                assert ours[same] == theirs[same], (same, ours, theirs)
        told, known = (set((row[FLAGS] or "").split("|")) for row in (theirs, ours))
        assert told <= known | {"", "0"}, (ours, theirs)  # sysdig has no names for some
        if name in MADE and (ours["fd.name"] or "").startswith(place):
            files += 1
            assert ours["fd.name"] == theirs["fd.name"], ours
    assert files > 20, "files of the workload were compared"


def _key(row: Row) -> tuple[int, int]:
    return row["evt.rawtime"], row["thread.tid"]


@NEEDED
def test_events_are_in_the_order_of_time(both: tuple[Path, Path]) -> None:
    times = [int(line) for line in tell(both[1], format_="%evt.rawtime").text.splitlines()]
    assert times == sorted(times)


@NEEDED
def test_a_full_disk(tmp_path: Path) -> None:
    """A clear line, and what was written can be read."""
    _, said = full_disk(tmp_path, "1m", "x.scap")
    assert "EXACT" in said.splitlines()[-2], said


@needs_sysdig
def test_a_log_of_strace(tmp_path: Path) -> None:
    """What a log does not tell is 0, or the value that sysdig has for it."""
    log, path = tmp_path / "x.log", tmp_path / "x.scap"
    log.write_text(
        '7 1700000000.000001 openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3 <0.000010>\n'
        '7 1700000000.000100 read(3, "root:x"..., 4096) = 2996 <0.000001>\n'
        "7 1700000000.000200 +++ exited with 0 +++\n"
    )
    assert "EXACT" in cli("convert", str(log), str(path)).stderr
    lines = sysdig(path, "-p", "*%evt.dir %evt.type %evt.latency %evt.info").splitlines()
    assert lines == tell(path, format_="*%evt.dir %evt.type %evt.latency %evt.info").text.splitlines()
    assert [line.split()[1] for line in lines] == [b"openat", b"openat", b"read", b"read", b"procexit"]
    assert b"fd=3(<f>/etc/passwd)" in lines[1] and b" 10000 " in lines[1] and b"res=2996 data=root:x" in lines[3]


def test_what_is_refused(tmp_path: Path) -> None:
    assert "always compressed" in cli("-z", "-w", str(tmp_path / "x.sonde"), "--for", "1s").stderr
    assert "No such file" in cli("-w", str(tmp_path / "none/x.scap"), "--for", "1s").stderr


PROCESS = Process(
    7, 6, 5, 4, 3, b"sh", b"/bin/sh", b"/usr/bin/sh", b"-c\0true\0", b"/home/", 1024, 1, 1000, 100, (0, 0, 0, 0, 0),
    b"A=1\0", 70, 71, b"cpu=/\0", b"/", 0, 1000, (1, 2, 3),
)  # fmt: skip
V4, V6 = b"\x7f\0\0\1", bytes(15) + b"\1"
ENTRIES = [
    Entry(0, 11, 16, name=b"/dev/null", openflags=3, dev=5), Entry(1, 12, 7, name=b"pipe:[12]"),
    Entry(2, 13, 3, (V4, 80, V4, 4000), 2), Entry(3, 14, 6, (V6, 80, b"", 0), 3),
    Entry(4, 15, 8, pair=(1, 2), name=b"/run/x"), Entry(5, 16, 10),
]  # fmt: skip


def test_lists_are_read_as_they_were_written() -> None:
    body = slice(8, -4)
    assert list(lists.processes(lists_out.processes_block([PROCESS])[body], 9)) == [PROCESS]
    assert lists.fds(lists_out.fds_block(7, ENTRIES)[body], 2) == (7, ENTRIES)
    people = [User(False, 1000, b"eva", b"/home/eva", b"/bin/sh"), User(True, 100, b"crew")]
    assert list(lists.users(lists_out.users_block(people)[body], 2)) == people
    faces = [Interface(V4, b"\xff\0\0\0", b"lo"), Interface(V6, b"\xff" * 16, b"lo")]
    assert list(lists.interfaces(lists_out.interfaces_block(faces)[body], 2)) == faces
