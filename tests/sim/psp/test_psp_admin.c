/* SPDX-License-Identifier: MIT */
/* What an operator does to the software AMD-SP, and what the key distribution service gives for it. */
#include "sim/psp/psp_support.h"

#include <errno.h>

#include "crypto/x509.h"
#include "wire/snp_certs.h"

/* TCBs of Milan: boot loader 0xMM.. microcode, made of one small number each. */
static uint64_t milan(uint8_t boot_loader, uint8_t snp, uint8_t microcode)
{
	struct snp_tcb tcb = { .boot_loader = boot_loader, .snp = snp, .microcode = microcode };

	return snp_tcb_write(SNP_MILAN, &tcb);
}

static struct sim_psp *new_at(uint64_t tcb)
{
	struct sim_psp_options options = { .product = SNP_MILAN, .tcb = tcb };
	struct sim_psp *psp;

	assert_int_equal(sim_psp_new(&options, &psp, NULL), 0);
	return psp;
}

static struct snp_platform_status status_of(struct sim_psp *psp)
{
	struct snp_platform_status s;

	assert_int_equal(sim_psp_platform_status(psp, &s), SNP_SUCCESS);
	return s;
}

static void load_vlek(struct sim_psp *psp, const char *csp_id)
{
	uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES];

	assert_int_equal(sim_kds_hashstick(psp, csp_id, status_of(psp).reported_tcb, hashstick, NULL), 0);
	assert_int_equal(sim_psp_vlek_load(psp, hashstick), SNP_SUCCESS);
	assert_int_equal(status_of(psp).flags & SNP_STATUS_VLEK_EN, SNP_STATUS_VLEK_EN);
}

static void status_says_what_is_running(void **state)
{
	struct sim_psp *psp = new_at(milan(3, 20, 200));
	struct snp_platform_status s = status_of(psp);
	struct test_guest g;

	assert_int_equal(s.api_major, 1);
	assert_int_equal(s.api_minor, 55);
	assert_int_equal(s.build_id, 29);
	assert_int_equal(s.state, 1);
	assert_int_equal(s.flags, 0);
	assert_int_equal(s.guest_count, 0);
	assert_int_equal(s.current_tcb, milan(3, 20, 200));
	assert_int_equal(s.reported_tcb, milan(3, 20, 200));
	g = launch(psp);
	assert_int_equal(status_of(psp).guest_count, 1);
	sim_psp_decommission(psp, g.number);
	assert_int_equal(status_of(psp).guest_count, 0);
	sim_psp_free(psp);
}

