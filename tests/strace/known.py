"""What sonde strace tells otherwise than strace 6.1, and why; docs/compat.md lists the same."""

from __future__ import annotations

__all__ = ["KNOWN"]

NEWER = "strace 6.1 does not know the call"
BEHIND = "what is behind a pointer in what is behind a pointer is not read"
OTHER = "descriptors of another process have no names"
UNUSED = "a descriptor that no call was made on has no name"
UNREAD = "nobody has read the memory: its page is not there, and only a tracer brings it"
UNSEEN = "strace does not find the socket"
PIDFD = "whose it is, is not asked"
IN_MEMORY = "the words of calls made by socketcall and ipc are in memory: what those point at is not read"

_MULTIPLEXED = {
    "socket": "result", "bind": "0 1", "connect": "1", "listen": "0", "accept": "0 1 2 result", "getsockname": "0 1 2",
    "getpeername": "0", "send": "0 1", "recv": "0 1", "shutdown": "0", "setsockopt": "0", "getsockopt": "0 3 4",
    "sendmsg": "0 1", "recvmsg": "0", "recvmmsg": "0", "semop": "1", "semtimedop": "1 3", "semctl": "3", "msgsnd": "1",
    "msgrcv": "1", "msgctl": "2", "shmat": "result", "shmctl": "2",
}  # fmt: skip

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
    **dict.fromkeys((("seccomp", "2"), ("prctl", "2"), ("setsockopt", "3"), ("select", "4")), BEHIND),
    **dict.fromkeys((("socketpair", "3"), ("io_uring_register", "2"), ("select", "3"), ("_newselect", "3")), UNUSED),
    **dict.fromkeys((("swapoff", "0"), ("pidfd_send_signal", "2")), UNREAD),
    **dict.fromkeys((("sendto", "0"), ("recvfrom", "0"), ("connect", "0")), UNSEEN),
    **dict.fromkeys(
        (("pidfd_open", "result"), ("pidfd_getfd", "0"), ("pidfd_send_signal", "0"), ("close", "0")), PIDFD
    ),
    ("recvmsg", "1"): "descriptors that came with a message have no name before a call is made on them",
    ("fsconfig", "3"): "bytes are shown as \\1, not as \\x01",
    ("sigreturn", "0"): "the mask of i386's sigreturn is not read",
    **dict.fromkeys(
        (("syscall_0x3e7", "call"), ("syscall_0x1ff", "call")), "numbers that no call has are told as 0x1ff"
    ),
    ("SIGCHLD", "signal"): "the kernel delivers a signal that the program ignores only to a tracer",
    **dict.fromkeys((("SIGTERM", str(n)) for n in (1, 2, 3)), "a signal that ends the program is not delivered to it"),
    **{(call, which): IN_MEMORY for call, all_of in _MULTIPLEXED.items() for which in all_of.split()},
}
