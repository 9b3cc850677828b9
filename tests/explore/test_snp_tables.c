/* SPDX-License-Identifier: MIT */
#include "sim/psp/psp_support.h"

#include <errno.h>

#include "explore/snp.h"

/* Tables, updates and remembered checks of the explored machine, against what the product says itself. */

static struct explore_snp *tables_new(const struct explore_setup *setup)
{
	struct explore_snp *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->world.setup = *setup;
	assert_int_equal(snp_tables_new(m, NULL), 0);
	return m;
}

static void tables_free(struct explore_snp *m)
{
	snp_tables_free(m->tables);
	sim_psp_free(m->psp);
	sim_pki_free(m->pki);
	free(m);
}

static struct snp_platform_status status_of(struct explore_snp *m)
{
	struct snp_platform_status status;

	assert_int_equal(sim_psp_platform_status(m->psp, &status), SNP_SUCCESS);
	return status;
}

/* Executes the command of an update: the firmware accepts it, and reports the TCB of that state. */
static void execute(struct explore_snp *m, unsigned state)
{
	const struct update_request *request = &m->states[state].request;
	struct snp_config config = { .reported_tcb = request->tcb };

	if (request->kind == UPDATE_COMMIT) {
		assert_int_equal(sim_psp_commit(m->psp), SNP_SUCCESS);
	} else {
		assert_int_equal(request->kind, UPDATE_SET_CONFIG);
		assert_int_equal(sim_psp_config(m->psp, &config), SNP_SUCCESS);
	}
	assert_int_equal(status_of(m).reported_tcb, m->states[state].tcb);
}

static const struct explore_setup most = { .updaters = 1, .updates = SNP_MAX_TABLES - 1 };

static void updates_are_possible_in_any_order(void **state)
{
	struct explore_snp *m = tables_new(&most);

	(void)state;
	assert_int_equal(m->n_states, SNP_MAX_TABLES);
	for (unsigned first = 1; first < m->n_states; first++)
		for (unsigned i = 0; i < m->n_states - 1; i++)
			execute(m, 1 + (first - 1 + i) % (m->n_states - 1));
	for (unsigned i = m->n_states - 1; i > 0; i--)
		execute(m, i);
	for (unsigned i = 0; i < m->n_states; i++)
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(m->states[i].tcb, m->states[k].tcb);
	tables_free(m);
}

static void each_updater_has_updates_of_its_own(void **state)
{
	const struct explore_setup setup = { .updaters = 2, .updates = 3 };
	struct explore_snp *m = tables_new(&setup);

	(void)state;
	assert_int_equal(m->n_states, 6);
	for (unsigned k = 0; k < 3; k++)
		assert_ptr_equal(snp_tables_request(m, 0, k), &m->states[1 + k].request);
	assert_int_equal(snp_tables_request(m, 1, 0)->kind, UPDATE_REFRESH);
	assert_ptr_equal(snp_tables_request(m, 1, 1), &m->states[4].request);
	assert_ptr_equal(snp_tables_request(m, 1, 2), &m->states[5].request);
	tables_free(m);
}

