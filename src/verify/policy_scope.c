/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/policy_table.h"
#include "verify/verdict.h"

/*
 * The sender of evidence chooses its kind. So a member that applies to some kinds only restricts evidence to
 * these, and no evidence is accepted merely because no member applies to it (doc/decisions/0008).
 */

static const struct {
	enum policy_scope scope;
	const char *name;
} kinds[] = {
	{ POLICY_OF_VCEK, "VCEK-signed reports" },
	{ POLICY_OF_VLEK, "VLEK-signed reports" },
	{ POLICY_OF_SNP, "SEV-SNP reports" },
	{ POLICY_OF_TDX, "TDX quotes" },
};

static const char *name_of(enum policy_scope scope)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].scope == scope)
			return kinds[i].name;
	}
	return "any evidence";
}

/* Whether this member was set explicitly; defaults do not count. */
bool policy_is_set(const struct jurat_policy *policy, const char *name)
{
	const struct policy_row *row = policy_row_find(name);

	return row && policy->set[row - policy_rows];
}

/* Whether the policy names this kind of evidence as well as that of `scope`. */
static bool names_both(const struct jurat_policy *policy, enum policy_scope scope, enum policy_scope evidence)
{
	const uint32_t both = 1u << POLICY_SEV_SNP | 1u << POLICY_TDX;

	if ((scope & POLICY_OF_TDX) != (evidence & POLICY_OF_TDX))
		return policy_is_set(policy, "tees") && (policy->tees & both) == both;
	if (evidence == POLICY_OF_VCEK)
		return policy_is_set(policy, "allow_vcek") && policy->allow_vcek;
	return policy_is_set(policy, "allow_vlek") && policy->allow_vlek;
}

/* Whether a member that does not apply to the evidence of `scope` restricts this evidence. */
static bool demands_alone(const struct jurat_policy *policy, enum policy_scope evidence,
			  enum policy_scope scope)
{
	struct policy_member m;

	for (size_t i = 0; policy_member_at(policy, i, &m); i++) {
		if (m.demands && m.scope & evidence && !(m.scope & scope))
			return true;
	}
	return false;
}

/* Names of the members for one kind of evidence, as many as fit. */
struct names {
	char text[VERDICT_DETAIL_BYTES / 2];
	size_t n, left_out;
};

static void add_name(struct names *names, const char *name)
{
	size_t used = strlen(names->text), room = sizeof(names->text) - used;

	if (strlen(name) + sizeof(", ") <= room)
		snprintf(names->text + used, room, "%s%s", names->n > 0 ? ", " : "", name);
	else
		names->left_out++;
	names->n++;
}

static struct names names_for(const struct jurat_policy *policy, enum policy_scope scope)
{
	struct names names = { .n = 0 };
	struct policy_member m;

	for (size_t i = 0; policy_member_at(policy, i, &m); i++) {
		if (m.set && m.scope == scope)
			add_name(&names, m.name);
	}
	return names;
}

static void refuse(struct jurat_verdict *out, const struct names *names, enum policy_scope scope,
		   enum policy_scope evidence)
{
	const char *cure = evidence == POLICY_OF_VCEK ? "allow_vcek to true" : "allow_vlek to true";
	char more[32] = "";

	if (scope == POLICY_OF_TDX || evidence == POLICY_OF_TDX)
		cure = "tees to both";
	if (names->left_out > 0)
		snprintf(more, sizeof(more), " and %zu more", names->left_out);
	verdict_refuse(out, REASON_POLICY_SCOPE, "%s%s: for %s only (to accept %s as well, set %s)",
		       names->text, more, name_of(scope), name_of(evidence), cure);
}

/* The scopes that members which are set have: bit n for scope n. */
static uint32_t scopes_of(const struct jurat_policy *policy)
{
	uint32_t scopes = 0;

	for (size_t i = 0; i < policy_n_rows; i++) {
		if (policy->set[i])
			scopes |= 1u << policy_rows[i].scope;
	}
	return scopes;
}

void policy_judge_scope(const struct jurat_policy *policy, enum policy_scope evidence,
			struct jurat_verdict *out)
{
	const uint32_t scopes = scopes_of(policy);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		enum policy_scope scope = kinds[i].scope;
		struct names names;

		if (scope & evidence || !(scopes >> scope & 1))
			continue;
		names = names_for(policy, scope);
		if (!names_both(policy, scope, evidence))
			refuse(out, &names, scope, evidence);
		else if (!demands_alone(policy, evidence, scope))
			verdict_not_judged(out, NOT_JUDGED_POLICY_SCOPE);
	}
}
