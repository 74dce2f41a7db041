"""The calls that .scap files have no event type for: names and categories, by sysdig's numbers (enum ppm_syscall_code).

As sysdig 0.29.3 says them of events with these numbers; those after `clone3` are of later versions.
"""

from __future__ import annotations

__all__ = ["CALLS", "CATEGORIES", "NUMBERS"]

# `category: names`, in the order of the numbers; `=` where the kernel has another name
_TEXT = """
    other: unknown system: restart_syscall process: exit unknown: read write file: open close creat link unlink
    chdir time: time file: mknod chmod stat lseek process: getpid file: mount other: ptrace time: alarm file: fstat
    wait: pause time: utime file: access unknown: sync IPC: kill file: rename mkdir rmdir unknown: dup IPC: pipe
    time: times memory: brk process: acct unknown: ioctl wait: fcntl process: setpgid umask IPC: chroot file: ustat
    unknown: dup2 process: getppid getpgrp setsid system: sethostname process: setrlimit getrusage time:
    gettimeofday settimeofday file: symlink lstat readlink process: uselib swapon system: reboot file: mmap munmap
    truncate ftruncate fchmod process: getpriority setpriority file: statfs fstatfs system: syslog time: setitimer
    getitimer system: uname other: vhangup wait: wait4 system: swapoff sysinfo unknown: fsync system: setdomainname
    adjtimex memory: mprotect system: init_module delete_module quotactl process: getpgid file: fchdir system: sysfs
    process: personality file: getdents wait: select file: flock unknown: msync readv writev process: getsid
    unknown: fdatasync memory: mlock munlock mlockall munlockall process: sched_setparam sched_getparam
    sched_setscheduler sched_getscheduler sleep: sched_yield process: sched_get_priority_max sched_get_priority_min
    sched_rr_get_interval sleep: nanosleep file: mremap wait: poll process: prctl signal: rt_sigaction
    rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_sigsuspend file: getcwd process: capget capset
    file: sendfile process: getrlimit file: lchown user: getuid getgid geteuid getegid setreuid setregid getgroups
    setgroups file: fchown user: setresuid getresuid setresgid getresgid file: chown user: setuid setgid setfsuid
    setfsgid process: pivot_root memory: mincore madvise process: gettid file: setxattr lsetxattr fsetxattr getxattr
    lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr signal: tkill IPC:
    futex process: sched_setaffinity sched_getaffinity set_thread_area get_thread_area unknown: io_setup io_destroy
    io_getevents io_submit io_cancel exit_group wait: epoll_create epoll_ctl epoll_wait file: remap_file_pages
    process: set_tid_address time: timer_create timer_settime timer_gettime timer_getoverrun timer_delete
    clock_settime clock_gettime clock_getres sleep: clock_nanosleep signal: tgkill file: utimes IPC: mq_open
    mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr system: kexec_load wait: waitid system: add_key
    request_key keyctl process: ioprio_set ioprio_get IPC: inotify_init inotify_add_watch inotify_rm_watch file:
    openat mkdirat mknodat fchownat futimesat unlinkat renameat linkat symlinkat readlinkat fchmodat faccessat wait:
    pselect6 ppoll process: unshare set_robust_list get_robust_list IPC: splice tee vmsplice process: getcpu wait:
    epoll_pwait file: utimensat signal: signalfd time: timerfd_create IPC: eventfd time: timerfd_settime
    timerfd_gettime signal: signalfd4 IPC: eventfd2 wait: epoll_create1 unknown: dup3 IPC: pipe2 inotify_init1
    unknown: preadv pwritev other: rt_tgsigqueueinfo perf_event_open IPC: fanotify_init process: prlimit64 other:
    clock_adjtime file: syncfs process: setns IPC: getdents64 net: socket bind connect listen accept getsockname
    getpeername socketpair sendto recvfrom shutdown setsockopt getsockopt sendmsg sendmmsg recvmsg recvmmsg accept4
    IPC: semop semget semctl msgsnd msgrcv msgget msgctl shmdt shmget shmctl file: statfs64 fstatfs64 fstatat64
    sendfile64 process: ugetrlimit other: bdflush signal: sigprocmask IPC: ipc net: socketcall file: stat64 lstat64
    fstat64 fcntl64 mmap2 wait: newselect=_newselect signal: sgetmask ssetmask sigpending system:
    olduname=oldolduname file: umount signal: signal process: nice time: stime file: llseek=_llseek wait: waitpid
    file: pread64 pwrite64 process: arch_prctl IPC: shmat signal: sigreturn unknown: fallocate newfstatat
    process_vm_readv process_vm_writev fork vfork setuid=setuid32 getuid=getuid32 setgid=setgid32 geteuid=geteuid32
    getgid=getgid32 setresuid=setresuid32 setresgid=setresgid32 getresuid=getresuid32 getresgid=getresgid32 system:
    finit_module other: bpf seccomp unknown: sigaltstack getrandom fadvise64 file: renameat2 userfaultfd openat2
    umount2 system: execve execveat file: copy_file_range process: clone clone3 file: open_by_handle_at other:
    io_uring_setup io_uring_enter io_uring_register
"""


def _read() -> tuple[tuple[str, ...], tuple[str, ...], dict[str, int]]:
    names, categories, numbers, category = list[str](), list[str](), dict[str, int](), ""
    for word in _TEXT.split():
        if word.endswith(":"):
            category = word[:-1]
            continue
        name, _, of_kernel = word.partition("=")
        numbers.setdefault(of_kernel or name, len(names))
        names.append(name)
        categories.append(category)
    return tuple(names), tuple(categories), numbers


# by number, and the numbers by the kernel's names
CALLS, CATEGORIES, NUMBERS = _read()
