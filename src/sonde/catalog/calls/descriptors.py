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
io_write sendfile(out_fd:fd, in_fd:fd, offset:+off, size)
io_other splice(fd_in:fd, off_in:*loff, fd_out:fd, off_out:*loff, size, flags:splice)
io_other tee(fd_in:fd, fd_out:fd, size, flags:splice)
io_other vmsplice(fd, iov:hex~iovec[2], count:uint, flags:splice)
io_other close(fd) ! enter
io_other close_range(first:uint~u32, last:uint~u32, flags:close_range)
io_other dup(oldfd:fd) = res:fd
io_other dup2(oldfd:fd, newfd:fd) = res:fd
io_other dup3(oldfd:fd, newfd:fd, flags:open~open_mode_flags) = res:fd
io_other fcntl(fd, cmd:fcntl, arg:hex~variant)
io_other ioctl(fd, request:ioctl, argument:hex~variant)
ipc pipe(fildes:>fd_pair)
ipc pipe2(fildes:>fd_pair, flags:open~open_mode_flags)
ipc eventfd(initval:uint~u32) = res:fd
ipc eventfd2(initval:uint~u32, flags:eventfd) = res:fd
signal signalfd(fd, mask:*sigset, size) = res:fd
signal signalfd4(fd, mask:*sigset, size, flags:signalfd) = res:fd
time timerfd_create(clockid:clock~clocknames, flags:timerfd~timerfdflags) = res:fd
time timerfd_settime(fd, flags:timerfd_settime~timerfdflags, new:*itimerspec, old:>itimerspec)
time timerfd_gettime(fd, cur:>itimerspec)
ipc inotify_init() = res:fd
ipc inotify_init1(flags:inotify) = res:fd
ipc inotify_add_watch(fd, path, mask:inotify_mask)
ipc inotify_rm_watch(fd, wd:int)
wait epoll_create(size:int) = res:fd
wait epoll_create1(flags:epoll_create) = res:fd
wait epoll_ctl(epfd:fd, op:epoll_op, fd, event:hex~variant)
wait epoll_wait(epfd:fd, events:>epoll_event[res], maxevents:int, timeout:int) ! waits
wait epoll_pwait(epfd:fd, events:>epoll_event[res], maxevents:int, timeout:int, sigmask:>sigset, -sigsetsize) ! waits
wait epoll_pwait2(epfd:fd, events:>epoll_event[res], maxevents:int, timeout:>timespec64, \
sigmask:>sigset, -sigsetsize) ! waits
wait epoll_ctl_old/4
wait epoll_wait_old/4 ! waits
wait poll(fds:?pollfd[1], nfds:uint~u32, timeout:int) ! waits
wait ppoll(fds:?pollfd[1], nfds:uint~u32, timeout:?timespec, sigmask:*sigset, -sigsetsize) ! waits
wait select(nfds:int, readfds:?fd_set[0], writefds:?fd_set[0], exceptfds:?fd_set[0], timeout:?timeval) ! waits
wait pselect6(nfds:int, readfds:?fd_set[0], writefds:?fd_set[0], exceptfds:?fd_set[0], timeout:?timespec, \
sigmask:*sigset6) ! waits
io_other io_setup(nr_events:uint~u32, ctx:>ptr)
io_other io_destroy(ctx:hex~pointer)
io_other io_submit(ctx:hex~pointer, nr:uint~long, iocbs:*ptr[1])
io_other io_cancel(ctx:hex~pointer, iocb:*iocb, result:>io_event)
wait io_getevents(ctx:hex~pointer, min_nr:int~long, nr:int~long, events:>io_event[res], timeout:*timespec) ! waits
wait io_pgetevents(ctx:hex~pointer, min_nr:int~long, nr:int~long, events:>io_event[res], timeout:*timespec, \
sig:*aio_sigset) ! waits
io_other io_uring_setup(entries:uint~u32, params:+io_uring_params) = res:fd
io_other io_uring_enter(fd, to_submit:uint~u32, min_complete:uint~u32, flags:io_uring_enter, sig:*sigset, -sigsetsize)
io_other io_uring_register(fd, opcode:io_uring_register, arg:hex~variant, nr_args:uint~u32)
process pidfd_open(pid, flags:pidfd) = fd
process pidfd_getfd(pid_fd:fd, target_fd:int~word/pidfd_target, flags:uint~hex) = fd
signal pidfd_send_signal(pidfd:fd, sig, info:*siginfo, flags:uint~hex)
other bpf(cmd:bpf, attr:hex~variant, size~u32) = fd
other perf_event_open(attr:*perf_event_attr, pid, cpu:int, group_fd:int~fd, flags:perf_event_open) = fd
"""
