// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Reading kernel memory by address.
 *
 * Kernel pointers are plain u64 here: the verifier forbids arithmetic on BTF
 * pointers and forgets their type in maps. With bpf_rdonly_cast (CASTS, Linux
 * >= 6.2) a read is one load that cannot fault; without it, a helper call.
 * The library is compiled both ways: half the code to verify at each start.
 */
#pragma once
#include "kernel.h"

#if CASTS
#define LEAF INLINE
/*
 * A field of what the verifier knows the type of: the current task, what a pointer among its fields leads to, and so
 * on. Such reads take no casts, which are calls for the compiler; those of the task itself no check of the address
 * either. A pointer that is read so is no number: apart() makes it one.
 */
#define GET(p, T, f) ((u64)((T *)(p))->f)
/* What lies at an address, for GET. */
#define TYPED(p, T) ((u64)CAST(p, T))
/* The task that runs; of a known type. */
INLINE u64 current_task(void) { return (u64)bpf_get_current_task_btf(); }
INLINE u64 read8(u64 address) { return CAST(address, struct timespec64)->tv_sec; }
INLINE u32 read4(u64 address) { return *(volatile u32 *)&CAST(address, struct upid)->nr; }
#else
/* Many reads by a helper take much stack: functions that only read have a frame of their own. */
#define LEAF HIDDEN
INLINE u64 read8(u64 address)
{
	u64 v = 0;

	bpf_probe_read_kernel(&v, 8, (void *)address);
	return v;
}

INLINE u32 read4(u64 address)
{
	u32 v = 0;

	bpf_probe_read_kernel(&v, 4, (void *)address);
	return v;
}
#define GET(p, T, f) ((u64)(typeof(((T *)0)->f))read8((p) + OFFSET(T, f)))
#define TYPED(p, T) (p)
INLINE u64 current_task(void) { return bpf_get_current_task(); }
#endif

#define READ8(p, T, f) read8((p) + OFFSET(T, f))
#define READ4(p, T, f) read4((p) + OFFSET(T, f))
#define READ2(p, T, f) (read4((p) + OFFSET(T, f)) & 0xffff)
#define READ1(p, T, f) (read4((p) + OFFSET(T, f)) & 0xff)

INLINE u64 mix(u64 hash, u64 word)
{
	hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
	return hash ^ (hash >> 29);
}

/* How far apart two pointers are: the only number that can be made of one whose type is known. */
INLINE u64 apart(u64 pointer, u64 from)
{
	asm volatile("%0 -= %1" : "+r"(pointer) : "r"(from));
	return pointer;
}

/*
 * A word of a sum that stands for many: each is multiplied by an odd number of its own, without waiting for the others
 * as those of a chain of mix() do.
 */
INLINE u64 weighed(u64 word, u32 place)
{
	u64 weight = 1;

	for (u32 i = 0; i <= place; i++)
		weight *= 0x9E3779B97F4A7C15ull;
	word *= weight;
	/* one after the other for the compiler: it has few registers */
	asm volatile("" : "+r"(word)::"memory");
	return word;
}

/* The current task's ids and whether it is in a 32-bit call: each helper call costs more than these reads. */
enum { TS_COMPAT = 2 };
#if CASTS
INLINE u32 tid_of(u64 task) { return GET(task, struct task_struct, pid); }
INLINE u32 tgid_of(u64 task) { return GET(task, struct task_struct, tgid); }
INLINE u32 in_compat(u64 task) { return GET(task, struct task_struct, thread_info.status) & TS_COMPAT; }
#else
INLINE u32 tid_of(u64 task) { return bpf_get_current_pid_tgid(); }
INLINE u32 tgid_of(u64 task) { return bpf_get_current_pid_tgid() >> 32; }
INLINE u32 in_compat(u64 task) { return bpf_get_current_task_btf()->thread_info.status & TS_COMPAT; }
#endif
