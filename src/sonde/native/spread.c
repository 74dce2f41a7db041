// SPDX-License-Identifier: Apache-2.0
/* Rows into columns: each row is read once, while it is in the nearest cache. */
#include <stdint.h>
#include <string.h>

enum { BLOCK = 64, LINE = 64 };

/* The job in spread.py. A row begins with its stamp. */
struct spread {
	const uint8_t *rows;
	uint64_t count;
	uint64_t size;		/* bytes of a row */
	uint64_t stamp;		/* of the first row */
	uint64_t columns;
	const uint64_t *offsets;	/* of each column in a row */
	const uint64_t *widths;		/* 1, 2, 4 or 8 bytes */
	uint8_t *const *targets;	/* room for `count` values each */
};

/* How many of the next rows are whole; the block after them is fetched meanwhile. */
static uint64_t whole(const struct spread *s, uint64_t at, uint64_t most)
{
	uint64_t i, ahead;

	for (i = 0; i < most; i++) {
		const uint8_t *row = s->rows + (at + i) * s->size;

		for (ahead = 0; ahead < s->size; ahead += LINE)
			__builtin_prefetch(row + BLOCK * s->size + ahead);
		if (__atomic_load_n((const uint64_t *)row, __ATOMIC_ACQUIRE) != s->stamp + at + i)
			break;
	}
	return i;
}

/* One column of some rows; the width is a constant where it is inlined. */
static inline void column(uint8_t *to, const uint8_t *from, uint64_t size, uint64_t n, unsigned int width)
{
	for (; n; n--, to += width, from += size)
		memcpy(to, from, width);
}

static void columns(const struct spread *s, uint64_t at, uint64_t n)
{
	uint64_t c;

	for (c = 0; c < s->columns; c++) {
		const uint8_t *from = s->rows + at * s->size + s->offsets[c];
		uint8_t *to = s->targets[c] + at * s->widths[c];

		switch (s->widths[c]) {
		case 8:
			column(to, from, s->size, n, 8);
			break;
		case 4:
			column(to, from, s->size, n, 4);
			break;
		case 2:
			column(to, from, s->size, n, 2);
			break;
		default:
			column(to, from, s->size, n, 1);
		}
	}
}

/* Returns how many rows it took: up to the first that is not whole. */
int64_t sonde_spread(const struct spread *s)
{
	uint64_t at = 0, most, n;

	do {
		most = s->count - at < BLOCK ? s->count - at : BLOCK;
		n = whole(s, at, most);
		columns(s, at, n);
		at += n;
	} while (n == most && at < s->count);
	return at;
}
