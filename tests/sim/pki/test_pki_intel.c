/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"

#include <errno.h>
#include <unistd.h>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/env.h"
#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/x509.h"
#include "sim/pki/pki_intel.h"

static const int64_t in_2026 = 1767225600;

static struct sim_pki_intel *new_pki(const char *seed)
{
	struct sim_pki_intel *pki = NULL;

	assert_int_equal(sim_pki_intel_new(seed, &pki, NULL), 0);
	return pki;
}

static struct sim_pck some_pck(void)
{
	struct sim_pck pck = { .pcesvn = 13, .sgx_type = 1, .is_dynamic_platform = true, .has_smt = true };
	struct sim_pki_intel *other = new_pki("keys");
	struct crypto_cert cert;
	size_t n = 0;
	const uint8_t *der = sim_pki_intel_cert(other, SIM_INTEL_ROOT, &n);

	assert_int_equal(crypto_cert_read(der, n, &cert, NULL), 0);
	memcpy(pck.public_xy, cert.key_point.data, sizeof(pck.public_xy));
	memset(pck.ppid, 0x66, sizeof(pck.ppid));
	memset(pck.platform_instance_id, 0xaf, sizeof(pck.platform_instance_id));
	memset(pck.fmspc, 0x90, sizeof(pck.fmspc));
	for (uint8_t i = 0; i < 16; i++)
		pck.components[i] = pck.cpusvn[i] = i;
	sim_pki_intel_free(other);
	return pck;
}

/* ---- the profile, without the values that must differ ---- */

struct shape {
	char text[16384];
	size_t n;
};

static void say(struct shape *s, const char *what)
{
	size_t n = strlen(what);

	assert_true(n < sizeof(s->text) - s->n - 1);
	memcpy(s->text + s->n, what, n + 1);
	s->n += n;
}

static void say_hex(struct shape *s, const struct bytes_rd *r)
{
	char hex[BYTES_HEX_SIZE(256)];

	assert_true(r->size <= 256);
	say(s, bytes_to_hex(r->data, r->size, hex));
}

static bool is_test_mark(const struct bytes_rd *set)
{
	static const uint8_t description[] = { 0x06, 0x03, 0x55, 0x04, 0x0d };

	return set->size > 7 && memcmp(set->data + 2, description, sizeof(description)) == 0;
}

static void say_elements(struct shape *s, struct bytes_rd *r, unsigned depth);

/* Names, OIDs, flags and texts in full; of numbers, keys, times and ids that they are there. */
static void say_content(struct shape *s, struct bytes_rd *in, uint8_t tag, unsigned depth)
{
	struct bytes_rd inside = bytes_rd(in->data, in->size), first = inside;

	if (tag & 0x20) {
		say_elements(s, &inside, depth + 1);
	} else if (tag == DER_OCTET_STRING && der_peek(&inside) >= 0) {
		(void)der_whole(&first);
		if (!first.bad && first.off == first.size && in->data[0] != DER_OCTET_STRING)
			say_elements(s, &inside, depth + 1);
	} else if (tag == DER_OID || tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING ||
		   tag == DER_CONTEXT(6)) {
		say_hex(s, in);
	}
}

static void say_elements(struct shape *s, struct bytes_rd *r, unsigned depth)
{
	char text[32];

	assert_true(depth < 16);
	while (!r->bad && r->off < r->size) {
		int tag = der_peek(r);
		struct bytes_rd in;

		assert_true(tag >= 0);
		in = der_enter(r, (uint8_t)tag);
		assert_false(r->bad);
		if (tag == DER_SET && is_test_mark(&in))
			continue;
		TEXT(text, "\n%*s%02x ", (int)depth, "", (unsigned)tag);
		say(s, text);
		say_content(s, &in, (uint8_t)tag, depth);
	}
}

static struct shape *shape_of(const uint8_t *der, size_t n)
{
	struct shape *s = calloc(1, sizeof(*s));
	struct bytes_rd r = bytes_rd(der, n);

