"""-F: what a filter leaves out is kept for what it changes, and not shown; -E: nobody's name is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from captures import needs_sysdig, sysdig, tell
from live import NEEDED, cli

READS = "evt.type=read and fd.name endswith /wanted"
LINE = "*%proc.name %proc.args %fd.name %evt.dir %evt.type"
NAMES = "%user.name %group.name"


def recorded_reads(base: Path, name: str, *options: str) -> Path:
    """What two programs read of a file, recorded; the second one runs in the process of the shell."""
    (base / "wanted").write_text("some text\n")
    script = f"cat {base}/wanted > /dev/null; exec head -c 5 {base}/wanted > /dev/null"
    done = cli(*options, "-w", str(base / name), READS, "--", "/bin/sh", "-c", script)
    assert done.returncode == 0 and "EXACT" in done.stderr, done.stderr
    return base / name


@NEEDED
@needs_sysdig
def test_names_are_right_by_events_that_are_not_shown(tmp_path: Path) -> None:
    """sysdig knows who reads what; without -F it cannot."""
    path = recorded_reads(tmp_path, "x.scap", "-F")
    wanted = tmp_path / "wanted"
    lines = sysdig(path, "-p", LINE).decode().splitlines()
    assert lines == tell(path, format_=LINE).text.decode().splitlines()
    assert set(lines) == {
        f"{words} {wanted} {way} read" for words in (f"cat {wanted}", f"head -c 5 {wanted}") for way in "><"
    }
    calls = tell(path, format_=LINE, events=False).text.decode().splitlines()
    assert len(calls) == len(lines) // 2, "rows of completed calls are those that were asked for, too"
    without = sysdig(recorded_reads(tmp_path, "y.scap"), "-p", LINE).decode()
    assert not any(line.startswith(("head ", "cat ")) for line in without.splitlines())


@NEEDED
def test_of_a_recording(tmp_path: Path) -> None:
    """Only state as of a time reads what is hidden, and then knows all of the command's descriptors."""
    path = str(recorded_reads(tmp_path, "x.sonde", "-F"))
    shown = cli("-r", path, "-p", "%proc.name %evt.type").stdout.split("\n")
    assert set(shown) == {"cat read", "head read", ""}
    counted = cli("sql", "SELECT count(*) FROM events", "-r", path, "--format", "csv").stdout.split()
    assert counted[1:] == [str(len(shown) - 1)]
    said = cli("files", "-r", path).stderr
    assert "without" not in said, said
    plain = str(recorded_reads(tmp_path, "y.sonde"))
    assert "without" in cli("files", "-r", plain).stderr


@NEEDED
def test_so_many_that_pass(tmp_path: Path) -> None:
    path = recorded_reads(tmp_path, "x.scap", "-F", "-n", "1")
    assert tell(path, format_=LINE).lines[0].startswith(b"cat ") and len(tell(path).lines) == 2


@NEEDED
@needs_sysdig
@pytest.mark.parametrize("name", ["x.scap", "x.sonde"])
def test_nobody_is_named(tmp_path: Path, name: str) -> None:
    path = recorded_reads(tmp_path, name, "-E")
    assert set(cli("-r", str(path), "-p", f"*{NAMES}").stdout.splitlines()) == {"<NA> <NA>"}
    if name.endswith(".scap"):
        assert set(sysdig(path, "-p", f"*{NAMES}").splitlines()) == {b"<NA> <NA>"}
    known = recorded_reads(tmp_path, f"y{name}")
    assert "root root" in cli("-r", str(known), "-p", NAMES).stdout
