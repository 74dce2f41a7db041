"""Fields of class container: the container the process is in, by its control groups, and what its engine says of it."""

from sonde.catalog.column import Column, Detail
from sonde.catalog.types import BOOL, STR

__all__ = ["CONTAINER"]

_P, _GROUPS = ("proc",), Detail.CGROUPS

CONTAINER: tuple[Column, ...] = (
    Column("container.id", STR, "Id of the container, its first 12 digits, or its name where it has only that; host for"
           " what is in none. Missing for a process that ended at once, if none of its control groups was known.",
           needs=_P, detail=_GROUPS),
    Column("container.type", STR, "Who made it: docker, podman, containerd, cri-o, lxc or systemd-nspawn; host for what"
           " is in none.", needs=_P, detail=_GROUPS),
    Column("container.name", STR, "Name of the container; host for what is in none. This and the other fields are what"
           " docker, podman, cri-o or containerd have written about it; missing if that cannot be read.", needs=_P,
           detail=_GROUPS),
    Column("container.image", STR, "Name of its image, as it was asked for (nginx:latest).", needs=_P, detail=_GROUPS),
    Column("container.image.id", STR, "Id of its image.", needs=_P, detail=_GROUPS),
    Column("container.image.repository", STR, "Repository of its image (docker.io/library/nginx).", needs=_P,
           detail=_GROUPS),
    Column("container.image.tag", STR, "Tag of its image.", needs=_P, detail=_GROUPS),
    Column("container.image.digest", STR, "Digest by which its image was asked for.", needs=_P, detail=_GROUPS),
    Column("container.privileged", BOOL, "Does it run privileged? Of podman and cri-o that is not known.", needs=_P,
           detail=_GROUPS),
)  # fmt: skip
