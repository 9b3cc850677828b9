/* SPDX-License-Identifier: MIT */
#include "sim/psp/psp_support.h"

#include <errno.h>

#include "sim/psp/psp_internal.h"

/* What of the AMD-SP survives, and the seam that shares it. */
static struct sim_psp *changed_psp(void)
{
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct snp_config config = { .flags = SNP_STATUS_MASK_CHIP_ID };
	struct snp_tcb tcb;
	uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES];
	struct snp_platform_status now;

	assert_int_equal(sim_psp_platform_status(psp, &now), SNP_SUCCESS);
	assert_true(snp_tcb_read(SNP_MILAN, now.current_tcb, &tcb));
	tcb.snp++;
	assert_int_equal(sim_psp_download_firmware(psp, snp_tcb_write(SNP_MILAN, &tcb), true), SNP_SUCCESS);
	tcb.snp++;
	assert_int_equal(sim_psp_download_firmware(psp, snp_tcb_write(SNP_MILAN, &tcb), false), SNP_SUCCESS);
	config.reported_tcb = now.current_tcb;
	assert_int_equal(sim_psp_config(psp, &config), SNP_SUCCESS);
	assert_int_equal(sim_kds_hashstick(psp, "CN=other.example", config.reported_tcb, hashstick, NULL), 0);
	assert_int_equal(sim_psp_vlek_load(psp, hashstick), SNP_SUCCESS);
	return psp;
}

static void a_saved_platform_comes_back_as_it_was(void **state)
{
	struct sim_psp *a = changed_psp(), *b = new_psp(SNP_MILAN, 3);
	uint8_t saved[SIM_PSP_STATE_BYTES], again[SIM_PSP_STATE_BYTES];
	struct snp_platform_status x, y;
	struct test_guest guest = launch(b);

	sim_psp_save(a, saved);
	assert_int_equal(sim_psp_load(b, saved, sizeof(saved), NULL), 0);
	sim_psp_save(b, again);
	assert_memory_equal(saved, again, sizeof(saved));
	assert_int_equal(sim_psp_platform_status(a, &x), SNP_SUCCESS);
	assert_int_equal(sim_psp_platform_status(b, &y), SNP_SUCCESS);
	assert_int_equal(y.guest_count, 1); /* guests go on */
	y.guest_count = x.guest_count;
	assert_memory_equal(&x, &y, sizeof(x));
	assert_int_equal(sim_psp_message_count(b, guest.number, 0), 0);
	sim_psp_free(a);
	sim_psp_free(b);
}

static void the_vlek_signs_the_same_after_a_load(void **state)
{
	struct sim_psp *a = changed_psp(), *b = new_psp(SNP_MILAN, 3);
	uint8_t saved[SIM_PSP_STATE_BYTES];
	struct crypto_ec_private *key_a, *key_b;
	uint8_t xy_a[96], xy_b[96];

	sim_psp_save(a, saved);
	assert_int_equal(sim_psp_load(b, saved, sizeof(saved), NULL), 0);
	assert_int_equal(psp_vlek_derive(a->hashstick, a->reported_tcb, &key_a, NULL), 0);
	assert_int_equal(psp_vlek_derive(b->hashstick, b->reported_tcb, &key_b, NULL), 0);
	crypto_ec_private_public(key_a, xy_a);
	crypto_ec_private_public(key_b, xy_b);
	assert_memory_equal(xy_a, xy_b, sizeof(xy_a));
	crypto_ec_private_free(key_a);
	crypto_ec_private_free(key_b);
	sim_psp_free(a);
	sim_psp_free(b);
}

static void nothing_but_a_whole_state_of_this_platform_is_taken(void **state)
{
	struct sim_psp *a = changed_psp(), *b = new_psp(SNP_MILAN, 3), *genoa = new_psp(SNP_GENOA, 3);
	struct sim_psp *v2 = new_psp(SNP_MILAN, 2);
	struct sim_psp_options other = { .product = SNP_MILAN, .report_version = 3, .seed = "other" };
	uint8_t saved[SIM_PSP_STATE_BYTES], before[SIM_PSP_STATE_BYTES], after[SIM_PSP_STATE_BYTES];
	struct sim_psp *chip;

	sim_psp_save(a, saved);
	sim_psp_save(b, before);
	for (size_t n = 0; n < sizeof(saved); n++) {
		uint8_t *cut = heap_copy(saved, n);

		assert_int_equal(sim_psp_load(b, cut, n, NULL), -EBADMSG);
		free(cut);
	}
	for (size_t i = 0; i < sizeof(saved); i++) {
		saved[i] ^= 0x80;
		assert_int_equal(sim_psp_load(b, saved, sizeof(saved), NULL), -EBADMSG);
		saved[i] ^= 0x80;
	}
	assert_int_equal(sim_psp_new(&other, &chip, NULL), 0);
	assert_int_equal(sim_psp_load(chip, saved, sizeof(saved), NULL), -EINVAL);
	assert_int_equal(sim_psp_load(genoa, saved, sizeof(saved), NULL), -EINVAL);
	assert_int_equal(sim_psp_load(v2, saved, sizeof(saved), NULL), -EINVAL);
	sim_psp_save(b, after);
	assert_memory_equal(before, after, sizeof(before));
	sim_psp_free(a);
	sim_psp_free(b);
	sim_psp_free(genoa);
	sim_psp_free(v2);
	sim_psp_free(chip);
}

