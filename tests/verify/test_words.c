/* SPDX-License-Identifier: MIT */
#include "verify/made.h"
#include "verify/tdx_made.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/policy.h"
#include "verify/render.h"
#include "wire/snp_msg.h"

/*
 * One word for each bit, field and TCB component, from one table (src/wire/): what `jurat show` prints, what
 * a verdict says in text and in JSON, and what a policy takes. `jurat show --list-bits` and jurat-policy(5)
 * are made from the same tables.
 */

static json_t *json_of(const struct jurat_verdict *verdict)
{
	auto_free char *text = jurat_verdict_json(verdict);
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(root);
	return root;
}

/* The line of a verdict's text that begins with this word. */
static char *line_of(const struct jurat_verdict *verdict, const char *word)
{
	auto_free char *text = jurat_verdict_text(verdict);
	char *save = NULL;

	assert_non_null(text);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strncmp(line, word, strlen(word)) == 0 && line[strlen(word)] == ' ')
			return strdup(line);
	FAIL_BECAUSE("the verdict's text has no line of '%s'", word);
	return NULL;
}

static struct jurat_policy *policy_new(void)
{
	struct jurat_policy *policy;

	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	return policy;
}

/* A word of flags that policies name, and the members that take its bits. */
static const struct {
	const struct wire_layout *layout;
	const char *field, *members[2], *unknown;
} words[] = {
	{ &snp_report_layout,
	  "platform_info",
	  { "required_platform_info", "forbidden_platform_info" },
	  "allow_unknown_platform_info" },
	{ &tdx_body_10_layout,
	  "td_attributes",
	  { "allowed_td_attributes", "required_td_attributes" },
	  "allow_unknown_td_attributes" },
	{ &tdx_body_10_layout, "xfam", { "allowed_xfam", "required_xfam" }, "allow_unknown_xfam" },
};

static void a_bit_has_one_name_and_a_field_one_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < wire_n_bit_fields; i++) {
		const struct wire_bit_field *f = &wire_bit_fields[i];

		assert_non_null(wire_find(f->layout, f->field));
		assert_string_equal(f->set->name, f->field);
		assert_ptr_equal(wire_bits_of(f->layout, f->field), f->set);
		for (size_t k = 0; k < f->set->n_bits; k++) {
			const struct wire_bit *bit = &f->set->bits[k];
			char name[WIRE_BIT_NAME_BYTES];

			assert_true(k == 0 || bit->bit > bit[-1].bit);
			assert_false(f->set->numbers >> bit->bit & 1);
			assert_true(bit->bit < 8 * wire_find(f->layout, f->field)->size);
			assert_ptr_equal(wire_bits_find(f->set, bit->name), bit);
			assert_string_equal(wire_bit_name(f->set, bit->bit, name), bit->name);
			if (f->set == &snp_field_select_bits) /* names fields: their words */
				continue;
			for (const char *c = bit->name; *c; c++)
				assert_true(isupper((unsigned char)*c) || isdigit((unsigned char)*c) ||
					    *c == '_');
			assert_null(wire_bits_find_old(f->set, bit->name));
		}
	}
}

/* A bit that selects a field is called as the field: of the report, or of the request. */
static void a_bit_that_names_a_field_has_the_field_s_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < snp_field_select_bits.n_bits; i++) {
		const char *name = snp_field_select_bits.bits[i].name;

		if (!wire_find(&snp_report_layout, name) && !wire_find(&snp_msg_key_req_layout, name))
			FAIL_BECAUSE("no field is called '%s'", name);
	}
}

/* Each name alone, all of them, and what the old release called them: the same bits. */
static void policies_take_the_names_of_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct wire_bits *set = wire_bits_of(words[i].layout, words[i].field);

		for (size_t k = 0; k < 2 * set->n_bits; k++) {
			const struct wire_bit *bit = &set->bits[k / 2];
			struct jurat_policy *policy = policy_new(), *number = policy_new();
			char hex[32];

			TEXT(hex, "0x%llx", 1ull << bit->bit);
			assert_int_equal(jurat_policy_set(policy, words[i].members[k % 2], bit->name, NULL),
					 0);
			assert_int_equal(jurat_policy_set(number, words[i].members[k % 2], hex, NULL), 0);
			assert_null(jurat_policy_warning(policy, 0));
			assert_memory_equal(policy, number, sizeof(*policy));
			jurat_policy_free(policy);
			jurat_policy_free(number);
		}
	}
}

