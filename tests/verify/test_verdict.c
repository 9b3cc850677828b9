/* SPDX-License-Identifier: MIT */
#include "verify/made.h"
#include "verify/tdx_made.h"

#include <errno.h>
#include <malloc.h>

#include "wire/tdx_report.h"

/* The typed getters of <jurat/verify.h>: what a caller decides on without reading our JSON. */

static void assert_number(const struct jurat_verdict *v, const char *name, uint64_t expected)
{
	uint64_t got = ~expected;

	if (jurat_verdict_field_number(v, name, &got) != 0 || got != expected)
		FAIL_BECAUSE("%s is %#llx, expected %#llx", name, (unsigned long long)got,
			     (unsigned long long)expected);
}

static void assert_bytes(const struct jurat_verdict *v, const char *name, const void *expected, size_t n)
{
	const uint8_t *got = NULL;
	size_t got_n = 0;

	if (jurat_verdict_field_bytes(v, name, &got, &got_n) != 0 || got_n != n || memcmp(got, expected, n))
		FAIL_BECAUSE("%s is not what the evidence has", name);
}

static void assert_lists_end(const struct jurat_verdict *v)
{
	size_t n = jurat_verdict_reason_count(v), m = jurat_verdict_not_judged_count(v);

	for (size_t i = 0; i < n; i++) {
		assert_non_null(jurat_verdict_reason_code(v, i));
		assert_non_null(jurat_verdict_reason_detail(v, i));
		assert_true(jurat_verdict_has_reason(v, jurat_verdict_reason_code(v, i)));
	}
	for (size_t i = 0; i < m; i++) {
		assert_non_null(jurat_verdict_not_judged_code(v, i));
		assert_non_null(jurat_verdict_not_judged_detail(v, i));
	}
	assert_null(jurat_verdict_reason_code(v, n));
	assert_null(jurat_verdict_reason_detail(v, n));
	assert_null(jurat_verdict_not_judged_code(v, m));
	assert_null(jurat_verdict_not_judged_detail(v, m));
	assert_null(jurat_verdict_not_judged_code(v, SIZE_MAX));
}

static bool is_not_judged(const struct jurat_verdict *v, const char *code)
{
	for (size_t i = 0; i < jurat_verdict_not_judged_count(v); i++)
		if (!strcmp(jurat_verdict_not_judged_code(v, i), code))
			return true;
	return false;
}

static void assert_snp_tcb(const struct jurat_verdict *v, enum jurat_snp_tcb_kind kind, uint64_t raw)
{
	struct jurat_snp_tcb tcb = { .size = sizeof(tcb) };
	enum snp_product product = snp_product_by_name(jurat_verdict_snp_product(v));
	struct snp_tcb parts;

	assert_int_equal(jurat_verdict_snp_tcb(v, kind, &tcb), 0);
	assert_true(snp_tcb_read(product, raw, &parts));
	assert_true(tcb.raw == raw && tcb.has_parts && tcb.size == sizeof(tcb));
	assert_int_equal(tcb.fmc, parts.fmc);
	assert_int_equal(tcb.boot_loader, parts.boot_loader);
	assert_int_equal(tcb.tee, parts.tee);
	assert_int_equal(tcb.snp, parts.snp);
	assert_int_equal(tcb.microcode, parts.microcode);
}

