// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * What arguments point at: strings, I/O data, socket addresses. Each is one
 * record of its own ring, linked to its event by the sequence number.
 */
#pragma once
#include "records.h"

enum { SNAP_MAX = 65535, STRING_MAX = 4096, VECTORS = 16, SOCKADDR_MAX = 128, MEMORY_MAX = 32768 };
enum { STRINGS = 32, STRINGS_AT_ONCE = 32, STRINGS_COUNTED = 512, STRINGS_MAX = 8192, PAGE_SIZE = 4096 };
/* With the kind of an argument: it belongs to a 32-bit call; bit of the part of it that is sent, each eight indices. */
enum { OF_COMPAT = 0x80, PART = 8, PART_HEADER = 1, PART_NAME, PART_VECTOR, PART_CONTROL, PART_DATA, PART_BEHIND };
enum { ARGUMENT_STACK = 7, STACK_FRAMES = 127, USER_STACK = 1 << 8 };

struct payload {
	struct payload_header header;
	u8 bytes[2 * (SNAP_MAX + 1)];
};

/* One a CPU; a per-CPU map's values end at 32 KiB. max_entries is set to the number of CPUs. */
struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct payload);
} payload_scratch SEC(".maps");

INLINE struct payload *the_payload(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&payload_scratch, &cpu);
}

struct vector {
	u64 base, length;
};

INLINE int read_vector(struct vector *v, u64 vectors, u32 i, u32 compat)
{
	u32 small[2];

	if (!compat)
		return bpf_probe_read_user(v, sizeof(*v), (void *)(vectors + i * sizeof(*v)));
	if (bpf_probe_read_user(small, sizeof(small), (void *)(vectors + i * sizeof(small))))
		return -1;
	v->base = small[0];
	v->length = small[1];
	return 0;
}

/* Gathers at most `want` bytes of an iovec array; -> bytes read */
INLINE u32 gather(struct payload *p, u64 vectors, u32 want, u32 compat)
{
	u32 have = 0;

	for (u32 i = 0; i < VECTORS; i++) {
		struct vector v;
		u32 n;

		if (have >= want || read_vector(&v, vectors, i, compat))
			break;
		n = v.length > want - have ? want - have : v.length;
		if (bpf_probe_read_user(p->bytes + MASKED(have, SNAP_MAX), MASKED(n, SNAP_MAX), (void *)v.base))
			break;
		have += n & SNAP_MAX;
	}
	return have;
}

/* At most `n` bytes of a piece go behind the `have` that are there; -> bytes, -1: not to be read. */
GLOBAL s64 add_piece(u64 base, u64 n, u32 have)
{
	struct payload *p = the_payload();

	if (!p || have > SNAP_MAX)
		return -1;
	n = n > SNAP_MAX - have ? SNAP_MAX - have : n;
	if (bpf_probe_read_user(p->bytes + MASKED(have, SNAP_MAX), MASKED(n, SNAP_MAX), (void *)base))
		return -1;
	return n;
}

/* Gathers the first `each` bytes of `count` pieces, of which `moved` bytes in all mean something; -> bytes read */
GLOBAL u32 gather_pieces(u64 vectors, u64 count, u64 moved, u32 each, u32 compat)
{
	struct payload *p = the_payload();
	u32 have = 0;

	if (!p)
		return 0;
	p->header.full = 0;
	for (u32 i = 0; i < VECTORS; i++) {
		struct vector v;
		s64 n;

		if (i >= count || read_vector(&v, vectors, i, compat))
			break;
		v.length = v.length > moved ? moved : v.length;
		moved -= v.length;
		p->header.full += v.length;
		n = add_piece(v.base, v.length > each ? each : v.length, have);
		if (n < 0)
			break;
		have += n;
	}
	return have;
}

