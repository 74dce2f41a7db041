"""What descriptors lead to, found out only when it is asked for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from sonde.native.descriptors import Steps, descriptors
from sonde.sources.scap.fds import Fd, Fds
from sonde.sources.scap.known import Known, Told
from sonde.sources.scap.pieces import Piece, of_types
from sonde.sources.scap.timeline import Numbers, Timeline

__all__ = ["Held", "Make", "Moment", "key_of"]

I8 = npt.NDArray[np.int64]


def key_of(table: int, fd: int) -> int:
    """The key of a descriptor in a table."""
    return table << 32 | fd & 0xFFFFFFFF


class _Unknown(Exception):
    """What an earlier change made has to be found out first: its place in the log."""

    def __init__(self, place: int) -> None:
        self.place = place


class Moment:
    """A change of what is behind a descriptor: its event, and what there was right before it. `lasts` until something
    else was looked at than what there was before and the working directory, whose id is `cwd`, -1 if it is not known:
    an equal call makes the same then."""

    __slots__ = ("_held", "_key", "_old", "_place", "cwd", "event", "fds", "lasts")

    def __init__(self, held: Held, place: int) -> None:
        self._held, self._place, self.fds, self.lasts = held, place, held.fds, True
        self._key, _, self._old, _, self.event, self.cwd = held.log[place].tolist()

    @property
    def directory(self) -> bytes:
        """The working directory."""
        return self.fds.infos[self.cwd].name if self.cwd >= 0 else b"./"

    def before(self) -> int:
        """The id of what was behind the descriptor."""
        return self._held.made(self._old)

    @property
    def old(self) -> Fd | None:
        """What was behind the descriptor."""
        return self.fds.info(self.before())

    def behind(self, fd: int) -> Fd | None:
        """What was behind another descriptor of the thread."""
        self.lasts = False
        if fd < 0:
            return None
        return self.fds.info(self._held.made(self._held.before(key_of(self._key >> 32, fd), self._place)))

    def all(self) -> list[Fd]:
        """What was behind all descriptors of the thread."""
        self.lasts = False
        codes = self._held.table_before(self._key >> 32, self._place)
        return [self.fds.infos[ident] for ident in map(self._held.made, codes) if ident]


Make = Callable[[Piece, Moment], Fd | int | None]  # what is behind the descriptor then, None: what there was


class Held:
    """What is behind each descriptor of each table, as the steps of one piece after the other change it.

    Steps only tell by which change a descriptor got what it leads to. `makes` and `changes`, by event type, find out
    what that is: something new, or what there was otherwise; `told` as in Known.
    """

    def __init__(self, fds: Fds, makes: Mapping[int, Make], changes: Mapping[int, Make], told: Told) -> None:
        self.fds, self.kernel, self.known = fds, descriptors(), Known(told)
        self._makes, self._of_old = {**makes, **changes}, of_types(set(changes))
        self._piece: Piece | None = None
        self._made = np.zeros(0, np.int64)  # ids, by place in the log; -1: not found out yet
        self._places: dict[int, list[int]] = {}  # in the log, by key
        self._placed = 0
        self._files = Timeline(self.kernel.get)

    def settle(self, ended: list[int]) -> None:
        """The piece is done, and some tables are no more: what is still open is found out."""
        self.kernel.drop(np.array(ended, np.int64))
        self.kernel.replace(self._ids)
        self._places.clear()
        self._placed = 0
        self._files.clear()

    def begin(self, piece: Piece, steps: Steps) -> None:
        """The steps of the next piece."""
        self._piece, self._made = piece, np.full(len(steps.op), -1, np.int64)
        self.kernel.begin(steps)

    @property
    def log(self) -> I8:
        """The changes that the steps made so far."""
        return self.kernel.log

    def now(self, table: int, fd: int) -> Fd | None:
        """What is behind a descriptor behind the steps made so far."""
        found = self._ids(self.kernel.get(np.array([key_of(table, fd)], np.int64)))
        return self.fds.info(int(found[0])) if fd >= 0 else None

    def at(self, table: int, fd: int, event: int) -> int:
        """The id of what is behind a descriptor behind an event; the steps of the piece are all made."""
        self._files.tell(self.log)
        code = self._files.at(key_of(table, fd), event)
        return code if code >= 0 else self._found(-code - 1)[0]

    def all_at(self, keys: I8, number: Numbers, events: I8) -> I8:
        """The same for each of several events, of the key with its number among distinct ones."""
        self._files.tell(self.log)
        return self._ids(self._files.all_at(keys, number, events))

    def counts(self, tables: I8, events: I8) -> I8:
        """How many descriptors tables have behind events: those of now without what came later."""
        log = self.log
        table, when = log[:, 0] >> 32, log[:, 1]
        span = int(max(events.max(initial=0), when.max(initial=0))) + 1
        order = np.argsort(table * span + when, kind="stable")
        changed = (table * span + when)[order]
        more = np.append(0, np.cumsum((log[order, 3] != 0).astype(np.int64) - (log[order, 2] != 0)))
        here, end = tables * span + events, (tables + 1) * span
        later: I8 = more[np.searchsorted(changed, end)] - more[np.searchsorted(changed, here, "right")]
        return self.kernel.sizes(tables) - later

    def made(self, code: int) -> int:
        """The id that a value of the table of descriptors stands for, if that has been found out."""
        if code >= 0:
            return code
        ident = int(self._made[-code - 1])
        if ident < 0:
            raise _Unknown(-code - 1)
        return ident

    def before(self, key: int, place: int) -> int:
        """The value of a key right before a change."""
        log = self.log
        for later, changed in enumerate(log[self._placed :, 0].tolist(), self._placed):
            self._places.setdefault(changed, []).append(later)
        self._placed = len(log)
        found = self._places.get(key)
        if found is None:
            return int(self.kernel.get(np.array([key], np.int64))[0])
        index = bisect_left(found, place)
        return int(log[found[index - 1], 3] if index else log[found[0], 2])

    def table_before(self, table: int, place: int) -> list[int]:
        """The values of a table right before a change."""
        keys, values = self.kernel.values(table)
        found = dict(zip(keys.tolist(), values.tolist(), strict=True))
        later = self.log[place:][::-1]
        found.update(later[later[:, 0] >> 32 == table][:, [0, 2]].tolist())
        return list(found.values())

    def _ids(self, codes: I8) -> I8:
        """The ids that values stand for."""
        rows = np.flatnonzero(codes < 0)
        if not len(rows):
            return codes
        places, out = -codes[rows] - 1, codes.copy()
        self._find_out(places)
        out[rows] = self._made[places]
        return out

    def _find_out(self, places: I8) -> None:
        """What changes made, those that others depend on before these."""
        waiting = self._with_earlier(places)
        while len(waiting):
            before, ready = self._before(waiting)
            self._find_ready(waiting[ready], before[ready])
            waiting = waiting[~ready]

    def _with_earlier(self, places: I8) -> I8:
        """The changes that are not found out yet, and those that they depend on."""
        wanted = np.zeros(len(self.log), np.bool_)
        more = places[self._made[places] < 0]
        while len(more):
            wanted[more] = True
            _, old = self._kinds(more)
            earlier = -old[old < 0] - 1
            more = earlier[(self._made[earlier] < 0) & ~wanted[earlier]]
        return np.flatnonzero(wanted)

    def _kinds(self, places: I8) -> tuple[npt.NDArray[np.bool_], I8]:
        """(which changes are of what there was, the value of that, else 0)."""
        assert self._piece is not None
        changes = self._of_old[self._piece.type[self.log[places, 4]]]
        return changes, np.where(changes, self.log[places, 2], 0)

    def _before(self, places: I8) -> tuple[I8, npt.NDArray[np.bool_]]:
        """(what matters of what there was before changes, where that is known)."""
        changes, old = self._kinds(places)
        earlier = np.where(old < 0, self._made[np.where(old < 0, -old - 1, 0)], old)
        return np.where(changes, earlier, self.log[places, 5]), earlier >= 0

    def _find_ready(self, places: I8, before: I8) -> None:
        """What changes made that depend on nothing that is not known, once for those that are alike."""
        assert self._piece is not None
        group, first, keys = self.known.groups(self._piece, self.log[places, 4], before)
        alone = np.zeros(len(keys), np.bool_)
        idents = np.zeros(len(keys), np.int64)
        for number, (place, key) in enumerate(zip(places[first].tolist(), keys, strict=True)):
            ident = self.known.get(key)
            if ident is None:
                ident, lasts = self._found(place)
                alone[number] = not lasts
                if lasts:
                    self.known.remember(key, ident)
            idents[number] = ident
        shared = ~alone[group]
        self._made[places[shared]] = idents[group[shared]]
        for place in places[~shared].tolist():
            self._found(place)

    def _found(self, place: int) -> tuple[int, bool]:
        """(the id of what a change made, does each one that is alike make the same)."""
        waiting, lasts = [place] if self._made[place] < 0 else [], False
        while waiting:
            try:
                ident, lasts = self._find(waiting[-1])
                self._made[waiting.pop()] = ident
            except _Unknown as unknown:
                waiting.append(unknown.place)
        return int(self._made[place]), lasts

    def _find(self, place: int) -> tuple[int, bool]:
        assert self._piece is not None
        moment = Moment(self, place)
        kind = self._piece.type_of(moment.event)
        found = self._makes[kind](self._piece, moment)
        if found is None:
            return moment.before(), moment.lasts and bool(self._of_old[kind])
        return found if isinstance(found, int) else self.fds.of(found), moment.lasts
