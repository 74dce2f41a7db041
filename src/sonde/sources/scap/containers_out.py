"""Containers as events of a .scap file, before the events of what runs in them: their names and images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from sonde.catalog.containers import HOST, container_of
from sonde.plan.batch import Batch
from sonde.plan.containers import Container
from sonde.plan.strings import distinct
from sonde.sources.scap.packing import event_blocks, sliced

__all__ = ["Told", "container_blocks", "containers_of"]

_JSON = 272  # the type of the event, which is of no thread: the one whose lengths take two bytes
_NO_THREAD = -1
_TYPES = {b"docker": 0, b"lxc": 1, b"containerd": 7, b"cri-o": 8, b"podman": 11}
_OTHER = 5


class Told(NamedTuple):
    """A container, and sysdig's number of its engine."""

    engine: int
    container: Container


def containers_of(batch: Batch) -> dict[str, Told]:
    """The containers that processes of rows are in, as far as they are known, by id."""
    found: dict[str, Told] = {}
    state = batch.state
    groups_of = state.processes.column("cgroups", batch.columns["proc"].astype(np.uint32))
    for groups in distinct(groups_of.astype(np.uint32)):
        ident, engine = container_of(state.strings[groups])
        name = ident.decode("utf-8", "surrogateescape")
        known = state.containers.who(name, engine.decode()) if ident != HOST else None
        if known:
            found[name] = Told(_TYPES.get(engine, _OTHER), known)
    return found


def container_blocks(found: Mapping[str, Told], time: int) -> bytes:
    """The events, at a time, as blocks."""
    if not found:
        return b""
    texts = [_text(name, one) for name, one in found.items()]
    ones = np.ones(len(texts), np.int64)
    blocks = event_blocks(_JSON, time * ones, _NO_THREAD * ones, 0 * ones, [sliced(texts)])
    return blocks.data[: int(blocks.offsets[-1])].tobytes()


def _text(name: str, told: Told) -> bytes:
    one = told.container
    keys: dict[str, str | int] = {
        "id": name, "type": told.engine, "name": one.name, "image": one.image, "imageid": one.image_id,
        "imagerepo": one.repository, "imagetag": one.tag, "imagedigest": one.digest,
    }  # fmt: skip
    if one.privileged is not None:
        keys["privileged"] = one.privileged
    return json.dumps({"container": keys}).encode() + b"\0"
