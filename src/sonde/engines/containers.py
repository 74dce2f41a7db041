"""Fields of class container: the id by the names of control groups, the rest as the state knows the container."""

from __future__ import annotations

from collections.abc import Callable

from sonde.catalog.containers import HOST, container_of
from sonde.engines.context import Context, Derivation, flag, idents, string
from sonde.plan.batch import Batch, Vector
from sonde.plan.containers import Container
from sonde.plan.strings import Ids

__all__ = ["CONTAINER"]

YES, NO = b"true", b"false"
Text = Callable[[Container], str]


def _groups(batch: Batch, context: Context) -> Ids:
    return context.state.processes.column("cgroups", idents(batch, "proc")).astype("u4")


def _of_groups(which: int) -> Derivation:
    """The id or the engine, once for each distinct set of control groups."""

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        ids = context.state.strings.map(
            _groups(batch, context), f"container {which}", lambda text: container_of(text)[which]
        )
        return string(ids)

    return derive


def _texts(batch: Batch, context: Context, name: str, part: Text, host: bytes | None) -> Ids:
    """What `part` says of the container of each row, `host` for what is in none; 0 where nothing is known."""
    containers = context.state.containers

    def text(groups: bytes) -> bytes | None:
        ident, engine = container_of(groups)
        if ident == HOST:
            return host
        found = containers.who(ident.decode("utf-8", "surrogateescape"), engine.decode())
        return part(found).encode("utf-8", "surrogateescape") or None if found else None

    return context.state.strings.map(_groups(batch, context), (name, containers.version), text)


def _told(name: str, part: Text, host: bytes | None = None) -> Derivation:
    return lambda batch, argument, context: string(_texts(batch, context, name, part, host))


def _privileged(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    def part(container: Container) -> str:
        return "" if container.privileged is None else (YES if container.privileged else NO).decode()

    ids = _texts(batch, context, "container.privileged", part, None)
    return flag(ids == context.state.strings.intern(YES), ids != 0)


CONTAINER: dict[str, Derivation] = {
    "container.id": _of_groups(0),
    "container.type": _of_groups(1),
    "container.name": _told("container.name", lambda container: container.name, HOST),
    "container.image": _told("container.image", lambda container: container.image),
    "container.image.id": _told("container.image.id", lambda container: container.image_id),
    "container.image.repository": _told("container.image.repository", lambda container: container.repository),
    "container.image.tag": _told("container.image.tag", lambda container: container.tag),
    "container.image.digest": _told("container.image.digest", lambda container: container.digest),
    "container.privileged": _privileged,
}
