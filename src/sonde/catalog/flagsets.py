"""The data of catalog/flags.py: for each kind of argument word, the names of its values and bits (Linux user API, x86).

Notation: a number is that of the name after it. Names after it count up by one in `values`, and double in `bits`.
`@key` stands for the names of a generated set (catalog/uapi), which come from the kernel's headers and are those that
strace 6.1 knows; what follows it are names of later kernels. Keys that are not here are those of generated sets.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["SETS", "Spec"]


class Spec(NamedTuple):
    """`values` name the part of the word under `mask` (all of it when there are no `bits`), `bits` the rest.

    With a mask of 0 `values` may name the word 0. `coded` are sysdig's own numbers of values and bits, which its users
    see in front of the names (PPM_O_* of its driver); empty where they are the kernel's. `unknown` is strace's comment
    beside a value without a name, where it is not that of the first generated set.
    """

    values: str = ""
    bits: str = ""
    mask: int = 0
    coded: str = ""
    unknown: str = ""


_OPEN = Spec(
    "@open_access_modes",
    "@open_mode_flags",
    mask=3,
    coded="1 O_RDONLY 2 O_WRONLY 3 O_RDWR 4 O_CREAT 8 O_APPEND 16 O_DSYNC 32 O_EXCL 64 O_NONBLOCK 128 O_SYNC"
    " 256 O_TRUNC 512 O_DIRECT 1024 O_DIRECTORY 2048 O_LARGEFILE 4096 O_CLOEXEC 8192 O_TMPFILE",
)
_SIGNALS = (
    "1 SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM"
    " SIGTERM SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF"
    " SIGWINCH SIGIO SIGPWR SIGSYS SIGRTMIN " + " ".join(f"SIGRT_{n}" for n in range(1, 32)) + " SIGRTMAX"
)
_CLONE = "0x80 CLONE_NEWTIME @clone_flags 0x400000 CLONE_DETACHED"

FILES = {
    "open": _OPEN,
    "at": Spec(bits="0x200 AT_EACCESS @at_flags"),
    "statx": Spec("@at_statx_sync_types", "@at_flags", mask=0x6000),
    "statx_mask": Spec(
        bits="@statx_masks 0x4000 STATX_MNT_ID_UNIQUE STATX_SUBVOL STATX_WRITE_ATOMIC STATX_DIO_READ_ALIGN"
    ),
    "unlinkat": Spec(bits="0x200 AT_REMOVEDIR @at_flags"),
    "linkat": Spec(bits="@at_flags"),
    "dirfd": Spec("-100 AT_FDCWD"),
    "access": Spec("0 F_OK", "@access_modes"),
    "rename": Spec(bits="@rename_flags"),
    "whence": Spec("@whence_codes"),
    "flock": Spec(bits="@flockcmds"),
    "fallocate": Spec(bits="@falloc_flags 0x80 FALLOC_FL_WRITE_ZEROES"),
    "fadvise": Spec("@advise"),
    "sync_file_range": Spec(bits="@sync_file_range_flags"),
    "mount": Spec(bits="@mount_flags"),
    "umount": Spec(bits="@umount_flags"),
    "open_tree": Spec(bits="@open_tree_flags"),
    "fsconfig": Spec("@fsconfig_cmds FSCONFIG_CMD_CREATE_EXCL"),
    "xattr": Spec(bits="@xattrflags"),
    "splice": Spec(bits="@splice_flags"),
    "rwf": Spec(bits="@rwf_flags RWF_NOAPPEND RWF_ATOMIC RWF_DONTCACHE"),
    "mode": Spec(
        "@modetypes",
        "1 S_IXOTH S_IWOTH S_IROTH S_IXGRP S_IWGRP S_IRGRP S_IXUSR S_IWUSR S_IRUSR S_ISVTX S_ISGID S_ISUID",
        mask=0xF000,
    ),
}

DESCRIPTORS = {
    "fcntl": Spec(
        "@fcntlcmds 1027 F_DUPFD_QUERY F_CREATED_QUERY"
        " 1035 F_GET_RW_HINT F_SET_RW_HINT F_GET_FILE_RW_HINT F_SET_FILE_RW_HINT"
    ),
    "ioctl": Spec("0x5401 TCGETS TCSETS TCSETSW TCSETSF TCGETA TCSETA @requests @requests_more"),
    "eventfd": Spec(bits="@efd_flags"),
    "timerfd": Spec(bits="0o4000 TFD_NONBLOCK 0o2000000 TFD_CLOEXEC"),
    "timerfd_settime": Spec(bits="1 TFD_TIMER_ABSTIME TFD_TIMER_CANCEL_ON_SET"),
    "signalfd": Spec(bits="@sfd_flags"),
    "inotify": Spec(bits="@inotify_init_flags"),
    "inotify_mask": Spec(bits="@inotify_flags"),
    "epoll_create": Spec(bits="@epollflags"),
    "epoll_op": Spec("@epollctls"),
    "close_range": Spec(bits="@close_range_flags"),
    "pidfd": Spec(bits="@pidfd_open_flags 0o200 PIDFD_THREAD"),
    "memfd": Spec(bits="@memfd_create_flags MFD_NOEXEC_SEAL MFD_EXEC"),
    "userfaultfd": Spec(bits="@uffd_flags"),
    "fanotify_init": Spec("@fan_classes", "@fan_init_flags 0x2000 FAN_REPORT_FD_ERROR FAN_REPORT_MNT", mask=12),
    "fanotify_mark": Spec(bits="@fan_mark_flags"),
    "io_uring_setup": Spec(bits="@uring_setup_flags"),
    "io_uring_enter": Spec(
        bits="@uring_enter_flags IORING_ENTER_ABS_TIMER IORING_ENTER_EXT_ARG_REG IORING_ENTER_NO_IOWAIT"
    ),
    "io_uring_register": Spec("@uring_register_opcodes IORING_REGISTER_SYNC_CANCEL IORING_REGISTER_FILE_ALLOC_RANGE"),
    "bpf": Spec("@bpf_commands BPF_TOKEN_CREATE BPF_PROG_STREAM_READ_BY_FD BPF_PROG_ASSOC_STRUCT_OPS"),
}

NETWORK = {
    "domain": Spec("@addrfams"),
    "socket": Spec("@socktypes", "@sock_type_flags", mask=15),
    "accept": Spec(bits="@sock_type_flags"),
    "protocol": Spec("@inet_protocols"),
    "shutdown": Spec("@shutdown_modes"),
    "level": Spec("@socketlayers", unknown="SOL_??"),
    # the names of SOL_SOCKET; the same number means something else at another level
    "optname": Spec(
        "20 SO_RCVTIMEO SO_SNDTIMEO 26 SO_ATTACH_FILTER 29 SO_TIMESTAMP 35 SO_TIMESTAMPNS 37 SO_TIMESTAMPING"
        " @sock_options"
    ),
    "msg": Spec(bits="@msg_flags"),
}

MEMORY = {
    "prot": Spec("0 PROT_NONE", "@mmap_prot"),
    "mmap": Spec("@mmap_flags", "@mmap_flags", mask=15),
    "mremap": Spec(bits="@mremap_flags"),
    "msync": Spec(bits="@mctl_sync"),
    "mlock2": Spec(bits="@mlock_flags"),
    "mlockall": Spec(bits="@mlockall_flags"),
    "madvise": Spec("@madvise_cmds 102 MADV_GUARD_INSTALL MADV_GUARD_REMOVE"),
    "mempolicy": Spec("@mpol_modes MPOL_WEIGHTED_INTERLEAVE"),
}

PROCESSES = {
    # the low byte is the signal sent to the parent
    "clone": Spec(_SIGNALS, _CLONE, mask=0x7F),
    "unshare": Spec(bits=_CLONE),
    "execveat": Spec(bits="@at_flags 0x10000 AT_EXECVE_CHECK"),
    "wait": Spec(bits="2 WUNTRACED @wait4_options"),
    "waitid": Spec("@waitid_types"),
    "signal": Spec(_SIGNALS),
    "sigprocmask": Spec("@sigprocmaskcmds"),
    "resource": Spec("@resources"),
    "rusage": Spec("@usagewho"),
    "priority": Spec("@priorities"),
    "scheduler": Spec("@schedulers 7 SCHED_EXT", "0x40000000 SCHED_RESET_ON_FORK", 15),
    "prctl": Spec("@prctl_options 65 PR_SET_MDWE PR_GET_MDWE"),
    "arch_prctl": Spec("@archvals"),
    "ptrace": Spec("@ptrace_cmds"),
    "seccomp": Spec("@seccomp_ops"),
    "keyctl": Spec("@keyctl_commands"),
    "membarrier": Spec("@membarrier_cmds", "1 MEMBARRIER_CMD_GLOBAL @membarrier_cmds"),
    "getrandom": Spec(bits="@getrandom_flags"),
    "delete_module": Spec(bits="@delete_module_flags"),
    "finit_module": Spec(bits="@module_init_flags"),
    "perf_event_open": Spec(bits="@perf_event_open_flags"),
}

IPC_AND_TIME = {
    "futex": Spec("@futexops", "128 FUTEX_PRIVATE_FLAG FUTEX_CLOCK_REALTIME", mask=127),
    "futex2": Spec(
        "0 FUTEX2_SIZE_U8 FUTEX2_SIZE_U16 FUTEX2_SIZE_U32 FUTEX2_SIZE_U64", "4 FUTEX2_NUMA 128 FUTEX2_PRIVATE", 3
    ),
    "ipc": Spec(bits="@resource_flags"),
    "semctl": Spec("@semctl_flags"),
    "ipcctl": Spec("@shmctl_flags"),
    "shmat": Spec(bits="@shm_flags"),
    "clock": Spec("@clocknames"),
    "timer": Spec(bits="@clockflags"),
    "itimer": Spec("@itimer_which"),
}

SETS: dict[str, Spec] = FILES | DESCRIPTORS | NETWORK | MEMORY | PROCESSES | IPC_AND_TIME
