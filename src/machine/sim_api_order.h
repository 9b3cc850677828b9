/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_SIM_API_ORDER_H
#define MACHINE_SIM_API_ORDER_H

#include "sim/forge/forge.h"

/* The members `at`, `evidence` and `evidence_count` of options of the public interface. */
struct sim_api_items {
	int64_t at;
	const char *const *items;
	size_t n;
};

/* The date of the evidence: `at`, or the clock's. 0; -EINVAL it is before 1970. */
JURAT_MUST_CHECK int sim_api_at(int64_t at, int64_t *ret, struct jurat_error *err);

/* *ret: an order of these items, or NULL when there are none. 0; -EINVAL: `err` names the item; -ENOMEM. */
JURAT_MUST_CHECK int sim_api_order(const struct sim_api_items *items, bool tdx, struct sim_order **ret,
				   struct jurat_error *err);

/*
 * Whether the evidence of such a platform has a use for every item. It is tried, before anything is made: a
 * machine makes its evidence later, when it can refuse none. A SEV-SNP machine may load a VLEK then.
 *
 * like      `vlek`, `seed` and `report_data` have no effect
 * Returns   0; -EINVAL: `err` says what is wrong; -ENOMEM
 */
JURAT_MUST_CHECK int sim_api_order_try(const struct sim_api_items *items,
				       const struct sim_forge_options *like, struct jurat_error *err);

#endif
