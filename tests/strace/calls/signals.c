#include "calls.h"

static void handler(int number)
{
	(void)number;
}

static void informed(int number, siginfo_t *information, void *context)
{
	(void)number, (void)information, (void)context;
}

static void actions(void)
{
	struct kernel_action ignored = {(void *)1, 0x10000000, NULL, 0}, was;
	struct kernel_action odd = {NOWHERE, 0x4000000 | 0x80000000 | 0x40, EDGE, ~0ULL};
	stack_t stack = {out + 8192, 0, 32768}, off = {NULL, 2, 0};

	C(rt_sigaction, SIGUSR1, &ignored, &was, 8);
	C(rt_sigaction, SIGUSR1, NULL, &was, 8);
	C(rt_sigaction, 40, &odd, NULL, 8);
	C(rt_sigaction, SIGKILL, &ignored, NULL, 8);
	C(rt_sigaction, 99, NULL, NULL, 8);
	C(rt_sigaction, SIGUSR1, NOWHERE, &was, 4);
	C(sigaltstack, &stack, NULL);
	C(sigaltstack, NULL, out);
	C(sigaltstack, &off, out);
	C(sigaltstack, NOWHERE, NULL);
}

static void sent(void)
{
	siginfo_t information;
	uint64_t all = ~0ULL, one = 1ULL << (SIGUSR2 - 1) | 1ULL << 33, none = 0, was;
	struct span soon = {0, 1000};
	long self = C(getpid);

	memset(&information, 0, sizeof(information));
	handle(SIGUSR1, informed, SA_SIGINFO | SA_RESTART);
	handle(SIGUSR2, handler, 0);
	C(kill, self, SIGUSR1);
	C(kill, 0x7ffffff, 0);
	C(kill, self, 99);
	C(tkill, self, SIGUSR1);
	C(tgkill, self, self, SIGUSR2);
	C(tgkill, self, 0x7ffffff, SIGUSR2);
	information.si_code = SI_QUEUE;
	information.si_value.sival_int = 1234;
	C(rt_sigqueueinfo, self, SIGUSR1, &information);
	C(rt_sigqueueinfo, 0x7ffffff, SIGUSR1, NOWHERE);
	information.si_code = -77;
	C(rt_tgsigqueueinfo, self, self, SIGUSR1, &information);
	C(rt_sigprocmask, SIG_BLOCK, &one, &was, 8);
	C(rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
	C(rt_sigprocmask, SIG_UNBLOCK, NULL, &was, 8);
	C(rt_sigprocmask, 77, &one, NULL, 8);
	C(rt_sigprocmask, SIG_SETMASK, NOWHERE, NULL, 4);
	C(kill, self, SIGUSR2);
	C(rt_sigpending, out, 8);
	C(rt_sigpending, NOWHERE, 9);
	C(rt_sigtimedwait, &one, out, &soon, 8);
	C(rt_sigtimedwait, &one, NULL, &soon, 8);
	C(kill, self, SIGUSR2);
	C(rt_sigsuspend, &none, 8);
	C(rt_sigsuspend, NOWHERE, 8);
	C(rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
}

static void stops(void)
{
	C(kill, C(getpid), SIGTERM);
}

void signals(void)
{
	actions();
	sent();
	child(stops);
}
