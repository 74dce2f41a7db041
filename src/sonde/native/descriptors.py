"""What is behind descriptors, by table of descriptors, and the events that change it; descriptors.c does the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from sonde.native import Kernel, address, kernel

__all__ = ["CHANGE", "CLOSE", "COPY", "MAKE", "MEET", "PAUSE", "Descriptors", "Native", "Steps", "Twin", "descriptors"]

Array = npt.NDArray[np.generic]
I8 = npt.NDArray[np.int64]
# what a step does: it is not one of ours; the thread is there; a new thing is behind `fd`; nothing is; what is behind
# `source` is; what is there is another thing from then on
PAUSE, MEET, MAKE, CLOSE, COPY, CHANGE = range(6)
_WALK, _GET, _SET, _FORK, _DROP = range(5)
# places in the struct of descriptors.c
_ROOM, _COUNT, _TABLES, _KEYS, _ASKED, _AT, _HOLDERS, _LOGGED = 6, 7, 9, 10, 12, 18, 20, 23
_LOW = (1 << 32) - 1


class Steps(NamedTuple):
    """Events in their order: what each does, the number of its thread, the event's number, descriptors (-1: none)."""

    op: npt.NDArray[np.uint8]
    thread: I8
    event: I8
    fd: I8
    source: I8


class Descriptors(Protocol):
    """Values by key: `table << 32 | descriptor`. A value above 0 is what was set, 0 is nothing; a value below 0 is what
    change -value - 1 of the log makes.

    `log` has a row (key, from which event on, value before, value, event, working directory) for each change that the
    steps made so far. Tables are numbered from 1.
    """

    @property
    def log(self) -> I8:
        """The changes so far."""

    def begin(self, steps: Steps) -> None:
        """New steps, an empty log."""

    def walk(self, at: int, holders: I8, tables: int) -> int:
        """Make the steps from `at` on; -> the first that is to PAUSE, or whose thread there is not. `tables` is the
        highest number of one.

        A row of `holders` is (the thread's table or -1 if there is no such thread, the number of the main thread of its
        process, does it use that one's table, the working directory). That of the log is the main thread's, -1 if there
        is none.
        """

    def get(self, keys: I8) -> I8:
        """The value of each key."""

    def set(self, keys: I8, values: I8) -> None:
        """Give keys values."""

    def fork(self, source: int, target: int) -> None:
        """A table has what another has."""

    def drop(self, tables: I8) -> None:
        """Tables are empty."""

    def values(self, table: int) -> tuple[I8, I8]:
        """(keys, values) of a table."""

    def sizes(self, tables: I8) -> I8:
        """How many values each table has."""

    def replace(self, change: Callable[[I8], I8]) -> None:
        """Give other values for all there are, which are told at once; zeros may be among them."""


def descriptors() -> Descriptors:
    """No descriptors yet."""
    native = kernel("descriptors")
    return Twin() if native is None else Native(native)


class Native:
    """The table of descriptors.c."""

    def __init__(self, run: Kernel) -> None:
        self._run, self._job = run, np.zeros(24, np.uint64)  # struct descriptors, which is u8 only
        self._numbers = self._job.data
        self._address = address(self._job)
        self._kept: dict[int, Array] = {}  # the arrays that the job points to
        self._ends = np.zeros(2, np.int64)  # of a table that is copied
        self._ends_at = address(self._ends)
        self._head = np.zeros(0, np.int32)
        self._holders = self._log = np.zeros((0, 6), np.int64)
        self._entries(1 << 10)
        self._tables(1 << 8)

    @property
    def log(self) -> I8:
        """The changes so far."""
        return self._log[: self._numbers[_LOGGED]]

    def begin(self, steps: Steps) -> None:
        """New steps, an empty log."""
        self._log = np.empty((len(steps.op), 6), np.int64)
        self._point(13, *steps)
        self._point(22, self._log)
        self._job[_AT + 1], self._job[_LOGGED] = len(steps.op), 0

    def walk(self, at: int, holders: I8, tables: int) -> int:
        """Make the steps from `at` on; -> the first that is not made."""
        job = self._numbers
        if tables >= job[_TABLES]:
            self._tables(tables + 1)
        if job[_COUNT] + job[_AT + 1] - at > job[_ROOM]:
            self._room(job[_AT + 1] - at)
        if self._holders is not holders:
            self._holders, job[_HOLDERS + 1] = holders, len(holders)
            self._point(_HOLDERS, holders)
        job[0], job[_ASKED], job[_AT] = _WALK, 0, at
        return self._run(self._address)

    def get(self, keys: I8) -> I8:
        """The value of each key."""
        values = np.zeros(len(keys), np.int64)
        self._asked(_GET, keys, values)
        return values

    def set(self, keys: I8, values: I8) -> None:
        """Give keys values."""
        self._room(len(keys))
        self._tables(int(keys.max(initial=0) >> 32) + 1)
        self._asked(_SET, keys, values)

    def fork(self, source: int, target: int) -> None:
        """A table has what another has."""
        self._tables(max(source, target) + 1)
        job = self._numbers
        self._ends[:] = source, target
        job[0], job[_KEYS], job[_ASKED] = _FORK, self._ends_at, 0
        while lost := self._run(self._address):
            self._room(lost)
            job[0], job[_KEYS], job[_ASKED] = _FORK, self._ends_at, 0

    def drop(self, tables: I8) -> None:
        """Tables are empty."""
        self._asked(_DROP, tables, tables)

    def values(self, table: int) -> tuple[I8, I8]:
        """(keys, values) of a table."""
        key, value = self._all()
        mine = (key >> 32 == table) & (value != 0)
        return key[mine], value[mine]

    def sizes(self, tables: I8) -> I8:
        """How many values each table has."""
        key, value = self._all()
        held = np.sort(key[value != 0] >> 32)
        return np.searchsorted(held, tables, "right") - np.searchsorted(held, tables)

    def replace(self, change: Callable[[I8], I8]) -> None:
        """Give other values for all there are."""
        _, value = self._all()
        value[:] = change(value)

    def _asked(self, what: int, keys: I8, values: I8) -> int:
        keys, values = np.ascontiguousarray(keys, np.int64), np.ascontiguousarray(values, np.int64)
        job = self._numbers
        job[0], job[_KEYS], job[_KEYS + 1], job[_ASKED] = what, address(keys), address(values), len(keys)
        return self._run(self._address)

    def _all(self) -> tuple[I8, I8]:
        count = self._numbers[_COUNT]
        return self._key[:count], self._value[:count]

    def _room(self, more: int) -> None:
        """There is room for so many more keys."""
        if self._numbers[_COUNT] + more <= len(self._key):
            return
        key, value = self._all()
        key, value = key[value != 0], value[value != 0]
        self._entries(2 * (len(key) + more))
        self._head[:] = 0
        self._asked(_SET, key, value)

    def _entries(self, room: int) -> None:
        """No keys, and room for so many."""
        self._key, self._value, next_ = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int32)
        slots = np.zeros(1 << (2 * room).bit_length(), np.int32)
        self._point(1, slots)
        self._point(3, self._key, self._value, next_)
        self._job[[2, _ROOM, _COUNT]] = len(slots) - 1, room, 0

    def _tables(self, most: int) -> None:
        """There is room for tables with numbers below."""
        if most > len(self._head):
            head = np.zeros(2 * most, np.int32)
            head[: len(self._head)] = self._head
            self._head = head
            self._point(8, head)
            self._job[_TABLES] = len(head)

    def _point(self, at: int, *arrays: Array) -> None:
        """The fields of the job from one on are the addresses of arrays."""
        for place, array in enumerate(arrays, at):
            self._kept[place], self._job[place] = array, address(array)


