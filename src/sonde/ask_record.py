"""Recording from a terminal: `sonde -w NAME.sonde [filter] [-- CMD]`, and `sonde record DIR`, the past that is kept."""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import replace

from sonde import __version__
from sonde.ask import FilterRun, Output
from sonde.cli_options import Options
from sonde.errors import UsageError
from sonde.plan.batch import Batch
from sonde.sources.live.tracepoints import exists
from sonde.sources.recording.segments import Directory, Sink, Stream
from sonde.sources.recording.writer import Limits, Recorder

__all__ = ["about", "record"]

SUFFIX = ".sonde"
BOOT_ID = "/proc/sys/kernel/random/boot_id"
DAY, GIGABYTE = 86_400.0, 10**9
PARTS = 24  # segments of what is kept: one goes when a new one begins
# what `record` keeps: the life of processes, connections, files that come, go and are opened, failures, signals
LIFE = "execve, execveat, clone, clone3, fork, vfork, procexit, signaldeliver, kill, tkill, tgkill, setuid, setresuid"
NET = "connect, accept, accept4, bind, listen"
FILES = (
    "open, openat, openat2, creat, rename, unlink, rmdir, mkdir, link, symlink, truncate, chmod, chown, mount, umount2"
)
STATES = "sock:inet_sock_set_state"  # when a connection is there, whether anybody waits for it or not
NO_FAILURES = "EAGAIN, ETIMEDOUT, ENOTTY"  # answers that programs ask for all the time


def record(options: Options) -> int:
    """Record until the end that the options, the command or Ctrl-C set; -> the exit status."""
    if options.read is not None or options.verb not in ("", "record"):
        raise UsageError("recording is of the running system: it goes with no -r and no other command of sonde")
    if options.verb:
        options = _always_on(options)
    sink, limits = (_place(options.write or ""), _files(options)) if not options.verb else _kept(options)
    if isinstance(sink, Stream) and options.command:
        raise UsageError("-w - and the command would both write to standard output: record to NAME.sonde")
    with Output(options) as out:
        return _Recording(options, out, sink, limits).whole()


class _Recording(FilterRun):
    """A filter whose rows are kept."""

    def __init__(self, options: Options, out: Output, recorder: Recorder | ScapWriter) -> None:
        super().__init__(options, out)
        self._recorder = recorder

    def watching(self) -> None:
        """Write the beginning."""
        self._recorder.start(self.answer.state)

    def follow(self, threads: list[int]) -> None:
        """Watch until the end, which is written too."""
        super().follow(threads)
        self._recorder.close(self.answer.counters(), self.answer.state)

    def show(self, batch: Batch | None) -> None:
        """Record the rows that have come."""
        self.count(batch)
        if batch is not None:
            self._recorder.write(batch)
        self._recorder.settle(self.answer.counters)


def _place(path: str) -> Sink:
    """Where -w writes to."""
    if path == "-":
        return Stream()
    if not path.rstrip("/").endswith(SUFFIX):
        raise UsageError(f"-w {path}: recordings are called NAME{SUFFIX}; files of sysdig cannot be written yet")
    return Directory(path, anew=True)


def _files(options: Options) -> Limits:
    usual = Limits()
    return Limits(
        options.segment_size or usual.bytes, options.segment_seconds, options.segment_events, options.segments
    )


def _always_on(options: Options) -> Options:
    """What `record` asks: what is worth to be known later, without data."""
    if len(options.arguments) != 1:
        raise UsageError("record takes the directory to record to, as in sonde record --keep 24h --max 2GB DIR")
    if options.everything:
        return replace(options, write=options.arguments[0])
    states = (f"evt.type={STATES}",) if exists(STATES) else ()
    some = (f"evt.type in ({LIFE}, {NET}, {FILES})", f"(evt.failed=true and not evt.res in ({NO_FAILURES}))", *states)
    return replace(options, write=options.arguments[0], filter_words=" or ".join(some), snaplen=0)


def _kept(options: Options) -> tuple[Sink, Limits]:
    """Where `record` writes to: what is there stays as long as there is room."""
    keep, most = options.keep or DAY, options.most or GIGABYTE
    limits = Limits(bytes=max(1, most // PARTS), seconds=keep / PARTS, total=most - most // PARTS, age=keep)
    return Directory(options.arguments[0], anew=False), limits


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
