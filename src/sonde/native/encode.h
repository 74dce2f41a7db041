// SPDX-License-Identifier: Apache-2.0
/* Bytes as text: the forms in which a slice of raw data may be shown. */
#ifndef SONDE_ENCODE_H
#define SONDE_ENCODE_H

#include <stdint.h>
#include <string.h>

/* The numbers are those of `Form` in ops.py. */
enum form {
	RAW,		/* as it is */
	DOTTED,		/* one character a byte, '.' unless printable ASCII */
	ESCAPED,	/* UTF-8; what is not, and controls, as \xNN */
	QUOTED,		/* JSON string, invalid bytes as \udcNN */
	ASCII,		/* printable ASCII and line ends only */
	HEXDUMP,	/* sixteen bytes a line */
	HEXDUMP_ASCII,	/* the same with the text beside it */
	BASE64,
	C_OCTAL,	/* C string literal; what is not printable ASCII as \ooo */
	C_HEX,		/* the same as \xNN */
	C_ALL_HEX,	/* every byte as \xNN */
	C_MAYBE_HEX,	/* every byte as \xNN if one is neither printable nor space */
	DUMP,		/* sixteen bytes a line between bars, as strace -e read= */
};

/* memcpy for a few bytes without a call; returns the end. */
static inline uint8_t *copy(uint8_t *out, const uint8_t *bytes, uint64_t n)
{
	uint8_t *const end = out + n;

	if (n > 32) {
		memcpy(out, bytes, n);
	} else if (n >= 16) {
		memcpy(out, bytes, 16);
		memcpy(end - 16, bytes + n - 16, 16);
	} else if (n >= 8) {
		memcpy(out, bytes, 8);
		memcpy(end - 8, bytes + n - 8, 8);
	} else if (n >= 4) {
		memcpy(out, bytes, 4);
		memcpy(end - 4, bytes + n - 4, 4);
	} else if (n) {
		out[0] = bytes[0];
		out[n / 2] = bytes[n / 2];
		end[-1] = bytes[n - 1];
	}
	return end;
}

/* The most bytes encode() writes for `n` bytes. */
uint64_t encode_room(uint32_t form, uint64_t n);

/* Writes and returns the end of what was written. */
uint8_t *encode(uint32_t form, const uint8_t *bytes, uint64_t n, uint8_t *out);

#endif
