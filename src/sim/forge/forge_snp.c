/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/forge_snp.h"

/* What forge_snp() makes things with. */
struct world {
	const struct sim_forge_options *options;
	struct sim_order *order;
	struct sim_psp *psp;
	struct sim_pki *pki;
};

static void free_world(struct world *w)
{
	sim_psp_free(w->psp);
	if (w->pki != w->options->pki)
		sim_pki_free(w->pki);
	else if (w->pki)
		sim_pki_set_hook(w->pki, NULL, NULL);
}

int sim_forge_snp_options(struct sim_order *order, struct sim_psp_options *psp, struct sim_launch *launch,
			  struct jurat_error *err)
{
	const char *version = sim_order_value(order, SIM_PART_PLATFORM, SIM_EDIT_SET, "report_version");
	uint64_t n;
	int r;

	if (version) {
		r = sim_order_number(version, SNP_REPORT_LAST_VERSION, &n, err);
		if (r < 0)
			return r;
		psp->report_version = (uint32_t)n;
	}
	return forge_snp_launch(order, launch, err);
}

int sim_forge_install_snp(struct sim_order *order, struct sim_psp *psp, struct sim_pki *pki,
			  struct jurat_error *err)
{
	const struct sim_psp_edit edit = {
		.before = forge_snp_before,
		.after = forge_snp_after,
		.endorse = forge_snp_endorse,
		.table = forge_snp_table,
		.csp_id = sim_order_value(order, SIM_PART_PLATFORM, SIM_EDIT_SET, "csp_id"),
		.ctx = order,
	};
	int r = psp ? forge_snp_platform(order, psp, err) : 0;

	if (r < 0)
		return r;
	if (psp)
		sim_psp_set_edit(psp, &edit);
	forge_install_pki(order, psp, pki);
	return 0;
}

static int add_report(struct world *w, uint32_t guest, struct sim_forged *ret, struct jurat_error *err)
{
	struct snp_msg_report_req request = {
		.key_sel = w->options->vlek ? SNP_KEY_SEL_VLEK : SNP_KEY_SEL_VCEK,
	};
	uint8_t report[SNP_PAGE_BYTES];
	uint32_t status;
	size_t n;
	int r;

	memcpy(request.report_data, w->options->report_data, sizeof(request.report_data));
	status = sim_psp_report(w->psp, guest, &request, report, sizeof(report), &n);
	if (status == SNP_SUCCESS)
		return forge_add_file(ret, "report.bin", report, n, err);
	r = order_failure(w->order, err);
	if (r == 0 && status == SNP_RESOURCE_LIMIT)
		return jurat_fail_memory(err);
	return r < 0 ? r : jurat_fail(err, -EIO, "the firmware makes no report: status 0x%x", status);
}

static int add_ca(struct world *w, enum sim_ca ca, const char *name, struct sim_forged *ret,
		  struct jurat_error *err)
{
	const uint8_t *der;
	size_t n;
	int r = sim_pki_ca(w->pki, sim_psp_product(w->psp), ca, &der, &n, err);

	return r < 0 ? r : forge_add(ret, name, der, n, err);
}

static int add_endorsements(struct world *w, struct sim_forged *ret, struct jurat_error *err)
{
	const bool vlek = w->options->vlek;
	struct snp_platform_status status;
	uint8_t der[SIM_CERT_MAX_BYTES];
	auto_free uint8_t *table = NULL;
	size_t n;
	int r;

	sim_psp_platform_status(w->psp, &status);
	r = vlek ? sim_kds_vlek(w->psp, w->pki, SIM_CSP_ID, status.reported_tcb, der, &n, err)
		 : sim_kds_vcek(w->psp, w->pki, status.reported_tcb, der, &n, err);
	if (r == 0)
		r = forge_add(ret, vlek ? "vlek.der" : "vcek.der", der, n, err);
	if (r == 0)
		r = add_ca(w, vlek ? SIM_ASVK : SIM_ASK, vlek ? "asvk.der" : "ask.der", ret, err);
	if (r == 0)
		r = add_ca(w, SIM_ARK, "ark.der", ret, err);
	if (r == 0)
		r = sim_pki_crl(w->pki, sim_psp_product(w->psp), false, false, der, &n, err);
	if (r == 0)
		r = forge_add(ret, "crl.der", der, n, err);
	if (r == 0)
		r = sim_kds_table(w->psp, w->pki, &table, &n, err);
	return r < 0 ? r : forge_add(ret, "certs.bin", table, n, err);
}

static int load_vlek(struct world *w, struct jurat_error *err)
{
	uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES];
	struct snp_platform_status status;
	int r;

	sim_psp_platform_status(w->psp, &status);
	r = sim_kds_hashstick(w->psp, SIM_CSP_ID, status.reported_tcb, hashstick, err);
	if (r == 0 && sim_psp_vlek_load(w->psp, hashstick) != SNP_SUCCESS)
		r = jurat_fail(err, -EIO, "the firmware does not load the VLEK");
	return r;
}

static int new_world(struct world *w, struct sim_launch *launch, struct jurat_error *err)
{
	struct sim_psp_options options = {
		.product = w->options->product,
		.report_version = w->options->report_version,
		.seed = w->options->seed,
	};
	int r;

	r = sim_forge_snp_options(w->order, &options, launch, err);
	if (r == 0)
		r = sim_psp_new(&options, &w->psp, err);
	w->pki = w->options->pki;
	if (r == 0 && !w->pki)
		r = sim_pki_new(options.seed ? options.seed : SIM_PKI_DEFAULT_SEED, &w->pki, err);
	if (r == 0)
		sim_pki_use_amd_terms(w->pki, sim_pki_leaf_begin(sim_order_at(w->order)));
	if (r == 0)
		r = sim_forge_install_snp(w->order, w->psp, w->pki, err);
	return r;
}

int forge_snp(const struct sim_forge_options *options, struct sim_order *order, struct sim_forged *ret,
	      struct jurat_error *err)
{
	auto_call(free_world) struct world w = { .options = options, .order = order };
	struct sim_launch launch = {
		.policy = (uint64_t)1 << SNP_POLICY_SMT_BIT | (uint64_t)1 << SNP_POLICY_MUST_BE_ONE_BIT,
	};
	uint8_t secrets[SNP_PAGE_BYTES];
	uint32_t guest;
	int r;

	memset(launch.measurement, 0x4d, sizeof(launch.measurement));
	r = new_world(&w, &launch, err);
	if (r == 0 && options->vlek)
		r = load_vlek(&w, err);
	if (r == 0)
		r = sim_psp_launch(w.psp, &launch, &guest, secrets, err);
	if (r == 0)
		r = add_report(&w, guest, ret, err);
	if (r == 0)
		r = add_endorsements(&w, ret, err);
	return r;
}
