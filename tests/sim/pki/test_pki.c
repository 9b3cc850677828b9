/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"

#include <ctype.h>
#include <errno.h>

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "base/env.h"
#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/x509.h"
#include "sim/pki/pki_internal.h"

static const int64_t in_2026 = 1767225600, in_2040 = 2208988800;

static struct sim_pki *new_pki(const char *seed)
{
	struct sim_pki *pki;

	assert_int_equal(sim_pki_new(seed, &pki, NULL), 0);
	return pki;
}

/* The point of a key that any certificate can carry: the generator of P-384. */
static void some_point(uint8_t xy[96])
{
	static const char gx[] = "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38"
				 "5502f25dbf55296c3a545e3872760ab7";
	static const char gy[] = "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0"
				 "0a60b1ce1d7e819d7a431d7c90ea0e5f";

	assert_true(bytes_from_hex(gx, xy, 48));
	assert_true(bytes_from_hex(gy, xy + 48, 48));
}

static struct sim_endorsement some_leaf(enum snp_product product, bool vlek)
{
	struct sim_endorsement e = { .product = product,
				     .vlek = vlek,
				     .csp_id = "CN=cc-us-east-2.amazonaws.com" };
	struct snp_tcb tcb = { .boot_loader = 4, .snp = 24, .microcode = 0xd9 };

	e.tcb = snp_tcb_write(product, &tcb);
	memset(e.hwid, 0x5a, product == SNP_TURIN ? 8 : 64);
	some_point(e.public_xy);
	return e;
}

/* ---- the profile, field by field, without the values that must differ ---- */

struct shape {
	char text[8192];
	size_t n;
};

static void say(struct shape *s, const char *what)
{
	size_t n = strlen(what);

	assert_true(n < sizeof(s->text) - s->n - 1);
	memcpy(s->text + s->n, what, n + 1);
	s->n += n;
}

static void say_hex(struct shape *s, const char *what, const uint8_t *p, size_t n)
{
	char hex[BYTES_HEX_SIZE(256)];

	assert_true(n <= 256);
	say(s, what);
	say(s, bytes_to_hex(p, n, hex));
}

static bool is_oid(const struct bytes_rd *oid, const char *hex)
{
	uint8_t want[16];
	size_t n = strlen(hex) / 2;

	assert_true(bytes_from_hex(hex, want, n));
	return der_equal(oid, want, n);
}

#define AMD "2b060104019c7801"

/* An extension's value: kept where all certificates of the profile have the same, else its form. */
static void say_octets(struct shape *s, const struct bytes_rd *oid, const struct bytes_rd *v)
{
	char size[32];

	TEXT(size, " %zu bytes", v->size);
	if (is_oid(oid, "551d0e") || is_oid(oid, "551d23"))
		say_hex(s, size, v->data, v->size - 20);
	else if (is_oid(oid, AMD "04"))
		say(s, size);
	else if (is_oid(oid, "551d14") || (v->size <= 4 && v->data[0] == 0x02))
		say(s, " integer");
	else
		say_hex(s, " ", v->data, v->size);
}

static void say_element(struct shape *s, struct bytes_rd *r, struct bytes_rd *last_oid, unsigned depth);

static void say_content(struct shape *s, struct bytes_rd *in, uint8_t tag, struct bytes_rd *last_oid,
			unsigned depth)
{
	if (tag & 0x20) {
		while (der_peek(in) >= 0)
			say_element(s, in, last_oid, depth + 1);
		assert_false(in->bad);
	} else if (tag == DER_OID) {
		*last_oid = *in;
		say_hex(s, " ", in->data, in->size);
	} else if (tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING || tag == DER_BOOLEAN) {
		say_hex(s, " ", in->data, in->size);
	} else if (tag == DER_OCTET_STRING) {
		say_octets(s, last_oid, in);
	}
}

/* What only our names have: the part that says TEST. */
static bool is_test_mark(const struct bytes_rd *set)
{
	static const uint8_t description[] = { 0x06, 0x03, 0x55, 0x04, 0x0d };

	return set->size > 7 && memcmp(set->data + 2, description, sizeof(description)) == 0;
}