static void assert_of_report(const struct jurat_verdict *v, const struct made *m)
{
	const struct snp_report *r = &m->report;

	assert_int_equal(jurat_verdict_accepted(v), 1);
	assert_int_equal(jurat_verdict_tee(v), JURAT_TEE_SEV_SNP);
	assert_int_equal(jurat_verdict_time(v), m->at);
	assert_int_equal(jurat_verdict_roots_supplied(v), 1);
	assert_int_equal(jurat_verdict_signer(v), m->vlek ? JURAT_SIGNER_VLEK : JURAT_SIGNER_VCEK);
	assert_string_equal(jurat_verdict_snp_product(v), snp_product_name(m->product));
	assert_memory_equal(jurat_verdict_report_data(v), r->report_data, 64);
	assert_memory_equal(jurat_verdict_measurement(v), r->measurement, 48);
	assert_memory_equal(jurat_verdict_snp_chip_id(v), r->chip_id, 64);
	assert_snp_tcb(v, JURAT_SNP_TCB_REPORTED, r->reported_tcb);
	assert_snp_tcb(v, JURAT_SNP_TCB_COMMITTED, r->committed_tcb);
	assert_snp_tcb(v, JURAT_SNP_TCB_CURRENT, r->current_tcb);
	assert_snp_tcb(v, JURAT_SNP_TCB_LAUNCH, r->launch_tcb);
	assert_number(v, "version", r->version);
	assert_number(v, "guest_svn", r->guest_svn);
	assert_number(v, "policy", r->policy);
	assert_number(v, "current_major", r->current_major);
	assert_bytes(v, "host_data", r->host_data, sizeof(r->host_data));
	assert_null(jurat_verdict_tdx_rtmr(v, 0));
	assert_null(jurat_verdict_tdx_fmspc(v));
	assert_int_equal(jurat_verdict_tdx_advisory_count(v), 0);
	assert_lists_end(v);
}

static void a_report_is_described_by_its_own_values(void **state)
{
	static const enum snp_product products[] = { SNP_MILAN, SNP_GENOA, SNP_TURIN };
	struct jurat_tdx_tcb tdx = { .size = sizeof(tdx) };

	for (size_t i = 0; i < ARRAY_SIZE(products); i++)
		for (int vlek = 0; vlek < 2; vlek++) {
			struct jurat_verifier *verifier = made_verifier(products[i]);
			struct made m;
			struct jurat_verdict *v;

			made_init(&m, products[i], vlek, products[i] == SNP_TURIN ? 5 : 3);
			memset(m.report.host_data, 0x68, sizeof(m.report.host_data));
			m.report.guest_svn = 0x01020304;
			m.report.committed_tcb = m.report.reported_tcb + (1ull << 56); /* microcode */
			m.report.launch_tcb = m.report.reported_tcb + (2ull << 56);
			m.report.current_tcb = m.report.reported_tcb + (3ull << 56);
			made_sign(&m);
			v = made_judge(&m, verifier, NULL);
			jurat_verifier_free(verifier); /* a verdict stands alone */
			memset(m.report_bytes, 0, sizeof(m.report_bytes));
			assert_of_report(v, &m);
			assert_int_equal(jurat_verdict_tdx_tcb(v, JURAT_TDX_TCB_PART_ALL, &tdx),
					 JURAT_NOT_FOUND);
			jurat_verdict_free(v);
		}
}

static void a_field_is_found_by_its_name_and_kind(void **state)
{
	struct jurat_verifier *verifier = made_verifier(SNP_MILAN);
	struct jurat_verdict *v;
	const uint8_t *bytes = NULL;
	uint64_t number = 7;
	struct made m;
	size_t n = 7;

	made_init(&m, SNP_MILAN, false, 3);
	v = made_judge(&m, verifier, NULL);
	assert_int_equal(jurat_verdict_field_number(v, "host_data", &number), JURAT_NOT_FOUND);
	assert_int_equal(jurat_verdict_field_number(v, "xfam", &number), JURAT_NOT_FOUND);
	assert_int_equal(jurat_verdict_field_number(v, "", &number), JURAT_NOT_FOUND);
	assert_int_equal(jurat_verdict_field_number(v, "reserved_208", &number), JURAT_NOT_FOUND);
	assert_int_equal(jurat_verdict_field_bytes(v, "guest_svn", &bytes, &n), JURAT_NOT_FOUND);
	assert_int_equal(jurat_verdict_field_bytes(v, "reserved_208", &bytes, &n), JURAT_NOT_FOUND);
	assert_true(number == 7 && n == 7 && !bytes);
	jurat_verdict_free(v);
	jurat_verifier_free(verifier);
}

