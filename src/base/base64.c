/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#include "base/bytes.h"

/* Of a digit; -1: it is none. */
static int value_of(char c, bool *plain, bool *url)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	*plain = *plain || c == '+' || c == '/';
	*url = *url || c == '-' || c == '_';
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* The number of digits before the padding; 0: the padding is not whole. */
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
		int value = value_of(text[i], &plain, &url);

		if (value < 0)
			return false;
		group = (group << 6 | (uint32_t)value) & 0xffff;
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
