"""What the arguments of calls with commands are: fcntl, prctl, keyctl, ptrace, futex and their like, a line a command.

    F_SETFD 2 arg:fdflags

A line says the command, its numbers with `,` between, and the arguments after the fixed ones in the notation of
catalog/calls; `-` is a word that is not shown. A line `*` is for all other numbers.
"""

__all__ = [
    "FCNTL",
    "FSCONFIG",
    "FUTEX",
    "KEYCTL",
    "MSGCTL",
    "PRCTL",
    "PTRACE",
    "QUOTACTL",
    "SECCOMP",
    "SEMCTL",
    "SHMCTL",
]

FCNTL = """
F_DUPFD 0,1030 arg:int
F_GETFD 1,3,9,11,1025,1032,1034
F_SETFD 2 arg:fdflags
F_SETFL 4 arg:open
F_GETLK 5 lock:>flock:asked
F_SETLK 6,7 lock:*flock
F_SETOWN 8 arg:pid
F_SETSIG 10 arg:signal
F_OFD_GETLK 36 lock:>flock64:asked
F_OFD_SETLK 37,38 lock:*flock64
F_GETLK64 12,13,14 lock:pointer
F_SETOWN_EX 15 owner:*f_owner_ex
F_GETOWN_EX 16 owner:>f_owner_ex
F_GETOWNER_UIDS 17 uids:>uid_pair
F_SETLEASE 1024 arg:lockfcmds
F_NOTIFY 1026 arg:notifyflags
F_SETPIPE_SZ 1031 arg:int
F_ADD_SEALS 1033 arg:f_seals
* * arg:hex
"""

PRCTL = """
PR_SET_PDEATHSIG 1 sig:signal
PR_GET_PDEATHSIG 2 sig:>signal_ref
PR_GET_DUMPABLE 3,7,13,19,21,27,30,31,32,46
PR_SET_DUMPABLE 4 arg2:pr_dumpable
PR_GET_UNALIGN 5 arg2:>unalign
PR_SET_UNALIGN 6 arg2:pr_unalign_flags
PR_SET_KEEPCAPS 8,14,20,29,36 arg2:size
PR_SET_NAME 15 name:string
PR_GET_NAME 16 name:>string
PR_SET_SECCOMP 22 mode:seccomp_mode, filter:*sock_fprog
PR_CAPBSET_READ 23,24 cap:cap
PR_GET_TSC 25 arg2:>tsc
PR_SET_TSC 26 arg2:pr_tsc
PR_SET_SECUREBITS 28 arg2:secbits
PR_MCE_KILL 33 arg2:pr_mce_kill, arg3:pr_mce_kill_policy, arg4:hex, arg5:hex
PR_SET_MM 35 arg2:pr_set_mm, arg3:hex, arg4:hex, arg5:hex
PR_GET_CHILD_SUBREAPER 37 arg2:>int
PR_SET_NO_NEW_PRIVS 38,41 arg2:size, arg3:hex, arg4:hex, arg5:hex
PR_GET_NO_NEW_PRIVS 39,42,34,43,44 arg2:hex, arg3:hex, arg4:hex, arg5:hex
PR_GET_TID_ADDRESS 40 arg2:>ptr
PR_SET_FP_MODE 45 arg2:pr_fp_mode
PR_GET_SPECULATION_CTRL 52 arg2:pr_spec_cmds, arg3:hex, arg4:hex, arg5:hex
PR_SET_SPECULATION_CTRL 53 arg2:pr_spec_cmds, arg3:pr_spec_set_store_bypass_flags, arg4:hex, arg5:hex
PR_SET_IO_FLUSHER 57 arg2:size, arg3:hex, arg4:hex, arg5:hex
PR_GET_IO_FLUSHER 58 arg2:hex, arg3:hex, arg4:hex, arg5:hex
PR_SET_SYSCALL_USER_DISPATCH 59 arg2:pr_sud_cmds, arg3:hex, arg4:hex, arg5:hex
PR_SCHED_CORE 62 arg2:pr_sched_core_cmds, pid, arg4:pr_sched_core_pidtypes, arg5:pointer
PR_SET_VMA 0x53564d41 arg2:pr_set_vma, addr, size, arg5:string
PR_SET_PTRACER 0x59616d61 pid:word/ptracer
* * arg2:hex, arg3:hex, arg4:hex, arg5:hex
"""

KEYCTL = """
KEYCTL_GET_KEYRING_ID 0 id:key_spec, create:int
KEYCTL_JOIN_SESSION_KEYRING 1 name:string
KEYCTL_UPDATE 2 id:key_spec, payload:bytes[3], size
KEYCTL_REVOKE 3,7,16,21 id:key_spec
KEYCTL_CHOWN 4 id:key_spec, uid, gid
KEYCTL_SETPERM 5 id:key_spec, perm:key_perms
KEYCTL_DESCRIBE 6,17 id:key_spec, buf:>string, size
KEYCTL_LINK 8,9 id:key_spec, keyring:key_spec
KEYCTL_SEARCH 10 id:key_spec, type:string, description:string, keyring:key_spec
KEYCTL_READ 11 id:key_spec, buf:>bytes[res], size
KEYCTL_INSTANTIATE 12 id:key_spec, payload:bytes[3], size, keyring:key_spec
KEYCTL_NEGATE 13 id:key_spec, timeout:u32, keyring:key_spec
KEYCTL_SET_REQKEY_KEYRING 14 reqkey:key_reqkeys
KEYCTL_SET_TIMEOUT 15 id:key_spec, timeout:u32
KEYCTL_SESSION_TO_PARENT 18
KEYCTL_REJECT 19 id:key_spec, timeout:u32, error:u32, keyring:key_spec
KEYCTL_INSTANTIATE_IOV 20 id:key_spec, payload:iovec[3], count:size, keyring:key_spec
KEYCTL_GET_PERSISTENT 22 uid, keyring:key_spec
KEYCTL_RESTRICT_KEYRING 29 id:key_spec, type:string, restriction:string
KEYCTL_MOVE 30 id:key_spec, from:key_spec, to:key_spec, flags:keyctl_move_flags
KEYCTL_CAPABILITIES 31 buf:>bytes[res], size
* * arg2:hex, arg3:hex, arg4:hex, arg5:hex
"""

