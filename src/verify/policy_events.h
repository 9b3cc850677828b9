/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_POLICY_EVENTS_H
#define VERIFY_POLICY_EVENTS_H

#include <jansson.h>

#include "verify/policy.h"

/*
 * Reads an object of digests by the type of the event: its name in the TCG's specifications, or "0x" and hex
 * digits; "*" stands for all other types, and is the only one whose list may be empty. `ret` is replaced on
 * success only.
 *
 * Returns   0; -EBADMSG with the reason; -ENOMEM
 */
JURAT_MUST_CHECK int policy_events_read(json_t *value, struct policy_events *ret, struct jurat_error *err);
/* `to` needs policy_events_done() even after a failure. 0; -ENOMEM. */
JURAT_MUST_CHECK int policy_events_copy(struct policy_events *to, const struct policy_events *from);
void policy_events_done(struct policy_events *events);
/* The row for this type, or that for all others; NULL: events of this type are not restricted. */
const struct policy_event *policy_events_of(const struct policy_events *events, uint32_t type);

enum { POLICY_EVENT_TYPE_BYTES = 48 };
/* The name of a type as in a policy, "0x..." if it has none. Returns `to`. */
char *policy_event_type(uint32_t type, char to[POLICY_EVENT_TYPE_BYTES]);

#endif