static void what_signed_a_report_is_said_also_when_it_is_refused(void **state)
{
	static const struct {
		uint32_t key_info;
		enum jurat_signer signer;
	} rows[] = {
		{ SNP_SIGNED_BY_VCEK << 2, JURAT_SIGNER_VCEK },
		{ SNP_SIGNED_BY_VLEK << 2, JURAT_SIGNER_VLEK },
		{ SNP_SIGNED_BY_NONE << 2, JURAT_SIGNER_NONE },
		{ 3 << 2, JURAT_SIGNER_NONE },
		{ 1u << SNP_KEY_INFO_MASK_CHIP_KEY_BIT, JURAT_SIGNER_NONE },
	};
	struct jurat_verifier *verifier = made_verifier(SNP_MILAN);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_verdict *v;
		struct made m;

		made_init(&m, SNP_MILAN, false, 3);
		m.report.key_info = rows[i].key_info;
		made_sign(&m);
		v = made_judge(&m, verifier, NULL);
		assert_int_equal(jurat_verdict_signer(v), rows[i].signer);
		jurat_verdict_free(v);
	}
	jurat_verifier_free(verifier);
}

static void reasons_are_found_by_their_constants(void **state)
{
	struct jurat_verifier *verifier = made_verifier(SNP_MILAN);
	struct jurat_verdict *v;
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	m.report.policy |= 1ull << SNP_POLICY_DEBUG_BIT;
	made_sign(&m);
	m.leaf_size = 0;
	v = made_judge(&m, verifier, NULL);
	assert_int_equal(jurat_verdict_accepted(v), 0);
	assert_int_equal(jurat_verdict_reason_count(v), 2);
	assert_true(jurat_verdict_has_reason(v, JURAT_REASON_LEAF_MISSING));
	assert_true(jurat_verdict_has_reason(v, JURAT_REASON_DEBUG_ALLOWED));
	assert_false(jurat_verdict_has_reason(v, JURAT_REASON_LEAF_EXPIRED));
	assert_true(is_not_judged(v, JURAT_NOT_JUDGED_REPORT_SIGNATURE));
	assert_false(is_not_judged(v, JURAT_NOT_JUDGED_TCB_STATUS));
	assert_lists_end(v);
	jurat_verdict_free(v);
	jurat_verifier_free(verifier);
}

/* Refused as unreadable: nothing is said of what was not read. */
static void evidence_that_cannot_be_read_has_no_values(void **state)
{
	struct jurat_verifier *verifier = made_verifier(SNP_MILAN);
	struct jurat_snp_tcb tcb = { .size = sizeof(tcb), .raw = 7 };
	struct jurat_verdict *v;
	uint64_t number;
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	m.report_size--;
	v = made_judge(&m, verifier, NULL);
	assert_true(jurat_verdict_has_reason(v, JURAT_REASON_REPORT_SIZE));
	assert_int_equal(jurat_verdict_tee(v), JURAT_TEE_SEV_SNP);
	assert_int_equal(jurat_verdict_signer(v), JURAT_SIGNER_NONE);
	assert_null(jurat_verdict_report_data(v));
	assert_null(jurat_verdict_measurement(v));
	assert_null(jurat_verdict_snp_product(v));
	assert_null(jurat_verdict_snp_chip_id(v));
	assert_int_equal(jurat_verdict_field_number(v, "version", &number), JURAT_NOT_FOUND);
	assert_int_equal(jurat_verdict_snp_tcb(v, JURAT_SNP_TCB_REPORTED, &tcb), JURAT_NOT_FOUND);
	assert_int_equal(tcb.raw, 7);
	jurat_verdict_free(v);
	jurat_verifier_free(verifier);
}

