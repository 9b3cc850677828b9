/* SPDX-License-Identifier: MIT */
#include "daemon/enclave.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "sim/pki/pki.h"
#include "sim/tdx/qgs_service.h"

struct enclave {
	struct sim_tdx_platform *platform;
	struct sim_pki_intel *pki;
	struct sim_qe *qe;
};

static void enclave_free(void *context)
{
	struct enclave *e = context;

	if (!e)
		return;
	sim_qe_free(e->qe);
	sim_pki_intel_free(e->pki);
	sim_tdx_platform_free(e->platform);
	free(e);
}

static int enclave_new(void *arg, void **ret, struct jurat_error *err)
{
	const char *seed = arg;
	const struct sim_tdx_options options = { .seed = seed };
	const struct sim_qe_options dated = { .pck_not_before = sim_pki_leaf_begin(time(NULL)) };
	struct enclave *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return jurat_fail_memory(err);
	r = sim_tdx_platform_new(&options, &e->platform, err);
	if (r == 0)
		r = sim_pki_intel_new(seed, &e->pki, err);
	if (r == 0)
		r = sim_qe_new(e->platform, e->pki, &dated, &e->qe, err);
	if (r < 0)
		enclave_free(e);
	else
		*ret = e;
	return r;
}

static int answer(void *context, const struct backend_job *job, uint8_t **ret_reply, size_t *ret_n,
		  struct jurat_error *err)
{
	const struct enclave *e = context;
	const struct sim_collateral_options o = sim_collateral_up_to_date(time(NULL));

	return sim_qgs_response(e->qe, &o, job->type, job->request, job->request_size, ret_reply, ret_n, err);
}

int enclave_backend_new(uv_loop_t *loop, unsigned n_workers, const char *seed, struct backend **ret,
			struct jurat_error *err)
{
	static const struct worker_ops ops = { .name = "software-enclave",
					       .new_context = enclave_new,
					       .free_context = enclave_free,
					       .answer = answer };

	return workers_new(loop, n_workers, &ops, (void *)(uintptr_t)(seed ? seed : "jurat"), ret, err);
}
