"""Fields of class container: the container that the process is in, as the names of its control groups tell."""

from sonde.catalog.column import Column, Detail
from sonde.catalog.types import STR

__all__ = ["CONTAINER"]

_P, _GROUPS = ("proc",), Detail.CGROUPS

CONTAINER: tuple[Column, ...] = (
    Column("container.id", STR, "Id of the container, its first 12 digits, or its name where it has only that; host for"
           " what is in none. Missing for a process that ended at once, if none of its control groups was known.",
           needs=_P, detail=_GROUPS),
    Column("container.type", STR, "Who made it: docker, podman, containerd, cri-o, lxc or systemd-nspawn; host for what"
           " is in none.", needs=_P, detail=_GROUPS),
)  # fmt: skip
