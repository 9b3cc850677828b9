/* SPDX-License-Identifier: MIT */
#include "verify/made.h"

#include "verify/patch.h"
#include "verify/reasons.h"

#define MAX_REASONS 6

struct bad {
	const char *name;
	enum snp_product product;
	bool vlek;
	uint32_t version;
	void (*change)(struct made *m);
	const char *reasons[MAX_REASONS + 1];
};

/* ---- the report */

static void short_report(struct made *m)
{
	m->report_size--;
}

static void version_1(struct made *m)
{
	m->report.version = 1;
	made_sign(m);
}

static void version_6(struct made *m)
{
	m->report.version = 6;
	made_sign(m);
}

static void reserved_byte(struct made *m)
{
	m->report.reserved_208[151] = 1;
	made_sign(m);
}

static void cpuid_in_version_2(struct made *m)
{
	m->report.cpuid_mod_id = 1;
	made_sign(m);
}

static void mitigations_in_version_3(struct made *m)
{
	m->report.current_mit_vector = 1;
	made_sign(m);
}

static void algorithm_2(struct made *m)
{
	m->report.signature_algo = 2;
	made_sign(m);
}

static void reserved_key_info(struct made *m)
{
	m->report.key_info |= 1u << 5;
	made_sign(m);
}

static void reserved_signing_key(struct made *m)
{
	m->report.key_info = 2u << 2;
	made_sign(m);
}

static void signed_by_none(struct made *m)
{
	m->report.key_info = SNP_SIGNED_BY_NONE << 2;
	made_sign(m);
}

static void masked_chip_key(struct made *m)
{
	m->report.key_info |= 1u << SNP_KEY_INFO_MASK_CHIP_KEY_BIT;
	made_sign(m);
}

static void unsigned_report(struct made *m)
{
	m->report.key_info |= 1u << SNP_KEY_INFO_MASK_CHIP_KEY_BIT;
	memset(m->report.signature_r, 0, sizeof(m->report.signature_r));
	memset(m->report.signature_s, 0, sizeof(m->report.signature_s));
	wire_write(&snp_report_layout, &m->report, m->report_bytes);
}

static void author_key_without_digest(struct made *m)
{
	m->report.key_info |= 1u << SNP_KEY_INFO_AUTHOR_KEY_EN_BIT;
	made_sign(m);
}

static void digest_without_author_key(struct made *m)
{
	m->report.author_key_digest[0] = 1;
	made_sign(m);
}

static void policy_bit_17_clear(struct made *m)
{
	m->report.policy &= ~(1ull << SNP_POLICY_MUST_BE_ONE_BIT);
	made_sign(m);
}

static void policy_bit_63(struct made *m)
{
	m->report.policy |= 1ull << 63;
	made_sign(m);
}

static void platform_info_bit_6(struct made *m)
{
	m->report.platform_info |= 1u << SNP_PLATFORM_IOMMU_WRITE_SAFE_BIT;
	made_sign(m);
}

static void platform_info_bit_8(struct made *m)
{
	m->report.platform_info |= 1u << 8;
	made_sign(m);
}

static void vmpl_of_the_host(struct made *m)
{
	m->report.vmpl = UINT32_MAX;
	made_sign(m);
}

static void debug(struct made *m)
{
	m->report.policy |= 1ull << SNP_POLICY_DEBUG_BIT;
	made_sign(m);
}

static void tcb_with_hole(struct made *m)
{
	m->report.launch_tcb |= 1ull << 32;
	made_sign(m);
}

static void unknown_model(struct made *m)
{
	m->report.cpuid_mod_id = 0x60;
	made_sign(m);
}

static void changed_after_signing(struct made *m)
{
	m->report.measurement[0] ^= 1;
	wire_write(&snp_report_layout, &m->report, m->report_bytes);
}

static void long_signature_number(struct made *m)
{
	m->report.signature_s[48] = 1;
	wire_write(&snp_report_layout, &m->report, m->report_bytes);
}

