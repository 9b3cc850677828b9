/* SPDX-License-Identifier: MIT */
#include "run/trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { MAX_ACTORS = 16, TEXT_BYTES = 256 };

struct step {
	double at_us;
	const char *from, *to;
	char text[TEXT_BYTES];
};

struct format {
	const char *ending;
	void (*begin)(struct run_trace *trace);
	/* `until_us` is when the next step begins. */
	void (*step)(struct run_trace *trace, const struct step *step, double until_us);
	void (*end)(struct run_trace *trace);
};

struct run_trace {
	const struct format *format;
	FILE *to;
	uint64_t start_ns, machine_ns; /* time of the start; machine time of the last step */
	struct step last;
	bool has_last;
	const char *actors[MAX_ACTORS];
	unsigned n_actors, n_steps;
};

static double now_us(const struct run_trace *t)
{
	return (double)(base_now_ns(base_env_real()) - t->start_ns + t->machine_ns) / 1e3;
}

/* The number of an actor, and whether it is new. */
static unsigned actor(struct run_trace *t, const char *name, bool *ret_new)
{
	*ret_new = false;
	for (unsigned i = 0; i < t->n_actors; i++)
		if (!strcmp(t->actors[i], name))
			return i;
	*ret_new = true;
	if (t->n_actors == MAX_ACTORS)
		return MAX_ACTORS - 1;
	t->actors[t->n_actors] = name;
	return t->n_actors++;
}

static void nothing(struct run_trace *t)
{
}

static void text_step(struct run_trace *t, const struct step *s, double until_us)
{
	fprintf(t->to, "%12.3f us  %-13s > %-13s %s\n", s->at_us, s->from, s->to, s->text);
}

static void json_string(FILE *to, const char *text)
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

static void json_begin(struct run_trace *t)
{
	fputs("[", t->to);
}

/* A slice in the row of the receiver; a row is named when it first appears. */
static void json_step(struct run_trace *t, const struct step *s, double until_us)
{
	bool is_new;
	unsigned row = actor(t, s->to, &is_new);

	if (is_new) {
		fprintf(t->to,
			"%s\n{\"name\": \"thread_name\", \"ph\": \"M\", \"pid\": 1, \"tid\": %u, \"args\": "
			"{\"name\": ",
			t->n_steps++ ? "," : "", row + 1);
		json_string(t->to, s->to);
		fputs("}}", t->to);
	}
	fprintf(t->to, "%s\n{\"name\": ", t->n_steps++ ? "," : "");
	json_string(t->to, s->text);
	fprintf(t->to,
		", \"ph\": \"X\", \"pid\": 1, \"tid\": %u, \"ts\": %.3f, \"dur\": %.3f, \"args\": "
		"{\"from\": ",
		row + 1, s->at_us, until_us - s->at_us);
	json_string(t->to, s->from);
	fputs("}}", t->to);
}

static void json_end(struct run_trace *t)
{
	fputs("\n]\n", t->to);
}

static void mermaid_begin(struct run_trace *t)
{
	fputs("sequenceDiagram\n", t->to);
}

/* Turns names into identifiers and Mermaid's syntax characters into entities. */
static void mermaid_name(FILE *to, const char *name)
{
	for (; *name; name++)
		fputc(*name == ' ' ? '_' : *name, to);
}

static void mermaid_step(struct run_trace *t, const struct step *s, double until_us)
{
	fputs("    ", t->to);
	mermaid_name(t->to, s->from);
	fputs("->>", t->to);
	mermaid_name(t->to, s->to);
	fputs(": ", t->to);
	for (const char *c = s->text; *c; c++) {
		if (*c == ';' || *c == '#')
			fprintf(t->to, "#%d;", *c);
		else
			fputc(*c, t->to);
	}
	fputc('\n', t->to);
}

static const struct format formats[] = {
	{ ".json", json_begin, json_step, json_end },
	{ ".mmd", mermaid_begin, mermaid_step, nothing },
	{ ".txt", nothing, text_step, nothing },
};

int run_trace_open(const char *path, struct run_trace **ret, struct jurat_error *err)
{
	const char *ending = strrchr(path, '.');
	struct run_trace *t = calloc(1, sizeof(*t));

	if (!t)
		return jurat_fail_memory(err);
	for (size_t i = 0; ending && i < ARRAY_SIZE(formats); i++)
		if (!strcmp(ending, formats[i].ending))
			t->format = &formats[i];
	if (!t->format) {
		free(t);
		return jurat_fail(err, -EINVAL,
				  "trace file '%s': expected a name ending in .json, .mmd or .txt", path);
	}
	t->to = fopen(path, "we");
	if (!t->to) {
		free(t);
		return jurat_fail(err, -errno, "cannot write '%s': %s", path, strerror(errno));
	}
	t->start_ns = base_now_ns(base_env_real());
	t->format->begin(t);
	*ret = t;
	return 0;
}

/* A step is written when the next one begins, because only then is its duration known. */
static void write_last(struct run_trace *t, double until_us)
{
	if (t->has_last)
		t->format->step(t, &t->last, until_us);
	t->has_last = false;
}

static void add(struct run_trace *t, const char *from, const char *to, const char *text)
{
	double at_us = now_us(t);

	write_last(t, at_us);
	t->last = (struct step){ .at_us = at_us, .from = from, .to = to };
	snprintf(t->last.text, sizeof(t->last.text), "%s", text);
	t->has_last = true;
}

void run_trace_step(void *ctx, const struct machine_event *event)
{
	struct run_trace *t = ctx;

	t->machine_ns = event->at_ns;
	add(t, event->from, event->to, event->text);
}

void run_trace_say(struct run_trace *t, const char *from, const char *to, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list ap;

	if (!t)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	add(t, from, to, text);
}

int run_trace_close(struct run_trace *t)
{
	bool bad;

	if (!t)
		return 0;
	write_last(t, now_us(t));
	t->format->end(t);
	bad = ferror(t->to);
	bad |= fclose(t->to) != 0;
	free(t);
	return bad ? -EIO : 0;
}
