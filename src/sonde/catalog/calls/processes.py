"""Calls that make, change, signal and wait for processes, and on who they run as."""

__all__ = ["PROCESSES"]

_PROGRAM = "exe:proc args:proc tid:proc pid:proc ptid:proc cwd:proc comm:proc"
_RUN = f"{_PROGRAM} tty:proc vpgid:proc loginuid:proc uid:proc pgid:proc gid:proc"
_MADE = f"{_PROGRAM} uid:proc gid:proc vtid:proc vpid:proc"

PROCESSES = f"""
process execve(filename, -argv:strings, -envp:strings) + {_RUN}
process execveat(dirfd, filename, -argv:strings, -envp:strings, flags:execveat~at_flags) + {_RUN}
process clone(flags:clone~variant, stack:hex~pointer, parent_tid:>int, child_tid:hex~pointer, tls:hex~pointer) + {_MADE}
process clone3(cl_args:*clone_args[1], size) + {_MADE}
process fork() + {_MADE}
process vfork() + {_MADE}
process exit(status:int)
process exit_group(status:int)
wait wait4(pid, status:>wait_status, options:wait, rusage:>rusage) ! waits
wait waitid(which:waitid, pid~variant, info:>siginfo, options:wait, rusage:>rusage) ! waits
wait waitpid(pid, status:>wait_status, options:wait) ! waits
process unshare(flags:unshare)
process setns(fd, nstype:unshare~setns_types)
process prctl(option:prctl, arg2:hex~variant, arg3:hex~variant, arg4:hex~variant, arg5:hex~variant)
process arch_prctl(option:arch_prctl, addr~variant)
process ptrace(request:ptrace, pid, addr~variant, data:hex~variant)
process seccomp(op:seccomp, flags:hex~variant, args:hex~variant)
process getpid()
process gettid()
process getppid()
process getpgrp()
process getpgid(pid)
process setpgid(pid, pgid:pid)
process getsid(pid)
process setsid()
process set_tid_address(tidptr:hex~pointer)
process getrlimit(resource:resource, rlim:>rlimit)
process setrlimit(resource:resource, rlim:*rlimit)
process prlimit(pid, resource:resource, new:*rlimit64, old:>rlimit64)
process getrusage(who:rusage, usage:>rusage)
process getpriority(which:priority, who:int)
process setpriority(which:priority, who:int, prio:int)
process sched_yield()
process sched_getparam(pid, param:>int)
process sched_setparam(pid, param:*int)
process sched_getscheduler(pid)
process sched_setscheduler(pid, policy:scheduler, param:*int)
process sched_get_priority_max(policy:scheduler)
process sched_get_priority_min(policy:scheduler)
process sched_rr_get_interval(pid, interval:>timespec)
process sched_setaffinity(pid, size, mask:*cpu_set[1])
process sched_getaffinity(pid, size, mask:>cpu_set[res])
process sched_setattr(pid, attr:*sched_attr, flags:hex~u32)
process sched_getattr(pid, attr:>sched_attr, size~u32, flags:hex~u32)
process ioprio_get(which:int~ioprio_who, who:int)
process ioprio_set(which:int~ioprio_who, who:int, ioprio:hex~word/ioprio)
process capget(header:*cap_header, caps:>cap_data)
process capset(header:*cap_header, caps:*cap_data)
process personality(persona:hex~word/personality)
process kcmp(pid1:pid, pid2:pid, type:int~kcmp_types, idx1:hex~variant, idx2:hex~variant)
process getcpu(cpu:>uint, node:>uint, -tcache:pointer)
process set_robust_list(head:hex~pointer, size)
process get_robust_list(pid, head:>ptr, size:>ulong)
process rseq(rseq:hex, size~hex, flags:hex, sig:hex)
process rseq_slice_yield()
process listns(req:*ns_id_req, ids:>u64x[res], count:size, flags:hex)
process landlock_create_ruleset(attr:*landlock_ruleset_attr[1], size, flags:hex~landlock_create_ruleset_flags) = fd
process landlock_add_rule(fd, type:int~landlock_rule_types, attr:hex~variant/landlock_rule, flags:hex)
process landlock_restrict_self(fd, flags:hex)
process lsm_get_self_attr(attr:int, ctx:hex~pointer, size:&uint, flags:hex)
process lsm_set_self_attr(attr:int, ctx:hex~pointer, size, flags:hex)
process lsm_list_modules(ids:>u64x[res], size:&uint, flags:hex)
process membarrier(cmd:membarrier, flags:hex~membarrier_flags, cpu:int~variant)
process set_thread_area(info:hex~pointer)
process get_thread_area(info:hex~pointer)
process modify_ldt(func:int~long, addr~*user_desc, size)
signal kill(pid, sig)
signal tkill(tid, sig)
signal tgkill(pid, tid, sig)
signal rt_sigaction(sig, act:*sigaction, oact:>sigaction, -sigsetsize)
signal rt_sigprocmask(how:sigprocmask, set:*sigset, oset:>sigset, -sigsetsize)
signal rt_sigreturn()
signal rt_sigpending(set:>sigset, -sigsetsize)
signal rt_sigtimedwait(set:*sigset, info:>siginfo, timeout:*timespec, -sigsetsize) ! waits
signal rt_sigqueueinfo(pid, sig, info:*siginfo)
signal rt_tgsigqueueinfo(pid, tid, sig, info:*siginfo)
signal rt_sigsuspend(mask:*sigset, -sigsetsize) ! waits
signal sigaltstack(ss:*stack, oss:>stack)
signal restart_syscall()
wait pause() ! waits
user getuid() = uid:uid
user geteuid() = euid:uid
user getgid() = gid:gid
user getegid() = egid:gid
user setuid(uid)
user setgid(gid)
user setreuid(ruid:uid, euid:uid)
user setregid(rgid:gid, egid:gid)
user setresuid(ruid:uid, euid:uid, suid:uid)
user setresgid(rgid:gid, egid:gid, sgid:gid)
user getresuid(ruid:>uid, euid:>uid, suid:>uid)
user getresgid(rgid:>gid, egid:>gid, sgid:>gid)
user setfsuid(uid)
user setfsgid(gid)
user getgroups(size:int, list:>gid[res])
user setgroups(size:int, list:*gid[0])
"""
