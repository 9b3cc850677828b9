/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/cleanup.h"
#include "cases/table_snp.h"

/* What a policy says about identity, versions, signer and scope. */

static const struct bytes {
	const char *field, *id, *reason;
	unsigned size;
	enum snp_product product;
} bytes[] = {
	{ "report_data", "report-data", "report-data-mismatch", 64, SNP_MILAN },
	{ "measurement", "measurement", "measurement-mismatch", 48, SNP_GENOA },
	{ "host_data", "host-data", "host-data-mismatch", 32, SNP_TURIN },
	{ "id_key_digest", "id-key-digest", "id-key-digest-mismatch", 48, SNP_MILAN },
	{ "author_key_digest", "author-key-digest", "author-key-digest-mismatch", 48, SNP_GENOA },
	{ "family_id", "family-id", "family-id-mismatch", 16, SNP_TURIN },
	{ "image_id", "image-id", "image-id-mismatch", 16, SNP_MILAN },
	{ "report_id", "report-id", "report-id-mismatch", 32, SNP_GENOA },
	{ "chip_id", "chip-id", "chip-id-mismatch", 64, SNP_MILAN },
};

/* n bytes of 0xa7 in hex. */
static const char *same_bytes(struct cases_builder *b, unsigned n, const char *last)
{
	static const char all[] = "a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7"
				  "a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7";

	return cases_text(b, "%.*s%s", (int)(2 * (n - 1)), all, last);
}

/* A value that the policy names; one whose last byte differs; one of two. */
static int add_bytes(struct cases_builder *b, const struct bytes *f)
{
	const char *value = same_bytes(b, f->size, "a7"), *other = same_bytes(b, f->size, "a6");
	struct cases_row row = { .product = f->product };
	struct cases_row rows[3];

	/* The VCEK must be of the same chip. */
	row.items[0] = strcmp(f->field, "chip_id") == 0 ? cases_text(b, "platform.hwid=%s", value)
							: cases_text(b, "report.%s=%s", f->field, value);
	if (!strcmp(f->field, "author_key_digest"))
		row.items[1] = "report.key_info.AUTHOR_KEY_EN=yes";
	row.spec = cases_text(b, MEMBER("%s"), f->field);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		rows[i] = row;
	rows[0].id = cases_text(b, "snp-policy-%s-equal", f->id);
	rows[0].what = cases_text(b, "The %s is the value that the policy requires.", f->field);
	rows[0].policy = cases_text(b, "\"%s\": \"%s\"", f->field, value);
	rows[1].id = cases_text(b, "snp-policy-%s-last-byte", f->id);
	rows[1].what = cases_text(b, "The last byte of %s is not that of the value that the policy requires.",
				  f->field);
	rows[1].policy = cases_text(b, "\"%s\": \"%s\"", f->field, other);
	rows[1].verdict = CASES_REFUSED;
	rows[1].class = CASES_IDENTITY;
	rows[1].reasons[0] = f->reason;
	rows[2].id = cases_text(b, "snp-policy-%s-second-of-two", f->id);
	rows[2].what = cases_text(b, "The %s is the second of two values that the policy allows.", f->field);
	rows[2].policy = cases_text(b, "\"%s\": [\"%s\", \"%s\"]", f->field, other, value);
	return cases_add(b, rows, ARRAY_SIZE(rows));
}

