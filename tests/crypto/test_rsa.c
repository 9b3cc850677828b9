/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/hash.h"
#include "crypto/rsa_maker.h"

static const uint8_t exponent[] = { 1, 0, 1 };
static const char secret[] = "test_rsa";
/* Who verifies. The argument is its name. */
static const struct crypto_rsa_maker *const makers[] = { &crypto_rsa_openssl, &crypto_rsa_hogweed,
#ifdef CRYPTO_HAVE_AWS_LC
							 &crypto_rsa_awslc
#endif
};
static const struct crypto_rsa_maker *maker;

/* Made once: the search for two primes is most of this test's time. */
static struct crypto_rsa_private *key;
static struct crypto_rsa_public *public;
static uint32_t hints[2];
static uint8_t modulus[CRYPTO_RSA_BYTES], digest[48], salt[48], signature[CRYPTO_RSA_BYTES];

static int setup(void **state)
{
	(void)state;
	crypto_derive(secret, strlen(secret), "digest", NULL, 0, digest, sizeof(digest));
	crypto_derive(secret, strlen(secret), "salt", NULL, 0, salt, sizeof(salt));
	if (crypto_rsa_private_derive(secret, strlen(secret), NULL, &key, hints, NULL) != 0)
		return -1;
	crypto_rsa_private_modulus(key, modulus);
	if (crypto_rsa_public_made_by(maker, modulus, sizeof(modulus), exponent, sizeof(exponent), &public,
				      NULL) != 0)
		return -1;
	return crypto_rsa_pss_sign(key, digest, salt, signature);
}

static int teardown(void **state)
{
	(void)state;
	crypto_rsa_private_free(key);
	crypto_rsa_public_free(public);
	crypto_rsa_private_free(NULL);
	crypto_rsa_public_free(NULL);
	return 0;
}

static void assert_same_key(const uint32_t given[2])
{
	struct crypto_rsa_private *again = NULL;
	uint8_t n[CRYPTO_RSA_BYTES], s[CRYPTO_RSA_BYTES];
	uint32_t found[2];

	assert_int_equal(crypto_rsa_private_derive(secret, strlen(secret), given, &again, found, NULL), 0);
	crypto_rsa_private_modulus(again, n);
	assert_memory_equal(n, modulus, sizeof(n));
	assert_memory_equal(found, hints, sizeof(found));
	assert_int_equal(crypto_rsa_pss_sign(again, digest, salt, s), 0);
	assert_memory_equal(s, signature, sizeof(s));
	crypto_rsa_private_free(again);
}

static void a_secret_gives_the_same_key_and_signatures(void **state)
{
	(void)state;
	assert_true(modulus[0] & 0x80);
	assert_same_key(hints);
}

static void hints_of_another_secret_make_no_signature(void **state)
{
	const uint32_t wrong[][2] = { { hints[0] + 1, hints[1] }, { hints[0], UINT32_MAX }, { 0, 0 } };
	int n_keys = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct crypto_rsa_private *other = NULL;
		uint8_t s[CRYPTO_RSA_BYTES];
		int r = crypto_rsa_private_derive(secret, strlen(secret), wrong[i], &other, NULL, NULL);

		assert_true(r == 0 || r == -ERANGE);
		n_keys += r == 0;
		if (r == 0)
			assert_int_equal(crypto_rsa_pss_sign(other, digest, salt, s), -EIO);
		crypto_rsa_private_free(other);
	}
	assert_true(n_keys > 0);
}

static void another_secret_gives_another_key(void **state)
{
	struct crypto_rsa_private *other = NULL;
	uint8_t n[CRYPTO_RSA_BYTES];

	(void)state;
	assert_int_equal(crypto_rsa_private_derive("test_rsf", 8, NULL, &other, NULL, NULL), 0);
	crypto_rsa_private_modulus(other, n);
	assert_memory_not_equal(n, modulus, sizeof(n));
	crypto_rsa_private_free(other);
}

