/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "build.h"
#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/x509.h"

static const uint8_t intel_sgx[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };

/* Synthetic certificates of others that write BOOLEAN TRUE as 01: BER, not DER. */
static bool is_known_ber(const struct evidence_file *f)
{
	return strstr(f->path, "fake_sgx_pki") &&
	       (strstr(f->path, "459ac168") || strstr(f->path, "b2220bb7") || strstr(f->path, "c3231c68"));
}

/* Samples of Intel whose SGX extension is critical. */
static bool has_critical_sgx(const struct evidence_file *f)
{
	return strstr(f->path, "8038f51c") || strstr(f->path, "29abf3c7") || strstr(f->path, "543e3f6b") ||
	       strstr(f->path, "815bb7f8");
}

static void assert_range(const struct bytes_rd *r, const uint8_t *bytes, size_t n)
{
	assert_int_equal(r->size, n);
	if (n > 0)
		assert_memory_equal(r->data, bytes, n);
}

static int64_t openssl_time(const ASN1_TIME *t)
{
	struct tm tm;

	assert_int_equal(ASN1_TIME_to_tm(t, &tm), 1);
	return timegm(&tm);
}

static void assert_common_name(const struct bytes_rd *cn, const X509_NAME *name)
{
	int last = -1, at;
	const ASN1_STRING *s;

	while ((at = X509_NAME_get_index_by_NID(name, NID_commonName, last)) >= 0)
		last = at;
	if (last < 0) {
		assert_int_equal(cn->size, 0);
		return;
	}
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last));
	assert_range(cn, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static void assert_as_openssl(const uint8_t *der, size_t n, const struct crypto_cert *c)
{
	const uint8_t *p = der;
	X509 *x = d2i_X509(NULL, &p, (long)n);
	const ASN1_BIT_STRING *signature;
	uint8_t *spki = NULL, serial[32];
	BIGNUM *number;
	uint32_t flags, usage;
	int size;

	assert_non_null(x);
	assert_int_equal(c->not_before, openssl_time(X509_get0_notBefore(x)));
	assert_int_equal(c->not_after, openssl_time(X509_get0_notAfter(x)));
	number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	assert_non_null(number);
	size = BN_num_bytes(number);
	serial[0] = 0;
	BN_bn2bin(number, serial);
	BN_free(number);
	assert_range(&c->serial, serial, size ? (size_t)size : 1);
	assert_common_name(&c->subject_cn, X509_get_subject_name(x));
	assert_common_name(&c->issuer_cn, X509_get_issuer_name(x));
	size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	assert_true(size > 0);
	assert_range(&c->spki, spki, (size_t)size);
	OPENSSL_free(spki);
	X509_get0_signature(&signature, NULL, x);
	assert_range(&c->signature, signature->data, (size_t)signature->length);
	flags = X509_get_extension_flags(x);
	assert_int_equal(c->has_basic_constraints, (flags & EXFLAG_BCONS) != 0);
	assert_int_equal(c->is_ca, (flags & EXFLAG_CA) != 0);
	assert_int_equal(c->has_path_len ? (long)c->path_len : -1, X509_get_pathlen(x));
	assert_int_equal(c->has_key_usage, (flags & EXFLAG_KUSAGE) != 0);
	usage = X509_get_key_usage(x);
	if (c->has_key_usage) {
		assert_int_equal(!!(c->key_usage & CRYPTO_USAGE_KEY_CERT_SIGN),
				 !!(usage & X509v3_KU_KEY_CERT_SIGN));
		assert_int_equal(!!(c->key_usage & CRYPTO_USAGE_CRL_SIGN), !!(usage & X509v3_KU_CRL_SIGN));
		assert_int_equal(!!(c->key_usage & CRYPTO_USAGE_DIGITAL_SIGNATURE),
				 !!(usage & X509v3_KU_DIGITAL_SIGNATURE));
	}
	if (X509_get0_subject_key_id(x))
		assert_range(&c->subject_key_id, ASN1_STRING_get0_data(X509_get0_subject_key_id(x)),
			     (size_t)ASN1_STRING_length(X509_get0_subject_key_id(x)));
	else
		assert_int_equal(c->subject_key_id.size, 0);
	if (X509_get0_authority_key_id(x))
		assert_range(&c->authority_key_id, ASN1_STRING_get0_data(X509_get0_authority_key_id(x)),
			     (size_t)ASN1_STRING_length(X509_get0_authority_key_id(x)));
	else
		assert_int_equal(c->authority_key_id.size, 0);
	X509_free(x);
}

static void certificates_read_as_openssl_reads_them(const char *cls)
{
	struct evidence e = evidence_load(cls);

	for (size_t i = 0; i < e.count; i++) {
		const struct evidence_file *f = &e.files[i];
		auto_free uint8_t *copy = heap_copy(f->data, f->size);
		struct jurat_error err = { 0 };
		struct crypto_cert c;
		int r = crypto_cert_read(copy, f->size, &c, &err);

		if (is_known_ber(f)) {
			assert_int_equal(r, -EBADMSG);
			assert_string_equal(err.text, "certificate: extensions: basicConstraints: malformed");
			continue;
		}
		if (r != 0)
			FAIL_BECAUSE("%s: %s", f->path, err.text);
		assert_as_openssl(copy, f->size, &c);
		assert_int_equal(c.has_unknown_critical, has_critical_sgx(f));
	}
	evidence_free(&e);
}

static void amd_certificates_read_as_openssl_reads_them_B56(void **state)
{
	certificates_read_as_openssl_reads_them("amd-cert");
}

static void intel_certificates_read_as_openssl_reads_them(void **state)
{
	certificates_read_as_openssl_reads_them("intel-cert");
}

/* Spec 7.2 */
static const struct {
	const char *cn, *serial, *der_sha256, *spki_sha256;
} amd_authorities[] = {
	{ "ARK-Milan", "010000", "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd",
	  "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9" },
	{ "SEV-Milan", "010001", "67d303bd3905fd38db8b20e0793699870e7fa612eaad5dec358293fd8c0bac1b",
	  "42491669ccb851d627ea9846cd24eccbeb7de7c2a62740120fff88001d38ebb6" },
	{ "SEV-VLEK-Milan", "010101", "c5e081f59b7efab1fe2f8b505e159704e72f29cab7ef7cf628a05a42439082f5",
	  "66450a123ea5876206df67f2514a4fea224c0f63b18313423078b0edc4535e33" },
	{ "ARK-Genoa", "020000", "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1",
	  "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831" },
	{ "SEV-Genoa", "020002", "5464738c1546aed5f2cecf1dc98c5c960a92e8913238a61711bc90ec6e828521",
	  "0324d55bcd48ba877a8fd87c0e1b4934dec8448e3807a24384a34dc6a6c9ebb8" },
	{ "SEV-VLEK-Genoa", "020101", "197e610743a917d6b9bb982a5a9226ccc0a15b611be0619e626aca9151457372",
	  "7d1633252ebbadaa75f96e9b4e6f7d43a90ceb3f843937482630f8da2459264e" },
	{ "ARK-Turin", "030000", "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a",
	  "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08" },
	{ "SEV-Turin", "030001", "5b77ef5fe7a7a004fd9032668fba9d0fda22f88c4442069a479636a6ae3b3185",
	  "0000ead352025f208bf55297c4192c34cd1b878002107366d8f2065a9ae7d3a9" },
	{ "SEV-VLEK-Turin", "030101", "104e10a8bd060a3c20a434261a57d0588fd65a88915b4f65b08bdecaf8df1a3c",
	  "bfc441408b2f806c5dbf180bd8920e6e60dd404d82141780d85dbf962954d386" },
};

static void the_pinned_authorities_of_amd_are_what_they_are(void **state)
{
	struct evidence e;

	EVIDENCE_SKIP_UNLESS_REAL();
	e = evidence_load("amd-cert");
	for (size_t i = 0; i < ARRAY_SIZE(amd_authorities); i++) {
		char hex[BYTES_HEX_SIZE(CRYPTO_SHA256_BYTES)], part[16];
		uint8_t digest[CRYPTO_SHA256_BYTES];
		const struct evidence_file *f;
		struct crypto_cert c;
		bool is_ark = strncmp(amd_authorities[i].cn, "ARK", 3) == 0;

		TEXT(part, "__%.8s", amd_authorities[i].der_sha256);
		f = evidence_file_named(&e, part);
		assert_non_null(f);
		assert_int_equal(crypto_cert_read(f->data, f->size, &c, NULL), 0);
		assert_range(&c.subject_cn, (const uint8_t *)amd_authorities[i].cn,
			     strlen(amd_authorities[i].cn));
		assert_string_equal(bytes_to_hex(c.serial.data, c.serial.size, hex),
				    amd_authorities[i].serial);
		crypto_sha256(c.der.data, c.der.size, digest);
		assert_string_equal(bytes_to_hex(digest, sizeof(digest), hex), amd_authorities[i].der_sha256);
		crypto_sha256(c.spki.data, c.spki.size, digest);
		assert_string_equal(bytes_to_hex(digest, sizeof(digest), hex),
				    amd_authorities[i].spki_sha256);
		assert_int_equal(c.key_kind, CRYPTO_KEY_RSA);
		assert_int_equal(c.signature_kind, CRYPTO_SIG_RSA_PSS_SHA384);
		assert_true(c.is_ca);
		assert_int_equal(c.has_path_len, !is_ark);
		assert_int_equal(c.path_len, 0);
		assert_int_equal(c.key_usage,
				 CRYPTO_USAGE_KEY_CERT_SIGN | (is_ark ? CRYPTO_USAGE_CRL_SIGN : 0));
	}
	evidence_free(&e);
}

/* Whether any certificate of the class with the right name signed this one. */
static bool is_signed_within(const struct evidence *e, const struct crypto_cert *c)
{
	bool held = false;

	for (size_t i = 0; i < e->count && !held; i++) {
		struct crypto_public key = { 0 };
		struct crypto_cert issuer;

		if (crypto_cert_read(e->files[i].data, e->files[i].size, &issuer, NULL) < 0)
			continue;
		if (!der_equal(&issuer.subject, c->issuer.data, c->issuer.size))
			continue;
		assert_int_equal(crypto_public_init(&key, &issuer, NULL), 0);
		held = crypto_cert_check_signature(c, &key) == 0;
		crypto_public_done(&key);
	}
	return held;
}

static void signatures_hold_where_the_manifest_says(const char *cls, size_t at_least)
{
	struct evidence e = evidence_load(cls);
	size_t held = 0;

	for (size_t i = 0; i < e.count; i++) {
		const struct evidence_file *f = &e.files[i];
		struct crypto_cert c;

		if (strncmp(f->verdict, "chain to", 8) != 0)
			continue;
		assert_int_equal(crypto_cert_read(f->data, f->size, &c, NULL), 0);
		if (!is_signed_within(&e, &c))
			FAIL_BECAUSE("%s: no issuer's key holds", f->path);
		held++;
	}
	assert_true(held >= at_least);
	evidence_free(&e);
}

static void amd_signatures_hold(void **state)
{
	signatures_hold_where_the_manifest_says("amd-cert", 16);
}

static void intel_signatures_hold(void **state)
{
	signatures_hold_where_the_manifest_says("intel-cert", 4);
}

static void altered_amd_certificates_are_refused(void **state)
{
	struct evidence e = evidence_load("amd-cert");
	size_t refused = 0;

	for (size_t i = 0; i < e.count; i++) {
		struct crypto_cert c;

		if (strncmp(e.files[i].verdict, "does NOT chain", 14) != 0)
			continue;
		assert_int_equal(crypto_cert_read(e.files[i].data, e.files[i].size, &c, NULL), 0);
		assert_false(is_signed_within(&e, &c));
		refused++;
	}
	assert_true(refused >= 1);
	evidence_free(&e);
}

/* VCEKs with their microcode and their ASK, the vector's first. */
static const struct {
	const char *vcek, *ask;
	unsigned microcode;
} veks[] = {
	{ "snp/milan-vcek.der", "snp/milan-ask.der", 219 },
	{ "34309875", "67d303bd", 115 },
	{ "3bbfb6ee", "67d303bd", 115 },
};

static void assert_amd_extensions(const struct evidence_file *f, unsigned microcode)
{
	static const uint8_t amd_ucode[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x03, 0x08 };
	struct bytes_rd value = { 0 };
	bool critical = true;
	struct crypto_cert c;

	assert_int_equal(crypto_cert_read(f->data, f->size, &c, NULL), 0);
	assert_int_equal(crypto_cert_extension(&c, amd_ucode, sizeof(amd_ucode), &value, &critical), 0);
	assert_false(critical);
	assert_int_equal(der_uint(&value), microcode);
	assert_range(&c.serial, (const uint8_t *)"\0", 1); /* B56 */
	assert_int_equal(c.key_kind, CRYPTO_KEY_P384);
	assert_int_equal(crypto_cert_extension(&c, intel_sgx, sizeof(intel_sgx), &value, NULL),
			 JURAT_NOT_FOUND);
	assert_int_equal(crypto_cert_extension(&c, amd_ucode, sizeof(amd_ucode) - 1, &value, NULL),
			 JURAT_NOT_FOUND);
}

static void assert_intel_extension(const struct evidence_file *f)
{
	struct bytes_rd value = { 0 }, inner;
	struct crypto_cert c;

	assert_int_equal(crypto_cert_read(f->data, f->size, &c, NULL), 0);
	assert_int_equal(crypto_cert_extension(&c, intel_sgx, sizeof(intel_sgx), &value, NULL), 0);
	inner = der_enter(&value, DER_SEQUENCE);
	assert_in_range(inner.size, 540, 560);
	assert_int_equal(bytes_rd_left(&value), 0);
	assert_int_equal(c.key_usage, CRYPTO_USAGE_DIGITAL_SIGNATURE | 1 << 1);
}

static void extensions_of_vendors_are_found(void **state)
{
	static const char *const pcks[] = { "tdx/pck.der", "0442e676__pck" };
	struct evidence amd = evidence_load("amd-cert"), intel = evidence_load("intel-cert");
	const struct evidence_file *f;
	unsigned found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(veks); i++)
		if ((f = evidence_file_named(&amd, veks[i].vcek)) && ++found)
			assert_amd_extensions(f, veks[i].microcode);
	for (size_t i = 0; i < ARRAY_SIZE(pcks); i++)
		if ((f = evidence_file_named(&intel, pcks[i])) && ++found)
			assert_intel_extension(f);
	assert_true(found >= 2);
	evidence_free(&amd);
	evidence_free(&intel);
}

