"""Where tools are: files NAME.sql of the package, and of the folders in SONDE_TOOLS_PATH, which come first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sonde.errors import SondeError

if TYPE_CHECKING:
    from sonde.dialects.tool import Tool

__all__ = ["all_tools", "open_tool", "tool_names"]

SHIPPED = Path(__file__).parent / "tools"
SUFFIX = ".sql"


def tool_names() -> list[str]:
    """The names of all tools, in alphabetical order."""
    return sorted({name.removesuffix(SUFFIX) for folder in _folders() for name in _files(folder)})


def open_tool(name: str) -> Tool:
    """Read a tool. SondeError if its file is not one."""
    from sonde.dialects.tool import parse_tool

    path = next(folder / f"{name}{SUFFIX}" for folder in _folders() if f"{name}{SUFFIX}" in _files(folder))
    try:
        return parse_tool(path.read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise SondeError(f"tool {name}: cannot read {path}: {error}") from None


def all_tools() -> list[Tool]:
    """Every tool, in alphabetical order."""
    return [open_tool(name) for name in tool_names()]


def _folders() -> list[Path]:
    return [*(Path(part) for part in os.environ.get("SONDE_TOOLS_PATH", "").split(":") if part), SHIPPED]


def _files(folder: Path) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name.endswith(SUFFIX) and name != SUFFIX]
    except OSError:
        return []
