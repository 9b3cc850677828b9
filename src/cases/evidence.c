/* SPDX-License-Identifier: MIT */
#include "cases/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/pki/pki.h"
#include "sim/pki/pki_intel.h"

struct cases_roots {
	struct sim_pki *amd;
	struct sim_pki_intel *intel;
};

int cases_roots_new(struct cases_roots **ret, struct jurat_error *err)
{
	struct cases_roots *roots = calloc(1, sizeof(*roots));
	int r;

	if (!roots)
		return jurat_fail_memory(err);
	r = sim_pki_new(SIM_PKI_DEFAULT_SEED, &roots->amd, err);
	if (r == 0)
		sim_pki_remember(roots->amd);
	if (r == 0)
		r = sim_pki_intel_new(SIM_PKI_DEFAULT_SEED, &roots->intel, err);
	if (r < 0) {
		cases_roots_free(roots);
		return r;
	}
	*ret = roots;
	return 0;
}

void cases_roots_free(struct cases_roots *roots)
{
	if (!roots)
		return;
	sim_pki_free(roots->amd);
	sim_pki_intel_free(roots->intel);
	free(roots);
}

static enum snp_product product_of(const struct cases_row *row)
{
	return row->product == SNP_PRODUCT_UNKNOWN ? SNP_MILAN : row->product;
}

static int platform_root(struct cases_roots *roots, const struct cases_row *row, const uint8_t **ret,
			 size_t *ret_size, struct jurat_error *err)
{
	if (!row->tdx)
		return sim_pki_ca(roots->amd, product_of(row), SIM_ARK, ret, ret_size, err);
	*ret = sim_pki_intel_cert(roots->intel, SIM_INTEL_ROOT, ret_size);
	return 0;
}

static int find_root(struct cases_roots *roots, const struct cases_row *row, struct cases_evidence *e,
		     struct jurat_error *err)
{
	const struct sim_forged_file *made = sim_forged_find(&e->forged, row->tdx ? "root.der" : "ark.der");
	const uint8_t *root;
	size_t n;
	int r = platform_root(roots, row, &root, &n, err);

	if (r < 0)
		return r;
	if (made && sim_forge_is_root(made->bytes, made->size, root, n)) {
		root = made->bytes;
		n = made->size;
	}
	e->root = malloc(n);
	if (!e->root)
		return jurat_fail_memory(err);
	memcpy(e->root, root, n);
	e->root_size = n;
	return 0;
}

static int make_policy(const struct cases_row *row, struct cases_evidence *e, struct jurat_error *err)
{
	if (!row->policy && !row->needs_crl)
		return 0;
	if (asprintf(&e->policy, "{%s%s%s}", row->policy ? row->policy : "",
		     row->policy && row->needs_crl ? ", " : "",
		     row->needs_crl ? "\"require_crl\": true" : "") < 0) {
		e->policy = NULL;
		return jurat_fail_memory(err);
	}
	return 0;
}

static int fill_order(const struct cases_row *row, struct sim_order *order, struct jurat_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < CASES_MAX_ITEMS && row->items[i]; i++)
		r = sim_order_add(order, row->items[i], err);
	return r;
}

static int make(struct cases_roots *roots, const struct cases_row *row, struct sim_order *order,
		struct cases_evidence *e, struct jurat_error *err)
{
	struct sim_forge_options options = { .tdx = row->tdx,
					     .product = product_of(row),
					     .report_version = row->report_version,
					     .vlek = row->vlek,
					     .generation = row->generation,
					     .seed = SIM_PKI_DEFAULT_SEED,
					     .pki = roots->amd };
	int r = fill_order(row, order, err);

	memset(options.report_data, 0xd1, sizeof(options.report_data));
	if (r == 0)
		r = sim_order_time(row->judged_at ? row->judged_at : "at", CASES_AT, &e->at, err);
	if (r == 0)
		r = sim_forge(&options, order, &e->forged, err);
	if (r == 0)
		r = sim_order_unused(order, err);
	if (r == 0 && !row->vendor_roots)
		r = find_root(roots, row, e, err);
	if (r == 0)
		r = make_policy(row, e, err);
	e->only_table = !row->tdx && sim_order_has(order, SIM_PART_TABLE);
	return r;
}

int cases_evidence_make(struct cases_roots *roots, const struct cases_row *row, struct cases_evidence *ret,
			struct jurat_error *err)
{
	struct cases_evidence e = { 0 };
	struct sim_order *order = NULL;
	int r = sim_order_new(CASES_AT, &order, err);

	if (r == 0)
		r = make(roots, row, order, &e, err);
	sim_order_free(order);
	if (r < 0) {
		cases_evidence_done(&e);
		return jurat_wrap(err, r, "%s", row->id);
	}
	*ret = e;
	return 0;
}

void cases_evidence_done(struct cases_evidence *evidence)
{
	sim_forged_done(&evidence->forged);
	free(evidence->root);
	free(evidence->policy);
	*evidence = (struct cases_evidence){ 0 };
}