	assert_non_null(s);
	say_elements(s, &r, 0);
	return s;
}

static void assert_same_shape(const char *name, const uint8_t *ours, size_t n, const uint8_t *real,
			      size_t real_size)
{
	auto_free struct shape *a = shape_of(ours, n), *b = real ? shape_of(real, real_size) : NULL;

	evidence_check_shape(name, a->text, b ? b->text : NULL);
}

static void certificates_have_the_shape_of_real_ones(void **state)
{
	static const struct {
		const char *name;
		enum sim_intel_cert which;
		const char *real; /* part of a real one's name */
	} rows[] = {
		{ "intel-root", SIM_INTEL_ROOT, "__44a0196b__" },
		{ "intel-platform-ca", SIM_INTEL_PLATFORM_CA, "__22eb770d__" },
		{ "intel-tcb-signing", SIM_INTEL_TCB_SIGNING, "__c0575e76__" },
	};
	struct sim_pki_intel *pki = new_pki("jurat");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t real_size = 0, n = 0;
		auto_free uint8_t *real = evidence_find(rows[i].real, &real_size);
		const uint8_t *ours = sim_pki_intel_cert(pki, rows[i].which, &n);

		assert_same_shape(rows[i].name, ours, n, real, real_size);
	}
	sim_pki_intel_free(pki);
}

/* The chain that a real quote carries. */
static void a_pck_certificate_has_the_shape_of_a_real_one(void **state)
{
	struct sim_pki_intel *pki = new_pki("jurat");
	struct sim_pck pck = some_pck();
	uint8_t ours[SIM_INTEL_CERT_MAX_BYTES];
	size_t quote_size = 0, n = 0, off = 0, real_size = 0, begin = 0;
	auto_free uint8_t *quote = evidence_find("quote-v5-tdx__4c453ea4__", &quote_size), *real = NULL;
	char label[32];

	assert_int_equal(sim_pki_intel_pck(pki, &pck, ours, &n, NULL, NULL), 0);
	sim_pki_intel_free(pki);
	while (begin + 5 < quote_size && memcmp(quote + begin, "-----", 5) != 0)
		begin++;
	if (quote)
		assert_int_equal(crypto_pem_next(quote + begin, quote_size - begin, &off, label, &real,
						 &real_size, NULL),
				 0);
	assert_same_shape("intel-pck", ours, n, real, real_size);
}

static void crls_have_the_shape_of_real_ones(void **state)
{
	struct sim_pki_intel *pki = new_pki("jurat");
	uint8_t ours[SIM_INTEL_CRL_MAX_BYTES];
	size_t n = 0, real_size = 0;
	auto_free uint8_t *real = evidence_find("__ad6f3f4e__", &real_size);

	assert_int_equal(
		sim_pki_intel_crl(pki, SIM_INTEL_ROOT, NULL, 0, in_2026, in_2026 + 1, ours, &n, NULL), 0);
	sim_pki_intel_free(pki);
	assert_same_shape("intel-crl", ours, n, real, real_size);
}

/* ---- what others say of them ---- */

static X509 *openssl_cert(const uint8_t *der, size_t n)
{
	const unsigned char *p = der;
	X509 *x = d2i_X509(NULL, &p, (long)n);

	assert_non_null(x);
	assert_ptr_equal(p, der + n);
	return x;
}

