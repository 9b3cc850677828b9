/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bare.h"
#include "bench/bench_td.h"
#include "bench/makers.h"
#include "crypto/ec.h"
#include "jurat/host.h"
#include "jurat/verify.h"

/*
 * Signatures that a verdict rests on: the quote's when everything else was seen before; from nothing also
 * the QE report's, leaf and intermediate of the PCK chain, the TCB signing certificate, TCB info, QE
 * identity and two CRLs.
 */
enum { WARM_SIGNATURES = 1, MAX_COLD = 4096 };

struct tdx {
	bool failed;
	struct machine_td *machine;
	struct jurat_evidence quote;
	struct sim_collateral parts;
	struct jurat_tdx_collateral *collateral;
	const uint8_t *root;
	size_t root_size;
	struct jurat_verifier *warm, *cold[MAX_COLD]; /* cold: one for each operation of a batch */
	unsigned n_cold, next_cold;
	struct bare_p256 *bare, *bare_aws_lc;
	struct jurat_verifier *warm_aws_lc;
	unsigned cold_signatures;
	char cold_beside[32];
};

static struct jurat_verifier *new_verifier(struct tdx *t)
{
	struct jurat_verifier *verifier = NULL;

	if (jurat_verifier_new(&verifier, NULL) < 0 ||
	    jurat_verifier_add_roots(verifier, t->root, t->root_size, NULL) < 0)
		t->failed = true;
	return verifier;
}

static void verify_with(struct tdx *t, struct jurat_verifier *verifier,
			const struct jurat_tdx_collateral *collateral)
{
	struct jurat_tdx_evidence evidence = { sizeof(evidence), t->quote.report, t->quote.report_size };
	struct jurat_verdict *verdict = NULL;

	t->failed |= jurat_verify_tdx(verifier, &evidence, collateral, NULL, time(NULL), &verdict, NULL) != 0;
	jurat_verdict_free(verdict);
}

static int add_parts(struct tdx *t, struct jurat_tdx_collateral *collateral)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < SIM_N_COLLATERAL_PARTS; i++)
		r = jurat_tdx_collateral_add(collateral, t->parts.parts[i].bytes, t->parts.parts[i].size,
					     NULL);
	return r;
}

static void verify_warm(void *ctx)
{
	struct tdx *t = ctx;

	verify_with(t, t->warm, t->collateral);
}

static void verify_warm_aws_lc(void *ctx)
{
	struct tdx *t = ctx;

	bench_makers_in_use = bench_aws_lc; /* for the key of each quote */
	verify_with(t, t->warm_aws_lc, t->collateral);
	bench_makers_in_use = &bench_of_build;
}

static void their_warm_aws_lc(void *ctx)
{
	struct tdx *t = ctx;

	t->failed |= bare_p256_verify(t->bare_aws_lc) != 1;
}

static void forget_cold(struct tdx *t)
{
	while (t->n_cold > 0)
		jurat_verifier_free(t->cold[--t->n_cold]);
}

/* New verifiers, which know nothing but the root. */
static void prepare_cold(void *ctx, unsigned n)
{
	struct tdx *t = ctx;

	forget_cold(t);
	t->failed |= n > MAX_COLD;
	for (t->next_cold = 0; t->n_cold < n && t->n_cold < MAX_COLD; t->n_cold++)
		t->cold[t->n_cold] = new_verifier(t);
}

/* Quote and collateral as bytes, and nothing known but the root. */
static void verify_cold(void *ctx)
{
	struct tdx *t = ctx;
	struct jurat_tdx_collateral *collateral = NULL;

	if (jurat_tdx_collateral_new(&collateral, NULL) < 0 || add_parts(t, collateral) < 0)
		t->failed = true;
	if (collateral && t->next_cold < t->n_cold)
		verify_with(t, t->cold[t->next_cold++], collateral);
	jurat_tdx_collateral_free(collateral);
}

static void their_warm(void *ctx)
{
	struct tdx *t = ctx;

	for (int i = 0; i < WARM_SIGNATURES; i++)
		t->failed |= bare_p256_verify(t->bare) != 1;
}

static void their_cold(void *ctx)
{
	struct tdx *t = ctx;

	for (unsigned i = 0; i < t->cold_signatures; i++)
		t->failed |= bare_p256_verify(t->bare) != 1;
}

