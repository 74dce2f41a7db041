"""The recorder's end of the process that thins its segments."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import sonde
from sonde.errors import SondeError
from sonde.sources.recording.thinner import TEMPORARY

__all__ = ["Helper", "Thinned"]

MODULE = "sonde.sources.recording.thinner"
PIECE = 1 << 16


class Thinned(NamedTuple):
    """An answer: `temporary` is `path` without what was asked to be taken out, with `rows` by kind; None: it cannot
    be."""

    path: str
    temporary: str
    rows: Counter[str] | None


class Helper:
    """A process that thins what it is `ask`ed to, one segment after the other. Its writing is beside the recorder's,
    so nothing waits for it; only the recorder changes segments. It does not outlive the recorder: its input ends then.

    SondeError if it cannot be started.
    """

    def __init__(self) -> None:
        paths = (str(Path(sonde.__file__).parents[1]), os.environ.get("PYTHONPATH", ""))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise SondeError(f"cannot start a process to thin what is recorded: {error.strerror}") from None
        assert self._process.stdin and self._process.stdout
        self._in, self._out = self._process.stdin, self._process.stdout
        os.set_blocking(self._out.fileno(), False)
        self._said, self._prepared = b"", False
        self.asked: list[str] = []  # what is not answered yet, in order

    @property
    def pid(self) -> int:
        """Its process id, the same as long as it runs."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Is it there?"""
        return self._process.poll() is None

    def ask(self, path: str, without: Collection[str]) -> None:
        """Thin a segment."""
        if self._tell(json.dumps({"path": path, "without": sorted(without)}).encode()):
            self.asked.append(path)

    def prepare(self) -> None:
        """There may be something to thin soon."""
        self._prepared = self._prepared or self._tell(b"")

    def _tell(self, line: bytes) -> bool:
        """Write a line; -> whether it is running."""
        try:
            self._in.write(line + b"\n")
            self._in.flush()
        except BrokenPipeError:
            return False
        return True

    def answers(self) -> Iterator[Thinned]:
        """What is done since the last time."""
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(self._out.fileno(), PIECE):
                self._said += piece
        *lines, self._said = self._said.split(b"\n")
        for line in lines:
            said = json.loads(line)
            self.asked.remove(said["path"])
            yield Thinned(said["path"], said["path"] + TEMPORARY, Counter(said["rows"]) if "rows" in said else None)

    def close(self) -> None:
        """End it; what it was writing is removed."""
        self._process.kill()
        self._process.wait()
        for file in (self._in, self._out):
            with contextlib.suppress(BrokenPipeError):
                file.close()
        for path in self.asked:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + TEMPORARY)
