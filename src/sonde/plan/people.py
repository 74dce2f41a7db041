"""Users and groups of the system that was watched: of this one as they are, of a recording as they were."""

from __future__ import annotations

import grp
import pwd
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["People", "User", "group_name", "people_here", "user_of"]


class User(NamedTuple):
    """An entry of the user database."""

    name: str
    home: str
    shell: str


class People(NamedTuple):
    """Users and groups by their ids."""

    users: Mapping[int, User]
    groups: Mapping[int, str]


def people_here() -> People:
    """Everybody whom this system's databases list."""
    users = {entry.pw_uid: User(entry.pw_name, entry.pw_dir, entry.pw_shell) for entry in reversed(pwd.getpwall())}
    return People(users, {entry.gr_gid: entry.gr_name for entry in reversed(grp.getgrall())})


def user_of(uid: int, people: People | None = None) -> User | None:
    """A user among `people`, or of this system; None for one without an entry."""
    if people is not None:
        return people.users.get(uid)
    try:
        entry = pwd.getpwuid(uid)
    except (KeyError, OverflowError):
        return None
    return User(entry.pw_name, entry.pw_dir, entry.pw_shell)


def group_name(gid: int, people: People | None = None) -> str | None:
    """The name of a group, as above."""
    if people is not None:
        return people.groups.get(gid)
    try:
        return grp.getgrgid(gid).gr_name
    except (KeyError, OverflowError):
        return None
