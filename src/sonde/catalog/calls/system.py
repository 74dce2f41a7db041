"""Calls of inter-process communication, time and the system as a whole."""

__all__ = ["SYSTEM"]

SYSTEM = """
ipc futex(addr, op:futex, val:uint~variant, timeout:hex~variant, uaddr2:hex~variant, val3:uint~variant)
ipc futex_wait(addr, val:uint, mask:hex, flags:futex2, timeout:*timespec64, clockid:clock) ! waits
ipc futex_wake(addr, mask:hex, nr:int, flags:futex2)
ipc futex_requeue(waiters:*futex_waitv_pair, flags:hex, nr_wake:int, nr_requeue:int)
ipc futex_waitv(waiters:*futex_waitv[1], nr:uint~u32, flags:hex, timeout:*timespec64, clockid:clock~clocknames) ! waits
process semget(key:hex~word/ipc_key, nsems:int, semflg:ipc~word/semget)
process semop(semid:int, sops:*sembuf[2], nsops:uint~u32)
process semctl(semid:int, semnum:int, cmd:semctl~word/semctl, val:hex~variant)
ipc semtimedop(semid:int, sops:*sembuf[2], nsops:uint~u32, timeout:*timespec)
ipc msgget(key:hex~word/ipc_key, msgflg:ipc~word/msgget)
ipc msgsnd(msqid:int, msgp:*msgbuf[2], size, msgflg:ipc~ipc_msg_flags)
ipc msgrcv(msqid:int, msgp:>msgbuf[2], size, msgtyp:int~long, msgflg:ipc~ipc_msg_flags)
ipc msgctl(msqid:int, cmd:ipcctl~word/msgctl, buf:hex~variant)
ipc mq_open(name:string~path, flags:open, mode, attr:*mq_attr) = fd
ipc mq_unlink(name:string~path)
ipc mq_timedsend(fd, msg:bytes[2], size, prio:uint~u32, timeout:*timespec)
ipc mq_timedreceive(fd, msg:>bytes[res], size, prio:>uint, timeout:*timespec)
ipc mq_notify(fd, event:*sigevent)
ipc mq_getsetattr(fd, new:*mq_attr, old:>mq_attr)
sleep nanosleep(req:*timespec, rem:>timespec:left) ! waits
sleep clock_nanosleep(clockid:clock~clocknames, flags:timer, req:*timespec, rem:>timespec:left) ! waits
time alarm(seconds:uint~u32)
time getitimer(which:itimer, value:>itimerval)
time setitimer(which:itimer, new:*itimerval, old:>itimerval)
time timer_create(clockid:clock~clocknames, event:*sigevent, timerid:>int)
time timer_settime(timerid:int, flags:timer, new:*itimerspec, old:>itimerspec)
time timer_gettime(timerid:int, value:>itimerspec)
time timer_getoverrun(timerid:int)
time timer_delete(timerid:int)
time clock_gettime(clockid:clock~clocknames, ts:>timespec)
time clock_settime(clockid:clock~clocknames, ts:*timespec)
time clock_getres(clockid:clock~clocknames, ts:>timespec)
time clock_adjtime(clockid:clock~clocknames, tx:>timex)
time adjtimex(tx:>timex)
time gettimeofday(tv:>timeval, tz:>timezone)
time settimeofday(tv:*timeval, tz:*timezone)
time time(t:>time)
time times(buf:>tms)
system uname(buf:>utsname)
system sysinfo(info:>sysinfo)
system syslog(type:int~word/syslog, buf:hex~variant, len:int)
system sysfs/3
system _sysctl(args:hex~pointer)
system sethostname(name:string~bytes[1], len:size)
system setdomainname(name:string~bytes[1], len:size)
system reboot(magic:hex~bootflags1, magic2:hex~bootflags2, cmd:hex~bootflags3, arg:hex~variant)
system kexec_load(entry:hex~pointer, nr_segments:uint, segments:*kexec_segment[1], flags:hex~word/kexec_load)
system kexec_file_load(kernel_fd:fd, initrd_fd:fd, size, cmdline:string~string[2], flags:hex~kexec_file_load_flags)
system iopl(level:int)
system ioperm(from:uint~hex, num:uint~hex, on:int)
system vhangup()
other getrandom(buf:>bytes/x[res], size, flags:getrandom)
other init_module(img:hex~pointer, length, uargs:string)
other finit_module(fd, uargs:string, flags:finit_module)
other delete_module(name:string, flags:delete_module)
other add_key(type:string, description:string, payload:bytes[3], size, keyring:int~key_spec)
other request_key(type:string, description:string, callout:string, keyring:int~key_spec)
other keyctl(operation:keyctl, arg2:hex~variant, arg3:hex~variant, arg4:hex~variant, arg5:hex~variant)
other uprobe()
other uretprobe()
other create_module/2
other get_kernel_syms/1
other query_module/5
other nfsservctl/3
other getpmsg/5
other putpmsg/5
other afs_syscall/5
other tuxcall/3
other security/3
other vserver/5
"""
