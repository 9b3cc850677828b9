/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "build.h"
#include "crypto/der.h"
#include "crypto/x509.h"

static int64_t openssl_time(const ASN1_TIME *t)
{
	struct tm tm;

	assert_int_equal(ASN1_TIME_to_tm(t, &tm), 1);
	return timegm(&tm);
}

static bool lists_number(const struct crypto_crl *crl, BIGNUM *number)
{
	uint8_t bytes[64] = { 0 };
	int n = BN_num_bytes(number);
	struct bytes_rd serial = bytes_rd(bytes, n ? (size_t)n : 1);

	assert_true(n <= (int)sizeof(bytes));
	BN_bn2bin(number, bytes);
	return crypto_crl_lists(crl, &serial);
}

static bool openssl_lists(X509_CRL *x, const BIGNUM *number)
{
	ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(number, NULL);
	X509_REVOKED *found;
	bool lists = X509_CRL_get0_by_serial(x, &found, serial) != 0;

	ASN1_INTEGER_free(serial);
	return lists;
}

static void assert_as_openssl(const uint8_t *der, size_t n, const struct crypto_crl *crl)
{
	const uint8_t *p = der;
	X509_CRL *x = d2i_X509_CRL(NULL, &p, (long)n);
	STACK_OF(X509_REVOKED) * revoked;
	ASN1_INTEGER *number;
	struct bytes_rd entries = crl->revoked;
	int count = 0;

	assert_non_null(x);
	assert_int_equal(crl->this_update, openssl_time(X509_CRL_get0_lastUpdate(x)));
	assert_int_equal(crl->next_update, openssl_time(X509_CRL_get0_nextUpdate(x)));
	number = X509_CRL_get_ext_d2i(x, NID_crl_number, NULL, NULL);
	assert_non_null(number);
	assert_true(der_equal(&crl->crl_number, ASN1_STRING_get0_data(number),
			      (size_t)ASN1_STRING_length(number)));
	ASN1_INTEGER_free(number);
	revoked = X509_CRL_get_REVOKED(x);
	for (int i = 0; i < sk_X509_REVOKED_num(revoked); i++) {
		const X509_REVOKED *entry = sk_X509_REVOKED_value(revoked, i);
		BIGNUM *serial = ASN1_INTEGER_to_BN(X509_REVOKED_get0_serialNumber(entry), NULL);

		assert_non_null(serial);
		assert_true(lists_number(crl, serial));
		assert_int_equal(BN_add_word(serial, 1), 1);
		assert_int_equal(lists_number(crl, serial), openssl_lists(x, serial));
		BN_free(serial);
	}
	for (; bytes_rd_left(&entries) > 0; count++)
		der_whole(&entries);
	assert_int_equal(count, revoked ? sk_X509_REVOKED_num(revoked) : 0);
	X509_CRL_free(x);
}

/* Whether a certificate with the right name signed this CRL. */
static bool is_signed_within(const struct evidence *certs, const struct crypto_crl *crl)
{
	bool held = false;

	for (size_t i = 0; i < certs->count && !held; i++) {
		struct crypto_public key = { 0 };
		struct crypto_cert issuer;

		if (crypto_cert_read(certs->files[i].data, certs->files[i].size, &issuer, NULL) < 0 ||
		    !der_equal(&issuer.subject, crl->issuer.data, crl->issuer.size))
			continue;
		assert_int_equal(crypto_public_init(&key, &issuer, NULL), 0);
		held = crypto_crl_check_signature(crl, &key) == 0;
		crypto_public_done(&key);
	}
	return held;
}

static void crls_read_as_openssl_reads_them(const char *cls, const char *certs_cls)
{
	struct evidence e = evidence_load(cls), certs = evidence_load(certs_cls);

	for (size_t i = 0; i < e.count; i++) {
		const struct evidence_file *f = &e.files[i];
		auto_free uint8_t *copy = heap_copy(f->data, f->size);
		struct jurat_error err = { 0 };
		struct crypto_crl crl;

		if (crypto_crl_read(copy, f->size, &crl, &err) != 0)
			FAIL_BECAUSE("%s: %s", f->path, err.text);
		assert_as_openssl(copy, f->size, &crl);
		assert_int_equal(crl.authority_key_id.size, 20);
		assert_false(crl.has_unknown_critical);
		if (strncmp(f->verdict, "signature OK", 12) == 0 && !is_signed_within(&certs, &crl))
			FAIL_BECAUSE("%s: no issuer's key holds", f->path);
	}
	evidence_free(&e);
	evidence_free(&certs);
}

