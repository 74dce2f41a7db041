"""Rows of the event view as strace's lines: heads and tails of calls put together in time order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sonde.native.ops import Text
from sonde.plan.batch import Batch
from sonde.render.strace.options import Options

__all__ = ["Calls", "StraceRenderer"]


class Calls(Protocol):
    """What engines.strace makes of a batch: texts of each row, empty where a row has none."""

    @property
    def head(self) -> Text:
        """`read(3, ` of rows that enter a call; signals and exits have their whole line here."""

    @property
    def tail(self) -> Text:
        """`"data", 10` of rows that return from one."""

    @property
    def result(self) -> Text:
        """`4`, `-1 ENOENT (No such file or directory)`, `?`."""


class StraceRenderer:
    """The lines of one output. `decode` is `Decoder.texts` of engines.strace.calls.

    A batch's output ends where its last row does: a call that has not returned leaves its line open, as in strace.
    """

    def __init__(self, options: Options, decode: Callable[[Batch], Calls]) -> None:
        self.options, self.decode = options, decode
        self.messages = b""  # what strace writes to stderr when lines go to a file; whoever writes it empties it

    def render(self, batch: Batch) -> bytes:
        """The lines of all threads (without -ff)."""
        raise NotImplementedError

    def render_each(self, batch: Batch) -> dict[int, bytes]:
        """The lines of each thread by its id (-ff)."""
        raise NotImplementedError

    def flush(self) -> bytes:
        """What ends a line that is still open, when there will be no more rows: ` <detached ...>`."""
        raise NotImplementedError
