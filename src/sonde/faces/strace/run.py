"""One run of `sonde strace`: the command or the processes, from the kernel's rows to strace's lines."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from types import FrameType

import numpy as np

from sonde.ask import die_of, threads_of
from sonde.engines.strace.calls import Decoder
from sonde.faces.strace import meaning
from sonde.faces.strace.command import environment, found, prepared
from sonde.faces.strace.options import Asked
from sonde.faces.strace.outputs import Output
from sonde.faces.strace.paths import Touching
from sonde.faces.strace.source import opened
from sonde.plan.batch import Batch
from sonde.plan.pairs import entered
from sonde.query import event_name
from sonde.render.receipt import receipt, receipt_json, receipt_text
from sonde.render.strace.objects import StraceJson
from sonde.render.strace.options import Quiet
from sonde.render.strace.renderer import StraceRenderer
from sonde.render.strace.summary import Summary
from sonde.sources.live.command import Command

__all__ = ["Run"]

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class Run:
    """Loads, attaches, prints; `whole` is the exit status."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._shown = meaning.shown(asked)
        self._layout = meaning.layout(asked)
        self._command: Command | None = None
        self._begun = not asked.command  # rows before the command's exec are ours
        self._status: int | None = None
        self._ended_by = self._delivered = 0
        self._touching = Touching(asked.paths) if asked.paths else None
        kind = StraceJson if asked.json else StraceRenderer
        self._renderer = kind(self._layout, Decoder(meaning.decoding(asked)).texts)
        self._summary = Summary(meaning.summary(asked)) if asked.only_summary or asked.with_summary else None

    def whole(self) -> int:
        """Run to the end; -> the status to exit with."""
        asked = self.asked
        path = found(asked.command[0]) if asked.command else ""
        threads = [tid for pid in asked.pids for tid in (threads_of(pid) if asked.follow else [_alive(pid)])]
        self._source = opened(asked, meaning.wanted(asked))
        self._out = Output(asked)
        before = {number: signal.signal(number, self._interrupted) for number in ENDING}
        try:
            self._began = time.monotonic()
            self._start(path, threads)
            while not self._over():
                self._print(self._source.poll())
            self._print(self._source.stop())
            self._finish()
        finally:
            self._source.close()
            self._out.close()
            for number, handler in before.items():
                signal.signal(number, handler)
        return self._exit()

    def _start(self, path: str, threads: list[int]) -> None:
        asked, source = self.asked, self._source
        for tid in threads:
            source.follow(tid)
        source.start()
        if asked.command:
            self._command = Command(asked.command, path, environment(asked), prepared(asked))
            source.follow(self._command.pid)
            self._command.release()
        if asked.pids and Quiet.ATTACH not in self._layout.quiet:
            for pid in asked.pids:
                count = len(threads_of(pid)) if asked.follow else 1
                many = f" with {count} threads" if count > 1 else ""
                self._out.say(f"strace: Process {pid} attached{many}\n".encode())

    def _over(self) -> bool:
        if self._command is not None:
            if self._status is None:
                self._status = self._command.poll()
            if self._status is None:
                return False
            return not self.asked.follow or self._ended_by != 0 or not self._source.following()
        return self._ended_by != 0 or not self._source.following()

    def _print(self, batch: Batch | None) -> None:
        batch = self._of_command(batch) if batch is not None and not self._begun else batch
        if batch is None:
            return
        if self._touching is not None:
            batch = self._touching.rows(batch)
        keep = self._shown[batch.columns["nr"]]
        if not keep.all():
            batch = batch.take(np.flatnonzero(keep))
        if not len(batch):
            return
        self._delivered += len(batch)
        if self._summary is not None:
            self._summary.add(batch)
        if self.asked.only_summary:
            return
        if self.asked.apart:
            self._out.write_each(self._renderer.render_each(batch))
        else:
            self._out.write(self._renderer.render(batch))
        if self._renderer.messages:
            self._out.say(self._renderer.messages)
            self._renderer.messages = b""

    def _of_command(self, batch: Batch) -> Batch | None:
        """The rows from the command's exec on; what it did before, it did as a part of sonde."""
        assert self._command is not None
        nr, tid = batch.columns["nr"], batch.columns["tid"]
        first = np.flatnonzero((tid == self._command.pid) & np.isin(nr, list(meaning.EXEC)) & entered(batch))
        if not len(first):
            return None
        self._begun = True
        return batch.take(np.arange(int(first[0]), len(batch)))

    def _finish(self) -> None:
        """What is said at the end."""
        asked = self.asked
        if not asked.only_summary:
            if asked.apart:
                self._out.write_each(self._renderer.flush_each())
            else:
                self._out.write(self._renderer.flush())
        if self._ended_by and asked.pids and Quiet.ATTACH not in self._layout.quiet:
            for pid in asked.pids:
                self._out.say(f"strace: Process {pid} detached\n".encode())
        if self._summary is not None:
            self._out.write(self._summary.text())
        counters = replace(self._source.counters(), delivered=self._delivered)
        if asked.json or asked.debug or counters.lost or counters.lost_payloads or counters.lost_dictionary:
            told = receipt(counters, time.monotonic() - self._began, event_name)
            self._out.say((receipt_json(told) if asked.json else receipt_text(told)).encode())

    def _exit(self) -> int:
        """The command's status; its signal, or the one that ended us, is raised on ourselves."""
        number = -self._status if self._status is not None and self._status < 0 else 0
        if not number and self._command is None:
            number = self._ended_by
        if number:
            sys.stdout.flush()
            die_of(number)
        return self._status or 0

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        """A command gets the signal too, unless the terminal sends it to all; then its end is waited for."""
        self._ended_by = number
        if self._command is None or self._status is not None:
            return
        if number in (signal.SIGINT, signal.SIGQUIT) and _in_foreground():
            return
        self._command.kill(number)


def _in_foreground() -> bool:
    """Are we in the foreground of a terminal?"""
    try:
        fd = os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(fd)


def _alive(pid: int) -> int:
    threads_of(pid)
    return pid
