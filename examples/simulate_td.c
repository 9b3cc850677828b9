/* SPDX-License-Identifier: MIT */
/*
 * A test of another project's verifier, without a TEE: a software TD gets a quote, which is accepted against
 * the platform's test root and collateral; and that of a TD which is not as it should be, which is refused.
 *
 *	simulate_td [ITEM]...
 *
 * Each ITEM is a difference of the second quote, as in jurat-forge(1) (default: td-debug).
 */
#include <stdio.h>
#include <time.h>

#include <jurat/sim.h>
#include <jurat/verify.h>

static int add_trust(struct jurat_tdx_sim *sim, struct jurat_verifier *verifier,
		     struct jurat_tdx_collateral *collateral, struct jurat_error *err)
{
	const uint8_t *bytes;
	size_t i, n;
	int r = jurat_tdx_sim_root(sim, &bytes, &n, err);

	if (r == 0)
		r = jurat_verifier_add_roots(verifier, bytes, n, err);
	for (i = 0; r == 0 && (r = jurat_tdx_sim_collateral(sim, i, NULL, &bytes, &n, err)) == 0; i++)
		r = jurat_tdx_collateral_add(collateral, bytes, n, err);
	return r == JURAT_NOT_FOUND ? 0 : r; /* that was the last part */
}

/* 0 accepted; JURAT_REFUSED, and `err` has the first reason; < 0 an error. */
static int judge(const char *const *items, size_t n_items, struct jurat_error *err)
{
	const uint8_t nonce[64] = "a nonce of this test";
	struct jurat_tdx_sim_options options = { .size = sizeof(options),
						 .evidence = items,
						 .evidence_count = n_items };
	struct jurat_tdx_evidence evidence = { .size = sizeof(evidence) };
	struct jurat_tdx_sim_td *td = NULL;
	struct jurat_tdx_sim *sim = NULL;
	struct jurat_verifier *verifier = NULL;
	struct jurat_tdx_collateral *collateral = NULL;
	struct jurat_verdict *verdict = NULL;
	int r = jurat_tdx_sim_new(&options, &sim, err);

	if (r == 0)
		r = jurat_tdx_sim_td_new(sim, NULL, &td, err);
	if (r == 0)
		r = jurat_tdx_sim_td_quote(td, nonce, &evidence.quote, &evidence.quote_size, err);
	if (r == 0)
		r = jurat_verifier_new(&verifier, err);
	if (r == 0)
		r = jurat_tdx_collateral_new(&collateral, err);
	if (r == 0)
		r = add_trust(sim, verifier, collateral, err);
	if (r == 0)
		r = jurat_verify_tdx(verifier, &evidence, collateral, NULL, time(NULL), &verdict, err);
	if (r == JURAT_REFUSED)
		snprintf(err->text, sizeof(err->text), "%s", jurat_verdict_reason_code(verdict, 0));
	jurat_verdict_free(verdict);
	jurat_tdx_collateral_free(collateral);
	jurat_verifier_free(verifier);
	jurat_tdx_sim_td_free(td);
	jurat_tdx_sim_free(sim);
	return r;
}

int main(int argc, char **argv)
{
	const char *const debug = "td-debug", *const *items =
						      argc > 1 ? (const char *const *)argv + 1 : &debug;
	struct jurat_error err = { "" };
	int usual = judge(NULL, 0, &err), r = usual ? usual : judge(items, argc > 1 ? argc - 1u : 1, &err);

	if (usual != 0 || r < 0)
		return fprintf(stderr, "%s\n", err.text), 3;
	printf("the usual quote: accepted; the other one: %s%s\n", r == 0 ? "accepted" : "refused, ",
	       r == 0 ? "" : err.text);
	return r;
}
