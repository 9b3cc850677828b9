/* SPDX-License-Identifier: MIT */
#include "sim/psp/psp_support.h"

#include <errno.h>
#include <stdlib.h>

#include "sim/psp/psp_internal.h"

/* What explorers use: a platform that is brought into the same state again and again. */

static const uint64_t older = 0xda00000000000003, newer = 0xdc18000000000004;

static struct sim_psp *new_old_psp(void)
{
	struct sim_psp_options options = { .product = SNP_MILAN, .tcb = older };
	struct sim_psp *psp;

	assert_int_equal(sim_psp_new(&options, &psp, NULL), 0);
	return psp;
}

static struct base_mix mix_of(const struct sim_psp *psp)
{
	struct base_mix mix = { 0 };

	sim_psp_mix(psp, &mix);
	return mix;
}

static bool same(struct base_mix a, struct base_mix b)
{
	return a.a == b.a && a.b == b.b;
}

static void load_vlek(struct sim_psp *psp)
{
	uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES];
	struct snp_platform_status status;

	assert_int_equal(sim_psp_platform_status(psp, &status), SNP_SUCCESS);
	assert_int_equal(sim_kds_hashstick(psp, SIM_CSP_ID, status.reported_tcb, hashstick, NULL), 0);
	assert_int_equal(sim_psp_vlek_load(psp, hashstick), SNP_SUCCESS);
}

static void report_old(struct sim_psp *psp)
{
	struct snp_config config = { .reported_tcb = older };

	assert_int_equal(sim_psp_config(psp, &config), SNP_SUCCESS);
}

/* Reports of every kind of key and of two TCBs, the bytes of which are appended to `to`. */
enum { N_REPORTS = 5 };
static void ask_reports(struct test_guest *g, uint8_t to[N_REPORTS][SNP_REPORT_BYTES])
{
	load_vlek(g->psp);
	memcpy(to[0], ask_report(g, 0, 0, 0).bytes, SNP_REPORT_BYTES);
	memcpy(to[1], ask_report(g, 0, 0, 1).bytes, SNP_REPORT_BYTES);
	assert_int_equal(sim_psp_download_firmware(g->psp, newer, true), SNP_SUCCESS);
	memcpy(to[2], ask_report(g, 1, 1, 0).bytes, SNP_REPORT_BYTES);
	load_vlek(g->psp);
	memcpy(to[3], ask_report(g, 1, 1, 2).bytes, SNP_REPORT_BYTES);
	report_old(g->psp);
	memcpy(to[4], ask_report(g, 0, 0, 1).bytes, SNP_REPORT_BYTES);
}

