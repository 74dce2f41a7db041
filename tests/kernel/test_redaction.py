"""--redact: what was given as an argument, a name, an address or data is nowhere in what is written."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import KERNEL, cli

from sonde.catalog.privacy import KINDS
from sonde.sources.recording.columns import Packed
from sonde.sources.recording.frames import Kind, Reader
from sonde.sources.recording.segments import segments

pytestmark = KERNEL

ADDRESS, ADDRESS_6 = "203.0.113.77", "2001:67c:7::77"
SECRETS: dict[str, list[bytes | str]] = {
    "arguments": ["ArgSecret", "EnvSecret"],
    "paths": ["PathSecret"],
    "addresses": [ADDRESS, ADDRESS_6, socket.inet_aton(ADDRESS), socket.inet_pton(socket.AF_INET6, ADDRESS_6)],
    "data": ["DataSecret"],
}
# paths are names relative to where it runs, but for one, so that no command line has them
WORKLOAD = f"""
import os, socket, subprocess, sys
place = os.path.join(os.getcwd(), "Path" + "Secret")
os.mkdir(place); os.chdir(place); os.getcwd()
data = "Data" + "Secret"
name = "Path" + "Secret.txt"
with open(name, "w") as file: file.write(data * 3)
open(os.path.join(place, name)).read(); os.stat(name)
os.rename(name, name + "2"); os.symlink(name + "2", name + "3"); os.readlink(name + "3"); os.listdir(".")
os.mkdir(name); os.rmdir(name); os.truncate(name + "2", 9)
server = socket.socket(socket.AF_UNIX); server.bind(name + "s"); server.listen()
client = socket.socket(socket.AF_UNIX); client.connect(name + "s"); client.sendall(data.encode())
abstract = socket.socket(socket.AF_UNIX); abstract.bind("\\0" + name + str(os.getpid()))
os.memfd_create(name)
for family, address in ((socket.AF_INET, "{ADDRESS}"), (socket.AF_INET6, "{ADDRESS_6}")):
    try:
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        for call in (lambda: udp.sendto(data.encode(), (address, 4242)), lambda: udp.connect((address, 4242)),
                     lambda: udp.sendmsg([data.encode()]), lambda: udp.getpeername()):
            try: call()
            except OSError: pass
    except OSError: pass