/* At most `n` bytes, as much as there is before a page that is not there; -> bytes read, < 0: none. */
GLOBAL s64 read_pages(u64 pointer, u32 n)
{
	struct payload *p = the_payload();
	u32 have = 0;

	if (!p)
		return -1;
	for (u32 i = 0; i < SNAP_MAX / PAGE_SIZE + 2; i++) {
		u32 rest = PAGE_SIZE - ((pointer + have) & (PAGE_SIZE - 1));

		have &= SNAP_MAX;
		if (have >= n)
			break;
		rest = rest > n - have ? n - have : rest;
		if (bpf_probe_read_user(p->bytes + have, MASKED(rest, 2 * PAGE_SIZE - 1), (void *)(pointer + have)))
			break;
		have += rest;
	}
	return have ? (s64)(have & SNAP_MAX) : -1;
}

INLINE s64 read_some(struct payload *p, u64 pointer, u32 n)
{
	if (!bpf_probe_read_user(p->bytes, MASKED(n, SNAP_MAX), (void *)pointer))
		return n;
	return read_pages(pointer, n);
}

/* How many of the next strings of an argv there are before its end, or what cannot be read; < 0: not even one. */
GLOBAL s64 count_some(u64 pointers, u32 compat)
{
	u32 count = 0, width = compat ? 4 : 8;

	for (; count < STRINGS_AT_ONCE; count++) {
		u64 pointer = 0;

		if (bpf_probe_read_user(&pointer, width, (void *)(pointers + count * width)))
			return count ? (s64)count : -1;
		if (!pointer)
			break;
	}
	return count;
}

/* How many strings an argv has; < 0: there is no array. Functions of their own are verified once. */
GLOBAL s64 count_strings(u64 pointers, u32 compat)
{
	u32 count = 0;

	for (u32 i = 0; i < STRINGS_COUNTED / STRINGS_AT_ONCE; i++) {
		s64 some = count_some(pointers + count * (compat ? 4 : 8), compat);

		if (some < 0)
			return count ? (s64)count : -1;
		count += some;
		if (some < STRINGS_AT_ONCE)
			break;
	}
	return count;
}

/* One string of an argv goes behind the `have` bytes that are there; -> bytes, an empty one for one that is not to be read. */
GLOBAL u32 add_string(u64 at, u32 have, u32 compat)
{
	struct payload *p = the_payload();
	u64 pointer = 0;
	long n;

	if (!p)
		return 0;
	have &= STRINGS_MAX - 1;
	p->bytes[have] = 0;
	if (bpf_probe_read_user(&pointer, compat ? 4 : 8, (void *)at))
		return 1;
	n = bpf_probe_read_user_str(p->bytes + have, STRING_MAX, (void *)pointer);
	return n > 0 ? n & (STRINGS_MAX - 1) : 1;
}

/* The strings of an argv, one behind the other, each with its NUL; p->header.full: how many there are. < 0: no array. */
INLINE s64 read_strings(struct payload *p, u64 pointers, u32 compat)
{
	s64 count = count_strings(pointers, compat);
	u32 have = 0;

	if (count < 0)
		return -1;
	p->header.full = count;
	for (u32 i = 0; i < STRINGS; i++) {
		if (i >= count || have >= STRINGS_MAX - STRING_MAX)
			break;
		have += add_string(pointers + i * (compat ? 4 : 8), have, compat);
	}
	return have & (2 * STRINGS_MAX - 1);
}

/* Where the vector of a message is (*pointer becomes that) and how many pieces it has; < 0: not to be read. */
INLINE long enter_message(u64 *pointer, u64 *count, u32 compat)
{
	struct vector v = { 0 };

	if (read_vector(&v, *pointer + (compat ? 8 : 16), 0, compat)) /* msg_iov, msg_iovlen */
		return -1;
	*pointer = v.base;
	*count = v.length;
	return 0;
}