/* What a program in the guest waits for, in the machine's time: the service takes 3 ms of it. */
static void measure_quote(struct bench *b, const char *name, uint32_t grace_ms)
{
	enum { LATENCY_NS = 3000000 };
	struct machine_td_options options = {
		.quirks = SIM_TDX_QUIRKS_LINUX,
		.grace_ms = grace_ms,
		.latency_ns = LATENCY_NS,
	};
	struct jurat_evidence evidence = { 0 };
	struct machine_td *machine = NULL;
	struct jurat_error err = { "" };
	uint64_t before = 0;
	double waited;

	if (!bench_wanted(b, name))
		return;
	if (machine_td_new(&options, &machine, &err) == 0)
		before = machine_td_now_ns(machine);
	if (!machine || bench_td_quote(machine_td_env(machine), 1, &evidence, &err) != 0) {
		bench_fail(b, name, err.text);
	} else {
		waited = (double)(machine_td_now_ns(machine) - before);
		bench_print(b, &(struct bench_figure){ .name = name,
						       .ours_ns = waited,
						       .bare_ns = LATENCY_NS,
						       .ratio = waited / LATENCY_NS,
						       .beside = "the quoting service's 3 ms (virtual time)",
						       .n = 1 });
	}
	jurat_evidence_done(&evidence);
	machine_td_free(machine);
}

/* What a cold verification cannot do without: the signatures that it checks, counted as it does. */
static unsigned n_verifications;

int __real_crypto_ec_verify(const struct crypto_ec_public *key, const uint8_t *digest, size_t n,
			    const uint8_t *r, const uint8_t *s);
int __wrap_crypto_ec_verify(const struct crypto_ec_public *key, const uint8_t *digest, size_t n,
			    const uint8_t *r, const uint8_t *s);

int __wrap_crypto_ec_verify(const struct crypto_ec_public *key, const uint8_t *digest, size_t n,
			    const uint8_t *r, const uint8_t *s)
{
	n_verifications++;
	return __real_crypto_ec_verify(key, digest, n, r, s);
}

static void count_signatures(struct tdx *t)
{
	unsigned before;

	prepare_cold(t, 1);
	before = n_verifications; /* the root's own was checked when it was supplied */
	verify_cold(t);
	t->cold_signatures = n_verifications - before;
	snprintf(t->cold_beside, sizeof(t->cold_beside), "%u %s P-256 verifies", t->cold_signatures,
		 bench_library_of(bench_of_build.p256));
}

static int set_up(struct tdx *t, struct jurat_error *err)
{
	int r = machine_td_new(NULL, &t->machine, err);

	if (r == 0)
		r = bench_td_quote(machine_td_env(t->machine), 1, &t->quote, err);
	if (r == 0)
		r = bench_td_collateral(t->machine, 1, &t->parts, err);
	if (r == 0)
		r = jurat_tdx_collateral_new(&t->collateral, err);
	if (r == 0)
		r = add_parts(t, t->collateral);
	if (r == 0)
		r = bare_p256_new(bench_of_build.p256, &t->bare);
	if (r == 0 && bench_aws_lc)
		r = bare_p256_new(bench_aws_lc->p256, &t->bare_aws_lc);
	if (r < 0)
		return r;
	t->root = sim_pki_intel_cert(machine_td_pki(t->machine), SIM_INTEL_ROOT, &t->root_size);
	t->warm = new_verifier(t);
	count_signatures(t);
	if (bench_aws_lc) {
		bench_makers_in_use = bench_aws_lc;
		t->warm_aws_lc = new_verifier(t);
		bench_makers_in_use = &bench_of_build;
	}
	return 0;
}

int bench_tdx(struct bench *b)
{
	static struct tdx t;
	struct jurat_error err = { "" };
	int status = BENCH_OK;

	if (set_up(&t, &err) < 0) {
		status = bench_error(BENCH_INTERNAL, "%s", err.text);
	} else {
		bench_measure(b, "tdx-verify-warm",
			      &(struct bench_pair){ .ours = verify_warm,
						    .bare = their_warm,
						    .ctx = &t,
						    .failed = &t.failed,
						    .beside = "1 P-256 verify" });
		if (bench_aws_lc)
			bench_measure(b, "tdx-verify-warm-aws-lc",
				      &(struct bench_pair){ .ours = verify_warm_aws_lc,
							    .bare = their_warm_aws_lc,
							    .ctx = &t,
							    .failed = &t.failed,
							    .beside = "1 AWS-LC P-256 verify" });
		else
			bench_skip_wanted(b, "tdx-verify-warm-aws-lc", BENCH_NO_AWS_LC);
		bench_measure(b, "tdx-verify-cold",
			      &(struct bench_pair){ .ours = verify_cold,
						    .bare = their_cold,
						    .prepare = prepare_cold,
						    .ctx = &t,
						    .failed = &t.failed,
						    .beside = t.cold_beside });
		measure_quote(b, "tdx-quote-grace", 0);
		measure_quote(b, "tdx-quote-no-grace", JURAT_TDX_QUOTES_NONE);
	}
	jurat_verifier_free(t.warm);
	jurat_verifier_free(t.warm_aws_lc);
	forget_cold(&t);
	bare_p256_free(t.bare);
	bare_p256_free(t.bare_aws_lc);
	jurat_tdx_collateral_free(t.collateral);
	sim_collateral_done(&t.parts);
	jurat_evidence_done(&t.quote);
	machine_td_free(t.machine);
	return status;
}
