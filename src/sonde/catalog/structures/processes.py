"""Structures of processes, signals, scheduling, memory and inter-process communication."""

__all__ = ["PROCESSES"]

PROCESSES = """
int
 . int
uint
 . u32
long
 . long
ulong
 . ulong
ulongx
 . ulong x
i64
 . i64
u64
 . u64
u64x
 . u64 x
ptr
 . ptr
uid
 . u32 uid
gid
 . u32 uid
uid16
 . u16 uid16
fd_pair
 . int[2] fd
fd
 . int fd
wait_status
 . int wait_status
sigset
 . sigset sigset
old_sigset
 . ulong old_sigset
sigset6
 sigmask ptr
 sigsetsize ulong
aio_sigset
 sigmask ptr
 sigsetsize ulong
sigaction
 sa_handler ptr
 sa_flags ulong
 sa_restorer ptr
 sa_mask sigset
old_sigaction
 sa_handler ptr
 sa_mask ulong
 sa_flags ulong
 sa_restorer ptr
stack
 ss_sp ptr
 ss_flags int sigaltstack_flags
 ss_size ulong
siginfo
 si_signo int
 si_errno int
 si_code int
 - u8[116]
rlimit
 rlim_cur ulong rlim
 rlim_max ulong rlim
rlimit64
 rlim_cur u64 rlim64
 rlim_max u64 rlim64
clone_args bytes
 flags a64
 pidfd a64
 child_tid a64
 parent_tid a64
 exit_signal a64
 stack a64
 stack_size a64
 tls a64
 set_tid a64
 set_tid_size a64
 cgroup a64
sched_attr
 size u32
 sched_policy u32 schedulers
 sched_flags u64 sched_flags
 sched_nice i32
 sched_priority u32
 sched_runtime u64
 sched_deadline u64
 sched_period u64
 sched_util_min u32
 sched_util_max u32
cpu_set bytes
 . u8
nodemask bytes
 . u8
mincore bytes
 . u8
fd_set bytes
 . u8
mpol_mode
 . int mpol_modes
move_status
 . int node_status
cap_header
 version u32 cap_version
 pid int pid
cap_data
 effective u32
 permitted u32
 inheritable u32
 effective1 u32
 permitted1 u32
 inheritable1 u32
user_desc
 entry_number u32
 base_addr u32
 limit u32
 flags u32
utsname
 sysname char[65]
 nodename char[65]
 release char[65] v
 version char[65] v
 machine char[65] v
 domainname char[65] v
sysinfo
 uptime long
 loads ulong[3]
 totalram ulong
 freeram ulong
 sharedram ulong
 bufferram ulong
 totalswap ulong
 freeswap ulong
 procs u16
 - u16
 totalhigh ulong
 freehigh ulong
 mem_unit u32
sysinfo.i386
 uptime long
 loads ulong[3]
 totalram ulong
 freeram ulong
 sharedram ulong
 bufferram ulong
 totalswap ulong
 freeswap ulong
 procs u16
 - u16
 totalhigh ulong
 freehigh ulong
 mem_unit u32
 - u8[8]
sembuf
 sem_num u16
 sem_op i16
 sem_flg i16 semop_flags
msgbuf bytes
 . u8
ipc_perm
 key int
 uid u32 uid
 gid u32 uid
 cuid u32 uid
 cgid u32 uid
 mode u32 o
 seq u16
 - u16
 - ulong
 - ulong
ipc_perm.i386
 key int
 uid u32 uid
 gid u32 uid
 cuid u32 uid
 cgid u32 uid
 mode u16 o
 - u16
 seq u16
 - u16
 - ulong
 - ulong
msqid_ds
 msg_perm ipc_perm
 msg_stime long
 msg_rtime long
 msg_ctime long
 msg_cbytes ulong
 msg_qnum ulong
 msg_qbytes ulong
 msg_lspid int pid
 msg_lrpid int pid
 - ulong[2]
msqid_ds.i386
 msg_perm ipc_perm
 msg_stime u32
 - u32
 msg_rtime u32
 - u32
 msg_ctime u32
 - u32
 msg_cbytes ulong
 msg_qnum ulong
 msg_qbytes ulong
 msg_lspid int pid
 msg_lrpid int pid
 - ulong[2]
shmid_ds
 shm_perm ipc_perm
 shm_segsz ulong
 shm_atime long
 shm_dtime long
 shm_ctime long
 shm_cpid int pid
 shm_lpid int pid
 shm_nattch ulong
 - ulong[2]
shmid_ds.i386
 shm_perm ipc_perm
 shm_segsz ulong
 shm_atime u32
 - u32
 shm_dtime u32
 - u32
 shm_ctime u32
 - u32
 shm_cpid int pid
 shm_lpid int pid
 shm_nattch ulong
 - ulong[2]
semid_ds
 sem_perm ipc_perm
 sem_otime long
 - ulong
 sem_ctime long
 - ulong
 sem_nsems ulong
 - ulong[2]
semid_ds.i386
 sem_perm ipc_perm
 sem_otime u32
 - u32
 sem_ctime u32
 - u32
 sem_nsems ulong
 - ulong[2]
seminfo
 semmap int
 semmni int
 semmns int
 semmnu int
 semmsl int
 semopm int
 semume int
 semusz int
 semvmx int
 semaem int
msginfo
 msgpool int
 msgmap int
 msgmax int
 msgmnb int
 msgmni int
 msgssz int
 msgtql int
 msgseg u16
shminfo
 shmmax ulong
 shmmin ulong
 shmmni ulong
 shmseg ulong
 shmall ulong
 - ulong[4]
shm_info
 used_ids int
 shm_tot ulong
 shm_rss ulong
 shm_swp ulong
 swap_attempts ulong
 swap_successes ulong
futex_waitv
 val u64 x
 uaddr u64 p
 flags u32 futex_waiter_flags
 - u32
futex_waitv_pair
 . futex_waitv[2]
landlock_ruleset_attr bytes
 handled_access_fs u64 landlock_ruleset_access_fs
landlock_path_beneath packed
 allowed_access u64 landlock_ruleset_access_fs
 parent_fd int fd
seccomp_notif_sizes
 seccomp_notif u16
 seccomp_notif_resp u16
 seccomp_data u16
seccomp_action
 . u32 seccomp_ret_action
sock_fprog
 len u16
 filter ptr
kexec_segment
 buf ptr
 bufsz ulong
 mem ptr
 memsz ulong
ns_id_req
 size u32
 spare u32
 ns_id u64 x
 ns_type u32 setns_types
 spare2 u32
 user_ns_id u64 x
uid_pair
 . u32[2] uid
pid
 . int pid
unalign
 . int pr_unalign_flags
tsc
 . int pr_tsc
quota_format
 . u32 quota_formats
signal_ref
 . int signal
old_select
 nfds int
 readfds ptr
 writefds ptr
 exceptfds ptr
 timeout ptr
old_mmap
 addr ptr
 len ulong
 prot ulong
 flags ulong
 fd int
 offset ulong
"""
