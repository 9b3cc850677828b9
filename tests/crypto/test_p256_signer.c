/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "crypto/ec.h"
#include "crypto/hash.h"
#include "crypto/p256_signer.h"

static void the_key_is_that_of_crypto_ec(void **state)
{
	for (uint8_t secret = 0; secret < 8; secret++) {
		struct crypto_p256_signer *signer = NULL;
		struct crypto_ec_private *key = NULL;
		uint8_t xy[64];

		assert_int_equal(crypto_p256_signer_derive(&secret, 1, &signer, NULL), 0);
		assert_int_equal(crypto_ec_private_derive(CRYPTO_P256, &secret, 1, &key, NULL), 0);
		crypto_ec_private_public(key, xy);
		assert_memory_equal(crypto_p256_signer_public(signer), xy, sizeof(xy));
		crypto_ec_private_free(key);
		crypto_p256_signer_free(signer);
	}
	crypto_p256_signer_free(NULL);
}

static void signatures_hold_and_repeat_and_no_two_digests_share_a_nonce(void **state)
{
	struct crypto_p256_signer *signer = NULL, *again = NULL;
	struct crypto_ec_public *key = NULL;
	uint8_t digest[32], sig[64], sig_again[64], last[64] = { 0 };

	assert_int_equal(crypto_p256_signer_derive("secret", 6, &signer, NULL), 0);
	assert_int_equal(crypto_p256_signer_derive("secret", 6, &again, NULL), 0);
	assert_int_equal(crypto_ec_public_new(CRYPTO_P256, crypto_p256_signer_public(signer), &key, NULL), 0);
	for (unsigned i = 0; i < 20; i++) {
		crypto_sha256(&i, sizeof(i), digest);
		crypto_p256_signer_sign(signer, digest, sig);
		crypto_p256_signer_sign(again, digest, sig_again);
		assert_memory_equal(sig, sig_again, sizeof(sig));
		assert_memory_not_equal(sig, last, 32); /* r is the nonce's */
		memcpy(last, sig, sizeof(last));
		assert_int_equal(crypto_ec_verify(key, digest, sizeof(digest), sig, sig + 32), 0);
		digest[31] ^= 1;
		assert_int_equal(crypto_ec_verify(key, digest, sizeof(digest), sig, sig + 32), JURAT_REFUSED);
	}
	crypto_ec_public_free(key);
	crypto_p256_signer_free(signer);
	crypto_p256_signer_free(again);
}

static void two_keys_sign_one_digest_differently(void **state)
{
	struct crypto_p256_signer *a = NULL, *b = NULL;
	uint8_t digest[32] = { 1 }, sig_a[64], sig_b[64];

	assert_int_equal(crypto_p256_signer_derive("a", 1, &a, NULL), 0);
	assert_int_equal(crypto_p256_signer_derive("b", 1, &b, NULL), 0);
	crypto_p256_signer_sign(a, digest, sig_a);
	crypto_p256_signer_sign(b, digest, sig_b);
	assert_memory_not_equal(sig_a, sig_b, 32);
	crypto_p256_signer_free(a);
	crypto_p256_signer_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_is_that_of_crypto_ec),
		cmocka_unit_test(signatures_hold_and_repeat_and_no_two_digests_share_a_nonce),
		cmocka_unit_test(two_keys_sign_one_digest_differently),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
