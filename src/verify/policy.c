/* SPDX-License-Identifier: MIT */
#include "verify/policy.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "verify/json_names.h"
#include "verify/policy_bits.h"
#include "verify/policy_events.h"
#include "verify/policy_table.h"
#include "verify/policy_values.h"
#include "verify/tdx_collateral.h"
#include "verify/tdx_status.h"

static void words_done(struct policy_words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->items[i]);
	free(words->items);
	*words = (struct policy_words){ 0 };
}

static void list_done(struct policy_list *list)
{
	free(list->items);
	*list = (struct policy_list){ 0 };
}

void policy_done(struct jurat_policy *policy)
{
#define LIST_DONE(field, size, reason) list_done(&policy->field);
	POLICY_BYTES(LIST_DONE)
	POLICY_TD_BYTES(LIST_DONE)
	POLICY_PCK_BYTES(LIST_DONE)
	words_done(&policy->csp_id);
	words_done(&policy->accepted_advisories);
	words_done(&policy->rejected_advisories);
	policy_events_done(&policy->event_digests);
	words_done(&policy->kernel_cmdline);
	words_done(&policy->warnings);
	for (size_t i = 0; i < ARRAY_SIZE(policy->comments); i++)
		free(policy->comments[i]);
}

static int list_copy(struct policy_list *to, const struct policy_list *from, size_t size)
{
	*to = (struct policy_list){ 0 };
	if (from->n == 0)
		return 0;
	to->items = reallocarray(NULL, from->n, size);
	if (!to->items)
		return -ENOMEM;
	memcpy(to->items, from->items, from->n * size);
	to->n = from->n;
	return 0;
}

static int words_copy(struct policy_words *to, const struct policy_words *from)
{
	*to = (struct policy_words){ 0 };
	if (from->n == 0)
		return 0;
	to->items = calloc(from->n, sizeof(*to->items));
	if (!to->items)
		return -ENOMEM;
	for (; to->n < from->n; to->n++) {
		to->items[to->n] = strdup(from->items[to->n]);
		if (!to->items[to->n])
			return -ENOMEM;
	}
	return 0;
}

static int comments_copy(struct jurat_policy *to, const struct jurat_policy *from)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(to->comments); i++) {
		to->comments[i] = from->comments[i] ? strdup(from->comments[i]) : NULL;
		if (from->comments[i] && !to->comments[i])
			r = -ENOMEM;
	}
	return r;
}

/* `to` needs policy_done() even after a failure. */
static int policy_copy(struct jurat_policy *to, const struct jurat_policy *from)
{
	int r = 0;

	*to = *from;
#define LIST_COPY(field, size, reason) r |= list_copy(&to->field, &from->field, size);
	POLICY_BYTES(LIST_COPY)
	POLICY_TD_BYTES(LIST_COPY)
	POLICY_PCK_BYTES(LIST_COPY)
	r |= words_copy(&to->csp_id, &from->csp_id);
	r |= words_copy(&to->accepted_advisories, &from->accepted_advisories);
	r |= words_copy(&to->rejected_advisories, &from->rejected_advisories);
	r |= policy_events_copy(&to->event_digests, &from->event_digests);
	r |= words_copy(&to->kernel_cmdline, &from->kernel_cmdline);
	r |= words_copy(&to->warnings, &from->warnings);
	r |= comments_copy(to, from);
	return r < 0 ? -ENOMEM : 0;
}

static void policy_swap(struct jurat_policy *a, struct jurat_policy *b)
{
	struct jurat_policy c = *a;

	*a = *b;
	*b = c;
}

/* Number of values: 1, or the size of a non-empty array. */
static size_t count(const json_t *value)
{
	return json_is_array(value) ? json_array_size(value) : 1;
}

static const json_t *item(const json_t *value, size_t i)
{
	return json_is_array(value) ? json_array_get(value, i) : value;
}

struct hex {
	size_t size;
	bool chip_id;
};