static void say_element(struct shape *s, struct bytes_rd *r, struct bytes_rd *last_oid, unsigned depth)
{
	uint8_t tag = (uint8_t)der_peek(r);
	struct bytes_rd in = der_enter(r, tag);
	char head[64];

	assert_false(r->bad);
	if (tag == DER_SET && is_test_mark(&in))
		return;
	TEXT(head, "\n%*s%02x", (int)depth * 2, "", tag);
	say(s, head);
	say_content(s, &in, tag, last_oid, depth);
}

static struct shape *shape_of(const uint8_t *der, size_t n)
{
	struct shape *s = calloc(1, sizeof(*s));
	struct bytes_rd r = bytes_rd(der, n), last_oid = bytes_rd("", 0);

	assert_non_null(s);
	say_element(s, &r, &last_oid, 0);
	assert_int_equal(bytes_rd_left(&r), 0);
	return s;
}

/* `real` is part of a real one's name. */
static void assert_same_shape(const char *name, const uint8_t *ours, size_t n, const char *real)
{
	size_t real_size;
	auto_free uint8_t *bytes = evidence_find(real, &real_size);
	auto_free struct shape *a = shape_of(ours, n), *b = bytes ? shape_of(bytes, real_size) : NULL;

	evidence_check_shape(name, a->text, b ? b->text : NULL);
}

static void certificates_have_the_shape_of_real_ones(void **state)
{
	static const struct {
		const char *name;
		enum snp_product product;
		enum sim_ca ca;
		const char *real;
	} cas[] = {
		{ "ark-milan", SNP_MILAN, SIM_ARK, "__69d063b4__" },
		{ "ask-milan", SNP_MILAN, SIM_ASK, "__67d303bd__" },
		{ "asvk-milan", SNP_MILAN, SIM_ASVK, "__c5e081f5__" },
		{ "ark-genoa", SNP_GENOA, SIM_ARK, "__4c6598d1__" },
		{ "ask-genoa", SNP_GENOA, SIM_ASK, "__5464738c__" },
		{ "asvk-genoa", SNP_GENOA, SIM_ASVK, "__197e6107__" },
		{ "ark-turin", SNP_TURIN, SIM_ARK, "__1f084161__" },
		{ "ask-turin", SNP_TURIN, SIM_ASK, "__5b77ef5f__" },
		{ "asvk-turin", SNP_TURIN, SIM_ASVK, "__104e10a8__" },
	};
	static const struct {
		const char *name;
		enum snp_product product;
		bool vlek;
		const char *real;
	} leaves[] = {
		{ "vcek-milan", SNP_MILAN, false, "__3bbfb6ee__" },
		{ "vcek-genoa", SNP_GENOA, false, "__05788a16__" },
		{ "vcek-turin", SNP_TURIN, false, "__a4a6abff__" },
		{ "vlek-milan", SNP_MILAN, true, "__296a7c99__" },
	};
	struct sim_pki *pki = new_pki(SIM_PKI_DEFAULT_SEED);
	uint8_t der[SIM_CERT_MAX_BYTES];
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(cas); i++) {
		const uint8_t *ca;

		assert_int_equal(sim_pki_ca(pki, cas[i].product, cas[i].ca, &ca, &n, NULL), 0);
		assert_same_shape(cas[i].name, ca, n, cas[i].real);
	}
	for (size_t i = 0; i < ARRAY_SIZE(leaves); i++) {
		struct sim_endorsement e = some_leaf(leaves[i].product, leaves[i].vlek);

		assert_int_equal(sim_pki_endorse(pki, &e, der, &n, NULL), 0);
		assert_same_shape(leaves[i].name, der, n, leaves[i].real);
	}
	assert_int_equal(sim_pki_crl(pki, SNP_GENOA, true, false, der, &n, NULL), 0);
	assert_same_shape("crl-genoa", der, n, "__a3064b0a__");
	sim_pki_free(pki);
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

static void assert_openssl_accepts(X509 *leaf, X509 *ca, X509 *ark, int64_t at)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = sk_X509_new_null();

	assert_true(X509_STORE_add_cert(store, ark));
	assert_true(sk_X509_push(untrusted, ca));
	assert_true(X509_STORE_CTX_init(ctx, store, leaf, untrusted));
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), (time_t)at);
	assert_int_equal(X509_verify_cert(ctx), 1);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(untrusted);
}

