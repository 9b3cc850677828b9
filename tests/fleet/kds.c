/* SPDX-License-Identifier: MIT */
#include "fleet/world.h"

/* AMD's KDS: one VCEK per interval and address, 429 for every other request. */
void kds_arrive(struct fleet *fleet, const struct event *event)
{
	bool serves = fleet->options.service != FLEET_NO_SERVICE;
	unsigned address = serves ? replica_address(fleet, event->who) : event->who;
	uint64_t *accepted = &fleet->accepted_ms[address];
	struct event answer = *event;
	struct chip *chip = &fleet->chips[event->chip];

	fleet->result.requests++;
	answer.what = EVENT_TOO_MANY;
	if (*accepted == 0 || fleet->now_ms + 1 - *accepted >= KDS_INTERVAL_MS) {
		*accepted = fleet->now_ms + 1;
		fleet->result.repeated += chip->sent;
		chip->sent = true;
		answer.what = EVENT_VCEK;
	} else {
		fleet->result.too_many++;
		fleet->result.over_quota += fleet->options.service == FLEET_SHARED_STOCK;
	}
	fleet_add(fleet, KDS_WORK_MS + fleet_way_ms(fleet), answer);
}
