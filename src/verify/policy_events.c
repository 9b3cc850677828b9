/* SPDX-License-Identifier: MIT */
#include "verify/policy_events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "measure/event_log.h"
#include "verify/policy_bits.h"
#include "verify/policy_values.h"

static const char every_other[] = "*";

char *policy_event_type(uint32_t type, char to[POLICY_EVENT_TYPE_BYTES])
{
	const char *name = measure_event_type_name(type);

	if (name)
		snprintf(to, POLICY_EVENT_TYPE_BYTES, "%s", name);
	else
		snprintf(to, POLICY_EVENT_TYPE_BYTES, "0x%x", type);
	return to;
}

static int read_type(const char *name, struct policy_event *ret, struct jurat_error *err)
{
	uint64_t number;

	if (strcmp(name, every_other) == 0) {
		ret->every_other = true;
		return 0;
	}
	if (policy_read_hex_number(name, &number) && number <= UINT32_MAX)
		ret->type = (uint32_t)number;
	else if (!measure_event_type_by_name(name, &ret->type))
		return jurat_fail(err, -EBADMSG,
				  "%.40s: unknown type of event, expected a name such as "
				  "EV_EFI_BOOT_SERVICES_APPLICATION, \"0x...\" or \"*\"",
				  name);
	if (ret->type == MEASURE_EV_NO_ACTION)
		return jurat_fail(err, -EBADMSG, "%.40s: events of this type are never measured", name);
	return 0;
}

static int read_digest(json_t *value, uint8_t *to, void *context, struct jurat_error *err)
{
	const char *hex = json_string_value(value);

	(void)context;
	if (hex && bytes_from_hex(hex, to, MEASURE_DIGEST_BYTES))
		return 0;
	return jurat_fail(err, -EBADMSG, "expected a string of exactly %d hex digits",
			  2 * MEASURE_DIGEST_BYTES);
}

static bool is_twice(const struct policy_events *events, const struct policy_event *event)
{
	for (size_t i = 0; i < events->n; i++)
		if (events->items[i].every_other == event->every_other &&
		    events->items[i].type == event->type)
			return true;
	return false;
}

int policy_events_read(json_t *value, struct policy_events *ret, struct jurat_error *err)
{
	struct policy_events next auto_call(policy_events_done) = { .items = NULL };
	const size_t n = json_object_size(value); /* 0 if it is no object */
	const char *key;
	json_t *digests;
	int r;

	if (n == 0)
		return jurat_fail(err, -EBADMSG, "expected an object of digests by the type of the event");
	next.items = calloc(n, sizeof(*next.items));
	if (!next.items)
		return jurat_fail_memory(err);
	json_object_foreach(value, key, digests)
	{
		struct policy_event event = { .type = 0 };

		r = read_type(key, &event, err);
		if (r < 0)
			return r;
		if (is_twice(&next, &event))
			return jurat_fail(err, -EBADMSG, "%.40s: duplicate type of event", key);
		if (json_is_array(digests) && json_array_size(digests) == 0 && !event.every_other)
			return jurat_fail(err, -EBADMSG, "%.40s: expected a non-empty list", key);
		r = policy_read_items(digests, MEASURE_DIGEST_BYTES, read_digest, NULL, &event.digests, err);
		if (r < 0)
			return jurat_wrap(err, r, "%.40s", key);
		next.items[next.n++] = event;
	}
	policy_events_done(ret);
	*ret = next;
	next = (struct policy_events){ .items = NULL };
	return 0;
}

int policy_events_copy(struct policy_events *to, const struct policy_events *from)
{
	*to = (struct policy_events){ .items = NULL };
	if (from->n == 0)
		return 0;
	to->items = calloc(from->n, sizeof(*to->items));
	if (!to->items)
		return -ENOMEM;
	for (; to->n < from->n; to->n++) {
		const struct policy_event *event = &from->items[to->n];
		const size_t n = event->digests.n * MEASURE_DIGEST_BYTES;
		uint8_t *items = malloc(n ? n : 1);

		if (!items)
			return -ENOMEM;
		if (n > 0)
			memcpy(items, event->digests.items, n);
		to->items[to->n] = *event;
		to->items[to->n].digests.items = items;
	}
	return 0;
}

void policy_events_done(struct policy_events *events)
{
	for (size_t i = 0; i < events->n; i++)
		free(events->items[i].digests.items);
	free(events->items);
	*events = (struct policy_events){ .items = NULL };
}

const struct policy_event *policy_events_of(const struct policy_events *events, uint32_t type)
{
	const struct policy_event *other = NULL;

	for (size_t i = 0; i < events->n; i++) {
		if (events->items[i].every_other)
			other = &events->items[i];
		else if (events->items[i].type == type)
			return &events->items[i];
	}
	return other;
}
