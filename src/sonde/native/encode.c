// SPDX-License-Identifier: Apache-2.0
/* Bytes as text; checked against twin.py. */
#include <string.h>

#include "encode.h"

static const char DIGITS[] = "0123456789abcdef";

static int printable(uint8_t c)
{
	return c >= 0x20 && c < 0x7f;
}

/* Length of the valid UTF-8 sequence at `p`, or 0. */
static unsigned int sequence(const uint8_t *p, uint64_t left, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int size, i;
	uint32_t value;

	if (*p < 0x80) {
		*point = *p;
		return 1;
	}
	if (*p < 0xc2 || *p > 0xf4)
		return 0;
	size = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	if (left < size)
		return 0;
	value = *p & (0x7f >> size);
	for (i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (p[i] & 0x3f);
	}
	if (value < least[size] || value > 0x10ffff ||
	    (value >= 0xd800 && value < 0xe000))
		return 0;
	*point = value;
	return size;
}

/* Characters that steer a terminal or reorder text instead of being shown. */
static int steers(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	       c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

/* Copies printable ASCII up to the first byte that may be something else: `also` and `besides` may. */
static const uint8_t *plain(const uint8_t *p, const uint8_t *end, uint8_t **out, uint8_t also, uint8_t besides)
{
	const uint64_t ones = 0x0101010101010101, high = ones << 7;

	for (; end - p >= 8; p += 8, *out += 8) {
		uint64_t word, quote, back, delete;

		memcpy(&word, p, 8);
		quote = word ^ ones * also;
		back = word ^ ones * besides;
		delete = word ^ ones * 0x7f;
		/* a bit for each byte: below a blank, or equal to one of three, or not ASCII */
		if (((word - ones * 0x20) | (quote - ones) | (back - ones) | (delete - ones) | word) & high)
			break;
		memcpy(*out, &word, 8);
	}
	for (; p < end && printable(*p) && *p != also && *p != besides; p++)
		*(*out)++ = *p;
	return p;
}

static uint8_t *hex_escape(uint8_t *out, uint8_t c)
{
	*out++ = '\\';
	*out++ = 'x';
	*out++ = DIGITS[c >> 4];
	*out++ = DIGITS[c & 15];
	return out;
}

static uint8_t *escaped(const uint8_t *p, const uint8_t *end, uint8_t *out)
{
	while ((p = plain(p, end, &out, 0, 0)) < end) {
		uint32_t point;
		unsigned int size = sequence(p, end - p, &point);

		if (size && !steers(point)) {
			while (size--)
				*out++ = *p++;
			continue;
		}
		for (size = size ? size : 1; size; size--)
			out = hex_escape(out, *p++);
	}
	return out;
}

static uint8_t *unicode_escape(uint8_t *out, uint32_t unit)
{
	int shift;

	*out++ = '\\';
	*out++ = 'u';
	for (shift = 12; shift >= 0; shift -= 4)
		*out++ = DIGITS[unit >> shift & 15];
	return out;
}

/* The letter of a short escape of JSON, or 0. */
static uint8_t letter(uint32_t c)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	}
	return 0;
}

static uint8_t *quoted(const uint8_t *p, const uint8_t *end, uint8_t *out)
{
	*out++ = '"';
	while ((p = plain(p, end, &out, '"', '\\')) < end) {
		uint32_t point;
		unsigned int size = sequence(p, end - p, &point);

		if (!size) {
			out = unicode_escape(out, 0xdc00 | *p++);
		} else if (letter(point)) {
			*out++ = '\\';
			*out++ = letter(*p++);
		} else if (steers(point)) {
			out = unicode_escape(out, point);
			p += size;
		} else {
			while (size--)
				*out++ = *p++;
		}
	}
	*out++ = '"';
	return out;
}

/* A line end for \n, \r and \r\n alike, nothing for what cannot be shown. */
static uint8_t *ascii(const uint8_t *p, uint64_t n, uint8_t *out)
{
	uint64_t i;

	if (n)
		*out++ = '\n';
	for (i = 0; i < n; i++) {
		if (printable(p[i]))
			*out++ = p[i];
		else if (p[i] == '\r' || (p[i] == '\n' && (!i || p[i - 1] != '\r')))
			*out++ = '\n';
	}
	return out;
}

static uint8_t *address(uint8_t *out, uint64_t at)
{
	int shift = 12;

	while (at >> shift >> 4)
		shift += 4;
	memcpy(out, "\t0x", 3);
	for (out += 3; shift >= 0; shift -= 4)
		*out++ = DIGITS[at >> shift & 15];
	*out++ = ':';
	return out;
}

static uint8_t *hexdump(const uint8_t *p, uint64_t n, int text, uint8_t *out)
{
	uint64_t at, i;

	if (n)
		*out++ = '\n';
	for (at = 0; at < n; at += 16) {
		uint64_t size = n - at < 16 ? n - at : 16;
		uint8_t *start;

		out = start = address(out, at);
		for (i = 0; i < size; i++) {
			if (i % 2 == 0)
				*out++ = ' ';
			*out++ = DIGITS[p[at + i] >> 4];
			*out++ = DIGITS[p[at + i] & 15];
		}
		if (text) {
			while (out < start + 42)
				*out++ = ' ';
			out = encode(DOTTED, p + at, size, out);
		}
		*out++ = '\n';
	}
	return out;
}

