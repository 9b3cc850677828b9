/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/sequence.h"

/*
 * A call is an arrow and a bar of activity, up to the dashed arrow with its result. Events come when they
 * begin, so ends are kept until everything has been written that begins before them.
 */

struct pending {
	struct pending *next;
	uint32_t id, parent, request;
	double end_us;
	const char *from, *to;
	bool is_lock;
	char text[]; /* its result; of a lock, its name */
};

struct mermaid {
	struct pending *pending; /* the last one first */
};

/* What Mermaid gives a meaning to becomes an entity: its own are "#NUMBER;". */
static void put(FILE *to, const char *text)
{
	for (size_t n; *text; text += n) {
		n = strcspn(text, ";#%<>&\"{}");
		if (n > 0) {
			sequence_put(to, text, n);
		} else {
			fprintf(to, "#%d;", *text);
			n = 1;
		}
	}
}

/* Not a word of Mermaid's own, such as "end". */
static void put_id(FILE *to, const char *name)
{
	for (; *name; name++)
		fputc(isalnum((unsigned char)*name) ? *name : '_', to);
}

static void party(struct sequence *s, unsigned number, const char *name)
{
	fputs("    participant ", s->to);
	put_id(s->to, name);
	fputs(" as ", s->to);
	put(s->to, name);
	fputc('\n', s->to);
}

static void note(struct sequence *s, const char *about, const char *before, const char *text)
{
	fputs("    Note over ", s->to);
	put_id(s->to, about[0] || s->n_parties == 0 ? about : s->parties[0]);
	if (!about[0] && s->n_parties > 1) {
		fputc(',', s->to);
		put_id(s->to, s->parties[s->n_parties - 1]);
	}
	fprintf(s->to, ": %s", before);
	put(s->to, text);
	fputc('\n', s->to);
}

static void end_pending(struct sequence *s, const struct pending *p)
{
	if (p->is_lock) {
		note(s, p->from, "releases ", p->text);
		return;
	}
	fputs("    ", s->to);
	put_id(s->to, p->to);
	fputs("-->>-", s->to);
	put_id(s->to, p->from);
	fputs(": ", s->to);
	put(s->to, p->text[0] ? p->text : "done");
	fputc('\n', s->to);
}

static bool is_in(const struct mermaid *m, uint32_t parent, const struct pending *p)
{
	for (; parent;) {
		const struct pending *q = m->pending;

		if (parent == p->id)
			return true;
		while (q && q->id != parent)
			q = q->next;
		parent = q ? q->parent : 0;
	}
	return false;
}

/* Ends what has ended by then, the earliest first, and not what event `parent` is in. */
static void end_until(struct sequence *s, double us, uint32_t parent)
{
	struct mermaid *m = s->own;

	for (;;) {
		struct pending **first = NULL;

		for (struct pending **at = &m->pending; *at; at = &(*at)->next)
			if ((*at)->end_us <= us && !is_in(m, parent, *at) &&
			    (!first || (*at)->end_us < (*first)->end_us))
				first = at;
		if (!first)
			return;
		end_pending(s, *first);
		struct pending *gone = *first;

		*first = gone->next;
		free(gone);
	}
}

static void keep(struct sequence *s, const struct sequence_event *e, const char *text)
{
	struct mermaid *m = s->own;
	size_t n = strlen(text) + 1;
	struct pending *p = malloc(sizeof(*p) + n);

	if (!p) {
		s->error = -ENOMEM;
		return;
	}
	*p = (struct pending){ .next = m->pending,
			       .id = e->id,
			       .parent = e->parent,
			       .request = e->request,
			       .end_us = e->end_us,
			       .from = e->from,
			       .to = e->to,
			       .is_lock = e->kind == SEQUENCE_LOCK };
	memcpy(p->text, text, n);
	m->pending = p;
}

/* Whether another request is under way: then each arrow says whose it is. */
static bool is_parallel(const struct mermaid *m, uint32_t request)
{
	for (const struct pending *p = m->pending; p; p = p->next)
		if (!p->is_lock && p->request != request)
			return true;
	return false;
}

/* A call has a bar, and an arrow for its end. */
static bool is_call(const struct sequence_event *e)
{
	return e->id && strcmp(e->from, e->to) != 0 && (e->end_us > e->begin_us || e->result);
}

static void step(struct sequence *s, const struct sequence_event *e)
{
	struct mermaid *m = s->own;

	fputs("    ", s->to);
	put_id(s->to, e->from);
	fputs(is_call(e) && m ? "->>+" : "->>", s->to);
	put_id(s->to, e->to);
	fputs(": ", s->to);
	if (m && e->request && (e->parent == 0 || is_parallel(m, e->request)))
		fprintf(s->to, "request %u: ", (unsigned)e->request);
	put(s->to, e->text);
	if (e->result && !is_call(e)) {
		fputs(", ", s->to);
		put(s->to, e->result);
	}
	if (e->count > 1)
		fprintf(s->to, " (%u times)", (unsigned)e->count);
	fputc('\n', s->to);
	if (m && is_call(e))
		keep(s, e, e->unfinished ? "has not ended" : e->result ? e->result : "");
}

static void event(struct sequence *s, const struct sequence_event *e)
{
	if (s->own)
		end_until(s, e->begin_us, e->parent);
	switch (e->kind) {
	case SEQUENCE_STEP:
		step(s, e);
		break;
	case SEQUENCE_LOCK:
		note(s, e->from, "", e->text);
		if (s->own)
			keep(s, e, e->to);
		break;
	case SEQUENCE_NOTE:
		note(s, e->from, "", e->text);
		break;
	case SEQUENCE_VIOLATION:
		note(s, e->from, "VIOLATION ", e->text);
		break;
	}
}

static void begin(struct sequence *s)
{
	fputs("sequenceDiagram\n", s->to);
	s->own = calloc(1, sizeof(struct mermaid));
	if (!s->own)
		s->error = -ENOMEM;
}

static void end(struct sequence *s)
{
	if (s->own)
		end_until(s, __builtin_inf(), 0);
	free(s->own);
	s->own = NULL;
}

const struct sequence_writer sequence_mermaid = {
	.ending = ".mmd", .begin = begin, .party = party, .event = event, .end = end
};
