/* SPDX-License-Identifier: MIT */
#include "support/fail_memory.h"
#include "support/test.h"

#include <errno.h>

#include "crypto/ec.h"
#include "crypto/p256_signer.h"
#include "crypto/rsa_maker.h"
#include "crypto/x509.h"

/* Each allocation of keys and PEM fails: there is a whole key, or none, and nothing is left behind. */
static const uint8_t digest[48] = { 1, 2, 3 };

/* A key pair signs and verifies. */
static int ec(void *ctx)
{
	enum crypto_curve curve = *(enum crypto_curve *)ctx;
	struct crypto_ec_private *key = NULL;
	struct crypto_ec_public *public = NULL, *like = NULL;
	uint8_t xy[2 * CRYPTO_EC_MAX_BYTES], r[CRYPTO_EC_MAX_BYTES], s[CRYPTO_EC_MAX_BYTES];
	int status;

	fail_memory_resume();
	status = crypto_ec_private_derive(curve, "memory", 6, &key, NULL);
	if (status == 0)
		crypto_ec_private_public(key, xy);
	if (status == 0)
		status = crypto_ec_public_new(curve, xy, &public, NULL);
	if (status == 0 && curve == CRYPTO_P256)
		status = crypto_p256_public_like(public, xy, &like, NULL);
	if (status == 0)
		status = crypto_ec_sign(key, base_env_real(), digest, 32, r, s);
	if (status == 0)
		status = crypto_ec_verify(like ? like : public, digest, 32, r, s);
	fail_memory_pause();
	crypto_ec_private_free(key);
	crypto_ec_public_free(public);
	crypto_ec_public_free(like);
	return status;
}

static void a_key_on_a_curve_is_whole_or_there_is_none(void **state)
{
	enum crypto_curve curves[] = { CRYPTO_P256, CRYPTO_P384 };

	for (size_t i = 0; i < ARRAY_SIZE(curves); i++)
		assert_true(fail_memory_each(ec, &curves[i]) >= 2);
}

/* A key in a file is read. */
static int ec_file(void *ctx)
{
	static const char pem[] = "-----BEGIN EC PRIVATE KEY-----\nMA8CAQEEAQegBwYFK4EEACI=\n"
				  "-----END EC PRIVATE KEY-----\n";
	struct crypto_ec_private *key = NULL;
	int status;

	fail_memory_resume();
	status = crypto_ec_private_read(CRYPTO_P384, (const uint8_t *)pem, sizeof(pem) - 1, &key, NULL);
	fail_memory_pause();
	assert_int_equal(key == NULL, status != 0);
	crypto_ec_private_free(key);
	return status;
}

static void a_key_in_a_file_is_whole_or_there_is_none(void **state)
{
	assert_true(fail_memory_each(ec_file, NULL) >= 1);
}

static int made_by(void *ctx)
{
	const struct crypto_ec_maker *maker = ctx;
	uint8_t scalar[48] = { 7 }, xy[96], r[48], s[48]; /* in range on either curve */
	void *key = NULL, *public = NULL;
	int status;

	fail_memory_resume();
	status = maker->private_new(scalar, &key);
	if (status == 0)
		maker->private_public(key, xy);
	if (status == 0)
		status = maker->public_new(xy, &public);
	if (status == 0)
		status = maker->sign(key, base_env_real(), digest, sizeof(digest), r, s);
	if (status == 0)
		status = maker->verify(public, digest, sizeof(digest), r, s);
	fail_memory_pause();
	if (key)
		maker->private_free(key);
	if (public)
		maker->public_free(public);
	return status;
}

static void every_maker_of_a_curve_says_so(void **state)
{
	const struct crypto_ec_maker *makers[] = {
		&crypto_p256_hogweed,      &crypto_p256_openssl,
		&crypto_p384_hogweed,      &crypto_p384_openssl,
#ifdef CRYPTO_HAVE_AWS_LC
		&crypto_p256_awslc,        &crypto_p384_awslc,
		&crypto_p256_awslc_random, &crypto_p384_awslc_random,
#endif
	};

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		assert_true(fail_memory_each(made_by, (void *)(uintptr_t)makers[i]) >= 1);
}

