"""Recording from a terminal: `sonde -w NAME [filter] [-- CMD]`, and `sonde record DIR`, the past that is kept."""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sonde import __version__
from sonde.ask import FilterRun, Output, changing, within
from sonde.catalog.kinds import STATES, wanted
from sonde.catalog.privacy import DATA
from sonde.cli_options import Options
from sonde.errors import UsageError
from sonde.plan.batch import Batch
from sonde.query import Source, certain_events, understood
from sonde.sources.live.tracepoints import exists
from sonde.sources.private.chosen import Chosen
from sonde.sources.private.redaction import Redaction
from sonde.sources.private.telling import Telling
from sonde.sources.recording.segments import Directory, Sink, Stream
from sonde.sources.recording.shared import Shared
from sonde.sources.recording.snapshot import snapshot_now
from sonde.sources.recording.writer import Limits, Recorder
from sonde.sources.scap.living import living
from sonde.sources.scap.rotation import Rotation
from sonde.sources.scap.writing import ScapWriter

__all__ = ["EAGER", "PACKED", "SUFFIX", "about", "files", "record", "rotation", "telling"]

SUFFIX, PACKED = ".sonde", ".scap.gz"
BOOT_ID = "/proc/sys/kernel/random/boot_id"
DAY, GIGABYTE = 86_400.0, 10**9
PARTS = 24  # segments of what is kept
EAGER = -10  # added to the niceness of the thread that records


def record(options: Options) -> int:
    """Record until the end that the options, the command or Ctrl-C set; -> the exit status."""
    if options.read is not None or options.verb not in ("", "record"):
        raise UsageError("-w records the running system or, with -r, what passes of a recording: no other command does")
    if options.verb:
        options = _always_on(options)
    if options.write == "-" and options.command:
        raise UsageError("-w - and the command would both write to standard output: record to NAME.sonde")
    if DATA in options.redacted:
        options = replace(options, snaplen=0)
    understood(options.filter_words)  # a mistake costs no recording of this name
    within(options)
    told = telling(options)
    with Output(options) as out:
        told.writer = _recorder(options, told)
        return _Recording(options, out, told).whole()


def telling(options: Options, exact: bool = False) -> Telling:
    """What of what is seen is told; `exact` as in Question."""
    chosen = Chosen(understood(options.filter_words, exact)) if options.filter_proclist else None
    redaction = Redaction(options.redacted) if options.redacted else None
    return Telling(chosen, redaction, options.exclude_users)


class _Recording(FilterRun):
    """A filter whose rows are kept."""

    def __init__(self, options: Options, out: Output, recorder: Telling) -> None:
        super().__init__(options, out)
        self._recorder, self._native = recorder, isinstance(recorder.writer, Recorder)
        if isinstance(recorder.writer, Recorder):
            self.helpers = recorder.writer.sink.helpers

    def begin(self, source: Source, threads: list[int], start: Callable[[], None]) -> None:
        """A recording begins when everything is seen: between its tables of state and its rows nothing happens."""

        def started() -> None:
            start()
            if self._native:
                self._recorder.start(self.answer.state)

        super().begin(source, threads, started)

    def watching(self) -> None:
        """What a file of sysdig begins with is how things are when the command is there and has not begun. The recorder
        comes before others from now on: programs that are all the time busy would else get ahead of it."""
        if not self._native:
            self._recorder.start(self.answer.state)
        with contextlib.suppress(OSError):  # who may not has to keep up as it is
            os.nice(EAGER)

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


def _recorder(options: Options, telling: Telling) -> Recorder | ScapWriter:
    """What writes the rows, by the name: a recording, or a file of sysdig."""
    if options.verb:
        return _native(*_kept(options), options, telling)
    path = options.write or ""
    native = path == "-" or path.rstrip("/").endswith(SUFFIX)
    if native and options.compress:
        raise UsageError(f"-z is about files of sysdig; recordings (NAME{SUFFIX}, -) are always compressed")
    if native:
        limits = files(options)
        return _native(Stream() if path == "-" else Directory(path, anew=True), limits, options, telling)
    compress = options.compress or path.endswith(PACKED)
    return ScapWriter(path, living, compress, rotation(options), telling.beginning)


def _native(sink: Sink, limits: Limits, options: Options, telling: Telling) -> Recorder:
    header = about(options)
    header["command"] = telling.command(options.command, str(header["command"]))
    header["filter"] = telling.filter(str(header["filter"]), certain_events)
    snapshot = partial(snapshot_now, bool(options.command or options.pids), told=telling.rows)
    return Recorder(sink, header, limits, snapshot, telling.records)


def rotation(options: Options) -> Rotation:
    """When files of sysdig end."""
    found = Rotation(options.segment_size, options.segment_seconds, options.segment_events, options.segments)
    if found.keep is not None and not found.rotates:
        raise UsageError("-W keeps the last files: -C, -G or -e say when the next one begins")
    return found


def files(options: Options) -> Limits:
    """When segments of a recording end. UsageError for a stream, which has one."""
    usual, asked = Limits(), (options.segment_size, options.segment_seconds, options.segment_events, options.segments)
    if options.write == "-" and any(limit is not None for limit in asked):
        raise UsageError("-w - is one stream: -C, -G, -e and -W go with a name")
    return Limits(
        options.segment_size or usual.bytes, options.segment_seconds, options.segment_events, options.segments
    )


def _always_on(options: Options) -> Options:
    """What `record` asks: what is worth to be known later, without data."""
    if len(options.arguments) != 1:
        raise UsageError("record takes the directory to record to, as in sonde record --keep 24h --max 2GB DIR")
    if options.everything:
        return replace(options, write=options.arguments[0])
    words = wanted(tracepoints=exists(STATES))
    return replace(options, write=options.arguments[0], filter_words=words, snaplen=0)


def _kept(options: Options) -> tuple[Sink, Limits]:
    """Where `record` writes to: what is there stays as long as there is room, for each kind its share."""
    keep, most = options.keep or DAY, options.most or GIGABYTE
    limits = Limits(bytes=max(1, most // PARTS), seconds=keep / PARTS, age=keep)
    return Shared(options.arguments[0], most, limits.bytes), limits


def about(options: Options) -> dict[str, object]:
    """What is to be known of the recording, as in Header."""
    with open(BOOT_ID, encoding="ascii") as file:
        boot = file.read().strip()
    system = os.uname()
    nobody: dict[str, object] = {"users": [], "groups": []} if options.exclude_users else {}
    return nobody | {
        "session": f"{boot} {time.time_ns()}", "host": system.nodename, "kernel": system.release,
        "filter": options.filter_words, "beside": changing(options), "command": shlex.join(options.command),
        "snaplen": options.snaplen, "sonde": __version__,
    }  # fmt: skip
