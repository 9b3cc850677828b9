/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/policy_events.h"
#include "verify/render.h"
#include "verify/tdx_verdict.h"

static const char *const forms[] = {
	[MEASURE_LOG_TCG] = "tcg", [MEASURE_LOG_DSTACK] = "dstack", [MEASURE_LOG_TRUSTEE] = "trustee"
};

static const char *const partings[] = {
	[EVENT_PARTING_UNKNOWN] = NULL,
	[EVENT_PARTING_REST] = "rest-not-in-quote",
	[EVENT_PARTING_EXTRA] = "event-not-in-quote",
	[EVENT_PARTING_DATA] = "digest-not-of-data",
	[EVENT_PARTING_SWAPPED] = "order",
	[EVENT_PARTING_OTHER] = "digest",
	[EVENT_PARTING_MISSING] = "event-not-in-log",
};

enum { ESCAPED_BYTES = 5 };

/* Printable ASCII as it is, every other byte as \xNN: a command line may come from anyone. */
static const char *escaped(char c, char to[ESCAPED_BYTES])
{
	if (c >= 0x20 && c <= 0x7e)
		snprintf(to, ESCAPED_BYTES, "%c", c);
	else
		snprintf(to, ESCAPED_BYTES, "\\x%02x", (unsigned char)c);
	return to;
}

static json_t *printable(const char *text)
{
	auto_free char *to = malloc((ESCAPED_BYTES - 1) * strlen(text) + 1);
	char one[ESCAPED_BYTES], *end = to;

	if (!to)
		return NULL;
	for (; *text; text++) {
		escaped(*text, one);
		memcpy(end, one, strlen(one));
		end += strlen(one);
	}
	*end = '\0';
	return json_string(to);
}

static json_t *parts_at(struct render_json *o, const struct verdict_rtmr *r, enum measure_log_form form)
{
	json_t *object = json_object();
	char type[POLICY_EVENT_TYPE_BYTES];

	render_put(o, object, "difference", json_string(partings[r->parting]));
	if (r->event == SIZE_MAX) {
		render_put(o, object, "event", json_null());
		return object;
	}
	render_put(o, object, "event", json_integer((json_int_t)r->event));
	render_put(o, object, "type", json_string(policy_event_type(r->type, type)));
	if (form == MEASURE_LOG_TCG)
		render_put(o, object, "offset", json_integer((json_int_t)r->offset));
	return object;
}

static json_t *rtmr(struct render_json *o, const struct verdict_rtmr *r, enum measure_log_form form)
{
	json_t *object = json_object();

	render_put(o, object, "explained", json_boolean(r->explained));
	render_put(o, object, "events", json_integer((json_int_t)r->n_events));
	render_put(o, object, "replayed", render_hex(r->replayed, sizeof(r->replayed)));
	if (!r->explained && r->parting != EVENT_PARTING_UNKNOWN)
		render_put(o, object, "parts_at", parts_at(o, r, form));
	return object;
}

json_t *render_events(struct render_json *o, const struct verdict_events *events)
{
	json_t *object, *lines;
	char name[8];

	if (!events->readable)
		return json_null();
	object = json_object();
	lines = json_array();
	render_put(o, object, "form", json_string(forms[events->form]));
	render_put(o, object, "events", json_integer((json_int_t)events->n_events));
	for (unsigned i = 0; i < MEASURE_N_RTMRS; i++) {
		snprintf(name, sizeof(name), "rtmr%u", i);
		render_put(o, object, name, rtmr(o, &events->rtmr[i], events->form));
	}
	for (size_t i = 0; i < events->n_cmdlines; i++)
		render_append(o, lines, printable(events->cmdlines[i]));
	render_put(o, object, "kernel_cmdline", lines);
	render_put(o, object, "secure_boot",
		   events->secure_boot == MEASURE_LOGGED_SECURE_BOOT_UNKNOWN
			   ? json_null()
			   : json_boolean(events->secure_boot == MEASURE_LOGGED_SECURE_BOOT_ON));
	return object;
}

void render_text_events(FILE *f, const struct verdict_events *events)
{
	static const char *const states[] = { [MEASURE_LOGGED_SECURE_BOOT_UNKNOWN] = "not proven by the log",
					      [MEASURE_LOGGED_SECURE_BOOT_OFF] = "disabled",
					      [MEASURE_LOGGED_SECURE_BOOT_ON] = "enabled" };

	if (!events->readable) {
		fprintf(f, "%-*s unreadable\n", RENDER_LABEL, "event_log");
		return;
	}
	fprintf(f, "%-*s %zu events (%s)\n", RENDER_LABEL, "event_log", events->n_events,
		forms[events->form]);
	for (unsigned i = 0; i < MEASURE_N_RTMRS; i++)
		fprintf(f, "  %s%u%-*s %s, %zu events\n", "rtmr", i, RENDER_LABEL - 7, "",
			events->rtmr[i].explained ? "explained" : "NOT explained", events->rtmr[i].n_events);
	fprintf(f, "%-*s %s\n", RENDER_LABEL, "  secure_boot", states[events->secure_boot]);
	for (size_t i = 0; i < events->n_cmdlines; i++) {
		char one[ESCAPED_BYTES];

		fprintf(f, "%-*s ", RENDER_LABEL, "  kernel_cmdline");
		for (const char *c = events->cmdlines[i]; *c; c++)
			fputs(escaped(*c, one), f);
		fputc('\n', f);
	}
}
