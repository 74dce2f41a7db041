"""Who containers are: names and images by id, as the source of rows knows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Container", "Containers"]


class Container(NamedTuple):
    """What a container engine says of a container; "" or None where it does not."""

    name: str = ""
    image: str = ""  # as it was asked for: nginx:latest
    image_id: str = ""
    repository: str = ""
    tag: str = ""
    digest: str = ""
    privileged: bool | None = None


class Containers:
    """Containers that were told of; others are asked for, once each. `version` counts what was told."""

    def __init__(self, ask: Callable[[str, str], Container | None] | None = None) -> None:
        """`ask` finds a container by its id, as container.id has it, and its engine."""
        self.version = 0
        self._ask = ask
        self._known: dict[str, Container | None] = {}

    def tell(self, ident: str, container: Container) -> None:
        """From now on it is this one."""
        if self._known.get(ident) != container:
            self._known[ident] = container
            self.version += 1

    def who(self, ident: str, engine: str) -> Container | None:
        """A container, None if nobody knows it."""
        if ident not in self._known:
            self._known[ident] = self._ask(ident, engine) if self._ask else None
        return self._known[ident]
