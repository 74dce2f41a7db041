"""Files of sysdig made of files of sysdig: what passes a filter goes over as it is, by sysdig's own words."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest
from captures import CAPTURES, each_capture, needs_captures, needs_sysdig, sysdig, tell
from live import cli

from sonde.cli_options import Options
from sonde.convert import convert

# all that sysdig says of an event but for its number: there are fewer in the new file
WHOLE = (
    "*%evt.rawtime %evt.cpu %thread.tid %evt.dir %evt.type %evt.args %proc.name %proc.cmdline %proc.cwd %proc.exepath "
    "%proc.ppid %proc.aname[2] %user.name %group.name %fd.name %fd.type %container.id %container.name %evt.latency "
    "%thread.cgroups %proc.env"
)
OWN = "*%evt.rawtime %evt.cpu %thread.tid %evt.dir %evt.type"  # what does not come from other events
FILTERS = ("evt.type=open", "evt.dir=<", "evt.type in (clone, execve, switch)")
BUSY = CAPTURES / "bencer_example4_example4-1.scap"
NOT_READ = ("libs_curl_google_comments",)  # sysdig 0.29.3 refuses it


def parts(name: Path) -> list[Path]:
    """The files with a number behind a name."""
    return sorted(name.parent.glob(f"{name.name}?*"), key=lambda path: int(path.name.removeprefix(name.name)))


def written(source: Path, target: Path, asked: str = "") -> None:
    """Write what passes."""
    assert convert(Options(read=str(source), write=str(target), filter_words=asked)) == 0


@needs_sysdig
@each_capture
def test_everything(tmp_path: Path, name: str) -> None:
    source, target = CAPTURES / f"{name}.scap", tmp_path / "b.scap"
    written(source, target)
    assert target.stat().st_mode & 0o777 == 0o600
    if name not in NOT_READ:
        assert sysdig(target, "-p", WHOLE) == sysdig(source, "-p", WHOLE)


@needs_sysdig
@needs_captures
def test_containers_of_a_recording(tmp_path: Path) -> None:
    """They have their names in a file of sysdig that a recording was made into."""
    source, native, target = CAPTURES / "falco_run_as_user_0_container.scap", tmp_path / "a.sonde", tmp_path / "b.scap"
    assert convert(Options(read=str(source), write=str(native))) == 0
    assert convert(Options(read=str(native), write=str(target))) == 0
    who = "%thread.tid %container.id %container.name %container.image %container.image.tag"
    asked = ("-p", who, "container.id != host and evt.dir = < and evt.type in (read, write, close)")
    found = set(sysdig(target, *asked).splitlines())
    assert found and found == set(sysdig(source, *asked).splitlines())
    assert found == set(tell(target, asked[2], who).text.splitlines())


@needs_captures
def test_packed_is_one_stream(tmp_path: Path) -> None:
    """Nothing is lost by what is packed being written early: it is no larger than if it was packed at once."""
    target, once = tmp_path / "b.scap", zlib.compressobj(wbits=31)
    assert convert(Options(read=str(BUSY), write=str(target), compress=True)) == 0
    packed = target.read_bytes()
    assert packed == once.compress(gzip.decompress(packed)) + once.flush()


@needs_sysdig
@each_capture
def test_what_passes(tmp_path: Path, name: str) -> None:
    if name in NOT_READ:
        pytest.skip("sysdig cannot read it")
    source = CAPTURES / f"{name}.scap"
    for place, asked in enumerate(FILTERS):
        target = tmp_path / f"{place}.scap"
        written(source, target, asked)
        assert sysdig(target, "-p", OWN) == sysdig(source, "-p", OWN, asked), asked
    reads = tmp_path / "reads.scap"
    written(source, reads, "evt.type=read")
    by_sysdig = tmp_path / "c.scap"
    sysdig(source, "-w", str(by_sysdig), "evt.type=read")
    if theirs := sysdig(by_sysdig, "-p", WHOLE):  # it cannot read all of its own
        assert sysdig(reads, "-p", WHOLE) == theirs


@needs_sysdig
@needs_captures
def test_hidden_events_keep_names(tmp_path: Path) -> None:
    """-F: the same lines as of the whole file, compressed or not."""
    asked = "evt.type in (read, write) and proc.name in (curl, sh, dockerd)"
    for options, name in (((), "b.scap"), (("-z",), "c.scap"), ((), "d.scap.gz")):
        target = tmp_path / name
        assert cli("-F", *options, "-r", str(BUSY), "-w", str(target), asked).returncode == 0
        lines = sysdig(target, "-p", WHOLE).splitlines()
        assert len(lines) > 50 and lines == sysdig(BUSY, "-p", WHOLE, asked).splitlines()
        assert target.read_bytes().startswith(b"\x1f\x8b") == (name != "b.scap")


@needs_sysdig
@needs_captures
@pytest.mark.parametrize("options", [("-e", "1000"), ("-G", "200ms")])
def test_many_files(tmp_path: Path, options: tuple[str, ...]) -> None:
    """By the number and the time of events; each file has the names that it needs."""
    base = tmp_path / "b.scap"
    assert cli("-r", str(BUSY), "-w", str(base), *options).returncode == 0
    by_time = options[0] == "-G"  # -e tears calls apart
    line = f"{OWN} %proc.name %proc.cmdline %container.name" + " %fd.name" * by_time
    found = [sysdig(path, "-p", line) for path in parts(base)]
    assert len(found) > 5 and b"".join(found) == sysdig(BUSY, "-p", line)
    assert cli("-r", str(BUSY), "-w", str(tmp_path / "x%Y-%H.scap"), "-G", "1h").returncode == 0
    [named] = tmp_path.glob("x*")
    assert named.name.startswith("x2017-"), "by the time of the first event"


@needs_captures
def test_less_is_told(tmp_path: Path) -> None:
    """What is left out is no more there, and events that cannot be made anew are told to be missing."""
    target = tmp_path / "b.scap"
    done = cli("-r", str(BUSY), "-w", str(target), "--redact", "paths,data", "-E")
    assert "PARTIAL" in done.stderr and "events that are no calls" in done.stderr
    assert b"/var/run/docker" not in target.read_bytes() and b"/var/run/docker" in BUSY.read_bytes()
    names = tmp_path / "c.scap"
    assert cli("-r", str(BUSY), "-w", str(names), "-E", "--filter-proclist", "proc.name=dockerd").returncode == 0
    shown = cli("-r", str(names), "-p", "*%proc.name %user.name").stdout
    assert set(shown.splitlines()) == {"dockerd <NA>"}
    assert names.stat().st_size < BUSY.stat().st_size / 4


@needs_captures
def test_as_a_recording(tmp_path: Path) -> None:
    """Events by their own names; buffers are whole."""
    source, native = CAPTURES / "falco_cat_write.scap", tmp_path / "b.sonde"
    done = cli("-r", str(source), "-w", str(native), "evt.type=open")
    assert "EXACT" in done.stderr
    assert cli("-r", str(native), "-p", "%evt.type %fs.path.name").stdout.count("open ") == 4
    assert "events that are no calls" in cli("convert", str(BUSY), str(tmp_path / "c.sonde")).stderr