static int signer(void *ctx)
{
	struct crypto_p256_signer *key = NULL;
	int status;

	fail_memory_resume();
	status = crypto_p256_signer_derive("memory", 6, &key, NULL);
	fail_memory_pause();
	assert_int_equal(key == NULL, status != 0);
	crypto_p256_signer_free(key);
	return status;
}

static void a_quick_signer_is_whole_or_there_is_none(void **state)
{
	assert_true(fail_memory_each(signer, NULL) >= 1);
}

/* A signature that cannot fail is the same bytes, whoever has to make it. */
static int sign_quickly(void *ctx)
{
	struct crypto_p256_signer *key = NULL;
	uint8_t expected[64], signature[64];

	assert_int_equal(crypto_p256_signer_derive("memory", 6, &key, NULL), 0);
	crypto_p256_signer_sign(key, digest, expected);
	fail_memory_resume();
	crypto_p256_signer_sign(key, digest, signature);
	fail_memory_pause();
	assert_memory_equal(signature, expected, sizeof(expected));
	crypto_p256_signer_free(key);
	return 0;
}

static void a_quick_signer_signs_without_memory_too(void **state)
{
	fail_memory_each(sign_quickly, NULL);
}

/* Who verifies, and the hints to the primes: without them, each attempt would look for primes for seconds. */
struct rsa_world {
	const struct crypto_rsa_maker *maker;
	uint32_t hints[2];
};

static int rsa(void *ctx)
{
	struct rsa_world *w = ctx;
	uint32_t *hints = w->hints;
	struct crypto_rsa_private *key = NULL;
	struct crypto_rsa_public *public = NULL;
	uint8_t n[CRYPTO_RSA_BYTES], signature[CRYPTO_RSA_BYTES], salt[CRYPTO_RSA_SALT_BYTES] = { 0 };
	static const uint8_t e[] = { 1, 0, 1 };
	int status;

	fail_memory_resume();
	status = crypto_rsa_private_derive("memory", 6, hints, &key, hints, NULL);
	if (status == 0)
		crypto_rsa_private_modulus(key, n);
	if (status == 0)
		status = crypto_rsa_public_made_by(w->maker, n, sizeof(n), e, sizeof(e), &public, NULL);
	if (status == 0)
		status = crypto_rsa_pss_sign(key, digest, salt, signature);
	if (status == 0)
		status = crypto_rsa_pss_verify(public, digest, signature, sizeof(signature));
	fail_memory_pause();
	crypto_rsa_private_free(key);
	crypto_rsa_public_free(public);
	return status;
}

static void an_rsa_key_is_whole_or_there_is_none(void **state)
{
	const struct crypto_rsa_maker *makers[] = { &crypto_rsa_hogweed, &crypto_rsa_openssl,
#ifdef CRYPTO_HAVE_AWS_LC
						    &crypto_rsa_awslc
#endif
	};
	struct rsa_world w = { 0 };
	struct crypto_rsa_private *key;

	assert_int_equal(crypto_rsa_private_derive("memory", 6, NULL, &key, w.hints, NULL), 0);
	crypto_rsa_private_free(key);
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		w.maker = makers[i];
		assert_true(fail_memory_each(rsa, &w) >= 2);
	}
}

static int pem(void *ctx)
{
	static const char text[] = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
	uint8_t *der = NULL;
	char label[32];
	size_t off = 0, n = 0;
	int status;

	fail_memory_resume();
	status = crypto_pem_next((const uint8_t *)text, sizeof(text) - 1, &off, label, &der, &n, NULL);
	fail_memory_pause();
	assert_int_equal(der == NULL, status != 0);
	if (der)
		assert_true(n == 2 && !memcmp(der, "\x30\x00", 2));
	free(der);
	return status;
}

static void a_pem_block_is_whole_or_there_is_none(void **state)
{
	assert_true(fail_memory_each(pem, NULL) >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_on_a_curve_is_whole_or_there_is_none),
		cmocka_unit_test(a_key_in_a_file_is_whole_or_there_is_none),
		cmocka_unit_test(every_maker_of_a_curve_says_so),
		cmocka_unit_test(a_quick_signer_is_whole_or_there_is_none),
		cmocka_unit_test(a_quick_signer_signs_without_memory_too),
		cmocka_unit_test(an_rsa_key_is_whole_or_there_is_none),
		cmocka_unit_test(a_pem_block_is_whole_or_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
