/* SPDX-License-Identifier: MIT */
#include "verify/tdx_given.h"
#include "verify/tdx_made.h"

#include "crypto/der.h"
#include "crypto/x509.h"
#include "verify/patch.h"

/*
 * V16: a chain's root counts by the key that is pinned, and its certificate only as it was published or as
 * that key signed it. At work are the key of the vectors' root, pinned here by pin.c, and Intel's own where
 * there is a real quote.
 */
struct world {
	uint8_t *quote, *root;
	size_t size, root_size;
	struct tdx_quote parsed;
	struct crypto_cert cert; /* the root, as published */
	struct jurat_verifier *verifier;
	struct jurat_tdx_collateral *collateral; /* without a root */
	int64_t at;
};

static void world_init(struct world *w, const struct tdx_case *c)
{
	*w = (struct world){ .at = c->now };
	w->quote = evidence_read(c->folder, c->quote, &w->size);
	w->root = evidence_read(c->folder, c->collateral[5], &w->root_size);
	assert_int_equal(tdx_quote_read(w->quote, w->size, &w->parsed, NULL), 0);
	assert_int_equal(crypto_cert_read(w->root, w->root_size, &w->cert, NULL), 0);
	assert_int_equal(jurat_verifier_new(&w->verifier, NULL), 0);
	w->collateral = tdx_given_collateral(c, 1u << 5);
}

static void world_done(struct world *w)
{
	free(w->quote);
	free(w->root);
	jurat_verifier_free(w->verifier);
	jurat_tdx_collateral_free(w->collateral);
}

/* The PEM of two certificates of the quote and this instead of its third. */
static uint8_t *with_root(const struct world *w, const uint8_t *root, size_t n, size_t *ret_size)
{
	const uint8_t *certs = w->parsed.cert_data.data;
	struct sim_der der = { root, n };
	auto_free char *pem = NULL;
	size_t start = (size_t)(certs - w->quote), off = 0, pem_size, kept;
	uint8_t *to;

	for (unsigned i = 0; i < 2; i++) {
		auto_free uint8_t *skipped = NULL;
		char label[32];
		size_t size;

		assert_int_equal(
			crypto_pem_next(certs, w->parsed.cert_data.size, &off, label, &skipped, &size, NULL),
			0);
	}
	assert_int_equal(sim_pki_intel_pem(&der, 1, &pem, &pem_size, NULL), 0);
	kept = start + off;
	*ret_size = kept + pem_size;
	to = malloc(*ret_size);
	assert_non_null(to);
	memcpy(to, w->quote, kept);
	memcpy(to + kept, pem, pem_size);
	tdx_given_fix_sizes(&w->parsed, w->quote, to, *ret_size);
	return to;
}

/* Judges the quote with this root in it, and what else there may be. The first reason, "" when accepted. */
static const char *first_reason(const struct world *w, const uint8_t *root, size_t n)
{
	static char code[64];
	struct jurat_tdx_evidence e = { .size = sizeof(e) };
	auto_free uint8_t *quote = with_root(w, root, n, &e.quote_size);
	struct jurat_verdict *verdict = NULL;

	e.quote = quote;
	if (jurat_verify_tdx(w->verifier, &e, w->collateral, NULL, w->at, &verdict, NULL) == 0) {
		jurat_verdict_free(verdict);
		return "";
	}
	assert_non_null(verdict);
	TEXT(code, "%s", jurat_verdict_reason_code(verdict, 0));
	jurat_verdict_free(verdict);
	return code;
}

