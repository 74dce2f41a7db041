"""Lines of signals and of ends: `--- SIGCHLD {si_signo=SIGCHLD, ...} ---`, `+++ exited with 0 +++`."""

from __future__ import annotations

import signal

import numpy as np

from sonde.catalog.event import EXIT_EVENTS
from sonde.engines import structs
from sonde.engines.context import ints
from sonde.engines.strace.options import ABBREV, RAW, VERBOSE
from sonde.plan.batch import Batch
from sonde.plan.pairs import fatal

__all__ = ["lines", "siginfo", "signal_name", "signal_text"]

END, SIGNAL = EXIT_EVENTS["procexit"], EXIT_EVENTS["signaldeliver"]
_FIRST_REAL_TIME, _LAST = 32, 64
_POSIX = {int(number): number.name for number in signal.Signals if number < _FIRST_REAL_TIME} | {16: "SIGSTKFLT"}
_DEADLY, _CORE = 0x7F, 0x80


def signal_name(number: int) -> bytes:
    """`SIGINT`, `SIGRTMIN`, `SIGRT_1`; numbers that are no signal as they are."""
    if number in _POSIX:
        return _POSIX[number].encode()
    if number == _FIRST_REAL_TIME:
        return b"SIGRTMIN"
    return b"SIGRT_%d" % (number - _FIRST_REAL_TIME) if _FIRST_REAL_TIME < number <= _LAST else b"%d" % number


def signal_text(number: int, style: str) -> bytes:
    """A signal in the style of -X: `SIGINT`, `2`, `2 /* SIGINT */`."""
    name = signal_name(number)
    if style == RAW or name == b"%d" % number:
        return b"%d" % number
    return b"%d /* %s */" % (number, name) if style == VERBOSE else name


def lines(batch: Batch, style: str = ABBREV) -> dict[int, bytes]:
    """The line of each row that is a signal or an end."""
    nr = ints(batch, "nr")
    rows = np.flatnonzero((nr == END) | (nr == SIGNAL))
    if not len(rows):
        return {}
    infos, instead = batch.payloads.of_argument(2, len(batch)), fatal(batch)
    found = {}
    for row in rows.tolist():
        if nr[row] == END:
            found[row] = _end(int(batch.columns["a0"][row]))
            continue
        number = instead.get(row, int(batch.columns["a2"][row]) & _DEADLY)
        info = None if row in instead else infos[row]
        shown = siginfo(info, style) if info else b"{si_signo=%s}" % signal_text(number, style)
        found[row] = b"--- %s %s ---" % (signal_name(number), shown)
    return found


def _end(status: int) -> bytes:
    deadly = status & _DEADLY
    if not deadly:
        return b"+++ exited with %d +++" % (status >> 8 & 0xFF)
    return b"+++ killed by %s%s +++" % (signal_name(deadly), b" (core dumped)" if status & _CORE else b"")


def siginfo(data: bytes, style: str = ABBREV) -> bytes:
    """`{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=1, ...}` of struct siginfo of x86-64."""
    return structs.text("siginfo", data, None, structs.How(names=style))
