"""Calls on descriptors: moving bytes, duplicating, waiting, and the kernel objects that are descriptors."""

__all__ = ["DESCRIPTORS"]

DESCRIPTORS = """
io_read read(fd, data, size)
io_read pread(fd, data, size, pos)
io_read readv(fd, data:iovec, count:uint)
io_read preadv(fd, data:iovec, count:uint, pos)
io_read preadv2(fd, data:iovec, count:uint, pos, -, flags:rwf)
io_write write(fd, data, size)
io_write pwrite(fd, data, size, pos)
io_write writev(fd, data:iovec, count:uint)
io_write pwritev(fd, data:iovec, count:uint, pos)
io_write pwritev2(fd, data:iovec, count:uint, pos, -, flags:rwf)
io_write sendfile(out_fd:fd, in_fd:fd, offset:hex, size)
io_other splice(fd_in:fd, off_in:hex, fd_out:fd, off_out:hex, size, flags:splice)
io_other tee(fd_in:fd, fd_out:fd, size, flags:splice)
io_other vmsplice(fd, iov:hex, count:uint, flags:splice)
io_other close(fd) ! enter
io_other close_range(first:uint, last:uint, flags:close_range)
io_other dup(oldfd:fd) = res:fd
io_other dup2(oldfd:fd, newfd:fd) = res:fd
io_other dup3(oldfd:fd, newfd:fd, flags:open) = res:fd
io_other fcntl(fd, cmd:fcntl, arg:hex)
io_other ioctl(fd, request:ioctl, argument:hex)
ipc pipe(fildes:hex)
ipc pipe2(fildes:hex, flags:open)
ipc eventfd(initval:uint) = res:fd
ipc eventfd2(initval:uint, flags:eventfd) = res:fd
signal signalfd(fd, mask:hex, size) = res:fd
signal signalfd4(fd, mask:hex, size, flags:signalfd) = res:fd
time timerfd_create(clockid:clock, flags:timerfd) = res:fd
time timerfd_settime(fd, flags:timerfd_settime, new:hex, old:hex)
time timerfd_gettime(fd, cur:hex)
ipc inotify_init() = res:fd
ipc inotify_init1(flags:inotify) = res:fd
ipc inotify_add_watch(fd, path, mask:inotify_mask)
ipc inotify_rm_watch(fd, wd:int)
wait epoll_create(size:int) = res:fd
wait epoll_create1(flags:epoll_create) = res:fd
wait epoll_ctl(epfd:fd, op:epoll_op, fd, event:hex)
wait epoll_wait(epfd:fd, events:hex, maxevents:int, timeout:int) ! waits
wait epoll_pwait(epfd:fd, events:hex, maxevents:int, timeout:int, sigmask:hex, -) ! waits
wait epoll_pwait2(epfd:fd, events:hex, maxevents:int, timeout:hex, sigmask:hex, -) ! waits
wait epoll_ctl_old/4
wait epoll_wait_old/4 ! waits
wait poll(fds:hex, nfds:uint, timeout:int) ! waits
wait ppoll(fds:hex, nfds:uint, timeout:hex, sigmask:hex, -) ! waits
wait select(nfds:int, readfds:hex, writefds:hex, exceptfds:hex, timeout:hex) ! waits
wait pselect6(nfds:int, readfds:hex, writefds:hex, exceptfds:hex, timeout:hex, sigmask:hex) ! waits
io_other io_setup(nr_events:uint, ctx:hex)
io_other io_destroy(ctx:hex)
io_other io_submit(ctx:hex, nr:uint, iocbs:hex)
io_other io_cancel(ctx:hex, iocb:hex, result:hex)
wait io_getevents(ctx:hex, min_nr:int, nr:int, events:hex, timeout:hex) ! waits
wait io_pgetevents(ctx:hex, min_nr:int, nr:int, events:hex, timeout:hex, sig:hex) ! waits
io_other io_uring_setup(entries:uint, params:hex) = res:fd
io_other io_uring_enter(fd, to_submit:uint, min_complete:uint, flags:io_uring_enter, sig:hex, -)
io_other io_uring_register(fd, opcode:io_uring_register, arg:hex, nr_args:uint)
process pidfd_open(pid, flags:pidfd) = fd
process pidfd_getfd(pid_fd:fd, target_fd:int, flags:uint) = fd
signal pidfd_send_signal(pidfd:fd, sig, info:hex, flags:uint)
other bpf(cmd:bpf, attr:hex, size) = fd
other perf_event_open(attr:hex, pid, cpu:int, group_fd:int, flags:perf_event_open) = fd
"""
