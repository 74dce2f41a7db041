"""What the pages say is true: the list of rooms, the links, and every command line shown in them."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sonde.cli import VERBS
from sonde.cli_options import parse_options
from sonde.dialects import filter as filters
from sonde.faces.strace.options import parse
from sonde.toolbox import tool_names

ROOT = Path(__file__).resolve().parent.parent
ARCHITECTURE = ROOT / "scripts/architecture.py"
PAGES = [path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")) if not path.name.startswith(".")]
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)")
FENCE = re.compile(r"^```(?:sh|bash|console|shell)\n(.*?)^```", re.MULTILINE | re.DOTALL)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def commands(text: str) -> list[list[str]]:
    """The words of every `sonde` in the shell blocks of a page, up to a pipe, a list or a redirection."""
    found = []
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            lexer = shlex.shlex(line.strip().removeprefix("$ "), posix=True, punctuation_chars="|&;<>")
            lexer.whitespace_split = True
            words = list(lexer)
            ends = [at for at, word in enumerate(words) if set(word) <= set("|&;<>")]
            words = words[: min(ends, default=len(words))]
            words = words[1:] if words[:1] == ["sudo"] else words
            if words[:1] == ["sonde"]:
                found.append(words[1:])
    return found


def test_the_pages_are_there() -> None:
    assert {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"} <= {page.name for page in PAGES}


def test_architecture_is_up_to_date() -> None:
    done = subprocess.run([sys.executable, ARCHITECTURE], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_architecture_listing_says_each_first_line(tmp_path: Path) -> None:
    script = runpy.run_path(str(ARCHITECTURE))
    (tmp_path / "room").mkdir()
    (tmp_path / "room/__init__.py").write_text('"""What the room is for."""\n')
    (tmp_path / "room/noun.py").write_text('"""What a noun is.\n\nMore."""\n')
    (tmp_path / "room/noun.h").write_text("// SPDX\n/*\n * A noun for C,\n * in two lines. More.\n */\n")
    rooms = script["listing"](tmp_path)
    assert rooms == (
        "- **room/** What the room is for.\n  - `noun.h` A noun for C, in two lines.\n  - `noun.py` What a noun is.\n"
    )
    page = script["replaced"]("# Title\n\nProse.\n", rooms)
    assert page.startswith("# Title\n\nProse.\n\n<!-- begin")
    assert script["replaced"](page + "After.\n", rooms) == page + "After.\n"
    assert script["replaced"](page, "- new\n").count("- ") == 1 + script["BEGIN"].count("- ") + script["END"].count(
        "- "
    )


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    assert not [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]


@each_page
def test_commands_are_understood(page: Path) -> None:
    for words in commands(page.read_text()):
        options = parse_options(words, {*VERBS, *tool_names()})
        if options.verb == "strace":
            parse(options.arguments)
        filters.parse(options.filter_words)


@each_page
def test_commands_are_those_of_a_shell(page: Path) -> None:
    for block in FENCE.findall(page.read_text()):
        assert subprocess.run(["bash", "-n", "-c", block], capture_output=True, text=True).stderr == ""


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_run_commands_exist(name: str) -> None:
    usage = subprocess.run([ROOT / "run", "help"], capture_output=True, text=True, check=True).stdout
    verbs = set(re.findall(r"\./run ([a-z-]+)", (ROOT / name).read_text()))
    assert verbs
    assert verbs <= set(re.findall(r"\./run ([a-z-]+)", usage))


def test_commands_of_a_page() -> None:
    page = "```console\n$ sudo sonde -n 5 \\\n  evt.type=open | head\n$ ls\n```\n\n```\nsonde not this\n```\n"
    assert commands(page) == [["-n", "5", "evt.type=open"]]
