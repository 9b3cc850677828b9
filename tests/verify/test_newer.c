/* SPDX-License-Identifier: MIT */
#include "verify/made.h"
#include "verify/tdx_made.h"

#include <errno.h>

#include "base/cleanup.h"
#include "verify/verdict.h"
#include "wire/tdx_report.h"

/*
 * What later firmware may say and this version does not know (B60): every bit without a name, of every word
 * of flags, and each version one above the last. doc/decisions/0014
 */

/* Evidence with one word of flags set to anything. */
struct world {
	struct made snp;
	struct tdx_made tdx;
	struct jurat_verifier *snp_verifier, *tdx_verifier;
	struct jurat_tdx_collateral *collateral;
};

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	made_init(&w->snp, SNP_GENOA, false, 5);
	w->snp_verifier = made_verifier(SNP_GENOA);
	tdx_made_init(&w->tdx, TDX_BODY_15);
	tdx_made_sign(&w->tdx);
	tdx_made_documents(&w->tdx);
	w->tdx_verifier = tdx_made_verifier(NULL);
	w->collateral = tdx_made_collateral(&w->tdx);
	return w;
}

static void world_free(struct world *w)
{
	jurat_tdx_collateral_free(w->collateral);
	jurat_verifier_free(w->snp_verifier);
	jurat_verifier_free(w->tdx_verifier);
	tdx_made_done(&w->tdx);
	free(w);
}

static struct jurat_verdict *judge_snp(struct world *w, const struct jurat_policy *policy)
{
	made_sign(&w->snp);
	return made_judge(&w->snp, w->snp_verifier, policy);
}

static struct jurat_verdict *judge_tdx(struct world *w, const struct jurat_policy *policy)
{
	tdx_made_sign(&w->tdx);
	return tdx_made_judge(&w->tdx, w->tdx_verifier, w->collateral, policy);
}

static void set_policy(struct world *w, uint64_t bit)
{
	w->snp.report.policy |= bit;
}
static void set_platform_info(struct world *w, uint64_t bit)
{
	w->snp.report.platform_info |= bit;
}
static void set_key_info(struct world *w, uint64_t bit)
{
	w->snp.report.key_info |= (uint32_t)bit;
}
static void set_td_attributes(struct world *w, uint64_t bit)
{
	w->tdx.quote.body.td_attributes |= bit;
}
static void set_xfam(struct world *w, uint64_t bit)
{
	w->tdx.quote.body.xfam |= bit;
}

/* Every word of flags that a report or a quote has. */
static const struct word {
	const struct wire_bits *set;
	void (*put)(struct world *w, uint64_t bit);
	struct jurat_verdict *(*judge)(struct world *w, const struct jurat_policy *policy);
	unsigned width;
	uint64_t can_pass; /* what a policy can let pass */
	const char *code, *member;
} words[] = {
	{ &snp_policy_bits, set_policy, judge_snp, 64, 0, "guest-policy-reserved", NULL },
	{ &snp_platform_info_bits, set_platform_info, judge_snp, 64, UINT64_MAX, "platform-info-reserved",
	  "allow_unknown_platform_info" },
	{ &snp_key_info_bits, set_key_info, judge_snp, 32, 0, "key-info-reserved", NULL },
	{ &tdx_attr_bits, set_td_attributes, judge_tdx, 64, 0xffffffff00000000, "td-attributes-not-allowed",
	  "allow_unknown_td_attributes" },
	{ &tdx_xfam_bits, set_xfam, judge_tdx, 64, UINT64_MAX, "xfam-not-allowed", "allow_unknown_xfam" },
};

static struct jurat_policy *policy_with(const char *member, const char *value)
{
	struct jurat_policy *policy;

	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	if (member)
		assert_int_equal(jurat_policy_set(policy, member, value, NULL), 0);
	return policy;
}

/* Whether the verdict lists the bit as not judged, in text and in JSON alike. */
static bool lists(const struct jurat_verdict *verdict, const struct wire_bits *set, unsigned bit)
{
	auto_free char *json = jurat_verdict_json(verdict), *text = jurat_verdict_text(verdict);
	char in_text[64], in_json[64];

	assert_non_null(json);
	assert_non_null(text);
	TEXT(in_text, "\nnot judged: %s bit-%u: ", set->name, bit);
	TEXT(in_json, "\"%s bit-%u\"", set->name, bit);
	assert_int_equal(strstr(text, in_text) != NULL,
			 strstr(strstr(json, "\"not_judged\""), in_json) != NULL);
	return strstr(text, in_text) != NULL;
}

