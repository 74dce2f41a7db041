// SPDX-License-Identifier: Apache-2.0
/* Which row has which number: a hash table that lives for one batch. */
#include <stdint.h>
#include <string.h>

/* The job in link.py. */
struct link {
	const uint64_t *rows;	/* the number of each row */
	uint64_t row_count;
	const uint64_t *wanted;
	uint64_t wanted_count;
	int64_t *found;		/* of each number wanted: the first row that has it, or -1 */
	uint32_t *table;	/* zeros; row + 1 */
	uint64_t mask;		/* entries of `table` - 1, more than there are rows */
};

/* Spreads numbers, however they follow one another: a run of filled entries would be searched again and again. */
static uint64_t place(uint64_t number)
{
	number = (number ^ number >> 32) * 0x9e3779b97f4a7c15;
	return number ^ number >> 29;
}

/* Where a number is, or the free entry where it would be. */
static uint32_t *entry(const struct link *l, uint64_t number)
{
	uint64_t at = place(number);

	while (l->table[at & l->mask] && l->rows[l->table[at & l->mask] - 1] != number)
		at++;
	return &l->table[at & l->mask];
}

int64_t sonde_link(struct link *l)
{
	uint64_t i;

	for (i = 0; i < l->row_count; i++) {
		uint32_t *e = entry(l, l->rows[i]);

		if (!*e)
			*e = i + 1;
	}
	for (i = 0; i < l->wanted_count; i++)
		l->found[i] = (int64_t)*entry(l, l->wanted[i]) - 1;
	return 0;
}