static void a_verdict_that_is_not_there_says_nothing(void **state)
{
	struct jurat_snp_tcb snp = { .size = sizeof(snp) };
	struct jurat_tdx_tcb tdx = { .size = sizeof(tdx) };
	uint64_t number;

	assert_int_equal(jurat_verdict_accepted(NULL), 0);
	assert_int_equal(jurat_verdict_tee(NULL), JURAT_TEE_AUTO);
	assert_int_equal(jurat_verdict_time(NULL), 0);
	assert_int_equal(jurat_verdict_roots_supplied(NULL), 0);
	assert_int_equal(jurat_verdict_has_reason(NULL, JURAT_REASON_LEAF_MISSING), 0);
	assert_int_equal(jurat_verdict_signer(NULL), JURAT_SIGNER_NONE);
	assert_null(jurat_verdict_report_data(NULL));
	assert_null(jurat_verdict_measurement(NULL));
	assert_null(jurat_verdict_snp_product(NULL));
	assert_null(jurat_verdict_snp_chip_id(NULL));
	assert_null(jurat_verdict_tdx_rtmr(NULL, 0));
	assert_null(jurat_verdict_tdx_fmspc(NULL));
	assert_null(jurat_verdict_tdx_advisory(NULL, 0));
	assert_null(jurat_verdict_json(NULL));
	assert_null(jurat_verdict_text(NULL));
	assert_int_equal(jurat_verdict_field_number(NULL, "version", &number), JURAT_NOT_FOUND);
	assert_int_equal(jurat_verdict_snp_tcb(NULL, JURAT_SNP_TCB_REPORTED, &snp), JURAT_NOT_FOUND);
	assert_int_equal(jurat_verdict_tdx_tcb(NULL, JURAT_TDX_TCB_PART_ALL, &tdx), JURAT_NOT_FOUND);
	assert_int_equal(jurat_verdict_reason_count(NULL) + jurat_verdict_not_judged_count(NULL), 0);
	assert_lists_end(NULL);
	jurat_verdict_free(NULL);
}

static void assert_tdx_tcb(const struct jurat_verdict *v, enum jurat_tdx_tcb_part part,
			   enum jurat_tdx_tcb_status status, int64_t date)
{
	struct jurat_tdx_tcb tcb = { .size = sizeof(tcb) };

	assert_int_equal(jurat_verdict_tdx_tcb(v, part, &tcb), 0);
	assert_int_equal(tcb.status, status);
	assert_int_equal(tcb.has_date, date != 0);
	assert_int_equal(tcb.date, date);
}

static struct jurat_verdict *judge_quote(struct tdx_made *m, bool with_collateral)
{
	struct jurat_tdx_collateral *collateral;
	struct jurat_verifier *verifier;
	struct jurat_verdict *v;

	tdx_made_sign(m);
	tdx_made_documents(m);
	collateral = tdx_made_collateral(m);
	verifier = tdx_made_verifier(m);
	v = tdx_made_judge(m, verifier, with_collateral ? collateral : NULL, NULL);
	jurat_tdx_collateral_free(collateral);
	jurat_verifier_free(verifier);
	return v;
}

