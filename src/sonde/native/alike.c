// SPDX-License-Identifier: Apache-2.0
/* Which rows are alike in their numbers and their bytes: a hash table that lives for one call. */
#include <stdint.h>
#include <string.h>

/* The job in alike.py. */
struct alike {
	const uint8_t *data;
	uint64_t size;
	const int64_t *numbers;	/* `width` of each row */
	uint64_t width;
	const int64_t *spans;	/* `pieces` times (begin, end) in `data` of each row; end <= begin: no bytes */
	uint64_t pieces;
	uint64_t rows;
	int64_t *group;		/* number of each row's group */
	int64_t *first;		/* first row of each group */
	int32_t *slots;		/* number of a group + 1; 0: free */
	uint64_t mask;		/* slots - 1; there are more than rows */
};

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
	return hash ^ hash >> 29;
}

/* How many bytes a span has, as far as they are in `data`. */
static uint64_t size_of(const struct alike *a, const int64_t *span)
{
	return span[0] >= 0 && span[1] > span[0] && (uint64_t)span[1] <= a->size ? span[1] - span[0] : 0;
}

static uint64_t hash_of(const struct alike *a, uint64_t row)
{
	uint64_t hash = 0, i, j, size, word;

	for (i = 0; i < a->width; i++)
		hash = mix(hash, a->numbers[row * a->width + i]);
	for (i = 0; i < a->pieces; i++) {
		const int64_t *span = a->spans + 2 * (row * a->pieces + i);

		size = size_of(a, span);
		hash = mix(hash, size);
		for (j = 0; j + 8 <= size; j += 8) {
			memcpy(&word, a->data + span[0] + j, 8);
			hash = mix(hash, word);
		}
		for (word = 0; j < size; j++)
			word = word << 8 | a->data[span[0] + j];
		hash = mix(hash, word);
	}
	return hash;
}

static int are_alike(const struct alike *a, uint64_t one, uint64_t two)
{
	uint64_t i;

	if (memcmp(a->numbers + one * a->width, a->numbers + two * a->width, a->width * sizeof *a->numbers))
		return 0;
	for (i = 0; i < a->pieces; i++) {
		const int64_t *left = a->spans + 2 * (one * a->pieces + i), *right = a->spans + 2 * (two * a->pieces + i);
		uint64_t size = size_of(a, left);

		if (size != size_of(a, right) || (size && memcmp(a->data + left[0], a->data + right[0], size)))
			return 0;
	}
	return 1;
}

/* -> how many groups there are. */
int64_t sonde_alike(struct alike *a)
{
	int64_t groups = 0;
	uint64_t row;

	for (row = 0; row < a->rows; row++) {
		uint64_t at = hash_of(a, row) & a->mask;

		while (a->slots[at] && !are_alike(a, a->first[a->slots[at] - 1], row))
			at = (at + 1) & a->mask;
		if (!a->slots[at]) {
			a->first[groups] = row;
			a->slots[at] = ++groups;
		}
		a->group[row] = a->slots[at] - 1;
	}
	return groups;
}