/* Reads one argument into the scratch; header.full and .failed say how it went. -> bytes read */
GLOBAL u32 read_argument(u64 pointer, u64 size, u32 kind)
{
	u32 n, snaplen = configuration.snaplen, compat = kind & OF_COMPAT;
	struct payload *p = the_payload();
	long got = 0;

	kind &= ~OF_COMPAT;

	if (!p)
		return 0;
	if (snaplen > SNAP_MAX)
		snaplen = SNAP_MAX;
	p->header.failed = 0;
	p->header.full = size;
	n = size > snaplen ? snaplen : size;
	if (kind == PAY_STRING) {
		got = bpf_probe_read_user_str(p->bytes, STRING_MAX, (void *)pointer);
		n = got > 0 ? got - 1 : 0;
		p->header.full = n == STRING_MAX - 1 ? ~0u : n;
	} else if (kind == PAY_DATA) {
		n = got = read_some(p, pointer, n);
	} else if (kind == PAY_MEMORY) {
		n = size > MEMORY_MAX ? MEMORY_MAX : size;
		n = got = read_some(p, pointer, n);
	} else if (kind == PAY_STRINGS) {
		n = got = read_strings(p, pointer, compat);
	} else if (kind == PAY_SIGINFO) {
		n = size > SOCKADDR_MAX ? SOCKADDR_MAX : size;
		got = bpf_probe_read_kernel(p->bytes, MASKED(n, 2 * SOCKADDR_MAX - 1), (void *)pointer);
	} else if (kind == PAY_MSGHDR || kind == PAY_IOVEC) {
		if (kind == PAY_MSGHDR)
			got = enter_message(&pointer, &size, compat);
		if (got >= 0)
			n = gather(p, pointer, n, compat);
	} else {
		n = size > SOCKADDR_MAX ? SOCKADDR_MAX : size;
		got = bpf_probe_read_user(p->bytes, MASKED(n, 2 * SOCKADDR_MAX - 1), (void *)pointer);
	}
	if (got < 0) {
		p->header.failed = 1;
		n = 0;
	}
	return n;
}

/* How many bytes an argument has, before `-s` cuts them; `length` is the word that says it, `result` what was moved. */
INLINE u64 argument_size(u32 kind, u64 length, s64 result)
{
	u32 n = 0;

	if (kind == PAY_SOCKADDR)
		return (u32)length;
	if (kind == PAY_SOCKADDR_OUT)
		return length && !bpf_probe_read_user(&n, 4, (void *)length) ? n : 0;
	if (kind == PAY_DATA || kind == PAY_IOVEC || kind == PAY_MSGHDR)
		return result > 0 ? result : 0;
	return length;
}

/*
 * Reads one argument and sends it; `what` is its kind | its index << 8. One
 * that could not be read is sent too: an empty value and an unreadable one differ.
 * -> 1: it could not be read.
 */
GLOBAL u32 send_argument(u64 pointer, u64 length, u32 what, s64 result, u64 seq)
{
	u32 kind = what & 0xff & ~OF_COMPAT, n;
	struct payload *p = the_payload();
	struct statistics *s = stats();
	u64 size = 0;

	if (!p || !s || !pointer)
		return 0;
	if (kind != PAY_STRING && kind != PAY_STRINGS) {
		size = argument_size(kind, length, result);
		if (!size)
			return 0;
	}
	n = read_argument(pointer, size, what & 0xff);
	if (n > SNAP_MAX)
		n = SNAP_MAX;
	p->header.seq = seq;
	p->header.argument = what >> 8;
	p->header.kind = kind;
	if (p->header.failed || (p->header.full != n && kind != PAY_STRINGS))
		s->truncated++;
	if (bpf_ringbuf_output(&payloads, p, sizeof(p->header) + (n & SNAP_MAX), NO_WAKEUP))
		s->lost_payloads++;
	return p->header.failed;
}

/*
 * Sends the data of a vector or a message, `-s` bytes of each piece: strace's
 * view. `count`: the pieces of a vector; `moved`: bytes that mean something.
 */
