/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"

#include "crypto/hash.h"
#include "crypto/x509.h"
#include "verify/tdx_judge.h"
#include "verify/verifier.h"

/*
 * What the verifier trusts when nobody supplies roots: facts, written down here a second time.
 * Source: AMD's key distribution service, cert_chain of each product; Intel's provisioning certification
 * service, Intel SGX Root CA. SHA-256 of the public key (SubjectPublicKeyInfo) and of the certificate.
 */
enum { INTEL = SNP_N_PRODUCTS };
static const struct {
	unsigned whose; /* enum snp_product, or INTEL */
	const char *spki_sha256, *sha256;
} pins[] = {
	{ SNP_MILAN, "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9",
	  "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd" },
	{ SNP_GENOA, "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831",
	  "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1" },
	{ SNP_TURIN, "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08",
	  "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a" },
	{ INTEL, "a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e",
	  "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3" },
};

static bool is_pinned(unsigned whose, const uint8_t digest[32])
{
	return whose == INTEL ? tdx_root_is_pinned(digest) : root_is_pinned(whose, digest);
}

static bool is_published(unsigned whose, const uint8_t digest[32])
{
	return whose == INTEL ? tdx_root_is_published(digest) : root_is_published(whose, digest);
}

/* True for `digest`, and for none that differs from it in a bit. */
static void assert_this_alone(bool (*is)(unsigned whose, const uint8_t digest[32]), unsigned whose,
			      uint8_t digest[32])
{
	assert_true(is(whose, digest));
	for (unsigned bit = 0; bit < 256; bit++) {
		digest[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(is(whose, digest));
		digest[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void the_vendors_roots_are_pinned_and_nothing_else(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(pins); i++) {
		uint8_t spki[32], cert[32];

		assert_true(bytes_from_hex(pins[i].spki_sha256, spki, sizeof(spki)));
		assert_true(bytes_from_hex(pins[i].sha256, cert, sizeof(cert)));
		assert_this_alone(is_pinned, pins[i].whose, spki);
		assert_this_alone(is_published, pins[i].whose, cert);
		for (unsigned other = SNP_PRODUCT_UNKNOWN; other <= INTEL; other++) { /* B51 */
			assert_int_equal(is_pinned(other, spki), other == pins[i].whose);
			assert_int_equal(is_published(other, cert), other == pins[i].whose);
		}
	}
}

static void test_roots_are_not_pinned(void **state)
{
	static const char *const names[] = { "roots/milan-ark.der", "roots/genoa-ark.der",
					     "roots/turin-ark.der", "roots/intel-root.der" };
	const struct evidence_folder *vectors;

	evidence_folders(&vectors);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint8_t digest[32];
		struct crypto_cert cert;
		size_t n;
		auto_free uint8_t *der = evidence_read(vectors, names[i], &n);

		assert_int_equal(crypto_cert_read(der, n, &cert, NULL), 0);
		crypto_sha256(cert.spki.data, cert.spki.size, digest);
		for (unsigned whose = SNP_PRODUCT_UNKNOWN; whose <= INTEL; whose++)
			assert_false(is_pinned(whose, digest));
		crypto_sha256(der, n, digest);
		for (unsigned whose = SNP_PRODUCT_UNKNOWN; whose <= INTEL; whose++)
			assert_false(is_published(whose, digest));
	}
}

static void the_vendors_own_certificates_have_these_digests(void **state)
{
	EVIDENCE_SKIP_UNLESS_REAL();
	for (size_t i = 0; i < ARRAY_SIZE(pins); i++) {
		char part[20], hex[BYTES_HEX_SIZE(32)];
		uint8_t digest[32];
		struct crypto_cert cert;
		size_t n;

		TEXT(part, "__%.8s__", pins[i].sha256);
		auto_free uint8_t *der = evidence_find(part, &n);

		if (!der)
			continue; /* of a package that could not be had */
		crypto_sha256(der, n, digest);
		assert_string_equal(bytes_to_hex(digest, sizeof(digest), hex), pins[i].sha256);
		assert_int_equal(crypto_cert_read(der, n, &cert, NULL), 0);
		crypto_sha256(cert.spki.data, cert.spki.size, digest);
		assert_string_equal(bytes_to_hex(digest, sizeof(digest), hex), pins[i].spki_sha256);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vendors_roots_are_pinned_and_nothing_else),
		cmocka_unit_test(test_roots_are_not_pinned),
		cmocka_unit_test(the_vendors_own_certificates_have_these_digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
