/* SPDX-License-Identifier: MIT */
#include "sim/forge/forge.h"

#include "sim/forge/forge_internal.h"

int sim_forge(const struct sim_forge_options *options, struct sim_order *order, struct sim_forged *ret,
	      struct jurat_error *err)
{
	struct sim_forged made = { .n = 0 };
	int r;

	r = options->tdx ? forge_tdx(options, order, &made, err) : forge_snp(options, order, &made, err);
	if (r == 0)
		r = sim_order_unused(order, err);
	if (r < 0) {
		sim_forged_done(&made);
		return r;
	}
	*ret = made;
	return 0;
}