static void bytes_after_signature(struct made *m)
{
	m->report.reserved_330[367] = 1;
	wire_write(&snp_report_layout, &m->report, m->report_bytes);
}

static void zero_report(struct made *m)
{
	memset(m->report_bytes, 0, sizeof(m->report_bytes));
}

/* ---- VCEK or VLEK */

static void no_leaf(struct made *m)
{
	m->leaf_size = 0;
}

static void no_certificates(struct made *m)
{
	m->leaf_size = m->intermediate_size = m->root_size = 0;
}

static void other_chip(struct made *m)
{
	uint8_t hwid[64];

	memcpy(hwid, m->report.chip_id, sizeof(hwid));
	hwid[snp_hwid_bytes(m->product) - 1] ^= 1;
	made_endorse(m, m->report.reported_tcb, hwid);
}

static void chip_id_with_tail(struct made *m)
{
	m->report.chip_id[8] = 1;
	made_sign(m);
}

/* B33: the certificate of the TCB that runs, not of the one that is reported. */
static void leaf_of_current_tcb(struct made *m)
{
	m->report.current_tcb = m->report.committed_tcb = m->report.reported_tcb + 1;
	made_sign(m);
	made_endorse(m, m->report.current_tcb, m->report.chip_id);
}

static void masked_chip_id(struct made *m)
{
	memset(m->report.chip_id, 0, sizeof(m->report.chip_id));
	made_sign(m);
}

#define AMD "\x2b\x06\x01\x04\x01\x9c\x78\x01"

static void resign_leaf(struct made *m)
{
	made_resign(m->leaf, m->leaf_size, m->product, m->vlek ? SIM_ASVK : SIM_ASK);
}

/* B36: an extension that is not there must not pass for one that agrees. */
static void without_snp_spl(struct made *m)
{
	made_patch(m->leaf, m->leaf_size, AMD "\x03\x03", AMD "\x03\x7f", 10);
	resign_leaf(m);
}

static void without_hwid(struct made *m)
{
	made_patch(m->leaf, m->leaf_size, "\x06\x09" AMD "\x04", "\x06\x09" AMD "\x7f", 11);
	resign_leaf(m);
}

static void without_fmc(struct made *m)
{
	made_patch(m->leaf, m->leaf_size, AMD "\x03\x09", AMD "\x03\x7f", 10);
	resign_leaf(m);
}

static void without_csp_id(struct made *m)
{
	made_patch(m->leaf, m->leaf_size, "\x06\x09" AMD "\x05", "\x06\x09" AMD "\x7f", 11);
	resign_leaf(m);
}

static void spl7_not_zero(struct made *m)
{
	made_patch(m->leaf, m->leaf_size, AMD "\x03\x07\x04\x03\x02\x01\x00",
		   AMD "\x03\x07\x04\x03\x02\x01\x01", 15);
	resign_leaf(m);
}

static void spl_not_an_integer(struct made *m)
{
	made_patch(m->leaf, m->leaf_size, AMD "\x03\x02\x04\x03\x02", AMD "\x03\x02\x04\x03\x04", 13);
	resign_leaf(m);
}

/* The OID of spl7 gives way to a shorter one and to `critical`. */
static void critical_in_leaf(struct made *m)
{
	made_patch(m->leaf, m->leaf_size, "\x06\x0a" AMD "\x03\x07\x04\x03",
		   "\x06\x07\x2b\x06\x01\x04\x01\x9c\x78\x01\x01\xff\x04\x03", 14);
	resign_leaf(m);
}

static void vcek_says_vlek(struct made *m)
{
	made_patch(m->leaf, m->leaf_size, "SEV-VCEK", "SEV-VLEK", 8);
	resign_leaf(m);
}

static void product_name_of_another(struct made *m)
{
	made_patch(m->leaf, m->leaf_size, "\x16\x05Genoa", "\x16\x05Turin", 7);
	resign_leaf(m);
}

