/* SPDX-License-Identifier: MIT */
#include "verify/made.h"

#include "crypto/hash.h"
#include "crypto/x509.h"
#include "sim/pki/pki_internal.h"
#include "verify/patch.h"
#include "wire/snp_certs.h"

static const uint64_t tcbs[SNP_N_PRODUCTS] = {
	[SNP_MILAN] = 0xdb18000000000004,
	[SNP_GENOA] = 0x541700000000000a,
	[SNP_TURIN] = 0x5000000004010102,
};

struct sim_pki *made_pki(void)
{
	static struct sim_pki *pki;

	if (!pki)
		assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
	return pki;
}

struct sim_pki *made_other_pki(void)
{
	static struct sim_pki *pki;

	if (!pki)
		assert_int_equal(sim_pki_new("somebody else", &pki, NULL), 0);
	return pki;
}

const struct crypto_ec_private *made_key(void)
{
	static struct crypto_ec_private *key;

	if (!key)
		assert_int_equal(crypto_ec_private_derive(CRYPTO_P384, "a test's VCEK", 13, &key, NULL), 0);
	return key;
}

static void copy_ca(enum snp_product product, enum sim_ca ca, uint8_t *to, size_t *ret_size)
{
	const uint8_t *der;

	assert_int_equal(sim_pki_ca(made_pki(), product, ca, &der, ret_size, NULL), 0);
	memcpy(to, der, *ret_size);
}

void made_endorse(struct made *m, uint64_t tcb, const uint8_t hwid[64])
{
	struct sim_endorsement what = {
		.product = m->product, .vlek = m->vlek, .tcb = tcb, .csp_id = m->csp_id
	};

	memcpy(what.hwid, hwid, sizeof(what.hwid));
	crypto_ec_private_public(made_key(), what.public_xy);
	assert_int_equal(sim_pki_endorse(made_pki(), &what, m->leaf, &m->leaf_size, NULL), 0);
}

void made_sign(struct made *m)
{
	uint8_t digest[CRYPTO_SHA384_BYTES], r[48], s[48];

	wire_write(&snp_report_layout, &m->report, m->report_bytes);
	crypto_sha384(m->report_bytes, SNP_REPORT_SIGNED_BYTES, digest);
	assert_int_equal(crypto_ec_sign(made_key(), base_env_real(), digest, sizeof(digest), r, s), 0);
	snp_report_set_signature(&m->report, r, s);
	wire_write(&snp_report_layout, &m->report, m->report_bytes);
	m->report_size = SNP_REPORT_BYTES;
}

static void set_cpuid(struct snp_report *r, enum snp_product product)
{
	if (r->version < 3)
		return;
	r->cpuid_fam_id = product == SNP_TURIN ? 0x1a : 0x19;
	r->cpuid_mod_id = product == SNP_GENOA ? 0x11 : 0x01;
	r->cpuid_step = 1;
}

void made_init(struct made *m, enum snp_product product, bool vlek, uint32_t version)
{
	struct snp_report *r = &m->report;

	*m = (struct made){
		.product = product, .vlek = vlek, .csp_id = "CN=cc-test.jurat.invalid", .at = 1750000000
	};
	r->version = version;
	r->policy = 1ull << SNP_POLICY_MUST_BE_ONE_BIT | 1ull << SNP_POLICY_SMT_BIT | 51 | 1 << 8;
	r->guest_svn = 7;
	r->vmpl = 1;
	r->signature_algo = SNP_REPORT_ALGO_ECDSA_P384_SHA384;
	r->platform_info = 1u << SNP_PLATFORM_SMT_EN_BIT | 1u << SNP_PLATFORM_ECC_EN_BIT;
	r->key_info = vlek ? SNP_SIGNED_BY_VLEK << 2 : 0;
	r->current_tcb = r->reported_tcb = r->committed_tcb = r->launch_tcb = tcbs[product];
	memset(r->report_data, 0xd1, sizeof(r->report_data));
	memset(r->measurement, 0x3e, sizeof(r->measurement));
	memset(r->host_data, 0x40, sizeof(r->host_data));
	memset(r->report_id, 0x1d, sizeof(r->report_id));
	memset(r->report_id_ma, 0xff, sizeof(r->report_id_ma));
	if (!vlek)
		memset(r->chip_id, 0x04, snp_hwid_bytes(product)); /* begins like a DER tag (B38) */
	r->current_major = r->committed_major = 1;
	r->current_minor = r->committed_minor = 55;
	r->current_build = r->committed_build = 29;
	set_cpuid(r, product);
	made_sign(m);
	made_endorse(m, r->reported_tcb, r->chip_id);
	copy_ca(product, vlek ? SIM_ASVK : SIM_ASK, m->intermediate, &m->intermediate_size);
	copy_ca(product, SIM_ARK, m->root, &m->root_size);
}

