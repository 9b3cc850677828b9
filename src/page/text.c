/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "page/page.h"

/* What one character is in a page, if not itself: NULL. json: within a string of JSON */
static const char *as(uint32_t c, bool json, char to[24])
{
	if (base_utf8_is_invisible(c))
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
	char other[24];
	size_t length;

	for (; n > 0; text += length, n -= length) {
		uint32_t c;
		const char *instead;

		length = base_utf8_read(text, n, &c);
		if (length == 0) {
			fprintf(to, json ? "\\\\x%02x" : "\\x%02x", (unsigned char)text[0]);
			length = 1;
			continue;
		}
		instead = as(c, json, other);
		if (instead)
			fputs(instead, to);
		else
			fwrite(text, 1, length, to);
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