class Twin:
    """The same in Python."""

    def __init__(self) -> None:
        self._tables: dict[int, dict[int, int]] = {}
        self._steps: list[tuple[int, ...]] = []
        self._log, self._logged = np.zeros((0, 6), np.int64), 0

    @property
    def log(self) -> I8:
        """The changes so far."""
        return self._log[: self._logged]

    def begin(self, steps: Steps) -> None:
        """New steps, an empty log."""
        self._steps = list(zip(*(column.tolist() for column in steps), strict=True))
        self._log, self._logged = np.empty((len(steps.op), 6), np.int64), 0

    def walk(self, at: int, holders: I8, tables: int) -> int:
        """Make the steps from `at` on; -> the first that is not made."""
        for place in range(at, len(self._steps)):
            op, thread, *step = self._steps[place]
            own, main, shares, _ = holders[thread].tolist()
            if op == PAUSE or own < 0:
                return place
            first = holders[main].tolist()
            if op != MEET:
                self._step(op, max(first[0], 0) if shares else own, first[3] if first[0] >= 0 else -1, *step)
        return len(self._steps)

    def _step(self, op: int, number: int, cwd: int, event: int, fd: int, source: int) -> None:
        if not number or fd < 0:
            return
        table, low = self._tables.setdefault(number, {}), fd & _LOW
        old, new = table.get(low, 0), -self._logged - 1
        if op == CLOSE:
            new = 0
        elif op == COPY:
            new = table.get(source & _LOW, 0) if source >= 0 else 0
        if new == old or (op == COPY and not new) or (op == CHANGE and not old):
            return
        table[low] = new
        self._log[self._logged] = number << 32 | low, event + (op == CLOSE), old, new, event, cwd
        self._logged += 1

    def get(self, keys: I8) -> I8:
        """The value of each key."""
        return np.array([self._tables.get(key >> 32, {}).get(key & _LOW, 0) for key in keys.tolist()], np.int64)

    def set(self, keys: I8, values: I8) -> None:
        """Give keys values."""
        for key, value in zip(keys.tolist(), values.tolist(), strict=True):
            self._tables.setdefault(key >> 32, {})[key & _LOW] = value

    def fork(self, source: int, target: int) -> None:
        """A table has what another has."""
        found = {fd: value for fd, value in self._tables.get(source, {}).items() if value}
        self._tables.setdefault(target, {}).update(found)

    def drop(self, tables: I8) -> None:
        """Tables are empty."""
        for table in tables.tolist():
            self._tables.pop(table, None)

    def values(self, table: int) -> tuple[I8, I8]:
        """(keys, values) of a table."""
        found = {fd: value for fd, value in self._tables.get(table, {}).items() if value}
        return table << 32 | np.array(list(found), np.int64), np.array(list(found.values()), np.int64)

    def sizes(self, tables: I8) -> I8:
        """How many values each table has."""
        return np.array([len(self.values(table)[0]) for table in tables.tolist()], np.int64)

    def replace(self, change: Callable[[I8], I8]) -> None:
        """Give other values for all there are."""
        places = [(table, fd) for table in self._tables.values() for fd in table]
        values = change(np.array([table[fd] for table, fd in places], np.int64))
        for (table, fd), value in zip(places, values.tolist(), strict=True):
            table[fd] = value
