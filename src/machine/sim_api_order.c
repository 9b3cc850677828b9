/* SPDX-License-Identifier: MIT */
#include "machine/sim_api_order.h"

#include <errno.h>

#include "base/env.h"

int sim_api_at(int64_t at, int64_t *ret, struct jurat_error *err)
{
	if (at < 0)
		return jurat_fail(err, -EINVAL, "at: expected a time since 1970, found %lld", (long long)at);
	*ret = at ? at : base_realtime_s(base_env_real());
	return 0;
}

static int add(struct sim_order *order, const struct sim_api_items *items, size_t i, bool tdx,
	       struct jurat_error *err)
{
	const char *item = items->items ? items->items[i] : NULL;
	enum sim_part part;
	int r;

	if (!item)
		return jurat_fail(err, -EINVAL, "evidence: expected %zu items, and item %zu is NULL",
				  items->n, i);
	r = sim_order_add(order, item, err);
	if (r < 0)
		return r == -ENOMEM ? r : jurat_wrap(err, r, "'%s'", item);
	part = sim_order_foreign(order, tdx);
	if (part == SIM_N_PARTS)
		return 0;
	return jurat_fail(err, -EINVAL, "'%s': '%s' is a part of %s evidence", item, sim_part_name(part),
			  tdx ? "SEV-SNP" : "TDX");
}

int sim_api_order(const struct sim_api_items *items, bool tdx, struct sim_order **ret,
		  struct jurat_error *err)
{
	struct sim_order *order = NULL;
	int r = items->n > 0 ? sim_order_new(items->at, &order, err) : 0;

	for (size_t i = 0; r == 0 && i < items->n; i++)
		r = add(order, items, i, tdx, err);
	if (r < 0) {
		sim_order_free(order);
		return r;
	}
	*ret = order;
	return 0;
}

int sim_api_order_try(const struct sim_api_items *items, const struct sim_forge_options *like,
		      struct jurat_error *err)
{
	struct sim_forge_options options = *like;
	struct jurat_error why = { "" }; /* of a failure that may not be one */
	struct sim_order *order = NULL;
	int r = sim_api_order(items, like->tdx, &order, err);

	if (r < 0 || !order)
		return r;
	options.seed = NULL; /* whose keys need no search */
	for (unsigned keys = 0; keys < (like->tdx ? 1 : 2); keys++) {
		struct sim_forged forged = { .n = 0 };

		options.vlek = keys == 1;
		r = sim_forge(&options, order, &forged, &why);
		sim_forged_done(&forged);
		if (r != -EINVAL)
			break;
	}
	sim_order_free(order);
	return r < 0 ? jurat_fail(err, r, "%s", why.text) : 0;
}
