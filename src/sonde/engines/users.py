"""Fields of classes user and group: names from the user database, asked once for each distinct id."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sonde.engines.context import Context, Derivation, idents, number, string
from sonde.plan.batch import Batch, Vector
from sonde.plan.people import People, User, group_name, user_of

__all__ = ["USERS", "group_text", "user_name"]

NO_UID = 0xFFFFFFFF


Name = Callable[[int, People | None], bytes | None]


def _user(part: Callable[[User], str]) -> Name:
    def text(uid: int, people: People | None) -> bytes | None:
        user = user_of(uid, people)
        return None if user is None else part(user).encode("utf-8", "surrogateescape")

    return text


user_name = _user(lambda user: user.name)


def group_text(gid: int, people: People | None) -> bytes | None:
    """The group's name, None if it has none."""
    name = group_name(gid, people)
    return None if name is None else name.encode("utf-8", "surrogateescape")


def _text(column: str, key: str, name: Name) -> Derivation:
    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        processes, proc = context.state.processes, idents(batch, "proc")
        distinct, inverse = np.unique(processes.column(column, proc), return_inverse=True)
        people = context.state.people
        ids = [context.named(key, number, lambda ident: name(ident, people)) for number in distinct.tolist()]
        known = processes.column("known", proc) != 0
        return string(np.where(known, np.array(ids, np.uint32)[inverse], 0))

    return derive


def _id(column: str) -> Derivation:
    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        processes, proc = context.state.processes, idents(batch, "proc")
        values = processes.column(column, proc).astype(np.int64)
        if column == "loginuid":
            values = np.where(values == NO_UID, -1, values)
        return number(values, (processes.column("known", proc) != 0) & (values != NO_UID))

    return derive


USERS: dict[str, Derivation] = {
    "user.uid": _id("euid"),
    "user.name": _text("euid", "user.name", user_name),
    "user.homedir": _text("euid", "user.homedir", _user(lambda user: user.home)),
    "user.shell": _text("euid", "user.shell", _user(lambda user: user.shell)),
    "user.loginuid": _id("loginuid"),
    "user.loginname": _text("loginuid", "user.name", user_name),
    "group.gid": _id("egid"),
    "group.name": _text("egid", "group.name", group_text),
}