static void openssl_accepts_every_chain_from_2026_to_2040(void **state)
{
	struct sim_pki *pki = new_pki(SIM_PKI_DEFAULT_SEED);

	for (int p = SNP_MILAN; p < SNP_N_PRODUCTS; p++)
		for (int vlek = 0; vlek < 2; vlek++) {
			struct sim_endorsement e = some_leaf((enum snp_product)p, vlek);
			uint8_t der[SIM_CERT_MAX_BYTES];
			const uint8_t *ark, *ca;
			size_t n, ark_size, ca_size;
			X509 *x_leaf, *x_ca, *x_ark;

			assert_int_equal(sim_pki_ca(pki, e.product, SIM_ARK, &ark, &ark_size, NULL), 0);
			assert_int_equal(
				sim_pki_ca(pki, e.product, vlek ? SIM_ASVK : SIM_ASK, &ca, &ca_size, NULL),
				0);
			assert_int_equal(sim_pki_endorse(pki, &e, der, &n, NULL), 0);
			x_leaf = openssl_cert(der, n);
			x_ca = openssl_cert(ca, ca_size);
			x_ark = openssl_cert(ark, ark_size);
			assert_int_equal(X509_verify(x_leaf, X509_get0_pubkey(x_ca)), 1);
			assert_int_equal(X509_verify(x_ca, X509_get0_pubkey(x_ark)), 1);
			assert_int_equal(X509_verify(x_ark, X509_get0_pubkey(x_ark)), 1);
			assert_openssl_accepts(x_leaf, x_ca, x_ark, in_2026);
			assert_openssl_accepts(x_leaf, x_ca, x_ark, in_2040);
			X509_free(x_leaf);
			X509_free(x_ca);
			X509_free(x_ark);
		}
	sim_pki_free(pki);
}

static unsigned count_entries(X509_NAME *name, int nid)
{
	unsigned n = 0;

	for (int i = X509_NAME_get_index_by_NID(name, nid, -1); i >= 0;
	     i = X509_NAME_get_index_by_NID(name, nid, i))
		n++;
	return n;
}

static void assert_name(X509_NAME *name, const char *common_name)
{
	char text[512], wanted[256];

	X509_NAME_oneline(name, text, sizeof(text));
	TEXT(wanted,
	     "/description=TEST ONLY: jurat software platform, not AMD/OU=Engineering/C=US/L=Santa "
	     "Clara/ST=CA"
	     "/O=Advanced Micro Devices/CN=%s",
	     common_name);
	assert_string_equal(text, wanted);
	assert_int_equal(count_entries(name, NID_commonName), 1);
	assert_int_equal(count_entries(name, NID_organizationName), 1);
}

static void every_name_says_test_and_is_amds_otherwise(void **state)
{
	struct sim_pki *pki = new_pki(SIM_PKI_DEFAULT_SEED);
	struct sim_endorsement e = some_leaf(SNP_MILAN, true);
	uint8_t der[SIM_CERT_MAX_BYTES];
	const uint8_t *ca;
	size_t n;
	X509 *x;

	assert_int_equal(sim_pki_ca(pki, SNP_TURIN, SIM_ASK, &ca, &n, NULL), 0);
	x = openssl_cert(ca, n);
	assert_name(X509_get_issuer_name(x), "ARK-Turin");
	assert_name(X509_get_subject_name(x), "SEV-Turin");
	X509_free(x);
	assert_int_equal(sim_pki_endorse(pki, &e, der, &n, NULL), 0);
	x = openssl_cert(der, n);
	assert_name(X509_get_issuer_name(x), "SEV-VLEK-Milan");
	assert_name(X509_get_subject_name(x), "SEV-VLEK");
	X509_free(x);
	sim_pki_free(pki);
}

