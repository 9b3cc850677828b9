/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "machine/sequence.h"

/*
 * A line for each event: when it begins, how long it takes, whose request it is, and by its indent what it is
 * in.
 */

enum { MAX_INDENT = 16 };

static void put(FILE *to, const char *text)
{
	sequence_put(to, text, strlen(text));
}

static const char *sign_of(const struct sequence_event *e)
{
	return e->kind == SEQUENCE_VIOLATION ? "VIOLATION " : "";
}

/* Of a source with a unit of its own, which does not number its events: one party's step at another. */
static void plain(FILE *to, const struct sequence_event *e)
{
	if (e->kind == SEQUENCE_STEP || e->kind == SEQUENCE_LOCK)
		fprintf(to, "%s  %-13s > %-13s ", e->at, e->from, e->to);
	else
		fprintf(to, "%*s  %-13s   %-13s %s", (int)strlen(e->at), "", e->from, "", sign_of(e));
	put(to, e->text);
	fputc('\n', to);
}

static void parties(FILE *to, const struct sequence_event *e)
{
	put(to, e->from);
	if (e->kind == SEQUENCE_STEP && strcmp(e->from, e->to) != 0) {
		fputs(" > ", to);
		put(to, e->to);
	}
}

static void whose(FILE *to, const struct sequence_event *e)
{
	char text[48] = "";

	if (e->request && e->vcpu >= 0)
		(void)!snprintf(text, sizeof(text), "#%u vCPU %d.%d", (unsigned)e->request, e->guest,
				e->vcpu);
	else if (e->request)
		(void)!snprintf(text, sizeof(text), "#%u", (unsigned)e->request);
	fprintf(to, "%-14s ", text);
}

static void text_event(struct sequence *s, const struct sequence_event *e)
{
	FILE *to = s->to;

	if (e->at) {
		plain(to, e);
		return;
	}
	fprintf(to, "%14.3f us %12.3f us  ", e->begin_us, e->end_us - e->begin_us);
	whose(to, e);
	fprintf(to, "%*s", 2 * (int)(e->depth < MAX_INDENT ? e->depth : MAX_INDENT), "");
	parties(to, e);
	fprintf(to, ": %s", sign_of(e));
	put(to, e->text);
	if (e->result) {
		fputs(" -> ", to);
		put(to, e->result);
	}
	if (e->count > 1)
		fprintf(to, " (%u times)", (unsigned)e->count);
	if (e->unfinished)
		fputs(" (had not ended)", to);
	if (e->thread && e->depth == 0)
		fprintf(to, " [thread %u]", (unsigned)e->thread);
	fputc('\n', to);
}

const struct sequence_writer sequence_text = { .ending = ".txt", .event = text_event };