static void config_takes_what_is_not_above_the_committed_tcb(void **state)
{
	static const uint32_t both = SNP_STATUS_MASK_CHIP_ID | SNP_STATUS_MASK_CHIP_KEY;
	const struct {
		const char *what;
		struct snp_config config;
		uint32_t status;
		uint64_t reported;
	} cases[] = {
		{ "the same", { .reported_tcb = milan(3, 20, 200) }, 0, milan(3, 20, 200) },
		{ "all lower", { .reported_tcb = milan(2, 10, 100) }, 0, milan(2, 10, 100) },
		{ "zero is the committed one", { 0 }, 0, milan(3, 20, 200) },
		{ "masks", { .flags = both }, 0, milan(3, 20, 200) },
		{ "boot loader above", { .reported_tcb = milan(4, 20, 200) }, SNP_INVALID_PARAM, 0 },
		{ "SNP above, others below", { .reported_tcb = milan(1, 21, 1) }, SNP_INVALID_PARAM, 0 },
		{ "microcode above", { .reported_tcb = milan(1, 1, 201) }, SNP_INVALID_PARAM, 0 },
		{ "a lower number, yet above", { .reported_tcb = milan(9, 0, 0) }, SNP_INVALID_PARAM, 0 },
		{ "reserved TCB byte", { .reported_tcb = 1 << 16 }, SNP_INVALID_PARAM, 0 },
		{ "unknown flag", { .flags = 4 }, SNP_INVALID_PARAM, 0 },
		{ "highest flag", { .flags = 1U << 31 }, SNP_INVALID_PARAM, 0 },
		{ "first reserved byte", { .reserved = { 1 } }, SNP_INVALID_PARAM, 0 },
		{ "last reserved byte", { .reserved = { [51] = 1 } }, SNP_INVALID_PARAM, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sim_psp *psp = new_at(milan(3, 20, 200));
		struct snp_platform_status before = status_of(psp), after;

		assert_int_equal(sim_psp_config(psp, &cases[i].config), cases[i].status);
		after = status_of(psp);
		if (cases[i].status == SNP_SUCCESS) {
			assert_int_equal(after.reported_tcb, cases[i].reported);
			assert_int_equal(after.flags, cases[i].config.flags);
		} else {
			assert_memory_equal(&before, &after, sizeof(before));
		}
		assert_int_equal(after.current_tcb, milan(3, 20, 200));
		sim_psp_free(psp);
	}
}

static void download_and_commit_move_the_tcbs_in_order(void **state)
{
	struct sim_psp *psp = new_at(milan(3, 20, 200));
	struct test_guest g = launch(psp);
	struct snp_config lower = { .reported_tcb = milan(3, 19, 200) };
	struct report_answer a;

	assert_int_equal(sim_psp_download_firmware(psp, milan(3, 21, 210), false), SNP_SUCCESS);
	a = ask_report(&g, 0, 0, 0);
	assert_int_equal(a.report.current_tcb, milan(3, 21, 210));
	assert_int_equal(a.report.committed_tcb, milan(3, 20, 200));
	assert_int_equal(a.report.reported_tcb, milan(3, 20, 200));
	assert_int_equal(a.report.launch_tcb, milan(3, 20, 200));
	assert_int_equal(a.report.current_build, a.report.committed_build + 1);
	assert_int_equal(sim_psp_download_firmware(psp, milan(3, 20, 205), false),
			 SNP_SUCCESS); /* not committed: back */
	assert_int_equal(sim_psp_download_firmware(psp, milan(3, 19, 255), false), SNP_BAD_SVN);
	assert_int_equal(sim_psp_download_firmware(psp, 1 << 16, false), SNP_INVALID_PARAM);
	assert_int_equal(status_of(psp).current_tcb, milan(3, 20, 205));
	assert_int_equal(sim_psp_config(psp, &lower), SNP_SUCCESS);
	assert_int_equal(sim_psp_commit(psp), SNP_SUCCESS);
	a = ask_report(&g, 0, 0, 0);
	assert_int_equal(a.report.committed_tcb, milan(3, 20, 205));
	assert_int_equal(a.report.reported_tcb, milan(3, 20, 205));
	assert_int_equal(a.report.launch_tcb, milan(3, 20, 200));
	assert_int_equal(a.report.committed_build, a.report.current_build);
	assert_int_equal(sim_psp_committed_tcb(psp), milan(3, 20, 205));
	assert_int_equal(sim_psp_download_firmware(psp, milan(4, 20, 205), true), SNP_SUCCESS);
	assert_int_equal(sim_psp_committed_tcb(psp), milan(4, 20, 205));
	assert_int_equal(status_of(psp).reported_tcb, milan(4, 20, 205));
	sim_psp_free(psp);
}

static int verify_with(const struct report_answer *a, const uint8_t *der, size_t n)
{
	uint8_t digest[CRYPTO_SHA384_BYTES], r[48], s[48];
	struct crypto_ec_public *key;
	struct crypto_cert cert;
	int result;

	assert_int_equal(crypto_cert_read(der, n, &cert, NULL), 0);
	assert_true(snp_report_signature(&a->report, r, s));
	crypto_sha384(a->bytes, 0x2a0, digest);
	assert_int_equal(crypto_ec_public_new(CRYPTO_P384, cert.key_point.data, &key, NULL), 0);
	result = crypto_ec_verify(key, digest, sizeof(digest), r, s);
	crypto_ec_public_free(key);
	return result;
}

/* B33: the VCEK is the reported TCB's, whatever runs. */
static void the_vcek_follows_the_reported_tcb(void **state)
{
	const uint64_t reported = milan(2, 10, 100), current = milan(3, 21, 210);
	struct sim_psp *psp = new_at(milan(3, 20, 200));
	struct test_guest g = launch(psp);
	struct snp_config config = { .reported_tcb = reported };
	uint8_t der[SIM_CERT_MAX_BYTES];
	struct report_answer a, b;
	struct sim_pki *pki;
	size_t n;

	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
	b = ask_report(&g, 0, 0, 0);
	assert_int_equal(sim_psp_config(psp, &config), SNP_SUCCESS);
	assert_int_equal(sim_psp_download_firmware(psp, current, false), SNP_SUCCESS);
	a = ask_report(&g, 0, 0, 0);
	assert_int_equal(a.report.current_tcb, current);
	assert_int_equal(a.report.reported_tcb, reported);
	assert_int_equal(sim_kds_vcek(psp, pki, reported, der, &n, NULL), 0);
	assert_int_equal(verify_with(&a, der, n), 0);
	assert_int_equal(verify_with(&b, der, n), JURAT_REFUSED);
	assert_int_equal(sim_kds_vcek(psp, pki, current, der, &n, NULL), 0);
	assert_int_equal(verify_with(&a, der, n), JURAT_REFUSED);
	assert_int_equal(sim_kds_vcek(psp, pki, a.report.committed_tcb, der, &n, NULL), 0);
	assert_int_equal(verify_with(&a, der, n), JURAT_REFUSED);
	assert_int_equal(verify_with(&b, der, n), 0);
	sim_pki_free(pki);
	sim_psp_free(psp);
}

static void masks_hide_the_chip_and_its_signature(void **state)
{
	for (uint32_t flags = 0; flags < 4; flags++)
		for (int vlek = 0; vlek < 2; vlek++) {
			struct sim_psp *psp = new_at(milan(3, 20, 200));
			struct test_guest g = launch(psp);
			struct snp_config config = { .flags = flags };
			struct report_answer a;
			uint32_t signed_by;

			if (vlek)
				load_vlek(psp, SIM_CSP_ID);
			assert_int_equal(sim_psp_config(psp, &config), SNP_SUCCESS);
			a = ask_report(&g, 0, 0, 0);
			assert_int_equal(a.status, 0);
			assert_int_equal(bytes_all(a.report.chip_id, 64, 0),
					 flags & SNP_STATUS_MASK_CHIP_ID ? 1 : 0);
			assert_int_equal(bytes_all(a.bytes + 0x2a0, 512, 0),
					 flags & SNP_STATUS_MASK_CHIP_KEY ? 1 : 0);
			signed_by = flags & SNP_STATUS_MASK_CHIP_KEY ? 7 : (uint32_t)vlek;
			assert_int_equal(a.report.key_info,
					 (1u << SNP_KEY_INFO_AUTHOR_KEY_EN_BIT) | signed_by << 2 |
						 (flags & SNP_STATUS_MASK_CHIP_KEY ? 2U : 0U));
			sim_psp_free(psp);
		}
}

/* ---- VLEK ---- */

static void every_bit_of_a_hashstick_counts(void **state)
{
	struct sim_psp *psp = new_at(milan(3, 20, 200));
	uint8_t good[SNP_VLEK_HASHSTICK_BYTES], bad[SNP_VLEK_HASHSTICK_BYTES];

	assert_int_equal(sim_kds_hashstick(psp, SIM_CSP_ID, milan(3, 20, 200), good, NULL), 0);
	for (size_t bit = 0; bit < sizeof(good) * 8; bit++) {
		size_t at = bit / 8;
		bool is_param = (at >= 0x00c && at < 0x010) || (at >= 0x190 && at < 0x1a0);

		memcpy(bad, good, sizeof(bad));
		bad[at] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(sim_psp_vlek_load(psp, bad),
				 is_param ? SNP_INVALID_PARAM : SNP_BAD_SIGNATURE);
		assert_int_equal(status_of(psp).flags, 0);
	}
	memset(bad, 0, sizeof(bad));
	assert_int_equal(sim_psp_vlek_load(psp, bad), SNP_INVALID_PARAM);
	assert_int_equal(sim_psp_vlek_load(psp, good), SNP_SUCCESS);
	assert_int_equal(sim_psp_vlek_load(psp, bad), SNP_INVALID_PARAM);
	assert_int_equal(status_of(psp).flags, SNP_STATUS_VLEK_EN); /* the one loaded before stays */
	sim_psp_free(psp);
}

static void a_hashstick_is_for_one_chip_and_one_tcb(void **state)
{
	struct sim_psp_options other = { .product = SNP_MILAN, .seed = "jurat/2", .tcb = milan(3, 20, 200) };
	struct sim_psp *psp = new_at(milan(3, 20, 200)), *second;
	uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES], a[SIM_CERT_MAX_BYTES], b[SIM_CERT_MAX_BYTES],
		hwid[2][64];
	struct sim_pki *pki;
	size_t n_a, n_b;

	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
	assert_int_equal(sim_psp_new(&other, &second, NULL), 0);
	sim_psp_hwid(psp, hwid[0]);
	sim_psp_hwid(second, hwid[1]);
	assert_memory_not_equal(hwid[0], hwid[1], 64);
	assert_int_equal(sim_kds_hashstick(psp, SIM_CSP_ID, milan(3, 20, 199), hashstick, NULL), 0);
	assert_int_equal(sim_psp_vlek_load(psp, hashstick), SNP_INVALID_PARAM);
	assert_int_equal(sim_kds_hashstick(psp, SIM_CSP_ID, milan(3, 20, 200), hashstick, NULL), 0);
	assert_int_equal(sim_psp_vlek_load(second, hashstick), SNP_BAD_SIGNATURE);
	/* The VLEK itself is the provider's, the same on both. */
	assert_int_equal(sim_kds_vlek(psp, pki, SIM_CSP_ID, milan(3, 20, 200), a, &n_a, NULL), 0);
	assert_int_equal(sim_kds_vlek(second, pki, SIM_CSP_ID, milan(3, 20, 200), b, &n_b, NULL), 0);
	assert_int_equal(n_a, n_b);
	assert_memory_equal(a, b, n_a);
	assert_int_equal(sim_kds_vlek(psp, pki, "CN=another", milan(3, 20, 200), b, &n_b, NULL), 0);
	assert_true(n_a != n_b || memcmp(a, b, n_a) != 0);
	sim_pki_free(pki);
	sim_psp_free(psp);
	sim_psp_free(second);
}

