/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include "base/cleanup.h"

size_t base_utf8_read(const char *text, size_t n, uint32_t *ret)
{
	const unsigned char *s = (const unsigned char *)text;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	uint32_t c = s[0];

	if (length == 1) {
		*ret = c;
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4 || length > n)
		return 0;
	c &= 0x7fU >> length;
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return length;
}

bool base_utf8_is_invisible(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = { { 0x00, 0x1f },       { 0x7f, 0xa0 },       { 0xad, 0xad },       { 0x34f, 0x34f },
		       { 0x600, 0x605 },     { 0x61c, 0x61c },     { 0x6dd, 0x6dd },     { 0x70f, 0x70f },
		       { 0x890, 0x891 },     { 0x8e2, 0x8e2 },     { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
		       { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x115f, 0x1160 },   { 0x1680, 0x1680 },
		       { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x2000, 0x200f },   { 0x2028, 0x202f },
		       { 0x205f, 0x206f },   { 0x2800, 0x2800 },   { 0x3000, 0x3000 },   { 0x3164, 0x3164 },
		       { 0xe000, 0xf8ff },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
		       { 0xfff0, 0xfffb },   { 0xfffe, 0xffff },   { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
		       { 0xf0000, 0x10ffff } };

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}
