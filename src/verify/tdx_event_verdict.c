/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/struct.h"
#include "verify/tdx_verdict.h"

void verdict_events_free(struct verdict_events *events)
{
	if (!events)
		return;
	for (size_t i = 0; i < events->n_cmdlines; i++)
		free(events->cmdlines[i]);
	free(events->cmdlines);
	free(events->list);
	free(events);
}

_Static_assert((int)JURAT_SECURE_BOOT_UNKNOWN == (int)MEASURE_LOGGED_SECURE_BOOT_UNKNOWN &&
		       (int)JURAT_SECURE_BOOT_DISABLED == (int)MEASURE_LOGGED_SECURE_BOOT_OFF &&
		       (int)JURAT_SECURE_BOOT_ENABLED == (int)MEASURE_LOGGED_SECURE_BOOT_ON,
	       "the ABI's numbers of Secure Boot states");

static const struct verdict_events *events_of(const struct jurat_verdict *verdict)
{
	const struct verdict_tdx *tdx = verdict && verdict->has_report ? verdict->tdx : NULL;

	return tdx && tdx->events && tdx->events->readable ? tdx->events : NULL;
}

int jurat_verdict_tdx_event_log(const struct jurat_verdict *verdict, struct jurat_tdx_event_log *ret)
{
	const struct verdict_events *events = events_of(verdict);
	struct jurat_tdx_event_log log;
	int r = base_struct_take(&log, ret, kernel_cmdline_count, "jurat_tdx_event_log", NULL);

	if (r < 0)
		return r;
	if (!events)
		return JURAT_NOT_FOUND;
	log = (struct jurat_tdx_event_log){ .event_count = events->n_events,
					    .secure_boot = (enum jurat_secure_boot)events->secure_boot,
					    .kernel_cmdline_count = events->n_cmdlines };
	for (unsigned i = 0; i < MEASURE_N_RTMRS; i++)
		log.explained |= (uint32_t)events->rtmr[i].explained << i;
	base_struct_give(ret, &log);
	return 0;
}

const char *jurat_verdict_tdx_kernel_cmdline(const struct jurat_verdict *verdict, size_t i)
{
	const struct verdict_events *events = events_of(verdict);

	return events && i < events->n_cmdlines ? events->cmdlines[i] : NULL;
}
