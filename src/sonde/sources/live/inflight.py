"""What the arguments of calls in flight point at, read from the memory of the processes that wait in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sonde.catalog.event import Event, Param, ParamType
from sonde.catalog.lookup import EVENTS
from sonde.plan.batch import Batch, Payloads

__all__ = ["with_arguments"]

LONGEST = 4096  # bytes of a path, PATH_MAX
PAGE = 4096


def with_arguments(batch: Batch, followed: frozenset[ParamType], snaplen: int) -> Batch:
    """The rows of calls in flight with their strings, addresses and the first `snaplen` bytes of what is written.

    The kernel side cannot read another process. A call that has ended meanwhile stays without.
    """
    rows = range(len(batch)) if followed else ()
    found = [item for row in rows for item in _of_row(batch, row, followed, snaplen)]
    if not found:
        return batch
    length = np.array([len(data) for *_, data in found], np.int32)
    payloads = Payloads(
        np.array([row for row, *_ in found], np.int64), np.array([argument for _, argument, *_ in found], np.uint8),
        np.cumsum(length, dtype=np.int64) - length, length, np.array([full for *_, full, _ in found], np.int32),
        np.frombuffer(b"".join(data for *_, data in found), np.uint8),
    )  # fmt: skip
    return replace(batch, payloads=payloads)


def _of_row(
    batch: Batch, row: int, followed: frozenset[ParamType], snaplen: int
) -> Iterator[tuple[int, int, int, bytes]]:  # fmt: skip
    """(row, argument, full length, bytes) of each argument of one row that points at something."""
    event = EVENTS.get(int(batch.columns["nr"][row]))
    tid = int(batch.columns["tid"][row])
    if event is None:
        return
    words = [int(batch.columns[f"a{i}"][row]) for i in range(6)]
    read = []
    for param in event.params:
        wanted = _wanted(event, param, words, snaplen) if param.type in followed else 0
        if wanted:
            argument = int(param.source.value[1])
            data = _memory(tid, words[argument], wanted)
            read.append((row, argument, *_cut(param, data, _length(param, words))))
    if read and _still_in(tid, event.number, words):
        yield from (item for item in read if item[-1])


def _wanted(event: Event, param: Param, words: list[int], snaplen: int) -> int:
    """How many bytes to read; 0: the argument has nothing to say yet."""
    if not param.source.value.startswith("a") or param.out:
        return 0
    if param.type in (ParamType.PATH, ParamType.STRING):
        return LONGEST
    if param.type is ParamType.SOCKADDR:
        return min(_length(param, words), 128)
    return min(_length(param, words), snaplen) if param.type is ParamType.DATA and event.io == "w" else 0


def _length(param: Param, words: list[int]) -> int:
    """The bytes an argument says it has: in the word its declaration names, for data in the one that follows it."""
    if param.type is ParamType.SOCKADDR and param.length.value.startswith("a"):
        return words[int(param.length.value[1])] & 0xFFFFFFFF
    index = int(param.source.value[1])
    return words[index + 1] if param.type is ParamType.DATA and index < 5 else 0


def _cut(param: Param, data: bytes, length: int) -> tuple[int, bytes]:
    """(full length, bytes): a string up to its NUL, which stays."""
    if param.type in (ParamType.PATH, ParamType.STRING):
        end = data.find(b"\0") + 1
        return (end, data[:end]) if end else (-1, data)
    return min(length, 1 << 30), data


def _memory(tid: int, address: int, size: int) -> bytes:
    """Up to `size` bytes of a process, fewer where its memory ends."""
    parts = []
    try:
        with open(f"/proc/{tid}/mem", "rb", buffering=0) as file:
            while size > 0:
                part = os.pread(file.fileno(), min(size, PAGE - address % PAGE), address)
                parts.append(part)
                if not part:
                    break
                address, size = address + len(part), size - len(part)
    except (OSError, OverflowError):
        pass
    return b"".join(parts)


def _still_in(tid: int, number: int, words: list[int]) -> bool:
    """Does the thread still wait in that call (proc(5), /proc/PID/syscall)?"""
    try:
        with open(f"/proc/{tid}/syscall") as file:
            now = file.read().split()
    except OSError:
        return False
    return now[0] == str(number & 511) and [int(word, 16) for word in now[1:7]] == words