static void words_of_before_are_taken_with_a_warning(void **state)
{
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct wire_bits *set = wire_bits_of(words[i].layout, words[i].field);

		for (size_t k = 0; k < set->n_bits; k++) {
			struct jurat_policy *old = policy_new(), *new = policy_new();
			const char *member = words[i].members[0];
			char want[160];

			if (set->bits[k].was) {
				assert_int_equal(jurat_policy_set(old, member, set->bits[k].was, NULL), 0);
				assert_int_equal(jurat_policy_set(old, member, set->bits[k].was, NULL), 0);
				assert_int_equal(jurat_policy_set(new, member, set->bits[k].name, NULL), 0);
				TEXT(want, "%s: '%s' is now '%s' (the old name is accepted until 0.2)",
				     set->name, set->bits[k].was, set->bits[k].name);
				assert_string_equal(jurat_policy_warning(old, 0), want);
				assert_null(jurat_policy_warning(old, 1)); /* once */
				assert_int_equal(old->required_platform_info, new->required_platform_info);
				assert_int_equal(old->allowed_td_attributes, new->allowed_td_attributes);
				assert_int_equal(old->allowed_xfam, new->allowed_xfam);
				n++;
			}
			jurat_policy_free(old);
			jurat_policy_free(new);
		}
	}
	assert_true(n > 30);
}

static void a_member_s_old_name_is_taken_with_a_warning_and_never_beside_the_new_one(void **state)
{
	static const char both[] =
		"{\"require_ciphertext_hiding\": false, \"require_ciphertext_hiding_dram\": true}";
	static const char old[] = "{\"require_ciphertext_hiding\": true}";
	struct jurat_policy *policy = policy_new();
	struct jurat_error err;

	(void)state;
	assert_int_equal(jurat_policy_read_json(policy, both, strlen(both), &err), -EBADMSG);
	assert_non_null(strstr(err.text, "duplicate member"));
	assert_false(policy->require_ciphertext_hiding_dram);
	assert_null(jurat_policy_warning(policy, 0)); /* nothing of what was refused */
	assert_int_equal(jurat_policy_read_json(policy, old, strlen(old), NULL), 0);
	assert_true(policy->require_ciphertext_hiding_dram);
	assert_string_equal(jurat_policy_warning(policy, 0),
			    "member 'require_ciphertext_hiding' is now 'require_ciphertext_hiding_dram' "
			    "(the old name is accepted until 0.2)");
	jurat_policy_free(policy);
}

/* What `jurat show` and a verdict say of a word of flags, in text and in JSON. */
static void assert_said(const struct jurat_verdict *verdict, const struct wire_layout *layout,
			const char *field, const void *from)
{
	const struct wire_field *f = wire_find(layout, field);
	const struct wire_bits *set = wire_bits_of(layout, field);
	auto_free char *line = line_of(verdict, field);
	json_t *root = json_of(verdict), *said = json_object_get(root, "evidence"), *item;
	char meaning[384], value[64], want[512], name[WIRE_BIT_NAME_BYTES];
	uint64_t bits = 0;
	size_t i;

	wire_field_format(layout, f, from, value, sizeof(value));
	wire_field_meaning(layout, f, from, meaning, sizeof(meaning));
	TEXT(want, "%-20s %s: %s", field, value, meaning);
	assert_string_equal(line, want); /* the line of `jurat show` */
	said = json_object_get(json_object_get(said, "meaning"), field);
	assert_true(json_is_array(said));
	json_array_foreach(said, i, item)
	{
		const struct wire_bit *bit = wire_bits_find(set, json_string_value(item));

		assert_non_null(bit);
		assert_non_null(strstr(meaning, wire_bit_name(set, bit->bit, name)));
		bits |= UINT64_C(1) << bit->bit;
	}
	assert_true(bits == (wire_get(f, from) & ~set->numbers));
	json_decref(root);
}

/* A policy takes a word of flags as the verdict writes it. */
static void assert_taken_back(const struct jurat_verdict *verdict, const char *field, const char *member,
			      uint64_t want, size_t offset)
{
	json_t *root = json_of(verdict);
	json_t *said = json_object_get(json_object_get(json_object_get(root, "evidence"), "meaning"), field);
	auto_free char *json = json_dumps(said, 0);
	struct jurat_policy *policy = policy_new();
	uint64_t bits;

	assert_non_null(json);
	assert_int_equal(jurat_policy_set(policy, member, json, NULL), 0);
	memcpy(&bits, (const char *)policy + offset, sizeof(bits));
	assert_true(bits == want);
	jurat_policy_free(policy);
	json_decref(root);
}