static bool equal(const struct bytes_rd *a, const struct bytes_rd *b)
{
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/*
 * Readable, by its own name, with Intel's key: nothing but its signature tells that it is not Intel's root.
 * Then the reason is that.
 */
static bool passes_for_the_root(const struct world *w, const uint8_t *der, size_t n)
{
	struct crypto_cert cert;

	return crypto_cert_read(der, n, &cert, NULL) == 0 && cert.is_ca && equal(&cert.spki, &w->cert.spki) &&
	       equal(&cert.subject, &w->cert.subject) && equal(&cert.issuer, &w->cert.issuer);
}

static void flip_root(const struct tdx_case *c)
{
	struct world w;
	uint8_t *copy;
	unsigned passed = 0;

	world_init(&w, c);
	copy = heap_copy(w.root, w.root_size);
	assert_string_equal(first_reason(&w, copy, w.root_size), "");
	for (size_t bit = 0; bit < 8 * w.root_size; bit++) {
		uint8_t mask = (uint8_t)(1u << bit % 8);
		const char *reason;
		bool passes;

		copy[bit / 8] ^= mask;
		passes = passes_for_the_root(&w, copy, w.root_size);
		reason = first_reason(&w, copy, w.root_size);
		if (passes ? strcmp(reason, "root-signature") != 0 : *reason == '\0')
			FAIL_BECAUSE("bit %zu of byte %zu: '%s'", bit % 8, bit / 8, reason);
		passed += passes;
		copy[bit / 8] ^= mask;
	}
	assert_true(passed > 500);
	assert_string_equal(first_reason(&w, copy, w.root_size), "");
	free(copy);
	world_done(&w);
}

/* Where it comes from does not matter: with the collateral, or given as an endorsement. */
static void alter_root_beside(const struct tdx_case *c)
{
	struct world w;
	uint8_t *year;

	world_init(&w, c);
	year = memmem(w.root, w.root_size, "491231235959Z", 13);
	assert_non_null(year);
	year[0] = '3';
	assert_int_equal(jurat_tdx_collateral_add(w.collateral, w.root, w.root_size, NULL), 0);
	year[0] = '4';
	assert_string_equal(first_reason(&w, w.root, w.root_size), "root-signature");
	world_done(&w);
}

/* The certificate with its three parts as they are, in an outer SEQUENCE of its own: 0 done. */
static size_t wrap(const struct crypto_cert *cert, const uint8_t *tbs, const uint8_t *algorithm, size_t n,
		   const uint8_t *signature, size_t signature_size, uint8_t *to, size_t room)
{
	struct der_wr d = der_wr(to, room);

	der_put_open(&d, DER_SEQUENCE);
	der_put_raw(&d, tbs, cert->tbs.size);
	der_put_raw(&d, algorithm, n);
	der_put_bits(&d, signature, signature_size, 0);
	der_put_close(&d);
	assert_false(d.w.bad);
	return d.w.off;
}

static const uint8_t ecdsa_sha256[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02
};

/* r and s of an ECDSA signature, 32 bytes each. */
static void split(const struct bytes_rd *signature, uint8_t rs[64])
{
	struct bytes_rd r = *signature, seq = der_enter(&r, DER_SEQUENCE);

	memset(rs, 0, 64);
	for (unsigned i = 0; i < 2; i++) {
		struct bytes_rd number = der_big_uint(&seq);

		assert_true(!seq.bad && number.size <= 32);
		memcpy(rs + 32 * i + 32 - number.size, number.data, number.size);
	}
}

/* n - s: with it the same key's signature holds as well. */
static void negate(uint8_t s[32])
{
	static const uint8_t order[32] = { 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
					   0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
					   0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51 };
	int borrow = 0;

	for (int i = 31; i >= 0; i--) {
		int v = order[i] - s[i] - borrow;

		borrow = v < 0;
		s[i] = (uint8_t)(v + 256 * borrow);
	}
}

/*
 * Copies of the root that say the same in other bytes. Those that are no strict DER, and those whose unsigned
 * parts differ, are no certificates. One is: all that it says was signed by Intel's key, and that is what
 * counts, not which of the two forms of one ECDSA signature it carries.
 */
static void re_encode_root(const struct tdx_case *c)
{
	static const uint8_t with_null[] = { 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48,
					     0xce, 0x3d, 0x04, 0x03, 0x02, 0x05, 0x00 };
	struct world w;
	uint8_t copy[1024], rs[64], long_rs[80];
	struct der_wr d = der_wr(long_rs, sizeof(long_rs));
	const struct bytes_rd *sig = &w.cert.signature;
	size_t n;

	world_init(&w, c);
	n = wrap(&w.cert, w.cert.tbs.data, ecdsa_sha256, sizeof(ecdsa_sha256), sig->data, sig->size, copy,
		 sizeof(copy));
	assert_int_equal(n, w.root_size); /* so wrap() is not what differs */
	assert_memory_equal(copy, w.root, n);

	/* its outer length in a byte more than DER gives it */
	memcpy(copy, (const uint8_t[]){ 0x30, 0x83, 0x00, w.root[2], w.root[3] }, 5);
	memcpy(copy + 5, w.root + 4, w.root_size - 4);
	assert_string_equal(first_reason(&w, copy, w.root_size + 1), "certificate-malformed");

	/* an algorithm outside the signed part that is not the one inside */
	n = wrap(&w.cert, w.cert.tbs.data, with_null, sizeof(with_null), sig->data, sig->size, copy,
		 sizeof(copy));
	assert_string_equal(first_reason(&w, copy, n), "certificate-malformed");

	/* r and s with a zero byte in front that they do not need */
	split(sig, rs);
	der_put_open(&d, DER_SEQUENCE);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t padded[34] = { 0 };

		memcpy(padded + 2, rs + 32 * i, 32);
		der_put(&d, DER_INTEGER, padded, sizeof(padded));
	}
	der_put_close(&d);
	assert_false(d.w.bad);
	n = wrap(&w.cert, w.cert.tbs.data, ecdsa_sha256, sizeof(ecdsa_sha256), long_rs, d.w.off, copy,
		 sizeof(copy));
	assert_string_equal(first_reason(&w, copy, n), "root-signature");

	/* r and n - s */
	negate(rs + 32);
	d = der_wr(long_rs, sizeof(long_rs));
	der_put_open(&d, DER_SEQUENCE);
	der_put_big_uint(&d, rs, 32);
	der_put_big_uint(&d, rs + 32, 32);
	der_put_close(&d);
	n = wrap(&w.cert, w.cert.tbs.data, ecdsa_sha256, sizeof(ecdsa_sha256), long_rs, d.w.off, copy,
		 sizeof(copy));
	assert_string_equal(first_reason(&w, copy, n), "");
	world_done(&w);
}