static void our_own_reader_accepts_the_chain(void **state)
{
	struct sim_pki *pki = new_pki(SIM_PKI_DEFAULT_SEED);
	struct sim_endorsement e = some_leaf(SNP_GENOA, false);
	uint8_t der[SIM_CERT_MAX_BYTES];
	const uint8_t *bytes;
	struct crypto_cert ark, ask, leaf;
	struct crypto_public ark_key, ask_key;
	size_t n;

	assert_int_equal(sim_pki_ca(pki, SNP_GENOA, SIM_ARK, &bytes, &n, NULL), 0);
	assert_int_equal(crypto_cert_read(bytes, n, &ark, NULL), 0);
	assert_int_equal(sim_pki_ca(pki, SNP_GENOA, SIM_ASK, &bytes, &n, NULL), 0);
	assert_int_equal(crypto_cert_read(bytes, n, &ask, NULL), 0);
	assert_int_equal(sim_pki_endorse(pki, &e, der, &n, NULL), 0);
	assert_int_equal(crypto_cert_read(der, n, &leaf, NULL), 0);
	assert_int_equal(crypto_public_init(&ark_key, &ark, NULL), 0);
	assert_int_equal(crypto_public_init(&ask_key, &ask, NULL), 0);
	assert_int_equal(crypto_cert_check_signature(&ark, &ark_key), 0);
	assert_int_equal(crypto_cert_check_signature(&ask, &ark_key), 0);
	assert_int_equal(crypto_cert_check_signature(&leaf, &ask_key), 0);
	assert_int_equal(crypto_cert_check_signature(&leaf, &ark_key), JURAT_REFUSED);
	assert_true(ask.is_ca && ask.has_path_len && ask.path_len == 0);
	assert_true(ark.is_ca && !ark.has_path_len);
	assert_int_equal(ark.key_usage, CRYPTO_USAGE_KEY_CERT_SIGN | CRYPTO_USAGE_CRL_SIGN);
	assert_int_equal(ask.key_usage, CRYPTO_USAGE_KEY_CERT_SIGN);
	assert_true(der_equal(&ask.authority_key_id, ark.subject_key_id.data, ark.subject_key_id.size));
	assert_int_equal(leaf.serial.size, 1);
	assert_int_equal(leaf.serial.data[0], 0); /* B56 */
	crypto_public_done(&ark_key);
	crypto_public_done(&ask_key);
	sim_pki_free(pki);
}

static void a_crl_lists_what_was_revoked(void **state)
{
	struct sim_pki *pki = new_pki(SIM_PKI_DEFAULT_SEED);

	for (int p = SNP_MILAN; p < SNP_N_PRODUCTS; p++)
		for (unsigned which = 0; which < 4; which++) {
			uint8_t der[SIM_CERT_MAX_BYTES];
			const uint8_t *bytes;
			struct crypto_cert ark, ask, asvk;
			struct crypto_public key;
			struct crypto_crl crl;
			const unsigned char *at = der;
			X509_CRL *x;
			size_t n;

			assert_int_equal(sim_pki_ca(pki, (enum snp_product)p, SIM_ARK, &bytes, &n, NULL), 0);
			assert_int_equal(crypto_cert_read(bytes, n, &ark, NULL), 0);
			assert_int_equal(sim_pki_ca(pki, (enum snp_product)p, SIM_ASK, &bytes, &n, NULL), 0);
			assert_int_equal(crypto_cert_read(bytes, n, &ask, NULL), 0);
			assert_int_equal(sim_pki_ca(pki, (enum snp_product)p, SIM_ASVK, &bytes, &n, NULL), 0);
			assert_int_equal(crypto_cert_read(bytes, n, &asvk, NULL), 0);
			assert_int_equal(crypto_public_init(&key, &ark, NULL), 0);
			assert_int_equal(
				sim_pki_crl(pki, (enum snp_product)p, which & 1, which & 2, der, &n, NULL),
				0);
			assert_int_equal(crypto_crl_read(der, n, &crl, NULL), 0);
			assert_int_equal(crypto_crl_check_signature(&crl, &key), 0);
			assert_int_equal(crypto_crl_lists(&crl, &ask.serial), which & 1 ? 1 : 0);
			assert_int_equal(crypto_crl_lists(&crl, &asvk.serial), which & 2 ? 1 : 0);
			assert_false(crypto_crl_lists(&crl, &ark.serial));
			assert_true(crl.next_update > in_2040);
			crypto_public_done(&key);
			x = d2i_X509_CRL(NULL, &at, (long)n);
			assert_non_null(x);
			X509_CRL_free(x);
		}
	sim_pki_free(pki);
}

