// SPDX-License-Identifier: Apache-2.0
/* What is behind descriptors: a hash table by (table of descriptors, descriptor), and the events that change it. */
#include <stdint.h>

/* What is to be done, and what a step does, as in descriptors.py. */
enum { WALK, GET, SET, FORK, DROP };
enum { PAUSE, MEET, MAKE, CLOSE, COPY, CHANGE };

struct holder {			/* a thread */
	int64_t own;		/* its table; -1: there is no such thread */
	int64_t main;		/* the number of its process's main thread */
	int64_t shares;		/* does it use the table of that? */
	int64_t cwd;
};

struct change {
	int64_t key, when, old, new, event, cwd;
};

/* The job of descriptors.py. */
struct descriptors {
	uint64_t what;
	int32_t *slots;		/* index of an entry + 1; 0: free */
	uint64_t mask;		/* slots - 1; there are more than twice as many as `room` */
	int64_t *key, *value;	/* of each entry */
	int32_t *next;		/* index + 1 of another entry of the same table */
	uint64_t room, count;	/* entries */
	int32_t *head;		/* by table: index + 1 of an entry */
	uint64_t tables;
	int64_t *keys, *values;	/* GET, SET: of each; DROP: the tables; FORK: from, to */
	uint64_t asked;
	const uint8_t *op;	/* of each step */
	const int64_t *thread, *event, *fd, *from;
	uint64_t at, steps;
	const struct holder *holders;
	uint64_t threads;
	struct change *log;	/* room for a change a step */
	uint64_t logged;
};

static int64_t key_of(int64_t table, int64_t fd)
{
	return table << 32 | (fd & 0xFFFFFFFF);
}

/* The index of the entry of a key, made if it is to be; -1: none. */
static int64_t find(struct descriptors *d, int64_t key, int make)
{
	uint64_t at = ((uint64_t)key ^ (uint64_t)key >> 29) * 0x9E3779B97F4A7C15ULL >> 24, table = (uint64_t)key >> 32;
	int32_t entry;

	while ((entry = d->slots[at & d->mask])) {
		if (d->key[entry - 1] == key)
			return entry - 1;
		at++;
	}
	if (!make || d->count >= d->room || table >= d->tables)
		return -1;
	d->key[d->count] = key;
	d->value[d->count] = 0;
	d->next[d->count] = d->head[table];
	d->head[table] = d->slots[at & d->mask] = ++d->count;
	return d->count - 1;
}

static int64_t get(struct descriptors *d, int64_t key)
{
	int64_t entry = find(d, key, 0);

	return entry < 0 ? 0 : d->value[entry];
}

/* Is there no room for a key that is to have a value? */
static int64_t set(struct descriptors *d, int64_t key, int64_t value)
{
	int64_t entry = find(d, key, value != 0);

	if (entry >= 0)
		d->value[entry] = value;
	return entry < 0 && value;
}

/* The table that a thread uses, 0 if that is not known. */
static int64_t table_of(struct descriptors *d, const struct holder *h)
{
	int64_t table = h->own;

	if (h->shares)
		table = (uint64_t)h->main < d->threads ? d->holders[h->main].own : 0;
	return table > 0 && (uint64_t)table < d->tables ? table : 0;
}

static int64_t cwd_of(struct descriptors *d, const struct holder *h)
{
	int known = (uint64_t)h->main < d->threads && d->holders[h->main].own >= 0;

	return known ? d->holders[h->main].cwd : -1;
}

/* One step of a thread that is there. */
static void step(struct descriptors *d, const struct holder *h)
{
	int64_t table = table_of(d, h), key = key_of(table, d->fd[d->at]), old, new = -(int64_t)d->logged - 1;
	uint8_t op = d->op[d->at];

	if (op == MEET || !table || d->fd[d->at] < 0)
		return;
	old = get(d, key);
	if (op == CLOSE)
		new = 0;
	if (op == COPY)
		new = d->from[d->at] < 0 ? 0 : get(d, key_of(table, d->from[d->at]));
	if (new == old || (op == COPY && !new) || (op == CHANGE && !old))
		return;
	set(d, key, new);
	d->log[d->logged++] = (struct change){
		key, d->event[d->at] + (op == CLOSE), old, new, d->event[d->at], cwd_of(d, h)
	};
}

/* Up to the first step that is not ours, or whose thread there is not. */
static void walk(struct descriptors *d)
{
	for (; d->at < d->steps; d->at++) {
		uint64_t thread = d->thread[d->at];

		if (d->op[d->at] == PAUSE || thread >= d->threads || d->holders[thread].own < 0)
			return;
		step(d, &d->holders[thread]);
	}
}

/* How many descriptors found no room. */
static int64_t fork_table(struct descriptors *d, int64_t from, int64_t to)
{
	int64_t lost = 0;
	int32_t entry;

	if ((uint64_t)from >= d->tables || (uint64_t)to >= d->tables || from == to)
		return 0;
	for (entry = d->head[from]; entry; entry = d->next[entry - 1])
		if (d->value[entry - 1])
			lost += set(d, key_of(to, d->key[entry - 1]), d->value[entry - 1]);
	return lost;
}

static void drop(struct descriptors *d, int64_t table)
{
	int32_t entry;

	if ((uint64_t)table >= d->tables)
		return;
	for (entry = d->head[table]; entry; entry = d->next[entry - 1])
		d->value[entry - 1] = 0;
}

int64_t sonde_descriptors(struct descriptors *d)
{
	uint64_t i;

	if (d->what == WALK)
		walk(d);
	if (d->what == FORK)
		return fork_table(d, d->keys[0], d->keys[1]);
	for (i = 0; i < d->asked; i++) {
		if (d->what == GET)
			d->values[i] = get(d, d->keys[i]);
		if (d->what == SET)
			set(d, d->keys[i], d->values[i]);
		if (d->what == DROP)
			drop(d, d->keys[i]);
	}
	return d->at;
}