static void flip_all(const struct evidence_file *vcek, const struct evidence_file *ask)
{
	struct crypto_public key = { 0 };
	auto_free uint8_t *copy = heap_copy(vcek->data, vcek->size);
	struct crypto_cert c;
	size_t unread = 0, refused = 0;

	assert_non_null(ask);
	assert_int_equal(crypto_cert_read(ask->data, ask->size, &c, NULL), 0);
	assert_int_equal(crypto_public_init(&key, &c, NULL), 0);
	assert_int_equal(crypto_cert_read(copy, vcek->size, &c, NULL), 0);
	assert_int_equal(crypto_cert_check_signature(&c, &key), 0);
	for (size_t bit = 0; bit < 8 * vcek->size; bit += test_step()) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (crypto_cert_read(copy, vcek->size, &c, NULL) != 0)
			unread++;
		else if (crypto_cert_check_signature(&c, &key) == JURAT_REFUSED)
			refused++;
		else
			FAIL_BECAUSE("bit %zu does not matter", bit);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(unread > 1000 / test_step() && refused > 4096 / test_step());
	crypto_public_done(&key);
}

static void every_single_bit_flip_of_a_vcek_is_refused(void **state)
{
	struct evidence e = evidence_load("amd-cert");
	const struct evidence_file *vcek;
	unsigned found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(veks); i++)
		if ((vcek = evidence_file_named(&e, veks[i].vcek)) && ++found)
			flip_all(vcek, evidence_file_named(&e, veks[i].ask));
	assert_true(found >= 1);
	evidence_free(&e);
}

