"""Containers as events of a .scap file, before the events of what runs in them: their names and images."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from sonde.catalog.containers import HOST, container_of
from sonde.plan.batch import Batch
from sonde.plan.containers import Container, Containers
from sonde.plan.strings import distinct
from sonde.sources.scap.events_out import Blocks
from sonde.sources.scap.packing import event_blocks, sliced

__all__ = ["ContainersOut", "groups_of"]

_JSON = 272  # the type of the event, which is of no thread: the one whose lengths take two bytes
_NO_THREAD = -1
_TYPES = {b"docker": 0, b"lxc": 1, b"containerd": 7, b"cri-o": 8, b"podman": 11}
_OTHER = 5


class Told(NamedTuple):
    """A container, and sysdig's number of its engine."""

    engine: int
    container: Container


class ContainersOut:
    """What a file tells of containers: each is told once, and again when more is known of it."""

    def __init__(self) -> None:
        self._told: dict[str, Told] = {}

    def news(self, groups: Iterable[bytes], containers: Containers, time: int) -> list[Blocks]:
        """The events, at a time, of containers with processes in some control groups, as far as somebody knows them."""
        new = {name: one for name, one in _known(groups, containers).items() if self._told.get(name) != one}
        if not new:
            return []
        self._told |= new
        texts = [_text(name, one) for name, one in new.items()]
        ones = np.ones(len(texts), np.int64)
        blocks = event_blocks(_JSON, time * ones, _NO_THREAD * ones, 0 * ones, [sliced(texts)])
        return [Blocks(time * ones, 0 * ones, blocks.views())]


def groups_of(batch: Batch) -> list[bytes]:
    """The sets of control groups that processes of rows are in."""
    state = batch.state
    idents = state.processes.column("cgroups", batch.columns["proc"].astype(np.uint32))
    return [state.strings[ident] for ident in distinct(idents.astype(np.uint32))]


def _known(groups: Iterable[bytes], containers: Containers) -> dict[str, Told]:
    found: dict[str, Told] = {}
    for ident, engine in dict.fromkeys(map(container_of, groups)):
        name = ident.decode("utf-8", "surrogateescape")
        known = containers.who(name, engine.decode()) if ident != HOST else None
        if known:
            found[name] = Told(_TYPES.get(engine, _OTHER), known)
    return found


def _text(name: str, told: Told) -> bytes:
    one = told.container
    keys: dict[str, str | int] = {
        "id": name, "type": told.engine, "name": one.name, "image": one.image, "imageid": one.image_id,
        "imagerepo": one.repository, "imagetag": one.tag, "imagedigest": one.digest,
    }  # fmt: skip
    if one.privileged is not None:
        keys["privileged"] = one.privileged
    return json.dumps({"container": keys}).encode() + b"\0"
