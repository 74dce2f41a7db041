// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * String predicates as tables: plan/automaton.py builds them.
 *
 * The path automaton runs along the tree of path components (files.h): a node
 * stores the state reached after its path, so it costs nothing per event. A
 * text automaton runs over one string (comm, data) when a filter asks.
 */
#pragma once
#include "records.h"

enum { PATH_STATES = 8192, PATH_CELLS = 1 << 19, TEXT_STATES = 1024, TEXT_CELLS = 32768, TEXTS = 8 };

struct path_automaton {
	u32 classes, start_name, states, predicates;
	u64 name_bits, directory_bits, filename_bits, pad;
	u8 class[256];
	u64 accept[PATH_STATES], hit[PATH_STATES];
	u16 next[PATH_CELLS];
};

/* Two slots: user space fills the idle one, then bumps the version. */
struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct path_automaton);
} automata SEC(".maps");

struct automaton_version {
	u32 version, pad;
} automaton_version SEC(".data.automaton");

struct text_automaton {
	u32 classes, states;
	u8 class[256];
	u64 accept[TEXT_STATES], hit[TEXT_STATES];
	u16 next[TEXT_CELLS];
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, TEXTS);
	__type(key, u32);
	__type(value, struct text_automaton);
} texts SEC(".maps");

enum { TEXT_MAX = 4096 };
struct text_scratch {
	u8 bytes[TEXT_MAX + 256];
};
struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct text_scratch);
} text_scratch SEC(".maps");

struct text_run {
	struct text_automaton *automaton;
	struct text_scratch *text;
	u64 hits;
	u32 state, length;
};

static long text_step(u32 i, struct text_run *run)
{
	struct text_automaton *a = run->automaton;
	u32 byte, state;

	if (i >= run->length)
		return 1;
	byte = run->text->bytes[i & (TEXT_MAX - 1)];
	state = a->next[(run->state * a->classes + a->class[byte]) & (TEXT_CELLS - 1)] & (TEXT_STATES - 1);
	run->hits |= a->hit[state];
	run->state = state;
	return 0;
}

/* The predicates of automaton `slot` that the first `length` scratch bytes satisfy. */
GLOBAL u64 text_run(u32 slot, u32 length)
{
	u32 zero = 0;
	struct text_run run = {
		.automaton = bpf_map_lookup_elem(&texts, &slot),
		.text = bpf_map_lookup_elem(&text_scratch, &zero),
		.length = length,
	};

	if (!run.automaton || !run.text)
		return 0;
	run.hits = run.automaton->hit[0];
	bpf_loop(TEXT_MAX, text_step, &run, 0);
	return run.hits | run.automaton->accept[run.state & (TEXT_STATES - 1)];
}