static void assert_refused(const struct jurat_verdict *verdict, const struct word *word, unsigned bit)
{
	char detail[256];

	if (word->can_pass >> bit & 1)
		TEXT(detail, "%s: unknown bits 0x%llx (newer than this version; see %s)", word->set->name,
		     1ull << bit, word->member);
	else
		TEXT(detail,
		     "%s: unknown bits 0x%llx (newer than this version; they may weaken what is promised, so "
		     "no "
		     "policy can allow them)",
		     word->set->name, 1ull << bit);
	assert_verdict(verdict, (const char *const[]){ word->code, NULL }, detail);
	assert_string_equal(jurat_verdict_reason_detail(verdict, 0), detail);
	assert_false(lists(verdict, word->set, bit));
}

static void judge_bit(struct world *w, const struct word *word, unsigned bit,
		      const struct jurat_policy *policy, bool passes)
{
	const struct world before = *w;
	struct jurat_verdict *verdict;

	word->put(w, 1ull << bit);
	verdict = word->judge(w, policy);
	if (passes) {
		assert_verdict(verdict, (const char *const[]){ NULL }, word->set->name);
		assert_true(lists(verdict, word->set, bit));
	} else {
		assert_refused(verdict, word, bit);
	}
	jurat_verdict_free(verdict);
	w->snp.report = before.snp.report;
	w->tdx.quote = before.tdx.quote;
}

/* A policy names the bit by its number, by its word, among others, or names another one. */
static void judge_bit_by_policies(struct world *w, const struct word *word, unsigned bit)
{
	const bool can = word->can_pass >> bit & 1;
	char values[4][64];

	TEXT(values[0], "%u", bit);
	TEXT(values[1], "bit-%u", bit);
	TEXT(values[2], "[62, \"bit-%u\", %u]", bit, bit);
	TEXT(values[3], "%u", bit == 63 ? 62 : 63);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct jurat_policy *policy = policy_with(NULL, NULL);
		struct jurat_error err;
		int r = jurat_policy_set(policy, word->member, values[i], &err);

		if (can || i == 3) {
			assert_int_equal(r, 0);
			judge_bit(w, word, bit, policy, i < 3);
		} else {
			assert_int_equal(r, -EBADMSG);
			assert_non_null(strstr(err.text, "cannot be allowed unknown"));
		}
		jurat_policy_free(policy);
	}
}

static void an_unknown_bit_is_refused_unless_it_is_a_status_that_the_policy_lets_pass(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const uint64_t unknown = wire_bits_unknown(words[i].set, UINT64_MAX);
		struct jurat_policy *all = policy_with(words[i].member, "true");
		struct jurat_policy *none = policy_with(words[i].member, "false");
		unsigned n = 0;

		for (unsigned bit = 0; bit < words[i].width; bit++) {
			if (!(unknown >> bit & 1))
				continue;
			judge_bit(w, &words[i], bit, bit % 2 ? NULL : none, false);
			judge_bit(w, &words[i], bit, all, words[i].can_pass >> bit & 1);
			if (words[i].member && (n % 24 == 0 || bit == 63))
				judge_bit_by_policies(w, &words[i], bit);
			n++;
		}
		assert_true(n > 20);
		jurat_policy_free(all);
		jurat_policy_free(none);
	}
	world_free(w);
}

