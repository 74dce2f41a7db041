// SPDX-License-Identifier: Apache-2.0
/* Rows that are alike in some columns: a hash table of those that are different, in one pass over the rows. */
#include <stdint.h>

#define BLOCK 1024 /* rows whose keys are in the cache */
#define SPREAD 0x9e3779b97f4a7c15

struct column {
	const void *values;
	uint64_t width;		/* bytes of a value: 1, 2, 4 or 8 */
	uint64_t base;		/* found out here: the first value, */
	uint64_t bits;		/* and the others differ from it in so many low bits */
};

/* The job in alike.py. */
struct alike {
	struct column *columns;
	uint64_t column_count;
	uint64_t rows;
	uint64_t most;		/* different rows that there is room for */
	uint32_t *table;	/* zeros; number of a different row + 1 */
	uint64_t mask;		/* entries of `table` - 1, more than `most` */
	uint64_t seed;		/* odd, and nobody's choice: whoever made the rows cannot aim at one entry */
	uint64_t *keys;		/* of each different row, */
	int64_t *first;		/* and the first row that is like it */
	uint32_t *which;	/* of each row: the number of the different row that it is like */
};

/* Does the same for values of each width. */
#define BY_WIDTH(c, of)                                 \
	do {                                            \
		switch ((c)->width) {                   \
		case 1: of(uint8_t); break;             \
		case 2: of(uint16_t); break;            \
		case 4: of(uint32_t); break;            \
		default: of(uint64_t); break;           \
		}                                       \
	} while (0)

static uint64_t value(const struct column *c, uint64_t row)
{
#define VALUE(type) return ((const type *)c->values)[row]
	BY_WIDTH(c, VALUE);
	return 0;
}

static void measure(struct column *c, uint64_t rows)
{
	uint64_t differ = 0;

#define MEASURE(type)                                                   \
	{                                                               \
		const type *from = c->values;                           \
		type all = 0;                                           \
		for (uint64_t i = 1; i < rows; i++)                     \
			all |= from[i] ^ from[0];                       \
		c->base = from[0];                                      \
		differ = all;                                           \
	}
	BY_WIDTH(c, MEASURE);
	c->bits = differ ? 64 - __builtin_clzll(differ) : 0;
}

/* Adds a column to the keys of some rows: beside the others where all have room in a key, else mixed with them. */
static void add(uint64_t *keys, const struct column *c, uint64_t start, uint64_t count, int exact)
{
	uint64_t base = c->base, bits = c->bits;

	if (!bits)
		return;
#define ADD(type)                                                                                       \
	{                                                                                               \
		const type *from = (const type *)c->values + start;                                     \
		if (exact)                                                                              \
			for (uint64_t i = 0; i < count; i++)                                            \
				keys[i] = (bits < 64 ? keys[i] << bits : 0) | (from[i] ^ base);         \
		else                                                                                    \
			for (uint64_t i = 0; i < count; i++)                                            \
				keys[i] = ((keys[i] ^ from[i]) * SPREAD) ^ keys[i] >> 31;               \
	}
	BY_WIDTH(c, ADD);
}

static int same(const struct alike *a, uint64_t row, uint64_t other)
{
	for (uint64_t i = 0; i < a->column_count; i++)
		if (value(&a->columns[i], row) != value(&a->columns[i], other))
			return 0;
	return 1;
}

/* The entry of the table that has the number of a row like this one, or has none. */
static uint32_t *entry(const struct alike *a, uint64_t key, uint64_t row, int exact)
{
	uint64_t at = key * a->seed;

	for (at ^= at >> 32;; at++) {
		uint32_t *found = &a->table[at & a->mask];
		uint32_t number = *found;

		if (!number || (a->keys[number - 1] == key && (exact || same(a, row, a->first[number - 1]))))
			return found;
	}
}

/* Returns the number of different rows, -1 if there are more than `most`. */
int64_t sonde_alike(struct alike *a)
{
	uint64_t keys[BLOCK], found = 0, bits = 0, last = 0;
	uint32_t number = 0;
	int exact;

	for (uint64_t i = 0; i < a->column_count && a->rows; i++) {
		measure(&a->columns[i], a->rows);
		bits += a->columns[i].bits;
	}
	exact = bits <= 64;
	for (uint64_t start = 0; start < a->rows; start += BLOCK) {
		uint64_t count = a->rows - start < BLOCK ? a->rows - start : BLOCK;

		for (uint64_t i = 0; i < count; i++)
			keys[i] = 0;
		for (uint64_t i = 0; i < a->column_count; i++)
			add(keys, &a->columns[i], start, count, exact);
		for (uint64_t i = 0; i < count; i++) {
			if (!number || !exact || keys[i] != last) {
				uint32_t *e = entry(a, keys[i], start + i, exact);

				if (!*e) {
					if (found == a->most)
						return -1;
					a->keys[found] = keys[i];
					a->first[found] = start + i;
					*e = ++found;
				}
				number = *e;
				last = keys[i];
			}
			a->which[start + i] = number - 1;
		}
	}
	return found;
}