static void a_signature_holds_for_its_digest_alone(void **state)
{
	(void)state;
	assert_int_equal(crypto_rsa_pss_verify(public, digest, signature, sizeof(signature)), 0);
	for (size_t bit = 0; bit < 8 * sizeof(digest); bit++) {
		digest[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(crypto_rsa_pss_verify(public, digest, signature, sizeof(signature)),
				 JURAT_REFUSED);
		digest[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void every_flipped_bit_of_a_signature_is_refused(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
		signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(crypto_rsa_pss_verify(public, digest, signature, sizeof(signature)),
				 JURAT_REFUSED);
		signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(crypto_rsa_pss_verify(public, digest, signature, sizeof(signature)), 0);
}

static void a_signature_of_another_length_is_refused(void **state)
{
	uint8_t longer[CRYPTO_RSA_BYTES + 1] = { 0 };

	(void)state;
	for (size_t n = 0; n < sizeof(signature); n++) {
		auto_free uint8_t *front = heap_copy(signature, n);
		auto_free uint8_t *back = heap_copy(signature + sizeof(signature) - n, n);

		assert_int_equal(crypto_rsa_pss_verify(public, digest, front, n), JURAT_REFUSED);
		assert_int_equal(crypto_rsa_pss_verify(public, digest, back, n), JURAT_REFUSED);
	}
	memcpy(longer, signature, sizeof(signature));
	assert_int_equal(crypto_rsa_pss_verify(public, digest, longer, sizeof(longer)), JURAT_REFUSED);
	longer[0] = 0;
	memcpy(longer + 1, signature, sizeof(signature)); /* the same number */
	assert_int_equal(crypto_rsa_pss_verify(public, digest, longer, sizeof(longer)), JURAT_REFUSED);
	assert_int_equal(crypto_rsa_pss_verify(public, digest, signature, SIZE_MAX), JURAT_REFUSED);
}

/*
 * What fills the modulus' length without being a residue, and the residues that every exponent leaves alone.
 */
static void signatures_that_are_no_numbers_below_the_modulus_are_refused(void **state)
{
	uint8_t s[CRYPTO_RSA_BYTES] = { 0 };

	(void)state;
	assert_int_equal(crypto_rsa_pss_verify(public, digest, s, sizeof(s)), JURAT_REFUSED);
	s[sizeof(s) - 1] = 1;
	assert_int_equal(crypto_rsa_pss_verify(public, digest, s, sizeof(s)), JURAT_REFUSED);
	memset(s, 0xff, sizeof(s));
	assert_int_equal(crypto_rsa_pss_verify(public, digest, s, sizeof(s)), JURAT_REFUSED);
	memcpy(s, modulus, sizeof(s));
	assert_int_equal(crypto_rsa_pss_verify(public, digest, s, sizeof(s)), JURAT_REFUSED);
	s[sizeof(s) - 1] ^= 1; /* n - 1 */
	assert_int_equal(crypto_rsa_pss_verify(public, digest, s, sizeof(s)), JURAT_REFUSED);
}

static void only_odd_moduli_of_2048_to_4096_bits_with_65537_are_keys(void **state)
{
	static const uint8_t three[] = { 3 }, even[] = { 1, 0, 0 }, f5[] = { 1, 0, 0, 0, 1 },
			     padded[] = { 0, 1, 0, 1 };
	uint8_t n[CRYPTO_RSA_BYTES + 1];
	const struct {
		const char *name;
		size_t size;
		uint8_t first, last;
		const uint8_t *e;
		size_t e_size;
		int r;
	} cases[] = {
		{ "4096 bits", 512, 0x80, 1, exponent, 3, 0 },
		{ "4089 bits", 512, 0x01, 1, exponent, 3, 0 },
		{ "3072 bits", 384, 0xff, 1, exponent, 3, 0 },
		{ "2048 bits", 256, 0x80, 1, exponent, 3, 0 },
		{ "exponent with a zero in front", 512, 0x80, 1, padded, 4, 0 },
		{ "2047 bits", 256, 0x7f, 1, exponent, 3, -EBADMSG },
		{ "4104 bits", 513, 0x80, 1, exponent, 3, -EBADMSG },
		{ "a zero too many in front", 513, 0x00, 1, exponent, 3, -EBADMSG },
		{ "even", 512, 0x80, 0, exponent, 3, -EBADMSG },
		{ "no modulus", 0, 0, 0, exponent, 3, -EBADMSG },
		{ "one byte", 1, 0xff, 0xff, exponent, 3, -EBADMSG },
		{ "a size that wraps", SIZE_MAX, 0x80, 1, exponent, 3, -EBADMSG },
		{ "exponent 3", 512, 0x80, 1, three, 1, -EBADMSG },
		{ "exponent even", 512, 0x80, 1, even, 3, -EBADMSG },
		{ "exponent 2^32 + 1", 512, 0x80, 1, f5, 5, -EBADMSG },
		{ "no exponent", 512, 0x80, 1, exponent, 0, -EBADMSG },
		{ "exponent of a size that wraps", 512, 0x80, 1, exponent, SIZE_MAX, -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t size = cases[i].size < sizeof(n) ? cases[i].size : sizeof(n);
		struct crypto_rsa_public *k = NULL;
		struct jurat_error err = { "" };
		auto_free uint8_t *copy = NULL;
		int r;

		memset(n, 0x5a, sizeof(n));
		if (size > 0) {
			n[0] = cases[i].first;
			n[size - 1] = cases[i].last;
		}
		copy = heap_copy(n, size);
		r = crypto_rsa_public_made_by(maker, copy, cases[i].size, cases[i].e, cases[i].e_size, &k,
					      &err);
		if (r != cases[i].r)
			FAIL_BECAUSE("%s: %d (%s)", cases[i].name, r, err.text);
		assert_int_equal(k != NULL, r == 0);
		assert_int_equal(err.text[0] != '\0', r != 0);
		crypto_rsa_public_free(k);
	}
}

/* OpenSSL's own idea of the same key and padding, built here from nothing of ours but the modulus. */
static EVP_PKEY_CTX *openssl_verifier(EVP_PKEY *pkey, int salt_size)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

	assert_non_null(ctx);
	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha384()), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt_size), 1);
	return ctx;
}

static void openssl_accepts_our_signatures(void **state)
{
	EVP_PKEY_CTX *from_data = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL), *ctx;
	uint8_t native[CRYPTO_RSA_BYTES];
	unsigned e = 65537;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, native, sizeof(native)),
				OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &e),
				OSSL_PARAM_construct_end() };
	BIGNUM *n = BN_bin2bn(modulus, sizeof(modulus), NULL);
	EVP_PKEY *pkey = NULL;

	(void)state;
	assert_int_equal(BN_bn2nativepad(n, native, sizeof(native)), sizeof(native));
	assert_int_equal(EVP_PKEY_fromdata_init(from_data), 1);
	assert_int_equal(EVP_PKEY_fromdata(from_data, &pkey, EVP_PKEY_PUBLIC_KEY, params), 1);
	ctx = openssl_verifier(pkey, CRYPTO_RSA_SALT_BYTES);
	assert_int_equal(EVP_PKEY_verify(ctx, signature, sizeof(signature), digest, sizeof(digest)), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_CTX_free(from_data);
	EVP_PKEY_free(pkey);
	BN_free(n);
}