/* A member for unknown bits says nothing of those with a name: LASS is allowed by name or not at all. */
static void a_named_bit_is_never_let_pass_as_unknown(void **state)
{
	static const struct {
		void (*put)(struct world *w, uint64_t bit);
		unsigned bit;
		const char *member, *code, *name, *allow, *allowed;
	} rows[] = {
		{ set_td_attributes, TDX_ATTR_LASS_BIT, "allow_unknown_td_attributes",
		  "td-attributes-not-allowed", "LASS", "allowed_td_attributes",
		  "[\"LASS\", \"SEPT_VE_DISABLE\"]" },
		{ set_td_attributes, TDX_ATTR_ICSSD_BIT, "allow_unknown_td_attributes",
		  "td-attributes-not-allowed", "ICSSD", "allowed_td_attributes",
		  "[\"ICSSD\", \"SEPT_VE_DISABLE\"]" },
		{ set_td_attributes, TDX_ATTR_TPA_BIT, "allow_unknown_td_attributes",
		  "td-attributes-not-allowed", "TPA", "allowed_td_attributes",
		  "[\"TPA\", \"SEPT_VE_DISABLE\"]" },
		{ set_td_attributes, TDX_ATTR_SERVTD_EXT_BIT, "allow_unknown_td_attributes",
		  "td-attributes-not-allowed", "SERVTD_EXT", "allowed_td_attributes",
		  "[\"SERVTD_EXT\", \"SEPT_VE_DISABLE\"]" },
		{ set_xfam, 19, "allow_unknown_xfam", "xfam-not-allowed", "APX", "allowed_xfam", "0xedbe7" },
	};
	struct world *w = world_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_policy *all = policy_with(rows[i].member, "true");
		struct jurat_policy *named = policy_with(rows[i].allow, rows[i].allowed);
		const struct tdx_quote before = w->tdx.quote;
		struct jurat_verdict *verdict;

		rows[i].put(w, 1ull << rows[i].bit);
		verdict = judge_tdx(w, all);
		assert_verdict(verdict, (const char *const[]){ rows[i].code, NULL }, rows[i].name);
		assert_non_null(strstr(jurat_verdict_reason_detail(verdict, 0), rows[i].name));
		jurat_verdict_free(verdict);
		verdict = judge_tdx(w, named);
		assert_verdict(verdict, (const char *const[]){ NULL }, rows[i].name);
		jurat_verdict_free(verdict);
		w->tdx.quote = before;
		jurat_policy_free(all);
		jurat_policy_free(named);
	}
	world_free(w);
}

/* A policy of a time when bit 6 had no name. */
static void a_policy_that_named_a_bit_by_number_stays_good_when_the_bit_has_a_name(void **state)
{
	struct jurat_policy *policy = policy_with("allow_unknown_platform_info", "[6, 8]");
	struct world *w = world_new();
	struct jurat_verdict *verdict;

	(void)state;
	set_platform_info(w, 1u << SNP_PLATFORM_IOMMU_WRITE_SAFE_BIT | 1u << 8);
	verdict = judge_snp(w, policy);
	assert_verdict(verdict, (const char *const[]){ NULL }, "bits 6 and 8");
	assert_false(lists(verdict, &snp_platform_info_bits, 6));
	assert_true(lists(verdict, &snp_platform_info_bits, 8));
	jurat_verdict_free(verdict);
	jurat_policy_free(policy);
	policy = policy_with("allow_unknown_td_attributes", "[62]");
	set_td_attributes(w, 1ull << TDX_ATTR_TPA_BIT);
	verdict = judge_tdx(w, policy);
	assert_verdict(verdict, (const char *const[]){ NULL }, "bit 62, which is TPA by now");
	jurat_verdict_free(verdict);
	jurat_policy_free(policy);
	world_free(w);
}

