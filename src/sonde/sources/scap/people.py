"""Users, groups and containers of the captured system, by its lists and by events."""

from __future__ import annotations

import json
from typing import Any

from sonde.plan.containers import Container, Containers
from sonde.sources.scap.lists import User
from sonde.sources.scap.pieces import Piece

__all__ = ["People"]

_CONTAINERS = (272, 324)
# a control group of a container by its type in these events, as container_of() finds it; most are Docker's
_DOCKER, _CONTAINERD = "=/docker/%s", "=/cri-containerd-%s.scope"
_GROUPS = {1: "=/lxc/%s", 6: _CONTAINERD, 7: _CONTAINERD, 8: "=/crio-%s/", 11: "=/libpod-%s/"}
_USER_ADDED, _USER_GONE, _GROUP_ADDED, _GROUP_GONE = 354, 356, 358, 360


class People:
    """Who is who: names by number; containers by id."""

    def __init__(self) -> None:
        self.users: dict[int, User] = {}
        self.groups: dict[int, User] = {}
        self.containers = Containers()
        self.unreadable = 0  # descriptions of containers

    def listed(self, user: User) -> None:
        """A user or group of the list."""
        (self.groups if user.group else self.users)[user.ident] = user

    def event(self, piece: Piece, event: int, kind: int) -> tuple[str, bytes]:
        """An event that tells of a container, a user or a group; -> the id of the container and a control group of it,
        which has no controller."""
        if kind in _CONTAINERS:
            return self._container(piece.text(event, 0))
        if kind in (_USER_ADDED, _USER_GONE):
            uid = piece.unsigned(event, 0)
            names = (piece.text(event, place) for place in (2, 3, 4))
            if not piece.text(event, 5):
                self._user(User(False, uid, *names), kind == _USER_GONE)
        elif not piece.text(event, 2):
            self._user(User(True, piece.unsigned(event, 0), piece.text(event, 1)), kind == _GROUP_GONE)
        return "", b""

    def _user(self, user: User, gone: bool) -> None:
        table = self.groups if user.group else self.users
        if gone:
            table.pop(user.ident, None)
        else:
            table[user.ident] = user

    def _container(self, text: bytes) -> tuple[str, bytes]:
        try:
            found = json.loads(text)["container"]
            ident = str(found["id"])
            self.containers.tell(ident, _described(found))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self.unreadable += 1
            return "", b""
        path = _GROUPS.get(found.get("type"), _DOCKER)
        return ident, (path % (ident if "lxc" in path else ident.ljust(64, "0"))).encode()


def _described(told: dict[str, Any]) -> Container:
    """A container, as the keys of sysdig's events have it."""
    texts = (str(told.get(key) or "") for key in ("name", "image", "imageid", "imagerepo", "imagetag", "imagedigest"))
    privileged = told.get("privileged")
    return Container._make((*texts, privileged if isinstance(privileged, bool) else None))