/* Digits of the offsets in a dump of `n` bytes. */
static unsigned int dump_digits(uint64_t n)
{
	unsigned int digits = 5;

	while (n && (n - 1) >> 4 * digits)
		digits++;
	return digits;
}

static uint8_t *dump(const uint8_t *p, uint64_t n, uint8_t *out)
{
	unsigned int digits = dump_digits(n), i;
	uint64_t at;

	for (at = 0; at < n; at += 16) {
		uint64_t size = n - at < 16 ? n - at : 16;

		memcpy(out, " | ", 3);
		out += 3;
		for (i = digits; i; i--)
			*out++ = DIGITS[at >> 4 * (i - 1) & 15];
		*out++ = ' ';
		*out++ = ' ';
		for (i = 0; i < 16; i++) {
			*out++ = i < size ? DIGITS[p[at + i] >> 4] : ' ';
			*out++ = i < size ? DIGITS[p[at + i] & 15] : ' ';
			*out++ = ' ';
			if (i == 7 || i == 15)
				*out++ = ' ';
		}
		for (i = 0; i < 16; i++)
			*out++ = i >= size ? ' ' : printable(p[at + i]) ? p[at + i] : '.';
		memcpy(out, " |\n", 3);
		out += 3;
	}
	return out;
}

static uint8_t *base64(const uint8_t *p, uint64_t n, uint8_t *out)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789+/";

	for (; n >= 3; n -= 3, p += 3) {
		*out++ = set[p[0] >> 2];
		*out++ = set[(p[0] & 3) << 4 | p[1] >> 4];
		*out++ = set[(p[1] & 15) << 2 | p[2] >> 6];
		*out++ = set[p[2] & 63];
	}
	if (n) {
		*out++ = set[p[0] >> 2];
		*out++ = set[(p[0] & 3) << 4 | (n > 1 ? p[1] >> 4 : 0)];
		*out++ = n > 1 ? set[(p[1] & 15) << 2] : '=';
		*out++ = '=';
	}
	return out;
}

/* The letter of a short escape of strace, or 0. */
static uint8_t c_letter(uint8_t c)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '\v':
		return 'v';
	case '\f':
		return 'f';
	}
	return 0;
}

/* As few digits as a C compiler needs when `next` follows. */
static uint8_t *octal_escape(uint8_t *out, uint8_t c, uint8_t next)
{
	int whole = next >= '0' && next <= '7';

	*out++ = '\\';
	if (whole || c >= 0100)
		*out++ = '0' + (c >> 6);
	if (whole || c >= 010)
		*out++ = '0' + (c >> 3 & 7);
	*out++ = '0' + (c & 7);
	return out;
}

/* A C string literal as strace writes it. */
static uint8_t *c_string(uint32_t form, const uint8_t *p, const uint8_t *end, uint8_t *out)
{
	const uint8_t *q;

	if (form == C_MAYBE_HEX) {
		for (q = p; q < end && (printable(*q) || (*q >= '\t' && *q <= '\r')); q++)
			;
		form = q < end ? C_ALL_HEX : C_OCTAL;
	}
	*out++ = '"';
	for (; p < end; p++) {
		if (form == C_ALL_HEX) {
			out = hex_escape(out, *p);
		} else if (c_letter(*p)) {
			*out++ = '\\';
			*out++ = c_letter(*p);
		} else if (printable(*p)) {
			*out++ = *p;
		} else if (form == C_HEX) {
			out = hex_escape(out, *p);
		} else {
			out = octal_escape(out, *p, p + 1 < end ? p[1] : 0);
		}
	}
	*out++ = '"';
	return out;
}

uint64_t encode_room(uint32_t form, uint64_t n)
{
	switch (form) {
	case ESCAPED:
		return 4 * n;
	case QUOTED:
		return 6 * n + 2;
	case ASCII:
		return n + 1;
	case HEXDUMP:
	case HEXDUMP_ASCII:
		return 1 + (n / 16 + 1) * 80;
	case BASE64:
		return (n + 2) / 3 * 4;
	case C_OCTAL:
	case C_HEX:
	case C_ALL_HEX:
	case C_MAYBE_HEX:
		return 4 * n + 2;
	case DUMP:
		return (n / 16 + 1) * 96;
	}
	return n;
}

uint8_t *encode(uint32_t form, const uint8_t *bytes, uint64_t n, uint8_t *out)
{
	uint64_t i;

	switch (form) {
	case DOTTED:
		for (i = 0; i < n; i++)
			out[i] = printable(bytes[i]) ? bytes[i] : '.';
		return out + n;
	case ESCAPED:
		return escaped(bytes, bytes + n, out);
	case QUOTED:
		return quoted(bytes, bytes + n, out);
	case ASCII:
		return ascii(bytes, n, out);
	case HEXDUMP:
	case HEXDUMP_ASCII:
		return hexdump(bytes, n, form == HEXDUMP_ASCII, out);
	case BASE64:
		return base64(bytes, n, out);
	case C_OCTAL:
	case C_HEX:
	case C_ALL_HEX:
	case C_MAYBE_HEX:
		return c_string(form, bytes, bytes + n, out);
	case DUMP:
		return dump(bytes, n, out);
	}
	return copy(out, bytes, n);
}