static void a_state_that_contradicts_itself_is_refused_though_its_hash_is_right(void **state)
{
	enum {
		CURRENT = 80,
		COMMITTED = 88,
		REPORTED = 96,
		VLEK_EN = 110,
		FLAGS = 112,
		CSP_ID_END = 520 + SIM_CSP_ID_MAX_CHARS
	};
	static const struct {
		size_t off;
		uint8_t value;
	} bad[] = { { CURRENT, 0 },          { CURRENT + 2, 1 },
		    { COMMITTED + 6, 0xff }, { REPORTED + 6, 0xff },
		    { CSP_ID_END, 1 },       { VLEK_EN, 0 },     /* but a hashstick is there */
		    { VLEK_EN, 2 },          { VLEK_EN + 1, 1 }, /* bytes that are always zero */
		    { FLAGS, 0x80 },         { FLAGS + 4, 1 },
		    { CSP_ID_END + 1, 1 },   { SIM_PSP_STATE_BYTES - 33, 1 } };
	struct sim_psp *a = changed_psp();
	uint8_t saved[SIM_PSP_STATE_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		sim_psp_save(a, saved);
		saved[bad[i].off] = bad[i].value;
		crypto_sha256(saved, sizeof(saved) - 32, saved + sizeof(saved) - 32);
		if (sim_psp_load(a, saved, sizeof(saved), NULL) != -EBADMSG)
			FAIL_BECAUSE("offset %zu", bad[i].off);
	}
	sim_psp_free(a);
}

struct shared {
	unsigned refreshed, changed;
	int r;
};

static int refresh(void *ctx)
{
	struct shared *s = ctx;

	s->refreshed++;
	return s->r;
}

static int changed(void *ctx)
{
	struct shared *s = ctx;

	s->changed++;
	return 0;
}

static void every_command_asks_first_and_tells_what_changed(void **state)
{
	struct sim_psp *psp = new_psp(SNP_MILAN, 3);
	struct shared s = { 0 };
	struct sim_psp_share share = { .refresh = refresh, .changed = changed, .ctx = &s };
	struct snp_config config = { .flags = 0 }, bad = { .flags = 0x80 };
	uint8_t page[SNP_PAGE_BYTES] = { 0 }, hashstick[SNP_VLEK_HASHSTICK_BYTES] = { 0 };
	struct snp_platform_status now;
	struct test_guest guest;

	sim_psp_set_share(psp, &share);
	guest = launch(psp);
	assert_true(s.refreshed == 1 && s.changed == 1);
	sim_psp_platform_status(psp, &now);
	assert_true(s.refreshed == 2 && s.changed == 1);
	assert_int_equal(sim_psp_config(psp, &config), SNP_SUCCESS);
	assert_int_equal(sim_psp_commit(psp), SNP_SUCCESS);
	assert_true(s.refreshed == 4 && s.changed == 3);
	assert_int_equal(sim_psp_config(psp, &bad), SNP_INVALID_PARAM);
	assert_int_not_equal(sim_psp_vlek_load(psp, hashstick), SNP_SUCCESS);
	assert_int_not_equal(sim_psp_guest_request(psp, guest.number, page, page), SNP_SUCCESS);
	assert_true(s.refreshed == 7 && s.changed == 3);

	s.r = -EIO; /* the state is gone: nothing works, nothing changes */
	assert_int_equal(sim_psp_platform_status(psp, &now), SNP_RESOURCE_LIMIT);
	assert_int_equal(sim_psp_config(psp, &config), SNP_RESOURCE_LIMIT);
	assert_int_equal(sim_psp_commit(psp), SNP_RESOURCE_LIMIT);
	assert_int_equal(sim_psp_vlek_load(psp, hashstick), SNP_RESOURCE_LIMIT);
	assert_int_equal(sim_psp_download_firmware(psp, now.current_tcb, true), SNP_RESOURCE_LIMIT);
	assert_int_equal(sim_psp_guest_request(psp, guest.number, page, page), SNP_RESOURCE_LIMIT);
	assert_int_equal(s.changed, 3);
	sim_psp_free(psp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_saved_platform_comes_back_as_it_was),
		cmocka_unit_test(the_vlek_signs_the_same_after_a_load),
		cmocka_unit_test(nothing_but_a_whole_state_of_this_platform_is_taken),
		cmocka_unit_test(a_state_that_contradicts_itself_is_refused_though_its_hash_is_right),
		cmocka_unit_test(every_command_asks_first_and_tells_what_changed),
	};

	return cmocka_run_group_tests_name("sim/psp_state", tests, NULL, NULL);
}
