#include "calls.h"
#include <sys/resource.h>

void scheduling(void)
{
	struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t rest[3]; } attributes = {
		48, 0, 1, 0, 0, {0}};
	struct { uint64_t soft, hard; } limits = {1000, 2000};
	struct { long soft, hard; } old_limits = {1024, -1};
	unsigned long cpus[16] = {1};
	int priority = 0, wrong = 77;

	C(sched_setaffinity, 0, 4, NOWHERE);
	C(sched_getaffinity, 0, 128, cpus);
	C(sched_getaffinity, 0x7ffffff, 128, cpus);
	C(getcpu, out, out + 4, NULL);
	C(getcpu, NULL, NOWHERE, NULL);
	C(sched_getscheduler, 0);
	C(sched_getscheduler, -1);
	C(sched_setscheduler, 0, 3, &priority);
	C(sched_setscheduler, 0, 0, &priority);
	C(sched_setscheduler, 0, 1 | 0x40000000, &wrong);
	C(sched_getparam, 0, &priority);
	C(sched_setparam, 0, &priority);
	C(sched_setparam, 0, &wrong);
	C(sched_setattr, 0, &attributes, 0);
	attributes.size = 8;
	C(sched_setattr, 0, &attributes, 7);
	C(sched_getattr, 0, out, 48, 0);
	C(sched_getattr, 0x7ffffff, out, 56, 1);
	C(sched_get_priority_max, 1);
	C(sched_get_priority_min, 99);
	C(sched_rr_get_interval, 0x7ffffff, out);
	C(sched_yield);
	C(getpriority, 0, 0);
	C(getpriority, 7, 1);
	C(setpriority, 0, 0, 3);
	C(setpriority, 2, 0x7ffffff, -3);
	C(ioprio_get, 1, 0);
	C(ioprio_set, 1, 0, 2 << 13 | 4);
	C(ioprio_set, 9, 0, 7 << 13);
	C(getrlimit, RLIMIT_STACK, out);
	C(getrlimit, 99, out);
	C(setrlimit, RLIMIT_CORE, &old_limits);
	C(setrlimit, RLIMIT_NOFILE, NOWHERE);
	C(prlimit64, 0, RLIMIT_NPROC, NULL, out);
	C(prlimit64, 0, RLIMIT_NOFILE, &limits, out);
	C(prlimit64, 0x7ffffff, RLIMIT_AS, &limits, NULL);
	C(prlimit64, 0, 99, NOWHERE, NULL);
}