static void a_vlek_goes_when_the_reported_tcb_changes(void **state)
{
	const struct snp_config same = { .reported_tcb = milan(3, 20, 200) },
				lower = { .reported_tcb = milan(3, 20, 9) };
	const struct snp_config mask = { .flags = SNP_STATUS_MASK_CHIP_ID };

	for (unsigned what = 0; what < 7; what++) {
		struct sim_psp *psp = new_at(milan(3, 20, 200));
		struct test_guest g = launch(psp);
		bool stays = what < 4;

		load_vlek(psp, SIM_CSP_ID);
		if (what == 0)
			assert_int_equal(sim_psp_config(psp, &same), SNP_SUCCESS);
		else if (what == 1)
			assert_int_equal(sim_psp_config(psp, &mask), SNP_SUCCESS);
		else if (what == 2)
			assert_int_equal(sim_psp_commit(psp), SNP_SUCCESS);
		else if (what == 3)
			assert_int_equal(sim_psp_download_firmware(psp, milan(3, 21, 210), false),
					 SNP_SUCCESS);
		else if (what == 4)
			assert_int_equal(sim_psp_config(psp, &lower), SNP_SUCCESS);
		else if (what == 5)
			assert_int_equal(sim_psp_download_firmware(psp, milan(3, 21, 210), true),
					 SNP_SUCCESS);
		else {
			assert_int_equal(sim_psp_download_firmware(psp, milan(3, 21, 210), false),
					 SNP_SUCCESS);
			assert_int_equal(sim_psp_commit(psp), SNP_SUCCESS);
		}
		assert_int_equal(status_of(psp).flags & SNP_STATUS_VLEK_EN, stays ? SNP_STATUS_VLEK_EN : 0);
		assert_int_equal(ask_report(&g, 0, 0, SNP_KEY_SEL_VLEK).status, stays ? 0 : SNP_INVALID_KEY);
		sim_psp_free(psp);
	}
}

