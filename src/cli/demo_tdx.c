/* SPDX-License-Identifier: MIT */
#include "cli/demo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "machine/td.h"

enum { DAY_S = 24 * 60 * 60 };

static int attest(struct demo *demo, struct machine_td *machine, struct jurat_evidence *ret,
		  struct jurat_error *err)
{
	int r;

	machine_td_set_trace(machine, demo->trace);
	r = demo_attest(demo, machine_td_env(machine), JURAT_TEE_TDX, JURAT_VIA_CONFIGFS, ret, err);
	machine_td_set_trace(machine, NULL);
	return r;
}

/* Writes quote, root and collateral to files, and supplies them to the verifier. */
static int write_evidence(struct demo *demo, const struct jurat_evidence *evidence,
			  const struct sim_collateral *parts, struct jurat_tdx_collateral *collateral,
			  struct jurat_error *err)
{
	char name[64];
	int r = demo_write(demo, "quote.bin", evidence->report, evidence->report_size, err);

	for (unsigned i = 0; r == 0 && i < SIM_N_COLLATERAL_PARTS; i++) {
		if (parts->parts[i].size == 0)
			continue; /* an order may leave it out */
		snprintf(name, sizeof(name), "collateral/%s", sim_collateral_names[i]);
		r = demo_write(demo, name, parts->parts[i].bytes, parts->parts[i].size, err);
		if (r == 0)
			r = jurat_tdx_collateral_add(collateral, parts->parts[i].bytes, parts->parts[i].size,
						     err);
	}
	return r;
}

static int judge(struct demo *demo, const struct jurat_evidence *evidence, const uint8_t *root,
		 size_t root_size, const struct jurat_tdx_collateral *collateral, struct jurat_verdict **ret,
		 struct jurat_error *err)
{
	struct jurat_tdx_evidence quote = { sizeof(quote), evidence->report, evidence->report_size };
	struct jurat_verifier *verifier = NULL;
	struct jurat_policy *policy = NULL;
	int r = demo_verifier(demo, root, root_size, &verifier, &policy, err);

	if (r == 0)
		r = jurat_verify_tdx(verifier, &quote, collateral, policy, demo->at, ret, err);
	jurat_policy_free(policy);
	jurat_verifier_free(verifier);
	return r;
}

int demo_tdx(struct demo *demo, struct jurat_verdict **ret, struct jurat_error *err)
{
	struct machine_td_options options = {
		.platform.seed = cli_get(demo->cli, "seed"),
		.pki_seed = cli_get(demo->cli, "seed"),
		.at = demo->at,
		.order = demo->order,
		.kernel = sim_linux_find(cli_get(demo->cli, "linux")),
		.quirks = SIM_TDX_QUIRKS_LINUX,
		.td.attributes = UINT64_C(1) << TDX_ATTR_SEPT_VE_DISABLE_BIT,
		.td.xfam = 0xe7,
	};
	struct sim_collateral_options o = {
		.platform_status = "UpToDate",
		.module_status = "UpToDate",
		.qe_status = "UpToDate",
		.issued = demo->at - DAY_S,
		.next_update = demo->at + 29 * DAY_S,
		.evaluation = SIM_COLLATERAL_EVALUATION,
	};
	struct jurat_tdx_collateral *collateral = NULL;
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct sim_collateral parts = { 0 };
	struct machine_td *machine = NULL;
	auto_free uint8_t *root = NULL;
	const uint8_t *own;
	size_t own_size, root_size;
	int r;

	memset(options.td.mrtd, 0x6d, sizeof(options.td.mrtd));
	r = machine_td_new(&options, &machine, err);

	if (r == 0)
		r = attest(demo, machine, &evidence, err);
	if (r == 0)
		r = sim_qe_collateral(machine_td_qe(machine), &o, &parts, err);
	if (r == 0)
		r = jurat_tdx_collateral_new(&collateral, err);
	if (r == 0) {
		snprintf(demo->roots, sizeof(demo->roots), "roots/intel_root.der");
		own = sim_pki_intel_cert(machine_td_pki(machine), SIM_INTEL_ROOT, &own_size);
		r = demo_root(demo, true, own, own_size, &root, &root_size, err);
		if (r == 0)
			r = write_evidence(demo, &evidence, &parts, collateral, err);
		if (r == 0)
			r = judge(demo, &evidence, root, root_size, collateral, ret, err);
	}
	jurat_tdx_collateral_free(collateral);
	sim_collateral_done(&parts);
	jurat_evidence_done(&evidence);
	machine_td_free(machine);
	return r;
}
