// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The boot clock: the monotonic one, which is read in four fifths of the time,
 * and for how long the system has been suspended. That changes only while no
 * program runs.
 */
#pragma once
#include "kernel.h"

struct slept {
	u64 ns, within; /* within: of a reading, how far off it may be */
} slept SEC(".data.slept") = { 0, ~0ull };

INLINE u64 boot_now(void)
{
	return bpf_ktime_get_ns() + *(volatile u64 *)&slept.ns;
}

/* Read once more; what was read in the shortest time stands. */
INLINE void measure_sleep(void)
{
	u64 before = bpf_ktime_get_ns(), boot = bpf_ktime_get_boot_ns(), within = bpf_ktime_get_ns() - before;

	if (within >= slept.within)
		return;
	slept.within = within;
	slept.ns = boot > before + within ? boot - before - within / 2 : 0;
}