/* A number against a minimum: exactly met and missed by one. */
static const struct version {
	const char *id, *what, *spec, *item, *policy, *reason; /* reason NULL: accepted */
	uint32_t report_version;
} versions[] = {
	{ "guest-svn-met", "The guest_svn is exactly the minimum", MEMBER("minimum_guest_svn"),
	  "report.guest_svn=7", "\"minimum_guest_svn\": 7", NULL, 3 },
	{ "guest-svn-missed", "The guest_svn is one below the minimum", MEMBER("minimum_guest_svn"),
	  "report.guest_svn=6", "\"minimum_guest_svn\": 7", "guest-svn-below-minimum", 3 },
	{ "guest-svn-highest-met", "The guest_svn and its minimum are the highest numbers that there are",
	  MEMBER("minimum_guest_svn"), "report.guest_svn=0xffffffff", "\"minimum_guest_svn\": 4294967295",
	  NULL, 3 },
	{ "guest-svn-byte-order",
	  "The guest_svn is 256 and its minimum 65536: their bytes in the other order would meet it",
	  MEMBER("minimum_guest_svn"), "report.guest_svn=0x100", "\"minimum_guest_svn\": 65536",
	  "guest-svn-below-minimum", 3 },
	{ "abi-met", "The guest policy requires exactly the minimum ABI", MEMBER("minimum_policy_abi"),
	  "report.policy=0x30133", "\"minimum_policy_abi\": \"1.51\"", NULL, 3 },
	{ "abi-minor-missed", "The minor ABI version of the guest policy is one below the minimum",
	  MEMBER("minimum_policy_abi"), "report.policy=0x30132", "\"minimum_policy_abi\": \"1.51\"",
	  "guest-abi-below-minimum", 3 },
	{ "abi-major-missed",
	  "The major ABI version of the guest policy is one below the minimum, its minor one above",
	  MEMBER("minimum_policy_abi"), "report.policy=0x30034", "\"minimum_policy_abi\": \"1.51\"",
	  "guest-abi-below-minimum", 3 },
	{ "abi-major-above",
	  "The major ABI version of the guest policy is above the minimum, its minor below",
	  MEMBER("minimum_policy_abi"), "report.policy=0x30200", "\"minimum_policy_abi\": \"1.51\"", NULL,
	  3 },
	{ "launch-mitigations-met", "Exactly the launch mitigations that the policy requires are there",
	  MEMBER("minimum_launch_mit_vector"), "report.launch_mit_vector=5",
	  "\"minimum_launch_mit_vector\": 5", NULL, 5 },
	{ "launch-mitigations-missed", "One of the launch mitigations is not there, and a higher one is",
	  MEMBER("minimum_launch_mit_vector"), "report.launch_mit_vector=10",
	  "\"minimum_launch_mit_vector\": 3", "launch-mit-vector-below-minimum", 5 },
	{ "current-mitigations-met", "Exactly the current mitigations that the policy requires are there",
	  MEMBER("minimum_current_mit_vector"), "report.current_mit_vector=0x8000000000000001",
	  "\"minimum_current_mit_vector\": \"0x8000000000000001\"", NULL, 5 },
	{ "current-mitigations-missed", "The highest of the current mitigations is not there",
	  MEMBER("minimum_current_mit_vector"), "report.current_mit_vector=0x7fffffffffffffff",
	  "\"minimum_current_mit_vector\": \"0x8000000000000001\"", "current-mit-vector-below-minimum", 5 },
	{ "mitigations-version-4",
	  "The policy requires a mitigation, and reports of version 4 have no vector",
	  MEMBER("minimum_current_mit_vector"), "report.guest_svn=0", "\"minimum_current_mit_vector\": 1",
	  "mit-vector-missing", 4 },
	{ "mitigations-none-version-3",
	  "The policy requires no mitigation, and reports of version 3 have no vector",
	  MEMBER("minimum_launch_mit_vector"), "report.guest_svn=0", "\"minimum_launch_mit_vector\": 0", NULL,
	  3 },
	{ "mitigations-lost", "A mitigation that was there at launch is not there any more",
	  MEMBER("require_launch_mitigations"), "report.launch_mit_vector=0x41",
	  "\"require_launch_mitigations\": true", "launch-mitigations-lost", 5 },
	{ "mitigations-kept", "All mitigations of the launch are still there",
	  MEMBER("require_launch_mitigations"), "report.launch_mit_vector=0",
	  "\"require_launch_mitigations\": true", NULL, 5 },
	{ "mitigations-kept-version-3",
	  "Whether mitigations were lost is unknown: the report is of version 3",
	  MEMBER("require_launch_mitigations"), "report.guest_svn=0", "\"require_launch_mitigations\": true",
	  "mit-vector-missing", 3 },
};

