/* SPDX-License-Identifier: MIT */
#include "verify/policy_from.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text_stream.h"
#include "verify/policy_pins.h"
#include "verify/policy_table.h"
#include "verify/policy_write.h"
#include "verify/verdict.h"

bool policy_pin_at(size_t i, struct policy_pin *ret)
{
	if (i >= policy_n_pin_rows)
		return false;
	*ret = policy_pin_rows[i].pin;
	ret->scope = policy_row_find(ret->member)->scope;
	return true;
}

/* Whether a set of pins has this one. false: it is not the name of a set. */
static bool in_set(const char *name, size_t n, const struct policy_pin *pin, bool *ret)
{
	bool all = n == strlen("all") && strncmp(name, "all", n) == 0;

	*ret = all || pin->use != POLICY_PIN_BY_NAME;
	return all || (n == strlen("default") && strncmp(name, "default", n) == 0);
}

static bool add_pins(struct policy_pins *pins, const char *name, size_t n)
{
	struct policy_pin pin;
	bool known = false;

	for (size_t i = 0; policy_pin_at(i, &pin); i++) {
		bool has;

		if (in_set(name, n, &pin, &has)) {
			if (has && pins->pinned[i] == POLICY_NOT_PINNED)
				pins->pinned[i] = POLICY_PINNED_IF_THERE;
			known = true;
		} else if (strlen(pin.member) == n && strncmp(pin.member, name, n) == 0) {
			pins->pinned[i] = POLICY_PINNED;
			return true;
		}
	}
	return known;
}

int policy_pins_add(struct policy_pins *pins, const char *names, struct jurat_error *err)
{
	struct policy_pins next = *pins;

	for (;;) {
		size_t n = strcspn(names, ",");

		if (!add_pins(&next, names, n))
			return jurat_fail(err, -EINVAL, "'%.*s' cannot be pinned", n > 60 ? 60 : (int)n,
					  names);
		if (names[n] == '\0')
			break;
		names += n + 1;
	}
	*pins = next;
	return 0;
}

/* "allow_x" and "require_x" say themselves what their values mean. */
static const char *tight_text(const struct policy_pin *pin, const json_t *value)
{
	if (pin->tight)
		return pin->tight;
	if (strncmp(pin->member, "allow_", strlen("allow_")) == 0)
		return json_is_true(value) ? "Accepted, as in this evidence." : "Not accepted.";
	return json_is_true(value) ? "Required, as in this evidence." : "Not required, as in this evidence.";
}

static int set_pin(const struct policy_pin *pin, json_t *value, struct jurat_policy *to,
		   struct jurat_error *err)
{
	auto_free char *text = json_dumps(value, JSON_ENCODE_ANY), *comment = NULL;
	int r;

	if (!text || asprintf(&comment, "%s %s", pin->meaning, tight_text(pin, value)) < 0) {
		comment = NULL;
		return jurat_fail_memory(err);
	}
	r = jurat_policy_set(to, pin->member, text, err);
	if (r == 0 && policy_set_comment(to, pin->member, comment) < 0)
		r = jurat_fail_memory(err);
	return r;
}

/* Lines of the comment on the policy: names after a heading, "Heading: a, b (why)". */
struct line {
	struct text_stream stream;
	bool any;
};

static void add_name(struct line *line, const char *heading, const char *member, const char *why)
{
	fprintf(line->stream.to, "%s%s%s%s%s", line->any ? ", " : heading, member, why ? " (" : "",
		why ? why : "", why ? ")" : "");
	line->any = true;
}

/* The evidence was accepted because of its date: a list of statuses would accept it whatever its date. */
static bool is_accepted_by_date(const struct policy_pin *pin, const json_t *value,
				const struct jurat_policy *policy)
{
	return strstr(pin->member, "tcb_statuses") != NULL && json_is_array(value) &&
	       policy_is_set(policy, "minimum_tcb_date");
}

struct pinning {
	const struct jurat_verdict *verdict;
	const struct jurat_policy *base;
	struct jurat_policy *to;
	struct line left_out, lacks;
};