static void product_name_of_none(struct made *m)
{
	made_patch(m->leaf, m->leaf_size, "\x16\x05Genoa", "\x16\x05Venus", 7);
	resign_leaf(m);
}

static void product_name_of_a_part(struct made *m)
{
	const char *name = m->product == SNP_GENOA ? "\x16\x05Genoa" : "\x16\x08Milan-B0";

	made_patch(m->leaf, m->leaf_size, name,
		   m->product == SNP_GENOA ? "\x16\x05Siena" : "\x16\x08Siena-B0", strlen(name));
	resign_leaf(m);
}

static void before_its_time(struct made *m)
{
	m->at = sim_pki_not_before(made_pki()) - 1;
}

static void after_its_time(struct made *m)
{
	m->at = sim_pki_leaf_not_after(made_pki(), false) + 1;
}

static void leaf_signed_by_root(struct made *m)
{
	made_resign(m->leaf, m->leaf_size, m->product, SIM_ARK);
}

/* B45: a VLEK that the ASK issued. */
static void vlek_issued_by_ask(struct made *m)
{
	const uint8_t *der;

	made_init(m, SNP_GENOA, false, 3);
	m->vlek = true;
	m->report.key_info = SNP_SIGNED_BY_VLEK << 2;
	made_sign(m);
	made_endorse(m, m->report.reported_tcb, m->report.chip_id);
	assert_int_equal(sim_pki_ca(made_pki(), SNP_GENOA, SIM_ASK, &der, &m->intermediate_size, NULL), 0);
	memcpy(m->intermediate, der, m->intermediate_size);
	made_resign(m->leaf, m->leaf_size, SNP_GENOA, SIM_ASK);
}

/* A VCEK of Milan behind a report of Genoa: the report says what it is (B53). */
static void report_of_another_product(struct made *m)
{
	m->report.cpuid_mod_id = 0x11;
	made_sign(m);
}

static void leaf_is_the_intermediate(struct made *m)
{
	memcpy(m->leaf, m->intermediate, m->intermediate_size);
	m->leaf_size = m->intermediate_size;
}

static void leaf_is_noise(struct made *m)
{
	memset(m->leaf, 0x30, m->leaf_size);
}

static void leaf_has_a_tail(struct made *m)
{
	m->leaf[m->leaf_size++] = 0;
}

static void leaf_is_pem(struct made *m)
{
	static const char pem[] = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

	memcpy(m->leaf, pem, sizeof(pem) - 1);
	m->leaf_size = sizeof(pem) - 1;
}

/* ---- ASK or ASVK */

static void no_intermediate(struct made *m)
{
	m->intermediate_size = 0;
}

static void resign_intermediate(struct made *m)
{
	made_resign(m->intermediate, m->intermediate_size, m->product, SIM_ARK);
}

static void intermediate_without_key_usage(struct made *m)
{
	made_patch(m->intermediate, m->intermediate_size, "\x06\x03\x55\x1d\x0f\x01\x01\xff",
		   "\x06\x03\x55\x1d\x7f\x01\x01\xff", 8);
	resign_intermediate(m);
}

static void intermediate_may_sign_crls_only(struct made *m)
{
	made_patch(m->intermediate, m->intermediate_size, "\x03\x02\x01\x04", "\x03\x02\x01\x02", 4);
	resign_intermediate(m);
}

static void intermediate_with_long_path(struct made *m)
{
	made_patch(m->intermediate, m->intermediate_size, "\x01\x01\xff\x02\x01\x00",
		   "\x01\x01\xff\x02\x01\x01", 6);
	resign_intermediate(m);
}

static void intermediate_expired(struct made *m)
{
	made_patch(m->intermediate, m->intermediate_size, "490101000000Z", "250101000000Z", 13);
	resign_intermediate(m);
}

static void intermediate_to_come(struct made *m)
{
	made_patch(m->intermediate, m->intermediate_size, "240101000000Z", "300101000000Z", 13);
	resign_intermediate(m);
}