static int add_version(struct cases_builder *b, const struct version *v)
{
	struct cases_row row = { .product = v->report_version == 5 ? SNP_TURIN : SNP_MILAN,
				 .report_version = v->report_version,
				 .spec = v->spec,
				 .items = { v->item },
				 .policy = v->policy,
				 .verdict = v->reason ? CASES_REFUSED : CASES_ACCEPTED,
				 .class = v->reason ? CASES_TCB : CASES_GOOD,
				 .reasons = { v->reason } };

	row.id = cases_text(b, "snp-policy-%s", v->id);
	row.what = cases_text(b, "%s.", v->what);
	return cases_add(b, &row, 1);
}

/* Firmware versions: current and committed, each number. */
static int add_firmware(struct cases_builder *b)
{
	static const struct {
		const char *id, *what;
		unsigned major, minor, build;
		bool refused;
	} rows[] = {
		{ "met", "exactly the minimum, 1.55.29", 1, 55, 29, false },
		{ "build-missed", "1.55.28, one build below the minimum, 1.55.29", 1, 55, 28, true },
		{ "minor-missed", "1.54.255, one minor version below the minimum, 1.55.29", 1, 54, 255,
		  true },
		{ "major-missed", "0.255.255, one major version below the minimum, 1.55.29", 0, 255, 255,
		  true },
		{ "minor-above", "1.56.0, above the minimum, 1.55.29, with a lower build", 1, 56, 0, false },
		{ "major-above", "2.0.0, above the minimum, 1.55.29, with lower other numbers", 2, 0, 0,
		  false },
	};
	int r = 0;

	for (int committed = 0; committed <= 1; committed++)
		for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++) {
			const char *which = committed ? "committed" : "current";
			const char *member = committed ? "minimum_committed_firmware" : "minimum_firmware";
			struct cases_row row = { .product = committed ? SNP_GENOA : SNP_MILAN };

			row.id = cases_text(b, "snp-policy-firmware-%s-%s", which, rows[i].id);
			row.what = cases_text(b, "The %s firmware is %s.", which, rows[i].what);
			row.spec = cases_text(b, MEMBER("%s"), member);
			row.items[0] = cases_text(b, "report.%s_major=%u", which, rows[i].major);
			row.items[1] = cases_text(b, "report.%s_minor=%u", which, rows[i].minor);
			row.items[2] = cases_text(b, "report.%s_build=%u", which, rows[i].build);
			row.policy = cases_text(b, "\"%s\": \"1.55.29\"", member);
			if (rows[i].refused) {
				row.verdict = CASES_REFUSED;
				row.class = CASES_TCB;
				row.reasons[0] = committed ? "committed-firmware-below-minimum"
							   : "firmware-below-minimum";
			}
			r = cases_add(b, &row, 1);
		}
	return r;
}

