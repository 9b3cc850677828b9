/* SPDX-License-Identifier: MIT */
#include "machine/sequence.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"

struct format {
	const char *ending;
	const char *begin, *end;
	void (*party)(struct sequence *s, unsigned number, const char *name); /* when it appears first */
	void (*event)(struct sequence *s, const struct sequence_event *event);
};

static const char *sign_of(const struct sequence_event *e)
{
	return e->kind == SEQUENCE_VIOLATION ? "VIOLATION " : "";
}

static unsigned row_of(const struct sequence *s, const char *party)
{
	unsigned i = 0;

	while (i < s->n_parties && strcmp(s->parties[i], party) != 0)
		i++;
	return i < SEQUENCE_MAX_PARTIES ? i + 1 : SEQUENCE_MAX_PARTIES;
}

static void no_party(struct sequence *s, unsigned number, const char *name)
{
}

static void text_event(struct sequence *s, const struct sequence_event *e)
{
	if (e->kind == SEQUENCE_STEP)
		fprintf(s->to, "%s  %-13s > %-13s ", e->at, e->from, e->to);
	else
		fprintf(s->to, "%*s  %-13s   %-13s %s", (int)strlen(e->at), "", e->from, "", sign_of(e));
	for (const char *c = e->text; *c; c++)
		fputc((unsigned char)*c < 0x20 ? ' ' : *c, s->to);
	fputc('\n', s->to);
}

/* What Mermaid gives a meaning to becomes an entity: its own are "#NUMBER;". */
static void mermaid_text(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (strchr(";#%<>&\"{}", *text))
			fprintf(to, "#%d;", *text);
		else
			fputc((unsigned char)*text < 0x20 ? ' ' : *text, to);
	}
}

static void mermaid_id(FILE *to, const char *name)
{
	for (; *name; name++)
		fputc(isalnum((unsigned char)*name) ? *name : '_', to);
}

static void mermaid_party(struct sequence *s, unsigned number, const char *name)
{
	fputs("    participant ", s->to);
	mermaid_id(s->to, name);
	fputs(" as ", s->to);
	mermaid_text(s->to, name);
	fputc('\n', s->to);
}

static void mermaid_event(struct sequence *s, const struct sequence_event *e)
{
	if (e->kind == SEQUENCE_STEP) {
		fputs("    ", s->to);
		mermaid_id(s->to, e->from);
		fputs("->>", s->to);
		mermaid_id(s->to, e->to);
	} else {
		fputs("    Note over ", s->to);
		mermaid_id(s->to, e->from[0] || s->n_parties == 0 ? e->from : s->parties[0]);
		if (!e->from[0] && s->n_parties > 1) {
			fputc(',', s->to);
			mermaid_id(s->to, s->parties[s->n_parties - 1]);
		}
	}
	fprintf(s->to, ": %s", sign_of(e));
	mermaid_text(s->to, e->text);
	fputc('\n', s->to);
}

static void json_text(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c < 0x20)
			fprintf(to, "\\u%04x", c);
		else
			fputc(c, to);
	}
	fputc('"', to);
}

static void json_begin_object(struct sequence *s)
{
	fputs(s->n_events++ ? ",\n{\"name\": " : "\n{\"name\": ", s->to);
}

static void json_party(struct sequence *s, unsigned number, const char *name)
{
	json_begin_object(s);
	fprintf(s->to,
		"\"thread_name\", \"ph\": \"M\", \"pid\": 1, \"tid\": %u, \"args\": {\"name\": ", number);
	json_text(s->to, name);
	fputs("}}", s->to);
}

/* A slice in the row of the receiver for a step; an instant in that of the party for a note. */
static void json_event(struct sequence *s, const struct sequence_event *e)
{
	json_begin_object(s);
	json_text(s->to, e->text);
	if (e->kind == SEQUENCE_STEP)
		fprintf(s->to,
			", \"ph\": \"X\", \"pid\": 1, \"tid\": %u, \"ts\": %.3f, \"dur\": %.3f, \"args\": {",
			row_of(s, e->to), e->at_us, e->duration_us);
	else
		fprintf(s->to,
			", \"ph\": \"i\", \"s\": \"%c\", \"pid\": 1, \"tid\": %u, \"ts\": %.3f, "
			"\"args\": {\"violation\": %s, ",
			e->from[0] ? 't' : 'p', e->from[0] ? row_of(s, e->from) : 1, e->at_us,
			e->kind == SEQUENCE_VIOLATION ? "true" : "false");
	fputs("\"from\": ", s->to);
	json_text(s->to, e->from);
	fputs("}}", s->to);
}

static const struct format formats[] = {
	[SEQUENCE_TEXT] = { ".txt", "", "", no_party, text_event },
	[SEQUENCE_MERMAID] = { ".mmd", "sequenceDiagram\n", "", mermaid_party, mermaid_event },
	[SEQUENCE_CHROME] = { ".json", "[", "\n]\n", json_party, json_event },
};

int sequence_format_of(const char *path, enum sequence_format *ret)
{
	const char *ending = strrchr(path, '.');

	for (size_t i = 0; ending && i < ARRAY_SIZE(formats); i++)
		if (!strcmp(ending, formats[i].ending)) {
			*ret = (enum sequence_format)i;
			return 0;
		}
	return -EINVAL;
}

void sequence_begin(struct sequence *s, enum sequence_format format, FILE *to)
{
	*s = (struct sequence){ .format = format, .to = to };
	fputs(formats[format].begin, to);
}

static void appears(struct sequence *s, const char *party)
{
	if (!party[0] || s->n_parties == SEQUENCE_MAX_PARTIES || row_of(s, party) <= s->n_parties)
		return;
	s->parties[s->n_parties++] = party;
	formats[s->format].party(s, s->n_parties, party);
}

void sequence_add(struct sequence *s, const struct sequence_event *event)
{
	appears(s, event->from);
	appears(s, event->to);
	formats[s->format].event(s, event);
}

void sequence_end(struct sequence *s)
{
	fputs(formats[s->format].end, s->to);
}
