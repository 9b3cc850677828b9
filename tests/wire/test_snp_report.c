/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"
#include "wire_test.h"

#include <errno.h>

#include "wire/snp_kds.h"
#include "wire/snp_report.h"

/* A report whose every byte tells where it is, of the given version. */
static uint8_t *sample(unsigned version)
{
	uint8_t *bytes = malloc(SNP_REPORT_BYTES);

	assert_non_null(bytes);
	for (size_t i = 0; i < SNP_REPORT_BYTES; i++)
		bytes[i] = (uint8_t)(i ^ i >> 8);
	bytes_put_le(bytes, version, 4);
	return bytes;
}

static void fields_lie_where_the_specification_says(void **state)
{
	uint8_t *bytes = sample(5);
	struct snp_report r;

	(void)state;
	assert_int_equal(snp_report_read(bytes, SNP_REPORT_BYTES, &r, NULL), 0);
	assert_int_equal(r.version, 5);
	assert_true(r.policy == bytes_get_le(bytes + 0x008, 8));
	assert_int_equal(r.vmpl, bytes_get_le(bytes + 0x030, 4));
	assert_true(r.current_tcb == bytes_get_le(bytes + 0x038, 8));
	assert_true(r.platform_info == bytes_get_le(bytes + 0x040, 8));
	assert_int_equal(r.key_info, bytes_get_le(bytes + 0x048, 4));
	assert_memory_equal(r.report_data, bytes + 0x050, 64);
	assert_memory_equal(r.measurement, bytes + 0x090, 48);
	assert_memory_equal(r.host_data, bytes + 0x0c0, 32);
	assert_memory_equal(r.id_key_digest, bytes + 0x0e0, 48);
	assert_memory_equal(r.author_key_digest, bytes + 0x110, 48);
	assert_true(r.reported_tcb == bytes_get_le(bytes + 0x180, 8));
	assert_int_equal(r.cpuid_fam_id, bytes[0x188]);
	assert_memory_equal(r.chip_id, bytes + 0x1a0, 64);
	assert_true(r.committed_tcb == bytes_get_le(bytes + 0x1e0, 8));
	assert_int_equal(r.current_major, bytes[0x1ea]);
	assert_int_equal(r.committed_build, bytes[0x1ec]);
	assert_true(r.launch_tcb == bytes_get_le(bytes + 0x1f0, 8));
	assert_true(r.launch_mit_vector == bytes_get_le(bytes + 0x1f8, 8));
	assert_memory_equal(r.signature_r, bytes + 0x2a0, 72);
	assert_memory_equal(r.signature_s, bytes + 0x2e8, 72);
	free(bytes);
}

static void versions_2_to_5_are_read_and_others_refused(void **state)
{
	static const uint32_t bad[] = { 0, 1, 6, 255, 256, 0x02000000, UINT32_MAX };
	struct snp_report r, before;
	struct jurat_error err;
	char want[128];

	(void)state;
	for (unsigned v = 2; v <= 5; v++) {
		uint8_t *bytes = sample(v);

		assert_int_equal(snp_report_read(bytes, SNP_REPORT_BYTES, &r, NULL), 0);
		assert_int_equal(r.version, v);
		free(bytes);
	}
	before = r;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint8_t *bytes = sample(bad[i]);

		assert_int_equal(snp_report_read(bytes, SNP_REPORT_BYTES, &r, &err), -EPROTO);
		if (bad[i] > 5 && bad[i] < 256) /* no other number is one that a report could have */
			TEXT(want,
			     "SNP attestation report: version %u is newer than this verifier, which reads "
			     "versions "
			     "2 to 5",
			     bad[i]);
		else
			TEXT(want, "SNP attestation report: version %u, expected 2 to 5", bad[i]);
		assert_string_equal(err.text, want);
		free(bytes);
	}
	assert_memory_equal(&r, &before, sizeof(r));
}

static void every_truncation_is_refused(void **state)
{
	uint8_t *bytes = sample(3);
	struct snp_report r;

	(void)state;
	for (size_t n = 0; n < SNP_REPORT_BYTES; n++) {
		uint8_t *cut = heap_copy(bytes, n);

		assert_int_equal(snp_report_read(cut, n, &r, NULL), -EBADMSG);
		free(cut);
	}
	free(bytes);
}