/* ---- determinism ---- */

static void assert_digest(const uint8_t *der, size_t n, const char *wanted)
{
	uint8_t digest[CRYPTO_SHA256_BYTES];
	char hex[BYTES_HEX_SIZE(CRYPTO_SHA256_BYTES)];

	crypto_sha256(der, n, digest);
	assert_string_equal(bytes_to_hex(digest, sizeof(digest), hex), wanted);
}

static void the_default_seed_gives_these_certificates_everywhere(void **state)
{
	static const struct {
		enum snp_product product;
		enum sim_ca ca;
		const char *sha256;
	} pinned[] = {
		{ SNP_MILAN, SIM_ARK, "fc86d426f1f4007400e78e36100825146ec4bb2f75a698873bd0a27a3ec33888" },
		{ SNP_MILAN, SIM_ASK, "aab4c5ad8967b4e856d46540661e9c9b70ee7dfaa46e945539d0e024c891dd0f" },
		{ SNP_MILAN, SIM_ASVK, "84df3ae10afed69add4352cdd8538d7c73e4d3b1c793611ee4f903ccfb5a09f8" },
		{ SNP_GENOA, SIM_ARK, "0f5486ff27e59993227785c60d2224dc1765148e5fddd8be890411ee279a4029" },
		{ SNP_GENOA, SIM_ASK, "cd4f571f1dd2eb4c3e9381fdb851133a93d8ff484ea6d8a06e9abdba5d67b97a" },
		{ SNP_GENOA, SIM_ASVK, "f1ce3da661a85a0b566b5db1a024d783ed674012b3d5188a694f5aef9b7c94b3" },
		{ SNP_TURIN, SIM_ARK, "9051553ecf0e29ae2886281186d45c10db00ca8917727e9868fad159f06433d8" },
		{ SNP_TURIN, SIM_ASK, "b95007d9332bd80e058c1fbbd053b66325ec10b7329d6c1a59dd95466df03033" },
		{ SNP_TURIN, SIM_ASVK, "a6482b71f7c8c793f411ce2a7268e93d1db716cbfa9640c9fb78dbd2ba66a84c" },
	};
	struct sim_pki *pki = new_pki(SIM_PKI_DEFAULT_SEED);

	for (size_t i = 0; i < ARRAY_SIZE(pinned); i++) {
		const uint8_t *der;
		size_t n;

		assert_int_equal(sim_pki_ca(pki, pinned[i].product, pinned[i].ca, &der, &n, NULL), 0);
		assert_digest(der, n, pinned[i].sha256);
	}
	sim_pki_free(pki);
}

static void a_seed_names_a_world_and_perhaps_a_chip_in_it(void **state)
{
	static const char *const seeds[] = { "another", "another/2", "anothe" };
	struct sim_pki *pki[ARRAY_SIZE(seeds)];
	const uint8_t *der[ARRAY_SIZE(seeds)];
	size_t n[ARRAY_SIZE(seeds)];

	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
		pki[i] = new_pki(seeds[i]);
		assert_int_equal(sim_pki_ca(pki[i], SNP_MILAN, SIM_ARK, &der[i], &n[i], NULL), 0);
	}
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(der[0], der[1], n[0]);
	assert_true(n[0] != n[2] || memcmp(der[0], der[2], n[0]) != 0);
	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++)
		sim_pki_free(pki[i]);
}

static void find_hints(enum snp_product product, enum sim_ca ca, uint32_t ret[2])
{
	uint8_t secret[SIM_WORLD_BYTES];
	struct crypto_rsa_private *key;

	sim_pki_ca_secret(SIM_PKI_DEFAULT_SEED, product, ca, secret);
	assert_int_equal(crypto_rsa_private_derive(secret, sizeof(secret), NULL, &key, ret, NULL), 0);
	crypto_rsa_private_free(key);
}