static void show_verdict_and_policy_agree_on_every_bit_of_a_report(void **state)
{
	static const enum snp_product products[] = { SNP_MILAN, SNP_GENOA, SNP_TURIN };
	const uint64_t all = wire_bits_mask(&snp_platform_info_bits);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		struct jurat_verifier *v = made_verifier(products[i]);
		struct jurat_verdict *verdict;
		struct made m;

		made_init(&m, products[i], false, 5);
		m.report.platform_info = all;
		m.report.policy |= wire_bits_mask(&snp_policy_bits) & ~(1ull << SNP_POLICY_DEBUG_BIT);
		made_sign(&m);
		verdict = made_judge(&m, v, NULL);
		assert_verdict(verdict, (const char *const[]){ NULL }, "every bit, on every product");
		assert_said(verdict, &snp_report_layout, "platform_info", &m.report);
		assert_said(verdict, &snp_report_layout, "policy", &m.report);
		assert_said(verdict, &snp_report_layout, "key_info", &m.report);
		assert_taken_back(verdict, "platform_info", "required_platform_info", all,
				  offsetof(struct jurat_policy, required_platform_info));
		jurat_verdict_free(verdict);
		jurat_verifier_free(v);
	}
}

static void show_verdict_and_policy_agree_on_every_bit_of_a_quote(void **state)
{
	struct jurat_verifier *v = tdx_made_verifier(NULL);
	struct jurat_policy *policy = policy_new();
	struct jurat_tdx_collateral *c;
	struct jurat_verdict *verdict;
	struct tdx_made m;
	const struct tdx_body *body = &m.quote.body;

	(void)state;
	tdx_made_init(&m, TDX_BODY_10);
	m.quote.body.td_attributes = wire_bits_mask(&tdx_attr_bits);
	m.quote.body.xfam = wire_bits_mask(&tdx_xfam_bits);
	tdx_made_sign(&m);
	tdx_made_documents(&m);
	c = tdx_made_collateral(&m);
	verdict = tdx_made_judge(&m, v, c, NULL);
	assert_verdict(
		verdict,
		(const char *const[]){ "td-debug", "td-attributes-not-allowed", "xfam-not-allowed", NULL },
		"every bit");
	assert_said(verdict, &tdx_body_10_layout, "td_attributes", body);
	assert_said(verdict, &tdx_body_10_layout, "xfam", body);
	assert_taken_back(verdict, "td_attributes", "allowed_td_attributes", body->td_attributes,
			  offsetof(struct jurat_policy, allowed_td_attributes));
	assert_taken_back(verdict, "xfam", "required_xfam", body->xfam,
			  offsetof(struct jurat_policy, required_xfam));
	jurat_verdict_free(verdict);
	jurat_tdx_collateral_free(c);
	tdx_made_done(&m);
	jurat_policy_free(policy);
	jurat_verifier_free(v);
}

/* ---- TCBs */

static void assert_tcb(const struct jurat_verdict *verdict, const struct snp_report *report,
		       const char *field, const char *member)
{
	const struct wire_field *f = wire_find(&snp_report_layout, field);
	const enum snp_product product = snp_product_of_report(report);
	json_t *root = json_of(verdict), *tcb = json_object_get(json_object_get(root, "tcb"), field);
	auto_free char *line = line_of(verdict, field), *json = json_dumps(tcb, 0);
	struct jurat_policy *policy = policy_new();
	const struct policy_tcb *minimum = &policy->minimum_tcb;
	struct snp_tcb parts;
	char text[96], want[192];

	assert_true(snp_tcb_read(product, wire_get(f, report), &parts));
	snp_tcb_format(product, &parts, text, sizeof(text));
	TEXT(want, "%-20s 0x%llx: %s", field, (unsigned long long)wire_get(f, report), text);
	assert_string_equal(line, want);
	wire_field_meaning(&snp_report_layout, f, report, want, sizeof(want)); /* of `jurat show` */
	assert_string_equal(want, text);

	assert_int_equal(json_object_size(tcb), product == SNP_TURIN ? 5 : 4);
	assert_int_equal(jurat_policy_set(policy, member, json, NULL), 0);
	if (strcmp(member, "minimum_tcb") == 0)
		assert_memory_equal(&minimum->floor[product], &parts, sizeof(parts));
	jurat_policy_free(policy);
	json_decref(root);
}

