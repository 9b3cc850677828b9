/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include <openssl/ec.h>
#include <openssl/pem.h>

#include "crypto/ec.h"
#include "crypto/x509.h"

/* Keys that OpenSSL made and wrote, in every form that it writes. */
enum form { FORM_EC_PEM, FORM_PKCS8_PEM, FORM_EC_DER, FORM_PKCS8_DER, N_FORMS };

static EVP_PKEY *new_key(const char *curve)
{
	EVP_PKEY *key = NEVER_FAILS(EVP_EC_gen(curve));

	assert_non_null(key);
	return key;
}

/* The caller frees *ret. */
static size_t write_key(EVP_PKEY *key, enum form form, uint8_t **ret)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long n;

	assert_non_null(bio);
	switch (form) {
	case FORM_EC_PEM:
		assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL),
				 1);
		break;
	case FORM_PKCS8_PEM:
		assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
		break;
	case FORM_EC_DER:
		assert_int_equal(i2d_PrivateKey_bio(bio, key), 1);
		break;
	default:
		assert_int_equal(i2d_PKCS8PrivateKey_bio(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	}
	n = BIO_get_mem_data(bio, &data);
	*ret = heap_copy(data, (size_t)n);
	BIO_free(bio);
	return (size_t)n;
}

static void public_of(EVP_PKEY *key, uint8_t xy[96])
{
	uint8_t point[97];
	size_t n;

	assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof(point), &n), 1);
	assert_int_equal(n, sizeof(point));
	memcpy(xy, point + 1, 96);
}

static void keys_are_read_in_every_form(void **state)
{
	EVP_PKEY *key = new_key("P-384");
	uint8_t expected[96], found[96];

	public_of(key, expected);
	for (enum form form = 0; form < N_FORMS; form++) {
		struct crypto_ec_private *read;
		auto_free uint8_t *file = NULL;
		size_t n = write_key(key, form, &file);
		struct jurat_error err = { "" };

		assert_int_equal(crypto_ec_private_read(CRYPTO_P384, file, n, &read, &err), 0);
		crypto_ec_private_public(read, found);
		assert_memory_equal(found, expected, sizeof(found));
		crypto_ec_private_free(read);
	}
	EVP_PKEY_free(key);
}

/* OpenSSL writes EC PARAMETERS in front of the key with `ecparam -genkey`, or `x509 -text` a certificate. */
static void other_blocks_and_text_in_front_are_skipped(void **state)
{
	static const char front[] = "text\n-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC "
				    "PARAMETERS-----\n";
	EVP_PKEY *key = new_key("P-384");
	struct crypto_ec_private *read;
	auto_free uint8_t *file = NULL, *whole = NULL;
	size_t n = write_key(key, FORM_EC_PEM, &file);

	whole = NEVER_FAILS(malloc(sizeof(front) - 1 + n));
	memcpy(whole, front, sizeof(front) - 1);
	memcpy(whole + sizeof(front) - 1, file, n);
	assert_int_equal(crypto_ec_private_read(CRYPTO_P384, whole, sizeof(front) - 1 + n, &read, NULL), 0);
	crypto_ec_private_free(read);
	EVP_PKEY_free(key);
}

static void every_truncation_is_refused(void **state)
{
	EVP_PKEY *key = new_key("P-384");

	for (enum form form = 0; form < N_FORMS; form++) {
		auto_free uint8_t *file = NULL;
		size_t whole = write_key(key, form, &file);

		if (form == FORM_EC_PEM || form == FORM_PKCS8_PEM)
			whole -= strlen("-\n"); /* the END line is complete without its newline */
		for (size_t n = 0; n < whole; n++) {
			struct crypto_ec_private *read = NULL;
			auto_free uint8_t *copy = heap_copy(file, n);

			assert_int_equal(crypto_ec_private_read(CRYPTO_P384, copy, n, &read, NULL), -EBADMSG);
			assert_null(read);
		}
	}
	EVP_PKEY_free(key);
}

static void expect_refused(const void *file, size_t n, const char *why)
{
	struct crypto_ec_private *read = NULL;
	struct jurat_error err = { "" };

	assert_int_equal(crypto_ec_private_read(CRYPTO_P384, file, n, &read, &err), -EBADMSG);
	assert_string_equal(err.text, why);
	assert_null(read);
}

