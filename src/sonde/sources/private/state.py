"""State that ids of events refer to, without what is private in it: a twin of it, which grows as it does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.plan.files import Node
from sonde.plan.people import People, User, people_here
from sonde.plan.state import State
from sonde.plan.table import Table
from sonde.sources.private.words import Words

__all__ = ["Twin", "people_of"]

Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Change = Callable[[bytes], bytes]
MEMFD = b"memfd:"


class Twin:
    """`state` has the rows of another one, `of`, under the same ids; each is taken over once, by `grow`."""

    def __init__(self, of: State, words: Words) -> None:
        self.of, self._words = of, words
        self.state = State(of.epoch, of.start)
        self.state.host, self.state.people = of.host, people_of(of.people or people_here(), words)
        self.state.containers = of.containers
        self.state.files.base, self.state.processes.base = of.files.base, of.processes.base
        self._files, self._processes = np.zeros(0, np.bool_), np.zeros(0, np.bool_)

    def grow(self) -> State:
        """The twin, with all that its original has by now."""
        self._files, new = _news(self.of.files, self._files)
        if len(new):
            rows = self.of.files.rows[new]
            for name in ("lip", "rip"):
                rows[name] = self._texts(rows[name], self._words.address)
            if self._words.paths:
                rows["name"] = [self._name(place) for place in new.tolist()]
            else:
                rows["name"] = self._texts(rows["name"], _same)
            _put(self.state.files, new, rows)
        self._processes, new = _news(self.of.processes, self._processes)
        if len(new):
            rows, words = self.of.processes.rows[new], self._words
            changes = {"argv": words.argv, "env": words.environment}
            for name in self.of.processes.texts:
                rows[name] = self._texts(rows[name], changes.get(name, _same))
            _put(self.state.processes, new, rows)
            for ident in (new + self.of.processes.base).astype(np.uint32).tolist():
                self.state.processes.added(ident)
        return self.state

    def _texts(self, ids: npt.NDArray[np.uint32], change: Change) -> npt.NDArray[np.uint32]:
        """Strings of the original, changed, as strings of the twin; missing ones stay that."""
        distinct, inverse = np.unique(ids, return_inverse=True)
        strings, intern = self.of.strings, self.state.strings.intern
        new = [intern(change(strings[ident])) if ident else 0 for ident in distinct.tolist()]
        return np.array(new, np.uint32)[inverse]

    def _name(self, place: int) -> int:
        """The name in a row of files: a component, or what the file is called that has no path."""
        row, words = self.of.files.rows[place], self._words
        name, flags = self.of.strings[int(row["name"])], int(row["flags"])
        if not row["name"]:
            return 0
        if flags & Node.SOCK:
            name = words.path(name)
        elif flags & Node.ANON:
            memory = name.startswith(MEMFD)
            name = MEMFD + words.path(name.removeprefix(MEMFD)) if memory else name
        elif not flags & Node.MOUNT:
            name = words.path(self.of.files.path(place)).rpartition(b"/")[2]
        else:
            name = words.path(name)
        return self.state.strings.intern(name)


def people_of(people: People, words: Words) -> People:
    """Users and groups, whose homes are paths."""

    def path(text: str) -> str:
        return words.path(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    users = {uid: User(user.name, path(user.home), path(user.shell)) for uid, user in people.users.items()}
    return People(users, people.groups)


def _same(text: bytes) -> bytes:
    return text


def _news(table: Table, told: Bools) -> tuple[Bools, Places]:
    """(which rows were taken over, with those that were not yet, which are the second)."""
    seen = np.zeros(len(table), np.bool_)
    seen[: len(told)] = told
    known = table.rows["known"][: len(table)] != 0
    return seen | known, np.flatnonzero(known & ~seen)


def _put(table: Table, places: Places, rows: npt.NDArray[np.void]) -> None:
    """Rows at their places."""
    table.ensure_all((places + table.base).astype(np.uint32))
    table.rows[places] = rows
