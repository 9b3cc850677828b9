/* SPDX-License-Identifier: MIT */
#include "jurat/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/struct.h"
#include "machine/internal.h"
#include "machine/sim_api_order.h"
#include "machine/td.h"

/*
 * The public interface of the software TDX platform. A machine_td has one TD: those of one platform are
 * machines of the same options, so all their keys are the same. Each has an order of its own, which keeps
 * what its hooks have seen.
 */
struct jurat_tdx_sim {
	struct machine_td_options options;
	struct sim_api_items items;
	char *seed, **copies;         /* what options and items have, and point to */
	struct jurat_tdx_sim_td *own; /* whose roots and collateral are the platform's */
	uint8_t *root;                /* NULL: not asked for */
	size_t root_size;
	struct sim_collateral collateral;
	bool has_collateral;
};

struct jurat_tdx_sim_td {
	struct sim_order *order; /* NULL: nothing is different */
	struct machine_td *machine;
	uint8_t *quote;
};

static void free_td(struct jurat_tdx_sim_td **td)
{
	jurat_tdx_sim_td_free(*td);
}

static void free_sim(struct jurat_tdx_sim **sim)
{
	jurat_tdx_sim_free(*sim);
}

static int td_new(const struct jurat_tdx_sim *sim, const struct sim_td_params *params,
		  struct jurat_tdx_sim_td **ret, struct jurat_error *err)
{
	auto_call(free_td) struct jurat_tdx_sim_td *td = calloc(1, sizeof(*td));
	struct machine_td_options options = sim->options;
	int r;

	if (!td)
		return jurat_fail_memory(err);
	r = sim_api_order(&sim->items, true, &td->order, err);
	if (r == 0 && td->order && sim_order_value(td->order, SIM_PART_TD, SIM_EDIT_SET, "event_log"))
		r = jurat_fail(err, -EINVAL, "td.event_log: this TD has no event log; see jurat forge");
	options.order = td->order;
	options.td = *params;
	if (r == 0)
		r = machine_td_new(&options, &td->machine, err);
	if (r == 0)
		*ret = take_ptr(td);
	return r;
}

/* The options and items outlive the call: TDs are launched later. */
static int copy_options(const struct jurat_tdx_sim_options *o, struct jurat_tdx_sim *sim,
			struct jurat_error *err)
{
	sim->seed = strdup(o->seed ? o->seed : SIM_PKI_DEFAULT_SEED);
	sim->copies = calloc(o->evidence_count + 1, sizeof(*sim->copies));
	if (!sim->seed || !sim->copies)
		return jurat_fail_memory(err);
	for (size_t i = 0; i < o->evidence_count; i++) {
		sim->copies[i] = strdup(o->evidence[i]);
		if (!sim->copies[i])
			return jurat_fail_memory(err);
	}
	sim->items.items = (const char *const *)sim->copies;
	sim->items.n = o->evidence_count;
	sim->options.platform.seed = sim->options.pki_seed = sim->seed;
	return 0;
}

/* The options, after their order was tried. */
static int read_options(const struct jurat_tdx_sim_options *o, struct jurat_tdx_sim *sim,
			struct jurat_error *err)
{
	static const enum sim_tdx_generation generations[] = {
		[JURAT_TDX_SIM_MODULE_1_5] = SIM_TDX_15,
		[JURAT_TDX_SIM_MODULE_1_0] = SIM_TDX_10,
		[JURAT_TDX_SIM_MODULE_1_5_EX] = SIM_TDX_15EX,
	};
	struct sim_forge_options like = { .tdx = true };
	struct sim_api_items items = { .items = o->evidence, .n = o->evidence_count };
	int r;

	if (o->module >= ARRAY_SIZE(generations))
		return jurat_fail(err, -EINVAL, "unknown TDX module %u", o->module);
	sim->options.kernel = sim_linux_find(o->linux_release);
	if (!sim->options.kernel)
		return jurat_fail(err, -EINVAL, "Linux '%s' is not simulated", o->linux_release);
	sim->options.platform.generation = like.generation = generations[o->module];
	sim->options.quirks = SIM_TDX_QUIRKS_LINUX;
	r = sim_api_at(o->at, &items.at, err);
	sim->options.at = sim->items.at = items.at;
	if (r == 0)
		r = sim_api_order_try(&items, &like, err);
	return r == 0 ? copy_options(o, sim, err) : r;
}

static const struct sim_td_params usual_td = {
	.attributes = UINT64_C(1) << TDX_ATTR_SEPT_VE_DISABLE_BIT,
	.xfam = 0xe7,
};

int jurat_tdx_sim_new(const struct jurat_tdx_sim_options *options, struct jurat_tdx_sim **ret,
		      struct jurat_error *err)
{
	auto_call(free_sim) struct jurat_tdx_sim *sim = calloc(1, sizeof(*sim));
	struct jurat_tdx_sim_options o;
	int r;

