"""How container engines name the control groups of their containers: the last part of a path that fits tells."""

from __future__ import annotations

import re

__all__ = ["HOST", "container_of"]

HOST = b"host"
SHOWN = 12  # digits of an id
# engine, and the part of a path with the id, by the engines' defaults for cgroupfs and for systemd
_PATTERNS = tuple(
    (engine, re.compile(pattern))
    for engine, pattern in (
        (b"docker", rb"/docker/([0-9a-f]{64})"),
        (b"docker", rb"/docker-([0-9a-f]{64})\.scope"),
        (b"podman", rb"/libpod-([0-9a-f]{64})(?:\.scope|/|$)"),
        (b"cri-o", rb"/crio-([0-9a-f]{64})(?:\.scope|/|$)"),
        (b"containerd", rb"/cri-containerd-([0-9a-f]{64})\.scope"),
        (b"containerd", rb"/kubepods[^:]*/pod[^/]+/([0-9a-f]{64})"),
        (b"containerd", rb"/nerdctl-([0-9a-f]{64})\.scope"),
        (b"lxc", rb"/lxc\.payload\.([^/]+)"),
        (b"lxc", rb"/lxc/([^/]+)"),
        (b"systemd-nspawn", rb"/machine\.slice/systemd-nspawn@([^/]+)\.service"),
    )
)


def container_of(groups: bytes) -> tuple[bytes, bytes]:
    """(id, engine) by a process's control groups, NUL-separated words `cpu=/a/b`; HOST twice for none."""
    for word in groups.split(b"\0"):
        path = word.partition(b"=")[2]
        for engine, pattern in _PATTERNS:
            if found := pattern.search(path):
                return found[1][:SHOWN] if len(found[1]) == 64 else found[1], engine
    return HOST, HOST
