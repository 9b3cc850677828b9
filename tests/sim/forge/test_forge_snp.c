/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include <jurat/verify.h>

#include "sim/forge/forge.h"

static const int64_t at = 1782864000; /* 2026-07-01 00:00:00 UTC */

/* A verifier with no roots but the software platform's, as it makes them without an order. */
static struct jurat_verifier *new_verifier(enum snp_product product)
{
	struct jurat_verifier *v;
	struct sim_pki *pki;
	const uint8_t *der;
	size_t n;

	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	assert_int_equal(sim_pki_ca(pki, product, SIM_ARK, &der, &n, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(v, der, n, NULL), 0);
	sim_pki_free(pki);
	return v;
}

static struct jurat_verdict *judge(const struct sim_forged *forged, enum snp_product product)
{
	const struct sim_forged_file *report = sim_forged_find(forged, "report.bin");
	const struct sim_forged_file *certs = sim_forged_find(forged, "certs.bin");
	struct jurat_snp_evidence e = { .size = sizeof(e) };
	struct jurat_verifier *v = new_verifier(product);
	struct jurat_verdict *verdict;

	assert_non_null(report);
	e.report = report->bytes;
	e.report_size = report->size;
	if (certs) {
		e.certs = certs->bytes;
		e.certs_size = certs->size;
	}
	assert_true(jurat_verify_snp(v, &e, NULL, at, &verdict, NULL) >= 0);
	jurat_verifier_free(v);
	return verdict;
}

static void without_items_all_is_accepted(void **state)
{
	(void)state;
	for (enum snp_product p = SNP_MILAN; p < SNP_N_PRODUCTS; p++)
		for (unsigned vlek = 0; vlek < 2; vlek++)
			for (uint32_t version = 2; version <= 5; version++) {
				struct sim_forge_options options = { .product = p,
								     .report_version = version,
								     .vlek = vlek };
				struct sim_forged forged;
				struct jurat_verdict *v;
				struct sim_order *order;

				assert_int_equal(sim_order_new(at, &order, NULL), 0);
				assert_int_equal(sim_forge(&options, order, &forged, NULL), 0);
				v = judge(&forged, p);
				if (!jurat_verdict_accepted(v))
					FAIL_BECAUSE("%s: %s", jurat_verdict_reason_code(v, 0),
						     jurat_verdict_reason_detail(v, 0));
				assert_int_equal(forged.n, 6);
				assert_non_null(sim_forged_find(&forged, vlek ? "asvk.der" : "ask.der"));
				assert_null(sim_forged_find(&forged, vlek ? "vcek.der" : "vlek.der"));
				jurat_verdict_free(v);
				sim_forged_done(&forged);
				sim_order_free(order);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_items_all_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
