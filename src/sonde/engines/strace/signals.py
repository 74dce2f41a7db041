"""Lines of signals and of ends: `--- SIGCHLD {si_signo=SIGCHLD, ...} ---`, `+++ exited with 0 +++`."""

from __future__ import annotations

import signal
import struct

import numpy as np

from sonde.catalog.event import EXIT_EVENTS
from sonde.engines.context import ints
from sonde.engines.strace.options import ABBREV, RAW, VERBOSE
from sonde.plan.batch import Batch
from sonde.plan.pairs import fatal

__all__ = ["lines", "siginfo", "signal_name", "signal_text"]

END, SIGNAL = EXIT_EVENTS["procexit"], EXIT_EVENTS["signaldeliver"]
_FIRST_REAL_TIME, _LAST = 32, 64
_POSIX = {int(number): number.name for number in signal.Signals if number < _FIRST_REAL_TIME} | {16: "SIGSTKFLT"}
_CODES = {0: "SI_USER", 0x80: "SI_KERNEL", -1: "SI_QUEUE", -2: "SI_TIMER", -3: "SI_MESGQ", -4: "SI_ASYNCIO",
          -5: "SI_SIGIO", -6: "SI_TKILL", -7: "SI_DETHREAD", -60: "SI_ASYNCNL"}  # fmt: skip
_OF_SIGNAL = {
    "SIGILL": "ILL ILLOPC ILLOPN ILLADR ILLTRP PRVOPC PRVREG COPROC BADSTK BADIADDR",
    "SIGFPE": "FPE INTDIV INTOVF FLTDIV FLTOVF FLTUND FLTRES FLTINV FLTSUB",
    "SIGSEGV": "SEGV MAPERR ACCERR BNDERR PKUERR ACCADI ADIDERR ADIPERR MTEAERR MTESERR",
    "SIGBUS": "BUS ADRALN ADRERR OBJERR MCEERR_AR MCEERR_AO",
    "SIGTRAP": "TRAP BRKPT TRACE BRANCH HWBKPT UNK PERF",
    "SIGCHLD": "CLD EXITED KILLED DUMPED TRAPPED STOPPED CONTINUED",
    "SIGIO": "POLL IN OUT MSG ERR PRI HUP",
    "SIGSYS": "SYS SECCOMP USER_DISPATCH",
}
_FAULTS = ("SIGILL", "SIGFPE", "SIGSEGV", "SIGBUS", "SIGTRAP")
_USER, _KERNEL, _TIMER, _TKILL = 0, 0x80, -2, -6
_EXITED = 1
_DEADLY, _CORE = 0x7F, 0x80
_AT = 16  # the union of siginfo on x86-64


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
    data = data.ljust(48, b"\0")
    number, error, code = struct.unpack_from("=iii", data)
    name = signal_name(number).decode()
    parts = [b"si_signo=%s" % signal_text(number, style), b"si_code=%s" % _code(name, code, style)]
    if error:
        parts.append(b"si_errno=%d" % error)
    return b"{%s}" % b", ".join(parts + _details(name, code, data, style))


def _code(signal_: str, code: int, style: str) -> bytes:
    prefix, *names = _OF_SIGNAL.get(signal_, "SI").split()
    name = _CODES.get(code) or (f"{prefix}_{names[code - 1]}" if 0 < code <= len(names) else "")
    number = b"%#x" % (code & 0xFFFFFFFF) if code else b"0"
    if style == RAW or not name:
        return number
    return b"%s /* %s */" % (number, name.encode()) if style == VERBOSE else name.encode()


def _details(name: str, code: int, data: bytes, style: str) -> list[bytes]:
    pid, uid = struct.unpack_from("=iI", data, _AT)
    sender = [b"si_pid=%d" % pid, b"si_uid=%d" % uid]
    integer, pointer = struct.unpack_from("=i", data, _AT + 8)[0], struct.unpack_from("=Q", data, _AT + 8)[0]
    value = [b"si_int=%d" % integer, b"si_ptr=%s" % _address(pointer)]
    if code == _TIMER:
        timer, overrun = struct.unpack_from("=ii", data, _AT)
        return [b"si_timerid=%d" % timer, b"si_overrun=%d" % overrun, *value]
    if code in (_USER, _TKILL):
        return sender
    if code == _KERNEL or code > 0:
        return _of_signal(name, code, data, sender, style)
    return [*sender, *value]


def _of_signal(name: str, code: int, data: bytes, sender: list[bytes], style: str) -> list[bytes]:
    """What a signal of the kernel says."""
    if name in _FAULTS:
        return [b"si_addr=%s" % _address(struct.unpack_from("=Q", data, _AT)[0])]
    if code == _KERNEL:
        return []
    if name == "SIGCHLD":
        status, user, system = struct.unpack_from("=i4xqq", data, _AT + 8)
        shown = b"%d" % status if code == _EXITED else signal_text(status, style)
        return [*sender, b"si_status=%s" % shown, b"si_utime=%d" % user, b"si_stime=%d" % system]
    if name == "SIGIO":
        band, fd = struct.unpack_from("=qi", data, _AT)
        return [b"si_band=%d" % band, b"si_fd=%d" % fd]
    if name == "SIGSYS":
        address, call = struct.unpack_from("=Qi", data, _AT)
        return [b"si_call_addr=%s" % _address(address), b"si_syscall=%d" % call]
    return sender


def _address(value: int) -> bytes:
    return b"%#x" % value if value else b"NULL"
