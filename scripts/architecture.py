"""Keeps the list of rooms in ARCHITECTURE.md: `python scripts/architecture.py [--write]`.

The list between the two markers is made from the first line of each module. Without --write it says whether it is up to
date and exits with 1 if not; with --write it replaces it, or begins the file.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["listing", "main", "replaced"]

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src/sonde"
PAGE = ROOT / "ARCHITECTURE.md"
BEGIN = "<!-- begin: scripts/architecture.py --write -->"
END = "<!-- end -->"
HEADING = "# The rooms of sonde\n\n"


def first_line(path: Path) -> str:
    """The first line of a Python module's docstring, or of the comment that begins a C file after its licence."""
    text = path.read_text()
    if path.suffix == ".py":
        return (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]
    comment = text.partition("/*")[2].partition("*/")[0]
    words = " ".join(line.strip(" *\t") for line in comment.strip().splitlines())
    return words.partition(". ")[0].rstrip(".") + "." if text.split("\n", 2)[1].startswith("/*") else ""


def listing(package: Path) -> str:
    """A Markdown list of every module, rooms in the order of the alphabet, files indented under their room."""
    return "\n".join(_entries(package, 0)) + "\n"


def _entries(folder: Path, depth: int) -> Iterator[str]:
    blank = "  " * depth
    for path in sorted(folder.iterdir()):
        if path.is_dir() and any(path.rglob("*.py")):
            init = path / "__init__.py"
            yield _entry(f"{blank}- **{path.name}/**", first_line(init) if init.exists() else "")
            yield from _entries(path, depth + 1)
        elif path.suffix in (".py", ".c", ".h") and path.name != "__init__.py":
            yield _entry(f"{blank}- `{path.name}`", first_line(path))


def _entry(head: str, line: str) -> str:
    return f"{head} {line}".rstrip()


def replaced(page: str, rooms: str) -> str:
    """The page with its list replaced; a page without markers gets one at its end."""
    block = f"{BEGIN}\n{rooms}{END}\n"
    before, begin, rest = page.partition(BEGIN)
    if not begin:
        return f"{(page or HEADING).rstrip()}\n\n{block}"
    return before + block + rest.partition(f"{END}\n")[2]


def main(arguments: list[str]) -> int:
    """Writes or checks; returns the exit status."""
    page = PAGE.read_text() if PAGE.exists() else ""
    wanted = replaced(page, listing(PACKAGE))
    if arguments == ["--write"]:
        PAGE.write_text(wanted)
    elif arguments:
        print(__doc__, file=sys.stderr)
        return 2
    elif page != wanted:
        print("ARCHITECTURE.md is not up to date: python scripts/architecture.py --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