static const struct cases_row others[] = {
	{ SNP("policy-report-data-shorter",
	      "The policy's value is shorter than report_data, whose rest is zero.", MEMBER("report_data")),
	  ON(MILAN, 3),
	  ITEMS("report.report_data="
		"a7a7a7a7000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000"),
	  POLICY("\"report_data\": \"a7a7a7a7\""), ACCEPTED },
	{ SNP("policy-report-data-prefix", "The report_data only begins with the policy's value.",
	      MEMBER("report_data")),
	  ON(MILAN, 3), ITEMS("report.report_data=xa7"), POLICY("\"report_data\": \"a7a7a7a7\""),
	  REFUSED(IDENTITY, "report-data-mismatch") },
	{ SNP("policy-report-data-replayed",
	      "The report_data is of another challenge: the report may be an old one.",
	      MEMBER("report_data")),
	  ON(TURIN, 5), BUG("agentrust-io/cmcp#371"), ITEMS("report.report_data=x0d"),
	  POLICY("\"report_data\": \"0e0e0e0e\""), REFUSED(IDENTITY, "report-data-mismatch") },
	{ SNP("policy-two-wrong", "Measurement and host data are not what the policy requires.",
	      MEMBER("measurement, host_data")),
	  ON(MILAN, 3), ITEMS("report.measurement=x11", "report.host_data=x12"),
	  POLICY("\"measurement\": "
		 "\"222222222222222222222222222222222222222222222222222222222222222222222222222222222222"
		 "222222222222\", \"host_data\": "
		 "\"2222222222222222222222222222222222222222222222222222222222222222\""),
	  REFUSED(IDENTITY, "measurement-mismatch", "host-data-mismatch") },
	{ SNP("policy-id-key-required-none", "The policy requires an ID key, and the guest has none.",
	      MEMBER("id_key_digest")),
	  ON(GENOA, 3), ITEMS("report.id_key_digest=x00"),
	  POLICY("\"id_key_digest\": "
		 "\"222222222222222222222222222222222222222222222222222222222222222222222222222222222"
		 "222222222222222\""),
	  REFUSED(IDENTITY, "id-key-digest-mismatch") },
	{ SNP("policy-chip-id-turin", "The policy names a Turin chip by its 8 bytes.", MEMBER("chip_id")),
	  ON(TURIN, 5), ITEMS("platform.hwid=a7a7a7a7a7a7a7a7"), POLICY("\"chip_id\": \"a7a7a7a7a7a7a7a7\""),
	  ACCEPTED },
	{ SNP("policy-chip-id-turin-other", "The policy names another Turin chip.", MEMBER("chip_id")),
	  ON(TURIN, 5), ITEMS("platform.hwid=a7a7a7a7a7a7a7a7"), POLICY("\"chip_id\": \"a7a7a7a7a7a7a7a6\""),
	  REFUSED(IDENTITY, "chip-id-mismatch") },
	{ SNP("policy-vmpl-met", "The VMPL is the one that the policy allows.", MEMBER("vmpl")), ON(MILAN, 3),
	  ITEMS("report.vmpl=1"), POLICY("\"vmpl\": 1"), ACCEPTED },
	{ SNP("policy-vmpl-other", "The VMPL is not one of two that the policy allows.", MEMBER("vmpl")),
	  ON(GENOA, 3), ITEMS("report.vmpl=1"), POLICY("\"vmpl\": [0, 2]"),
	  REFUSED(IDENTITY, "vmpl-not-allowed") },
	{ SNP("policy-maximum-vmpl-met", "The VMPL is exactly the maximum.", MEMBER("maximum_vmpl")),
	  ON(TURIN, 5), ITEMS("report.vmpl=2"), POLICY("\"maximum_vmpl\": 2"), ACCEPTED },
	{ SNP("policy-maximum-vmpl-missed", "The VMPL is one above the maximum.", MEMBER("maximum_vmpl")),
	  ON(TURIN, 5), ITEMS("report.vmpl=3"), POLICY("\"maximum_vmpl\": 2"),
	  REFUSED(IDENTITY, "vmpl-not-allowed") },
	{ SNP("policy-vmpl-0-only",
	      "VMPL 1 requested the report, and the policy allows the SVSM at VMPL 0 only.",
	      MEMBER("maximum_vmpl")),
	  ON(MILAN, 3), ITEMS("report.vmpl=1"), POLICY("\"maximum_vmpl\": 0"),
	  REFUSED(IDENTITY, "vmpl-not-allowed") },
	{ SNP("policy-product-met", "The product is one of two that the policy allows.", MEMBER("products")),
	  ON(GENOA, 3), POLICY("\"products\": [\"Milan\", \"Genoa\"]"), ACCEPTED },
	{ SNP("policy-product-other", "The policy does not allow the product.", MEMBER("products")),
	  ON(MILAN, 3), POLICY("\"products\": [\"Genoa\", \"Turin\"]"),
	  REFUSED(IDENTITY, "product-not-allowed") },
	{ SNP("policy-product-v2", "The policy allows Genoa only; the report, without CPUID, is of Milan.",
	      MEMBER("products")),
	  ON(MILAN, 2), POLICY("\"products\": \"Genoa\""), REFUSED(IDENTITY, "product-not-allowed") },
	{ SNP("policy-product-unknown-listed", "The product is unknown, so no list of products has it.",
	      MEMBER("products")),
	  ON(TURIN, 5), ITEMS("report.cpuid_mod_id=0x50"),
	  POLICY("\"products\": [\"Milan\", \"Genoa\", \"Turin\"]"),
	  REFUSED(BINDING, "product-unknown", "product-not-allowed") },
	{ SNP("policy-vcek-not-allowed", "The policy does not allow reports that a VCEK signed.",
	      MEMBER("allow_vcek")),
	  ON(MILAN, 3), POLICY("\"allow_vcek\": false"), REFUSED(IDENTITY, "vcek-not-allowed") },
	{ SNP("policy-vcek-not-allowed-vlek", "The policy does not allow VCEKs, and a VLEK signed.",
	      MEMBER("allow_vcek")),
	  ON(MILAN, 3), .vlek = true, POLICY("\"allow_vcek\": false"), ACCEPTED },
	{ SNP("policy-vlek-not-allowed", "The policy does not allow reports that a VLEK signed.",
	      MEMBER("allow_vlek")),
	  ON(GENOA, 3), .vlek = true, POLICY("\"allow_vlek\": false"),
	  REFUSED(IDENTITY, "vlek-not-allowed") },
	{ SNP("policy-vlek-not-allowed-vcek", "The policy does not allow VLEKs, and a VCEK signed.",
	      MEMBER("allow_vlek")),
	  ON(TURIN, 5), POLICY("\"allow_vlek\": false"), ACCEPTED },
	{ SNP("policy-csp-id-met", "The VLEK is of the provider that the policy names.", MEMBER("csp_id")),
	  ON(MILAN, 3), .vlek = true, ITEMS("vlek.csp_id=CN=cc-us-east-2.example.invalid"),
	  POLICY("\"csp_id\": \"CN=cc-us-east-2.example.invalid\""), ACCEPTED },
	{ SNP("policy-csp-id-second", "The VLEK is of the second of two providers that the policy names.",
	      MEMBER("csp_id")),
	  ON(GENOA, 3), .vlek = true, ITEMS("vlek.csp_id=CN=b.invalid"),
	  POLICY("\"csp_id\": [\"CN=a.invalid\", \"CN=b.invalid\"]"), ACCEPTED },
	{ SNP("policy-csp-id-other", "The VLEK is of another provider than the policy names.",
	      MEMBER("csp_id")),
	  ON(MILAN, 3), .vlek = true, ITEMS("vlek.csp_id=CN=cc-us-east-1.example.invalid"),
	  POLICY("\"csp_id\": \"CN=cc-us-east-2.example.invalid\""),
	  REFUSED(IDENTITY, "csp-id-not-allowed") },
	{ SNP("policy-csp-id-prefix", "The provider's name only begins with that of the policy.",
	      MEMBER("csp_id")),
	  ON(MILAN, 3), .vlek = true, ITEMS("vlek.csp_id=CN=a.invalid.example.invalid"),
	  POLICY("\"csp_id\": \"CN=a.invalid\""), REFUSED(IDENTITY, "csp-id-not-allowed") },
	{ SNP("policy-csp-id-vcek", "The policy names a provider, and a VCEK, which has none, signed.",
	      MEMBER("csp_id")),
	  ON(MILAN, 3), POLICY("\"csp_id\": \"CN=a.invalid\""), REFUSED(IDENTITY, "policy-scope") },
	{ SNP("policy-csp-id-vcek-allowed", "The policy names a provider for VLEKs and allows VCEKs as well.",
	      MEMBER("csp_id")),
	  ON(MILAN, 3), POLICY("\"csp_id\": \"CN=a.invalid\", \"allow_vcek\": true"), ACCEPTED },
	{ SNP("policy-provisional-firmware",
	      "The firmware that runs is not committed, and the policy requires that.",
	      MEMBER("allow_provisional_firmware")),
	  ON(MILAN, 3), ITEMS("report.current_build=+1"), POLICY("\"allow_provisional_firmware\": false"),
	  REFUSED(TCB, "provisional-firmware") },
	{ SNP("policy-provisional-tcb", "The TCB that runs is not committed, and the policy requires that.",
	      MEMBER("allow_provisional_firmware")),
	  ON(TURIN, 5), ITEMS("report.committed_tcb.microcode=-1"),
	  POLICY("\"allow_provisional_firmware\": false"), REFUSED(TCB, "provisional-firmware") },
	{ SNP("policy-committed-firmware", "The firmware that runs is committed, as the policy requires.",
	      MEMBER("allow_provisional_firmware")),
	  ON(GENOA, 3), POLICY("\"allow_provisional_firmware\": false"), ACCEPTED },
	{ SNP("policy-provisional-default",
	      "The firmware that runs is not committed, which is allowed by default.",
	      MEMBER("allow_provisional_firmware")),
	  ON(GENOA, 3), ITEMS("report.current_build=+1"), ACCEPTED },
	{ SNP("policy-tees-tdx", "The policy accepts TDX quotes only.", MEMBER("tees")), ON(MILAN, 3),
	  POLICY("\"tees\": \"tdx\""), REFUSED(IDENTITY, "tee-not-allowed") },
	{ SNP("policy-tees-both", "The policy accepts both TEEs, with a requirement on TDs.", MEMBER("tees")),
	  ON(MILAN, 3), POLICY("\"tees\": [\"sev-snp\", \"tdx\"], \"sgx_type\": 0"), ACCEPTED },
	{ SNP("policy-scope-tdx", "All of the policy is about TDs, and the evidence is a SEV-SNP report.",
	      "jurat-policy(5), SCOPE"),
	  ON(GENOA, 3), POLICY("\"sgx_type\": 0"), REFUSED(IDENTITY, "policy-scope") },
	{ SNP("policy-everything-met", "A policy with many members, each of which is met exactly.",
	      "jurat-policy(5)"),
	  ON(MILAN, 5),
	  ITEMS("platform.tcb=0xdb18000000000204", "report.guest_svn=3", "report.vmpl=1",
		"report.policy=0x20137", "report.platform_info=0x24", "report.current_mit_vector=3",
		"report.launch_mit_vector=1", "report.family_id=xa7"),
	  POLICY("\"minimum_tcb\": {\"Milan\": {\"boot_loader\": 4, \"tee\": 2, \"snp\": 24, \"microcode\": "
		 "219}}, "
		 "\"minimum_guest_svn\": 3, \"maximum_vmpl\": 1, \"allow_smt\": false, "
		 "\"minimum_policy_abi\": \"1.55\", \"required_platform_info\": \"0x24\", "
		 "\"minimum_current_mit_vector\": 3, \"require_launch_mitigations\": true, "
		 "\"family_id\": \"a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7\", \"products\": \"Milan\", "
		 "\"allow_vlek\": false"),
	  ACCEPTED },
};

int table_snp_policy(struct cases_builder *b)
{
	int r = cases_add(b, others, ARRAY_SIZE(others));

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(bytes); i++)
		r = add_bytes(b, &bytes[i]);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(versions); i++)
		r = add_version(b, &versions[i]);
	return r == 0 ? add_firmware(b) : r;
}
