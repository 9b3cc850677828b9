/* SPDX-License-Identifier: MIT */
#include "run/tsm_source.h"

#include "base/cleanup.h"
#include "run/fault.h"
#include "sim/guest/tsm_sev.h"

static int send_sev(void *ctx, struct sim_sev_request *request, void (*done)(void *done_ctx, int result),
		    void *done_ctx)
{
	struct run_platform *p = ctx;

	run_faults_before_request(p);
	return machine_start_request(p->guest, 0, request, done, done_ctx);
}

static void done_sev(struct sim_tsm *tsm, void *ctx)
{
	sim_tsm_free(tsm);
	sim_tsm_sev_free(ctx);
}

static int start_sev(struct run_platform *p, struct sim_tsm **ret, void **ret_ctx, struct jurat_error *err)
{
	unsigned vmpck = sim_sev_guest_vmpck(machine_guest_driver(p->guest));
	struct sim_tsm_sev *sev;
	struct sim_tsm *tsm;
	int r = sim_tsm_new(&tsm, err);

	if (r < 0)
		return r;
	r = sim_tsm_sev_new(vmpck, send_sev, p, &sev, err);
	if (r < 0) {
		sim_tsm_free(tsm);
		return r;
	}
	r = sim_tsm_register(tsm, sim_tsm_sev_provider(sev), sev);
	if (r < 0) {
		done_sev(tsm, sev);
		return jurat_fail(err, r, "cannot register a configfs-tsm provider");
	}
	*ret = tsm;
	*ret_ctx = sev;
	return 0;
}

static int start_tdx(struct run_platform *p, struct sim_tsm **ret, void **ret_ctx, struct jurat_error *err)
{
	*ret = machine_td_tsm(p->td);
	if (p->options->legacy_quote) /* the driver posted in 2023 has no configfs provider */
		sim_tsm_unregister(*ret);
	return 0;
}

static const struct run_tsm_source sources[] = {
	{ RUN_SEV_SNP, start_sev, done_sev },
	{ RUN_TDX, start_tdx, NULL },
};

const struct run_tsm_source *run_tsm_source_find(unsigned tees)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (sources[i].tees & tees)
			return &sources[i];
	return NULL;
}
