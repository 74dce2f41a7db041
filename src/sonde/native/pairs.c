// SPDX-License-Identifier: Apache-2.0
/* Events to threads and calls: a dense number for each thread, the enter event that an event belongs to. */
#include <stdint.h>

/* Marks of event types, as in pairs.py. */
enum { CALL = 1, USES_FD = 2, EXEC = 4, EXECVEAT = 8, MAKES = 16, ENDS = 32 };

struct pairs {
	const int64_t *tid;
	const uint16_t *type;
	const int64_t *word;	/* first parameter of each event, */
	const uint8_t *worded;	/* and whether it has one */
	uint64_t events;
	const uint8_t *marks;	/* by event type */
	int32_t *slots;		/* hash table: number of a thread, or -1 */
	uint64_t mask;		/* its size less one */
	int64_t *tids;		/* of each thread */
	int64_t *last;		/* its last enter event */
	uint8_t *alive;		/* is it known that there is one? */
	int32_t *thread;	/* number of each event's thread */
	int64_t *enter, *fd;
	uint8_t *valid;
	int64_t *begins;	/* events by which a thread is there that may not have been before */
	uint64_t carried;	/* the first events, which were seen before */
	uint64_t beginnings;
};

static int32_t number(struct pairs *p, int64_t tid, int32_t *count)
{
	uint64_t at = ((uint64_t)tid * 0x9E3779B97F4A7C15ULL) >> 32 & p->mask;

	while (p->slots[at] >= 0 && p->tids[p->slots[at]] != tid)
		at = (at + 1) & p->mask;
	if (p->slots[at] < 0) {
		p->slots[at] = *count;
		p->tids[*count] = tid;
		p->alive[*count] = 0;
		p->last[(*count)++] = -1;
	}
	return p->slots[at];
}

int64_t sonde_pairs(struct pairs *p)
{
	int32_t count = 0;

	for (uint64_t i = 0; i < p->events; i++) {
		uint16_t type = p->type[i];
		uint8_t marks = p->marks[type];
		int32_t thread = number(p, p->tid[i], &count);
		int64_t enter = -1;

		p->thread[i] = thread;
		if (marks & CALL) {
			if (!(type & 1))
				p->last[thread] = i;
			enter = p->last[thread];
		}
		if (marks & MAKES && i >= p->carried && !p->alive[thread]) {
			p->alive[thread] = 1;
			p->begins[p->beginnings++] = i;
		}
		if (marks & ENDS)
			p->alive[thread] = 0;
		p->enter[i] = enter;
		p->valid[i] = type & 1 && enter >= 0 &&
			      (p->type[enter] + 1 == type || (marks & EXEC && p->marks[p->type[enter]] & EXECVEAT));
		p->fd[i] = -1;
		if (marks & USES_FD && !(type & 1) && p->worded[i])
			p->fd[i] = p->word[i];
		else if (marks & USES_FD && p->valid[i])
			p->fd[i] = p->fd[enter];
	}
	return count;
}
