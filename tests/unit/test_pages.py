"""Pages of help: of everything, of a verb, of a tool; and what is said of files that this user may not read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sonde.cli import VERBS, main
from sonde.toolbox import tool_names

NOBODY = 65534


def said(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    """What the command prints."""
    assert main(words) == status
    printed = capsys.readouterr()
    return printed.err if status else printed.out


def test_each_verb_and_tool_has_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    whole = said(capsys, "--help")
    assert said(capsys, "help") == whole
    for verb in VERBS.keys() - {"strace"}:
        page = said(capsys, verb, "--help")
        assert page.startswith(f"sonde {verb}: ") and page == said(capsys, "help", verb)
        assert max(map(len, page.splitlines())) < 80
    for tool in tool_names():
        page = said(capsys, tool, "--help")
        assert page.startswith(f"{tool}: ") and page == said(capsys, tool, "-h") == said(capsys, "help", tool)


def test_the_page_of_a_verb_has_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    page = said(capsys, "record", "--help")
    assert all(name in page for name in ("--keep TIME", "--max SIZE", "--all")) and "--every" not in page


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything; who is not root is somebody else already."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize("words", (["info"], ["-r"], ["sql", "SELECT count(*) FROM events", "-r"]))
def test_what_may_not_be_read_is_said_to_be_that(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (tmp_path, *tmp_path.parents):  # those of pytest are closed to others
        if folder.owner() == "root" and folder.name.startswith("pytest"):
            folder.chmod(0o755)
    tmp_path.chmod(0o755)
    directory, file = tmp_path / "a.sonde", tmp_path / "a.scap"
    directory.mkdir(mode=0)
    file.touch(mode=0)
    for path in (directory, file):
        with as_nobody():
            told = said(capsys, *words, str(path), status=2)
        assert told == f"sonde: cannot read {path}: Permission denied\n"
