/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "cli/policy_file.h"
#include "cli/tcb.h"
#include "verify/policy_from.h"

/* `jurat tcb --policy-out`: what the table requires now, as a policy. */

/* The highest minimum of each component; a policy has no rows for some processors of a product. */
static bool take_row(const struct tcb_survey *s, const struct snp_minimum *row, struct policy_tcb *to)
{
	struct snp_tcb *floor = &to->floor[row->product];

	if (row->required_from > s->at)
		return true;
	if (row->has_cpuid)
		return false;
	to->named[row->product] = true;
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++) {
		uint8_t *is = snp_tcb_component(floor, snp_tcb_component_name(i));

		if (row->named[i] && snp_tcb_get(&row->tcb, i) > *is)
			*is = snp_tcb_get(&row->tcb, i);
	}
	return true;
}

static int add_minimums(const struct tcb_survey *s, const struct policy_tcb *tcb,
			struct jurat_policy *members)
{
	struct render_json o = { .bad = false };
	json_t *object auto_call(render_json_drop) = json_object();
	auto_free char *value = NULL;
	struct jurat_error err = { "" };
	char at[BASE_TIME_BYTES], comment[160];

	for (int i = SNP_PRODUCT_UNKNOWN + 1; i < SNP_N_PRODUCTS; i++)
		if (tcb->named[i])
			render_put(&o, object, snp_product_name((enum snp_product)i),
				   render_tcb(&o, (enum snp_product)i, &tcb->floor[i]));
	value = o.bad ? NULL : json_dumps(object, JSON_COMPACT);
	if (!value)
		return cli_fail_memory(s->cli);
	snprintf(comment, sizeof(comment),
		 "What the table of jurat tcb --snp-table requires at %s. Other products are refused.",
		 base_time_text(s->at, at));
	if (jurat_policy_set(members, "minimum_tcb", value, &err) < 0)
		return cli_fail(s->cli, CLI_INTERNAL, "%s", err.text);
	return policy_set_comment(members, "minimum_tcb", comment) < 0 ? cli_fail_memory(s->cli) : CLI_OK;
}

/* A policy has no minimum for one processor of a product: the policy itself must say so, too. */
static int leave_out(const struct tcb_survey *s, const struct snp_minimum *row, struct jurat_policy *members)
{
	struct jurat_error err = { "" };
	char line[160];

	cli_warn(s->cli, "--policy-out: the row of %s for one processor of %s is left out", row->bulletin,
		 snp_product_name(row->product));
	snprintf(line, sizeof(line), "Not required: the row of %s for one processor of %s.", row->bulletin,
		 snp_product_name(row->product));
	return policy_add_line(members, line, &err) < 0 ? cli_fail_memory(s->cli) : CLI_OK;
}

static int fill(const struct tcb_survey *s, struct jurat_policy *policy, struct jurat_policy *members)
{
	struct policy_tcb tcb = { .set = true };
	bool any = false;
	int status = CLI_OK;

	for (size_t i = 0; status == CLI_OK && i < s->table.n; i++)
		if (!take_row(s, &s->table.rows[i], &tcb))
			status = leave_out(s, &s->table.rows[i], members);
	if (status != CLI_OK)
		return status;
	for (size_t i = 0; i < SNP_N_PRODUCTS; i++)
		any |= tcb.named[i];
	if (!any)
		return cli_fail(s->cli, CLI_USAGE,
				"--policy-out: the table has no row that a policy can require now");
	status = cli_policy_load(s->cli, policy);
	if (status == CLI_OK)
		status = add_minimums(s, &tcb, members);
	if (status == CLI_OK)
		status = cli_policy_add(s->cli, policy, members);
	return status == CLI_OK ? cli_policy_write(s->cli, "policy-out", policy) : status;
}

int tcb_write_policy(const struct tcb_survey *s)
{
	struct jurat_policy *policy = NULL, *members = NULL;
	struct jurat_error err = { "" };
	int status;

	if (!cli_has(s->cli, "policy-out"))
		return cli_has(s->cli, "policy")
			       ? cli_fail(s->cli, CLI_USAGE, "--policy is used with --policy-out")
			       : CLI_OK;
	if (!s->has_table)
		return cli_fail(s->cli, CLI_USAGE, "--policy-out is used with --snp-table");
	if (jurat_policy_new(&policy, &err) < 0 || jurat_policy_new(&members, &err) < 0)
		status = cli_fail(s->cli, CLI_INTERNAL, "%s", err.text);
	else
		status = fill(s, policy, members);
	jurat_policy_free(policy);
	jurat_policy_free(members);
	return status;
}
