"""The rule of the house: imports point down, never beside or up, and each outside library has its doors."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "src/sonde"

# from the ground up: a room imports rooms of the rows before its own, and itself
LAYERS = (
    ("errors", "kept"),
    ("catalog",),
    ("plan",),
    ("native",),
    ("dialects", "kernel", "containers", "render", "engines"),
    ("sources",),
    ("query",),
    ("statements", "windows"),
    ("sql_query", "info_texts"),
    ("toolbox", "stat"),
    ("manual",),
    ("cli_table",),
    ("cli_options", "cli_help"),
    ("ask", "doctor", "api"),
    ("ask_sql", "ask_record", "info_scap"),
    ("info", "rewriting"),
    ("convert",),
    ("faces",),
    ("explained",),
    ("lua", "tui", "web", "cli"),
    ("__main__",),
)
RANK = {room: rank for rank, row in enumerate(LAYERS) for room in row}
DATA = ("bpf", "tools")  # sources in other languages: they import nothing, nothing imports them
ROOT = "__init__"
API = "api"  # what the package gives to Python
ONLY = {"kernel": "sources.live"}  # the only place above a room that may import it
DOORS = {
    "ctypes": ("kernel.libbpf", "native"),
    "mmap": ("kernel.ring", "kernel.rows"),
    "duckdb": ("engines.duckdb",),
    "sqlglot": ("dialects.sql", "dialects.sql_where", "dialects.sql_groups", "dialects.sql_views", "engines.fleet"),
    "zstandard": ("sources.recording.columns",),
    "yaml": ("dialects.rules",),
    "lupa": ("lua",),
    "textual": ("tui",),
    "pyarrow": ("sources.recording", "api"),
    "pandas": ("api",),
    "polars": ("api",),
}
EVERYWHERE = {*sys.stdlib_module_names, "numpy", "sonde"} - set(DOORS)


def name_of(path: Path, package: Path) -> str:
    """`kernel.ring` for kernel/ring.py, `kernel` for kernel/__init__.py, `__init__` for that of the package."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == ROOT and len(parts) > 1 else parts)


def inside(module: str, room: str) -> bool:
    """Whether a module is a room or in it."""
    return module == room or module.startswith(f"{room}.")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a file imports, anywhere in it; `from x import y` counts as x.y."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            yield from ((node.lineno, f"{dots}{node.module or ''}.{alias.name}") for alias in node.names)


def wrong(module: str, target: str) -> str:
    """What is wrong with `module` importing `target`, or nothing."""
    if target.startswith("."):
        return "imports are absolute"
    top, _, rest = target.partition(".")
    if top in DOORS:
        fine = any(inside(module, door) for door in DOORS[top])
        return "" if fine else f"{top} is imported by {' and '.join(DOORS[top])} only"
    if top not in EVERYWHERE:
        return f"{top} is not a dependency of sonde; see DOORS"
    if top != "sonde" or rest in ("", "__version__"):
        return ""
    here, there = module.partition(".")[0], rest.partition(".")[0]
    if there not in RANK:
        return f"there is no room {there}"
    if here == ROOT and there == API:
        return ""
    if here != there and (here == ROOT or RANK[there] >= RANK[here]):
        return f"{here} may not import {there}: imports point down"
    only = ONLY.get(there)
    return f"only {only} imports {there}" if only and here != there and not inside(module, only) else ""


def violations(package: Path) -> list[str]:
    """Every broken rule of a tree, as `file:line: what`."""
    found = []
    for path in sorted(package.rglob("*.py")):
        module = name_of(path, package)
        here = module.partition(".")[0]
        if here not in RANK and here != ROOT and here not in DATA:
            found.append(f"{path.name}: {here} has no place in LAYERS")
            continue
        for line, target in imports(path):
            if why := "data imports nothing" if here in DATA else wrong(module, target):
                found.append(f"{path.relative_to(package)}:{line}: {target}: {why}")
    return found


def test_imports_point_down() -> None:
    assert not violations(PACKAGE)


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("plan/x.py", "from sonde.engines import batch", "imports point down"),
        ("plan/x.py", "def f():\n    import sonde.query", "imports point down"),
        ("render/x.py", "from sonde.dialects.format import Format", "imports point down"),
        ("render/x.py", "from sonde import dialects", "imports point down"),
        ("errors.py", "from sonde.catalog import column", "imports point down"),
        ("__init__.py", "from sonde.errors import SondeError", "imports point down"),
        ("query.py", "from sonde.kernel.ring import Ring", "only sources.live imports kernel"),
        ("sources/scap.py", "from sonde.kernel import ring", "only sources.live imports kernel"),
        ("kernel/ring.py", "import ctypes", "kernel.libbpf and native only"),
        ("plan/x.py", "import requests", "not a dependency"),
        ("plan/x.py", "from . import y", "absolute"),
        ("misc/x.py", "", "no place"),
        ("plan/x.py", "from sonde.plans import y", "no room"),
        ("tools/x.py", "import os", "data imports nothing"),
    ],
)
def test_a_broken_rule_is_found(tmp_path: Path, file: str, text: str, why: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    [found] = violations(tmp_path)
    assert why in found


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("sources/live/x.py", "from sonde.kernel import ring"),
        ("kernel/x.py", "from sonde.kernel.ring import Ring"),
        ("kernel/libbpf.py", "import ctypes"),
        ("native/__init__.py", "import ctypes"),
        ("engines/x.py", "import os\nimport numpy as np\nfrom sonde.native.join import join\nfrom sonde import errors"),
        ("cli.py", "from sonde import __version__\nfrom sonde.cli_help import help_text"),
    ],
)
def test_what_is_allowed_passes(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    assert not violations(tmp_path)


def test_help_and_completion_need_no_numpy() -> None:
    code = "import sys, sonde.cli_help, sonde.cli_options; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(PACKAGE.parent)}).returncode == 0
