"""`sonde doctor`: what this kernel and this user can do, and what to do about it."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TextIO

from sonde.query import capabilities
from sonde.render import colour

__all__ = ["doctor"]

WIDTH, INDENT = 79, " " * 8

GREEN, RED, YELLOW, RESET = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[0m"


def doctor(out: TextIO, as_json: bool = False) -> int:
    """Print one line a capability; -> 0 if live questions work, else 1."""
    found = capabilities()
    paint = colour.wanted(sys.stdout.fileno()) and not as_json
    for feature in found:
        if as_json:
            why = {} if feature.here else {"why": feature.why, "remedy": feature.remedy}
            out.write(json.dumps({"name": feature.name, "here": feature.here, "needed": feature.needed} | why) + "\n")
            continue
        word, tint = ("yes", GREEN) if feature.here else ("NO", RED) if feature.needed else ("no", YELLOW)
        out.write((f"{tint}{word:<4}{RESET}" if paint else f"{word:<4}") + feature.name + "\n")
        if not feature.here:
            out.write(_indented(f"why: {feature.why}") + _indented(f"remedy: {feature.remedy}"))
    works = all(feature.here for feature in found if feature.needed)
    if not as_json:
        out.write("live questions work here\n" if works else "live questions do not work here: see NO above\n")
    return 0 if works else 1


def _indented(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT + "  ") + "\n"
