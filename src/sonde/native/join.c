// SPDX-License-Identifier: Apache-2.0
/* Columns into text: each row is the pieces of its template one after another. */
#include <string.h>

#include "encode.h"

/* The numbers are those of `Kind` in ops.py. */
enum kind { LITERAL, UINT, SINT, HEX, OCTAL, FIXED9, CLOCK, SECONDS, POOL, VIEW, ADDRESS };

/* The numbers are those of TYPES in join.py. */
enum type { U1, U2, U4, U8, I1, I2, I4, I8 };

/* Flags of an op. */
enum { BY_ROW = 1, NONE_IS_ABSENT = 2 };

enum { DONE = 0, FULL = 1, BAD = -1 };

/* The widest number, a clock or a sign with 20 digits, point and fraction. */
enum { NUMBER_ROOM = 40 };

/* OP in join.py. Arrays have one element for each row that uses the template; BY_ROW: for every row. */
struct op {
	uint32_t kind;
	uint32_t form;
	uint32_t type;		/* of an element of `values` */
	uint32_t flags;
	int64_t width;		/* characters, < 0: left aligned, 0: as it is */
	uint64_t limit;		/* DOTTED: bytes shown at most; of more the last three are dots */
	const uint8_t *values;	/* numbers; POOL: u32 ids; VIEW: i64 offsets */
	int64_t stride;		/* bytes from one value to the next */
	const int32_t *lengths;	/* VIEW: < 0 is empty */
	const uint8_t *data;
	uint64_t size;		/* bytes in `data` */
	const int64_t *ends;	/* POOL: string i is data[ends[i]..ends[i + 1]] */
	uint64_t count;		/* POOL: strings */
	const uint8_t *missing;	/* 1: write `absent` instead, or NULL */
	const uint8_t *absent;	/* with NONE_IS_ABSENT also for id 0 of a POOL */
	uint64_t absent_size;
};

/* The job in join.py. */
struct job {
	uint64_t rows;
	uint64_t row;			/* the first row to write */
	const uint16_t *template;	/* of each row, or NULL for 0 */
	uint64_t templates;
	const uint64_t *starts;		/* ops of template t: starts[t]..starts[t + 1] */
	const struct op *ops;
	uint64_t *counters;		/* rows written of each template */
	uint8_t *out;
	uint64_t room;
	uint64_t used;
	int64_t *offsets;
	uint64_t need;			/* when FULL: free bytes that would do */
};

/* Two digits at a time: half the divisions. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

static uint8_t *two(uint8_t *out, unsigned int value)
{
	memcpy(out, pairs + 2 * value, 2);
	return out + 2;
}

/* How many digits a number has. */
static unsigned int width_of(uint64_t value)
{
	static const uint64_t least[] = {
		0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
		100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
		10000000000000000, 100000000000000000, 1000000000000000000, 10000000000000000000u,
	};
	unsigned int about = (64 - __builtin_clzll(value | 1)) * 1233 >> 12;

	return about + (about >= sizeof(least) / 8 || value >= least[about]);
}

static uint8_t *decimal(uint8_t *out, uint64_t value)
{
	uint8_t *p, *end;

	if (value < 10) {
		*out = '0' + value;
		return out + 1;
	}
	p = end = out + width_of(value);
	for (; value >= 100; value /= 100)
		two(p -= 2, value % 100);
	if (value >= 10)
		two(p - 2, value);
	else
		p[-1] = '0' + value;
	return end;
}

/* Digits of `bits` bits each, `set` says how they look. */
static uint8_t *digits(uint8_t *out, uint64_t value, unsigned int bits, const char *set)
{
	uint8_t text[24], *p = text + sizeof(text);

	do {
		*--p = set[value & ((1 << bits) - 1)];
		value >>= bits;
	} while (value);
	memcpy(out, p, text + sizeof(text) - p);
	return out + (text + sizeof(text) - p);
}

/* At least nine digits. */
static uint8_t *nine(uint8_t *out, uint64_t value)
{
	uint32_t rest = value;
	int i;

	if (value >= 1000000000)
		return decimal(out, value);
	for (i = 7; i > 0; i -= 2, rest /= 100)
		two(out + i, rest % 100);
	out[0] = '0' + rest;
	return out + 9;
}

