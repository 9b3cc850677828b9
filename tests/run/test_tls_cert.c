/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "crypto/der.h"
#include "crypto/x509.h"
#include "run/tls_cert.h"

static const char *const list[] = { "kdsintf.amd.com", "api.example" };
static const struct run_names names = { list, ARRAY_SIZE(list) };
static const uint8_t address[4] = { 127, 9, 8, 7 };

/* The DER of a PEM file with one block; the test frees it. */
static uint8_t *der_of(const char *pem, const char *wanted, size_t *ret_n)
{
	char label[32];
	size_t off = 0;
	uint8_t *der;

	assert_int_equal(strncmp(pem, "-----BEGIN ", 11), 0);
	assert_int_equal(strncmp(pem + 11, wanted, strlen(wanted)), 0);
	assert_int_equal(crypto_pem_next((const uint8_t *)pem, strlen(pem), &off, label, &der, ret_n, NULL),
			 0);
	assert_string_equal(label, wanted);
	return der;
}

static bool contains(const struct bytes_rd *in, const void *bytes, size_t n)
{
	return memmem(in->data, in->size, bytes, n) != NULL;
}

static void the_ca_signs_the_certificate_and_may_sign_no_other_name(void **state)
{
	static const uint8_t name_constraints[] = { 0x55, 0x1d, 0x1e },
			     alternative_names[] = { 0x55, 0x1d, 0x11 };
	static const uint8_t in_ca[] = { 0x87, 8, 127, 9, 8, 7, 255, 255, 255, 255 };
	static const uint8_t in_cert[] = { 0x87, 4, 127, 9, 8, 7 };
	struct run_tls_cert pem = { .ca = NULL };
	struct crypto_cert ca, cert;
	struct crypto_public key = { 0 };
	struct bytes_rd extension;
	bool critical;
	size_t n_ca, n_cert;

	assert_int_equal(run_tls_cert_new(base_env_real(), &names, address, 1000, 2000, &pem, NULL), 0);
	auto_free uint8_t *ca_der = der_of(pem.ca, "CERTIFICATE", &n_ca),
			  *cert_der = der_of(pem.cert, "CERTIFICATE", &n_cert);
	assert_int_equal(crypto_cert_read(ca_der, n_ca, &ca, NULL), 0);
	assert_int_equal(crypto_cert_read(cert_der, n_cert, &cert, NULL), 0);
	assert_int_equal(crypto_public_init(&key, &ca, NULL), 0);
	assert_int_equal(crypto_cert_check_signature(&ca, &key), 0);
	assert_int_equal(crypto_cert_check_signature(&cert, &key), 0);
	crypto_public_done(&key);
	assert_true(ca.is_ca && ca.has_path_len && ca.path_len == 0 && !cert.is_ca);
	assert_int_equal(ca.key_usage, CRYPTO_USAGE_KEY_CERT_SIGN);
	assert_int_equal(cert.key_usage, CRYPTO_USAGE_DIGITAL_SIGNATURE);
	assert_true(ca.not_before == 1000 && ca.not_after == 2000 && cert.not_after == 2000);
	assert_true(der_equal(&cert.issuer, ca.subject.data, ca.subject.size));
	assert_false(der_equal(&cert.subject, ca.subject.data, ca.subject.size));
	assert_true(contains(&ca.subject, "TEST", 4) && contains(&cert.subject, "TEST", 4));
	assert_int_equal(crypto_cert_extension(&ca, name_constraints, 3, &extension, &critical), 0);
	assert_true(contains(&extension, in_ca, sizeof(in_ca)));
	for (size_t i = 0; i < names.n; i++)
		assert_true(contains(&extension, list[i], strlen(list[i])));
	assert_int_equal(crypto_cert_extension(&cert, alternative_names, 3, &extension, &critical), 0);
	assert_true(contains(&extension, in_cert, sizeof(in_cert)));
	for (size_t i = 0; i < names.n; i++)
		assert_true(contains(&extension, list[i], strlen(list[i])));
	assert_int_equal(strncmp(pem.key, "-----BEGIN EC PRIVATE KEY-----\n", 31), 0);
	run_tls_cert_done(&pem);
	assert_null(pem.key);
}

static void no_two_runs_have_the_same_keys(void **state)
{
	struct run_tls_cert a = { .ca = NULL }, b = { .ca = NULL };

	assert_int_equal(run_tls_cert_new(base_env_real(), &names, address, 1000, 2000, &a, NULL), 0);
	assert_int_equal(run_tls_cert_new(base_env_real(), &names, address, 1000, 2000, &b, NULL), 0);
	assert_string_not_equal(a.ca, b.ca);
	assert_string_not_equal(a.key, b.key);
	run_tls_cert_done(&a);
	run_tls_cert_done(&b);
}

static void what_does_not_fit_is_an_error(void **state)
{
	static char long_name[2000];
	const char *const long_list[] = { long_name };
	const struct run_names long_names = { long_list, 1 };
	struct run_tls_cert pem = { .ca = NULL };

	memset(long_name, 'a', sizeof(long_name) - 1);
	assert_int_equal(run_tls_cert_new(base_env_real(), &long_names, address, 1000, 2000, &pem, NULL),
			 -EOVERFLOW);
	assert_null(pem.ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ca_signs_the_certificate_and_may_sign_no_other_name),
		cmocka_unit_test(no_two_runs_have_the_same_keys),
		cmocka_unit_test(what_does_not_fit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
