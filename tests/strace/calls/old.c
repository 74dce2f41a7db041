#include "calls.h"

#ifndef __i386__

void old(void)
{
}

#else

struct long_span {
	int64_t sec, nsec;
};

struct old_action {
	void *handler;
	unsigned long mask, flags;
	void *restorer;
};

static void files_of_old(void)
{
	long fd = C(open, "plain", O_RDWR | O_CREAT, 0644), where = C(open, ".", O_RDONLY);

	C(oldstat, "plain", out);
	C(oldlstat, "nothing", out);
	C(oldfstat, fd, out);
	C(olduname, out);
	C(oldolduname, out);
	C(readdir, where, out, 1);
	C(readdir, 99, out, 1);
	C(umount, "nothing");
	C(chown32, "plain", 1, -1);
	C(lchown32, "plain", 0, 0);
	C(fchown32, fd, -1, -1);
	C(select, (&(struct { long of[5]; }){{1, 0, 0, 0, (long)&(struct span){0, 10}}}));
	C(select, NOWHERE);
	C(mmap, (&(struct { long of[6]; }){{0x31000000, 4096, 1, 0x32, -1, 0}}));
	C(mmap, NOWHERE);
	C(close, where);
	C(close, fd);
}

static void identity_of_old(void)
{
	C(getuid32);
	C(geteuid32);
	C(getgid32);
	C(getegid32);
	C(setreuid32, -1, -1);
	C(setregid32, -1, 0);
	C(getgroups32, 10, out);
	C(setgroups32, 70000, NOWHERE);
	C(setresuid32, -1, 0, -1);
	C(getresuid32, out, out + 4, out + 8);
	C(setresgid32, -1, -1, -1);
	C(getresgid32, out, out + 4, NOWHERE);
	C(setuid32, 0);
	C(setgid32, 0);
	C(setfsuid32, -1);
	C(setfsgid32, -1);
	C(ugetrlimit, 7, out);
	C(nice, 1);
	C(stime, NOWHERE);
	C(waitpid, -1, out, 1);
	C(set_thread_area, NOWHERE);
	C(get_thread_area, NOWHERE);
	C(arch_prctl, 0x9999, NOWHERE);
	C(vm86old, NOWHERE);
	C(vm86, 0, NOWHERE);
}

static void handler(int number)
{
	(void)number;
}

static void signals_of_old(void)
{
	struct old_action ignored = {(void *)1, 0x202, 0x10000000, NULL}, handled = {handler, 0, 0, NULL}, was;
	unsigned long mask = 0x800, none = 0;

	C(sigaction, SIGUSR1, &ignored, &was);
	C(sigaction, SIGUSR1, NULL, &was);
	C(sigaction, 99, NOWHERE, NULL);
	C(signal, SIGUSR2, 1);
	C(signal, SIGUSR2, handler);
	C(signal, 99, 0);
	C(sigaction, SIGUSR2, &handled, NULL);
	C(sgetmask);
	C(ssetmask, 0x4000);
	C(sigprocmask, SIG_BLOCK, &mask, &was);
	C(sigprocmask, SIG_SETMASK, NULL, NOWHERE);
	C(kill, C(getpid), SIGUSR2);
	C(sigpending, out);
	C(sigsuspend, 0, 0, none);
	C(sigprocmask, SIG_SETMASK, &none, NULL);
}

static void times_of_new(void)
{
	struct long_span now, soon = {0, 1000}, past = {1, 0};
	struct { struct long_span every, first; } once = {{0, 0}, {0, 0}}, was;
	struct { uint64_t words[32]; } adjust = {{0}};
	struct pollfd polled = {0, POLLOUT, 0};
	int id = 0;
	long fd = C(timerfd_create, 1, 0), queue = C(socket, AF_UNIX, SOCK_DGRAM, 0);

	C(clock_gettime64, 1, &now);
	C(clock_gettime64, 99, &now);
	C(clock_settime64, 1, &soon);
	C(clock_adjtime64, 1, &adjust);
	C(clock_getres_time64, 1, &now);
	C(clock_nanosleep_time64, 1, 0, &soon, NULL);
	C(timer_create, 1, NULL, &id);
	C(timer_settime64, id, 0, &once, &was);
	C(timer_gettime64, id, &was);
	C(timer_delete, id);
	C(timerfd_settime64, fd, 0, &once, &was);
	C(timerfd_gettime64, fd, &was);
	C(utimensat_time64, AT_FDCWD, "plain", NULL, 0);
	C(pselect6_time64, 0, NULL, NULL, NULL, &soon, NULL);
	C(ppoll_time64, &polled, 1, &soon, NULL, 8);
	C(io_pgetevents_time64, 0, 0, 1, out, &soon, NULL);
	C(recvmmsg_time64, queue, NOWHERE, 1, MSG_DONTWAIT, &soon);
	C(mq_timedsend_time64, 99, "x", 1, 0, &past);
	C(mq_timedreceive_time64, 99, out, 1, NULL, &past);
	C(rt_sigtimedwait_time64, (&(uint64_t){0x4000}), out, &soon, 8);
	C(futex_time64, out + 60000, 0, 0, &soon);
	C(sched_rr_get_interval_time64, 0x7ffffff, &now);
	C(close, queue);
	C(close, fd);
}

void old(void)
{
	files_of_old();
	identity_of_old();
	signals_of_old();
	times_of_new();
}

#endif