static void bits_that_a_policy_cannot_name_are_an_error(void **state)
{
	static const char *const values[] = { "64",   "-1", "bit-64", "bit-", "bit-08", "BIT-8",
					      "\"\"", "[]", "[true]", "1.5",  "{}",     "0x100" };
	struct jurat_policy *policy = policy_with(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (size_t k = 0; words[i].member && k < ARRAY_SIZE(values); k++)
			assert_int_equal(jurat_policy_set(policy, words[i].member, values[k], NULL),
					 -EBADMSG);
	jurat_policy_free(policy);
}

/* ---- versions */

static void assert_newer(const struct jurat_verdict *verdict, const char *code, const char *what)
{
	assert_true(jurat_verdict_reason_count(verdict) > 0);
	assert_string_equal(jurat_verdict_reason_code(verdict, 0), code);
	if (!strstr(jurat_verdict_reason_detail(verdict, 0), what))
		FAIL_BECAUSE("%s: '%s' is not said", jurat_verdict_reason_detail(verdict, 0), what);
}

static void a_newer_report_is_named_so_whatever_its_size(void **state)
{
	static const size_t sizes[] = { 4, 1183, 1184, 1185, 1248, 4096 };
	static const uint32_t versions[] = { 6, 7, 255 };
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct jurat_snp_evidence e = { .size = sizeof(e) };
	struct jurat_verdict *verdict;
	char what[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		auto_free uint8_t *bytes = calloc(1, sizes[i]);

		assert_non_null(bytes);
		for (size_t k = 0; k < ARRAY_SIZE(versions); k++) {
			bytes_put_le(bytes, versions[k], 4);
			e.report = bytes;
			e.report_size = sizes[i];
			assert_int_equal(jurat_verify_snp(v, &e, NULL, 0, &verdict, NULL), JURAT_REFUSED);
			TEXT(what, "version %u is newer than this verifier, which reads versions 2 to 5",
			     versions[k]);
			assert_newer(verdict, "report-version", what);
			jurat_verdict_free(verdict);
		}
		bytes_put_le(bytes, 256, 4); /* no report has such a version */
		assert_int_equal(jurat_verify_snp(v, &e, NULL, 0, &verdict, NULL), JURAT_REFUSED);
		assert_string_equal(jurat_verdict_reason_code(verdict, 0),
				    sizes[i] >= 1184 ? "report-version" : "report-size");
		assert_null(strstr(jurat_verdict_reason_detail(verdict, 0), "newer"));
		jurat_verdict_free(verdict);
	}
	jurat_verifier_free(v);
}

static void what_a_quote_says_of_its_form_is_named_as_unknown(void **state)
{
	static const struct {
		size_t off;
		unsigned value, size;
		const char *code, *what;
	} rows[] = {
		{ 0, 6, 2, "quote-version",
		  "version 6 is newer than this verifier, which reads versions 4 to 5" },
		{ 0, 300, 2, "quote-version", "version 300 is newer than this verifier" },
		{ 2, 3, 2, "quote-key-type", "attestation key type 3 is unknown to this verifier" },
		{ 4, 0x82, 4, "not-a-td-quote", "TEE type 0x82 is unknown to this verifier" },
		{ 48, 5, 2, "quote-unsupported", "body type 5 is unknown to this verifier" },
		{ 54 + 648 + 4 + 128 + 6 + 384 + 64 + 2 + 32, 8, 2, "quote-unsupported",
		  "certification data of type 8 is unknown to this verifier" },
	};
	struct world *w = world_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_verdict *verdict;

		tdx_made_sign(&w->tdx);
		bytes_put_le(w->tdx.bytes + rows[i].off, rows[i].value, rows[i].size);
		verdict = tdx_made_judge(&w->tdx, w->tdx_verifier, w->collateral, NULL);
		assert_newer(verdict, rows[i].code, rows[i].what);
		jurat_verdict_free(verdict);
	}
	world_free(w);
}

static void a_newer_tdreport_is_named_so(void **state)
{
	uint8_t bytes[TDX_REPORT_BYTES] = { TDX_REPORT_TYPE, 0, 4 };
	struct tdx_report report;
	struct jurat_error err;

	(void)state;
	assert_int_equal(tdx_report_read(bytes, sizeof(bytes), &report, &err), -EPROTO);
	assert_string_equal(err.text,
			    "TDREPORT: version 4 is newer than this verifier, which reads versions 0 to 3");
	bytes[2] = 2;
	assert_int_equal(tdx_report_read(bytes, sizeof(bytes), &report, &err), -EPROTO);
	assert_string_equal(err.text, "TDREPORT: version 2, expected 0, 1 or 3");
}