# after request and pid
PTRACE = """
PTRACE_TRACEME 0
PTRACE_PEEK 1,2 addr, data:>ulongx
PTRACE_PEEKUSER 3 addr:pointer, data:>ulongx
PTRACE_POKE 4,5 addr, data:hex
PTRACE_POKEUSER 6 addr:pointer, data:hex
PTRACE_CONT 7,9,17,24,31,32 addr, data:signal
PTRACE_ATTACH 8,16,0x4207,0x4208
PTRACE_SETOPTIONS 0x4200,21 addr, data:ptrace_setoptions_flags
PTRACE_GETEVENTMSG 0x4201 addr, data:>ulongx
PTRACE_GETSIGINFO 0x4202 addr, data:>siginfo
PTRACE_SETSIGINFO 0x4203 addr, data:*siginfo
PTRACE_GETREGSET 0x4204,0x4205 addr:nt_descriptor_types, data:*iovec_addr
PTRACE_SEIZE 0x4206 addr, data:ptrace_setoptions_flags
PTRACE_GETSIGMASK 0x420a addr:size, data:>sigset
PTRACE_SETSIGMASK 0x420b addr:size, data:*sigset
* * addr, data:pointer
"""

# after the address and the operation, without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME
FUTEX = """
FUTEX_WAIT 0 val:u32, timeout:*timespec
FUTEX_WAKE 1,2 val:u32
FUTEX_REQUEUE 3 val:u32, val2:u32, uaddr2:pointer
FUTEX_CMP_REQUEUE 4,12 val:u32, val2:u32, uaddr2:pointer, val3:u32
FUTEX_WAKE_OP 5 val:u32, val2:u32, uaddr2:pointer, val3:word/futex_op
FUTEX_LOCK_PI 6,13 -, timeout:*timespec
FUTEX_UNLOCK_PI 7,8
FUTEX_WAIT_BITSET 9 val:u32, timeout:*timespec, -, val3:futexbitset
FUTEX_WAKE_BITSET 10 val:u32, -, -, val3:futexbitset
FUTEX_WAIT_REQUEUE_PI 11 val:u32, timeout:*timespec, uaddr2:pointer
* * val:u32, timeout:hex, uaddr2:hex, val3:hex
"""

SECCOMP = """
SECCOMP_SET_MODE_FILTER 1 flags:seccomp_filter_flags, args:*sock_fprog
SECCOMP_GET_ACTION_AVAIL 2 flags:hex, args:*seccomp_action
SECCOMP_GET_NOTIF_SIZES 3 flags:hex, args:>seccomp_notif_sizes
* * flags:hex, args:pointer
"""

# the commands without IPC_64
SEMCTL = """
IPC_SET 1 buf:*semid_ds:set
IPC_STAT 2,18,20 buf:>semid_ds
IPC_INFO 3,19 buf:>seminfo
* * val:pointer
"""
MSGCTL = """
IPC_SET 1 buf:*msqid_ds:set
IPC_STAT 2,11,13 buf:>msqid_ds
IPC_INFO 3,12 buf:>msginfo
* * buf:pointer
"""
SHMCTL = """
IPC_SET 1 buf:*shmid_ds:set
IPC_STAT 2,13,15 buf:>shmid_ds
IPC_INFO 3 buf:>shminfo
SHM_INFO 14 buf:>shm_info
* * buf:pointer
"""

# command without the kind of quota
QUOTACTL = """
Q_SYNC 0x800001,0x800003
Q_QUOTAON 0x800002 id:quota_formats, addr:path
Q_GETFMT 0x800004 -, addr:>quota_format
Q_GETINFO 0x800005 -, addr:>dqinfo
Q_SETINFO 0x800006 -, addr:*dqinfo
Q_GETQUOTA 0x800007 id:uid, addr:>dqblk
Q_SETQUOTA 0x800008 id:uid, addr:*dqblk
Q_GETNEXTQUOTA 0x800009 id:uid, addr:>nextdqblk
* * id:uid, addr:pointer
"""

FSCONFIG = """
FSCONFIG_SET_FLAG 0 key:string, value:pointer, aux:int
FSCONFIG_SET_STRING 1 key:string, value:string, aux:int
FSCONFIG_SET_BINARY 2 key:string, value:bytes/x[4], aux:int
FSCONFIG_SET_PATH 3,4 key:string, value:path, aux:dirfd
FSCONFIG_SET_FD 5 key:string, value:pointer, aux:fd
* * key:pointer, value:pointer, aux:int
"""
