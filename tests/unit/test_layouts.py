"""Sizes of structures against the kernel's own headers, on both architectures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sonde.catalog import layouts

HEADERS = (
    "linux/types.h", "linux/stat.h", "asm/stat.h", "asm/statfs.h", "linux/fcntl.h", "linux/openat2.h", "asm/signal.h",
    "asm/siginfo.h", "linux/resource.h", "linux/sched.h", "linux/sched/types.h", "linux/capability.h", "asm/ldt.h",
    "linux/utsname.h", "linux/sysinfo.h", "linux/sem.h", "linux/msg.h", "linux/shm.h", "linux/mqueue.h",
    "linux/timex.h", "linux/time_types.h", "linux/times.h", "linux/poll.h", "linux/eventpoll.h", "linux/aio_abi.h",
    "linux/io_uring.h", "linux/perf_event.h", "linux/futex.h", "linux/landlock.h", "asm/termbits.h", "asm/termios.h",
    "linux/if.h", "linux/loop.h", "linux/hdreg.h", "linux/fiemap.h", "linux/fs.h", "linux/userfaultfd.h",
    "linux/rtc.h", "linux/quota.h", "linux/mount.h", "linux/utime.h", "linux/seccomp.h", "linux/if_packet.h",
)  # fmt: skip
BOTH = {
    "statx": "struct statx", "statx_timestamp": "struct statx_timestamp", "open_how": "struct open_how",
    "flock": "struct flock", "f_owner_ex": "struct f_owner_ex", "siginfo": "siginfo_t", "stat": "struct stat",
    "statfs": "struct statfs", "stack": "struct sigaltstack", "rlimit": "struct rlimit", "rlimit64": "struct rlimit64",
    "rusage": "struct rusage", "clone_args": "struct clone_args", "sched_attr": "struct sched_attr",
    "cap_header": "struct __user_cap_header_struct", "user_desc": "struct user_desc", "utsname": "struct new_utsname",
    "sysinfo": "struct sysinfo", "sembuf": "struct sembuf", "semid_ds": "struct semid64_ds",
    "msqid_ds": "struct msqid64_ds", "shmid_ds": "struct shmid64_ds", "ipc_perm": "struct ipc64_perm",
    "shminfo": "struct shminfo64", "shm_info": "struct shm_info", "seminfo": "struct seminfo",
    "msginfo": "struct msginfo", "mq_attr": "struct mq_attr", "timex64": "struct __kernel_timex",
    "timespec64": "struct __kernel_timespec", "timeval": "struct __kernel_old_timeval", "tms": "struct tms",
    "timespec": "struct __kernel_old_timespec", "itimerspec64": "struct __kernel_itimerspec",
    "itimerval": "struct __kernel_old_itimerval", "pollfd": "struct pollfd", "epoll_event": "struct epoll_event",
    "io_event": "struct io_event", "iocb": "struct iocb", "io_uring_params": "struct io_uring_params",
    "futex_waitv": "struct futex_waitv", "landlock_path_beneath": "struct landlock_path_beneath_attr",
    "termios": "struct termios", "termios2": "struct termios2", "termio": "struct termio", "winsize": "struct winsize",
    "ifreq": "struct ifreq", "ifconf": "struct ifconf", "loop_info": "struct loop_info",
    "loop_info64": "struct loop_info64", "hd_geometry": "struct hd_geometry", "fiemap": "struct fiemap",
    "file_clone_range": "struct file_clone_range", "fsxattr": "struct fsxattr", "fstrim_range": "struct fstrim_range",
    "uffdio_api": "struct uffdio_api", "uffdio_register": "struct uffdio_register",
    "uffdio_copy": "struct uffdio_copy", "uffdio_zeropage": "struct uffdio_zeropage", "rtc_time": "struct rtc_time",
    "dqblk": "struct if_dqblk", "dqinfo": "struct if_dqinfo", "mount_attr": "struct mount_attr",
    "utimbuf": "struct utimbuf", "sigevent": "struct sigevent",
    "seccomp_notif_sizes": "struct seccomp_notif_sizes", "tpacket_req": "struct tpacket_req",
}  # fmt: skip
I386 = {"stat64": "struct stat64", "statfs64": "struct statfs64", "flock64": "struct flock64",
        "old_sigaction": "struct sigaction"}  # fmt: skip
X86_64 = {"sigaction": "struct sigaction"}
# what a structure had when strace 6.1 or the oldest kernel knew it; headers may say more
GROWN = {"io_uring_params", "statx", "rtc_time"}
TARGETS = {"x86_64-linux-musl": False, "x86-linux-musl": True}


@pytest.mark.parametrize("target", TARGETS)
def test_sizes_are_those_of_the_headers(target: str, tmp_path: Path) -> None:
    compat = TARGETS[target]
    pytest.importorskip("ziglang", reason="the compiler of the wheel ziglang is not installed")
    sizes = {**BOTH, **(I386 if compat else X86_64)}
    code = "".join(f"#if __has_include(<{header}>)\n#include <{header}>\n#endif\n" for header in HEADERS)
    code += "".join(
        f'_Static_assert(sizeof({name}) == {layouts.layout(key, compat).size}, "{key}");\n'
        for key, name in sizes.items()
        if key not in GROWN
    )
    source = tmp_path / "sizes.c"
    source.write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "ziglang", "cc", "-target", target, "-c", "-o", str(tmp_path / "o"), str(source)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, "\n".join(line for line in done.stderr.split("\n") if "error" in line)


@pytest.mark.parametrize("key", sorted(layouts.known()))
@pytest.mark.parametrize("compat", [False, True], ids=["x86_64", "i386"])
def test_fields_follow_each_other(key: str, compat: bool) -> None:
    found = layouts.layout(key, compat)
    end = 0
    for field in found.fields:
        assert end <= field.offset < end + 8
        end = field.offset + field.size * (field.number or 1)
    assert end <= found.size < end + 8
    assert layouts.size(key, compat) in (1, found.size)


def test_how_much_a_call_looks_at() -> None:
    assert layouts.needed("timespec", 1) == 16
    assert layouts.needed("timespec", 1, compat=True) == 8
    assert layouts.needed("pollfd", 3) == 24
    assert layouts.needed("fd_set", 65) == 16
    assert layouts.needed("mincore", 8193) == 3
    assert layouts.needed("msgbuf", 12) == 20
    assert layouts.layout("ifreq:get_mtu").size == layouts.layout("ifreq").size
