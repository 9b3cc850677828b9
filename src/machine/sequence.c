/* SPDX-License-Identifier: MIT */
#include "machine/sequence.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"

static bool is_step(const struct sequence_event *e)
{
	return e->kind == SEQUENCE_STEP || e->kind == SEQUENCE_LOCK;
}

static const char *sign_of(const struct sequence_event *e)
{
	return e->kind == SEQUENCE_VIOLATION ? "VIOLATION " : "";
}

unsigned sequence_row(const struct sequence *s, const char *party)
{
	unsigned i = 0;

	while (i < s->n_parties && strcmp(s->parties[i], party) != 0)
		i++;
	return i < SEQUENCE_MAX_PARTIES ? i + 1 : SEQUENCE_MAX_PARTIES;
}

static void text_event(struct sequence *s, const struct sequence_event *e)
{
	char us[32];
	const char *at = e->at ? e->at : us;

	(void)!snprintf(us, sizeof(us), "%12.3f us", e->begin_us);
	if (is_step(e))
		fprintf(s->to, "%s  %-13s > %-13s ", at, e->from, e->to);
	else
		fprintf(s->to, "%*s  %-13s   %-13s %s", (int)strlen(at), "", e->from, "", sign_of(e));
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
	if (is_step(e)) {
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
	fputs(s->n_events > 0 || s->n_parties > 1 ? ",\n{\"name\": " : "\n{\"name\": ", s->to);
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
	if (is_step(e))
		fprintf(s->to,
			", \"ph\": \"X\", \"pid\": 1, \"tid\": %u, \"ts\": %.3f, \"dur\": %.3f, \"args\": {",
			sequence_row(s, e->to), e->begin_us, e->end_us - e->begin_us);
	else
		fprintf(s->to,
			", \"ph\": \"i\", \"s\": \"%c\", \"pid\": 1, \"tid\": %u, \"ts\": %.3f, "
			"\"args\": {\"violation\": %s, ",
			e->from[0] ? 't' : 'p', e->from[0] ? sequence_row(s, e->from) : 1, e->begin_us,
			e->kind == SEQUENCE_VIOLATION ? "true" : "false");
	fputs("\"from\": ", s->to);
	json_text(s->to, e->from);
	fputs("}}", s->to);
}

static void mermaid_begin(struct sequence *s)
{
	fputs("sequenceDiagram\n", s->to);
}

static void json_begin(struct sequence *s)
{
	fputc('[', s->to);
}

static void json_end(struct sequence *s)
{
	fputs("\n]\n", s->to);
}

const struct sequence_writer sequence_text = { .ending = ".txt", .event = text_event };
const struct sequence_writer sequence_mermaid = {
	.ending = ".mmd", .begin = mermaid_begin, .party = mermaid_party, .event = mermaid_event
};
const struct sequence_writer sequence_chrome = {
	.ending = ".json", .begin = json_begin, .party = json_party, .event = json_event, .end = json_end
};

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

const char *sequence_endings(void)
{
	return ".html, .json, .mmd or .txt";
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