static int pin_one(struct pinning *p, size_t i, enum policy_pinned pinned, struct jurat_error *err)
{
	const bool tdx = p->verdict->tdx != NULL;
	const char *lacks = NULL;
	json_t *value = NULL;
	struct policy_pin pin;
	int r = 0;

	if (!policy_pin_at(i, &pin) || (tdx && pin.use == POLICY_PIN_SNP && pinned != POLICY_PINNED))
		return 0; /* `measurement` of a TD is mrtd */
	if (!(pin.scope & (tdx ? POLICY_OF_TDX : POLICY_OF_SNP)))
		lacks = tdx ? "not a member for TDX" : "not a member for SEV-SNP";
	else if (pinned != POLICY_NOT_PINNED)
		value = policy_pin_rows[i].make(p->verdict, pin.member, &lacks);
	if (value && is_accepted_by_date(&pin, value, p->base)) {
		lacks = "accepted by minimum_tcb_date";
		json_decref(value);
		value = NULL;
	}
	if (lacks && pinned == POLICY_PINNED)
		return jurat_fail(err, JURAT_NOT_FOUND, "%s: %s", pin.member, lacks);
	if (value)
		r = set_pin(&pin, value, p->to, err);
	else if (pinned != POLICY_NOT_PINNED && !lacks)
		r = jurat_fail_memory(err);
	else if (pin.scope & (tdx ? POLICY_OF_TDX : POLICY_OF_SNP))
		add_name(lacks ? &p->lacks : &p->left_out,
			 lacks ? "Not in this evidence, so not pinned: " : "Not pinned: ", pin.member, lacks);
	json_decref(value);
	return r;
}

int policy_add_line(struct jurat_policy *policy, const char *line, struct jurat_error *err)
{
	const char *was = policy->comments[POLICY_MAX_MEMBERS];
	auto_free char *text = NULL;

	if (asprintf(&text, "%s%s%s", was ? was : "", was ? "\n" : "", line) < 0) {
		text = NULL;
		return jurat_fail_memory(err);
	}
	return policy_set_comment(policy, "", text) < 0 ? jurat_fail_memory(err) : 0;
}

static int close_line(struct line *line, struct jurat_policy *to, int r, struct jurat_error *err)
{
	auto_free char *text = NULL;

	if (text_stream_close(&line->stream, &text, NULL) < 0)
		return r < 0 ? r : jurat_fail_memory(err);
	return r == 0 && line->any ? policy_add_line(to, text, err) : r;
}

int policy_from(const struct jurat_verdict *verdict, const struct policy_pins *pins,
		const struct jurat_policy *base, struct jurat_policy *to, struct jurat_error *err)
{
	struct pinning p = { .verdict = verdict, .base = base, .to = to };
	int r = 0;

	if (!jurat_verdict_measurement(verdict))
		return jurat_fail(err, JURAT_NOT_FOUND, "the evidence could not be read");
	if (text_stream_open(&p.left_out.stream) < 0)
		return jurat_fail_memory(err);
	if (text_stream_open(&p.lacks.stream) < 0)
		return close_line(&p.left_out, to, jurat_fail_memory(err), err);
	for (size_t i = 0; r == 0 && i < policy_n_pin_rows; i++)
		r = pin_one(&p, i, pins->pinned[i], err);
	r = close_line(&p.left_out, to, r, err);
	return close_line(&p.lacks, to, r, err);
}

static int merge_member(struct jurat_policy *to, const struct jurat_policy *from, const char *member,
			policy_replaced *replaced, void *context, struct jurat_error *err)
{
	const bool replaces = replaced && policy_is_set(to, member);
	auto_free char *was = replaces ? policy_write_value(to, member) : NULL;
	auto_free char *is = policy_write_value(from, member);

	if ((replaces && !was) || !is)
		return jurat_fail_memory(err);
	if (replaces && strcmp(was, is) != 0)
		replaced(context, member, was, is);
	return jurat_policy_set(to, member, is, err);
}

int policy_merge(struct jurat_policy *to, const struct jurat_policy *from, policy_replaced *replaced,
		 void *context, struct jurat_error *err)
{
	const char *whole = from->comments[POLICY_MAX_MEMBERS], *was;
	struct policy_member m;
	int r = 0;

	for (size_t i = 0; r == 0 && policy_member_at(from, i, &m); i++) {
		if (m.set)
			r = merge_member(to, from, m.name, replaced, context, err);
		if (r == 0 && from->comments[i] && policy_set_comment(to, m.name, from->comments[i]) < 0)
			r = jurat_fail_memory(err);
	}
	was = to->comments[POLICY_MAX_MEMBERS];
	if (r == 0 && whole && !(was && strstr(was, whole)))
		r = policy_add_line(to, whole, err);
	return r;
}
