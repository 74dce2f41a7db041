"""Pages of help: of everything, of a verb, of a tool; and what a tool says of an argument that it cannot use."""

from __future__ import annotations

import pytest

from sonde.cli import VERBS, main
from sonde.toolbox import tool_names


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


def test_an_argument_that_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("abc", "1.5"):
        told = said(capsys, "fileslower", word, status=2)
        assert told == f"sonde: MIN_MS of fileslower is whole milliseconds, not '{word}'\n"