subprocess.run(["/bin/true", "Arg" + "Secret"], env={{"TOKEN": "Env" + "Secret"}})
subprocess.run([sys.executable, "-I", "-S", "-c", "pass", "Arg" + "Secret"], env={{"TOKEN": "Env" + "Secret"}})
"""
FILTER = "not proc.name=ArgSecret and not fd.name=/PathSecret"
LONG = FILTER + f" and not fd.ip={ADDRESS}"


def everything(path: Path) -> bytes:
    """All bytes of a recording or a file of sysdig, unpacked."""
    return b"\n".join(pieces(path)) if path.suffix == ".sonde" else path.read_bytes()


def pieces(path: Path) -> Iterator[bytes]:
    """What the frames of a recording hold, column by column."""
    for segment in segments(str(path)):
        with open(segment.path, "rb") as file:
            for frame in Reader(file):
                if frame.kind in (Kind.START, Kind.STATE, Kind.COUNTERS, Kind.END):
                    yield frame.body
                    continue
                packed = Packed(frame.stored, frame.head)
                for name in packed:
                    values = packed.column(name, "u8", packed.count(name))
                    small = name.endswith(("text", "data", "table"))
                    yield values.astype("u1").tobytes() if small else values.tobytes()


def recorded_as(base: Path, name: str, *options: str, filter: str = FILTER) -> Path:
    """The workload, recorded by a command line that has secrets itself."""
    here = base / "here"
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir()
    script = base / "w.py"
    script.write_text(WORKLOAD)
    python = [sys.executable, "-I", "-S", str(script), "ArgSecret"]
    done = cli("-w", str(base / name), *options, filter, "--", "/bin/sh", "-c", f"cd {here}; exec {' '.join(python)}")
    assert done.returncode == 0 and "EXACT" in done.stderr, done.stderr
    return base / name


def found(path: Path) -> set[str]:
    """The kinds of secrets that can be found in a file."""
    raw = everything(path)
    texts = ((kind, text if isinstance(text, bytes) else text.encode()) for kind in SECRETS for text in SECRETS[kind])
    return {kind for kind, text in texts if text in raw}


@pytest.mark.parametrize("name", ["x.sonde", "x.scap"])
def test_secrets_are_nowhere(tmp_path: Path, name: str) -> None:
    assert found(recorded_as(tmp_path, name, "-s", "200")) == set(SECRETS), "they are what is looked for"
    path = recorded_as(tmp_path, name, "-F", "--redact", ",".join(KINDS), filter=LONG)
    assert found(path) == set()
    assert "open" in cli("-r", str(path), "-S", "-q").stdout
    for kind in ("addresses", "data"):
        path = recorded_as(tmp_path, name, "-s", "200", "--redact", kind)
        assert kind not in found(path) and "arguments" in found(path), kind


def test_what_is_left_is_of_use(tmp_path: Path) -> None:
    """Calls, counts and groups are those of the workload; equal names are equal in names, arguments and tables."""
    path = str(recorded_as(tmp_path, "x.sonde", "--redact", ",".join(KINDS)))
    asked = "evt.type=openat and evt.failed=false and fd.name endswith .txt"
    lines = cli("-r", path, "-p", "%evt.res %fd.name %evt.arg.name", asked)
    opened = [line.split() for line in lines.stdout.splitlines()]
    assert len(opened) == 2, "it is opened to be written, and to be read"
    (_, first, given), (_, second, whole) = opened
    assert first == second == whole and first.endswith("/" + given) and given.startswith("~")
    program = cli("-r", path, "-p", "%proc.name %proc.cmdline", "evt.type=execve and proc.name=true").stdout
    assert program.split()[0] == "true" and len(program.split()) == 2
    state = cli("processes", "-r", path, "--json").stdout
    assert '"name":"systemd"' in state.replace(" ", "") or '"pid":1,' in state.replace(" ", "")
    ends = cli("-r", path, "-p", "%fd.rip %fd.rport", "fd.l4proto=udp and evt.type=connect").stdout.split()
    assert ends[1] == "4242" and ends[0].startswith("24")


@pytest.mark.skipif(shutil.which("sysdig") is None, reason="sysdig is not installed")
def test_sysdig_reads_what_is_left(tmp_path: Path) -> None:
    path = recorded_as(tmp_path, "x.scap", "--redact", ",".join(KINDS))
    told = subprocess.run(["sysdig", "-r", str(path)], capture_output=True, check=True, timeout=60).stdout
    ours = cli("-r", str(path)).stdout.encode()
    assert told.splitlines() == ours.splitlines() and len(told.splitlines()) > 500


def test_what_is_refused() -> None:
    assert "some of arguments, paths" in cli("-w", "x.sonde", "--redact", "names").stderr


@pytest.mark.parametrize("name", ["x.sonde", "x.scap"])
def test_only_processes_that_pass(tmp_path: Path, name: str) -> None:
    """--filter-proclist: another process, its command line and its files are not written."""
    (tmp_path / "OtherSecret").touch()
    waits = f"import sys; file = open({str(tmp_path / 'OtherSecret')!r}); print(flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", waits, "OtherSecret"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdin is not None and other.stdout is not None
    other.stdout.readline()
    try:
        told = [
            everything(recorded_as(tmp_path, name, *options, filter="proc.pid>0 and proc.name in (sh, true)"))
            for options in ([], ["--filter-proclist"], ["--filter-proclist", "--redact", "data"])
        ]
    finally:
        other.stdin.close()
        other.wait()
    assert [b"OtherSecret" in text for text in told] == [True, False, False]
    assert all(b"ArgSecret" in text for text in told), "programs that pass are there"
    if name == "x.sonde":
        listed = cli("processes", "-r", str(tmp_path / name), "--format", "csv").stdout.splitlines()
        assert {line.split(",")[4] for line in listed[1:]} <= {"sh", "true"}
        lines = cli("-r", str(tmp_path / name), "-p", "%proc.name %fd.name", "evt.type=openat").stdout
        assert any(line.startswith("true /") for line in lines.splitlines())
    assert "is about what is recorded" in cli("--filter-proclist", "proc.name=sh").stderr


def test_the_past_without_what_is_private(tmp_path: Path) -> None:
    """`record --redact`: the filter that is told says which events are kept, so that tables of state are exact."""
    path = str(tmp_path / "past")
    done = cli("record", "--redact", "arguments,paths", path, "--", "/bin/sh", "-c", "sleep 0.1; ls / ArgSecret")
    assert "EXACT" in done.stderr, done.stderr
    assert b"ArgSecret" not in b"".join(pieces(Path(path)))
    said = cli("processes", "-r", path).stderr
    assert "without" not in said and "not watched" in said, said
    assert "evt.type in (" in cli("info", path).stdout and "proc.name" not in cli("info", path).stdout
