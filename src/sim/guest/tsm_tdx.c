/* SPDX-License-Identifier: MIT */
#include "sim/guest/tsm_tdx.h"

#include <errno.h>
#include <stdlib.h>

struct sim_tsm_tdx {
	struct sim_tsm_provider provider;
	sim_tsm_tdx_send_fn *send;
	void *send_ctx;
	struct sim_tsm *tsm; /* waits for a report */
	struct sim_tdx_quote_request request;
};

static void answered(void *ctx, int result)
{
	struct sim_tsm_tdx *tdx = ctx;
	struct sim_tsm_blobs blobs = {
		.outblob = tdx->request.quote,
		.outblob_size = tdx->request.quote_size,
	};

	tdx->request = (struct sim_tdx_quote_request){ 0 };
	sim_tsm_answer(tdx->tsm, result, &blobs);
	sim_tsm_blobs_done(&blobs);
}

/* The driver checks the size of the inblob, after it has checked that its buffer is not busy. */
static void report(void *ctx, const struct sim_tsm_request *from, struct sim_tsm *tsm)
{
	struct sim_tsm_tdx *tdx = ctx;
	int r;

	tdx->tsm = tsm;
	tdx->request = (struct sim_tdx_quote_request){
		.inblob = from->inblob,
		.inblob_size = from->inblob_size,
	};
	r = tdx->send(tdx->send_ctx, &tdx->request, answered, tdx);
	if (r < 0)
		sim_tsm_answer(tsm, r, NULL);
}

int sim_tsm_tdx_new(size_t outblob_max, sim_tsm_tdx_send_fn *send, void *ctx, struct sim_tsm_tdx **ret,
		    struct jurat_error *err)
{
	struct sim_tsm_tdx *tdx = calloc(1, sizeof(*tdx));

	if (!tdx)
		return jurat_fail_memory(err);
	tdx->provider = (struct sim_tsm_provider){
		.name = "tdx_guest",
		.attributes = 1u << SIM_TSM_INBLOB | 1u << SIM_TSM_OUTBLOB | 1u << SIM_TSM_PROVIDER |
			      1u << SIM_TSM_GENERATION,
		.outblob_max = outblob_max,
		.report = report,
	};
	tdx->send = send;
	tdx->send_ctx = ctx;
	*ret = tdx;
	return 0;
}

void sim_tsm_tdx_free(struct sim_tsm_tdx *tdx)
{
	free(tdx);
}

const struct sim_tsm_provider *sim_tsm_tdx_provider(const struct sim_tsm_tdx *tdx)
{
	return &tdx->provider;
}
