"""`sonde strace`: from the words of the command line to the exit status."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence

from sonde import __version__
from sonde.errors import KernelError
from sonde.faces.strace.help import help_text
from sonde.faces.strace.options import Asked, parse

__all__ = ["strace"]


def strace(words: Sequence[str], json: bool = False) -> int:
    """Answer as strace does; -> the exit status. Where the kernel cannot be asked, strace itself does it."""
    asked = parse(["--json", *words] if json else words)
    if asked.help:
        sys.stdout.write(help_text())
        return 0
    if asked.version:
        sys.stdout.write(f"sonde {__version__}, with the options and lines of strace 6.1\n")
        return 0
    from sonde.faces.strace.run import Run

    try:
        return Run(asked).whole()
    except KernelError:
        from sonde.ask import lacking

        why = lacking()
        if not why:
            raise
    return _instead(asked, why)


def _instead(asked: Asked, why: str) -> int:  # noqa: RET503 - nothing comes after execv
    """Where the kernel cannot be asked: strace with the same options, or its output as objects."""
    from sonde.sources.strace.running import installed

    path = installed()
    print(f"sonde: {why}: strace itself runs, which slows what it watches", file=sys.stderr)
    sys.stderr.flush()
    if asked.json:
        from sonde.faces.strace.objects import objects

        return objects(asked, why)
    command = ["--", *asked.command] if asked.command else []
    if asked.debug:
        print(f"sonde: {shlex.join([path, *asked.words, *command])}", file=sys.stderr)
    from sonde.sources.live.command import inherited

    os.execve(path, ["strace", *asked.words, *command], inherited())
