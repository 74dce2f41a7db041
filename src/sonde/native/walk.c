// SPDX-License-Identifier: Apache-2.0
/* Variable records of a BPF ring buffer: where each committed one is. */
#include <stdint.h>

/* BPF_RINGBUF_BUSY_BIT, _DISCARD_BIT and _HDR_SZ of linux/bpf.h */
#define BUSY (1u << 31)
#define DISCARD (1u << 30)
#define HEADER 8

/* WALK in walk.py. */
struct walk {
	const uint8_t *buffer;
	uint64_t at;		/* index of the next header; left where the walk stopped */
	uint64_t end;
	int64_t *offsets;	/* room for (end - at) / 8 */
	uint32_t *lengths;
};

/* Returns the number of records found. */
int64_t sonde_walk(struct walk *walk)
{
	int64_t found = 0;

	while (walk->at + HEADER <= walk->end) {
		const uint32_t *head = (const uint32_t *)(walk->buffer + walk->at);
		uint32_t word = __atomic_load_n(head, __ATOMIC_ACQUIRE);
		uint64_t length = word & ~(BUSY | DISCARD);
		uint64_t next = walk->at + ((length + HEADER + 7) & ~7ull);

		if (word & BUSY || next > walk->end)
			break;
		if (!(word & DISCARD)) {
			walk->offsets[found] = walk->at + HEADER;
			walk->lengths[found++] = length;
		}
		walk->at = next;
	}
	return found;
}
