/* SPDX-License-Identifier: MIT */
#include "bench/bench_td.h"

#include <time.h>

#include "guest/guest.h"

enum { DAY_S = 24 * 60 * 60 };

int bench_td_quote(struct base_env *env, uint8_t number, struct jurat_evidence *ret, struct jurat_error *err)
{
	struct jurat_guest_options options = { .size = sizeof(options),
					       .tee = JURAT_TEE_TDX,
					       .via = JURAT_VIA_CONFIGFS };
	uint8_t data[64] = { number };
	struct jurat_guest *guest;
	int r = guest_open(env, &options, &guest, err);

	if (r < 0)
		return r;
	ret->size = sizeof(*ret);
	r = jurat_guest_report(guest, data, NULL, ret, err);
	jurat_guest_close(guest);
	return r;
}

int bench_td_collateral(struct machine_td *machine, uint32_t evaluation, struct sim_collateral *ret,
			struct jurat_error *err)
{
	struct sim_collateral_options o = {
		.platform_status = "UpToDate",
		.module_status = "UpToDate",
		.qe_status = "UpToDate",
		.issued = time(NULL) - DAY_S,
		.next_update = time(NULL) + 29 * DAY_S,
		.evaluation = evaluation,
	};

	return sim_qe_collateral(machine_td_qe(machine), &o, ret, err);
}