static int read_hex(json_t *value, uint8_t *to, void *context, struct jurat_error *err)
{
	const struct hex *wanted = context;
	const char *hex = json_string_value(value);
	const size_t size = wanted->size;

	if (hex && bytes_from_hex(hex, to, size))
		return 0;
	if (!wanted->chip_id)
		return jurat_fail(err, -EBADMSG, "expected a string of exactly %zu hex digits", 2 * size);
	memset(to, 0, size);
	if (hex && bytes_from_hex(hex, to, snp_hwid_bytes(SNP_TURIN)))
		return 0;
	return jurat_fail(err, -EBADMSG, "expected a string of exactly 128 hex digits, or 16 for Turin");
}

static int read_list(json_t *value, struct policy_list *list, const struct policy_row *m,
		     struct jurat_error *err)
{
	struct hex wanted = { .size = m->arg, .chip_id = m->kind == POLICY_KIND_CHIP_ID };

	return policy_read_items(value, wanted.size, read_hex, &wanted, list, err);
}

/* An advisory id that collateral cannot have would never match. */
static int check_advisory(const char *word, struct jurat_error *err)
{
	return collateral_is_advisory(word)
		       ? 0
		       : jurat_fail(err, -EBADMSG,
				    "expected advisories such as INTEL-SA-00837, found '%.40s'", word);
}

static int read_words(const json_t *value, enum policy_kind kind, struct policy_words *words,
		      struct jurat_error *err)
{
	struct policy_words next auto_call(words_done) = { 0 };
	size_t n = count(value);

	next.items = calloc(n, sizeof(*next.items));
	if (!next.items)
		return jurat_fail_memory(err);
	for (; next.n < n; next.n++) {
		const char *word = json_string_value(item(value, next.n));

		if (!word || (!*word && kind != POLICY_KIND_TEXTS))
			return jurat_fail(err, -EBADMSG, "expected a %sstring",
					  kind == POLICY_KIND_TEXTS ? "" : "non-empty ");
		if (kind == POLICY_KIND_ADVISORIES && check_advisory(word, err) < 0)
			return -EBADMSG;
		next.items[next.n] = strdup(word);
		if (!next.items[next.n])
			return jurat_fail_memory(err);
	}
	words_done(words);
	*words = next;
	next = (struct policy_words){ 0 };
	return 0;
}

static int read_number(const json_t *value, uint64_t max, uint32_t *ret, struct jurat_error *err)
{
	json_int_t v = json_integer_value(value);

	if (!json_is_integer(value) || v < 0 || (uint64_t)v > max)
		return jurat_fail(err, -EBADMSG, "expected a whole number from 0 to %llu",
				  (unsigned long long)max);
	*ret = (uint32_t)v;
	return 0;
}

static int read_bool(const json_t *value, bool *ret, struct jurat_error *err)
{
	if (!json_is_boolean(value))
		return jurat_fail(err, -EBADMSG, "expected true or false");
	*ret = json_is_true(value);
	return 0;
}

static int read_tee(const char *name, unsigned *ret, struct jurat_error *err)
{
	if (name && strcmp(name, "sev-snp") == 0)
		*ret = POLICY_SEV_SNP;
	else if (name && strcmp(name, "tdx") == 0)
		*ret = POLICY_TDX;
	else
		return jurat_fail(err, -EBADMSG, "expected sev-snp or tdx");
	return 0;
}

/* No policy can accept a status that means revoked, or that collateral cannot have. */
static int read_status(const char *name, unsigned *ret, struct jurat_error *err)
{
	enum tcb_status status = name ? tcb_status_by_word(name) : TCB_STATUS_NONE;

	if (status == TCB_STATUS_NONE || status == TCB_REVOKED || status == TCB_NOT_SUPPORTED ||
	    status == TCB_UNRECOGNIZED)
		return jurat_fail(
			err, -EBADMSG,
			"expected TCB statuses as Intel writes them (UpToDate, SWHardeningNeeded, ...), "
			"without those that can never be accepted");
	*ret = status;
	return 0;
}

