/* SPDX-License-Identifier: MIT */
#include "data/vectors.h"

#include "crypto/hash.h"
#include "guest/guest.h"
#include "machine/machine.h"
#include "sim/pki/pki_intel.h"
#include "sim/psp/psp_internal.h"
#include "verify/made.h"
#include "wire/snp_certs.h"

/*
 * SEV-SNP: what a guest of a software machine of each product gets, by firmware of each report version and
 * with each signing key. The dense variants of Genoa and Turin are what the platform does not have: their
 * reports are those of the product's other variant, with that one field changed, signed again with the chip's
 * key.
 */
static const struct variant {
	const char *name;
	enum snp_product product;
	uint8_t cpuid_model;
	unsigned first_version; /* a version 2 report does not say which variant it is of */
} variants[] = {
	{ "milan", SNP_MILAN, 0x01, 2 },       { "genoa", SNP_GENOA, 0x11, 2 },
	{ "bergamo", SNP_GENOA, 0xa0, 3 },     { "turin", SNP_TURIN, 0x02, 2 },
	{ "turin-dense", SNP_TURIN, 0x11, 3 },
};

enum {
	MADE_AT = 1767225600, /* 2026-01-01 */
	NEWEST_VERSION = 5,
	DEBUG_POLICY = 0xb0000,
	POLICY = 0x30000
};

/* For signatures and certificates that are always the same. */
static int no_random(struct base_env *env, void *buf, size_t n)
{
	memset(buf, 0, n);
	return 0;
}

static int64_t always_then(struct base_env *env)
{
	return MADE_AT;
}

static struct base_env *fixed_env(void)
{
	static struct base_env_ops ops;
	static struct base_env env = { .ops = &ops };

	ops = *base_env_real()->ops;
	ops.random = no_random;
	ops.realtime_s = always_then;
	return &env;
}

static const char *lower(enum snp_product product)
{
	static const char *const names[] = {
		[SNP_MILAN] = "milan", [SNP_GENOA] = "genoa", [SNP_TURIN] = "turin"
	};

	return names[product];
}

static struct machine *machine_of(enum snp_product product, uint32_t version)
{
	struct machine_options options = {
		.psp = { .product = product, .report_version = version, .env = fixed_env() },
		.env = fixed_env(),
	};
	struct jurat_error err = { "" };
	struct machine *m = NULL;

	vectors_check(machine_new(&options, &m, &err) == 0, err.text);
	return m;
}

