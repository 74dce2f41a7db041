"""Colours of a line on a terminal: which field gets which, and when there are any."""

from __future__ import annotations

import os

__all__ = ["FAILED", "RESET", "colour_of", "wanted"]

RESET = b"\x1b[0m"
FAILED = b"\x1b[31m"  # the kind, result and arguments of a failed call
PROCESS = b"\x1b[1m"
PATH = b"\x1b[36m"
RESULTS = ("evt.type", "evt.res", "evt.rawres", "evt.failed", "evt.info", "evt.args", "syscall.type")
PROCESSES = ("proc.name", "proc.pname", "proc.exe", "proc.cmdline")
PATHS = ("fd.name", "fd.nameraw", "fd.directory", "fd.filename", "proc.exepath", "proc.cwd", "evt.abspath")


def wanted(fd: int) -> bool:
    """Whether lines written to `fd` are coloured: it is a terminal and NO_COLOR is unset or empty."""
    return os.isatty(fd) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def colour_of(name: str, failed: bool) -> bytes:
    """The escape sequence before the field of a row whose call `failed` or not; empty for none."""
    if failed and name in RESULTS:
        return FAILED
    if name in PROCESSES:
        return PROCESS
    return PATH if name in PATHS or name.startswith("fs.path.") else b""