static void signature_numbers_are_turned_and_must_be_48_bytes(void **state)
{
	struct snp_report report = { 0 };
	uint8_t r[48], s[48], got_r[48], got_s[48];

	(void)state;
	for (unsigned i = 0; i < 48; i++) {
		r[i] = (uint8_t)(i + 1);
		s[i] = (uint8_t)(0xff - i);
	}
	memset(&report.signature_r, 0xee, sizeof(report.signature_r));
	snp_report_set_signature(&report, r, s);
	assert_int_equal(report.signature_r[0], 48);
	assert_int_equal(report.signature_r[47], 1);
	assert_true(bytes_all(report.signature_r + 48, 24, 0));
	assert_true(snp_report_signature(&report, got_r, got_s));
	assert_memory_equal(got_r, r, 48);
	assert_memory_equal(got_s, s, 48);
	memset(got_r, 0, 48);
	for (unsigned i = 48; i < 72; i++) {
		report.signature_r[i] = 1;
		assert_false(snp_report_signature(&report, got_r, got_s));
		report.signature_r[i] = 0;
		report.signature_s[i] = 0x80;
		assert_false(snp_report_signature(&report, got_r, got_s));
		report.signature_s[i] = 0;
	}
	assert_true(bytes_all(got_r, 48, 0));
}

