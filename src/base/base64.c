/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#include "base/bytes.h"

/* A table, because branches on the digits, which are as good as random, would be mispredicted. */
const uint8_t base64_table[256] = { 0,  0,  0,  0,  0,  0,   0,  0,  0,  0,   0,  0,  0,  0,  0,  0,  0,  0,
				    0,  0,  0,  0,  0,  0,   0,  0,  0,  0,   0,  0,  0,  0,  0,  0,  0,  0,
				    0,  0,  0,  0,  0,  0,   0,  63, 0,  127, 0,  64, 53, 54, 55, 56, 57, 58,
				    59, 60, 61, 62, 0,  0,   0,  0,  0,  0,   0,  1,  2,  3,  4,  5,  6,  7,
				    8,  9,  10, 11, 12, 13,  14, 15, 16, 17,  18, 19, 20, 21, 22, 23, 24, 25,
				    26, 0,  0,  0,  0,  128, 0,  27, 28, 29,  30, 31, 32, 33, 34, 35, 36, 37,
				    38, 39, 40, 41, 42, 43,  44, 45, 46, 47,  48, 49, 50, 51, 52 };

/* The number of digits before the padding; 0: the padding is incomplete. */
static size_t digits_of(const char *text, size_t n)
{
	size_t digits = n;

	while (digits > 0 && n - digits < 2 && text[digits - 1] == '=')
		digits--;
	return digits < n && n % 4 != 0 ? 0 : digits;
}

bool base64_read(const char *text, size_t n, uint8_t *to, size_t *ret_n)
{
	struct bytes_wr w = bytes_wr(to, BASE64_ROOM(n));
	const size_t digits = digits_of(text, n);
	bool plain = false, url = false;
	unsigned bits = 0;
	uint32_t group = 0;

	if (digits == 0 || digits % 4 == 1)
		return false;
	for (size_t i = 0; i < digits; i++) {
		const int value = base64_value((uint8_t)text[i]);

		if (value < 0)
			return false;
		plain = plain || value == 62 || value == 63;
		url = url || value & BASE64_URL;
		group = (group << 6 | ((uint32_t)value & 63)) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes_wr_u8(&w, (uint8_t)(group >> bits));
		}
	}
	if (w.bad || (plain && url) || (group & ((1u << bits) - 1)) != 0)
		return false;
	*ret_n = w.off;
	return true;
}

char *base64_write(const uint8_t *bytes, size_t n, char *to)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *next = to;

	for (size_t at = 0; at < n; at += 3) {
		uint32_t v = (uint32_t)bytes[at] << 16;

		if (n - at > 1)
			v |= (uint32_t)bytes[at + 1] << 8;
		if (n - at > 2)
			v |= bytes[at + 2];
		*next++ = digits[v >> 18];
		*next++ = digits[v >> 12 & 63];
		*next++ = n - at > 1 ? digits[v >> 6 & 63] : '=';
		*next++ = n - at > 2 ? digits[v & 63] : '=';
	}
	*next = '\0';
	return to;
}