static void a_quote_is_described_by_its_own_values(void **state)
{
	static const enum tdx_body_type bodies[] = { TDX_BODY_10, TDX_BODY_15, TDX_BODY_15EX };

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct jurat_snp_tcb snp = { .size = sizeof(snp) };
		struct jurat_tdx_tcb tcb = { .size = sizeof(tcb) };
		const struct tdx_body *body;
		struct jurat_verdict *v;
		struct tdx_made m;

		tdx_made_init(&m, bodies[i]);
		body = &m.quote.body;
		v = judge_quote(&m, true);
		assert_int_equal(jurat_verdict_accepted(v), 1);
		assert_int_equal(jurat_verdict_tee(v), JURAT_TEE_TDX);
		assert_int_equal(jurat_verdict_time(v), m.at);
		assert_int_equal(jurat_verdict_signer(v), JURAT_SIGNER_PCK);
		assert_memory_equal(jurat_verdict_report_data(v), body->report_data, 64);
		assert_memory_equal(jurat_verdict_measurement(v), body->mrtd, 48);
		for (unsigned r = 0; r < TDX_N_RTMRS; r++)
			assert_memory_equal(jurat_verdict_tdx_rtmr(v, r), tdx_body_rtmr(body, r), 48);
		assert_null(jurat_verdict_tdx_rtmr(v, TDX_N_RTMRS));
		assert_memory_equal(jurat_verdict_tdx_fmspc(v), m.pck.fmspc, 6);
		assert_number(v, "version", m.quote.hdr.version);
		assert_number(v, "td_attributes", body->td_attributes);
		assert_bytes(v, "mrowner", body->mrowner, sizeof(body->mrowner));
		assert_tdx_tcb(v, JURAT_TDX_TCB_PART_PLATFORM, JURAT_TDX_TCB_UP_TO_DATE, 1710000000);
		assert_tdx_tcb(v, JURAT_TDX_TCB_PART_MODULE, JURAT_TDX_TCB_UP_TO_DATE, 1700000000);
		assert_tdx_tcb(v, JURAT_TDX_TCB_PART_QE, JURAT_TDX_TCB_UP_TO_DATE, 1705000000);
		assert_tdx_tcb(v, JURAT_TDX_TCB_PART_ALL, JURAT_TDX_TCB_UP_TO_DATE, 1700000000);
		assert_int_equal(jurat_verdict_tdx_tcb(v, JURAT_TDX_TCB_PART_ALL, &tcb), 0);
		assert_int_equal(tcb.current_status,
				 bodies[i] == TDX_BODY_10 ? JURAT_TDX_TCB_NONE : JURAT_TDX_TCB_UP_TO_DATE);
		assert_int_equal(tcb.launch_status, tcb.current_status);
		assert_int_equal(jurat_verdict_tdx_tcb(v, (enum jurat_tdx_tcb_part)9, &tcb), JURAT_NOT_FOUND);
		assert_null(jurat_verdict_snp_product(v));
		assert_null(jurat_verdict_snp_chip_id(v));
		assert_int_equal(jurat_verdict_snp_tcb(v, JURAT_SNP_TCB_REPORTED, &snp), JURAT_NOT_FOUND);
		assert_lists_end(v);
		jurat_verdict_free(v);
		tdx_made_done(&m);
	}
}

static void a_tcb_that_is_short_is_said_by_part_with_its_advisories(void **state)
{
	struct jurat_verdict *v;
	struct tdx_made m;

	tdx_made_init(&m, TDX_BODY_10);
	m.pck.pcesvn = 5; /* OutOfDate, by the second level */
	v = judge_quote(&m, true);
	assert_true(jurat_verdict_has_reason(v, JURAT_REASON_TCB_STATUS_NOT_ACCEPTED));
	assert_tdx_tcb(v, JURAT_TDX_TCB_PART_ALL, JURAT_TDX_TCB_OUT_OF_DATE, 1510000000);
	assert_tdx_tcb(v, JURAT_TDX_TCB_PART_PLATFORM, JURAT_TDX_TCB_OUT_OF_DATE, 1510000000);
	assert_tdx_tcb(v, JURAT_TDX_TCB_PART_MODULE, JURAT_TDX_TCB_UP_TO_DATE, 1700000000);
	assert_int_equal(jurat_verdict_tdx_advisory_count(v), 2);
	assert_string_equal(jurat_verdict_tdx_advisory(v, 0), "INTEL-SA-00001");
	assert_string_equal(jurat_verdict_tdx_advisory(v, 1), "INTEL-SA-00002");
	assert_null(jurat_verdict_tdx_advisory(v, 2));
	jurat_verdict_free(v);
	tdx_made_done(&m);

	tdx_made_init(&m, TDX_BODY_10);
	m.pck.pcesvn = 1; /* below every level: no date */
	v = judge_quote(&m, true);
	assert_tdx_tcb(v, JURAT_TDX_TCB_PART_ALL, JURAT_TDX_TCB_NOT_SUPPORTED, 0);
	assert_tdx_tcb(v, JURAT_TDX_TCB_PART_PLATFORM, JURAT_TDX_TCB_NOT_SUPPORTED, 0);
	jurat_verdict_free(v);
	tdx_made_done(&m);
}

