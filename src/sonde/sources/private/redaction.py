"""What a recording is told, without what is private: rows and their state, tables of state, lists, its beginning."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sonde.catalog.privacy import ARGUMENTS, COLUMNS, PATHS
from sonde.catalog.state import STATE
from sonde.plan.batch import Batch
from sonde.plan.state import State
from sonde.sources.private.payloads import Pointed
from sonde.sources.private.state import Twin
from sonde.sources.private.words import Words
from sonde.sources.scap.beginning import Beginning, users
from sonde.sources.scap.lists import Entry, Interface, Process, User

__all__ = ["Redaction"]

Row = tuple[Any, ...]


class Redaction:
    """Leaves out what `kinds` of catalog/privacy.py say."""

    def __init__(self, kinds: frozenset[str]) -> None:
        self._words = Words(kinds)
        self._pointed = Pointed(self._words)
        self._twin: Twin | None = None

    def state(self, state: State) -> State:
        """What takes the place of a state."""
        if self._twin is None or self._twin.of is not state:
            self._twin = Twin(state, self._words)
        return self._twin.grow()

    def original(self, state: State) -> State:
        """What a state takes the place of."""
        return self._twin.of if self._twin is not None and self._twin.state is state else state

    def batch(self, batch: Batch) -> Batch:
        """Rows whose state is another one."""
        return replace(batch, payloads=self._pointed.of(batch), state=self.state(batch.state))

    def rows(self, table: str, rows: Sequence[Row]) -> Sequence[Row]:
        """Rows of a table of state (catalog/state.py)."""
        changes = {
            place: self._words.path if kind == PATHS else self._words.line if kind == ARGUMENTS else self._words.address
            for place, column in enumerate(STATE[table].columns)
            if (kind := COLUMNS.get(table, {}).get(column.name))
        }

        def changed(row: Row) -> Row:
            return tuple(
                _text(changes[place](_bytes(value))) if place in changes and value is not None else value
                for place, value in enumerate(row)
            )

        return [changed(row) for row in rows] if changes else rows

    def command(self, words: Sequence[str]) -> str:
        """The command that is watched, as it is told."""
        argv = self._words.argv(b"\0".join(map(_bytes, words)))
        return shlex.join(map(_text, argv.split(b"\0"))) if words else ""

    def beginning(self, found: Beginning) -> Beginning:
        """The lists before the events of a file of sysdig."""
        fds = {tid: [self._entry(entry) for entry in entries] for tid, entries in found.fds.items()}
        faces = [Interface(self._words.raw_address(f.address), f.mask, f.name) for f in found.interfaces]
        people = [self._user(user) for user in (users() if found.people is None else found.people)]
        return Beginning([self._process(p) for p in found.processes], fds, faces, people)

    def _process(self, p: Process) -> Process:
        """Its first word and the others stand apart there."""
        words, whole = self._words, b"\0".join((p.exe, p.args)).rstrip(b"\0")
        exe, _, args = words.argv(whole).partition(b"\0")
        return p._replace(
            exe=exe, exepath=words.path(p.exepath), args=args and args + b"\0", cwd=words.path(p.cwd),
            env=words.environment(p.env), root=words.path(p.root),
        )  # fmt: skip

    def _entry(self, entry: Entry) -> Entry:
        """A descriptor: both ends of a socket, or the name of a file."""
        near, near_port, far, far_port = entry.ends
        ends = (self._words.raw_address(near), near_port, self._words.raw_address(far), far_port)
        return entry._replace(name=self._words.path(entry.name), ends=ends)

    def _user(self, user: User) -> User:
        return user._replace(home=self._words.path(user.home), shell=self._words.path(user.shell))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