static void intermediate_signature_broken(struct made *m)
{
	m->intermediate[m->intermediate_size - 1] ^= 1;
}

static void intermediate_is_noise(struct made *m)
{
	memset(m->intermediate, 0xff, m->intermediate_size);
}

/* B40, in a world of given roots: a chain of somebody else's with all the right names. */
static void forged_chain(struct made *m)
{
	struct sim_endorsement what = { .product = m->product, .tcb = m->report.reported_tcb };
	const uint8_t *der;

	memcpy(what.hwid, m->report.chip_id, sizeof(what.hwid));
	crypto_ec_private_public(made_key(), what.public_xy);
	assert_int_equal(sim_pki_endorse(made_other_pki(), &what, m->leaf, &m->leaf_size, NULL), 0);
	assert_int_equal(sim_pki_ca(made_other_pki(), m->product, SIM_ASK, &der, &m->intermediate_size, NULL),
			 0);
	memcpy(m->intermediate, der, m->intermediate_size);
	assert_int_equal(sim_pki_ca(made_other_pki(), m->product, SIM_ARK, &der, &m->root_size, NULL), 0);
	memcpy(m->root, der, m->root_size);
}

/* clang-format off */
static const struct bad bads[] = {
	{ "a byte short", SNP_MILAN, false, 3, short_report, { "report-size" } },
	{ "version 1", SNP_MILAN, false, 3, version_1, { "report-version" } },
	{ "version 6", SNP_MILAN, false, 3, version_6, { "report-version" } },
	{ "all zeros (B34)", SNP_MILAN, false, 3, zero_report, { "report-version" } },
	{ "reserved byte", SNP_MILAN, false, 3, reserved_byte, { "report-reserved" } },
	{ "CPUID in version 2", SNP_MILAN, false, 2, cpuid_in_version_2, { "report-reserved" } },
	{ "mitigations in version 3", SNP_MILAN, false, 3, mitigations_in_version_3, { "report-reserved" } },
	{ "algorithm", SNP_MILAN, false, 3, algorithm_2, { "signature-algorithm" } },
	{ "key_info", SNP_MILAN, false, 3, reserved_key_info, { "key-info-reserved" } },
	{ "signing key 2", SNP_MILAN, false, 3, reserved_signing_key, { "key-info-reserved" } },
	{ "signing key none", SNP_MILAN, false, 3, signed_by_none, { "report-unsigned" } },
	{ "masked chip key", SNP_MILAN, false, 3, masked_chip_key, { "report-unsigned" } },
	{ "unsigned", SNP_MILAN, false, 3, unsigned_report, { "report-unsigned", "report-signature" } },
	{ "author key, no digest", SNP_MILAN, false, 3, author_key_without_digest,
	  { "author-key-inconsistent" } },
	{ "digest, no author key", SNP_MILAN, false, 3, digest_without_author_key,
	  { "author-key-inconsistent" } },
	{ "policy bit 17", SNP_MILAN, false, 3, policy_bit_17_clear, { "guest-policy-reserved" } },
	{ "policy bit 63", SNP_MILAN, false, 3, policy_bit_63, { "guest-policy-reserved" } },
	{ "IOMMU_WRITE_SAFE, Milan", SNP_MILAN, false, 3, platform_info_bit_6, { NULL } },
	{ "IOMMU_WRITE_SAFE, Genoa", SNP_GENOA, false, 5, platform_info_bit_6, { NULL } },
	{ "IOMMU_WRITE_SAFE, Turin", SNP_TURIN, false, 5, platform_info_bit_6, { NULL } },
	{ "platform_info bit 8", SNP_MILAN, false, 3, platform_info_bit_8, { "platform-info-reserved" } },
	{ "VMPL of the host", SNP_MILAN, false, 3, vmpl_of_the_host, { "vmpl-range", "vmpl-not-allowed" } },
	{ "debug", SNP_MILAN, false, 3, debug, { "debug-allowed" } },
	{ "TCB with a hole", SNP_MILAN, false, 3, tcb_with_hole, { "tcb-malformed" } },
	{ "unknown model", SNP_MILAN, false, 3, unknown_model, { "product-unknown" } },
	{ "changed after signing", SNP_MILAN, false, 3, changed_after_signing, { "report-signature" } },
	{ "s of 49 bytes", SNP_MILAN, false, 3, long_signature_number, { "report-signature" } },
	{ "bytes after the signature", SNP_MILAN, false, 3, bytes_after_signature, { "report-reserved" } },

	{ "no VCEK", SNP_MILAN, false, 3, no_leaf, { "leaf-missing" } },
	{ "no VLEK", SNP_MILAN, true, 3, no_leaf, { "leaf-missing" } },
	{ "no certificates, version 2", SNP_MILAN, false, 2, no_certificates, { "leaf-missing" } },
	{ "another chip (B36, B37)", SNP_MILAN, false, 3, other_chip, { "leaf-chip-mismatch" } },
	{ "another Turin", SNP_TURIN, false, 5, other_chip, { "leaf-chip-mismatch" } },
	{ "Turin with a long chip_id (B38)", SNP_TURIN, false, 5, chip_id_with_tail,
	  { "leaf-chip-mismatch" } },
	{ "current instead of reported TCB (B33)", SNP_MILAN, false, 3, leaf_of_current_tcb,
	  { "leaf-tcb-mismatch" } },
	{ "the same on Turin", SNP_TURIN, false, 5, leaf_of_current_tcb, { "leaf-tcb-mismatch" } },
	{ "the same, VLEK", SNP_GENOA, true, 3, leaf_of_current_tcb, { "leaf-tcb-mismatch" } },
	{ "masked chip_id", SNP_MILAN, false, 3, masked_chip_id, { "chip-id-masked" } },
	{ "no snpSPL (B36)", SNP_MILAN, false, 3, without_snp_spl, { "leaf-extension-missing" } },
	{ "no HWID (B36)", SNP_MILAN, false, 3, without_hwid, { "leaf-extension-missing" } },
	{ "no fmcSPL", SNP_TURIN, false, 5, without_fmc, { "leaf-extension-missing" } },
	{ "no CSP_ID", SNP_MILAN, true, 3, without_csp_id, { "leaf-extension-missing" } },
	{ "spl7", SNP_MILAN, false, 3, spl7_not_zero, { "leaf-extension-malformed" } },
	{ "teeSPL no INTEGER", SNP_MILAN, false, 3, spl_not_an_integer, { "leaf-extension-malformed" } },
	{ "critical in leaf", SNP_MILAN, false, 3, critical_in_leaf, { "leaf-critical-extension" } },
	{ "VCEK says VLEK", SNP_MILAN, false, 3, vcek_says_vlek, { "leaf-name", "leaf-extension-missing" } },
	{ "product name, version 2", SNP_GENOA, false, 2, product_name_of_another, { "leaf-product" } },
	{ "product name, version 3 (B53)", SNP_GENOA, false, 3, product_name_of_another, { NULL } },
	{ "product name of none, version 2", SNP_GENOA, false, 2, product_name_of_none, { "leaf-product" } },
	{ "product name of none, version 3", SNP_GENOA, false, 3, product_name_of_none, { NULL } },
	{ "product name of a part of Genoa", SNP_GENOA, false, 2, product_name_of_a_part, { NULL } },
	{ "part of Genoa, issued by another", SNP_MILAN, false, 2, product_name_of_a_part,
	  { "leaf-product" } },
	{ "too early", SNP_MILAN, false, 3, before_its_time,
	  { "leaf-not-yet-valid", "intermediate-not-yet-valid", "root-not-yet-valid" } },
	{ "too late", SNP_MILAN, false, 3, after_its_time,
	  { "leaf-expired", "intermediate-expired", "root-expired" } },
	{ "signed by the ARK", SNP_MILAN, false, 3, leaf_signed_by_root, { "leaf-signature" } },
	{ "VLEK from the ASK (B45)", SNP_GENOA, true, 3, vlek_issued_by_ask,
	  { "intermediate-name", "leaf-signature" } },
	{ "another product (B53)", SNP_MILAN, false, 3, report_of_another_product,
	  { "leaf-issuer", "intermediate-name", "root-product" } },
	{ "ASK as VCEK", SNP_MILAN, false, 3, leaf_is_the_intermediate,
	  { "leaf-name", "leaf-issuer", "leaf-profile", "leaf-key", "intermediate-name", "leaf-signature" } },
	{ "noise as VCEK", SNP_MILAN, false, 3, leaf_is_noise, { "certificate-malformed" } },
	{ "a byte behind the VCEK", SNP_MILAN, false, 3, leaf_has_a_tail, { "certificate-malformed" } },
	{ "PEM (B46)", SNP_MILAN, false, 3, leaf_is_pem, { "certificate-pem" } },

	{ "no ASK", SNP_MILAN, false, 3, no_intermediate, { "intermediate-missing" } },
	{ "no ASVK", SNP_MILAN, true, 3, no_intermediate, { "intermediate-missing" } },
	{ "ASK without key usage", SNP_MILAN, false, 3, intermediate_without_key_usage,
	  { "intermediate-profile", "intermediate-critical-extension" } },
	{ "ASK may not sign certificates", SNP_MILAN, false, 3, intermediate_may_sign_crls_only,
	  { "intermediate-profile" } },
	{ "ASK with path length 1", SNP_MILAN, false, 3, intermediate_with_long_path,
	  { "intermediate-profile" } },
	{ "ASK expired", SNP_MILAN, false, 3, intermediate_expired, { "intermediate-expired" } },
	{ "ASK to come", SNP_MILAN, false, 3, intermediate_to_come, { "intermediate-not-yet-valid" } },
	{ "ASK's signature", SNP_MILAN, false, 3, intermediate_signature_broken,
	  { "intermediate-signature" } },
	{ "noise as ASK", SNP_MILAN, false, 3, intermediate_is_noise,
	  { "certificate-malformed", "intermediate-missing" } },
	{ "forged chain (B40)", SNP_MILAN, false, 3, forged_chain, { "intermediate-signature" } },
};
/* clang-format on */

