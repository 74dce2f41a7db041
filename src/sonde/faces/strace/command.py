"""The command of strace: found, and told who to be and what environment to have before it runs."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable
from errno import EACCES, ENOENT

from sonde.errors import UsageError
from sonde.faces.strace.options import Asked
from sonde.sources.live.command import CommandError, inherited

__all__ = ["environment", "found", "prepared"]


def found(name: str) -> str:
    """The file that a command's name means, as a shell has it. CommandError if there is none."""
    if "/" in name:
        path: str | None = name
        if not os.path.exists(name):
            raise CommandError(name, ENOENT)
    else:
        path = shutil.which(name)
    if path is None:
        raise CommandError(name, ENOENT)
    if not os.access(path, os.X_OK) or os.path.isdir(path):
        raise CommandError(name, EACCES)
    return path


def environment(asked: Asked) -> dict[str, str]:
    """Our environment with what -E sets and removes."""
    variables = inherited()
    for text in asked.environment:
        name, given, value = text.partition("=")
        if given:
            variables[name] = value
        else:
            variables.pop(name, None)
    return variables


def prepared(asked: Asked) -> Callable[[], None] | None:
    """What the command does before it becomes itself: -u."""
    if asked.user is None:
        return None
    try:
        entry = pwd.getpwnam(asked.user)
    except KeyError:
        raise UsageError(f"-u {asked.user}: there is no such user") from None

    def become() -> None:
        os.initgroups(entry.pw_name, entry.pw_gid)
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)

    return become
