/* SPDX-License-Identifier: MIT */
#include <jurat/measure.h>

#include <assert.h>

#include "base/struct.h"
#include "measure/event_log.h"

/* The public name of struct measure_log, which is never defined. */
static const struct measure_log *log_of(const struct jurat_event_log *log)
{
	return (const struct measure_log *)log;
}

static_assert((int)JURAT_EVENT_LOG_TCG == MEASURE_LOG_TCG &&
		      (int)JURAT_EVENT_LOG_DSTACK == MEASURE_LOG_DSTACK &&
		      (int)JURAT_EVENT_LOG_TRUSTEE == MEASURE_LOG_TRUSTEE,
	      "the same forms");

int jurat_event_log_new(const void *bytes, size_t n, struct jurat_event_log **ret, struct jurat_error *err)
{
	struct measure_log *log;
	int r = measure_log_read(bytes, n, &log, err);

	if (r == 0)
		*ret = (struct jurat_event_log *)log;
	return r;
}

void jurat_event_log_free(struct jurat_event_log *log)
{
	measure_log_free((struct measure_log *)log);
}

enum jurat_event_log_form jurat_event_log_form(const struct jurat_event_log *log)
{
	return (enum jurat_event_log_form)measure_log_form(log_of(log));
}

size_t jurat_event_log_count(const struct jurat_event_log *log)
{
	return measure_log_count(log_of(log));
}

int jurat_event_log_event(const struct jurat_event_log *log, size_t i, struct jurat_event *ret)
{
	const struct measure_event *e = measure_log_event(log_of(log), i);
	struct jurat_event event;
	int r = base_struct_take(&event, ret, data_size, "jurat_event", NULL);

	if (r < 0)
		return r;
	if (!e)
		return JURAT_NOT_FOUND;
	event = (struct jurat_event){
		.size = sizeof(event),
		.offset = e->offset,
		.rtmr = e->index > 0 ? e->index - 1 : 0,
		.type = e->type,
		.extends = e->extends,
		.digest = e->digest,
		.data = e->data,
		.data_size = e->n,
		.measured = e->measured,
		.measured_size = e->n_measured,
		.name = e->name,
	};
	base_struct_give(ret, &event);
	return 0;
}

void jurat_event_log_replay(const struct jurat_event_log *log, size_t n, uint8_t ret[4][48])
{
	size_t count = jurat_event_log_count(log);

	measure_log_replay(log_of(log), n < count ? n : count, ret);
}

const char *jurat_event_type_name(uint32_t type)
{
	return measure_event_type_name(type);
}
