"""Fields of classes user and group: names from the user database, asked once for each distinct id."""

from __future__ import annotations

import grp
import pwd
from collections.abc import Callable

import numpy as np

from sonde.engines.context import Context, Derivation, idents, number, string
from sonde.plan.batch import Batch, Vector

__all__ = ["USERS", "group_name", "user_name"]

NO_UID = 0xFFFFFFFF


def _user(part: Callable[[pwd.struct_passwd], str]) -> Callable[[int], bytes | None]:
    def text(uid: int) -> bytes | None:
        try:
            return part(pwd.getpwuid(uid)).encode()
        except KeyError:
            return None

    return text


user_name = _user(lambda entry: entry.pw_name)


def group_name(gid: int) -> bytes | None:
    """The group's name, None if it has none."""
    try:
        return grp.getgrgid(gid).gr_name.encode()
    except KeyError:
        return None


def _text(column: str, key: str, text: Callable[[int], bytes | None]) -> Derivation:
    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        processes, proc = context.state.processes, idents(batch, "proc")
        distinct, inverse = np.unique(processes.column(column, proc), return_inverse=True)
        ids = [context.named(key, number, text) for number in distinct.tolist()]
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
    "user.homedir": _text("euid", "user.homedir", _user(lambda entry: entry.pw_dir)),
    "user.shell": _text("euid", "user.shell", _user(lambda entry: entry.pw_shell)),
    "user.loginuid": _id("loginuid"),
    "user.loginname": _text("loginuid", "user.name", user_name),
    "group.gid": _id("egid"),
    "group.name": _text("egid", "group.name", group_name),
}