static void find_other_hints(uint32_t ret[2])
{
	uint8_t secret[SIM_WORLD_BYTES];
	struct crypto_rsa_private *key;

	sim_pki_other_secret(secret);
	assert_int_equal(crypto_rsa_private_derive(secret, sizeof(secret), NULL, &key, ret, NULL), 0);
	crypto_rsa_private_free(key);
}

static void hints_are_what_a_search_without_them_finds(void **state)
{
	uint32_t found[2];

	for (size_t i = 0; i < (SNP_N_PRODUCTS - SNP_MILAN) * SIM_N_CAS; i += test_step()) {
		enum snp_product p = SNP_MILAN + i / SIM_N_CAS;
		enum sim_ca ca = i % SIM_N_CAS;

		find_hints(p, ca, found);
		assert_int_equal(found[0], sim_pki_hints[p][ca][0]);
		assert_int_equal(found[1], sim_pki_hints[p][ca][1]);
	}
	find_other_hints(found);
	assert_int_equal(found[0], sim_pki_other_hints[0]);
	assert_int_equal(found[1], sim_pki_other_hints[1]);
}

/* ---- what is refused ---- */

static void what_cannot_be_endorsed_is_refused(void **state)
{
	static const struct {
		const char *what;
		enum snp_product product;
		bool vlek;
		uint64_t tcb;
		const char *csp_id;
	} bad[] = {
		{ "unknown product", SNP_PRODUCT_UNKNOWN, false, 0, NULL },
		{ "product out of range", SNP_N_PRODUCTS, false, 0, NULL },
		{ "reserved byte of Milan's TCB", SNP_MILAN, false, 0x0000010000000000, NULL },
		{ "reserved byte of Turin's TCB", SNP_TURIN, false, 0x0001000000000000, NULL },
		{ "no CSP_ID", SNP_MILAN, true, 0, NULL },
		{ "empty CSP_ID", SNP_MILAN, true, 0, "" },
		{ "line feed in CSP_ID", SNP_MILAN, true, 0, "CN=a\n" },
		{ "not ASCII", SNP_MILAN, true, 0, "CN=\xc3\xa4" },
		{ "129 characters", SNP_MILAN, true, 0,
		  "0123456789012345678901234567890123456789012345678901234567890123"
		  "01234567890123456789012345678901234567890123456789012345678901234" },
	};
	struct sim_pki *pki = new_pki(SIM_PKI_DEFAULT_SEED);

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sim_endorsement e = some_leaf(SNP_MILAN, bad[i].vlek);
		struct jurat_error err = { "" };
		uint8_t der[SIM_CERT_MAX_BYTES] = { 0 };
		size_t n = 77;

		e.product = bad[i].product;
		e.tcb = bad[i].tcb;
		e.csp_id = bad[i].csp_id;
		assert_int_equal(sim_pki_endorse(pki, &e, der, &n, &err), -EINVAL);
		assert_int_equal(n, 77);
		assert_true(bytes_all(der, sizeof(der), 0));
		assert_int_not_equal(err.text[0], 0);
	}
	sim_pki_free(pki);
}

static void a_seed_or_ca_that_cannot_be_is_refused(void **state)
{
	static const char *const seeds[] = { NULL, "", "/chip" };
	struct sim_pki *pki = NULL;
	const uint8_t *der;
	uint8_t crl[SIM_CERT_MAX_BYTES];
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++)
		assert_int_equal(sim_pki_new(seeds[i], &pki, NULL), -EINVAL);
	assert_null(pki);
	sim_pki_free(NULL);
	pki = new_pki("jurat");
	assert_int_equal(sim_pki_ca(pki, SNP_PRODUCT_UNKNOWN, SIM_ARK, &der, &n, NULL), -EINVAL);
	assert_int_equal(sim_pki_ca(pki, SNP_MILAN, (enum sim_ca)3, &der, &n, NULL), -EINVAL);
	assert_int_equal(sim_pki_crl(pki, SNP_N_PRODUCTS, false, false, crl, &n, NULL), -EINVAL);
	sim_pki_free(pki);
}