static void openssl_accepts_the_chains(void **state)
{
	struct sim_pki_intel *pki = new_pki("jurat");
	struct sim_pck pck = some_pck();
	uint8_t der[SIM_INTEL_CERT_MAX_BYTES];
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	X509 *certs[SIM_INTEL_N_CERTS], *leaf;
	size_t n = 0;

	for (unsigned i = 0; i < SIM_INTEL_N_CERTS; i++) {
		const uint8_t *cert = sim_pki_intel_cert(pki, i, &n);

		certs[i] = openssl_cert(cert, n);
	}
	assert_int_equal(sim_pki_intel_pck(pki, &pck, der, &n, NULL, NULL), 0);
	leaf = openssl_cert(der, n);
	X509_STORE_add_cert(store, certs[SIM_INTEL_ROOT]);
	sk_X509_push(others, certs[SIM_INTEL_PLATFORM_CA]);
	for (unsigned i = 0; i < 2; i++) {
		X509_STORE_CTX *ctx = X509_STORE_CTX_new();
		X509 *of = i == 0 ? leaf : certs[SIM_INTEL_TCB_SIGNING];

		assert_int_equal(X509_STORE_CTX_init(ctx, store, of, others), 1);
		X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), in_2026);
		X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT);
		if (X509_verify_cert(ctx) != 1)
			FAIL_BECAUSE("%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
		X509_STORE_CTX_free(ctx);
	}
	for (unsigned i = 0; i < SIM_INTEL_N_CERTS; i++)
		X509_free(certs[i]);
	X509_free(leaf);
	sk_X509_free(others);
	X509_STORE_free(store);
	sim_pki_intel_free(pki);
}

static void every_name_says_test_and_is_intels_otherwise(void **state)
{
	static const char *const names[SIM_INTEL_N_CERTS] = { "Intel SGX Root CA",
							      "Intel SGX PCK Platform CA",
							      "Intel SGX TCB Signing",
							      "Intel SGX PCK Processor CA" };
	struct sim_pki_intel *pki = new_pki("jurat");

	for (unsigned i = 0; i < SIM_INTEL_N_CERTS; i++) {
		char text[512], wanted[512];
		size_t n = 0;
		const uint8_t *der = sim_pki_intel_cert(pki, i, &n);
		X509 *cert = openssl_cert(der, n);

		TEXT(wanted, "/description=TEST/CN=%s/O=Intel Corporation/L=Santa Clara/ST=CA/C=US",
		     names[i]);
		X509_NAME_oneline(X509_get_subject_name(cert), text, sizeof(text));
		assert_string_equal(text, wanted);
		X509_free(cert);
	}
	assert_null(sim_pki_intel_cert(pki, SIM_INTEL_N_CERTS, NULL));
	sim_pki_intel_free(pki);
}

static void our_own_reader_accepts_them_and_serials_are_20_bytes(void **state)
{
	static const uint8_t sgx[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };
	struct sim_pki_intel *pki = new_pki("jurat");
	struct sim_pck pck = some_pck();
	uint8_t der[SIM_INTEL_CERT_MAX_BYTES], serial[SIM_INTEL_SERIAL_BYTES];
	struct crypto_cert root, ca, leaf;
	struct crypto_public issuer = { 0 };
	struct bytes_rd extension;
	const uint8_t *bytes;
	bool is_critical = true;
	size_t n = 0;

	bytes = sim_pki_intel_cert(pki, SIM_INTEL_ROOT, &n);
	assert_int_equal(crypto_cert_read(bytes, n, &root, NULL), 0);
	assert_int_equal(root.path_len, 1);
	bytes = sim_pki_intel_cert(pki, SIM_INTEL_PLATFORM_CA, &n);
	assert_int_equal(crypto_cert_read(bytes, n, &ca, NULL), 0);
	assert_true(ca.is_ca && ca.has_path_len && ca.path_len == 0);
	assert_int_equal(sim_pki_intel_pck(pki, &pck, der, &n, serial, NULL), 0);
	assert_int_equal(crypto_cert_read(der, n, &leaf, NULL), 0);
	assert_int_equal(leaf.serial.size, SIM_INTEL_SERIAL_BYTES);
	assert_memory_equal(leaf.serial.data, serial, sizeof(serial));
	assert_false(leaf.is_ca);
	assert_false(leaf.has_unknown_critical);
	assert_int_equal(leaf.not_before, sim_pki_intel_not_before());
	assert_int_equal(leaf.not_after, sim_pki_intel_not_after());
	assert_int_equal(crypto_cert_extension(&leaf, sgx, sizeof(sgx), &extension, &is_critical), 0);
	assert_false(is_critical);
	assert_int_equal(crypto_public_init(&issuer, &root, NULL), 0);
	assert_int_equal(crypto_cert_check_signature(&root, &issuer), 0);
	assert_int_equal(crypto_cert_check_signature(&ca, &issuer), 0);
	assert_int_equal(crypto_cert_check_signature(&leaf, &issuer), JURAT_REFUSED);
	crypto_public_done(&issuer);
	assert_int_equal(crypto_public_init(&issuer, &ca, NULL), 0);
	assert_int_equal(crypto_cert_check_signature(&leaf, &issuer), 0);
	crypto_public_done(&issuer);
	sim_pki_intel_free(pki);
}

