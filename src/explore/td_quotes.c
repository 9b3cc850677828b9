/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "explore/td.h"
#include "sim/pki/pki.h"
#include "sim/tdx/qgs_service.h"

/*
 * The module, the quoting enclave and its service are the real ones of the software platform. Their results
 * are always the same for the same input, so that each is made once and remembered.
 */

void td_quotes_data(unsigned task, unsigned request, uint8_t ret[TDX_REPORT_DATA_BYTES])
{
	memset(ret, (int)(0x11 * (task + 1)), TDX_REPORT_DATA_BYTES);
	ret[0] = (uint8_t)request;
}

static int make_all(struct explore_td *m, struct sim_td *td, struct jurat_error *err)
{
	struct td_quotes *q = &m->quotes;
	uint8_t data[TDX_REPORT_DATA_BYTES];
	int r = 0;

	for (unsigned task = 0; task < m->n_tasks; task++)
		for (unsigned i = 0; i < m->world.setup.requests && r == 0; i++) {
			struct td_bytes *quote = &q->quotes[task][i];

			td_quotes_data(task, i, data);
			if (sim_td_mr_report(td, data, q->reports[task][i]) != UAPI_TDCALL_SUCCESS)
				return jurat_fail(err, -EINVAL, "TDG.MR.REPORT fails");
			r = sim_qe_quote(q->qe, q->reports[task][i], TDX_REPORT_BYTES, &quote->bytes,
					 &quote->n, err);
		}
	return r;
}

int td_quotes_new(struct explore_td *m, struct jurat_error *err)
{
	const struct sim_qe_options options = { .pck_not_before = sim_pki_leaf_begin(
							base_realtime_s(base_env_real())) };
	const struct sim_td_params params = { 0 };
	struct td_quotes *q = &m->quotes;
	struct sim_td *td = NULL;
	int r = sim_tdx_platform_new(NULL, &q->platform, err);

	if (r == 0)
		r = sim_pki_intel_new(SIM_PKI_DEFAULT_SEED, &q->pki, err);
	if (r == 0)
		r = sim_qe_new(q->platform, q->pki, &options, &q->qe, err);
	if (r == 0)
		r = sim_td_new(q->platform, &params, TD_MEMORY_PAGES, &td, err);
	if (r == 0)
		r = make_all(m, td, err);
	sim_td_free(td);
	return r;
}

void td_quotes_free(struct explore_td *m)
{
	struct td_quotes *q = &m->quotes;

	for (unsigned task = 0; task < TD_MAX_TASKS; task++)
		for (unsigned i = 0; i < TD_MAX_REQUESTS; i++)
			free(q->quotes[task][i].bytes);
	for (unsigned i = 0; i < q->n_answers; i++) {
		free(q->answers[i].request.bytes);
		free(q->answers[i].response.bytes);
	}
	sim_qe_free(q->qe);
	sim_pki_intel_free(q->pki);
	sim_tdx_platform_free(q->platform);
}

const uint8_t *td_quotes_report(const struct explore_td *m, const uint8_t data[TDX_REPORT_DATA_BYTES])
{
	uint8_t mine[TDX_REPORT_DATA_BYTES];

	for (unsigned task = 0; task < m->n_tasks; task++)
		for (unsigned i = 0; i < m->world.setup.requests; i++) {
			td_quotes_data(task, i, mine);
			if (memcmp(mine, data, sizeof(mine)) == 0)
				return m->quotes.reports[task][i];
		}
	return NULL;
}

static int copy_bytes(struct td_bytes *to, const uint8_t *from, size_t n)
{
	to->bytes = malloc(n);
	if (!to->bytes)
		return -ENOMEM;
	memcpy(to->bytes, from, n);
	to->n = n;
	return 0;
}

/* A response that is not remembered for lack of memory or room is made again the next time. */
static void remember(struct td_quotes *q, const uint8_t *request, size_t n, const uint8_t *response,
		     size_t n_response)
{
	struct td_answer a = { 0 };

	if (q->n_answers == ARRAY_SIZE(q->answers))
		return;
	if (copy_bytes(&a.request, request, n) < 0 || copy_bytes(&a.response, response, n_response) < 0) {
		free(a.request.bytes);
		return;
	}
	q->answers[q->n_answers++] = a;
}

int td_quotes_respond(void *ctx, const uint8_t *request, size_t n, uint8_t **ret, size_t *ret_size)
{
	struct explore_td *m = ctx;
	struct td_quotes *q = &m->quotes;
	struct td_bytes copy;
	int r;

	for (unsigned i = 0; i < q->n_answers; i++) {
		const struct td_answer *a = &q->answers[i];

		if (a->request.n != n || memcmp(a->request.bytes, request, n) != 0)
			continue;
		r = copy_bytes(&copy, a->response.bytes, a->response.n);
		if (r == 0) {
			*ret = copy.bytes;
			*ret_size = copy.n;
		}
		return r;
	}
	r = sim_qgs_answer(q->qe, NULL, request, n, ret, ret_size, NULL);
	if (r == 0)
		remember(q, request, n, *ret, *ret_size);
	return r;
}
