// SPDX-License-Identifier: Apache-2.0
/* Blocks of a .scap file: events into columns, other blocks by place. */
#include <stdint.h>
#include <string.h>

/* Block types, as in catalog/scap/blocks.py. */
enum { STATE_ONLY = 1 };		/* of the flags of a block, as there */
enum { WIDE = 1, KEPT = 2 };	/* forms of an event, as in scap.py */
enum { EV = 0x204, EV_INT = 0x8010ABCD, EVF = 0x208, EV2 = 0x216, EVF2 = 0x217, LARGE = 0x221, LARGEF = 0x222 };

/* WALK in scap.py. */
struct scap {
	const uint8_t *buffer;
	uint64_t at;		/* of the next block; left where the walk stopped */
	uint64_t end;
	const uint16_t *old;	/* by event type: parameters at most, before version 1.2 */
	uint64_t types;		/* event types there are */
	uint64_t largest;	/* bytes of a block; a longer one is damage */
	int64_t *time, *tid;	/* of each event */
	uint16_t *type, *cpu;
	int64_t *start;		/* of its block */
	int64_t *lengths;	/* where the lengths of its parameters stand, which are behind them */
	int32_t *count;		/* its parameters */
	uint8_t *form;
	int64_t *word;		/* the first as a number, of at most eight bytes; */
	uint8_t *worded;	/* has it eight bytes? */
	int64_t *other;		/* of each other block: type, where it is, bytes */
	uint64_t events, others;
	uint64_t torn;		/* events whose parameters do not fit into their blocks */
	uint64_t damaged;	/* is what stands at `at` no block? */
};

static uint32_t u32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof v);
	return v;
}

static uint64_t length_of(const uint8_t *lens, uint64_t i, int wide)
{
	uint16_t v;

	if (wide)
		return u32(lens + 4 * i);
	memcpy(&v, lens + 2 * i, sizeof v);
	return v;
}

/* The bytes of `count` parameters with their lengths, or more than `room` if they do not fit. */
static uint64_t taken(const uint8_t *lens, uint64_t count, int wide, uint64_t room)
{
	uint64_t sum = count << (1 + wide), i;

	if (sum > room)
		return room + 1;
	for (i = 0; i < count && sum <= room; i++)
		sum += length_of(lens, i, wide);
	return sum;
}

/* How many parameters fill exactly `room` bytes, at most `most`; -1 if no number does. */
static int64_t counted(const uint8_t *lens, int64_t most, uint64_t room)
{
	while (most >= 0 && taken(lens, most, 0, room) != room)
		most--;
	return most;
}

/* One event: header behind the CPU (and flags), `size` bytes of the block are left from there. */
static void event(struct scap *s, uint64_t block, uint64_t cpu, uint64_t at, uint64_t size, int counts, int form)
{
	const uint8_t *head = s->buffer + at;
	uint64_t fixed = counts ? 26 : 22, room, first, length;
	int wide = form & WIDE;
	uint16_t type;
	int64_t count;

	if (size < fixed || u32(head + 16) < fixed || u32(head + 16) > size) {
		s->torn++;
		return;
	}
	memcpy(&type, head + 20, sizeof type);
	room = u32(head + 16) - fixed;
	if (counts)
		count = u32(head + 22);
	else
		count = counted(head + fixed, type < s->types ? s->old[type] : 0, room);
	if (count < 0 || (uint64_t)count > room || taken(head + fixed, count, wide, room) > room) {
		s->torn++;
		return;
	}
	memcpy(&s->time[s->events], head, 8);
	memcpy(&s->tid[s->events], head + 8, 8);
	memcpy(&s->cpu[s->events], s->buffer + cpu, 2);
	s->type[s->events] = type;
	s->start[s->events] = block;
	s->lengths[s->events] = at + fixed;
	s->count[s->events] = count;
	s->form[s->events] = form;
	first = at + fixed + ((uint64_t)count << (1 + wide));
	length = count > 0 ? length_of(head + fixed, 0, wide) : 0;
	s->word[s->events] = 0;
	s->worded[s->events] = length >= 8;
	memcpy(&s->word[s->events], s->buffer + first, length >= 8 ? 8 : length);
	s->events++;
}

int64_t sonde_scap(struct scap *s)
{
	while (s->at + 12 <= s->end) {
		uint32_t type = u32(s->buffer + s->at), total = u32(s->buffer + s->at + 4);
		uint64_t body = s->at + 8;
		int flags, counts, form;

		if (total < 12 || total > s->largest) {
			s->damaged = 1;
			break;
		}
		if (total > s->end - s->at)
			break;
		if (u32(s->buffer + s->at + total - 4) != total) {
			s->damaged = 1;
			break;
		}
		flags = type == EVF || type == EVF2 || type == LARGEF;
		form = type == LARGE || type == LARGEF ? WIDE : 0;
		counts = form || type == EV2 || type == EVF2;
		if (flags || counts || type == EV || type == EV_INT) {
			uint64_t skip = flags ? 6 : 2;

			if (total - 12 < skip)
				s->torn++;
			else
				event(s, s->at, body, body + skip, total - 12 - skip, counts,
				      form | (flags && s->buffer[body + 2] & STATE_ONLY ? KEPT : 0));
		} else {
			int64_t *other = s->other + 3 * s->others++;

			other[0] = type;
			other[1] = body;
			other[2] = total - 12;
		}
		s->at += total;
	}
	return s->events;
}