static void a_crl_lists_what_was_revoked(void **state)
{
	struct sim_pki_intel *pki = new_pki("jurat");
	uint8_t der[SIM_INTEL_CRL_MAX_BYTES], serials[16][SIM_INTEL_SERIAL_BYTES] = { { 0 } };
	struct crypto_cert root;
	struct crypto_public issuer = { 0 };
	struct crypto_crl crl;
	struct bytes_rd serial;
	const uint8_t *bytes;
	size_t n = 0;

	bytes = sim_pki_intel_cert(pki, SIM_INTEL_ROOT, &n);
	assert_int_equal(crypto_cert_read(bytes, n, &root, NULL), 0);
	assert_int_equal(crypto_public_init(&issuer, &root, NULL), 0);
	for (size_t listed = 0; listed <= 16; listed++) {
		for (size_t i = 0; i < listed; i++)
			memset(serials[i], (int)(i * 15 + 1), SIM_INTEL_SERIAL_BYTES);
		assert_int_equal(sim_pki_intel_crl(pki, SIM_INTEL_ROOT, serials, listed, in_2026,
						   in_2026 + 86400, der, &n, NULL),
				 0);
		assert_int_equal(crypto_crl_read(der, n, &crl, NULL), 0);
		assert_int_equal(crypto_crl_check_signature(&crl, &issuer), 0);
		assert_int_equal(crl.this_update, in_2026);
		assert_int_equal(crl.next_update, in_2026 + 86400);
		assert_int_equal(crl.crl_number.size, 1);
		assert_false(crl.has_unknown_critical);
		for (size_t i = 0; i < 16; i++) {
			uint8_t bytes_of_serial[SIM_INTEL_SERIAL_BYTES];

			memset(bytes_of_serial, (int)(i * 15 + 1), sizeof(bytes_of_serial));
			serial = bytes_rd(bytes_of_serial, sizeof(bytes_of_serial));
			assert_int_equal(crypto_crl_lists(&crl, &serial), i < listed);
		}
	}
	crypto_public_done(&issuer);
	sim_pki_intel_free(pki);
}

static void what_cannot_be_issued_is_refused(void **state)
{
	struct sim_pki_intel *pki = new_pki("jurat"), *none = NULL;
	struct sim_pck pck = some_pck();
	uint8_t der[SIM_INTEL_CRL_MAX_BYTES], serials[17][SIM_INTEL_SERIAL_BYTES] = { { 1 } };
	size_t n = 77;

	assert_int_equal(sim_pki_intel_new("", &none, NULL), -EINVAL);
	assert_int_equal(sim_pki_intel_new("/2", &none, NULL), -EINVAL);
	assert_int_equal(sim_pki_intel_new(NULL, &none, NULL), -EINVAL);
	assert_null(none);
	pck.sgx_type = 2;
	assert_int_equal(sim_pki_intel_pck(pki, &pck, der, &n, NULL, NULL), -EINVAL);
	pck.sgx_type = 0;
	pck.not_before = 2;
	pck.not_after = 1;
	assert_int_equal(sim_pki_intel_pck(pki, &pck, der, &n, NULL, NULL), -EINVAL);
	pck.not_after = INT64_MAX;
	assert_int_equal(sim_pki_intel_pck(pki, &pck, der, &n, NULL, NULL), -EINVAL);
	assert_int_equal(sim_pki_intel_crl(pki, SIM_INTEL_TCB_SIGNING, NULL, 0, 0, 1, der, &n, NULL),
			 -EINVAL);
	assert_int_equal(sim_pki_intel_crl(pki, SIM_INTEL_N_CERTS, NULL, 0, 0, 1, der, &n, NULL), -EINVAL);
	assert_int_equal(sim_pki_intel_crl(pki, SIM_INTEL_ROOT, NULL, 0, 1, 0, der, &n, NULL), -EINVAL);
	assert_int_equal(sim_pki_intel_crl(pki, SIM_INTEL_ROOT, serials, 17, 0, 1, der, &n, NULL), -EINVAL);
	assert_int_equal(sim_pki_intel_crl(pki, SIM_INTEL_ROOT, NULL, 0, 0, INT64_MAX, der, &n, NULL),
			 -EINVAL);
	assert_int_equal(n, 77);
	sim_pki_intel_free(pki);
	sim_pki_intel_free(NULL);
}