/* By the guest library, over the ioctls of the simulated driver. */
static void get_report(struct machine *m, uint64_t policy, unsigned vmpl, uint8_t to[SNP_REPORT_BYTES])
{
	struct jurat_guest_options options = { .size = sizeof(options),
					       .tee = JURAT_TEE_SEV_SNP,
					       .via = JURAT_VIA_IOCTL };
	struct jurat_guest_report_options report = { .size = sizeof(report), .has_vmpl = 1, .vmpl = vmpl };
	struct sim_launch launch = { .policy = policy, .guest_svn = 2 };
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct jurat_error err = { "" };
	struct machine_guest *guest;
	struct jurat_guest *handle;
	uint8_t data[64];

	for (uint8_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	memset(launch.measurement, 0x3e, sizeof(launch.measurement));
	memset(launch.host_data, 0x40, sizeof(launch.host_data));
	memset(launch.family_id, 0xfa, sizeof(launch.family_id));
	memset(launch.image_id, 0x1a, sizeof(launch.image_id));
	vectors_check(machine_guest_new(m, &launch, 1, &guest, &err) == 0, err.text);
	vectors_check(guest_open(machine_env(guest, 0), &options, &handle, &err) == 0, err.text);
	vectors_check(jurat_guest_report(handle, data, &report, &evidence, &err) == 0, err.text);
	vectors_check(evidence.report_size == SNP_REPORT_BYTES, "a report has another size");
	memcpy(to, evidence.report, SNP_REPORT_BYTES);
	jurat_evidence_done(&evidence);
	jurat_guest_close(handle);
	machine_guest_free(guest);
}

static void load_vlek(struct machine *m, uint8_t ret_hashstick[PSP_HASHSTICK_BYTES])
{
	const struct snp_config mask = { .flags = SNP_STATUS_MASK_CHIP_ID }; /* as AWS has it */
	struct sim_psp *psp = machine_psp(m);
	uint8_t wrapped[SNP_VLEK_HASHSTICK_BYTES];
	struct snp_platform_status now;
	struct jurat_error err = { "" };

	vectors_check(sim_psp_platform_status(psp, &now) == SNP_SUCCESS, "no platform status");
	vectors_check(sim_psp_config(psp, &mask) == SNP_SUCCESS, "CHIP_ID is not masked");
	vectors_check(sim_kds_hashstick(psp, SIM_CSP_ID, now.reported_tcb, wrapped, &err) == 0, err.text);
	vectors_check(sim_psp_vlek_load(psp, wrapped) == SNP_SUCCESS, "the VLEK is not taken");
	memcpy(ret_hashstick, psp->hashstick, PSP_HASHSTICK_BYTES);
}

/* Signs a changed report as the chip would. */
static void sign_again(struct machine *m, const uint8_t *hashstick, uint8_t report[SNP_REPORT_BYTES])
{
	uint8_t digest[CRYPTO_SHA384_BYTES], r[48], s[48];
	struct crypto_ec_private *key = NULL;
	struct snp_report parsed;
	int failed;

	vectors_check(snp_report_read(report, SNP_REPORT_BYTES, &parsed, NULL) == 0, "cannot read a report");
	failed = hashstick ? psp_vlek_derive(hashstick, parsed.reported_tcb, &key, NULL)
			   : psp_vcek_derive(machine_psp(m), parsed.reported_tcb, &key, NULL);
	vectors_check(failed == 0, "no key");
	crypto_sha384(report, SNP_REPORT_SIGNED_BYTES, digest);
	vectors_check(crypto_ec_sign(key, fixed_env(), digest, sizeof(digest), r, s) == 0, "no signature");
	crypto_ec_private_free(key);
	snp_report_set_signature(&parsed, r, s);
	wire_write(&snp_report_layout, &parsed, report);
}

/*
 * What the report says, read here at the offsets of the specification and by nothing else, so that the
 * reader under test is held against it. Spec: SEV-SNP firmware ABI (AMD 56860), ATTESTATION_REPORT.
 */
static void put_report(const struct vectors *v, const char *name, const uint8_t *report)
{
	unsigned version = report[0];
	char facts[400], fms[8] = "-", reported[BYTES_HEX_SIZE(8)], current[BYTES_HEX_SIZE(8)];

	if (version >= 3)
		TEXT(fms, "%02x%02x%02x", report[0x188], report[0x189], report[0x18a]);
	TEXT(facts,
	     "v%u %s key=%s vmpl=%u policy=0x%llx plat=0x%llx fms=%s reported_tcb=%s current_tcb=%s "
	     "fw=%u.%u.%u ",
	     version,
	     version < 3             ? "-"
	     : report[0x188] == 0x1a ? "Turin"
	     : report[0x189] < 0x10  ? "Milan"
				     : "Genoa",
	     (report[0x48] >> 2 & 7) == 1 ? "VLEK" : "VCEK", report[0x30],
	     (unsigned long long)bytes_get_le(report + 0x8, 8),
	     (unsigned long long)bytes_get_le(report + 0x40, 8), fms,
	     bytes_to_hex(report + 0x180, 8, reported), bytes_to_hex(report + 0x38, 8, current),
	     report[0x1ea], report[0x1e9], report[0x1e8]);
	vectors_put(v, name, "snp-report", report, SNP_REPORT_BYTES, facts);
}

struct case_row {
	const char *report, *leaf; /* without the folder; leaf "-": none */
	const struct variant *variant;
	bool vlek;
	unsigned version;
	uint64_t policy;
	const char *outcome, *reasons;
	long long at; /* 0: the day after the leaf begins, which is when all of it is made */
};

static void put_case(FILE *cases, const struct case_row *c)
{
	const char *product = lower(c->variant->product);
	bool has_leaf = strcmp(c->leaf, "-") != 0;

	fprintf(cases, "snp/%s\t%s%s\tsnp/%s-%s.der\troots/%s-ark.der\t%s\t%s\t%u\t%d\t%s\t%s\t%lld\n",
		c->report, has_leaf ? "snp/" : "", c->leaf, product, c->vlek ? "asvk" : "ask", product,
		snp_product_name(c->variant->product), c->vlek ? "vlek" : "vcek", c->version,
		c->policy == DEBUG_POLICY, c->outcome, c->reasons, c->at ? c->at : MADE_AT);
}

static void put_cert(const struct vectors *v, enum snp_product product, const char *kind, const uint8_t *der,
		     size_t n)
{
	char name[80];

	TEXT(name, "%s/%s-%s.der", strcmp(kind, "ark") == 0 ? "roots" : "snp", lower(product), kind);
	vectors_put(v, name, "amd-cert", der, n, "chain to the test root");
}

/* The two times of a CRL, in place. */
static void patch_dates(uint8_t *der, size_t n, const char *this_update, const char *next_update)
{
	static const uint8_t tag[] = { 0x17, 0x0d };
	uint8_t *first = memmem(der, n, tag, sizeof(tag)), *second;

	vectors_check(first != NULL, "a CRL without a date");
	second = first + sizeof(tag) + 13;
	vectors_check(memcmp(second, tag, sizeof(tag)) == 0, "a CRL without a second date");
	memcpy(first + sizeof(tag), this_update, 13);
	memcpy(second + sizeof(tag), next_update, 13);
}

static void put_version(const struct vectors *v, FILE *cases, const struct variant *variant, unsigned version)
{
	struct machine *m = machine_of(variant->product, version);
	uint8_t report[SNP_REPORT_BYTES], hashstick[PSP_HASHSTICK_BYTES];

	for (unsigned vlek = 0; vlek < 2; vlek++) {
		char name[80], file[96], leaf[80];
		struct case_row row = { .report = name,
					.leaf = leaf,
					.variant = variant,
					.vlek = vlek,
					.version = version,
					.policy = POLICY,
					.outcome = "good",
					.reasons = "-" };

		if (vlek)
			load_vlek(m, hashstick);
		get_report(m, POLICY, vlek, report);
		if (version >= 3)
			report[0x189] = variant->cpuid_model;
		sign_again(m, vlek ? hashstick : NULL, report);
		TEXT(name, "%s-v%u-%s.bin", variant->name, version, vlek ? "vlek" : "vcek");
		TEXT(leaf, "%s-%s.der", lower(variant->product), vlek ? "vlek" : "vcek");
		TEXT(file, "snp/%s", name);
		put_report(v, file, report);
		put_case(cases, &row);
	}
	machine_free(m);
}

/* A product's authorities, and the endorsement keys of one chip at its TCB. */
static void put_certs(const struct vectors *v, enum snp_product product)
{
	static const char *const kinds[] = { [SIM_ARK] = "ark", [SIM_ASK] = "ask", [SIM_ASVK] = "asvk" };
	struct machine *m = machine_of(product, 3);
	uint8_t der[SIM_CERT_MAX_BYTES];
	struct snp_platform_status now;
	size_t n = 0;

	for (unsigned ca = SIM_ARK; ca <= SIM_ASVK; ca++) {
		const uint8_t *cert;

		vectors_check(sim_pki_ca(machine_pki(m), product, ca, &cert, &n, NULL) == 0, "no CA");
		put_cert(v, product, kinds[ca], cert, n);
	}
	vectors_check(sim_psp_platform_status(machine_psp(m), &now) == SNP_SUCCESS, "no platform status");
	vectors_check(sim_kds_vcek(machine_psp(m), machine_pki(m), now.reported_tcb, der, &n, NULL) == 0,
		      "no VCEK");
	put_cert(v, product, "vcek", der, n);
	vectors_check(sim_kds_vlek(machine_psp(m), machine_pki(m), SIM_CSP_ID, now.reported_tcb, der, &n,
				   NULL) == 0,
		      "no VLEK");
	put_cert(v, product, "vlek", der, n);
	machine_free(m);
}

/* Cases that are refused, each for one reason. */
static void put_refused(const struct vectors *v, FILE *cases)
{
	struct machine *m = machine_of(SNP_MILAN, 3);
	struct snp_tcb older = { .boot_loader = 4, .snp = 23, .microcode = 219 };
	uint8_t report[SNP_REPORT_BYTES], der[SIM_CERT_MAX_BYTES];
	struct case_row row = { .variant = &variants[0],
				.version = 3,
				.policy = DEBUG_POLICY,
				.report = "milan-v3-debug.bin",
				.leaf = "milan-vcek.der",
				.outcome = "good",
				.reasons = "debug-allowed" };
	size_t n = 0;

	get_report(m, DEBUG_POLICY, 0, report);
	put_report(v, "snp/milan-v3-debug.bin", report);
	put_case(cases, &row);
	row.policy = POLICY;
	row.report = "milan-v3-vcek.bin";
	row.leaf = "-";
	row.outcome = "certificate-missing";
	row.reasons = "leaf-missing";
	put_case(cases, &row);
	vectors_check(sim_kds_vcek(machine_psp(m), machine_pki(m), snp_tcb_write(SNP_MILAN, &older), der, &n,
				   NULL) == 0,
		      "no VCEK");
	put_cert(v, SNP_MILAN, "vcek-older", der, n);
	der[n - 1] ^= 1; /* of the signature */
	vectors_put(v, "snp/milan-vcek-altered.der", "amd-cert", der, n, "does NOT chain: altered");
	row.leaf = "milan-vcek-older.der";
	row.outcome = "bad";
	row.reasons = "leaf-tcb-mismatch,report-signature";
	put_case(cases, &row);
	machine_free(m);
}

/* A revocation list of the Genoa root, current for one year, which lists the ASVK and not the ASK. */
static void put_crl(const struct vectors *v, FILE *cases)
{
	struct machine *m = machine_of(SNP_GENOA, 3);
	struct case_row row = { .variant = &variants[1],
				.version = 3,
				.policy = POLICY,
				.outcome = "good",
				.report = "genoa-v3-vcek.bin",
				.leaf = "genoa-vcek.der",
				.reasons = "-" };
	uint8_t der[SIM_CERT_MAX_BYTES];
	size_t n = 0;

	vectors_check(sim_pki_crl(machine_pki(m), SNP_GENOA, false, true, der, &n, NULL) == 0, "no CRL");
	patch_dates(der, n, "250601000000Z", "260601000000Z");
	made_resign(der, n, SNP_GENOA, SIM_ARK);
	vectors_put(v, "snp/genoa-crl.der", "amd-crl", der, n, "signature OK next=1780272000 revoked=020101");
	row.at = 1780272000 - 86400;
	put_case(cases, &row);
	row.at = 1780272000 + 86400;
	put_case(cases, &row);
	machine_free(m);
}

/* B46: a table whose certificates are PEM, as a host made it that took them as they came. */
static void put_pem_table(const struct vectors *v)
{
	struct machine *m = machine_of(SNP_MILAN, 3);
	const enum snp_cert_kind kinds[] = { SNP_CERT_ARK, SNP_CERT_ASK, SNP_CERT_VCEK };
	uint8_t vcek[SIM_CERT_MAX_BYTES], buf[4 * SNP_PAGE_BYTES];
	struct snp_platform_status now;
	struct snp_certs table = { 0 };
	struct sim_der ders[3] = { 0 };
	char *pem[3];
	size_t n = 0;

	vectors_check(sim_psp_platform_status(machine_psp(m), &now) == SNP_SUCCESS, "no platform status");
	vectors_check(
		sim_pki_ca(machine_pki(m), SNP_MILAN, SIM_ARK, &ders[0].der, &ders[0].size, NULL) == 0 &&
			sim_pki_ca(machine_pki(m), SNP_MILAN, SIM_ASK, &ders[1].der, &ders[1].size, NULL) ==
				0 &&
			sim_kds_vcek(machine_psp(m), machine_pki(m), now.reported_tcb, vcek, &ders[2].size,
				     NULL) == 0,
		"no certificates");
	ders[2].der = vcek;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		vectors_check(sim_pki_intel_pem(&ders[i], 1, &pem[i], &n, NULL) == 0, "no PEM");
		table.entries[table.n].kind = kinds[i];
		table.entries[table.n++].data = bytes_rd((const uint8_t *)pem[i], n);
	}
	vectors_check(snp_certs_write(&table, buf, sizeof(buf), &n, NULL) == 0, "no table");
	vectors_put(v, "snp/milan-table-pem.bin", "snp-cert-table", buf, n, "ARK ASK VCEK");
	for (size_t i = 0; i < ARRAY_SIZE(pem); i++)
		free(pem[i]);
	machine_free(m);
}

void vectors_put_snp(const struct vectors *v)
{
	FILE *cases = vectors_table(v, "SNP-CASES.tsv",
				    "report\tvek\tintermediate\troot\tproduct\tsigner\tversion\t"
				    "policy_debug\tsignature_and_chain\treasons\tat_unix");

	for (unsigned product = SNP_MILAN; product <= SNP_TURIN; product++)
		put_certs(v, product);
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		for (unsigned version = variants[i].first_version; version <= NEWEST_VERSION; version++)
			put_version(v, cases, &variants[i], version);
	put_refused(v, cases);
	put_crl(v, cases);
	put_pem_table(v);
	vectors_check(fclose(cases) == 0, "SNP-CASES.tsv");
}