/* The bit for one name or number of a bit set. */
static int read_bit(const json_t *value, const struct policy_row *m, unsigned *ret, struct jurat_error *err)
{
	const char *name = json_string_value(value);
	char names[SNP_PRODUCT_NAMES_BYTES];
	uint32_t number = 0;
	int r;

	if (m->kind == POLICY_KIND_NUMBERS) {
		r = read_number(value, m->arg, &number, err);
		if (r == 0)
			*ret = number;
		return r;
	}
	if (m->kind == POLICY_KIND_PRODUCTS) {
		enum snp_product product = name ? snp_product_by_name(name) : SNP_PRODUCT_UNKNOWN;

		if (product == SNP_PRODUCT_UNKNOWN)
			return jurat_fail(err, -EBADMSG, "expected %s", snp_product_names("or", names));
		*ret = product;
		return 0;
	}
	if (m->kind == POLICY_KIND_TEES)
		return read_tee(name, ret, err);
	return read_status(name, ret, err);
}

static int read_bits(const json_t *value, const struct policy_row *m, uint32_t *ret, struct jurat_error *err)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < count(value); i++) {
		unsigned bit = 0;
		int r = read_bit(item(value, i), m, &bit, err);

		if (r < 0)
			return r;
		bits |= 1u << bit;
	}
	*ret = bits;
	return 0;
}

static bool is_by_product(json_t *value)
{
	const char *key;
	json_t *v;

	json_object_foreach(value, key, v)
	{
		if (json_is_object(v) || snp_product_by_name(key) != SNP_PRODUCT_UNKNOWN)
			return true;
	}
	return false;
}

static int read_tcb_parts(json_t *value, struct snp_tcb *ret, struct jurat_error *err)
{
	struct snp_tcb tcb = { 0 };
	const char *key;
	json_t *v;

	if (!json_is_object(value) || json_object_size(value) == 0)
		return jurat_fail(err, -EBADMSG,
				  "expected an object of fmc, boot_loader, tee, snp, microcode");
	json_object_foreach(value, key, v)
	{
		uint8_t *component = snp_tcb_component(&tcb, key);
		uint32_t n = 0;
		int r;

		if (!component)
			return jurat_fail(err, -EBADMSG, "%.40s: unknown TCB component", key);
		r = read_number(v, 255, &n, err);
		if (r < 0)
			return jurat_wrap(err, r, "%s", key);
		*component = (uint8_t)n;
	}
	*ret = tcb;
	return 0;
}

/* TCB components, or an object with components for each product. */
static int read_tcb(json_t *value, struct policy_tcb *ret, struct jurat_error *err)
{
	struct policy_tcb tcb = { .set = true };
	char names[SNP_PRODUCT_NAMES_BYTES];
	const char *key;
	json_t *v;
	int r;

	if (is_by_product(value)) {
		json_object_foreach(value, key, v)
		{
			enum snp_product product = snp_product_by_name(key);

			if (product == SNP_PRODUCT_UNKNOWN)
				return jurat_fail(err, -EBADMSG, "%.40s: unknown product, expected %s", key,
						  snp_product_names("or", names));
			if (tcb.named[product])
				return jurat_fail(err, -EBADMSG, "%.40s: duplicate product", key);
			r = read_tcb_parts(v, &tcb.floor[product], err);
			if (r < 0)
				return jurat_wrap(err, r, "%s", key);
			tcb.named[product] = true;
		}
	} else {
		struct snp_tcb all;

		r = read_tcb_parts(value, &all, err);
		if (r < 0)
			return r;
		for (size_t i = 0; i < SNP_N_PRODUCTS; i++) {
			tcb.floor[i] = all;
			tcb.named[i] = true;
		}
	}
	*ret = tcb;
	return 0;
}

/* "1.55" or "1.55.29": as many numbers of at most 255 as `parts` says. */
static int read_version(const json_t *value, size_t parts, struct policy_version *ret,
			struct jurat_error *err)
{
	struct policy_version version = { .set = true };
	const char *p = json_string_value(value);
	bool good = p != NULL;

	for (size_t i = 0; good && i < parts; i++) {
		unsigned n = 0, digits = 0;

		for (; *p >= '0' && *p <= '9' && digits < 3; digits++)
			n = n * 10 + (unsigned)(*p++ - '0');
		good = digits > 0 && n <= 255 && *p == (i + 1 < parts ? '.' : '\0');
		version.part[i] = (uint8_t)n;
		if (good && *p)
			p++;
	}
	if (!good)
		return jurat_fail(err, -EBADMSG, "expected a version such as \"%s\"",
				  parts == 2 ? "1.51" : "1.55.29");
	*ret = version;
	return 0;
}

