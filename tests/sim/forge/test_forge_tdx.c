/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <jurat/verify.h>

#include "sim/forge/forge.h"

enum { AT = 1782864000 /* 2026-07-01 */, MAX_ITEMS = 8, MAX_CODES = 6 };

struct row {
	const char *items[MAX_ITEMS];
	const char *codes[MAX_CODES]; /* all reasons, in order */
	const char *policy;           /* JSON; NULL: none */
	enum sim_tdx_generation generation;
};

static int forge(const struct row *row, struct sim_forged *ret, struct jurat_error *err)
{
	const struct sim_forge_options options = { .tdx = true, .generation = row->generation };
	struct sim_order *order;
	int r;

	assert_int_equal(sim_order_new(AT, &order, NULL), 0);
	r = 0;
	for (size_t i = 0; i < MAX_ITEMS && row->items[i] && r == 0; i++)
		r = sim_order_add(order, row->items[i], err);
	if (r == 0)
		r = sim_forge(&options, order, ret, err);
	sim_order_free(order);
	return r;
}

static struct jurat_tdx_collateral *collateral_of(const struct sim_forged *forged)
{
	struct jurat_tdx_collateral *c;

	assert_int_equal(jurat_tdx_collateral_new(&c, NULL), 0);
	for (size_t i = 0; i < forged->n; i++)
		if (strncmp(forged->files[i].name, "collateral/", 11) == 0)
			(void)!jurat_tdx_collateral_add(c, forged->files[i].bytes, forged->files[i].size,
							NULL);
	return c;
}

static void check_reasons(const struct row *row, const struct jurat_verdict *verdict)
{
	const char *name = row->items[0] ? row->items[0] : "nothing";
	size_t n = 0;

	while (n < MAX_CODES && row->codes[n])
		n++;
	for (size_t i = 0; i < jurat_verdict_reason_count(verdict); i++)
		if (i >= n || strcmp(jurat_verdict_reason_code(verdict, i), row->codes[i]) != 0)
			FAIL_BECAUSE("%s: reason %zu: %s: %s", name, i, jurat_verdict_reason_code(verdict, i),
				     jurat_verdict_reason_detail(verdict, i));
	if (jurat_verdict_reason_count(verdict) != n)
		FAIL_BECAUSE("%s: accepted, or too few reasons", name);
}

static void check(const struct row *row)
{
	struct jurat_verdict *verdict = NULL;
	struct jurat_tdx_collateral *c;
	struct jurat_error err = { "" };
	struct sim_forged forged = { 0 };
	struct jurat_policy *policy;
	struct jurat_verifier *v;
	const struct sim_forged_file *quote, *root;
	struct jurat_tdx_evidence e = { .size = sizeof(e) };

	if (forge(row, &forged, &err) != 0)
		FAIL_BECAUSE("%s: %s", row->items[0] ? row->items[0] : "nothing", err.text);
	quote = sim_forged_find(&forged, "quote.bin");
	root = sim_forged_find(&forged, "root.der");
	assert_non_null(quote);
	assert_non_null(root);
	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	if (row->policy && jurat_policy_read_json(policy, row->policy, strlen(row->policy), &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(v, root->bytes, root->size, NULL), 0);
	c = collateral_of(&forged);
	e.quote = quote->bytes;
	e.quote_size = quote->size;
	(void)!jurat_verify_tdx(v, &e, c, policy, AT, &verdict, &err);
	if (!verdict)
		FAIL_BECAUSE("%s: %s", row->items[0], err.text);
	check_reasons(row, verdict);
	jurat_verdict_free(verdict);
	jurat_tdx_collateral_free(c);
	jurat_verifier_free(v);
	jurat_policy_free(policy);
	sim_forged_done(&forged);
}

static void evidence_without_items_is_accepted(void **state)
{
	(void)state;
	check(&(struct row){ .generation = SIM_TDX_15 });
	check(&(struct row){ .generation = SIM_TDX_10 });
	check(&(struct row){ .generation = SIM_TDX_15EX });
	check(&(struct row){ .items = { "quote.version=5" } });
	check(&(struct row){ .items = { "quote.version=5", "quote.body_type=3" } });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_without_items_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