static const struct {
	const char *name;
	unsigned bits;
	int padding, salt_size;
	const char *digest, *mgf1;
	int r;
} foreign[] = {
	{ "4096 bits", 4096, RSA_PKCS1_PSS_PADDING, 48, "SHA384", "SHA384", 0 },
	{ "2049 bits: a byte more than the encoded message", 2049, RSA_PKCS1_PSS_PADDING, 48, "SHA384",
	  "SHA384", 0 },
	{ "2055 bits", 2055, RSA_PKCS1_PSS_PADDING, 48, "SHA384", "SHA384", 0 },
	{ "2048 bits", 2048, RSA_PKCS1_PSS_PADDING, 48, "SHA384", "SHA384", 0 },
	{ "no salt", 2048, RSA_PKCS1_PSS_PADDING, 0, "SHA384", "SHA384", JURAT_REFUSED },
	{ "salt of 47", 2048, RSA_PKCS1_PSS_PADDING, 47, "SHA384", "SHA384", JURAT_REFUSED },
	{ "salt of 49", 2048, RSA_PKCS1_PSS_PADDING, 49, "SHA384", "SHA384", JURAT_REFUSED },
	{ "the longest salt", 2048, RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_MAX, "SHA384", "SHA384",
	  JURAT_REFUSED },
	{ "MGF1 with SHA-256", 2048, RSA_PKCS1_PSS_PADDING, 48, "SHA384", "SHA256", JURAT_REFUSED },
	{ "SHA3-384", 2048, RSA_PKCS1_PSS_PADDING, 48, "SHA3-384", "SHA384", JURAT_REFUSED },
	{ "PKCS #1 v1.5", 2048, RSA_PKCS1_PADDING, 0, "SHA384", NULL, JURAT_REFUSED },
};

/* Made once, for all who verify. */
static struct {
	uint8_t n[CRYPTO_RSA_BYTES], signature[CRYPTO_RSA_BYTES];
	size_t n_size, size;
} made[ARRAY_SIZE(foreign)];

static void make_foreign(void)
{
	EVP_PKEY *pkey = NULL; /* finding one takes longer than all else: rows of one size share it */

	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		EVP_PKEY_CTX *ctx;
		BIGNUM *bn = NULL;

		if (i == 0 || foreign[i].bits != foreign[i - 1].bits) {
			EVP_PKEY_free(pkey);
			pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)foreign[i].bits);
		}
		ctx = EVP_PKEY_CTX_new(pkey, NULL);
		assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, foreign[i].padding), 1);
		assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_get_digestbyname(foreign[i].digest)),
				 1);
		if (foreign[i].mgf1) {
			assert_int_equal(
				EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_get_digestbyname(foreign[i].mgf1)), 1);
			assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, foreign[i].salt_size), 1);
		}
		made[i].size = sizeof(made[i].signature);
		assert_int_equal(EVP_PKEY_sign(ctx, made[i].signature, &made[i].size, digest, sizeof(digest)),
				 1);
		assert_int_equal(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &bn), 1);
		made[i].n_size = (size_t)BN_bn2bin(bn, made[i].n);
		BN_free(bn);
		EVP_PKEY_CTX_free(ctx);
	}
	EVP_PKEY_free(pkey);
}