static void products_come_from_family_and_model(void **state)
{
	static const struct {
		unsigned family, model;
		enum snp_product want;
	} cases[] = {
		{ 0x19, 0x00, SNP_MILAN },
		{ 0x19, 0x01, SNP_MILAN },
		{ 0x19, 0x0f, SNP_MILAN },
		{ 0x19, 0x10, SNP_GENOA },
		{ 0x19, 0x11, SNP_GENOA },
		{ 0x19, 0x1f, SNP_GENOA },
		{ 0x19, 0x20, SNP_PRODUCT_UNKNOWN },
		{ 0x19, 0x9f, SNP_PRODUCT_UNKNOWN },
		{ 0x19, 0xa0, SNP_GENOA },
		{ 0x19, 0xaf, SNP_GENOA },
		{ 0x19, 0xb0, SNP_PRODUCT_UNKNOWN },
		{ 0x1a, 0x00, SNP_TURIN },
		{ 0x1a, 0x02, SNP_TURIN },
		{ 0x1a, 0x11, SNP_TURIN },
		{ 0x1a, 0x12, SNP_PRODUCT_UNKNOWN },
		{ 0x1a, 0x50, SNP_PRODUCT_UNKNOWN }, /* Venice */
		{ 0x17, 0x01, SNP_PRODUCT_UNKNOWN },
		{ 0, 0, SNP_PRODUCT_UNKNOWN },
		{ 0x119, 0x01, SNP_PRODUCT_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snp_report r = { .version = 3,
					.cpuid_fam_id = (uint8_t)cases[i].family,
					.cpuid_mod_id = (uint8_t)cases[i].model };

		assert_int_equal(snp_product_by_cpuid(cases[i].family, cases[i].model), cases[i].want);
		if (cases[i].family < 0x100)
			assert_int_equal(snp_product_of_report(&r), cases[i].want);
	}
}

static void version_2_reports_tell_only_turin(void **state)
{
	struct snp_report r = { .version = 2, .cpuid_fam_id = 0x19 };

	(void)state;
	assert_int_equal(snp_product_of_report(&r), SNP_PRODUCT_UNKNOWN); /* masked chip_id */
	r.chip_id[7] = 1;
	assert_int_equal(snp_product_of_report(&r), SNP_TURIN);
	r.chip_id[63] = 1;
	assert_int_equal(snp_product_of_report(&r), SNP_PRODUCT_UNKNOWN);
}

static void certificates_name_a_product_or_a_part_of_it(void **state)
{
	static const struct {
		const char *name;
		enum snp_product product;
	} rows[] = {
		{ "Milan-B0", SNP_MILAN },      { "Milan", SNP_MILAN },
		{ "Turin", SNP_TURIN },         { "Genoa-B1", SNP_GENOA },
		{ "Bergamo-A2", SNP_GENOA },    { "Siena", SNP_GENOA },
		{ "Siena-B0", SNP_GENOA },      { "SienaX", SNP_PRODUCT_UNKNOWN },
		{ "Sie", SNP_PRODUCT_UNKNOWN }, { "-B0", SNP_PRODUCT_UNKNOWN },
		{ "", SNP_PRODUCT_UNKNOWN },    { "Venice-A0", SNP_PRODUCT_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(snp_product_of_part(rows[i].name), rows[i].product);
}

/* Spec: AMD 57230; the parameters as `snpguest fetch vcek` writes them. */
static void a_vcek_has_an_address_at_amd(void **state)
{
	const struct snp_tcb tcb = { .fmc = 1, .boot_loader = 4, .tee = 0, .snp = 24, .microcode = 219 };
	uint8_t chip_id[64] = { 0x1e, 0x55, 0x0a, 0x8e, 0xe5, 0xcf, 0x9f, 0x4d };
	char url[300], expected[300], cut[20];
	size_t n;

	(void)state;
	n = snp_kds_vcek_url(SNP_TURIN, chip_id, &tcb, url, sizeof(url));
	assert_string_equal(url, "https://kdsintf.amd.com/vcek/v1/Turin/1e550a8ee5cf9f4d"
				 "?fmcSPL=01&blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219");
	assert_int_equal(n, strlen(url));
	assert_int_equal(snp_kds_vcek_url(SNP_TURIN, chip_id, &tcb, cut, sizeof(cut)), n);
	assert_memory_equal(cut, url, sizeof(cut) - 1);
	snp_kds_vcek_url(SNP_MILAN, chip_id, &tcb, url, sizeof(url));
	TEXT(expected,
	     "https://kdsintf.amd.com/vcek/v1/Milan/"
	     "1e550a8ee5cf9f4d%0112d?blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219",
	     0);
	assert_string_equal(url, expected);
	snp_kds_chain_url(SNP_GENOA, false, url, sizeof(url));
	assert_string_equal(url, "https://kdsintf.amd.com/vcek/v1/Genoa/cert_chain");
	snp_kds_chain_url(SNP_TURIN, true, url, sizeof(url));
	assert_string_equal(url, "https://kdsintf.amd.com/vlek/v1/Turin/cert_chain");
	snp_kds_crl_url(SNP_MILAN, true, url, sizeof(url));
	assert_string_equal(url, "https://kdsintf.amd.com/vlek/v1/Milan/crl");
}

static void products_have_names(void **state)
{
	char names[SNP_PRODUCT_NAMES_BYTES];

	(void)state;
	assert_string_equal(snp_product_names("and", names), "Milan, Genoa and Turin");
	assert_string_equal(snp_product_name(SNP_MILAN), "Milan");
	assert_string_equal(snp_product_name(SNP_GENOA), "Genoa");
	assert_string_equal(snp_product_name(SNP_TURIN), "Turin");
	assert_string_equal(snp_product_name(SNP_PRODUCT_UNKNOWN), "unknown");
	assert_string_equal(snp_product_name((enum snp_product)77), "unknown");
	for (unsigned i = 0; i < SNP_N_PRODUCTS; i++)
		assert_int_equal(snp_product_by_name(snp_product_name((enum snp_product)i)), i);
	assert_int_equal(snp_product_by_name("mILAN"), SNP_MILAN);
	assert_int_equal(snp_product_by_name("Milan-B0"), SNP_PRODUCT_UNKNOWN);
	assert_int_equal(snp_product_by_name(""), SNP_PRODUCT_UNKNOWN);
	assert_int_equal(snp_product_by_name("Siena"), SNP_PRODUCT_UNKNOWN);
	assert_int_equal(snp_hwid_bytes(SNP_TURIN), 8);
	assert_int_equal(snp_hwid_bytes(SNP_GENOA), 64);
}

static void tcb_versions_follow_the_product(void **state)
{
	static const struct {
		enum snp_product product;
		uint64_t raw;
		bool ok;
		struct snp_tcb tcb;
		const char *text;
	} cases[] = {
		{ SNP_MILAN,
		  0x4405000000000002,
		  true,
		  { 0, 2, 0, 5, 0x44 },
		  "boot_loader 2, tee 0, snp 5, microcode 68" },
		{ SNP_GENOA,
		  0xdb1800000000010a,
		  true,
		  { 0, 10, 1, 24, 219 },
		  "boot_loader 10, tee 1, snp 24, microcode 219" },
		{ SNP_TURIN,
		  0x4d00000004030201,
		  true,
		  { 1, 2, 3, 4, 0x4d },
		  "fmc 1, boot_loader 2, tee 3, snp 4, microcode 77" },
		{ SNP_TURIN, 0, true, { 0 }, "fmc 0, boot_loader 0, tee 0, snp 0, microcode 0" },
		{ SNP_MILAN, 0x0000000000010000, false },
		{ SNP_MILAN, 0x0000ff0000000000, false },
		{ SNP_GENOA, 0x0000000001000000, false },
		{ SNP_TURIN, 0x0000000100000000, false },
		{ SNP_TURIN, 0x0001000000000000, false },
		{ SNP_PRODUCT_UNKNOWN, 0, false },
	};
	char buf[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snp_tcb tcb = { 9, 9, 9, 9, 9 };

		assert_int_equal(snp_tcb_read(cases[i].product, cases[i].raw, &tcb), cases[i].ok);
		if (!cases[i].ok) {
			assert_memory_equal(&tcb, (&(struct snp_tcb){ 9, 9, 9, 9, 9 }), sizeof(tcb));
			continue;
		}
		assert_memory_equal(&tcb, &cases[i].tcb, sizeof(tcb));
		assert_true(snp_tcb_write(cases[i].product, &tcb) == cases[i].raw);
		assert_int_equal(snp_tcb_format(cases[i].product, &tcb, buf, sizeof(buf)),
				 strlen(cases[i].text));
		assert_string_equal(buf, cases[i].text);
	}
}

static void tcbs_compare_by_component(void **state)
{
	static const char *const names[] = { "fmc", "boot_loader", "tee", "snp", "microcode" };
	const struct snp_tcb floor = { 5, 5, 5, 5, 5 };
	struct snp_tcb tcb = floor;

	(void)state;
	assert_true(snp_tcb_at_least(&tcb, &floor));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		tcb = (struct snp_tcb){ 255, 255, 255, 255, 255 };
		assert_true(snp_tcb_at_least(&tcb, &floor));
		*snp_tcb_component(&tcb, names[i]) = 4; /* bigger as a number, smaller in one component */
		assert_false(snp_tcb_at_least(&tcb, &floor));
	}
	assert_null(snp_tcb_component(&tcb, "bootloader"));
}

static void policy_and_key_info_are_shown_in_words(void **state)
{
	static const struct {
		uint64_t policy;
		const char *want;
	} policies[] = {
		{ 0x30000, "ABI 0.0 SMT MUST_BE_ONE" },
		{ 0x3001f, "ABI 0.31 SMT MUST_BE_ONE" },
		{ 0xb0137, "ABI 1.55 SMT MUST_BE_ONE DEBUG" },
		{ 0, "ABI 0.0 none" },
		{ UINT64_C(1) << 63 | 1 << 26 | 1 << 25, "ABI 0.0 PAGE_SWAP_DISABLE bit-26 bit-63" },
	};
	static const struct {
		uint32_t key_info;
		const char *want;
	} keys[] = {
		{ 0, "SIGNING_KEY vcek" },
		{ 4, "SIGNING_KEY vlek" },
		{ 5, "SIGNING_KEY vlek AUTHOR_KEY_EN" },
		{ 0x1e, "SIGNING_KEY none MASK_CHIP_KEY" },
		{ 0x08, "SIGNING_KEY 2" },
		{ 0x80000020, "SIGNING_KEY vcek bit-5 bit-31" },
	};
	char buf[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		assert_int_equal(snp_policy_format(policies[i].policy, buf, sizeof(buf)),
				 strlen(policies[i].want));
		assert_string_equal(buf, policies[i].want);
		assert_int_equal(snp_policy_format(policies[i].policy, NULL, 0), strlen(policies[i].want));
		for (size_t room = 1; room < strlen(policies[i].want); room++) {
			char *small = malloc(room);

			assert_non_null(small);
			snp_policy_format(policies[i].policy, small, room);
			assert_int_equal(strlen(small), room - 1);
			free(small);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		assert_int_equal(snp_key_info_format(keys[i].key_info, buf, sizeof(buf)),
				 strlen(keys[i].want));
		assert_string_equal(buf, keys[i].want);
	}
	wire_bits_format(&snp_platform_info_bits, 0x27, buf, sizeof(buf));
	assert_string_equal(buf, "SMT_EN TSME_EN ECC_EN ALIAS_CHECK_COMPLETE");
	wire_bits_format(&snp_platform_info_bits, 0x40, buf, sizeof(buf));
	assert_string_equal(buf, "IOMMU_WRITE_SAFE");
	wire_bits_format(&snp_platform_info_bits, 0x100, buf, sizeof(buf));
	assert_string_equal(buf, "bit-8");
	assert_true(wire_bits_mask(&snp_policy_bits) == 0x3ff0000);
	assert_true(wire_bits_mask(&snp_platform_info_bits) == 0xff);
	assert_int_equal(wire_bits_find(&snp_policy_bits, "DEBUG")->bit, SNP_POLICY_DEBUG_BIT);
}

static void assert_tcb_fact(const struct evidence_row *row, const char *key, const uint8_t bytes[8])
{
	char hex[BYTES_HEX_SIZE(8)];

	assert_memory_equal(evidence_fact(row, key), bytes_to_hex(bytes, 8, hex), 16);
}

static void check_product_fact(const struct snp_report *r, const struct evidence_row *row)
{
	enum snp_product product = snp_product_of_report(r);
	struct snp_tcb tcb;
	char fms[16];

	if (r->version == 2) {
		assert_memory_equal(evidence_fact(row, "fms="), "- ", 2);
		return;
	}
	assert_memory_equal(strchr(evidence_fact(row, "v"), ' ') + 1, snp_product_name(product), 5);
	TEXT(fms, "%02x%02x%02x ", r->cpuid_fam_id, r->cpuid_mod_id, r->cpuid_step);
	assert_memory_equal(evidence_fact(row, "fms="), fms, 7);
	assert_true(snp_tcb_read(product, r->reported_tcb, &tcb));
	assert_true(snp_tcb_read(product, r->current_tcb, &tcb));
	assert_true(snp_tcb_read(product, r->committed_tcb, &tcb));
	assert_true(snp_tcb_read(product, r->launch_tcb, &tcb));
}

static void check_report(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	uint8_t back[SNP_REPORT_BYTES], sig_r[48], sig_s[48];
	unsigned *versions = context;
	struct snp_report r;
	char want[32];

	assert_int_equal(n, SNP_REPORT_BYTES);
	assert_int_equal(snp_report_read(bytes, n, &r, NULL), 0);
	assert_int_equal(wire_check_zero(&snp_report_layout, &r, NULL), 0);
	assert_int_equal(r.version, strtoul(evidence_fact(row, "v"), NULL, 10));
	assert_int_equal(r.vmpl, strtoul(evidence_fact(row, "vmpl="), NULL, 10));
	assert_true(r.policy == strtoull(evidence_fact(row, "policy="), NULL, 0));
	assert_true(r.platform_info == strtoull(evidence_fact(row, "plat="), NULL, 0));
	assert_int_equal(r.signature_algo, SNP_REPORT_ALGO_ECDSA_P384_SHA384);
	assert_memory_equal(evidence_fact(row, "key="),
			    snp_key_info_signing_key(r.key_info) == SNP_SIGNED_BY_VLEK ? "VLEK" : "VCEK", 4);
	TEXT(want, "%u.%u.%u ", r.current_major, r.current_minor, r.current_build);
	assert_memory_equal(evidence_fact(row, "fw="), want, strlen(want));
	assert_tcb_fact(row, "reported_tcb=", bytes + 0x180);
	assert_tcb_fact(row, row->folder->is_real ? "committed/current_tcb=" : "current_tcb=", bytes + 0x38);
	check_product_fact(&r, row);
	assert_true(snp_report_signature(&r, sig_r, sig_s));
	wire_write(&snp_report_layout, &r, back);
	assert_memory_equal(back, bytes, SNP_REPORT_BYTES);
	*versions |= 1u << r.version;
}

static void reports_say_what_their_manifest_says(void **state)
{
	unsigned versions = 0;

	assert_true(evidence_each_file("snp-report", check_report, &versions) >= 37);
	assert_int_equal(versions, 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_lie_where_the_specification_says),
		cmocka_unit_test(versions_2_to_5_are_read_and_others_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(signature_numbers_are_turned_and_must_be_48_bytes),
		cmocka_unit_test(products_come_from_family_and_model),
		cmocka_unit_test(version_2_reports_tell_only_turin),
		cmocka_unit_test(products_have_names),
		cmocka_unit_test(a_vcek_has_an_address_at_amd),
		cmocka_unit_test(certificates_name_a_product_or_a_part_of_it),
		cmocka_unit_test(tcb_versions_follow_the_product),
		cmocka_unit_test(tcbs_compare_by_component),
		cmocka_unit_test(policy_and_key_info_are_shown_in_words),
		cmocka_unit_test(reports_say_what_their_manifest_says),
	};

	return cmocka_run_group_tests_name("wire_snp_report", tests, NULL, NULL);
}