static void the_table_is_that_of_the_key_in_use(void **state)
{
	struct sim_psp *psp = new_at(milan(3, 20, 200));
	struct test_guest g = launch(psp);
	struct sim_pki *pki;

	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
	for (unsigned round = 0; round < 3; round++) {
		auto_free uint8_t *table = NULL;
		struct report_answer a;
		struct snp_certs certs;
		size_t n;

		if (round > 0)
			load_vlek(psp, round == 1 ? SIM_CSP_ID : "CN=another.invalid");
		assert_int_equal(sim_kds_table(psp, pki, &table, &n, NULL), 0);
		assert_int_equal(snp_certs_read(table, n, &certs, NULL), 0);
		assert_int_equal(certs.size, n);
		assert_int_equal(certs.entries[0].kind, round > 0 ? SNP_CERT_VLEK : SNP_CERT_VCEK);
		a = ask_report(&g, 0, 0, 0);
		assert_int_equal(verify_with(&a, certs.entries[0].data.data, certs.entries[0].data.size), 0);
	}
	sim_pki_free(pki);
	sim_psp_free(psp);
}

static void what_the_service_cannot_make_is_refused(void **state)
{
	static const char *const bad_ids[] = { NULL, "" };
	struct sim_psp *psp = new_at(milan(3, 20, 200));
	uint8_t der[SIM_CERT_MAX_BYTES], hashstick[SNP_VLEK_HASHSTICK_BYTES];
	struct sim_pki *pki;
	size_t n = 5;

	assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
	assert_int_equal(sim_kds_vcek(psp, pki, 1 << 16, der, &n, NULL), -EINVAL);
	assert_int_equal(sim_kds_vlek(psp, pki, SIM_CSP_ID, 1 << 16, der, &n, NULL), -EINVAL);
	assert_int_equal(sim_kds_hashstick(psp, SIM_CSP_ID, 1 << 16, hashstick, NULL), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(bad_ids); i++) {
		assert_int_equal(sim_kds_vlek(psp, pki, bad_ids[i], 0, der, &n, NULL), -EINVAL);
		assert_int_equal(sim_kds_hashstick(psp, bad_ids[i], 0, hashstick, NULL), -EINVAL);
	}
	assert_int_equal(n, 5);
	sim_pki_free(pki);
	sim_psp_free(psp);
}