static void the_longest_certificate_fits(void **state)
{
	struct sim_pki *pki = new_pki(SIM_PKI_DEFAULT_SEED);
	struct sim_endorsement e = some_leaf(SNP_GENOA, true);
	char csp_id[SIM_CSP_ID_MAX_CHARS + 1] = { 0 };
	uint8_t der[SIM_CERT_MAX_BYTES];
	size_t n;

	memset(csp_id, 'x', SIM_CSP_ID_MAX_CHARS);
	e.csp_id = csp_id;
	e.tcb = 0xffff00000000ffff;
	assert_int_equal(sim_pki_endorse(pki, &e, der, &n, NULL), 0);
	X509_free(openssl_cert(der, n));
	sim_pki_free(pki);
}

static void amds_terms_are_seven_years_and_one(void **state)
{
	struct sim_pki *pki = new_pki(SIM_PKI_DEFAULT_SEED);

	for (int vlek = 0; vlek < 2; vlek++) {
		struct sim_endorsement e = some_leaf(SNP_MILAN, vlek);
		uint8_t der[SIM_CERT_MAX_BYTES];
		struct crypto_cert cert;
		size_t n;

		sim_pki_use_amd_terms(pki, 1733868861); /* 2024-12-10 22:14:21 */
		assert_int_equal(sim_pki_endorse(pki, &e, der, &n, NULL), 0);
		assert_int_equal(crypto_cert_read(der, n, &cert, NULL), 0);
		assert_int_equal(cert.not_before, 1733868861);
		assert_int_equal(cert.not_after, vlek ? 1765404861 : 1954707261);
		assert_int_equal(sim_pki_leaf_not_after(pki, vlek), cert.not_after);
		assert_int_equal(sim_pki_not_before(pki), cert.not_before);
		sim_pki_use_amd_terms(pki, 1709164800); /* 29 February 2024: ends on 1 March */
		assert_int_equal(sim_pki_leaf_not_after(pki, vlek), vlek ? 1740787200 : 1930089600);
	}
	sim_pki_free(pki);
}

static int print_hints(void)
{
	uint32_t other[2];

	printf("/* SPDX-License-"
	       "Identifier: MIT */\n/* Made by scripts/make-pki-hints. Do not edit. */\n"
	       "#include \"sim/pki/pki_internal.h\"\n\n/* clang-format off */\n"
	       "const uint32_t sim_pki_hints[SNP_N_PRODUCTS][SIM_N_CAS][2] = {\n");
	for (int p = SNP_MILAN; p < SNP_N_PRODUCTS; p++) {
		printf("\t[SNP_");
		for (const char *c = snp_product_name((enum snp_product)p); *c; c++)
			putchar(toupper(*c));
		printf("] = {");
		for (int ca = 0; ca < SIM_N_CAS; ca++) {
			uint32_t found[2];

			find_hints((enum snp_product)p, (enum sim_ca)ca, found);
			printf("%s { %u, %u }", ca ? "," : "", found[0], found[1]);
		}
		printf(" },\n");
	}
	find_other_hints(other);
	printf("};\nconst uint32_t sim_pki_other_hints[2] = { %u, %u };\n", other[0], other[1]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(hints_are_what_a_search_without_them_finds),
		cmocka_unit_test(the_default_seed_gives_these_certificates_everywhere),
		cmocka_unit_test(a_seed_names_a_world_and_perhaps_a_chip_in_it),
		cmocka_unit_test(certificates_have_the_shape_of_real_ones),
		cmocka_unit_test(openssl_accepts_every_chain_from_2026_to_2040),
		cmocka_unit_test(every_name_says_test_and_is_amds_otherwise),
		cmocka_unit_test(our_own_reader_accepts_the_chain),
		cmocka_unit_test(a_crl_lists_what_was_revoked),
		cmocka_unit_test(what_cannot_be_endorsed_is_refused),
		cmocka_unit_test(a_seed_or_ca_that_cannot_be_is_refused),
		cmocka_unit_test(the_longest_certificate_fits),
		cmocka_unit_test(amds_terms_are_seven_years_and_one),
	};

	if (getenv("JURAT_PRINT_PKI_HINTS"))
		return print_hints();
	return cmocka_run_group_tests(cases, NULL, NULL);
}