static void every_bad_case_is_refused_for_its_reason(void **state)
{
	struct jurat_verifier *v[SNP_N_PRODUCTS] = { NULL };

	for (size_t i = 0; i < ARRAY_SIZE(bads); i++) {
		const struct bad *b = &bads[i];
		struct jurat_verdict *verdict;
		struct made m;

		if (!v[b->product])
			v[b->product] = made_verifier(b->product);
		made_init(&m, b->product, b->vlek, b->version);
		b->change(&m);
		verdict = made_judge(&m, v[b->product], NULL);
		assert_verdict(verdict, b->reasons, b->name);
		jurat_verdict_free(verdict);
	}
	for (size_t i = 0; i < SNP_N_PRODUCTS; i++)
		jurat_verifier_free(v[i]);
}

static const enum snp_product products[] = { SNP_MILAN, SNP_GENOA, SNP_TURIN };
static const char *const accepted[] = { NULL };

static void every_product_version_and_key_is_accepted(void **state)
{
	for (size_t p = 0; p < ARRAY_SIZE(products); p++) {
		struct jurat_verifier *v = made_verifier(products[p]);

		for (uint32_t version = 2; version <= 5; version++) {
			for (int vlek = 0; vlek <= 1; vlek++) {
				struct jurat_verdict *verdict;
				struct made m;

				made_init(&m, products[p], vlek, version);
				verdict = made_judge(&m, v, NULL);
				assert_verdict(verdict, accepted, snp_product_name(products[p]));
				jurat_verdict_free(verdict);
			}
		}
		jurat_verifier_free(v);
	}
}