static void the_default_chip_has_this_vcek_and_vlek_everywhere(void **state)
{
	static const char *const pinned[2] = {
		"6efe7db5265cf7ba075faa712a145fe57db9ac4993af2e4cf0ff11bcb33ca8b3",
		"7681a7d3db08dd4d4ce9e7165cc84d0c7fa1ffdd113e74f018a75bc56cb74c9a"
	};

	for (int vlek = 0; vlek < 2; vlek++) {
		struct sim_psp_options options = { 0 };
		uint8_t der[SIM_CERT_MAX_BYTES], digest[32];
		struct sim_psp *psp;
		struct sim_pki *pki;
		char hex[65];
		size_t n;

		assert_int_equal(sim_psp_new(&options, &psp, NULL), 0);
		assert_int_equal(sim_pki_new(SIM_PKI_DEFAULT_SEED, &pki, NULL), 0);
		if (vlek)
			assert_int_equal(
				sim_kds_vlek(psp, pki, SIM_CSP_ID, sim_psp_committed_tcb(psp), der, &n, NULL),
				0);
		else
			assert_int_equal(sim_kds_vcek(psp, pki, sim_psp_committed_tcb(psp), der, &n, NULL),
					 0);
		crypto_sha256(der, n, digest);
		assert_string_equal(bytes_to_hex(digest, 32, hex), pinned[vlek]);
		sim_pki_free(pki);
		sim_psp_free(psp);
	}
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(status_says_what_is_running),
		cmocka_unit_test(config_takes_what_is_not_above_the_committed_tcb),
		cmocka_unit_test(download_and_commit_move_the_tcbs_in_order),
		cmocka_unit_test(the_vcek_follows_the_reported_tcb),
		cmocka_unit_test(masks_hide_the_chip_and_its_signature),
		cmocka_unit_test(every_bit_of_a_hashstick_counts),
		cmocka_unit_test(a_hashstick_is_for_one_chip_and_one_tcb),
		cmocka_unit_test(a_vlek_goes_when_the_reported_tcb_changes),
		cmocka_unit_test(the_table_is_that_of_the_key_in_use),
		cmocka_unit_test(what_the_service_cannot_make_is_refused),
		cmocka_unit_test(the_default_chip_has_this_vcek_and_vlek_everywhere),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
