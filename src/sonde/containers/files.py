"""What container engines have written about a container. All of it may be missing; nothing is asked over a socket.

Formats: docker's container.Container and HostConfig (moby, daemon/container), containers/storage's containers.json
(podman, cri-o), OCI's config.json with the annotations of containerd's CRI plug-in and of nerdctl.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterable
from typing import Any

from sonde.plan.containers import Container

__all__ = ["described"]

DOCKER = "var/lib/docker/containers"
STORAGES = (
    "var/lib/containers/storage",
    "root/.local/share/containers/storage",
    "home/*/.local/share/containers/storage",
)
CONTAINERD = ("run/containerd/io.containerd.runtime.v2.task", "run/containerd/io.containerd.runtime.v1.linux")
CRI_NAME, CRI_IMAGE = "io.kubernetes.cri.container-name", "io.kubernetes.cri.image-name"
NERDCTL_NAME = "nerdctl/name"
LARGEST = 1 << 24  # bytes of a file
ALL_CAPABILITIES = 38  # at least, of what runs privileged


def described(ident: str, engine: str, root: str = "/") -> Container | None:
    """The container with an id, or the first 12 digits of one, as its engine's files below `root` describe it; None
    without them, or where they cannot be read."""
    try:
        if engine == "docker":
            return _docker(ident, root)
        if engine in ("podman", "cri-o"):
            return _storage(ident, root)
        return _containerd(ident, root) if engine == "containerd" else None
    except (KeyError, TypeError, ValueError, AttributeError):  # it is written otherwise than we know
        return None


def _docker(ident: str, root: str) -> Container | None:
    for place in _places(root, DOCKER, ident):
        found = _json(os.path.join(place, "config.v2.json"))
        if found:
            host = _json(os.path.join(place, "hostconfig.json")) or {}
            image = str(found["Config"]["Image"])
            name, image_id = str(found["Name"]).lstrip("/"), str(found["Image"])
            return _container(name, image, image_id, host.get("Privileged"))
    return None


def _storage(ident: str, root: str) -> Container | None:
    """Of podman and cri-o."""
    pattern = "*-containers/containers.json"
    for name in (name for storage in STORAGES for name in sorted(glob.glob(os.path.join(root, storage, pattern)))):
        for found in _json(name) or []:
            if not str(found["id"]).startswith(ident):
                continue
            about = json.loads(found.get("metadata") or "{}")
            names = found.get("names") or [about.get("name", "")]
            return _container(str(names[0]), str(about.get("image-name", "")), str(found.get("image", "")), None)
    return None


def _containerd(ident: str, root: str) -> Container | None:
    for place in (place for tasks in CONTAINERD for place in _places(root, f"{tasks}/*", ident)):
        found = _json(os.path.join(place, "config.json"))
        if found:
            told = found.get("annotations") or {}
            capabilities = found.get("process", {}).get("capabilities", {}).get("bounding", [])
            name = str(told.get(CRI_NAME) or told.get(NERDCTL_NAME) or "")
            return _container(name, str(told.get(CRI_IMAGE, "")), "", len(capabilities) >= ALL_CAPABILITIES)
    return None


def _places(root: str, below: str, ident: str) -> Iterable[str]:
    """Directories of a container."""
    return sorted(glob.glob(os.path.join(root, below, f"{glob.escape(ident)}*")))


def _json(name: str) -> Any:
    """What a file says, None if it cannot be read."""
    try:
        with open(name, "rb") as file:
            return json.loads(file.read(LARGEST))
    except (OSError, ValueError, RecursionError):
        return None


def _container(name: str, image: str, image_id: str, privileged: bool | None) -> Container:
    """A container, its image taken apart: [REGISTRY[:PORT]/]REPOSITORY[:TAG][@DIGEST]."""
    named, _, digest = image.partition("@")
    repository, colon, tag = named.rpartition(":")
    if not colon or "/" in tag:  # a port, and no tag
        repository, tag = named, ""
    return Container(
        name, image, image_id.removeprefix("sha256:"), repository, tag or ("" if digest or not named else "latest"),
        digest, privileged,
    )  # fmt: skip
