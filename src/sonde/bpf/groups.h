// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Aggregates: one entry a group, on every CPU its own. Keys and values are
 * words; how many, the main program that kernel/groups.py emits knows, and user
 * space sets the tables' widths when it creates them. The CPU is a word of the
 * key: a table that the kernel keeps for each CPU is made ten times slower, an
 * allocation for every entry.
 */
#pragma once
#include "records.h"

enum { GROUP_KEYS = 8, GROUPS = 1 << 16 };

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, GROUPS);
	__type(key, u64);
	__type(value, u64);
} groups SEC(".maps");

/*
 * Where a program puts a key together: on the stack Linux 6.1 has no room for it. Programs of tracepoints may interrupt
 * the others, but not each other.
 */
struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u64[GROUP_KEYS]);
} group_keys SEC(".maps");

/* Zeros: what a new group begins with. */
struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} group_start SEC(".maps");

/* The groups for which there was no room, together. */
struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} group_other SEC(".maps");

/* The words of the group with this key, made if need be; NULL only if the kernel lacks memory for its tables. */
INLINE void *group_of(void *key)
{
	void *words = bpf_map_lookup_elem(&groups, key), *start;
	u32 zero = 0;

	if (words)
		return words;
	start = bpf_map_lookup_elem(&group_start, &zero);
	if (!start)
		return NULL;
	bpf_map_update_elem(&groups, key, start, NOEXIST);
	words = bpf_map_lookup_elem(&groups, key);
	return words ? words : bpf_map_lookup_elem(&group_other, &zero);
}

/* The bucket of a linear histogram: how often the width fits; the last but one is for more, the last for below zero. */
INLINE u64 linear_bucket(s64 value, u64 width)
{
	u64 times;

	if (value < 0)
		return 64;
	times = (u64)value / width;
	return times > 63 ? 63 : times;
}

/* The bucket of a log2 histogram: the bits of a value; the last is for what is below zero. */
INLINE u64 log2_bucket(s64 value)
{
	u64 rest = value, bits = 0;

	if (value < 0)
		return 64;
	for (u32 step = 32; step; step >>= 1) {
		if (rest >> step) {
			rest >>= step;
			bits += step;
		}
	}
	return bits + rest;
}