GLOBAL u32 send_pieces(u64 pointer, u64 count, u32 what, u64 moved, u64 seq)
{
	u32 compat = what & OF_COMPAT, n = 0;
	struct payload *p = the_payload();
	struct statistics *s = stats();

	if (!p || !s || !pointer || !moved)
		return 0;
	p->header.full = 0;
	p->header.seq = seq;
	p->header.argument = what >> 8;
	p->header.kind = what & 0xff & ~OF_COMPAT;
	p->header.failed = p->header.kind == PAY_MSGHDR && enter_message(&pointer, &count, compat) < 0;
	if (!p->header.failed)
		n = gather_pieces(pointer, count, moved, configuration.snaplen, compat);
	s->truncated += p->header.full != n;
	if (bpf_ringbuf_output(&payloads, p, sizeof(p->header) + (n & SNAP_MAX), NO_WAKEUP))
		s->lost_payloads++;
	return 0;
}

/* What stands behind an address and a length: `what` as above. */
GLOBAL u32 send_behind(u64 pointer, u32 what, u64 seq)
{
	struct vector v;

	if (read_vector(&v, pointer, 0, what & OF_COMPAT))
		return 0;
	return send_argument(v.base, v.length & (SOCKADDR_MAX - 1), (what & ~0xff) | PART_BEHIND * PART << 8 | PAY_MEMORY, 0, seq);
}

/* The records of tracepoints; their programs may interrupt others, but not each other. */
enum { RECORD_MAX = 8192, RECORD_UNIT = 4 };
struct record {
	struct payload_header header;
	u8 bytes[RECORD_MAX];
};
struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct record);
} record_scratch SEC(".maps");

/* The addresses of the frames by which the program came here, the innermost first. */
GLOBAL u32 send_stack(u64 seq)
{
	struct payload *p = the_payload();
	struct statistics *s = stats();
	long n;

	if (!p || !s)
		return 0;
	n = bpf_get_task_stack(bpf_get_current_task_btf(), p->bytes, STACK_FRAMES * sizeof(u64), USER_STACK);
	if (n <= 0)
		return 0;
	p->header.seq = seq;
	p->header.argument = ARGUMENT_STACK;
	p->header.kind = PAY_MEMORY;
	p->header.failed = 0;
	p->header.full = n;
	if (bpf_ringbuf_output(&payloads, p, sizeof(p->header) + MASKED(n, 1023), NO_WAKEUP))
		s->lost_payloads++;
	return 0;
}

/* struct msghdr, and that of 32-bit programs. */
struct message {
	u64 name;
	u32 name_length, pad;
	u64 vectors, count, control, control_length;
	u32 flags, pad2;
};
struct message_compat {
	u32 name, name_length, vectors, count, control, control_length, flags;
};

/* The parts of a message: its own bytes, the address, the vector, ancillary data; `what` as above, of part 0. */
GLOBAL u32 send_message(u64 pointer, u32 what, u64 seq)
{
	u32 compat = what & OF_COMPAT, index = what >> 8 << 8, size = compat ? sizeof(struct message_compat) : sizeof(struct message);
	struct payload *p = the_payload();
	struct message_compat *small;
	struct message *m;

	if (!p)
		return 0;
	/* where no argument reaches: the stack has no room */
	m = (void *)(p->bytes + sizeof(p->bytes) - sizeof(*m));
	small = (void *)(p->bytes + sizeof(p->bytes) - 2 * sizeof(*m));
	if (compat) {
		if (bpf_probe_read_user(small, sizeof(*small), (void *)pointer))
			return 0;
		m->name = small->name;
		m->name_length = small->name_length;
		m->vectors = small->vectors;
		m->count = small->count;
		m->control = small->control;
		m->control_length = small->control_length;
	} else if (bpf_probe_read_user(m, sizeof(*m), (void *)pointer)) {
		return 0;
	}
	send_argument(pointer, size, index | PART_HEADER * PART << 8 | PAY_MEMORY, 0, seq);
	send_argument(m->name, m->name_length, index | PART_NAME * PART << 8 | PAY_SOCKADDR, 0, seq);
	send_argument(m->vectors, (m->count & 1023) * (compat ? 8 : 16), index | PART_VECTOR * PART << 8 | PAY_MEMORY, 0, seq);
	send_argument(m->control, m->control_length, index | PART_CONTROL * PART << 8 | PAY_MEMORY, 0, seq);
	return 0;
}
