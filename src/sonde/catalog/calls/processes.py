"""Calls that make, change, signal and wait for processes, and on who they run as."""

__all__ = ["PROCESSES"]

_PROGRAM = "exe:proc args:proc tid:proc pid:proc ptid:proc cwd:proc comm:proc"
_RUN = f"{_PROGRAM} tty:proc vpgid:proc loginuid:proc uid:proc pgid:proc gid:proc"
_MADE = f"{_PROGRAM} uid:proc gid:proc vtid:proc vpid:proc"

PROCESSES = f"""
process execve(filename, -, -) + {_RUN}
process execveat(dirfd, filename, -, -, flags:execveat) + {_RUN}
process clone(flags:clone, stack:hex, parent_tid:hex, child_tid:hex, tls:hex) + {_MADE}
process clone3(cl_args:hex, size) + {_MADE}
process fork() + {_MADE}
process vfork() + {_MADE}
process exit(status:int)
process exit_group(status:int)
wait wait4(pid, status:hex, options:wait, rusage:hex) ! waits
wait waitid(which:waitid, pid, info:hex, options:wait, rusage:hex) ! waits
wait waitpid(pid, status:hex, options:wait) ! waits
process unshare(flags:unshare)
process setns(fd, nstype:unshare)
process prctl(option:prctl, arg2:hex, arg3:hex, arg4:hex, arg5:hex)
process arch_prctl(option:arch_prctl, addr)
process ptrace(request:ptrace, pid, addr, data:hex)
process seccomp(op:seccomp, flags:hex, args:hex)
process getpid()
process gettid()
process getppid()
process getpgrp()
process getpgid(pid)
process setpgid(pid, pgid:pid)
process getsid(pid)
process setsid()
process set_tid_address(tidptr:hex)
process getrlimit(resource:resource, rlim:hex)
process setrlimit(resource:resource, rlim:hex)
process prlimit(pid, resource:resource, new:hex, old:hex)
process getrusage(who:rusage, usage:hex)
process getpriority(which:priority, who:int)
process setpriority(which:priority, who:int, prio:int)
process sched_yield()
process sched_getparam(pid, param:hex)
process sched_setparam(pid, param:hex)
process sched_getscheduler(pid)
process sched_setscheduler(pid, policy:scheduler, param:hex)
process sched_get_priority_max(policy:scheduler)
process sched_get_priority_min(policy:scheduler)
process sched_rr_get_interval(pid, interval:hex)
process sched_setaffinity(pid, size, mask:hex)
process sched_getaffinity(pid, size, mask:hex)
process sched_setattr(pid, attr:hex, flags:hex)
process sched_getattr(pid, attr:hex, size, flags:hex)
process ioprio_get(which:int, who:int)
process ioprio_set(which:int, who:int, ioprio:hex)
process capget(header:hex, caps:hex)
process capset(header:hex, caps:hex)
process personality(persona:hex)
process kcmp(pid1:pid, pid2:pid, type:int, idx1:hex, idx2:hex)
process getcpu(cpu:hex, node:hex)
process set_robust_list(head:hex, size)
process get_robust_list(pid, head:hex, size:hex)
process rseq(rseq:hex, size, flags:hex, sig:hex)
process rseq_slice_yield()
process listns(req:hex, ids:hex, count:size, flags:hex)
process landlock_create_ruleset(attr:hex, size, flags:hex) = fd
process landlock_add_rule(fd, type:int, attr:hex, flags:hex)
process landlock_restrict_self(fd, flags:hex)
process lsm_get_self_attr(attr:int, ctx:hex, size:hex, flags:hex)
process lsm_set_self_attr(attr:int, ctx:hex, size, flags:hex)
process lsm_list_modules(ids:hex, size:hex, flags:hex)
process membarrier(cmd:membarrier, flags:hex, cpu:int)
process set_thread_area(info:hex)
process get_thread_area(info:hex)
process modify_ldt(func:int, addr, size)
signal kill(pid, sig)
signal tkill(tid, sig)
signal tgkill(pid, tid, sig)
signal rt_sigaction(sig, act:hex, oact:hex, -)
signal rt_sigprocmask(how:sigprocmask, set:hex, oset:hex, -)
signal rt_sigreturn()
signal rt_sigpending(set:hex, -)
signal rt_sigtimedwait(set:hex, info:hex, timeout:hex, -) ! waits
signal rt_sigqueueinfo(pid, sig, info:hex)
signal rt_tgsigqueueinfo(pid, tid, sig, info:hex)
signal rt_sigsuspend(mask:hex, -) ! waits
signal sigaltstack(ss:hex, oss:hex)
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
user getresuid(ruid:hex, euid:hex, suid:hex)
user getresgid(rgid:hex, egid:hex, sgid:hex)
user setfsuid(uid)
user setfsgid(gid)
user getgroups(size:int, list:hex)
user setgroups(size:int, list:hex)
"""
