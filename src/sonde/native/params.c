// SPDX-License-Identifier: Apache-2.0
/* Where parameters of events of a .scap file are, and what numbers they are. */
#include <stdint.h>
#include <string.h>

enum { WIDE = 1 };		/* a form of an event, as in scap.py */

/* The job in params.py. */
struct params {
	const uint8_t *data;
	const int64_t *lengths;	/* of each event: where those of its parameters are, which are behind them; */
	const int32_t *count;	/* how many there are */
	const uint8_t *form;
	uint64_t events;
	const int64_t *event, *from;	/* of each that is asked: the event, the first parameter that is wanted */
	uint64_t asked;
	uint64_t many;		/* parameters wanted, as far as there are so many */
	int64_t *begin, *end;	/* where they are; -1: there is none */
	int64_t *word;		/* the first bytes, eight at most, as a number */
};

static uint64_t length_of(const uint8_t *lengths, uint64_t i, int wide)
{
	uint32_t four;
	uint16_t two;

	if (wide) {
		memcpy(&four, lengths + 4 * i, sizeof four);
		return four;
	}
	memcpy(&two, lengths + 2 * i, sizeof two);
	return two;
}

static void find(struct params *p, uint64_t i)
{
	uint64_t event = p->event[i], from = p->from[i], at, end, k, count;
	const uint8_t *lengths;
	int wide;

	p->begin[i] = p->end[i] = -1;
	p->word[i] = 0;
	if (event >= p->events || from >= (uint64_t)p->count[event])
		return;
	count = p->count[event];
	wide = p->form[event] & WIDE;
	lengths = p->data + p->lengths[event];
	at = p->lengths[event] + (count << (1 + wide));
	for (k = 0; k < from; k++)
		at += length_of(lengths, k, wide);
	for (end = at; k < count && k - from < p->many; k++)
		end += length_of(lengths, k, wide);
	p->begin[i] = at;
	p->end[i] = end;
	memcpy(&p->word[i], p->data + at, end - at < 8 ? end - at : 8);
}

int64_t sonde_params(struct params *p)
{
	uint64_t i;

	for (i = 0; i < p->asked; i++)
		find(p, i);
	return 0;
}
