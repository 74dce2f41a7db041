"""Containers by the names of control groups that engines give them."""

from __future__ import annotations

import pytest

from sonde.catalog.containers import HOST, container_of

ID = b"0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (b"/docker/" + ID, (ID[:12], b"docker")),
        (b"/system.slice/docker-" + ID + b".scope", (ID[:12], b"docker")),
        (b"/machine.slice/libpod-" + ID + b".scope/container", (ID[:12], b"podman")),
        (b"/libpod_parent/libpod-" + ID, (ID[:12], b"podman")),
        (b"/kubepods.slice/kubepods-pod1.slice/crio-" + ID + b".scope", (ID[:12], b"cri-o")),
        (b"/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + ID + b".scope", (ID[:12], b"containerd")),
        (b"/kubepods/besteffort/pod7c1f/" + ID, (ID[:12], b"containerd")),
        (b"/system.slice/nerdctl-" + ID + b".scope", (ID[:12], b"containerd")),
        (b"/lxc.payload.web/init.scope", (b"web", b"lxc")),
        (b"/lxc/web", (b"web", b"lxc")),
        (b"/machine.slice/systemd-nspawn@web.service/payload", (b"web", b"systemd-nspawn")),
        (b"/", (HOST, HOST)),
        (b"/user.slice/user-1000.slice/session-2.scope", (HOST, HOST)),
        (b"/docker/" + ID[:63], (HOST, HOST)),
    ],
)
def test_containers_by_path(path: bytes, found: tuple[bytes, bytes]) -> None:
    assert container_of(b"unified=" + path) == found
    assert container_of(b"cpu=/\0memory=" + path) == found
