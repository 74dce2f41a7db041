"""Recording from a terminal: `sonde -w NAME.sonde [filter] [-- CMD]`."""

from __future__ import annotations

import os
import shlex
import time

from sonde import __version__
from sonde.ask import FilterRun, Output
from sonde.cli_options import Options
from sonde.errors import UsageError
from sonde.plan.batch import Batch
from sonde.sources.recording.segments import Directory, Sink, Stream
from sonde.sources.recording.writer import Limits, Recorder

__all__ = ["about", "record"]

SUFFIX = ".sonde"
BOOT_ID = "/proc/sys/kernel/random/boot_id"


def record(options: Options) -> int:
    """Record until the end that the options, the command or Ctrl-C set; -> the exit status."""
    if options.read is not None or options.verb:
        raise UsageError(
            "-w records what a filter finds on the running system: it goes with no -r and no command of sonde"
        )
    if options.write == "-" and options.command:
        raise UsageError("-w - and the command would both write to standard output: record to NAME.sonde")
    with Output(options) as out:
        return _Recording(options, out).whole()


class _Recording(FilterRun):
    """A filter whose rows are kept."""

    def __init__(self, options: Options, out: Output) -> None:
        super().__init__(options, out)
        self._recorder = Recorder(_sink(options.write or ""), about(options), _limits(options))

    def follow(self, threads: list[int]) -> None:
        """Watch until the end, which is written too."""
        self._recorder.start(self.answer.state)
        super().follow(threads)
        self._recorder.close(self.answer.counters())

    def show(self, batch: Batch | None) -> None:
        """Record the rows that have come."""
        self.count(batch)
        if batch is not None:
            self._recorder.write(batch)
        self._recorder.settle(self.answer.counters)


def _sink(path: str) -> Sink:
    """Where the recording goes."""
    if path == "-":
        return Stream()
    if not path.rstrip("/").endswith(SUFFIX):
        raise UsageError(f"-w {path}: recordings are called NAME{SUFFIX}; files of sysdig cannot be written yet")
    return Directory(path, anew=True)


def about(options: Options) -> dict[str, object]:
    """What is to be known of the recording, as in Header."""
    with open(BOOT_ID, encoding="ascii") as file:
        boot = file.read().strip()
    system = os.uname()
    return {
        "session": f"{boot} {time.time_ns()}", "host": system.nodename, "kernel": system.release,
        "filter": options.filter_words, "command": shlex.join(options.command), "snaplen": options.snaplen,
        "sonde": __version__,
    }  # fmt: skip


def _limits(options: Options) -> Limits:
    usual = Limits()
    return Limits(
        options.segment_size or usual.bytes, options.segment_seconds, options.segment_events, options.segments
    )
