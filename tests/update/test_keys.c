/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>

#include "update/update_world.h"

/* Which tables recovery takes for those of another key, when no source has the right one. */
static const struct update_request refresh = { .kind = UPDATE_REFRESH }, recover = { .kind = UPDATE_RECOVER };

static void publish(struct update_world *w)
{
	assert_int_equal(world_update(w, NULL, &refresh), 0);
	assert_int_equal(world_table(w), WORLD_FITS);
	w->source_fails = -EHOSTUNREACH;
}

/* As when a disk moves to another host: the TCB may be the same. */
static void that_of_another_chip_is_emptied(void **state)
{
	static const struct sim_psp_options another = { .seed = SIM_PKI_DEFAULT_SEED "/another" };
	struct update_world *w = *state;
	const uint64_t before = world_signing(w).reported_tcb;

	publish(w);
	sim_psp_free(w->psp);
	assert_int_equal(sim_psp_new(&another, &w->psp, NULL), 0);
	assert_true(world_signing(w).reported_tcb == before);
	assert_int_equal(world_update(w, NULL, &recover), -ENODATA);
	assert_int_equal(world_table(w), WORLD_EMPTY);
}

static void that_of_a_vcek_is_emptied_when_a_vlek_signs(void **state)
{
	struct update_world *w = *state;
	uint8_t stick[SNP_VLEK_HASHSTICK_BYTES];

	publish(w);
	assert_int_equal(sim_kds_hashstick(w->psp, SIM_CSP_ID, world_signing(w).reported_tcb, stick, NULL),
			 0);
	assert_int_equal(sim_psp_vlek_load(w->psp, stick), SNP_SUCCESS);
	assert_int_equal(world_update(w, NULL, &recover), -ENODATA);
	assert_int_equal(world_table(w), WORLD_EMPTY);
}

/* A later version of AMD's extensions may say the TCB in another way. */
static void that_of_a_certificate_that_cannot_be_read_stays(void **state)
{
	static const uint8_t version_1[] = { 0x2b, 6, 1, 4, 1, 0x9c, 0x78, 1, 1, 4, 3, 2, 1 };
	struct update_world *w = *state;
	uint8_t table[32768], *found;
	size_t n;
	FILE *file;

	publish(w);
	assert_int_equal(sim_psp_commit(w->psp), SNP_SUCCESS);
	file = fopen(w->path, "r");
	assert_non_null(file);
	n = fread(table, 1, sizeof(table), file);
	fclose(file);
	found = memmem(table, n, version_1, sizeof(version_1));
	assert_non_null(found);
	found[sizeof(version_1)] = 99;
	world_put(w, table, n);
	assert_int_equal(world_update(w, NULL, &recover), -EHOSTUNREACH);
	assert_int_equal(w->result.table, UPDATE_TABLE_OLD);
}

static int set_up(void **state)
{
	*state = world_new(SNP_MILAN, true);
	return 0;
}

static int tear_down(void **state)
{
	world_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(that_of_another_chip_is_emptied),
		TEST(that_of_a_vcek_is_emptied_when_a_vlek_signs),
		TEST(that_of_a_certificate_that_cannot_be_read_stays),
	};

	return cmocka_run_group_tests_name("update_keys", tests, NULL, NULL);
}