static void keys_of_other_kinds_are_refused_with_the_reason(void **state)
{
	EVP_PKEY *p256 = new_key("P-256"), *rsa = EVP_RSA_gen(1024);
	auto_free uint8_t *file = NULL, *pkcs8 = NULL, *other = NULL;
	size_t n = write_key(p256, FORM_EC_PEM, &file);

	expect_refused(file, n, "private key: expected the curve P-384, found another");
	n = write_key(p256, FORM_PKCS8_DER, &pkcs8);
	expect_refused(pkcs8, n, "private key: expected the curve P-384, found another");
	n = write_key(rsa, FORM_PKCS8_PEM, &other);
	expect_refused(other, n, "private key: expected an EC key, found another algorithm");
	EVP_PKEY_free(p256);
	EVP_PKEY_free(rsa);
}

static void encrypted_keys_are_refused_with_the_reason(void **state)
{
	EVP_PKEY *key = new_key("P-384");
	char password[] = "password";

	for (int traditional = 0; traditional < 2; traditional++) {
		BIO *bio = BIO_new(BIO_s_mem());
		char *data;
		long n;

		if (traditional)
			assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, EVP_aes_128_cbc(),
									      (uint8_t *)password, 8, NULL,
									      NULL),
					 1);
		else
			assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_128_cbc(), password,
								       8, NULL, NULL),
					 1);
		n = BIO_get_mem_data(bio, &data);
		expect_refused(data, (size_t)n,
			       traditional ? "PEM: EC PRIVATE KEY is encrypted: decrypt it first"
					   : "private key: it is encrypted: decrypt it first");
		BIO_free(bio);
	}
	EVP_PKEY_free(key);
}

/* ECPrivateKey of P-384 with the scalar 7 in one byte, and what is wrong with it. */
#define CURVE "\xa0\x07\x06\x05\x2b\x81\x04\x00\x22"

static void malformed_keys_are_refused_with_the_reason(void **state)
{
	static const struct {
		const char *file, *why;
		size_t n;
	} bad[] = {
#define BAD(file, why) { file, why, sizeof(file) - 1 }
		BAD("", "private key: expected PKCS #8 (RFC 5958)"),
		BAD("text", "private key: expected PKCS #8 (RFC 5958)"),
		BAD("-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n",
		    "PEM: expected a private key, found none"),
		BAD("-----BEGIN PRIVATE KEY-----\n?\n-----END PRIVATE KEY-----\n",
		    "PEM: PRIVATE KEY before byte 55 is not base64"),
		BAD("\x30\x0f\x02\x01\x02\x04\x01\x07" CURVE,
		    "private key: expected an ECPrivateKey (RFC 5915)"),
		BAD("\x30\x06\x02\x01\x01\x04\x01\x07", "private key: does not name its curve"),
		BAD("\x30\x0e\x02\x01\x01\x04\x00" CURVE, "private key: expected 48 bytes, found 0"),
		BAD("\x30\x0f\x02\x01\x01\x04\x01\x00" CURVE, "private key: not in the range of P-384"),
		BAD("\x30\x0f\x02\x01\x01\x04\x01\x07" CURVE "x",
		    "private key: expected an ECPrivateKey (RFC 5915)"),
		/* a public key that is another, and one of another length */
		BAD("\x30\x45\x02\x01\x01\x04\x01\x07" CURVE "\xa1\x34\x03\x32\x00\x02"
		    "123456789012345678901234567890123456789012345678",
		    "private key: the file states another public key"),
		BAD("\x30\x14\x02\x01\x01\x04\x01\x07" CURVE "\xa1\x03\x03\x01\x00",
		    "private key: the file states another public key"),
#undef BAD
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_free uint8_t *copy = heap_copy(bad[i].file, bad[i].n);

		expect_refused(copy, bad[i].n, bad[i].why);
	}
}

/* As OpenSSL before 1.1 wrote them, without leading zeros. */
static void a_short_scalar_is_extended(void **state)
{
	static const char file[] = "\x30\x0f\x02\x01\x01\x04\x01\x07" CURVE;
	const uint8_t seven[48] = { [47] = 7 };
	struct crypto_ec_private *read, *made;
	uint8_t found[96], expected[96];

	assert_int_equal(
		crypto_ec_private_read(CRYPTO_P384, (const uint8_t *)file, sizeof(file) - 1, &read, NULL), 0);
	assert_int_equal(crypto_ec_private_new(CRYPTO_P384, seven, &made, NULL), 0);
	crypto_ec_private_public(read, found);
	crypto_ec_private_public(made, expected);
	assert_memory_equal(found, expected, sizeof(found));
	crypto_ec_private_free(read);
	crypto_ec_private_free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_read_in_every_form),
		cmocka_unit_test(other_blocks_and_text_in_front_are_skipped),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(keys_of_other_kinds_are_refused_with_the_reason),
		cmocka_unit_test(encrypted_keys_are_refused_with_the_reason),
		cmocka_unit_test(malformed_keys_are_refused_with_the_reason),
		cmocka_unit_test(a_short_scalar_is_extended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