static int read_value(json_t *value, const struct policy_row *m, struct jurat_policy *policy,
		      struct jurat_error *err)
{
	void *at = (char *)policy + m->off;

	if (json_is_array(value) && json_array_size(value) == 0)
		return jurat_fail(err, -EBADMSG, "expected a non-empty list");
	switch (m->kind) {
	case POLICY_KIND_REPORT_DATA:
		return policy_read_report_data(value, at, &policy->warnings, err);
	case POLICY_KIND_VECTOR:
		return policy_read_vector(value, at, err);
	case POLICY_KIND_BYTES:
	case POLICY_KIND_CHIP_ID:
		return read_list(value, at, m, err);
	case POLICY_KIND_BOOL:
		return read_bool(value, at, err);
	case POLICY_KIND_NUMBER:
		return read_number(value, m->arg, at, err);
	case POLICY_KIND_NUMBERS:
	case POLICY_KIND_PRODUCTS:
	case POLICY_KIND_TEES:
	case POLICY_KIND_STATUSES:
		return read_bits(value, m, at, err);
	case POLICY_KIND_FLAGS:
		return policy_read_bits(value, (enum policy_flags)m->arg, &policy->warnings, at, err);
	case POLICY_KIND_UNKNOWN:
		return policy_read_unknown_bits(value, (enum policy_flags)m->arg, at, err);
	case POLICY_KIND_TCB:
		return read_tcb(value, at, err);
	case POLICY_KIND_VERSION:
		return read_version(value, m->arg, at, err);
	case POLICY_KIND_WORDS:
	case POLICY_KIND_TEXTS:
	case POLICY_KIND_ADVISORIES:
		return read_words(value, m->kind, at, err);
	case POLICY_KIND_EVENTS:
		return policy_events_read(value, at, err);
	case POLICY_KIND_SVNS:
		return policy_read_svns(value, at, err);
	case POLICY_KIND_TIME:
		return policy_read_time(value, at, err);
	}
	return jurat_fail(err, -EBADMSG, "unknown kind");
}

bool policy_list_has(const struct policy_list *list, const uint8_t *value, size_t size)
{
	for (size_t i = 0; i < list->n; i++) {
		if (memcmp(list->items + i * size, value, size) == 0)
			return true;
	}
	return list->n == 0;
}

/* Names of members before 0.2. */
static const struct {
	const char *was, *name;
} renamed[] = {
	{ "require_ciphertext_hiding", "require_ciphertext_hiding_dram" },
};

/* The current name of a member, which differs from `name` if that is from before 0.2. */
static const char *current_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(renamed); i++)
		if (strcmp(renamed[i].was, name) == 0)
			return renamed[i].name;
	return name;
}

static const struct policy_row *find_member(const char *name)
{
	return policy_row_find(current_name(name));
}

/* How the names of members begin that are comments: JSON has none of its own (jurat-policy(5)). */
#define COMMENT "//"

static bool is_comment(const char *name)
{
	return strncmp(name, COMMENT, strlen(COMMENT)) == 0;
}

static int read_member(json_t *value, const char *name, struct jurat_policy *policy, struct jurat_error *err)
{
	const struct policy_row *m = find_member(name);
	int r;

	if (!m)
		return jurat_fail(err, -EBADMSG, "policy: %.60s: unknown member", name);
	if (strcmp(m->name, name) != 0 &&
	    policy_warn(&policy->warnings, err,
			"member '%s' is now '%s' (the old name is accepted until 0.2)", name, m->name) < 0)
		return -ENOMEM;
	r = read_value(value, m, policy, err);
	if (r < 0)
		return jurat_wrap(err, r, "policy: %s", name);
	policy->set[m - policy_rows] = true;
	free(policy->comments[m - policy_rows]); /* it was about another value */
	policy->comments[m - policy_rows] = NULL;
	return 0;
}