static const struct crypto_rsa_private *ca_key(enum snp_product product, enum sim_ca ca)
{
	static struct crypto_rsa_private *keys[SNP_N_PRODUCTS][SIM_N_CAS];
	uint8_t secret[SIM_WORLD_BYTES];

	if (!keys[product][ca]) {
		sim_pki_ca_secret(SIM_PKI_DEFAULT_SEED, product, ca, secret);
		assert_int_equal(crypto_rsa_private_derive(secret, sizeof(secret), sim_pki_hints[product][ca],
							   &keys[product][ca], NULL, NULL),
				 0);
	}
	return keys[product][ca];
}

void made_resign(uint8_t *der, size_t n, enum snp_product product, enum sim_ca ca)
{
	static const uint8_t salt[CRYPTO_RSA_SALT_BYTES];
	uint8_t digest[CRYPTO_SHA384_BYTES];
	size_t tbs = 4u + ((size_t)der[6] << 8 | der[7]); /* behind the outer header: 30 82 xx xx */

	assert_int_equal(der[4], 0x30);
	assert_int_equal(der[5], 0x82);
	crypto_sha384(der + 4, tbs, digest);
	assert_int_equal(crypto_rsa_pss_sign(ca_key(product, ca), digest, salt, der + n - CRYPTO_RSA_BYTES),
			 0);
}

void made_patch(uint8_t *der, size_t size, const char *from, const char *to, size_t n)
{
	memcpy(patch_find(der, size, from, n), to, n);
}

uint8_t *made_table(const struct made *m, size_t *ret_size)
{
	static uint8_t buf[1 << 16];
	struct snp_certs table = { 0 };
	const struct {
		enum snp_cert_kind kind;
		const uint8_t *der;
		size_t size;
	} rows[] = {
		{ m->vlek ? SNP_CERT_VLEK : SNP_CERT_VCEK, m->leaf, m->leaf_size },
		{ SNP_CERT_ASK, m->intermediate, m->intermediate_size },
		{ SNP_CERT_ARK, m->root, m->root_size },
		{ SNP_CERT_CRL, m->crl, m->crl_size },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].size == 0)
			continue;
		table.entries[table.n].kind = rows[i].kind;
		table.entries[table.n++].data = bytes_rd(rows[i].der, rows[i].size);
	}
	assert_int_equal(snp_certs_write(&table, buf, sizeof(buf), ret_size, NULL), 0);
	return heap_copy(buf, *ret_size);
}

struct jurat_verdict *made_judge(const struct made *m, struct jurat_verifier *v,
				 const struct jurat_policy *policy)
{
	struct jurat_snp_evidence e = { .size = sizeof(e), .report_size = m->report_size };
	auto_free uint8_t *report = heap_copy(m->report_bytes, m->report_size);
	auto_free uint8_t *table = made_table(m, &e.certs_size);
	struct jurat_verdict *verdict = NULL;
	int r;

	e.report = report;
	e.certs = table;
	r = jurat_verify_snp(v, &e, policy, m->at, &verdict, NULL);
	assert_non_null(verdict);
	assert_int_equal(r, jurat_verdict_accepted(verdict) ? 0 : JURAT_REFUSED);
	return verdict;
}

struct jurat_verifier *made_verifier(enum snp_product product)
{
	struct jurat_verifier *v;
	const uint8_t *der;
	size_t n;

	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	assert_int_equal(sim_pki_ca(made_pki(), product, SIM_ARK, &der, &n, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(v, der, n, NULL), 0);
	return v;
}

void assert_verdict(const struct jurat_verdict *v, const char *const *codes, const char *what)
{
	size_t n = 0;

	for (; codes[n]; n++) {
		const char *code = jurat_verdict_reason_code(v, n);

		if (!code || strcmp(code, codes[n]) != 0)
			FAIL_BECAUSE("%s: reason %zu is %s (%s), wanted %s", what, n, code ? code : "none",
				     code ? jurat_verdict_reason_detail(v, n) : "", codes[n]);
	}
	if (jurat_verdict_reason_count(v) != n)
		FAIL_BECAUSE("%s: also refused for %s: %s", what, jurat_verdict_reason_code(v, n),
			     jurat_verdict_reason_detail(v, n));
	assert_int_equal(jurat_verdict_accepted(v), n == 0);
}

size_t made_cached(const struct cache *cache)
{
	size_t n = 0;

	for (size_t i = 0; i < cache->filled; i++) {
		assert_int_equal(cache->slots[i].pins, 0);
		n += cache->slots[i].item != NULL;
	}
	return n;
}
