"""Calls of inter-process communication, time and the system as a whole."""

__all__ = ["SYSTEM"]

SYSTEM = """
ipc futex(addr, op:futex, val:uint, timeout:hex, uaddr2:hex, val3:uint)
ipc futex_wait(addr, val:uint, mask:hex, flags:futex2, timeout:hex, clockid:clock) ! waits
ipc futex_wake(addr, mask:hex, nr:int, flags:futex2)
ipc futex_requeue(waiters:hex, flags:hex, nr_wake:int, nr_requeue:int)
ipc futex_waitv(waiters:hex, nr:uint, flags:hex, timeout:hex, clockid:clock) ! waits
process semget(key:hex, nsems:int, semflg:ipc)
process semop(semid:int, sops:hex, nsops:uint)
process semctl(semid:int, semnum:int, cmd:semctl, val:hex)
ipc semtimedop(semid:int, sops:hex, nsops:uint, timeout:hex)
ipc msgget(key:hex, msgflg:ipc)
ipc msgsnd(msqid:int, msgp:hex, size, msgflg:ipc)
ipc msgrcv(msqid:int, msgp:hex, size, msgtyp:int, msgflg:ipc)
ipc msgctl(msqid:int, cmd:ipcctl, buf:hex)
ipc mq_open(name:string, flags:open, mode, attr:hex) = fd
ipc mq_unlink(name:string)
ipc mq_timedsend(fd, msg:hex, size, prio:uint, timeout:hex)
ipc mq_timedreceive(fd, msg:hex, size, prio:hex, timeout:hex)
ipc mq_notify(fd, event:hex)
ipc mq_getsetattr(fd, new:hex, old:hex)
sleep nanosleep(req:hex, rem:hex) ! waits
sleep clock_nanosleep(clockid:clock, flags:timer, req:hex, rem:hex) ! waits
time alarm(seconds:uint)
time getitimer(which:itimer, value:hex)
time setitimer(which:itimer, new:hex, old:hex)
time timer_create(clockid:clock, event:hex, timerid:hex)
time timer_settime(timerid:int, flags:timer, new:hex, old:hex)
time timer_gettime(timerid:int, value:hex)
time timer_getoverrun(timerid:int)
time timer_delete(timerid:int)
time clock_gettime(clockid:clock, ts:hex)
time clock_settime(clockid:clock, ts:hex)
time clock_getres(clockid:clock, ts:hex)
time clock_adjtime(clockid:clock, tx:hex)
time adjtimex(tx:hex)
time gettimeofday(tv:hex, tz:hex)
time settimeofday(tv:hex, tz:hex)
time time(t:hex)
time times(buf:hex)
system uname(buf:hex)
system sysinfo(info:hex)
system syslog(type:int, buf:hex, len:int)
system sysfs/3
system _sysctl(args:hex)
system sethostname(name:string, len:size)
system setdomainname(name:string, len:size)
system reboot(magic:hex, magic2:hex, cmd:hex, arg:hex)
system kexec_load(entry:hex, nr_segments:uint, segments:hex, flags:hex)
system kexec_file_load(kernel_fd:fd, initrd_fd:fd, size, cmdline:string, flags:hex)
system iopl(level:int)
system ioperm(from:uint, num:uint, on:int)
system vhangup()
other getrandom(buf:hex, size, flags:getrandom)
other init_module(img:hex, length, uargs:string)
other finit_module(fd, uargs:string, flags:finit_module)
other delete_module(name:string, flags:delete_module)
other add_key(type:string, description:string, payload:hex, size, keyring:int)
other request_key(type:string, description:string, callout:string, keyring:int)
other keyctl(operation:keyctl, arg2:hex, arg3:hex, arg4:hex, arg5:hex)
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
