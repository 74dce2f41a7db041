"""How much of what was recorded is read: told on standard error while one waits for the answer."""

from __future__ import annotations

import os
import stat
import sys
import time

__all__ = ["Progress"]

PATIENCE = 1.0  # seconds of silence in which nobody asks how much is left
ERASED = "\r\x1b[K"


class Progress:
    """A percentage, in its place on one line.

    `asked`: at once and to stay, whatever standard error is. Else a terminal shows it of long work, wherever nothing
    else was written for a while, and no more at its end; not where `out`, which the answer goes to, is a pipe, because
    who reads that (less) may have the terminal.
    """

    def __init__(self, asked: bool, out: int) -> None:
        self._stays = asked
        self._wanted = asked or (sys.stderr.isatty() and not stat.S_ISFIFO(os.fstat(out).st_mode))
        self._from = 0.0 if asked else time.monotonic() + PATIENCE
        self._percent: int | None = None  # what is shown

    def tell(self, read: int, there: int) -> None:
        """`read` bytes of `there` (0: nobody knows) are read: shown wherever the percentage has changed."""
        if not there:
            return
        percent = min(99, 100 * read // there)
        if self._wanted and percent != self._percent and time.monotonic() >= self._from:
            self._show(percent)

    def hide(self) -> None:
        """Something else is written now."""
        if not self._stays and self._wanted:
            self._erase()
            self._from = time.monotonic() + PATIENCE

    def end(self, done: bool) -> None:
        """Nothing more is read; `done`: because that was all."""
        if self._wanted and self._stays:
            self._show(100 if done else self._percent or 0)
            sys.stderr.write("\n")
        self._wanted = False
        self._erase()

    def _show(self, percent: int) -> None:
        self._percent = percent
        sys.stderr.write(f"\r{percent:3}%")
        sys.stderr.flush()

    def _erase(self) -> None:
        if self._percent is not None and not self._stays:
            sys.stderr.write(ERASED)
            sys.stderr.flush()
        self._percent = None
