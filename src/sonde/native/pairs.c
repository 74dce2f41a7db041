// SPDX-License-Identifier: Apache-2.0
/* Events to threads and calls: a dense number for each thread, the enter event that an event belongs to. */
#include <stdint.h>

/* Marks of event types, as in pairs.py. */
enum { CALL = 1, USES_FD = 2, EXEC = 4, EXECVEAT = 8, MAKES = 16, ENDS = 32, CHANGES = 64, ALWAYS = 128, ON_FD = 256 };
enum { BEGINS = 1, CHANGED = 2 };

struct pairs {
	const int64_t *tid;
	const uint16_t *type;
	const int64_t *word;	/* first parameter of each event, */
	const uint8_t *worded;	/* and whether it has one */
	uint64_t events;
	const uint16_t *marks;	/* by event type */
	int32_t *slots;		/* hash table: number of a thread, or -1 */
	uint64_t mask;		/* its size less one */
	int64_t *tids;		/* of each thread */
	int64_t *last;		/* its last enter event, */
	int64_t *newest;	/* of a call the last event */
	uint8_t *alive;		/* is it known that there is one? */
	int32_t *thread;	/* number of each event's thread */
	int64_t *enter, *fd;
	uint8_t *valid;
	int64_t *step;		/* events that begin a thread that may not have been there before, or change something: */
	uint8_t *how;		/* which of it */
	uint64_t carried;	/* the first events, which were seen before */
	uint64_t steps;
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
		p->newest[*count] = -1;
		p->last[(*count)++] = -1;
	}
	return p->slots[at];
}

/* Does an event change something, as far as its result and its descriptor tell? */
static int changes(const struct pairs *p, uint64_t i, uint16_t marks)
{
	int worked = marks & ALWAYS || (p->worded[i] && p->word[i] >= 0);

	return marks & CHANGES && worked && (p->fd[i] >= 0 || !(marks & ON_FD));
}

int64_t sonde_pairs(struct pairs *p)
{
	int32_t count = 0;

	for (uint64_t i = 0; i < p->events; i++) {
		uint16_t type = p->type[i];
		uint16_t marks = p->marks[type];
		int32_t thread = number(p, p->tid[i], &count);
		int64_t enter = -1;
		uint8_t how = 0;

		p->thread[i] = thread;
		if (marks & CALL) {
			if (!(type & 1))
				p->last[thread] = i;
			enter = p->last[thread];
			p->newest[thread] = i;
		}
		if (marks & MAKES && i >= p->carried && !p->alive[thread]) {
			p->alive[thread] = 1;
			how = BEGINS;
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
		if (i >= p->carried && changes(p, i, marks))
			how |= CHANGED;
		if (how) {
			p->step[p->steps] = i;
			p->how[p->steps++] = how;
		}
	}
	return count;
}
