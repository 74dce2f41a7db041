"""Who a container is, by the files that container engines keep: docker, podman, cri-o, containerd."""
