"""A program that gets signals of every kind: sent, queued, of timers, children, faults, a seccomp filter."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import mmap
import os
import signal
import socket
import threading
import time
from collections.abc import Callable

LIBC = ctypes.CDLL(None, use_errno=True)
ME = os.getpid()
SETSIG, NO_NEW_PRIVILEGES, SECCOMP, SIGQUEUEINFO, GETPPID = 10, 38, 22, 129, 110
REAL_TIME = int(signal.SIGRTMIN) + 3


class Value(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("pointer", ctypes.c_void_p)]


class Notice(ctypes.Structure):
    _fields_ = [("value", Value), ("signal", ctypes.c_int), ("kind", ctypes.c_int), ("pad", ctypes.c_char * 48)]


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class Filter(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("first", ctypes.POINTER(Instruction))]


def child(does: Callable[[], object]) -> None:
    if not (pid := os.fork()):
        does()
        os._exit(5)
    os.waitpid(pid, 0)


def sent() -> None:
    os.kill(ME, signal.SIGUSR1)
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR2)
    LIBC.sigqueue.argtypes = [ctypes.c_int, ctypes.c_int, Value]
    LIBC.sigqueue(ME, REAL_TIME, Value(pointer=0x1234567890))
    LIBC.sigqueue(ME, REAL_TIME, Value(number=-7))
    LIBC.sigqueue(ME, int(signal.SIGUSR1), Value(number=0))
    words = [int(signal.SIGUSR2), 0, -3 & 0xFFFFFFFF, 0, 77, 88, 99, 0]
    LIBC.syscall(SIGQUEUEINFO, ME, int(signal.SIGUSR2), (ctypes.c_uint * 32)(*words))
    read, write = os.pipe()
    os.close(read)
    with contextlib.suppress(OSError):
        os.write(write, b"x")


def timers() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    time.sleep(0.05)
    timer = ctypes.c_void_p()
    LIBC.timer_create(0, ctypes.byref(Notice(Value(number=42), int(signal.SIGUSR1), 0)), ctypes.byref(timer))
    LIBC.timer_settime(timer, 0, (ctypes.c_long * 4)(0, 0, 0, 10**7), None)
    time.sleep(0.05)


def busy() -> None:
    end = time.process_time() + 0.15
    while time.process_time() < end:
        os.getppid()


def readable() -> None:
    one, other = socket.socketpair()
    fcntl.fcntl(one, fcntl.F_SETOWN, ME)
    fcntl.fcntl(one, SETSIG, int(signal.SIGIO))
    fcntl.fcntl(one, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    other.send(b"x")


def faults() -> None:
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xcc\xc3\x0f\x0b")  # int3, ret, ud2
    start = ctypes.addressof(ctypes.c_char.from_buffer(code))
    ctypes.CFUNCTYPE(None)(start)()
    child(ctypes.CFUNCTYPE(None)(start + 2))
    child(lambda: ctypes.string_at(0))


def trapped() -> None:
    steps = (0x20, 0, 0, 0), (0x15, 0, 1, GETPPID), (6, 0, 0, 0x30000), (6, 0, 0, 0x7FFF0000)
    program = (Instruction * 4)(*(Instruction(*step) for step in steps))
    LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    LIBC.prctl(SECCOMP, 2, ctypes.byref(Filter(4, program)), 0, 0)
    LIBC.getppid()


if __name__ == "__main__":
    for name in ["USR1", "USR2", "ALRM", "CHLD", "IO", "PIPE", "SYS", "TRAP"]:
        signal.signal(signal.Signals[f"SIG{name}"], lambda *_: None)
    signal.signal(REAL_TIME, lambda *_: None)
    sent()
    timers()
    child(lambda: None)
    child(lambda: os.kill(os.getpid(), signal.SIGKILL))
    child(busy)
    readable()
    faults()
    child(trapped)