static void assert_unread_when_cut(const uint8_t *der, size_t n)
{
	for (size_t cut = 0; cut < n; cut++) {
		auto_free uint8_t *part = heap_copy(der, cut);
		struct crypto_cert c, before;

		memset(&c, 0x5a, sizeof(c));
		before = c;
		assert_int_equal(crypto_cert_read(part, cut, &c, NULL), -EBADMSG);
		assert_memory_equal(&c, &before, sizeof(c)); /* outputs change on success only */
	}
}

static void every_truncation_of_an_issued_certificate_is_refused(void **state)
{
	struct evidence e = evidence_load("amd-cert");
	const struct evidence_file *f;
	unsigned found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(veks); i++) {
		if ((f = evidence_file_named(&e, veks[i].vcek)) && ++found)
			assert_unread_when_cut(f->data, f->size);
		if ((f = evidence_file_named(&e, veks[i].ask)) && ++found)
			assert_unread_when_cut(f->data, f->size);
	}
	assert_true(found >= 2);
	evidence_free(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amd_certificates_read_as_openssl_reads_them_B56),
		cmocka_unit_test(intel_certificates_read_as_openssl_reads_them),
		cmocka_unit_test(the_pinned_authorities_of_amd_are_what_they_are),
		cmocka_unit_test(amd_signatures_hold),
		cmocka_unit_test(intel_signatures_hold),
		cmocka_unit_test(altered_amd_certificates_are_refused),
		cmocka_unit_test(extensions_of_vendors_are_found),
		cmocka_unit_test(every_single_bit_flip_of_a_vcek_is_refused),
		cmocka_unit_test(every_truncation_of_an_issued_certificate_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
