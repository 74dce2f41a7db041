"""A close names the file that is gone at its exit: on every CPU, by 32-bit calls, with tracefs and without."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import pytest
from live import KERNEL, Answered, Workload, ask

from sonde.kernel import tracefs
from sonde.query import Answer, Question
from sonde.sources.live import closing

pytestmark = KERNEL

FIELDS = ("evt.type", "evt.cpu", "evt.res", "fd.num", "fd.name")
EVERYWHERE = """
said = []
for cpu in sorted(os.sched_getaffinity(0)):
    os.sched_setaffinity(0, {cpu})
    for i in range(20):
        name = f'{sys.argv[1]}/{cpu}-{i}'
        os.close(os.open(name, os.O_CREAT))
        said.append([cpu, name])
print(json.dumps(said))
"""
# push rbx; mov eax, edi; mov ebx, esi; int 0x80; pop rbx; ret
INT_80 = """
import mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex('5389f889f3cd805bc3'))
call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
other = os.open('/dev/null', 0)
for i in range(200):
    fd = os.open(f'{sys.argv[1]}/{i}', os.O_CREAT)
    assert call(6, fd) == 0
    time.sleep(0.005)
"""
COMPAT = pytest.mark.skipif(
    not Path("/proc/sys/abi/vsyscall32").exists(), reason="this kernel has no 32-bit calls (CONFIG_IA32_EMULATION)"
)


def everywhere(directory: Path) -> Answered:
    """Files closed on every CPU, asked for by the beginning of their names."""
    filter_ = f"evt.type=close and fd.name startswith {directory}/"
    return ask(filter_, Workload(EVERYWHERE, str(directory)), *FIELDS)


def names(answered: Answered) -> list[list[object]]:
    """What `everywhere` says it did, from the rows."""
    return [[row["evt.cpu"], row["fd.name"]] for row in answered.rows]


def test_on_every_cpu(tmp_path: Path) -> None:
    answered = everywhere(tmp_path)
    assert names(answered) == answered.said
    assert answered.counters.matched == len(answered.said)  # decided in the kernel
    assert answered.counters.lost_dictionary == 0


def test_without_tracefs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "tracepoint_id", lambda _: None)
    answered = everywhere(tmp_path)
    assert names(answered) == answered.said


def test_with_a_tracefs_that_is_mounted_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracefs, "MOUNTED", str(tmp_path / "nothing"))
    mounts = Path("/proc/self/mountinfo").read_text()
    if tracefs.tracepoint_id(closing.TRACEPOINTS[0]) is None:
        pytest.skip("this kernel has no tracepoints of system calls, or mounting is not allowed")
    assert Path("/proc/self/mountinfo").read_text() == mounts
    answered = everywhere(tmp_path)
    assert names(answered) == answered.said


def test_other_calls_are_left_alone() -> None:
    if tracefs.tracepoint_id(closing.TRACEPOINTS[0]) is None:
        pytest.skip("this kernel has no tracepoints of system calls")
    answer = Answer(Question("proc.name=nosuch", skip=(os.getpid(),)))
    try:
        answer.source.start()
        held = [os.readlink(entry.path) for entry in os.scandir("/proc/self/fd") if os.path.islink(entry.path)]
        # a 32-bit program that runs on this system by chance wants the other hook
        assert "anon_inode:[perf_event]" in held or any(answer.source._session.read("compat_seen"))  # type: ignore[attr-defined]
    finally:
        answer.close()


@COMPAT
def test_32_bit_calls_are_noticed(tmp_path: Path) -> None:
    answered = ask("evt.type=close", Workload(INT_80, str(tmp_path)), *FIELDS)
    found = [row["fd.name"] for row in answered.rows if row["evt.res"] == "SUCCESS"][-200:]
    unknown = found.count(None)
    assert unknown == answered.counters.lost_dictionary < 200
    assert found == [None] * unknown + [f"{tmp_path}/{i}" for i in range(unknown, 200)]


BASE = 0x08048000
HEADERS = 52 + 32
CODE = (
    "31db b803000000 b9{name} ba01000000 cd80"  # read(0, name, 1)
    " b805000000 bb{name1} 31c9 cd80"  # open(name + 1, O_RDONLY)
    " 89c3 b806000000 cd80"  # close
    " b801000000 31db cd80"  # exit(0)
)
STARTED = """
import os, subprocess, sys
child = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE)
os.read(0, 1)
child.communicate(b'.')
"""


def program_of_32_bits(path: Path, opens: str) -> None:
    """An executable that waits for a byte, opens a file and closes it; no compiler is needed to try it."""
    length = len(bytes.fromhex(CODE.format(name="0" * 8, name1="0" * 8)))
    at = BASE + HEADERS + length
    words = {name: struct.pack("<I", value).hex() for name, value in (("name", at), ("name1", at + 1))}
    image = bytes.fromhex(CODE.format(**words)) + b" " + opens.encode() + b"\0"
    size = HEADERS + len(image)
    header = b"\x7fELF\1\1\1".ljust(16, b"\0") + struct.pack(
        "<HHIIIIIHHHHHH", 2, 3, 1, BASE + HEADERS, 52, 0, 0, 52, 32, 1, 0, 0, 0
    )
    path.write_bytes(header + struct.pack("<IIIIIIII", 1, 0, BASE, BASE, size, size, 7, 4096) + image)
    path.chmod(0o755)


@COMPAT
def test_a_32_bit_program_that_runs_already(tmp_path: Path) -> None:
    program, opens = tmp_path / "thirtytwo", tmp_path / "opened"
    opens.touch()
    program_of_32_bits(program, str(opens))
    workload = Workload([sys.executable, "-I", "-S", "-c", STARTED, str(program)])
    answered = ask("evt.type=close and proc.name=thirtytwo", workload, *FIELDS, follow=False)
    assert [row["fd.name"] for row in answered.rows] == [str(opens)]