/* B40: names prove nothing. Without given roots only AMD's own keys count. */
static void a_chain_of_ones_own_is_refused_by_the_vendor_roots(void **state)
{
	static const char *const reasons[] = { "root-not-trusted", NULL };
	struct jurat_verifier *v;
	struct jurat_verdict *verdict;
	struct made m;

	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	for (uint32_t version = 2; version <= 3; version++) {
		made_init(&m, SNP_MILAN, false, version);
		verdict = made_judge(&m, v, NULL);
		assert_verdict(verdict, reasons, "in the evidence");
		jurat_verdict_free(verdict);
	}
	/* as endorsements they are no more trusted */
	assert_int_equal(jurat_verifier_add_certificates(v, m.root, m.root_size, NULL, NULL), 0);
	m.root_size = 0;
	verdict = made_judge(&m, v, NULL);
	assert_verdict(verdict, reasons, "given as an endorsement");
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

static void without_any_root_the_reason_says_so(void **state)
{
	static const char *const reasons[] = { "root-missing", NULL };
	struct jurat_verifier *v;
	struct jurat_verdict *verdict;
	struct made m;

	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	made_init(&m, SNP_MILAN, false, 3);
	m.root_size = 0;
	verdict = made_judge(&m, v, NULL);
	assert_verdict(verdict, reasons, "no root");
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

static void roots_that_were_given_need_none_in_the_evidence(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct jurat_verdict *verdict;
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	m.root_size = 0;
	verdict = made_judge(&m, v, NULL);
	assert_verdict(verdict, accepted, "no root in the evidence");
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

static void root_may_sign_crls_only(struct made *m)
{
	made_patch(m->root, m->root_size, "\x03\x02\x01\x06", "\x03\x02\x01\x02", 4);
}

static void root_critical(struct made *m)
{
	patch_critical_key_id(m->root, m->root_size);
}

static void root_expired(struct made *m)
{
	made_patch(m->root, m->root_size, "490101000000Z", "250101000000Z", 13);
}

static void root_to_come(struct made *m)
{
	made_patch(m->root, m->root_size, "240101000000Z", "300101000000Z", 13);
}

static void given_roots_must_have_the_profile_of_one(void **state)
{
	static const struct {
		void (*change)(struct made *m);
		const char *reasons[2];
	} rows[] = {
		{ root_may_sign_crls_only, { "root-profile" } },
		{ root_critical, { "root-critical-extension" } },
		{ root_expired, { "root-expired" } },
		{ root_to_come, { "root-not-yet-valid" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_verifier *v;
		struct jurat_verdict *verdict;
		struct made m;

		made_init(&m, SNP_MILAN, false, 3);
		rows[i].change(&m);
		made_resign(m.root, m.root_size, SNP_MILAN, SIM_ARK);
		assert_int_equal(jurat_verifier_new(&v, NULL), 0);
		assert_int_equal(jurat_verifier_add_roots(v, m.root, m.root_size, NULL), 0);
		verdict = made_judge(&m, v, NULL);
		assert_verdict(verdict, rows[i].reasons, rows[i].reasons[0]);
		jurat_verdict_free(verdict);
		jurat_verifier_free(v);
	}
}

/* A root whose key made the signature, by another name: names must meet whatever keys say. */
static void an_ask_of_another_root_is_refused_by_name(void **state)
{
	static const char *const reasons[] = { "root-not-trusted", "intermediate-issuer", NULL };
	struct jurat_verifier *v;
	struct jurat_verdict *verdict;
	struct made m;
	uint8_t *at;

	made_init(&m, SNP_MILAN, false, 3);
	while ((at = memmem(m.root, m.root_size, "Santa Clara", 11)))
		at[10] = 'b'; /* as issuer and as subject */
	made_resign(m.root, m.root_size, SNP_MILAN, SIM_ARK);
	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	verdict = made_judge(&m, v, NULL);
	assert_verdict(verdict, reasons, "in the table");
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

/* B51, B52: one verifier, both kinds of key, in either order. */
static void vcek_and_vlek_do_not_disturb_each_other(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);

	for (int i = 0; i < 6; i++) {
		struct jurat_verdict *verdict;
		struct made m;

		made_init(&m, SNP_MILAN, i & 1, 3);
		verdict = made_judge(&m, v, NULL);
		assert_verdict(verdict, accepted, i & 1 ? "VLEK" : "VCEK");
		jurat_verdict_free(verdict);
	}
	jurat_verifier_free(v);
}

/* B54: what nobody here knows is neither an error nor a certificate. */
static void private_entries_are_ignored(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct jurat_verdict *verdict = NULL;
	struct made m;
	uint8_t table[8192] = { 0 };
	struct jurat_snp_evidence e = { .size = sizeof(e) };
	size_t n;

	made_init(&m, SNP_MILAN, false, 3);
	m.root_size = 0;
	m.crl_size = 4;
	memcpy(m.crl, "junk", 4);
	{
		auto_free uint8_t *good = made_table(&m, &n);

		memcpy(table, good, n);
	}
	e.report = m.report_bytes;
	e.report_size = m.report_size;
	e.certs = table;
	e.certs_size = sizeof(table); /* pages, as a guest gets them */
	assert_int_equal(jurat_verify_snp(v, &e, NULL, m.at, &verdict, NULL), 0); /* a CRL that is none */
	jurat_verdict_free(verdict);
	memset(table + 2 * 24, 0xee, 16); /* and the same bytes under a private GUID */
	assert_int_equal(jurat_verify_snp(v, &e, NULL, m.at, NULL, NULL), 0);
	jurat_verifier_free(v);
}

static void a_broken_table_is_refused_by_that_name(void **state)
{
	static const char *const reasons[] = { "certificate-table-malformed", "leaf-missing", NULL };
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct jurat_snp_evidence e = { .size = sizeof(e) };
	struct jurat_verdict *verdict = NULL;
	struct made m;
	size_t n;

	made_init(&m, SNP_MILAN, false, 3);
	auto_free uint8_t *table = made_table(&m, &n);

	table[20] = 0xff; /* the first entry's length */
	table[23] = 0xff;
	e.report = m.report_bytes;
	e.report_size = m.report_size;
	e.certs = table;
	e.certs_size = n;
	assert_int_equal(jurat_verify_snp(v, &e, NULL, m.at, &verdict, NULL), JURAT_REFUSED);
	assert_verdict(verdict, reasons, "length");
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

static void reason_codes_are_words_and_unique(void **state)
{
	const char *code, *text, *other, *unused;
	size_t n = 0;

	for (; verify_reason_at(n, &code, &text); n++) {
		assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(code));
		assert_true(strlen(text) > 10);
		for (size_t i = 0; i < n; i++) {
			assert_true(verify_reason_at(i, &other, &unused));
			assert_string_not_equal(code, other);
		}
	}
	assert_int_equal(n, VERIFY_N_REASONS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_product_version_and_key_is_accepted),
		cmocka_unit_test(every_bad_case_is_refused_for_its_reason),
		cmocka_unit_test(a_chain_of_ones_own_is_refused_by_the_vendor_roots),
		cmocka_unit_test(without_any_root_the_reason_says_so),
		cmocka_unit_test(roots_that_were_given_need_none_in_the_evidence),
		cmocka_unit_test(given_roots_must_have_the_profile_of_one),
		cmocka_unit_test(an_ask_of_another_root_is_refused_by_name),
		cmocka_unit_test(vcek_and_vlek_do_not_disturb_each_other),
		cmocka_unit_test(private_entries_are_ignored),
		cmocka_unit_test(a_broken_table_is_refused_by_that_name),
		cmocka_unit_test(reason_codes_are_words_and_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