	if (!sim)
		return jurat_fail_memory(err);
	r = base_struct_take(&o, options, size, "jurat_tdx_sim_options", err);
	if (r == 0)
		r = read_options(&o, sim, err);
	if (r == 0)
		r = td_new(sim, &usual_td, &sim->own, err);
	if (r == 0)
		*ret = take_ptr(sim);
	return r;
}

void jurat_tdx_sim_free(struct jurat_tdx_sim *sim)
{
	if (!sim)
		return;
	jurat_tdx_sim_td_free(sim->own);
	sim_collateral_done(&sim->collateral);
	for (size_t i = 0; sim->copies && sim->copies[i]; i++)
		free(sim->copies[i]);
	free(sim->copies);
	free(sim->seed);
	free(sim->root);
	free(sim);
}

int jurat_tdx_sim_root(struct jurat_tdx_sim *sim, const uint8_t **ret, size_t *ret_size,
		       struct jurat_error *err)
{
	const struct sim_forge_options like = { .tdx = true, .seed = sim->seed };
	size_t n = 0;
	const uint8_t *ordered = sim_pki_intel_cert(machine_td_pki(sim->own->machine), SIM_INTEL_ROOT, &n);
	int r = sim->root ? 0 : sim_forge_root(&like, ordered, n, &sim->root, &sim->root_size, err);

	if (r < 0)
		return r;
	*ret = sim->root;
	*ret_size = sim->root_size;
	return 0;
}

static int make_collateral(struct jurat_tdx_sim *sim, struct jurat_error *err)
{
	const struct sim_collateral_options o = sim_collateral_up_to_date(sim->options.at);
	int r = sim->has_collateral
			? 0
			: sim_qe_collateral(machine_td_qe(sim->own->machine), &o, &sim->collateral, err);

	sim->has_collateral = r == 0;
	return r;
}

int jurat_tdx_sim_collateral(struct jurat_tdx_sim *sim, size_t i, const char **ret_name, const uint8_t **ret,
			     size_t *ret_size, struct jurat_error *err)
{
	int r = make_collateral(sim, err);

	if (r < 0)
		return r;
	for (unsigned part = 0; part < SIM_N_COLLATERAL_PARTS; part++) {
		if (!sim->collateral.parts[part].bytes || i-- > 0)
			continue;
		if (ret_name)
			*ret_name = sim_collateral_names[part];
		*ret = sim->collateral.parts[part].bytes;
		*ret_size = sim->collateral.parts[part].size;
		return 0;
	}
	return JURAT_NOT_FOUND;
}

int jurat_tdx_sim_td_new(struct jurat_tdx_sim *sim, const struct jurat_tdx_sim_launch *launch,
			 struct jurat_tdx_sim_td **ret, struct jurat_error *err)
{
	struct sim_td_params params = usual_td;
	struct jurat_tdx_sim_launch o;
	int r = base_struct_take(&o, launch, size, "jurat_tdx_sim_launch", err);

	if (r < 0)
		return r;
	if (o.attributes)
		params.attributes = o.attributes;
	if (o.xfam)
		params.xfam = o.xfam;
	memcpy(params.mrtd, o.mrtd, sizeof(params.mrtd));
	memcpy(params.mrconfigid, o.mrconfigid, sizeof(params.mrconfigid));
	memcpy(params.mrowner, o.mrowner, sizeof(params.mrowner));
	memcpy(params.mrownerconfig, o.mrownerconfig, sizeof(params.mrownerconfig));
	return td_new(sim, &params, ret, err);
}

void jurat_tdx_sim_td_free(struct jurat_tdx_sim_td *td)
{
	if (!td)
		return;
	machine_td_free(td->machine);
	sim_order_free(td->order);
	free(td->quote);
	free(td);
}

int jurat_tdx_sim_td_extend(struct jurat_tdx_sim_td *td, unsigned index, const uint8_t digest[48],
			    struct jurat_error *err)
{
	if (sim_td_rtmr_extend(machine_td_module(td->machine), index, digest) != UAPI_TDCALL_SUCCESS)
		return jurat_fail(err, -EINVAL, "RTMR %u: expected 0 to %d", index, TDX_N_RTMRS - 1);
	return 0;
}

int jurat_tdx_sim_td_ioctl(struct jurat_tdx_sim_td *td, unsigned long request, void *arg)
{
	return machine_td_ioctl(td->machine, &machine_own_memory, request, (uintptr_t)arg);
}

int jurat_tdx_sim_td_quote(struct jurat_tdx_sim_td *td, const uint8_t report_data[64], const uint8_t **ret,
			   size_t *ret_size, struct jurat_error *err)
{
	struct sim_tdx_quote_request request = { .inblob = report_data,
						 .inblob_size = TDX_REPORT_DATA_BYTES };
	int r = machine_td_quote(td->machine, &request);

	if (r < 0)
		return jurat_fail(err, r, "the TD gets no quote: %s", strerror(-r));
	free(td->quote);
	*ret = td->quote = request.quote;
	*ret_size = request.quote_size;
	return 0;
}