/* The verdict says why what it lacks was not taken; a good one beside it counts. */
static void newer_collateral_is_named_so_in_the_verdict(void **state)
{
	static const struct {
		const char *from, *to, *member, *what;
		bool identity;
	} rows[] = {
		{ "\"version\":3", "\"version\":4", "tcbInfo",
		  "TCB info: version 4 is newer than this verifier, which reads version 3", false },
		{ "\"version\":2", "\"version\":3", "enclaveIdentity",
		  "QE identity: version 3 is newer than this verifier, which reads version 2", true },
	};
	struct jurat_verifier *v = tdx_made_verifier(NULL);
	struct jurat_verdict *verdict;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_tdx_collateral *c;
		struct tdx_made m;
		char **text = rows[i].identity ? &m.qe_identity : &m.tcb_info;
		auto_free char *newer = NULL;

		tdx_made_init(&m, TDX_BODY_10);
		tdx_made_sign(&m);
		tdx_made_documents(&m);
		newer = strdup(*text);
		assert_non_null(newer);
		tdx_made_patch(&newer, rows[i].from, rows[i].to);
		tdx_made_resign(&newer, rows[i].member);
		c = tdx_made_collateral(&m); /* complete */
		assert_int_equal(jurat_tdx_collateral_add(c, newer, strlen(newer), NULL), -EBADMSG);
		verdict = tdx_made_judge(&m, v, c, NULL);
		assert_verdict(verdict, (const char *const[]){ NULL }, rows[i].what);
		jurat_verdict_free(verdict);
		jurat_tdx_collateral_free(c);

		free(*text);
		*text = NULL;
		c = tdx_made_collateral(&m); /* without the document */
		assert_int_equal(jurat_tdx_collateral_add(c, newer, strlen(newer), NULL), -EBADMSG);
		verdict = tdx_made_judge(&m, v, c, NULL);
		assert_newer(verdict, "collateral-unusable", rows[i].what);
		jurat_verdict_free(verdict);
		jurat_tdx_collateral_free(c);
		tdx_made_done(&m);
	}
	jurat_verifier_free(v);
}

/* structVersion, in place of the one of the certificate; one of two bytes takes the place of spl7, too. */
static void set_struct_version(struct made *m, unsigned version)
{
#define AMD "\x2b\x06\x01\x04\x01\x9c\x78\x01"
	char one[] = "\x06\x09" AMD "\x01\x04\x03\x02\x01\x00";
	char two[] = "\x06\x09" AMD "\x01\x04\x04\x02\x02\x00\x00";

	if (version < 0x80) {
		one[15] = (char)version;
		made_patch(m->leaf, m->leaf_size, "\x06\x09" AMD "\x01\x04\x03\x02\x01\x00", one, 16);
	} else {
		two[15] = (char)(version >> 8);
		two[16] = (char)version;
		made_patch(m->leaf, m->leaf_size, "\x06\x09" AMD "\x01", "\x06\x09" AMD "\x7f", 11);
		made_patch(m->leaf, m->leaf_size, "\x06\x0a" AMD "\x03\x07\x04\x03\x02\x01\x00", two, 17);
	}
	made_resign(m->leaf, m->leaf_size, m->product, m->vlek ? SIM_ASVK : SIM_ASK);
}

static void a_newer_certificate_is_named_so(void **state)
{
	static const unsigned versions[] = { 2, 3, 127, 128, 255, 256, 0x7fff };

	(void)state;
	for (unsigned product = SNP_MILAN; product < SNP_N_PRODUCTS; product++) {
		struct jurat_verifier *v = made_verifier((enum snp_product)product);

		for (size_t i = 0; i < 2 * ARRAY_SIZE(versions); i++) {
			unsigned version = versions[i / 2];
			struct jurat_verdict *verdict;
			struct made m;
			char text[96];

			made_init(&m, (enum snp_product)product, i % 2, 3);
			if (product == SNP_TURIN) /* whose version is 1: back to the one that is patched */
				made_patch(m.leaf, m.leaf_size, AMD "\x01\x04\x03\x02\x01\x01",
					   AMD "\x01\x04\x03\x02\x01\x00", 14);
			set_struct_version(&m, version);
			verdict = made_judge(&m, v, NULL);
			TEXT(text, "structVersion: %u is newer than this verifier, which reads 0 and 1",
			     version);
			assert_newer(verdict, "leaf-version", text);
			jurat_verdict_free(verdict);
		}
		jurat_verifier_free(v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_bit_is_refused_unless_it_is_a_status_that_the_policy_lets_pass),
		cmocka_unit_test(a_named_bit_is_never_let_pass_as_unknown),
		cmocka_unit_test(a_policy_that_named_a_bit_by_number_stays_good_when_the_bit_has_a_name),
		cmocka_unit_test(bits_that_a_policy_cannot_name_are_an_error),
		cmocka_unit_test(a_newer_report_is_named_so_whatever_its_size),
		cmocka_unit_test(what_a_quote_says_of_its_form_is_named_as_unknown),
		cmocka_unit_test(a_newer_tdreport_is_named_so),
		cmocka_unit_test(newer_collateral_is_named_so_in_the_verdict),
		cmocka_unit_test(a_newer_certificate_is_named_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