static uint8_t *clock_text(uint8_t *out, int64_t ns)
{
	const int64_t day = 86400 * 1000000000LL;
	uint64_t rest = ((ns % day) + day) % day;
	unsigned int second = rest / 1000000000;

	out = two(out, second / 3600);
	*out++ = ':';
	out = two(out, second / 60 % 60);
	*out++ = ':';
	out = two(out, second % 60);
	*out++ = '.';
	return nine(out, rest % 1000000000);
}

static uint8_t *sign(uint8_t *out, int64_t *value)
{
	if (*value < 0) {
		*out++ = '-';
		*value = (int64_t)-(uint64_t)*value;
	}
	return out;
}

/* Element i of an array as 64 bits, filled up by its sign. */
static int64_t element(const struct op *op, uint64_t i)
{
	const uint8_t *at = op->values + (int64_t)i * op->stride;
	uint64_t value = 0;

	switch (op->type) {
	case U1:
		return *at;
	case I1:
		return (int8_t)*at;
	case U2:
		memcpy(&value, at, 2);
		return value;
	case I2:
		memcpy(&value, at, 2);
		return (int16_t)value;
	case U4:
		memcpy(&value, at, 4);
		return value;
	case I4:
		memcpy(&value, at, 4);
		return (int32_t)value;
	}
	memcpy(&value, at, 8);
	return value;
}

static uint8_t *number(const struct op *op, int64_t value, uint8_t *out)
{
	switch (op->kind) {
	case SINT:
		out = sign(out, &value);
		break;
	case HEX:
		return digits(out, value, 4, "0123456789ABCDEF");
	case OCTAL:
		return digits(out, value, 3, "01234567");
	case ADDRESS:
		*out++ = '0';
		*out++ = 'x';
		return digits(out, value, 4, "0123456789abcdef");
	case FIXED9:
		return nine(out, value);
	case CLOCK:
		return clock_text(out, value);
	case SECONDS:
		out = sign(out, &value);
		out = decimal(out, (uint64_t)value / 1000000000);
		*out++ = '.';
		return nine(out, (uint64_t)value % 1000000000);
	}
	return decimal(out, value);
}

/* The bytes that string `id` of a pool has: 0, or BAD if it is not there. */
static int pooled(const struct op *op, uint64_t id, const uint8_t **bytes, uint64_t *n)
{
	int64_t start, end;

	if (id >= op->count)
		return BAD;
	start = op->ends[id];
	end = op->ends[id + 1];
	if (start < 0 || end < start || (uint64_t)end > op->size)
		return BAD;
	*bytes = op->data + start;
	*n = end - start;
	return 0;
}

/* The bytes of slice i: 0, or BAD if they are not there. */
static int slice(const struct op *op, uint64_t i, const uint8_t **bytes, uint64_t *n)
{
	int64_t start = element(op, i), length = op->lengths[i], end;

	if (length <= 0)
		start = length = 0;
	if (start < 0 || __builtin_add_overflow(start, length, &end) || (uint64_t)end > op->size)
		return BAD;
	*bytes = op->data + start;
	*n = length;
	if (op->form == DOTTED && *n > op->limit)
		*n = op->limit;
	return 0;
}

/* Cuts or fills start..end to the width, counted in characters of UTF-8. */
static uint8_t *fit(uint8_t *start, uint8_t *end, int64_t width)
{
	uint64_t wanted = width < 0 ? -(uint64_t)width : (uint64_t)width, have = 0;
	uint8_t *p;

	for (p = start; p < end; p++) {
		have += (*p & 0xc0) != 0x80;
		if (have > wanted)
			return p;
	}
	if (width < 0) {
		memset(end, ' ', wanted - have);
	} else {
		memmove(start + (wanted - have), start, end - start);
		memset(start, ' ', wanted - have);
	}
	return end + (wanted - have);
}