static void without_collateral_there_is_no_tcb_status(void **state)
{
	struct jurat_tdx_tcb tcb = { .size = sizeof(tcb) };
	struct jurat_verdict *v;
	struct tdx_made m;

	tdx_made_init(&m, TDX_BODY_15);
	v = judge_quote(&m, false);
	assert_true(jurat_verdict_has_reason(v, JURAT_REASON_COLLATERAL_MISSING));
	assert_true(is_not_judged(v, JURAT_NOT_JUDGED_TCB_STATUS));
	assert_int_equal(jurat_verdict_tdx_tcb(v, JURAT_TDX_TCB_PART_ALL, &tcb), JURAT_NOT_FOUND);
	assert_int_equal(jurat_verdict_tdx_advisory_count(v), 0);
	jurat_verdict_free(v);
	tdx_made_done(&m);
}

/* Frees everything else first; freed memory is overwritten, so that nothing is read from it unnoticed. */
static void a_verdict_outlives_all_that_it_was_made_from(void **state)
{
	(void)state;
	mallopt(M_PERTURB, 0x5a); /* AddressSanitizer's allocator has no such thing, and needs none */
	for (unsigned tdx = 0; tdx < 2; tdx++) {
		struct jurat_tdx_collateral *collateral = NULL;
		struct jurat_verdict *verdict;
		struct jurat_verifier *v;
		struct tdx_made quote;
		struct made report;

		if (tdx) {
			tdx_made_init(&quote, TDX_BODY_10);
			tdx_made_sign(&quote);
			tdx_made_documents(&quote);
			v = tdx_made_verifier(&quote);
			collateral = tdx_made_collateral(&quote);
			verdict = tdx_made_judge(&quote, v, collateral, NULL);
		} else {
			made_init(&report, SNP_MILAN, false, 3);
			v = made_verifier(SNP_MILAN);
			verdict = made_judge(&report, v, NULL);
		}
		auto_free char *json = jurat_verdict_json(verdict), *text = jurat_verdict_text(verdict);

		jurat_tdx_collateral_free(collateral);
		jurat_verifier_free(v);
		if (tdx)
			tdx_made_done(&quote);
		auto_free char *json_after = jurat_verdict_json(verdict),
			       *text_after = jurat_verdict_text(verdict);

		assert_non_null(strstr(json, "issuer_dn"));
		assert_string_equal(json, json_after);
		assert_string_equal(text, text_after);
		jurat_verdict_free(verdict);
	}
	mallopt(M_PERTURB, 0);
}

static void a_status_has_intels_name(void **state)
{
	assert_string_equal(jurat_tdx_tcb_status_name(JURAT_TDX_TCB_UP_TO_DATE), "UpToDate");
	assert_string_equal(jurat_tdx_tcb_status_name(JURAT_TDX_TCB_REVOKED), "Revoked");
	assert_non_null(jurat_tdx_tcb_status_name(JURAT_TDX_TCB_UNRECOGNIZED));
	assert_null(jurat_tdx_tcb_status_name(JURAT_TDX_TCB_NONE));
	assert_null(jurat_tdx_tcb_status_name((enum jurat_tdx_tcb_status)(JURAT_TDX_TCB_UNRECOGNIZED + 1)));
	assert_null(jurat_tdx_tcb_status_name((enum jurat_tdx_tcb_status) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_described_by_its_own_values),
		cmocka_unit_test(a_field_is_found_by_its_name_and_kind),
		cmocka_unit_test(what_signed_a_report_is_said_also_when_it_is_refused),
		cmocka_unit_test(reasons_are_found_by_their_constants),
		cmocka_unit_test(evidence_that_cannot_be_read_has_no_values),
		cmocka_unit_test(a_verdict_that_is_not_there_says_nothing),
		cmocka_unit_test(a_quote_is_described_by_its_own_values),
		cmocka_unit_test(a_tcb_that_is_short_is_said_by_part_with_its_advisories),
		cmocka_unit_test(without_collateral_there_is_no_tcb_status),
		cmocka_unit_test(a_verdict_outlives_all_that_it_was_made_from),
		cmocka_unit_test(a_status_has_intels_name),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
