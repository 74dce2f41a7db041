"""What can be done wrong with recordings: each mistake is one line that says what is wrong, and no answer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from recordings import plain, recording

from sonde.cli import main

REFUSED = 2


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a recording, and with what is none."""
    path = tmp_path_factory.mktemp("mistakes")
    recording(path / "a.sonde", [plain(3).batch()])
    (path / "nothing.sonde").mkdir()
    (path / "empty.scap").touch()
    (path / "note.txt").write_text("not recorded\n")
    os.mkfifo(path / "pipe")
    return path


WRONG = {
    "there is no missing.sonde": ("-r missing.sonde", "info missing.sonde", "convert missing.sonde b.csv",
                                  "files -r missing.sonde", "-r missing.sonde -w b.scap"),
    "there is no recording in nothing.sonde": ("-r nothing.sonde", "info nothing.sonde", "convert nothing.sonde b.csv"),
    "empty.scap is empty": ("-r empty.scap", "info empty.scap", "convert empty.scap b.sonde"),
    "note.txt is no recording, no file of sysdig and no log": ("-r note.txt", "info note.txt", "sockets -r note.txt"),
    "info looks at files": ("info -",),
    "--since is later than --until": ("-r a.sonde --since 5m --until 1h", "convert a.sonde b.csv --since 5m --until 1h",
                                      "topscalls -r a.sonde --since 5m --until 1h"),
    "--since wants a moment": ("-r a.sonde --since nonsense", "-r a.sonde --since 25:99"),
    "-r NAME.sonde says which": ("--since 1h", "-w b.sonde --until 1h"),
    "-w NAME says where": ("-C 1", "-z evt.type=open", "-e 9 record b.sonde", "-W 3 -r a.sonde", "-G 1h sql x"),
    "record DIR says where": ("--keep 24h", "--max 1GB -w b.sonde", "--all evt.type=open"),
    "has in it, what is read": ("-r a.sonde -w nothing.sonde/..", "convert a.sonde a.sonde"),
    "cannot write no/b.csv: No such file or directory": ("convert a.sonde no/b.csv",),
    "in the place of its directory": ("convert a.sonde note.txt/b.sonde", "record note.txt"),
    "unknown field proc.nam": ("-w a.sonde proc.nam=x", "-w note.txt proc.nam=x", "convert a.sonde b.csv proc.nam=x"),
    "has several recordings, and tables of state are of one": ("processes -r .", "files -r . --as-of 14:03"),
    "has no column nme": ("processes nme=bash -r a.sonde",),
}  # fmt: skip


@pytest.mark.parametrize(("said", "words"), [(said, words) for said, each in WRONG.items() for words in each])
def test_one_line(said: str, words: str, there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(there)
    command = [sys.executable, "-m", "sonde.cli", *words.split()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (REFUSED, ""), done.stderr
    assert said in done.stderr
    assert done.stderr.startswith("sonde: ") and done.stderr.count("\n") == (3 if "unknown field" in said else 1)
    assert main(["info", "a.sonde"]) == 0 and (there / "note.txt").stat().st_size, "what was there still is"
    assert not any(there.glob("b.*")), "nothing is begun"


def test_pipes(there: Path) -> None:
    command = [sys.executable, "-m", "sonde.cli", "-r", "-"]
    for name in ("note.txt", "empty.scap"):
        with open(there / name, "rb") as file:
            done = subprocess.run(command, stdin=file, capture_output=True, text=True, timeout=60)
        assert done.returncode == REFUSED and done.stderr.count("\n") == 1
        assert "standard input is no recording" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="needs setpriv: root may read all")
@pytest.mark.parametrize("words", (["info"], ["-r"], ["sql", "SELECT count(*) FROM events", "-r"]))
def test_what_may_not_be_read(words: list[str], tmp_path: Path) -> None:
    directory, file = tmp_path / "a.sonde", tmp_path / "a.scap"
    directory.mkdir(mode=0)
    file.touch(mode=0)
    as_others = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    for path in (directory, file):
        command = [*as_others, sys.executable, "-m", "sonde.cli", *words, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (REFUSED, "")
        assert done.stderr == f"sonde: cannot read {path}: Permission denied\n"


def test_a_part_that_was_asked_for(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody has looked for the end, nothing is said of one; before the beginning there is nothing."""
    path = str(there / "a.sonde")
    assert main(["-r", path, "-n", "1", "--since", "2023-01-01", "--until", "2024-01-01", "-q"]) == 0
    told = capsys.readouterr().err
    assert "the recording begins there" in told and "ends there" not in told
    assert main(["-r", path, "--until", "2023-01-01", "-q"]) == 0
    told = capsys.readouterr().err
    assert told.startswith("PARTIAL") and "the recording begins there" in told