/* The op's i-th element is bytes to be written in *form, or a number: 1; BAD if it is not there. */
static int find(const struct op *op, uint64_t i, const uint8_t **bytes, uint64_t *n, uint32_t *form)
{
	int64_t id;

	*form = RAW;
	*bytes = op->absent;
	*n = op->absent_size;
	if (op->missing && op->missing[i])
		return 0;
	switch (op->kind) {
	case LITERAL:
		*bytes = op->data;
		*n = op->size;
		return 0;
	case POOL:
		id = element(op, i);
		if (!id && op->flags & NONE_IS_ABSENT)
			return 0;
		return pooled(op, id, bytes, n);
	case VIEW:
		*form = op->form;
		return slice(op, i, bytes, n);
	}
	return 1;
}

/* Writes the op's i-th element at *out, which advances. */
static int put(const struct op *op, uint64_t i, uint8_t **out, uint64_t left, uint64_t *need)
{
	uint64_t n = 0, pad = op->width < 0 ? -(uint64_t)op->width : (uint64_t)op->width;
	uint8_t *start = *out;
	const uint8_t *bytes;
	uint32_t form;
	int found = find(op, i, &bytes, &n, &form);

	if (found < 0)
		return BAD;
	*need = pad + (found ? NUMBER_ROOM : form == RAW ? n : encode_room(form, n));
	if (*need > left)
		return FULL;
	if (found)
		*out = number(op, element(op, i), start);
	else
		*out = form == RAW ? copy(start, bytes, n) : encode(form, bytes, n, start);
	if (form == DOTTED && n == op->limit && n > 3 && (uint64_t)op->lengths[i] > n)
		memset(*out - 3, '.', 3);
	if (op->width)
		*out = fit(start, *out, op->width);
	return DONE;
}

/* Writes what is most frequent, without a width, if there is room; NULL: put() shall decide. */
static inline uint8_t *quick(const struct op *op, uint64_t i, uint8_t *out, uint64_t left)
{
	const uint8_t *bytes;
	int64_t value;
	uint64_t n;

	if (op->width || (op->missing && op->missing[i]))
		return NULL;
	switch (op->kind) {
	case LITERAL:
		return op->size > left ? NULL : copy(out, op->data, op->size);
	case POOL:
		value = element(op, i);
		if ((!value && op->flags & NONE_IS_ABSENT) || pooled(op, value, &bytes, &n) || n > left)
			return NULL;
		return copy(out, bytes, n);
	case VIEW:
		if (op->form != RAW || slice(op, i, &bytes, &n) || n > left)
			return NULL;
		return copy(out, bytes, n);
	case SINT:
		if (left < NUMBER_ROOM)
			return NULL;
		value = element(op, i);
		out = sign(out, &value);
		return decimal(out, value);
	case UINT:
		return left < NUMBER_ROOM ? NULL : decimal(out, element(op, i));
	}
	return NULL;
}

/* Writes the next row: DONE, and *end where it ends; FULL or BAD. */
static int row(struct job *job, uint64_t t, uint8_t **end)
{
	const struct op *op = job->ops + job->starts[t], *const last = job->ops + job->starts[t + 1];
	uint64_t at = job->row, mine = job->counters[t];
	uint8_t *const start = job->out + job->used, *const limit = job->out + job->room, *out = start;

	for (; op < last; op++) {
		uint64_t i = op->flags & BY_ROW ? at : mine;
		uint8_t *written = quick(op, i, out, limit - out);
		int result;

		if (written) {
			out = written;
			continue;
		}
		result = put(op, i, &out, limit - out, &job->need);
		if (result == FULL)
			job->need += out - start;
		if (result != DONE)
			return result;
	}
	*end = out;
	return DONE;
}

/* Writes rows until all are done or one does not fit; it may be called again with more room. */
int64_t sonde_join(struct job *job)
{
	for (; job->row < job->rows; job->row++) {
		uint64_t t = job->template ? job->template[job->row] : 0;
		uint8_t *end;
		int result;

		if (t >= job->templates)
			return BAD;
		result = row(job, t, &end);
		if (result != DONE)
			return result;
		job->counters[t]++;
		job->used = end - job->out;
		job->offsets[job->row + 1] = job->used;
	}
	return DONE;
}