static void the_longest_certificate_fits(void **state)
{
	struct sim_pki_intel *pki = new_pki("jurat");
	struct sim_pck pck = some_pck();
	uint8_t der[SIM_INTEL_CERT_MAX_BYTES];
	size_t n = 0;

	memset(pck.components, 0xff, sizeof(pck.components)); /* two bytes each */
	pck.pcesvn = 0xffff;
	pck.not_before = 2524608000; /* GeneralizedTime */
	pck.not_after = 253402300799;
	assert_int_equal(sim_pki_intel_pck(pki, &pck, der, &n, NULL, NULL), 0);
	assert_true(n > 1200);
	sim_pki_intel_free(pki);
}

/* ---- documents ---- */

static const struct sim_svn_level svn_levels[] = {
	{ 5, 1710288000, "UpToDate", NULL },
	{ 2, 1691539200, "OutOfDate", "INTEL-SA-00001 INTEL-SA-00002" },
};

/* The signature of a document over its inner object's bytes, as they stand. */
static void assert_signed(struct sim_pki_intel *pki, const char *text, size_t n, const char *name)
{
	static const char between[] = ",\"signature\":\"";
	size_t end = n - 2 - 128 - (sizeof(between) - 1), begin = strlen(name) + 4;
	char hex[129] = "", head[64];
	uint8_t signature[64], digest[32];
	struct crypto_cert cert;
	struct crypto_public key = { 0 };
	size_t cert_size = 0;
	const uint8_t *der = sim_pki_intel_cert(pki, SIM_INTEL_TCB_SIGNING, &cert_size);

	assert_int_equal(strlen(text), n);
	TEXT(head, "{\"%s\":{", name);
	assert_memory_equal(text, head, strlen(head));
	assert_memory_equal(text + end, between, sizeof(between) - 1);
	assert_memory_equal(text + n - 2, "\"}", 2);
	memcpy(hex, text + n - 2 - 128, 128);
	assert_true(bytes_from_hex(hex, signature, sizeof(signature)));
	crypto_sha256(text + begin - 0, end - begin, digest);
	assert_int_equal(text[begin], '{');
	assert_int_equal(crypto_cert_read(der, cert_size, &cert, NULL), 0);
	assert_int_equal(crypto_public_init(&key, &cert, NULL), 0);
	assert_int_equal(crypto_ec_verify(key.ec, digest, sizeof(digest), signature, signature + 32), 0);
	crypto_public_done(&key);
}

