"""The reference pages: complete, 80 columns wide, and the same as the files in docs/."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sonde.catalog.events import FIELDS
from sonde.catalog.lookup import EVENTS, TRACEPOINTS, by_name
from sonde.render.reference import documents, events_text, fields_text, signature

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(documents()))
def test_docs_are_what_the_catalogue_says(name: str) -> None:
    assert (DOCS / name).read_text() == documents()[name], "python -m sonde.render.reference --write docs"


def test_write(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sonde.render.reference"]
    subprocess.run([*command, "--write", str(tmp_path)], check=True)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == documents()
    usage = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (usage.returncode, usage.stderr) == (1, "usage: python -m sonde.render.reference --write DIRECTORY\n")


@pytest.mark.parametrize("text", [fields_text(), fields_text(verbose=True), events_text()], ids=["-l", "-lv", "-L"])
def test_fits_a_terminal(text: str) -> None:
    assert max(map(len, text.splitlines())) <= 80
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_every_field_and_event_is_listed() -> None:
    first = {line.partition(" ")[0].partition("[")[0].removesuffix(".NAME") for line in fields_text().splitlines()}
    assert FIELDS.keys() <= first
    named = {line.partition("(")[0] for line in events_text().splitlines()}
    assert named >= {event.name for number, event in EVENTS.items() if number not in TRACEPOINTS}


def test_signature() -> None:
    opened = "openat(FD fd, DIRFD dirfd, PATH name, FLAGS flags, MODE mode)"
    assert signature(by_name("openat")[0]) == opened
    assert f"\n{opened}\n" in events_text()
    assert signature(by_name("fork")[0]).startswith("fork(RES res, PROC exe,")


def test_verbose_says_type_operators_argument_and_place() -> None:
    lines = fields_text(verbose=True).splitlines()
    entry = {line.partition(" ")[0]: " ".join(x.strip() for x in lines[i + 1 : i + 4]) for i, line in enumerate(lines)}
    assert "Port; = != in exists < <= > >=; filtered in the kernel" in entry["fd.sport"]
    assert "Port; = != in exists < <= > >=; filtered in the kernel" in entry["fd.port"]
    assert "Int; [N] optional; = != in exists" in entry["proc.apid[N]"]
    assert "filtered in user space" in entry["evt.num"]
    assert "cannot be filtered" in entry["thread.exectime"]
