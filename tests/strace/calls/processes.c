#include "calls.h"
#include <linux/sched.h>

static void executes(void)
{
	static char *const words[] = {"calls", NULL}, *const settings[] = {"A=1", "LONG=a value that is longer than others", NULL};

	C(execve, "nothing", words, settings);
	C(execve, "plain", words, NULL);
	C(execve, NOWHERE, words, settings);
	C(execve, "plain", NOWHERE, settings);
	C(execve, "/proc/self/exe", words, settings);
}

static void executes_at(void)
{
	static char *const words[] = {"calls", NULL}, *const settings[] = {NULL};
	long fd = C(open, "/proc/self/exe", O_RDONLY | O_CLOEXEC);

	C(execveat, AT_FDCWD, "nothing", words, settings, AT_SYMLINK_NOFOLLOW);
	C(execveat, 99, "", words, settings, AT_EMPTY_PATH | 0x10);
	C(execveat, fd, "", words, settings, AT_EMPTY_PATH);
}

static void made(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct clone_args wanted = {.exit_signal = SIGCHLD};
	int status, tid = 0;
	long pid;

	pid = vforked();
	C(wait4, -1, &status, 0, NULL);
	pid = cloned(SIGCHLD, stack + sizeof(stack), NULL, 9);
	C(wait4, pid, &status, 0, out);
	pid = cloned(CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, stack + sizeof(stack), &tid, 10);
	C(wait4, pid, &status, 0x40000000, NULL);
	C(clone, CLONE_THREAD, NULL, NULL, NULL, NULL);
	C(clone, CLONE_NEWUSER | CLONE_FS, NULL, NULL, NULL, NULL);
	pid = C(clone3, &wanted, 64);
	if (!pid)
		C(exit, 11);
	C(waitid, P_PID, pid, out, WEXITED | WNOWAIT, NULL);
	C(waitid, P_ALL, 0, out, WEXITED, out + 1000);
	wanted.flags = CLONE_THREAD;
	C(clone3, &wanted, 88);
	C(clone3, &wanted, 8);
	C(clone3, NOWHERE, 64);
	C(wait4, -1, &status, 0, NULL);
	C(wait4, 99999, NOWHERE, 0x70, NULL);
	C(waitid, 9, 1, out, WEXITED, NULL);
	C(waitid, P_PGID, 0, NULL, WSTOPPED | WNOHANG, NULL);
	child(executes);
	child(executes_at);
}

static void killed(void)
{
	C(kill, C(getpid), SIGKILL);
}

static void aborted(void)
{
	*(volatile int *)NOWHERE = 0;
}

static void reached(void)
{
	static char information[128];
	long self = C(getpid), fd = C(pidfd_open, self, 0);

	C(pidfd_open, 0x7ffffff, 0);
	C(pidfd_open, self, 04000 | 0x10);
	C(pidfd_getfd, fd, 0, 0);
	C(pidfd_getfd, fd, 99, 1);
	C(pidfd_send_signal, fd, 0, NULL, 0);
	C(pidfd_send_signal, 99, SIGUSR1, information, 5);
	C(kcmp, self, self, 0, 0, 1);
	C(kcmp, self, self, 2, 0, 0);
	C(kcmp, self, 0, 99, 0, 0);
	C(ptrace, 1, 0x7ffffff, 0, 0);
	C(ptrace, 16, 0x7ffffff, 0, 0);
	C(ptrace, 0x4206, 0x7ffffff, 0, 0x100001);
	C(ptrace, 9999, 0x7ffffff, 1, 2);
	C(get_robust_list, 0, out, out + 8);
	C(get_robust_list, 0x7ffffff, out, NOWHERE);
	C(set_robust_list, out + 512, sizeof(long) * 3);
	C(set_robust_list, out + 512, 7);
	C(set_tid_address, out);
	C(rseq, out + 1024, 32, 0, 0x53053053);
	C(rseq, NULL, 32, 1, 5);
	C(close, fd);
}

void processes(void)
{
	made();
	child(killed);
	child(aborted);
	reached();
}
