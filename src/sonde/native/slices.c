// SPDX-License-Identifier: Apache-2.0
/* Which slices of bytes are the same: a hash table that lives for one call, with a seed that nobody can aim at. */
#include <stdint.h>
#include <string.h>

/* The job in slices.py. */
struct slices {
	const uint8_t *data;
	uint64_t size;
	const int64_t *begin, *end; /* places in `data`; what is not inside, or ends before it begins, is no bytes */
	uint64_t count;
	uint64_t seed;
	int64_t *first;		/* of those that differ: the first slice like it, */
	int64_t *which;		/* of each slice: the number of the one among these that it is like */
	int32_t *slots;		/* number of one that differs + 1; 0: free */
	uint64_t mask;		/* slots - 1; there are more than slices */
};

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
	return hash ^ hash >> 29;
}

static uint64_t size_of(const struct slices *s, uint64_t at)
{
	int64_t begin = s->begin[at], end = s->end[at];

	return begin >= 0 && end > begin && (uint64_t)end <= s->size ? end - begin : 0;
}

static uint64_t hash_of(const struct slices *s, uint64_t at)
{
	const uint8_t *from = s->data + s->begin[at];
	uint64_t size = size_of(s, at), hash = mix(s->seed, size), word, i;

	for (i = 0; i + 8 <= size; i += 8) {
		memcpy(&word, from + i, 8);
		hash = mix(hash, word ^ s->seed);
	}
	for (word = 0; i < size; i++)
		word = word << 8 | from[i];
	return mix(hash, word);
}

static int are_same(const struct slices *s, uint64_t one, uint64_t other)
{
	uint64_t size = size_of(s, one);

	return size == size_of(s, other) && !memcmp(s->data + (size ? s->begin[one] : 0), s->data + (size ? s->begin[other] : 0), size);
}

/* -> how many differ. */
int64_t sonde_slices(struct slices *s)
{
	int64_t found = 0;

	for (uint64_t row = 0; row < s->count; row++) {
		uint64_t at = hash_of(s, row) & s->mask;

		while (s->slots[at] && !are_same(s, s->first[s->slots[at] - 1], row))
			at = (at + 1) & s->mask;
		if (!s->slots[at]) {
			s->first[found] = row;
			s->slots[at] = ++found;
		}
		s->which[row] = s->slots[at] - 1;
	}
	return found;
}