int policy_set_comment(struct jurat_policy *policy, const char *member, const char *comment)
{
	const struct policy_row *m = member[0] ? find_member(member) : NULL;
	char **to = m ? &policy->comments[m - policy_rows] : &policy->comments[POLICY_MAX_MEMBERS];
	char *copy;

	if (member[0] && !m)
		return -EINVAL;
	copy = comment ? strdup(comment) : NULL;
	if (comment && !copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

/* "//measurement" is a comment on the member, "//" on the whole policy. The lines of a list are joined. */
static int read_comment(json_t *value, const char *name, struct jurat_policy *policy, struct jurat_error *err)
{
	auto_free char *text = strdup("");
	int r = 0;

	if (json_is_array(value) && json_array_size(value) == 0)
		r = -EBADMSG;
	for (size_t i = 0; text && r == 0 && i < count(value); i++) {
		const char *line = json_string_value(item(value, i));
		char *longer = NULL;

		if (!line)
			r = -EBADMSG;
		else if (asprintf(&longer, "%s%s%s", text, i > 0 ? "\n" : "", line) < 0)
			longer = NULL;
		free(text);
		text = longer;
	}
	if (r < 0)
		return jurat_fail(err, r, "policy: %.60s: expected a string or a list of strings", name);
	r = text ? policy_set_comment(policy, name + strlen(COMMENT), text) : -ENOMEM;
	if (r == -EINVAL)
		return jurat_fail(err, -EBADMSG, "policy: %.60s: comment on an unknown member", name);
	return r < 0 ? jurat_fail_memory(err) : 0;
}

/* Members of the kinds that have no default value differ from it when they are set, whatever the value. */
static bool differs(const struct policy_row *m, const struct jurat_policy *policy,
		    const struct jurat_policy *from)
{
	const char *a = (const char *)policy + m->off, *b = (const char *)from + m->off;

	switch (m->kind) {
	case POLICY_KIND_BOOL:
		return memcmp(a, b, sizeof(bool)) != 0;
	case POLICY_KIND_NUMBER:
	case POLICY_KIND_NUMBERS:
	case POLICY_KIND_PRODUCTS:
	case POLICY_KIND_TEES:
	case POLICY_KIND_STATUSES:
		return memcmp(a, b, sizeof(uint32_t)) != 0;
	case POLICY_KIND_VECTOR:
	case POLICY_KIND_FLAGS:
	case POLICY_KIND_UNKNOWN:
		return memcmp(a, b, sizeof(uint64_t)) != 0;
	case POLICY_KIND_REPORT_DATA:
	case POLICY_KIND_BYTES:
	case POLICY_KIND_CHIP_ID:
	case POLICY_KIND_TCB:
	case POLICY_KIND_VERSION:
	case POLICY_KIND_WORDS:
	case POLICY_KIND_TEXTS:
	case POLICY_KIND_ADVISORIES:
	case POLICY_KIND_EVENTS:
	case POLICY_KIND_SVNS:
	case POLICY_KIND_TIME:
		break;
	}
	return true;
}

bool policy_member_at(const struct jurat_policy *policy, size_t i, struct policy_member *ret)
{
	struct jurat_policy fallback;
	const struct policy_row *m;

	if (i >= policy_n_rows)
		return false;
	m = &policy_rows[i];
	*ret = (struct policy_member){ .name = m->name, .scope = m->scope, .set = policy->set[i] };
	if (ret->set && !m->widens) {
		policy_init(&fallback);
		ret->demands = differs(m, policy, &fallback);
	}
	return true;
}

static void json_done(json_t **value)
{
	json_decref(*value);
}

/* Refuses alike names in any object at any depth. jansson refuses identical names and limits the depth. */
static int refuse_names_alike(json_t *value, struct jurat_error *err)
{
	const char *a, *b;
	json_t *v, *w;
	size_t i;
	int r = 0;

	json_array_foreach(value, i, v)
	{
		r = refuse_names_alike(v, err);
		if (r < 0)
			return r;
	}
	json_object_foreach(value, a, v)
	{
		json_object_foreach(value, b, w)
		{
			if (a != b && json_names_alike(a, strlen(a), b, strlen(b)))
				return jurat_fail(err, -EBADMSG,
						  "policy: duplicate name: '%.40s' and '%.40s'", a, b);
		}
		r = refuse_names_alike(v, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int jurat_policy_new(struct jurat_policy **ret, struct jurat_error *err)
{
	struct jurat_policy *policy = malloc(sizeof(*policy));

	if (!policy)
		return jurat_fail_memory(err);
	policy_init(policy);
	*ret = policy;
	return 0;
}

void jurat_policy_free(struct jurat_policy *policy)
{
	if (!policy)
		return;
	policy_done(policy);
	free(policy);
}

static int read_members(json_t *root, struct jurat_policy *policy, struct jurat_error *err)
{
	const char *key;
	json_t *value;
	int r;

	json_object_foreach(root, key, value)
	{
		if (is_comment(key))
			continue;
		if (current_name(key) != key && json_object_get(root, current_name(key)))
			return jurat_fail(err, -EBADMSG, "policy: duplicate member: '%s' and '%s'", key,
					  current_name(key));
		r = read_member(value, key, policy, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* After the members, which drop the comments on what they replace. */
static int read_comments(json_t *root, struct jurat_policy *policy, struct jurat_error *err)
{
	const char *key;
	json_t *value;
	int r;

	json_object_foreach(root, key, value)
	{
		if (!is_comment(key))
			continue;
		r = read_comment(value, key, policy, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int jurat_policy_read_json(struct jurat_policy *policy, const char *json, size_t n, struct jurat_error *err)
{
	struct jurat_policy next auto_call(policy_done);
	json_t *root auto_call(json_done) = NULL;
	json_error_t bad;
	int r;

	r = policy_copy(&next, policy);
	if (r < 0)
		return jurat_fail_memory(err);
	if (n >= 3 && memcmp(json, "\xef\xbb\xbf", 3) == 0) /* a byte order mark. Spec: RFC 8259, 8.1 */
		json += 3, n -= 3;
	root = json_loadb(json, n, JSON_REJECT_DUPLICATES, &bad);
	if (!root)
		return jurat_fail(err, -EBADMSG, "policy: line %d, column %d: %s", bad.line, bad.column,
				  bad.text);
	if (!json_is_object(root))
		return jurat_fail(err, -EBADMSG, "policy: not a JSON object");
	r = refuse_names_alike(root, err);
	if (r < 0)
		return r;
	r = read_members(root, &next, err);
	if (r == 0)
		r = read_comments(root, &next, err);
	if (r < 0)
		return r;
	policy_swap(policy, &next);
	return 0;
}
/* An unquoted word is a string, unless the member expects a number or a boolean. */
static json_t *read_bare(const struct policy_row *m, const char *value, json_error_t *bad)
{
	bool json = strchr("[{\"", value[0]) != NULL && value[0] != '\0';
	bool number = value[0] >= '0' && value[0] <= '9';
	bool truth = strcmp(value, "true") == 0 || strcmp(value, "false") == 0;

	if (json || m->kind == POLICY_KIND_BOOL || m->kind == POLICY_KIND_NUMBER ||
	    m->kind == POLICY_KIND_NUMBERS ||
	    (m->kind == POLICY_KIND_VECTOR && number && strncmp(value, "0x", 2) != 0) ||
	    (m->kind == POLICY_KIND_UNKNOWN && (number || truth)))
		return json_loads(value, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, bad);
	snprintf(bad->text, sizeof(bad->text), "not UTF-8");
	return json_string(value);
}

int jurat_policy_set(struct jurat_policy *policy, const char *member, const char *value,
		     struct jurat_error *err)
{
	const struct policy_row *m = find_member(member);
	struct jurat_policy next auto_call(policy_done);
	json_t *json auto_call(json_done) = NULL;
	json_error_t bad;
	int r;

	r = policy_copy(&next, policy);
	if (r < 0)
		return jurat_fail_memory(err);
	if (!m)
		return jurat_fail(err, -EBADMSG, "policy: %.60s: unknown member", member);
	json = read_bare(m, value, &bad);
	if (!json)
		return jurat_fail(err, -EBADMSG, "policy: %s: %s", member, bad.text);
	r = refuse_names_alike(json, err);
	if (r == 0)
		r = read_member(json, member, &next, err);
	if (r < 0)
		return r;
	policy_swap(policy, &next);
	return 0;
}

const char *jurat_policy_warning(const struct jurat_policy *policy, size_t i)
{
	return i < policy->warnings.n ? policy->warnings.items[i] : NULL;
}
