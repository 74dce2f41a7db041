"""What engines have written about their containers, each in its own form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sonde.containers.files import described
from sonde.plan.containers import Container, Containers

ID = "0123456789ab" + "cdef0123456789" * 3 + "abcdef0123"


def write(root: Path, name: str, told: object) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(json.dumps(told))


def test_docker(tmp_path: Path) -> None:
    place = f"var/lib/docker/containers/{ID}"
    write(tmp_path, f"{place}/config.v2.json", {
        "ID": ID, "Name": "/web", "Image": "sha256:feed", "Config": {"Image": "nginx"},
    })  # fmt: skip
    write(tmp_path, f"{place}/hostconfig.json", {"Privileged": False})
    assert described(ID[:12], "docker", str(tmp_path)) == Container(
        "web", "nginx", "feed", "nginx", "latest", "", False
    )


@pytest.mark.parametrize(("engine", "names"), [("podman", ["web"]), ("cri-o", None)])
def test_containers_storage(tmp_path: Path, engine: str, names: list[str] | None) -> None:
    image = "docker.io/library/nginx:1.27"
    write(tmp_path, "var/lib/containers/storage/overlay-containers/containers.json", [
        {"id": "f" * 64, "names": ["other"]},
        {"id": ID, "names": names, "image": "beef", "metadata": json.dumps({"image-name": image, "name": "web"})},
    ])  # fmt: skip
    found = described(ID[:12], engine, str(tmp_path))
    assert found == Container("web", image, "beef", "docker.io/library/nginx", "1.27", "", None)


def test_containerd(tmp_path: Path) -> None:
    image = "registry.k8s.io/pause@sha256:12"
    write(tmp_path, f"run/containerd/io.containerd.runtime.v2.task/k8s.io/{ID}/config.json", {
        "annotations": {"io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.image-name": image},
        "process": {"capabilities": {"bounding": ["CAP_CHOWN"]}},
    })  # fmt: skip
    found = described(ID[:12], "containerd", str(tmp_path))
    assert found == Container("web", image, "", "registry.k8s.io/pause", "", "sha256:12", False)


def test_nothing_is_known(tmp_path: Path) -> None:
    assert described(ID[:12], "docker", str(tmp_path)) is None
    assert described("web", "lxc", str(tmp_path)) is None
    write(tmp_path, f"var/lib/docker/containers/{ID}/config.v2.json", {"Name": 5, "Config": []})
    assert described(ID[:12], "docker", str(tmp_path)) is None


def test_each_is_asked_for_once() -> None:
    asked: list[str] = []

    def ask(ident: str, engine: str) -> Container | None:
        asked.append(ident)
        return None

    known = Containers(ask)
    assert known.who("a", "docker") is known.who("a", "docker") is None and asked == ["a"]
    known.tell("a", Container("web"))
    known.tell("a", Container("web"))
    assert known.version == 1 and known.who("a", "docker") == Container("web")
