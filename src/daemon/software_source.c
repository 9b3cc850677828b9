/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <microhttpd.h>

#include "base/env.h"
#include "base/time.h"
#include "daemon/software_source.h"

enum {
	STALE_DAYS = 60,           /* documents and CRLs are valid for 30 */
	STALE_VCEK_DAYS = 366 * 8, /* VCEKs for 7 years */
};

static int open_slot(void *source, unsigned lane, void **ret_slot, struct jurat_error *err)
{
	*ret_slot = source;
	return 0;
}

static void close_slot(void *slot)
{
}

static void step(void *slot, struct source_work *work)
{
	const struct software_services *services = slot;
	const int64_t clock = base_realtime_s(base_env_real());
	int64_t now = services->at ? services->at : clock;
	int r;

	if (work->stale)
		now -= (work->item.kind == ENDORSE_VCEK ? STALE_VCEK_DAYS : STALE_DAYS) * BASE_DAY_SECONDS;
	r = software_platform_get(services->platform, &work->item, now, &work->value, &work->expires,
				  &work->why);
	if (r == 0 && services->at) /* what an answer's headers and memory count with is the clock */
		work->expires += clock - services->at;
	work->lane = SOURCE_DONE;
	work->from = "software-platform";
	work->status = r == 0                 ? MHD_HTTP_OK
		       : r == JURAT_NOT_FOUND ? MHD_HTTP_NOT_FOUND
		       : r == -ESTALE         ? MHD_HTTP_GONE
		       : r == -EINVAL         ? MHD_HTTP_BAD_REQUEST
					      : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

struct source software_source(struct software_services *services)
{
	static const struct source_ops ops = { .name = "software-platform",
					       .lanes = { 1 }, /* calls take turns anyway */
					       .turn_lane = 0,
					       .open = open_slot,
					       .close = close_slot,
					       .step = step };

	return (struct source){ .ops = &ops, .context = services };
}