/* Of another implementation of P-384 than hogweed no two signatures are the same. */
static bool signatures_repeat(void)
{
	struct crypto_ec_private *key;
	uint8_t digest[48] = { 0 }, rs[2][2][48];

	assert_int_equal(crypto_ec_private_derive(CRYPTO_P384, "key", 3, &key, NULL), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(crypto_ec_sign(key, NULL, digest, sizeof(digest), rs[i][0], rs[i][1]), 0);
	crypto_ec_private_free(key);
	return memcmp(rs[0], rs[1], sizeof(rs[0])) == 0;
}

/* Two reports that were signed apart. */
static void assert_same_report(const uint8_t *a, const uint8_t *b)
{
	assert_memory_equal(a, b, SNP_REPORT_SIGNED_BYTES);
	if (signatures_repeat())
		assert_memory_equal(a, b, SNP_REPORT_BYTES);
}

static void assert_same_reports(uint8_t a[N_REPORTS][SNP_REPORT_BYTES],
				uint8_t b[N_REPORTS][SNP_REPORT_BYTES])
{
	for (unsigned i = 0; i < N_REPORTS; i++)
		assert_same_report(a[i], b[i]);
}

static void a_restored_platform_does_the_same_again(void **state)
{
	struct sim_psp *psp = new_old_psp();
	struct test_guest first = launch(psp), later[3];
	uint8_t reports[3][N_REPORTS][SNP_REPORT_BYTES];
	struct sim_psp_snapshot *snapshot;
	struct base_mix before, after[3];

	ask_report(&first, 0, 0, 0);
	snapshot = sim_psp_snapshot(psp);
	assert_non_null(snapshot);
	before = mix_of(psp);
	for (unsigned i = 0; i < 3; i++) {
		struct test_guest again = first;

		sim_psp_restore(psp, snapshot);
		assert_true(same(mix_of(psp), before));
		for (unsigned n = 0; n < 20; n++) /* more than there was room for */
			later[i] = launch(psp);
		sim_psp_decommission(psp, later[i].number);
		later[i] = launch(psp);
		ask_reports(&again, reports[i]);
		after[i] = mix_of(psp);
		assert_false(same(after[i], before));
		load_vlek(psp); /* what must not be left over */
		sim_psp_decommission(psp, later[i].number);
	}
	assert_true(same(after[0], after[1]) && same(after[0], after[2]));
	assert_same_reports(reports[0], reports[1]);
	assert_same_reports(reports[0], reports[2]);
	assert_int_equal(later[0].number, later[1].number);
	assert_memory_equal(later[0].secrets, later[1].secrets, SNP_PAGE_BYTES);
	free(snapshot);
	sim_psp_free(psp);
}

static void a_restored_platform_has_no_guests_of_later(void **state)
{
	struct sim_psp *psp = new_old_psp();
	struct sim_psp_snapshot *snapshot = sim_psp_snapshot(psp);
	uint8_t page[SNP_PAGE_BYTES] = { 0 };
	struct test_guest g = launch(psp);

	assert_non_null(snapshot);
	sim_psp_restore(psp, snapshot);
	assert_int_equal(sim_psp_guest_request(psp, g.number, page, page), SNP_INVALID_GUEST);
	sim_psp_decommission(psp, g.number);
	assert_int_equal(launch(psp).number, g.number);
	free(snapshot);
	sim_psp_free(psp);
}

static void change(struct sim_psp *psp, struct test_guest *g, unsigned which)
{
	struct snp_config mask = { .flags = SNP_STATUS_MASK_CHIP_ID };
	struct sim_launch other = some_launch();

	switch (which) {
	case 0:
		assert_int_equal(sim_psp_download_firmware(psp, newer, false), SNP_SUCCESS);
		break;
	case 1:
		assert_int_equal(sim_psp_commit(psp), SNP_SUCCESS);
		break;
	case 2:
		report_old(psp);
		break;
	case 3:
		assert_int_equal(sim_psp_config(psp, &mask), SNP_SUCCESS);
		break;
	case 4:
		load_vlek(psp);
		break;
	case 5:
		ask_report(g, 0, 0, 0);
		break;
	case 6:
		ask_report(g, 2, 2, 0);
		break;
	case 7:
		other.measurement[3] ^= 1;
		launch_as(psp, &other);
		break;
	default:
		sim_psp_decommission(psp, g->number);
	}
}

static void the_digest_sees_every_change(void **state)
{
	struct sim_psp *psp = new_old_psp();
	struct test_guest g = launch(psp);
	struct base_mix seen[10];

	seen[0] = mix_of(psp);
	for (unsigned i = 0; i < 9; i++) {
		change(psp, &g, i);
		seen[i + 1] = mix_of(psp);
		for (unsigned k = 0; k <= i; k++)
			assert_false(same(seen[k], seen[i + 1]));
		assert_true(same(mix_of(psp), seen[i + 1]));
	}
	sim_psp_free(psp);
}

static void the_digest_sees_what_a_launch_decided(void **state)
{
	struct sim_launch a = some_launch(), b = some_launch();
	struct sim_psp *one = new_old_psp(), *other = new_old_psp();

	b.host_data[31] ^= 0x80;
	launch_as(one, &a);
	launch_as(other, &b);
	assert_false(same(mix_of(one), mix_of(other)));
	sim_psp_free(one);
	sim_psp_free(other);
}

static void what_is_remembered_is_the_same_as_without(void **state)
{
	struct sim_psp *plain = new_old_psp(), *remembering = new_old_psp();
	struct test_guest a = launch(plain), b = launch(remembering);
	struct sim_psp_snapshot *snapshot = sim_psp_snapshot(remembering);
	uint8_t want[N_REPORTS][SNP_REPORT_BYTES], found[3][N_REPORTS][SNP_REPORT_BYTES];

	assert_non_null(snapshot);
	assert_int_equal(sim_psp_remember(remembering), 0);
	assert_int_equal(sim_psp_remember(remembering), 0);
	ask_reports(&a, want);
	for (unsigned i = 0; i < 3; i++) {
		struct test_guest again = b;

		sim_psp_restore(remembering, snapshot);
		ask_reports(&again, found[i]);
		assert_same_reports(want, found[i]);
		assert_memory_equal(found[0], found[i], sizeof(found[0]));
		assert_true(same(mix_of(plain), mix_of(remembering)));
	}
	free(snapshot);
	sim_psp_free(plain);
	sim_psp_free(remembering);
}

/* The last one, too, whose key was in use before. */
static void every_key_and_signature_is_remembered(void **state)
{
	struct sim_psp *psp = new_old_psp();
	struct test_guest g = launch(psp);
	uint8_t reports[N_REPORTS][SNP_REPORT_BYTES];
	const struct crypto_ec_private *key;

	ask_report(&g, 0, 0, 0);
	assert_int_equal(sim_psp_remember(psp), 0);
	ask_reports(&g, reports);
	key = psp_memory_key(psp, SNP_SIGNED_BY_VCEK);
	assert_non_null(key);
	assert_non_null(psp_memory_signature(psp->memory, key, reports[N_REPORTS - 1]));
	reports[N_REPORTS - 1][0x50] ^= 1;
	assert_null(psp_memory_signature(psp->memory, key, reports[N_REPORTS - 1]));
	sim_psp_free(psp);
}

/* Signed bytes that belong to the same place are still told apart. */
static void a_signature_is_of_exactly_these_bytes(void **state)
{
	uint8_t one[SNP_REPORT_SIGNED_BYTES] = { 0 }, other[SNP_REPORT_SIGNED_BYTES] = { 0 };
	const struct psp_signature signature = { .r = { 1 }, .s = { 2 } };
	struct sim_psp *psp = new_old_psp();
	struct base_mix a = { 0 }, b = { 0 };
	const struct crypto_ec_private *key;
	struct test_guest g = launch(psp);

	assert_int_equal(sim_psp_remember(psp), 0);
	ask_report(&g, 0, 0, 0);
	key = psp_memory_key(psp, SNP_SIGNED_BY_VCEK);
	base_mix_bytes(&a, one, sizeof(one));
	for (uint64_t n = 1; n == 1 || (a.a ^ b.a) % 65536; n++) {
		bytes_put_le(other, n, 8);
		b = (struct base_mix){ 0 };
		base_mix_bytes(&b, other, sizeof(other));
	}
	psp_memory_keep_signature(psp->memory, key, one, &signature);
	assert_null(psp_memory_signature(psp->memory, key, other));
	assert_memory_equal(psp_memory_signature(psp->memory, key, one), &signature, sizeof(signature));
	sim_psp_free(psp);
}

/* More TCBs than there is room for keys: each must still be signed by its own. */
static void what_has_no_room_is_signed_as_without(void **state)
{
	struct sim_psp_options options = { .product = SNP_MILAN, .tcb = newer };
	struct sim_psp *psp[2];
	struct test_guest g[2];

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(sim_psp_new(&options, &psp[i], NULL), 0);
		g[i] = launch(psp[i]);
	}
	assert_int_equal(sim_psp_remember(psp[1]), 0);
	for (unsigned n = 0; n < 2 * 20; n++) {
		struct snp_config config = { .reported_tcb = newer - ((uint64_t)(n % 20) << 56) };
		struct report_answer answer[2];

		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(sim_psp_config(psp[i], &config), SNP_SUCCESS);
			answer[i] = ask_report(&g[i], 0, 0, 0);
		}
		assert_same_report(answer[0].bytes, answer[1].bytes);
	}
	sim_psp_free(psp[0]);
	sim_psp_free(psp[1]);
}

static void random_signatures_are_not_remembered(void **state)
{
	struct sim_psp_options options = { .env = base_env_real() };
	struct sim_psp *psp;

	assert_int_equal(sim_psp_new(&options, &psp, NULL), 0);
	assert_int_equal(sim_psp_remember(psp), -EINVAL);
	sim_psp_free(psp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restored_platform_does_the_same_again),
		cmocka_unit_test(a_restored_platform_has_no_guests_of_later),
		cmocka_unit_test(the_digest_sees_every_change),
		cmocka_unit_test(the_digest_sees_what_a_launch_decided),
		cmocka_unit_test(what_is_remembered_is_the_same_as_without),
		cmocka_unit_test(every_key_and_signature_is_remembered),
		cmocka_unit_test(a_signature_is_of_exactly_these_bytes),
		cmocka_unit_test(what_has_no_room_is_signed_as_without),
		cmocka_unit_test(random_signatures_are_not_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