static void tcb_info_is_written_and_signed_as_intel_does(void **state)
{
	static const struct sim_module_identity modules[] = { { 3, svn_levels, 1 }, { 0x0a, svn_levels, 2 } };
	static const struct sim_platform_level levels[] = {
		{ .sgx = { 2, 2 },
		  .tdx = { 5, 0, 2 },
		  .pcesvn = 11,
		  .date = 1710288000,
		  .status = "UpToDate" },
		{ .pcesvn = 5, .date = 1515024000, .status = "OutOfDate", .advisories = "INTEL-SA-00106" },
	};
	static const char *const parts[] = {
		"{\"tcbInfo\":{\"id\":\"TDX\",\"version\":3,\"issueDate\":\"2026-01-01T00:00:00Z\","
		"\"nextUpdate\":\"2026-01-31T00:00:00Z\",\"fmspc\":\"90C06F000000\",\"pceId\":\"0000\","
		"\"tcbType\":0,"
		"\"tcbEvaluationDataNumber\":17,\"tdxModule\":{\"mrsigner\":\"0000",
		"000\",\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\"},"
		"\"tdxModuleIdentities\":[{\"id\":\"TDX_03\",\"mrsigner\":\"",
		"\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":5},"
		"\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}]},{\"id\":\"TDX_0A\"",
		"{\"tcb\":{\"isvsvn\":2},\"tcbDate\":\"2023-08-09T00:00:00Z\",\"tcbStatus\":\"OutOfDate\","
		"\"advisoryIDs\":[\"INTEL-SA-00001\",\"INTEL-SA-00002\"]}]}],\"tcbLevels\":[{\"tcb\":{"
		"\"sgxtcbcomponents\":[{\"svn\":2,\"category\":\"BIOS\",\"type\":\"Early Microcode "
		"Update\"},",
		"{\"svn\":0}],\"pcesvn\":11,\"tdxtcbcomponents\":[{\"svn\":5,\"category\":\"OS/"
		"VMM\",\"type\":\"TDX Module\"},",
		"{\"svn\":0}]},\"tcbDate\":\"2018-01-04T00:00:00Z\",\"tcbStatus\":\"OutOfDate\","
		"\"advisoryIDs\":[\"INTEL-SA-00106\"]}]},\"signature\":\"",
	};
	struct sim_tcb_info info = {
		.issued = in_2026,
		.next_update = in_2026 + 30 * 86400,
		.evaluation = 17,
		.fmspc = { 0x90, 0xc0, 0x6f },
		.modules = modules,
		.n_modules = 2,
		.levels = levels,
		.n_levels = 2,
	};
	struct sim_pki_intel *pki = new_pki("jurat");
	auto_free char *text = NULL;
	const char *at;
	size_t n = 0;

	assert_int_equal(sim_pki_intel_tcb_info(pki, &info, &text, &n, NULL), 0);
	at = text;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *found = strstr(at, parts[i]);

		if (!found)
			FAIL_BECAUSE("part %zu is not there: %s", i, at);
		at = found + strlen(parts[i]);
	}
	assert_signed(pki, text, n, "tcbInfo");
	sim_pki_intel_free(pki);
}

static void qe_identity_is_written_and_signed_as_intel_does(void **state)
{
	static const char head[] =
		"{\"enclaveIdentity\":{\"id\":\"TD_QE\",\"version\":2,\"issueDate\":\"2026-01-01T00:00:00Z\","
		"\"nextUpdate\":\"2026-01-01T00:00:01Z\",\"tcbEvaluationDataNumber\":4294967295,"
		"\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\","
		"\"attributes\":\"11000000000000000000000000000000\","
		"\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":\""
		"DCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDC\",\"isvprodid\":2,"
		"\"tcbLevels\":["
		"{\"tcb\":{\"isvsvn\":5},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"},"
		"{\"tcb\":{\"isvsvn\":2},\"tcbDate\":\"2023-08-09T00:00:00Z\",\"tcbStatus\":\"OutOfDate\","
		"\"advisoryIDs\":[\"INTEL-SA-00001\",\"INTEL-SA-00002\"]}]},\"signature\":\"";
	struct sim_qe_identity identity = {
		.issued = in_2026,
		.next_update = in_2026 + 1,
		.evaluation = UINT32_MAX,
		.isv_prod_id = 2,
		.levels = svn_levels,
		.n_levels = 2,
	};
	struct sim_pki_intel *pki = new_pki("jurat");
	auto_free char *text = NULL;
	size_t n = 0;

	memset(identity.mrsigner, 0xdc, sizeof(identity.mrsigner));
	assert_int_equal(sim_pki_intel_qe_identity(pki, &identity, &text, &n, NULL), 0);
	assert_memory_equal(text, head, sizeof(head) - 1);
	assert_signed(pki, text, n, "enclaveIdentity");
	identity.issued = -1;
	free(take_ptr(text));
	assert_int_equal(sim_pki_intel_qe_identity(pki, &identity, &text, &n, NULL), -EINVAL);
	identity.issued = INT64_MAX;
	assert_int_equal(sim_pki_intel_qe_identity(pki, &identity, &text, &n, NULL), -EINVAL);
	identity.issued = 253402300800; /* the year 10000 */
	assert_int_equal(sim_pki_intel_qe_identity(pki, &identity, &text, &n, NULL), -EINVAL);
	assert_null(text);
	sim_pki_intel_free(pki);
}