static void crls_of_amd_read_as_openssl_reads_them(void **state)
{
	crls_read_as_openssl_reads_them("amd-crl", "amd-cert");
}

static void crls_of_intel_read_as_openssl_reads_them(void **state)
{
	crls_read_as_openssl_reads_them("intel-crl", "intel-cert");
}

/* Of AMD's the ASK that was replaced and the one in use; of the vector the ASVK and the ASK. */
static void a_crl_of_genoa_lists_one_authority_and_not_the_other(void **state)
{
	struct evidence e = evidence_load("amd-crl");
	struct bytes_rd not_listed = bytes_rd("\x02\x00\x02", 3);

	for (size_t i = 0; i < e.count; i++) {
		struct bytes_rd listed = bytes_rd(e.files[i].is_real ? "\x02\x00\x01" : "\x02\x01\x01", 3);
		struct crypto_crl crl;

		assert_int_equal(crypto_crl_read(e.files[i].data, e.files[i].size, &crl, NULL), 0);
		assert_true(crypto_crl_lists(&crl, &listed));
		assert_false(crypto_crl_lists(&crl, &not_listed));
	}
	evidence_free(&e);
}

static void flip_all(const struct evidence_file *f, const struct evidence_file *ark)
{
	auto_free uint8_t *copy = heap_copy(f->data, f->size);
	struct crypto_public key = { 0 };
	struct crypto_cert c;
	struct crypto_crl crl;

	assert_int_equal(crypto_cert_read(ark->data, ark->size, &c, NULL), 0);
	assert_int_equal(crypto_public_init(&key, &c, NULL), 0);
	assert_int_equal(crypto_crl_read(copy, f->size, &crl, NULL), 0);
	assert_int_equal(crypto_crl_check_signature(&crl, &key), 0);
	for (size_t bit = 0; bit < 8 * f->size; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (crypto_crl_read(copy, f->size, &crl, NULL) == 0 &&
		    crypto_crl_check_signature(&crl, &key) != JURAT_REFUSED)
			FAIL_BECAUSE("%s: bit %zu does not matter", f->path, bit);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	crypto_public_done(&key);
}

static void every_single_bit_flip_of_a_crl_is_refused(void **state)
{
	struct evidence e = evidence_load("amd-crl"), certs = evidence_load("amd-cert");

	for (size_t i = 0; i < e.count; i++) {
		const struct evidence_file *ark =
			evidence_file_named(&certs, e.files[i].is_real ? "4c6598d1" : "genoa-ark");

		assert_non_null(ark);
		flip_all(&e.files[i], ark);
	}
	evidence_free(&e);
	evidence_free(&certs);
}

static void assert_unread_when_cut(const uint8_t *der, size_t n)
{
	for (size_t cut = 0; cut < n; cut++) {
		auto_free uint8_t *part = heap_copy(der, cut);
		struct crypto_crl crl, before;

		memset(&crl, 0x5a, sizeof(crl));
		before = crl;
		assert_int_equal(crypto_crl_read(part, cut, &crl, NULL), -EBADMSG);
		assert_memory_equal(&crl, &before, sizeof(crl));
	}
}

static void every_truncation_of_an_issued_crl_is_refused(void **state)
{
	struct evidence e = evidence_load("amd-crl");

	for (size_t i = 0; i < e.count; i++)
		assert_unread_when_cut(e.files[i].data, e.files[i].size);
	evidence_free(&e);
}

static void every_truncation_of_a_made_crl_is_refused(void **state)
{
	uint8_t buf[2048];
	size_t n = build_with(build_crl_parts, PART_VERSION, NULL, buf, sizeof(buf));

	assert_unread_when_cut(buf, n);
}

static void a_made_crl_has_what_was_put_in(void **state)
{
	struct bytes_rd five = bytes_rd("\x05", 1), ff = bytes_rd("\xff", 1), six = bytes_rd("\x06", 1);
	struct bytes_rd padded = bytes_rd("\x00\x05", 2), none = { 0 }, bad = { .bad = true };
	uint8_t buf[2048];
	size_t n = build_with(build_crl_parts, PART_VERSION, NULL, buf, sizeof(buf));
	struct crypto_crl crl;

	assert_int_equal(crypto_crl_read(buf, n, &crl, NULL), 0);
	assert_as_openssl(buf, n, &crl);
	assert_int_equal(crl.this_update, 1577836800);
	assert_int_equal(crl.next_update, 1580515200);
	assert_true(der_equal(&crl.crl_number, "\x07", 1));
	assert_true(der_equal(&crl.authority_key_id, "\x0c\x0d", 2));
	assert_int_equal(crl.signature_kind, CRYPTO_SIG_ECDSA_SHA256);
	assert_false(crl.has_unknown_critical);
	assert_true(crypto_crl_lists(&crl, &five));
	assert_true(crypto_crl_lists(&crl, &ff));
	assert_false(crypto_crl_lists(&crl, &six));
	assert_false(crypto_crl_lists(&crl, &padded));
	assert_false(crypto_crl_lists(&crl, &none));
	assert_false(crypto_crl_lists(&crl, &bad));
}

#define ENTRY(s) "30{30{02{05}17{'200101000000Z'}" s "}}"
#define EXT(s)   "a0{30{" s "}}"

static void good_crls_are_read(void **state)
{
	static const struct {
		enum build_part part;
		const char *text;
		bool has_next_update, unknown_critical;
	} good[] = {
		{ PART_VALIDITY, "17{'200101000000Z'}", false, false },
		{ PART_VALIDITY, "17{'200101000000Z'}17{'200101000000Z'}", true, false },
		{ PART_VALIDITY, "17{'200101000000Z'}18{'20500101000000Z'}", true, false },
		{ PART_KEY, "", true, false },
		{ PART_KEY, ENTRY("30{30{06{551d15}04{0a{01}}}}"), true, false },
		{ PART_KEY, ENTRY("30{30{06{551d1d}01{ff}04{}}}"), true, true },
		{ PART_EXTENSIONS, "", true, false },
		{ PART_EXTENSIONS, EXT("30{06{551d1c}01{ff}04{30{}}}"), true, true },
		{ PART_EXTENSIONS, EXT("30{06{551d1b}01{ff}04{02{01}}}"), true, true }, /* a delta CRL */
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		uint8_t buf[2048];
		size_t n = build_with(build_crl_parts, good[i].part, good[i].text, buf, sizeof(buf));
		auto_free uint8_t *copy = heap_copy(buf, n);
		struct jurat_error err = { 0 };
		struct crypto_crl crl;

		if (crypto_crl_read(copy, n, &crl, &err) != 0)
			FAIL_BECAUSE("%s: %s", good[i].text, err.text);
		assert_int_equal(crl.next_update != INT64_MIN, good[i].has_next_update);
		assert_int_equal(crl.has_unknown_critical, good[i].unknown_critical);
	}
}

static void bad_crls_are_refused_with_the_field(void **state)
{
	static const struct {
		enum build_part part;
		const char *text, *says;
	} bad[] = {
		{ PART_VERSION, "", "version: not v2" },
		{ PART_VERSION, "02{00}", "version: not v2" },
		{ PART_VERSION, "02{02}", "version: not v2" },
		{ PART_VERSION, "02{0001}", "version: not v2" },
		{ PART_ALGORITHM, "30{}", "signature algorithm: not an" },
		{ PART_OUTER_ALGORITHM, "30{06{2a8648ce3d040303}}", "signature algorithm: differs" },
		{ PART_SIGNATURE, "03{0101fe}", "expected a signed part" },
		{ PART_ISSUER, "30{31{}}", "issuer: not a Name" },
		{ PART_ISSUER, "30{31{30{06{550403}0c{00}}}}", "issuer: commonName: " },
		{ PART_VALIDITY, "", "updates: not an RFC 5280 time" },
		{ PART_VALIDITY, "17{'200230000000Z'}", "updates: not an RFC 5280 time" },
		{ PART_VALIDITY, "17{'200101000000Z'}17{'200230000000Z'}", "updates: not an RFC 5280 time" },
		{ PART_VALIDITY, "17{'200101000001Z'}17{'200101000000Z'}", "updates: nextUpdate is before" },
		{ PART_VALIDITY, "17{'200101000000Z'}17{'200101000000Z'}17{'200101000000Z'}",
		  "extensions: " },
		{ PART_KEY, "30{}", "revoked certificates: expected a non-empty" },
		{ PART_KEY, "31{0500}", "extensions: unexpected element" },
		{ PART_KEY, "30{0500}", "revoked certificates: entry 1: serial number: " },
		{ PART_KEY, "30{30{02{85}17{'200101000000Z'}}}",
		  "revoked certificates: entry 1: serial number: " },
		{ PART_KEY, "30{30{02{0005}17{'200101000000Z'}}}",
		  "revoked certificates: entry 1: serial number: " },
		{ PART_KEY, "30{30{02{05}17{'200101000000Z'}}30{02{06}}}",
		  "revoked certificates: entry 2: date: " },
		{ PART_KEY, ENTRY("0500"), "revoked certificates: entry 1: not a SEQUENCE" },
		{ PART_KEY, ENTRY("30{}"), "revoked certificates: entry 1: not a SEQUENCE" },
		{ PART_KEY, ENTRY("30{30{06{2a03}04{}}}0500"),
		  "revoked certificates: entry 1: unexpected bytes" },
		{ PART_KEY, ENTRY("30{30{06{2a03}04{}}30{06{2a03}04{}}}"),
		  "revoked certificates: entry 1: duplicate " },
		{ PART_EXTENSIONS, "a0{}", "extensions: not a SEQUENCE" },
		{ PART_EXTENSIONS, EXT(""), "extensions: not a SEQUENCE" },
		{ PART_EXTENSIONS, EXT("30{06{2a03}04{}}30{06{2a03}04{}}"), "extensions: duplicate " },
		{ PART_EXTENSIONS, EXT("30{06{2a03}04{}}") "0500", "extensions: unexpected bytes" },
		{ PART_EXTENSIONS, "a1{}", "extensions: unexpected element" },
		{ PART_EXTENSIONS, EXT("30{06{551d14}04{02{}}}"), "extensions: cRLNumber: malformed" },
		{ PART_EXTENSIONS, EXT("30{06{551d14}04{02{01}00}}"), "extensions: cRLNumber: malformed" },
		{ PART_EXTENSIONS, EXT("30{06{551d14}04{02{81}}}"), "extensions: cRLNumber: malformed" },
		{ PART_EXTENSIONS, EXT("30{06{551d23}04{30{80{}}}}"),
		  "extensions: authorityKeyIdentifier: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char says[128];
		uint8_t buf[2048];
		size_t n = build_with(build_crl_parts, bad[i].part, bad[i].text, buf, sizeof(buf));
		auto_free uint8_t *copy = heap_copy(buf, n);
		struct jurat_error err = { 0 };
		struct crypto_crl crl;

		TEXT(says, "CRL: %s", bad[i].says);
		assert_int_equal(crypto_crl_read(copy, n, &crl, NULL), -EBADMSG);
		assert_int_equal(crypto_crl_read(copy, n, &crl, &err), -EBADMSG);
		if (strncmp(err.text, says, strlen(says)) != 0)
			FAIL_BECAUSE("%s: '%s' is not '%s'", bad[i].text, err.text, says);
	}
}

static void a_certificate_is_no_crl_and_a_crl_no_certificate(void **state)
{
	uint8_t buf[2048];
	struct crypto_crl crl;
	struct crypto_cert c;
	size_t n = build_with(build_cert_parts, PART_VERSION, NULL, buf, sizeof(buf));

	assert_int_equal(crypto_crl_read(buf, n, &crl, NULL), -EBADMSG);
	n = build_with(build_crl_parts, PART_VERSION, NULL, buf, sizeof(buf));
	assert_int_equal(crypto_cert_read(buf, n, &c, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crls_of_amd_read_as_openssl_reads_them),
		cmocka_unit_test(crls_of_intel_read_as_openssl_reads_them),
		cmocka_unit_test(a_crl_of_genoa_lists_one_authority_and_not_the_other),
		cmocka_unit_test(every_single_bit_flip_of_a_crl_is_refused),
		cmocka_unit_test(every_truncation_of_an_issued_crl_is_refused),
		cmocka_unit_test(every_truncation_of_a_made_crl_is_refused),
		cmocka_unit_test(a_made_crl_has_what_was_put_in),
		cmocka_unit_test(good_crls_are_read),
		cmocka_unit_test(bad_crls_are_refused_with_the_field),
		cmocka_unit_test(a_certificate_is_no_crl_and_a_crl_no_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
