/* SPDX-License-Identifier: MIT */
#include "machine/sequence.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

static const struct sequence_writer *const writers[SEQUENCE_N_FORMATS] = {
	[SEQUENCE_TEXT] = &sequence_text,
	[SEQUENCE_MERMAID] = &sequence_mermaid,
	[SEQUENCE_CHROME] = &sequence_chrome,
	[SEQUENCE_PAGE] = &sequence_page,
};

int sequence_format_of(const char *path, enum sequence_format *ret)
{
	const char *ending = strrchr(path, '.');

	for (size_t i = 0; ending && i < ARRAY_SIZE(writers); i++)
		if (!strcmp(ending, writers[i]->ending)) {
			*ret = (enum sequence_format)i;
			return 0;
		}
	return -EINVAL;
}

bool sequence_wants_bytes(enum sequence_format format)
{
	return writers[format]->wants_bytes;
}

const char *sequence_endings(void)
{
	return ".html, .json, .mmd or .txt";
}

unsigned sequence_row(const struct sequence *s, const char *party)
{
	unsigned i = 0;

	while (i < s->n_parties && strcmp(s->parties[i], party) != 0)
		i++;
	return i < SEQUENCE_MAX_PARTIES ? i + 1 : SEQUENCE_MAX_PARTIES;
}

void sequence_put(FILE *to, const char *text, size_t n)
{
	size_t length;

	for (; n > 0; text += length, n -= length) {
		uint32_t c = 0x80;

		length = base_utf8_read(text, n, &c);
		if (c < 0x20 || c == 0x7f)
			fputc(' ', to);
		else if (length == 0 || (c != ' ' && base_utf8_is_invisible(c)))
			fputc('?', to);
		else
			fwrite(text, 1, length, to);
		length += length == 0;
	}
}

void sequence_begin(struct sequence *s, enum sequence_format format, FILE *to)
{
	*s = (struct sequence){ .format = format, .to = to };
	if (writers[format]->begin)
		writers[format]->begin(s);
}

static void appears(struct sequence *s, const char *party)
{
	if (!party[0] || s->n_parties == SEQUENCE_MAX_PARTIES || sequence_row(s, party) <= s->n_parties)
		return;
	s->parties[s->n_parties++] = party;
	if (writers[s->format]->party)
		writers[s->format]->party(s, s->n_parties, party);
}

void sequence_add(struct sequence *s, const struct sequence_event *event)
{
	appears(s, event->from);
	if (event->kind != SEQUENCE_LOCK)
		appears(s, event->to);
	writers[s->format]->event(s, event);
	s->n_events++;
}

int sequence_end(struct sequence *s)
{
	if (writers[s->format]->end)
		writers[s->format]->end(s);
	return s->error;
}