static void pem_is_read_back_at_every_length(void **state)
{
	uint8_t bytes[200];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37);
	for (size_t n = 1; n <= sizeof(bytes); n++) {
		struct sim_der twice[2] = { { bytes, n }, { bytes, 1 } };
		auto_free uint8_t *der = NULL, *second = NULL;
		auto_free char *text = NULL;
		size_t size = 0, der_size = 0, off = 0;
		char label[32];

		assert_int_equal(sim_pki_intel_pem(twice, 2, &text, &size, NULL), 0);
		assert_int_equal(crypto_pem_next((uint8_t *)text, size, &off, label, &der, &der_size, NULL),
				 0);
		assert_string_equal(label, "CERTIFICATE");
		assert_int_equal(der_size, n);
		assert_memory_equal(der, bytes, n);
		assert_int_equal(
			crypto_pem_next((uint8_t *)text, size, &off, label, &second, &der_size, NULL), 0);
		assert_int_equal(der_size, 1);
		assert_int_equal(off, size);
	}
}

static void the_same_seed_gives_the_same_bytes_and_another_does_not(void **state)
{
	static const char wanted[] = "0d79637575706994e71ead71e7530e6962c426bf7fafe10a29c7b72dd357b6ae";
	struct sim_pki_intel *a = new_pki("jurat"), *b = new_pki("jurat/2"), *c = new_pki("other");
	uint8_t digest[32];
	char hex[65];

	for (unsigned i = 0; i < SIM_INTEL_N_CERTS; i++) {
		size_t na = 0, nb = 0, nc = 0;
		const uint8_t *da = sim_pki_intel_cert(a, i, &na), *db = sim_pki_intel_cert(b, i, &nb);
		const uint8_t *dc = sim_pki_intel_cert(c, i, &nc);

		assert_int_equal(na, nb);
		assert_memory_equal(da, db, na); /* what follows the '/' names a platform */
		assert_true(na != nc || memcmp(da, dc, na) != 0);
		if (i == SIM_INTEL_ROOT) {
			crypto_sha256(da, na, digest);
			assert_string_equal(bytes_to_hex(digest, sizeof(digest), hex), wanted);
		}
	}
	sim_pki_intel_free(a);
	sim_pki_intel_free(b);
	sim_pki_intel_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_have_the_shape_of_real_ones),
		cmocka_unit_test(a_pck_certificate_has_the_shape_of_a_real_one),
		cmocka_unit_test(crls_have_the_shape_of_real_ones),
		cmocka_unit_test(openssl_accepts_the_chains),
		cmocka_unit_test(every_name_says_test_and_is_intels_otherwise),
		cmocka_unit_test(our_own_reader_accepts_them_and_serials_are_20_bytes),
		cmocka_unit_test(a_crl_lists_what_was_revoked),
		cmocka_unit_test(what_cannot_be_issued_is_refused),
		cmocka_unit_test(the_longest_certificate_fits),
		cmocka_unit_test(tcb_info_is_written_and_signed_as_intel_does),
		cmocka_unit_test(qe_identity_is_written_and_signed_as_intel_does),
		cmocka_unit_test(pem_is_read_back_at_every_length),
		cmocka_unit_test(the_same_seed_gives_the_same_bytes_and_another_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
