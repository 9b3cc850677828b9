/* SPDX-License-Identifier: MIT */
#include "verify/tdx_made.h"

#include "crypto/ec.h"
#include "verify/tdx_cache.h"
#include "verify/tdx_verdict.h"

/*
 * A quote against a second set of collateral: its own signature is verified once, and nothing is taken on
 * trust.
 */

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

struct world {
	struct tdx_made m;
	struct jurat_verifier *verifier;
	struct jurat_tdx_collateral *good, *old;
};

static void world_init(struct world *w)
{
	tdx_made_init(&w->m, TDX_BODY_10);
	tdx_made_sign(&w->m);
	tdx_made_documents(&w->m);
	w->verifier = tdx_made_verifier(&w->m);
	w->good = tdx_made_collateral(&w->m);
	w->m.levels[0].status = "OutOfDate";
	tdx_made_documents(&w->m);
	w->old = tdx_made_collateral(&w->m);
}

static void world_done(struct world *w)
{
	jurat_tdx_collateral_free(w->good);
	jurat_tdx_collateral_free(w->old);
	jurat_verifier_free(w->verifier);
	tdx_made_done(&w->m);
}

/* The verdict on some bytes after one on others. */
static struct jurat_verdict *again(struct world *w, const uint8_t *quote, size_t n,
				   const struct jurat_tdx_collateral *collateral,
				   const struct jurat_verdict *before, int wanted)
{
	struct jurat_tdx_evidence evidence = { sizeof(evidence), quote, n };
	struct jurat_verdict *verdict = NULL;

	n_verifications = 0;
	assert_int_equal(
		verdict_tdx_again(w->verifier, &evidence, collateral, NULL, w->m.at, before, &verdict, NULL),
		wanted);
	return verdict;
}

static void the_same_quote_needs_no_second_signature_check_and_gets_the_same_verdict(void **state)
{
	struct world w;
	struct jurat_verdict *first, *second, *plain;
	char *a, *b;

	(void)state;
	world_init(&w);
	first = again(&w, w.m.bytes, w.m.size, w.good, NULL, 0);
	plain = again(&w, w.m.bytes, w.m.size, w.old, NULL, JURAT_REFUSED);
	jurat_verdict_free(plain);
	plain = again(&w, w.m.bytes, w.m.size, w.old, NULL, JURAT_REFUSED);
	assert_int_equal(n_verifications, 1);
	second = again(&w, w.m.bytes, w.m.size, w.old, first, JURAT_REFUSED);
	assert_int_equal(n_verifications, 0);
	a = jurat_verdict_json(plain);
	b = jurat_verdict_json(second);
	assert_string_equal(a, b);
	free(a);
	free(b);
	jurat_verdict_free(first);
	jurat_verdict_free(second);
	jurat_verdict_free(plain);
	world_done(&w);
}

/* Each byte that the signature covers, and of the signature and its key: nothing is carried over. */
static void a_verdict_on_another_quote_is_no_proof(void **state)
{
	struct world w;
	struct jurat_verdict *first, *second;
	/* header, body, signature, attestation key */
	const size_t end = TDX_QUOTE_SIGNATURE_BYTES + TDX_QUOTE_KEY_BYTES + 4 + 584 + 48;

	(void)state;
	world_init(&w);
	first = again(&w, w.m.bytes, w.m.size, w.good, NULL, 0);
	for (size_t i = 0; i < end; i++) {
		w.m.bytes[i] ^= 1;
		second = again(&w, w.m.bytes, w.m.size, w.good, first, JURAT_REFUSED);
		assert_false(second->signature_holds);
		jurat_verdict_free(second);
		w.m.bytes[i] ^= 1;
	}
	jurat_verdict_free(first);
	world_done(&w);
}

static void a_signature_that_did_not_hold_does_not_hold_the_second_time(void **state)
{
	struct world w;
	struct jurat_verdict *first, *second;

	(void)state;
	world_init(&w);
	w.m.bytes[48 + 520] ^= 1; /* report_data */
	first = again(&w, w.m.bytes, w.m.size, w.good, NULL, JURAT_REFUSED);
	second = again(&w, w.m.bytes, w.m.size, w.good, first, JURAT_REFUSED);
	assert_true(n_verifications > 0);
	assert_true(jurat_verdict_has_reason(second, JURAT_REASON_QUOTE_SIGNATURE));
	jurat_verdict_free(first);
	jurat_verdict_free(second);
	world_done(&w);
}

/* A host can add white space to a genuine quote's certificates as often as it likes. */
static void what_is_larger_than_any_quoting_enclaves_data_is_not_cached(void **state)
{
	static struct tdx_cache cache;

	(void)state;
	tdx_cache_init(&cache);
	for (size_t size = TDX_QE_BYTES; size <= TDX_QE_BYTES + 1; size++) {
		struct qe_entry *entry = calloc(1, sizeof(*entry) + size);
		struct cache_slot *slot;

		assert_non_null(entry);
		entry->size = size;
		slot = tdx_cache_put_qe(&cache, entry);
		assert_true(size > TDX_QE_BYTES ? !slot : !!slot);
		cache_unpin(slot);
		if (!slot)
			qe_entry_free(entry);
	}
	tdx_cache_done(&cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_quote_needs_no_second_signature_check_and_gets_the_same_verdict),
		cmocka_unit_test(a_verdict_on_another_quote_is_no_proof),
		cmocka_unit_test(a_signature_that_did_not_hold_does_not_hold_the_second_time),
		cmocka_unit_test(what_is_larger_than_any_quoting_enclaves_data_is_not_cached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
