"""What sonde strace tells otherwise than strace 6.1, and why; docs/compat.md lists the same."""

from __future__ import annotations

__all__ = ["KNOWN"]

NEWER = "strace 6.1 does not know the call"
BEHIND = "what is behind a pointer in what is behind a pointer is not read"
OTHER = "descriptors of another process have no names"

# (call, parameter: its number, result or call): reason
KNOWN: dict[tuple[str, str], str] = {
    ("syscall_0x1c5", "call"): NEWER,
    ("map_shadow_stack", "call"): NEWER,
    ("io_submit", "2"): BEHIND,
    ("bpf", "1"): BEHIND,
    ("ioctl", "2"): f"{BEHIND} (SIOCGIFCONF)",
    ("sendmmsg", "1"): "of the second message on, only the structure itself is read",
    ("recvmmsg", "1"): "of the second message on, only the structure itself is read",
    ("pidfd_getfd", "1"): OTHER,
    ("kcmp", "4"): OTHER,
    ("mount_setattr", "result"): "the 0 is no descriptor",
    ("sendto", "1"): "strace cannot tell the netlink protocol in a network namespace other than its own",
    ("recvfrom", "1"): "strace cannot tell the netlink protocol in a network namespace other than its own",
}