static void of_openssls_signatures_only_our_kind_is_accepted(void **state)
{
	(void)state;
	if (made[0].size == 0)
		make_foreign();
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		struct crypto_rsa_public *k = NULL;
		int r;

		assert_int_equal(
			crypto_rsa_public_made_by(maker, made[i].n, made[i].n_size, exponent, 3, &k, NULL),
			0);
		r = crypto_rsa_pss_verify(k, digest, made[i].signature, made[i].size);
		if (r != foreign[i].r)
			FAIL_BECAUSE("%s: %d", foreign[i].name, r);
		crypto_rsa_public_free(k);
	}
}

static void the_salt_makes_the_signature(void **state)
{
	uint8_t other[48], s[CRYPTO_RSA_BYTES];

	(void)state;
	memcpy(other, salt, sizeof(other));
	other[47] ^= 1;
	assert_int_equal(crypto_rsa_pss_sign(key, digest, other, s), 0);
	assert_memory_not_equal(s, signature, sizeof(s));
	assert_int_equal(crypto_rsa_pss_verify(public, digest, s, sizeof(s)), 0);
}

/* OpenSSL's allocations, of which one can be made to fail. */
static unsigned allocations, failing;

static void *count_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return ++allocations == failing ? NULL : malloc(n);
}

static void *count_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return ++allocations == failing ? NULL : realloc(p, n);
}

static void count_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void no_missing_memory_makes_a_signature_hold(void **state)
{
	uint8_t bad[CRYPTO_RSA_BYTES];
	bool fired;
	unsigned fires = 0;

	(void)state;
	memcpy(bad, signature, sizeof(bad));
	bad[100] ^= 1;
	for (unsigned k = 1, of = 0; of < 2; k++) {
		int r;

		allocations = 0;
		failing = k;
		r = crypto_rsa_pss_verify(public, digest, of == 0 ? signature : bad, sizeof(bad));
		fired = allocations >= failing;
		failing = 0;
		fires += fired;
		assert_true(r == -ENOMEM || r == JURAT_REFUSED || (r == 0 && of == 0));
		if (!fired) {
			assert_int_equal(r, of == 0 ? 0 : JURAT_REFUSED);
			k = 0;
			of++;
		}
	}
	assert_true(maker == &crypto_rsa_openssl ? fires > 4 : fires == 0);
}

static void a_key_made_without_memory_is_no_key(void **state)
{
	(void)state;
	for (unsigned k = 1;; k++) {
		struct crypto_rsa_public *fresh = NULL;
		bool fired;
		int r;

		allocations = 0;
		failing = k;
		r = crypto_rsa_public_made_by(maker, modulus, sizeof(modulus), exponent, sizeof(exponent),
					      &fresh, NULL);
		fired = allocations >= failing;
		failing = 0;
		assert_true(r == -ENOMEM || (r == 0 && fresh));
		assert_int_equal(fresh != NULL, r == 0);
		if (fresh)
			assert_int_equal(crypto_rsa_pss_verify(fresh, digest, signature, sizeof(signature)),
					 0);
		crypto_rsa_public_free(fresh);
		if (!fired)
			break;
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_gives_the_same_key_and_signatures),
		cmocka_unit_test(hints_of_another_secret_make_no_signature),
		cmocka_unit_test(another_secret_gives_another_key),
		cmocka_unit_test(a_signature_holds_for_its_digest_alone),
		cmocka_unit_test(every_flipped_bit_of_a_signature_is_refused),
		cmocka_unit_test(a_signature_of_another_length_is_refused),
		cmocka_unit_test(signatures_that_are_no_numbers_below_the_modulus_are_refused),
		cmocka_unit_test(only_odd_moduli_of_2048_to_4096_bits_with_65537_are_keys),
		cmocka_unit_test(openssl_accepts_our_signatures),
		cmocka_unit_test(of_openssls_signatures_only_our_kind_is_accepted),
		cmocka_unit_test(the_salt_makes_the_signature),
		cmocka_unit_test(no_missing_memory_makes_a_signature_hold),
		cmocka_unit_test(a_key_made_without_memory_is_no_key),
	};
	if (CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free) != 1)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		if (argc > 1 && !strcmp(argv[1], makers[i]->name))
			maker = makers[i];
	}
	if (!maker) {
		fprintf(stderr, "usage: %s MAKER\n", argv[0]);
		return 2;
	}
	return cmocka_run_group_tests_name(maker->name, tests, setup, teardown);
}