/* Whoever decides by the signature field alone takes this for the root: it is the root's to the bit. */
static void move_signature(const struct tdx_case *c)
{
	struct world w;
	struct crypto_cert cert;
	static const uint8_t time_tag[] = { 0x17, 0x0d };
	uint8_t *begin, *copy;

	world_init(&w, c);
	copy = heap_copy(w.root, w.root_size);
	begin = memmem(copy, w.root_size, time_tag, sizeof(time_tag));
	assert_non_null(begin);
	begin[sizeof(time_tag) + 1] ^= 1; /* of the year */
	assert_int_equal(crypto_cert_read(copy, w.root_size, &cert, NULL), 0);
	assert_true(equal(&cert.signature, &w.cert.signature));
	assert_string_equal(first_reason(&w, copy, w.root_size), "root-signature");
	free(copy);
	world_done(&w);
}

/*
 * A root that is published and trusted, and a PCK CA that names another: that is the one thing wrong, so
 * that the root is no part of its chain.
 */
static void name_another_root(const struct tdx_case *c)
{
	struct jurat_policy *policy;
	struct jurat_verdict *verdict;
	struct tdx_made_cert *ca;
	struct tdx_made m;
	struct world w;

	world_init(&w, c);
	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	assert_int_equal(jurat_policy_set(policy, "allow_no_collateral", "true", NULL), 0);
	assert_int_equal(jurat_verifier_add_certificates(w.verifier, w.root, w.root_size, NULL, NULL), 0);
	tdx_made_init(&m, TDX_BODY_10);
	*tdx_made_instead(&m, SIM_INTEL_ROOT) = (struct tdx_made_cert){ .size = w.root_size };
	memcpy(m.instead[SIM_INTEL_ROOT].der, w.root, w.root_size);
	ca = tdx_made_instead(&m, SIM_INTEL_PLATFORM_CA);
	memcpy(patch_find(ca->der, ca->size, "SGX Root CA", 11), "SGX Rest CA", 11);
	tdx_made_reissue(ca->der, sizeof(ca->der), &ca->size, SIM_INTEL_ROOT);
	tdx_made_sign(&m);
	verdict = tdx_made_judge(&m, w.verifier, NULL, policy);
	assert_int_equal(jurat_verdict_reason_count(verdict), 2);
	assert_string_equal(jurat_verdict_reason_code(verdict, 0), "intermediate-issuer");
	assert_string_equal(jurat_verdict_reason_code(verdict, 1), "certificate-unrelated"); /* the root */
	jurat_verdict_free(verdict);
	jurat_policy_free(policy);
	tdx_made_done(&m);
	world_done(&w);
}

static void every_flipped_bit_of_a_root_with_the_pinned_key_is_refused_V16(void **state)
{
	tdx_given_each_accepted(flip_root);
}

static void an_altered_root_beside_the_quote_is_refused_V16(void **state)
{
	tdx_given_each_accepted(alter_root_beside);
}

static void a_re_encoded_copy_of_the_root_counts_by_what_its_key_signed_V16(void **state)
{
	tdx_given_each_accepted(re_encode_root);
}

static void the_roots_signature_on_other_content_is_refused_V16(void **state)
{
	tdx_given_each_accepted(move_signature);
}

static void a_pck_ca_that_names_another_root_than_the_pinned_one_is_refused(void **state)
{
	tdx_given_each_accepted(name_another_root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flipped_bit_of_a_root_with_the_pinned_key_is_refused_V16),
		cmocka_unit_test(an_altered_root_beside_the_quote_is_refused_V16),
		cmocka_unit_test(a_re_encoded_copy_of_the_root_counts_by_what_its_key_signed_V16),
		cmocka_unit_test(the_roots_signature_on_other_content_is_refused_V16),
		cmocka_unit_test(a_pck_ca_that_names_another_root_than_the_pinned_one_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
