/* SPDX-License-Identifier: MIT */
#include "measure/event_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

static const char cut[] = "...";

struct event_text event_text(char *to, size_t room)
{
	to[0] = '\0';
	return (struct event_text){ .to = to, .room = room };
}

/* All of it or, where that leaves no room for the mark, the mark. */
static void put(struct event_text *text, const char *bytes, size_t n)
{
	if (text->is_cut)
		return;
	if (n > text->room - text->n - sizeof(cut)) {
		text->is_cut = true;
		bytes = cut;
		n = strlen(cut);
	}
	memcpy(text->to + text->n, bytes, n);
	text->n += n;
	text->to[text->n] = '\0';
}

void event_text_add(struct event_text *text, const char *format, ...)
{
	char part[160];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(part, sizeof(part), format, ap);
	va_end(ap);
	if (n > 0)
		put(text, part, (size_t)n < sizeof(part) ? (size_t)n : sizeof(part) - 1);
}

/* Controls, what reorders the characters around it, what is no character. Spec: Unicode 15, 23.2, 23.7 */
static bool is_shown(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f))
		return false;
	return !(c >= 0xd800 && c < 0xe000) && c != 0xfeff && (c & 0xfffe) != 0xfffe && c < 0x110000;
}

static void add_char(struct event_text *text, uint32_t c)
{
	static const uint8_t first[] = { 0, 0xc0, 0xe0, 0xf0 };
	unsigned more;
	char utf8[4];

	if (c == '\n' || c == '\r' || c == '\t')
		c = ' ';
	if (!is_shown(c))
		c = '?';
	more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	utf8[0] = (char)(first[more] | c >> 6 * more);
	for (unsigned i = 1; i <= more; i++)
		utf8[i] = (char)(0x80 | (c >> 6 * (more - i) & 0x3f));
	put(text, utf8, more + 1);
}

/* The next character, and its size; a byte that begins none is one of its own. Spec: RFC 3629, 3 */
static uint32_t next_char(const uint8_t *p, size_t n, size_t *ret_size)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned more = p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
	uint32_t c = more == 0 ? p[0] : p[0] & 0x3fu >> more;

	*ret_size = 1;
	if (p[0] < 0x80)
		return c;
	if (more == 0 || p[0] >= 0xf8 || more >= n)
		return UINT32_MAX;
	for (unsigned i = 1; i <= more; i++) {
		if (p[i] >> 6 != 2)
			return UINT32_MAX;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[more])
		return UINT32_MAX;
	*ret_size = more + 1;
	return c;
}

void event_text_add_utf8(struct event_text *text, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0, size; i < n && bytes[i] && !text->is_cut; i += size)
		add_char(text, next_char(bytes + i, n - i, &size));
}

bool event_text_is_utf8(const uint8_t *bytes, size_t n)
{
	while (n > 0 && bytes[n - 1] == 0)
		n--;
	for (size_t i = 0, size; i < n; i += size) {
		uint32_t c = next_char(bytes + i, n - i, &size);

		if (!is_shown(c) && c != '\n' && c != '\r' && c != '\t')
			return false;
	}
	return n > 0;
}

void event_text_add_utf16(struct event_text *text, const uint8_t *bytes, size_t n_units)
{
	for (size_t i = 0; i < n_units && !text->is_cut; i++) {
		uint32_t c = (uint32_t)bytes_get_le(bytes + 2 * i, 2), low;

		if (c == 0)
			return;
		if (c >= 0xd800 && c < 0xdc00 && n_units - i > 1) {
			low = (uint32_t)bytes_get_le(bytes + 2 * i + 2, 2);
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
				i++;
			}
		}
		add_char(text, c);
	}
}

void event_text_add_hex(struct event_text *text, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n && !text->is_cut; i++)
		event_text_add(text, "%02x", bytes[i]);
}

/* Spec: UEFI 2.10, appendix A */
void event_text_add_guid(struct event_text *text, const uint8_t guid[16])
{
	event_text_add(text, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		       (unsigned)bytes_get_le(guid, 4), (unsigned)bytes_get_le(guid + 4, 2),
		       (unsigned)bytes_get_le(guid + 6, 2), guid[8], guid[9], guid[10], guid[11], guid[12],
		       guid[13], guid[14], guid[15]);
}
