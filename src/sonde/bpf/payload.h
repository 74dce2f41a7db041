// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * What arguments point at: strings, I/O data, socket addresses. Each is one
 * record of its own ring, linked to its event by the sequence number.
 */
#pragma once
#include "records.h"

enum { SNAP_MAX = 65535, STRING_MAX = 4096, VECTORS = 16, SOCKADDR_MAX = 128 };

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

/* Gathers at most `want` bytes of an iovec array; -> bytes read */
INLINE u32 gather(struct payload *p, u64 vectors, u32 want)
{
	u32 have = 0;

	for (u32 i = 0; i < VECTORS; i++) {
		struct vector v;
		u32 n;

		if (have >= want || bpf_probe_read_user(&v, sizeof(v), (void *)(vectors + i * sizeof(v))))
			break;
		n = v.length > want - have ? want - have : v.length;
		if (bpf_probe_read_user(p->bytes + MASKED(have, SNAP_MAX), MASKED(n, SNAP_MAX), (void *)v.base))
			break;
		have += n & SNAP_MAX;
	}
	return have;
}

/* Reads one argument into the scratch; header.full and .failed say how it went. -> bytes read */
GLOBAL u32 read_argument(u64 pointer, u64 size, u32 kind)
{
	u32 n, snaplen = configuration.snaplen;
	struct payload *p = the_payload();
	long got = 0;

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
		got = bpf_probe_read_user(p->bytes, MASKED(n, SNAP_MAX), (void *)pointer);
	} else if (kind == PAY_MSGHDR || kind == PAY_IOVEC) {
		if (kind == PAY_MSGHDR)
			got = bpf_probe_read_user(&pointer, 8, (void *)(pointer + 16)); /* msg_iov */
		if (got >= 0)
			n = gather(p, pointer, n);
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

/* How many bytes an argument has, before `-s` cuts them; `length` is the word that says it. */
INLINE u64 argument_size(u32 kind, u64 length, s64 result)
{
	u32 n = 0;

	if (kind == PAY_SOCKADDR)
		return (u32)length;
	if (kind == PAY_SOCKADDR_OUT)
		return length && !bpf_probe_read_user(&n, 4, (void *)length) ? n : 0;
	return result > 0 ? result : 0;
}

/*
 * Reads one argument and sends it; `what` is its kind | its index << 8. One
 * that could not be read is sent too: an empty value and an unreadable one differ.
 */
GLOBAL u32 send_argument(u64 pointer, u64 length, u32 what, s64 result, u64 seq)
{
	u32 kind = what & 0xff, n;
	struct payload *p = the_payload();
	struct statistics *s = stats();
	u64 size = 0;

	if (!p || !s || !pointer)
		return 0;
	if (kind != PAY_STRING) {
		size = argument_size(kind, length, result);
		if (!size)
			return 0;
	}
	n = read_argument(pointer, size, kind);
	if (n > SNAP_MAX)
		n = SNAP_MAX;
	p->header.seq = seq;
	p->header.argument = what >> 8;
	p->header.kind = kind;
	if (p->header.failed || p->header.full != n)
		s->truncated++;
	if (bpf_ringbuf_output(&payloads, p, sizeof(p->header) + (n & SNAP_MAX), NO_WAKEUP))
		s->lost_payloads++;
	return 0;
}
