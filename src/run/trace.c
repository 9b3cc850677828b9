/* SPDX-License-Identifier: MIT */
#include "run/trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/sequence.h"

enum { TEXT_BYTES = 256 };

struct step {
	double at_us;
	const char *from, *to;
	char text[TEXT_BYTES];
};

struct run_trace {
	struct sequence sequence;
	FILE *to;
	uint64_t start_ns, machine_ns; /* time of the start; machine time of the last step */
	struct step last;
	bool has_last;
};

static double now_us(const struct run_trace *t)
{
	return (double)(base_now_ns(base_env_real()) - t->start_ns + t->machine_ns) / 1e3;
}

int run_trace_open(const char *path, struct run_trace **ret, struct jurat_error *err)
{
	enum sequence_format format;
	struct run_trace *t;

	if (sequence_format_of(path, &format) < 0)
		return jurat_fail(err, -EINVAL, "trace file '%s': expected a name ending in %s", path,
				  sequence_endings());
	t = calloc(1, sizeof(*t));
	if (!t)
		return jurat_fail_memory(err);
	t->to = fopen(path, "we");
	if (!t->to) {
		free(t);
		return jurat_fail(err, -errno, "cannot write '%s': %s", path, strerror(errno));
	}
	t->start_ns = base_now_ns(base_env_real());
	sequence_begin(&t->sequence, format, t->to);
	*ret = t;
	return 0;
}

/* A step is written when the next one begins, because only then is its duration known. */
static void write_last(struct run_trace *t, double until_us)
{
	const struct sequence_event event =
		SEQUENCE_EVENT(.kind = SEQUENCE_STEP, .begin_us = t->last.at_us, .end_us = until_us,
			       .from = t->last.from, .to = t->last.to, .text = t->last.text);

	if (t->has_last)
		sequence_add(&t->sequence, &event);
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
	bad = sequence_end(&t->sequence) < 0;
	bad |= ferror(t->to);
	bad |= fclose(t->to) != 0;
	free(t);
	return bad ? -EIO : 0;
}
