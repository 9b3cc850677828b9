/* deps: verify_dep sim_dep */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <jurat/verify.h>

#include "sim/tdx/qe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A world whose evidence is good, so that what is fuzzed is one step away from being accepted. */
static struct {
	struct jurat_verifier *verifier;
	struct jurat_tdx_collateral *collateral;
	uint8_t *quote;
	size_t size;
} world;

enum { AT = 1760000000, DAY = 86400 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void make_quote(const struct sim_tdx_platform *platform, const struct sim_qe *qe)
{
	struct sim_td_params params = { .attributes = 1 << 28, .xfam = 0xe7 };
	uint8_t report_data[64] = { 1 }, report[TDX_REPORT_BYTES];
	struct sim_td *td;

	must(sim_td_new((struct sim_tdx_platform *)(uintptr_t)platform, &params, 1, &td, NULL) == 0);
	must(sim_td_mr_report(td, report_data, report) == 0);
	must(sim_qe_quote(qe, report, sizeof(report), &world.quote, &world.size, NULL) == 0);
	sim_td_free(td);
}

static void make_world(void)
{
	struct sim_collateral_wish wish = { .platform_status = "UpToDate",
					    .module_status = "UpToDate",
					    .qe_status = "UpToDate",
					    .issued = AT - DAY,
					    .next_update = AT + DAY,
					    .evaluation = 1 };
	struct sim_collateral parts;
	struct sim_tdx_platform *platform;
	struct sim_pki_intel *pki;
	struct sim_qe *qe;
	const uint8_t *root;
	size_t n;

	must(sim_tdx_platform_new(NULL, &platform, NULL) == 0 && sim_pki_intel_new("fuzz", &pki, NULL) == 0);
	must(sim_qe_new(platform, pki, NULL, &qe, NULL) == 0);
	make_quote(platform, qe);
	must(sim_qe_collateral(qe, &wish, &parts, NULL) == 0);
	must(jurat_verifier_new(&world.verifier, NULL) == 0);
	root = sim_pki_intel_cert(pki, SIM_INTEL_ROOT, &n);
	must(jurat_verifier_add_roots(world.verifier, root, n, NULL) == 0);
	must(jurat_tdx_collateral_new(&world.collateral, NULL) == 0);
	for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS; i++)
		must(jurat_tdx_collateral_add(world.collateral, parts.parts[i].bytes, parts.parts[i].size,
					      NULL) == 0);
	sim_collateral_done(&parts);
	sim_qe_free(qe);
	sim_pki_intel_free(pki);
	sim_tdx_platform_free(platform);
}

static int judge(const uint8_t *quote, size_t n)
{
	struct jurat_tdx_evidence e = { .size = sizeof(e), .quote = quote, .quote_size = n };
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err;
	int r = jurat_verify_tdx(world.verifier, &e, world.collateral, NULL, AT, &verdict, &err);
	char *text = verdict ? jurat_verdict_json(verdict) : NULL;

	must((r == 0) == (jurat_verdict_accepted(verdict) == 1));
	free(text);
	jurat_verdict_free(verdict);
	return r;
}

/*
 * The first bytes say where in the good quote the others are put; without them the input is the quote
 * itself.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at, n;
	uint8_t *quote;

	if (!world.quote) {
		make_world();
		must(judge(world.quote, world.size) == 0);
	}
	must(judge(data, size) != 0);
	if (size < 2)
		return 0;
	at = (size_t)(data[0] | data[1] << 8) % world.size;
	n = size - 2 < world.size - at ? size - 2 : world.size - at;
	quote = malloc(world.size);
	must(quote != NULL);
	memcpy(quote, world.quote, world.size);
	memcpy(quote + at, data + 2, n);
	/* The text around the certificates is nobody's word: blanks between blocks may change. */
	if (judge(quote, world.size) == 0)
		must(memcmp(quote, world.quote, 48 + 584 + 4 + 584 + 32) == 0);
	free(quote);
	return 0;
}