static void more_updates_than_there_are_tables_are_refused(void **state)
{
	const struct explore_setup setups[] = {
		{ .updaters = 1, .updates = SNP_MAX_TABLES },
		{ .updaters = 2, .updates = 4 },
		{ .updaters = 3, .updates = UINT32_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(setups); i++) {
		struct explore_snp m = { .world.setup = setups[i] };
		struct jurat_error err;

		assert_int_equal(snp_tables_new(&m, &err), -EINVAL);
		assert_non_null(strstr(err.text, "updates"));
		assert_null(m.tables);
	}
}

/* The second time, the answer is the remembered one, whose text is at the same place. */
static int verify(struct explore_snp *m, const uint8_t *report, const uint8_t *table, size_t n)
{
	const char *why[2];
	int r = snp_tables_verify(m, report, table, n, &why[0]);

	assert_int_equal(snp_tables_verify(m, report, table, n, &why[1]), r);
	assert_ptr_equal(why[0], why[1]);
	assert_true(r == 0 ? why[0] == NULL : why[0][0] != '\0');
	return r;
}

static void a_table_verifies_reports_of_its_tcb_only(void **state)
{
	const struct explore_setup setup = { .updaters = 1, .updates = 2 };
	struct explore_snp *m = tables_new(&setup);
	struct test_guest g = launch(m->psp);

	(void)state;
	for (unsigned i = 0; i < m->n_states; i++) {
		struct report_answer a;

		if (i > 0)
			execute(m, i);
		a = ask_report(&g, 0, 0, 0);
		assert_int_equal(a.status, 0);
		for (unsigned k = 0; k < m->n_states; k++)
			assert_int_equal(verify(m, a.bytes, m->states[k].bytes, m->states[k].n),
					 i == k ? 0 : JURAT_REFUSED);
		assert_int_equal(verify(m, a.bytes, (const uint8_t[24]){ 0 }, 24), JURAT_REFUSED);
		a.bytes[0x50] ^= 1; /* REPORT_DATA */
		assert_int_equal(verify(m, a.bytes, m->states[i].bytes, m->states[i].n), JURAT_REFUSED);
	}
	tables_free(m);
}

static void a_table_is_known_by_all_of_its_bytes(void **state)
{
	struct explore_snp *m = tables_new(&most);
	uint8_t table[SNP_MAX_TABLE_BYTES];

	(void)state;
	for (unsigned i = 0; i < m->n_states; i++) {
		size_t n = m->states[i].n;

		memcpy(table, m->states[i].bytes, n);
		assert_int_equal(snp_tables_state(m, table, n), i);
		assert_int_equal(snp_tables_state(m, table, n - 1), -1);
		table[n - 1] ^= 1;
		assert_int_equal(snp_tables_state(m, table, n), -1);
		memset(table, 0, 24);
		assert_int_equal(snp_tables_state(m, table, n), SNP_EMPTY_TABLE);
	}
	assert_int_equal(snp_tables_state(m, table, 0), SNP_EMPTY_TABLE);
	assert_int_equal(snp_tables_state(m, table, 23), -1);
	tables_free(m);
}

static struct update_plan plan_of(struct explore_snp *m, unsigned state)
{
	const struct update_request refresh = { .kind = UPDATE_REFRESH };
	struct snp_platform_status status = status_of(m);
	struct update_plan plan;
	uint8_t hwid[64];

	sim_psp_hwid(m->psp, hwid);
	assert_int_equal(update_plan_make(SNP_MILAN, hwid, &status, &refresh, &plan, NULL), 0);
	plan.after.reported_tcb = m->states[state].tcb;
	return plan;
}

static void updaters_are_told_what_the_product_says(void **state)
{
	const struct explore_setup setup = { .updaters = 1, .updates = 2 };
	struct explore_snp *m = tables_new(&setup);
	struct update_source remembers = snp_tables_source(m), checks = remembers;

	(void)state;
	checks.fits = NULL;
	checks.make = NULL;
	for (unsigned i = 0; i < 2 * m->n_states; i++) { /* the second time, they are remembered */
		struct update_plan plan = plan_of(m, i / 2);
		auto_free uint8_t *table = NULL;
		size_t n;

		assert_int_equal(update_source_make(&remembers, &plan, NULL, 0, &table, &n, NULL), 0);
		assert_int_equal(snp_tables_state(m, table, n), i / 2);
		for (unsigned k = 0; k < m->n_states; k++) {
			struct jurat_error told = { "" }, said = { "" };
			int r = update_source_fits(&remembers, &plan, m->states[k].bytes, m->states[k].n,
						   &told);

			assert_int_equal(r, update_source_fits(&checks, &plan, m->states[k].bytes,
							       m->states[k].n, &said));
			assert_int_equal(r, k == i / 2 ? 0 : JURAT_REFUSED);
			assert_string_equal(told.text, said.text);
		}
	}
	tables_free(m);
}

static void an_updater_that_takes_the_current_tcb_gets_another_table(void **state)
{
	const struct explore_setup setup = { .updaters = 1,
					     .updates = 2,
					     .flaws = EXPLORE_FLAW(EXPLORE_CURRENT_TCB) };
	struct explore_snp *m = tables_new(&setup);
	struct update_source source = snp_tables_source(m);
	struct update_plan plan = plan_of(m, 2);
	auto_free uint8_t *table = NULL;
	size_t n;

	(void)state;
	assert_int_equal(update_source_make(&source, &plan, NULL, 0, &table, &n, NULL), 0);
	assert_int_equal(snp_tables_state(m, table, n), 1); /* which SNP_COMMIT makes the reported one */
	tables_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(updates_are_possible_in_any_order),
		cmocka_unit_test(each_updater_has_updates_of_its_own),
		cmocka_unit_test(more_updates_than_there_are_tables_are_refused),
		cmocka_unit_test(a_table_verifies_reports_of_its_tcb_only),
		cmocka_unit_test(a_table_is_known_by_all_of_its_bytes),
		cmocka_unit_test(updaters_are_told_what_the_product_says),
		cmocka_unit_test(an_updater_that_takes_the_current_tcb_gets_another_table),
	};

	return cmocka_run_group_tests_name("explore_snp_tables", tests, NULL, NULL);
}
