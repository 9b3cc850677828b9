/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "page/page.h"

/* Decodes the first character of n > 0 bytes. Returns its length; 0: these are not UTF-8. */
static size_t decode(const unsigned char *s, size_t n, uint32_t *ret)
{
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

/* Unicode 15: control, format and other characters without a glyph, and spaces that look like another. */
static bool is_invisible(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = { { 0x00, 0x1f },       { 0x7f, 0xa0 },       { 0xad, 0xad },       { 0x34f, 0x34f },
		       { 0x600, 0x605 },     { 0x61c, 0x61c },     { 0x6dd, 0x6dd },     { 0x70f, 0x70f },
		       { 0x115f, 0x1160 },   { 0x1680, 0x1680 },   { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },
		       { 0x2000, 0x200f },   { 0x2028, 0x202f },   { 0x205f, 0x206f },   { 0x2800, 0x2800 },
		       { 0x3000, 0x3000 },   { 0x3164, 0x3164 },   { 0xe000, 0xf8ff },   { 0xfe00, 0xfe0f },
		       { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0xfffe, 0xffff },
		       { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff }, { 0xf0000, 0x10ffff } };

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* What one character is in a page, if not itself: NULL. json: within a string of JSON */
static const char *as(uint32_t c, bool json, char to[24])
{
	if (is_invisible(c))
		(void)!snprintf(to, 24, json ? "\\\\u{%" PRIx32 "}" : "\\u{%" PRIx32 "}", c);
	else if (json && (c == '"' || c == '\\'))
		(void)!snprintf(to, 24, "\\%c", (char)c);
	else if (c < 0x80 && strchr(json ? "<>&" : "<>&\"'", (int)c))
		(void)!snprintf(to, 24, json ? "\\u%04" PRIx32 : "&#%" PRIu32 ";", c);
	else
		return NULL;
	return to;
}

static void put(FILE *to, const char *text, size_t n, bool json)
{
	const unsigned char *s = (const unsigned char *)text;
	char other[24];
	size_t length;

	for (; n > 0; s += length, n -= length) {
		uint32_t c;
		const char *instead;

		length = decode(s, n, &c);
		if (length == 0) {
			fprintf(to, json ? "\\\\x%02x" : "\\x%02x", s[0]);
			length = 1;
			continue;
		}
		instead = as(c, json, other);
		if (instead)
			fputs(instead, to);
		else
			fwrite(s, 1, length, to);
	}
}

void page_text(FILE *to, const char *text, size_t n)
{
	put(to, text, n, false);
}

void page_string(FILE *to, const char *text)
{
	put(to, text, strlen(text), false);
}

void page_json_string(FILE *to, const char *text)
{
	fputc('"', to);
	put(to, text, strlen(text), true);
	fputc('"', to);
}

void page_json(FILE *to, const char *json)
{
	for (; *json; json++) {
		size_t n = strcspn(json, "<>&");

		fwrite(json, 1, n, to);
		json += n;
		if (!*json)
			return;
		fprintf(to, "\\u%04x", (unsigned)*json);
	}
}