static void a_tcb_is_written_one_way_and_policies_take_it(void **state)
{
	static const enum snp_product products[] = { SNP_MILAN, SNP_GENOA, SNP_TURIN };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		struct jurat_verifier *v = made_verifier(products[i]);
		struct jurat_verdict *verdict;
		struct made m;

		made_init(&m, products[i], false, 5);
		verdict = made_judge(&m, v, NULL);
		assert_tcb(verdict, &m.report, "reported_tcb", "minimum_tcb");
		assert_tcb(verdict, &m.report, "committed_tcb", "minimum_committed_tcb");
		assert_tcb(verdict, &m.report, "current_tcb", "minimum_current_tcb");
		assert_tcb(verdict, &m.report, "launch_tcb", "minimum_launch_tcb");
		jurat_verdict_free(verdict);
		jurat_verifier_free(v);
	}
}

/* ---- fields */

/* Every field of a policy that is compared with one of the evidence is called as that one. */
static void policy_members_of_fields_have_the_fields_names(void **state)
{
#define SNP_NAME(field, size, reason) #field,
	static const char *const snp[] = { POLICY_BYTES(SNP_NAME) "vmpl" };
#define TD_NAME(field, size, reason) #field,
	static const char *const td[] = { POLICY_TD_BYTES(TD_NAME) "report_data" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(snp); i++)
		if (!wire_find(&snp_report_layout, snp[i]))
			FAIL_BECAUSE("no field of a report is called '%s'", snp[i]);
	for (size_t i = 0; i < ARRAY_SIZE(td); i++)
		if (!wire_find(&tdx_body_layout, td[i]))
			FAIL_BECAUSE("no field of a quote is called '%s'", td[i]);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (size_t k = 0; k < 2; k++)
			assert_non_null(strstr(words[i].members[k], words[i].field));
}

/* A member for a bit of the guest policy: its verb, and the name of the bit in lower case. */
static void policy_members_of_bits_have_the_bits_names(void **state)
{
#define GUEST_NAME(member, scope, value, bit, wrong, reason) { #member, bit },
	static const struct {
		const char *member;
		unsigned bit;
	} rows[] = { POLICY_GUEST_BITS(GUEST_NAME) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *word = strchr(rows[i].member, '_') + 1;
		char name[WIRE_BIT_NAME_BYTES];

		wire_bit_name(&snp_policy_bits, rows[i].bit, name);
		for (char *c = name; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (rows[i].bit == SNP_POLICY_CXL_ALLOW_BIT)
			assert_string_equal(rows[i].member, "allow_cxl"); /* not allow_cxl_allow */
		else
			assert_string_equal(word, name);
	}
}

/* The name is right, and the leaf has another issuer: not "its subject is X, expected X". */
static void an_ask_that_did_not_issue_the_vcek_is_named_with_the_issuer(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct jurat_verdict *verdict;
	struct made m, other;
	size_t i = 0;

	made_init(&m, SNP_MILAN, false, 3);
	made_init(&other, SNP_GENOA, false, 3);
	memcpy(m.leaf, other.leaf, other.leaf_size);
	m.leaf_size = other.leaf_size;
	verdict = made_judge(&m, v, NULL);
	assert_true(jurat_verdict_has_reason(verdict, "intermediate-name"));
	while (strcmp(jurat_verdict_reason_code(verdict, i), "intermediate-name") != 0)
		i++;
	assert_string_equal(jurat_verdict_reason_detail(verdict, i),
			    "its subject is 'SEV-Milan', the issuer of the VCEK is 'SEV-Genoa'");
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bit_has_one_name_and_a_field_one_table),
		cmocka_unit_test(a_bit_that_names_a_field_has_the_field_s_word),
		cmocka_unit_test(policies_take_the_names_of_the_table),
		cmocka_unit_test(words_of_before_are_taken_with_a_warning),
		cmocka_unit_test(a_member_s_old_name_is_taken_with_a_warning_and_never_beside_the_new_one),
		cmocka_unit_test(show_verdict_and_policy_agree_on_every_bit_of_a_report),
		cmocka_unit_test(show_verdict_and_policy_agree_on_every_bit_of_a_quote),
		cmocka_unit_test(a_tcb_is_written_one_way_and_policies_take_it),
		cmocka_unit_test(policy_members_of_fields_have_the_fields_names),
		cmocka_unit_test(policy_members_of_bits_have_the_bits_names),
		cmocka_unit_test(an_ask_that_did_not_issue_the_vcek_is_named_with_the_issuer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
