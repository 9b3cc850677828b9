/* SPDX-License-Identifier: MIT */
#include "verify/made.h"
#include "verify/event_made.h"
#include "verify/tdx_made.h"

#include <errno.h>

#include "support/fail_memory.h"
#include "verify/fail_libraries.h"
#include "verify/policy_from.h"
#include "verify/policy_write.h"
#include "verify/reasons.h"
#include "wire/tdx_report.h"

/*
 * A policy from evidence accepts that evidence, and refuses the same with one pinned field changed for the
 * worse. Every pin has a row here.
 */

static struct jurat_policy *policy_new(void)
{
	struct jurat_policy *p;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	return p;
}

static int pin(const struct jurat_verdict *verdict, const char *names, const struct jurat_policy *base,
	       struct jurat_policy **ret, struct jurat_error *err)
{
	struct policy_pins pins = { .pinned = { POLICY_NOT_PINNED } };
	struct jurat_policy *p = policy_new(), *fallback = base ? NULL : policy_new();
	int r;

	assert_int_equal(policy_pins_add(&pins, names, err), 0);
	r = policy_from(verdict, &pins, base ? base : fallback, p, err);
	jurat_policy_free(fallback);
	if (r == 0)
		*ret = p;
	else
		jurat_policy_free(p);
	return r;
}

static struct jurat_policy *pinned(const struct jurat_verdict *verdict, const char *names)
{
	struct jurat_error err = { "" };
	struct jurat_policy *p = NULL;

	if (pin(verdict, names, NULL, &p, &err) != 0)
		FAIL_BECAUSE("%s: %s", names, err.text);
	return p;
}

/* ---- SEV-SNP */

#define BIT(n) (UINT64_C(1) << (n))

/* As restrictive as a report of version 5 can be, signed by a VCEK. */
static void make_good(struct made *m)
{
	made_init(m, SNP_GENOA, false, 5);
	m->report.policy = BIT(SNP_POLICY_MUST_BE_ONE_BIT) | BIT(SNP_POLICY_SINGLE_SOCKET_BIT) |
			   BIT(SNP_POLICY_MEM_AES_256_XTS_BIT) | BIT(SNP_POLICY_RAPL_DIS_BIT) |
			   BIT(SNP_POLICY_CIPHERTEXT_HIDING_DRAM_BIT) |
			   BIT(SNP_POLICY_PAGE_SWAP_DISABLE_BIT) | 1 << 8 | 51;
	m->report.platform_info = BIT(SNP_PLATFORM_ECC_EN_BIT) | BIT(SNP_PLATFORM_ALIAS_CHECK_COMPLETE_BIT) |
				  BIT(SNP_PLATFORM_RAPL_DIS_BIT) |
				  BIT(SNP_PLATFORM_CIPHERTEXT_HIDING_DRAM_EN_BIT);
	m->report.launch_mit_vector = m->report.current_mit_vector = 3;
	made_sign(m);
}

static void flip_policy(struct made *m, unsigned bit)
{
	m->report.policy ^= BIT(bit);
}
static void more_vmpl(struct made *m)
{
	m->report.vmpl++;
}
static void less_svn(struct made *m)
{
	m->report.guest_svn--;
}
static void less_abi(struct made *m)
{
	m->report.policy--;
}
static void less_firmware(struct made *m)
{
	m->report.current_build--;
}
static void less_committed_firmware(struct made *m)
{
	m->report.committed_build--;
}
static void less_tcb(struct made *m)
{
	m->report.reported_tcb -= BIT(56);
}
static void less_committed_tcb(struct made *m)
{
	m->report.committed_tcb -= BIT(56);
}
static void less_current_tcb(struct made *m)
{
	m->report.current_tcb -= BIT(56);
}
static void less_launch_tcb(struct made *m)
{
	m->report.launch_tcb -= BIT(56);
}
static void less_launch_mitigations(struct made *m)
{
	m->report.launch_mit_vector = 1;
}
static void less_current_mitigations(struct made *m)
{
	m->report.current_mit_vector = 6;
}
static void smt(struct made *m)
{
	m->report.platform_info |= BIT(SNP_PLATFORM_SMT_EN_BIT);
}
static void no_alias_check(struct made *m)
{
	m->report.platform_info &= ~BIT(SNP_PLATFORM_ALIAS_CHECK_COMPLETE_BIT);
}
static void milan(struct made *m)
{
	made_init(m, SNP_MILAN, false, 5);
}
static void vlek(struct made *m)
{
	made_init(m, SNP_GENOA, true, 5);
}

static const struct {
	const char *member;
	void (*spoil)(struct made *m);
	const char *reason;
} snp_rows[] = {
	{ "vmpl", more_vmpl, "vmpl-not-allowed" },
	{ "maximum_vmpl", more_vmpl, "vmpl-not-allowed" },
	{ "minimum_guest_svn", less_svn, "guest-svn-below-minimum" },
	{ "minimum_policy_abi", less_abi, "guest-abi-below-minimum" },
	{ "minimum_firmware", less_firmware, "firmware-below-minimum" },
	{ "minimum_committed_firmware", less_committed_firmware, "committed-firmware-below-minimum" },
	{ "minimum_tcb", less_tcb, "tcb-below-minimum" },
	{ "minimum_committed_tcb", less_committed_tcb, "committed-tcb-below-minimum" },
	{ "minimum_current_tcb", less_current_tcb, "current-tcb-below-minimum" },
	{ "minimum_launch_tcb", less_launch_tcb, "launch-tcb-below-minimum" },
	{ "minimum_launch_mit_vector", less_launch_mitigations, "launch-mit-vector-below-minimum" },
	{ "minimum_current_mit_vector", less_current_mitigations, "current-mit-vector-below-minimum" },
	{ "require_launch_mitigations", less_current_mitigations, "launch-mitigations-lost" },
	{ "allow_provisional_firmware", less_committed_firmware, "provisional-firmware" },
	{ "required_platform_info", no_alias_check, "platform-info-required" },
	{ "forbidden_platform_info", smt, "platform-info-forbidden" },
	{ "products", milan, "product-not-allowed" },
	{ "allow_vlek", vlek, "vlek-not-allowed" },
};

static void assert_refuses(const struct made *m, const struct jurat_policy *p, const char *reason,
			   const char *member)
{
	struct jurat_verifier *v = made_verifier(m->product);
	struct jurat_verdict *verdict = made_judge(m, v, p);

	if (reason && !jurat_verdict_has_reason(verdict, reason))
		FAIL_BECAUSE("%s: not refused with %s", member, reason);
	if (!reason && !jurat_verdict_accepted(verdict))
		FAIL_BECAUSE("%s: %s", member, jurat_verdict_reason_detail(verdict, 0));
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

/* Evidence that is worse in one member; false: this table does not say how. */
static bool spoil(const char *member, struct made *m, const char **ret_reason)
{
#define BYTES(field, size, REASON)                                                                           \
	if (strcmp(member, #field) == 0) {                                                                   \
		m->report.field[3] ^= 1;                                                                     \
		*ret_reason = verify_reason_code(REASON_##REASON);                                           \
		return true;                                                                                 \
	}
#define GUEST_BIT(name, scope, value, bit, wrong, REASON)                                                    \
	if (strcmp(member, #name) == 0) {                                                                    \
		flip_policy(m, bit);                                                                         \
		*ret_reason = verify_reason_code(REASON_##REASON);                                           \
		return true;                                                                                 \
	}
	POLICY_BYTES(BYTES)
	POLICY_GUEST_BITS(GUEST_BIT)
	for (size_t i = 0; i < ARRAY_SIZE(snp_rows); i++)
		if (strcmp(snp_rows[i].member, member) == 0) {
			snp_rows[i].spoil(m);
			*ret_reason = snp_rows[i].reason;
			return true;
		}
	return false;
}

static void every_snp_pin_accepts_its_evidence_and_refuses_worse(void **state)
{
	static const char *const elsewhere[] = { "allow_vcek", "csp_id", "tees" };
	struct jurat_verifier *v = made_verifier(SNP_GENOA);
	struct jurat_verdict *verdict;
	struct policy_pin row;
	struct made good;
	size_t n = 0;

	make_good(&good);
	verdict = made_judge(&good, v, NULL);
	assert_true(jurat_verdict_accepted(verdict));
	for (size_t i = 0; policy_pin_at(i, &row); i++) {
		struct jurat_policy *p, *all;
		struct made bad = good;
		const char *reason = NULL;
		bool other = false;

		for (size_t k = 0; k < ARRAY_SIZE(elsewhere); k++)
			other = other || strcmp(elsewhere[k], row.member) == 0;
		if (other || !(row.scope & POLICY_OF_SNP))
			continue;
		if (!spoil(row.member, &bad, &reason))
			FAIL_BECAUSE("%s has no row in this test", row.member);
		made_endorse(&bad, bad.report.reported_tcb, bad.report.chip_id);
		made_sign(&bad);
		p = pinned(verdict, row.member);
		all = pinned(verdict, "all");
		assert_refuses(&good, p, NULL, row.member);
		assert_refuses(&bad, p, reason, row.member);
		assert_refuses(&good, all, NULL, "all");
		assert_refuses(&bad, all, reason, row.member);
		jurat_policy_free(all);
		jurat_policy_free(p);
		n++;
	}
	assert_true(n > 30);
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

static void a_vlek_is_pinned_with_its_provider(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_GENOA);
	struct jurat_verdict *verdict;
	struct jurat_policy *p;
	struct made good, vcek, other;

	made_init(&good, SNP_GENOA, true, 5);
	made_init(&vcek, SNP_GENOA, false, 5);
	made_init(&other, SNP_GENOA, true, 5);
	other.csp_id = "CN=another.jurat.invalid";
	made_endorse(&other, other.report.reported_tcb, other.report.chip_id);
	verdict = made_judge(&good, v, NULL);
	p = pinned(verdict, "default");
	assert_refuses(&good, p, NULL, "default");
	assert_refuses(&vcek, p, "vcek-not-allowed", "allow_vcek");
	assert_refuses(&other, p, "csp-id-not-allowed", "csp_id");
	jurat_policy_free(p);
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

/* ---- TDX */

static void debug(struct tdx_made *m)
{
	m->quote.body.td_attributes |= BIT(TDX_ATTR_DEBUG_BIT);
}
static void pks(struct tdx_made *m)
{
	m->quote.body.td_attributes |= BIT(TDX_ATTR_PKS_BIT);
}
static void no_ve_disable(struct tdx_made *m)
{
	m->quote.body.td_attributes &= ~BIT(TDX_ATTR_SEPT_VE_DISABLE_BIT);
}
static void more_xfam(struct tdx_made *m)
{
	m->quote.body.xfam |= BIT(15);
}
static void less_xfam(struct tdx_made *m)
{
	m->quote.body.xfam = TDX_XFAM_FIXED1;
}
static void less_tee_svn(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn[2]--;
}
static void other_type(struct tdx_made *m)
{
	m->pck.sgx_type = 0;
}
static void other_fmspc(struct tdx_made *m)
{
	m->pck.fmspc[0] ^= 1;
}
static void other_ppid(struct tdx_made *m)
{
	m->pck.ppid[0] ^= 1;
}
static void hardening(struct tdx_made *m)
{
	m->levels[0].status = "SWHardeningNeeded";
}
static void other_advisory(struct tdx_made *m)
{
	m->levels[0].advisories = "INTEL-SA-00011";
}
static void old_edition(struct tdx_made *m)
{
	m->identity.evaluation--;
}

static const struct {
	const char *member;
	void (*spoil)(struct tdx_made *m);
	const char *reason;
} td_rows[] = {
	{ "allow_debug", debug, "td-debug" },
	{ "allowed_td_attributes", pks, "td-attributes-not-allowed" },
	{ "required_td_attributes", no_ve_disable, "td-attributes-required" },
	{ "allowed_xfam", more_xfam, "xfam-not-allowed" },
	{ "required_xfam", less_xfam, "xfam-required" },
	{ "minimum_tee_tcb_svn", less_tee_svn, "tee-tcb-svn-below-minimum" },
	{ "sgx_type", other_type, "sgx-type-not-allowed" },
	{ "fmspc", other_fmspc, "fmspc-mismatch" },
	{ "ppid", other_ppid, "ppid-mismatch" },
	{ "accepted_tcb_statuses", hardening, "tcb-status-not-accepted" },
	{ "accepted_current_tcb_statuses", hardening, "current-tcb-status-not-accepted" },
	{ "accepted_advisories", other_advisory, "advisory-not-accepted" },
	{ "minimum_tcb_evaluation_data_number", old_edition, "tcb-evaluation-below-minimum" },
};

static bool spoil_td(const char *member, struct tdx_made *m, const char **ret_reason)
{
#define TD_BYTES(field, size, REASON)                                                                        \
	if (strcmp(member, #field) == 0) {                                                                   \
		m->quote.body.field[3] ^= 1;                                                                 \
		*ret_reason = verify_reason_code(REASON_##REASON);                                           \
		return true;                                                                                 \
	}
	POLICY_TD_BYTES(TD_BYTES)
	if (strcmp(member, "report_data") == 0) {
		m->quote.body.report_data[0] ^= 1;
		*ret_reason = "report-data-mismatch";
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(td_rows); i++)
		if (strcmp(td_rows[i].member, member) == 0) {
			td_rows[i].spoil(m);
			*ret_reason = td_rows[i].reason;
			return true;
		}
	return false;
}

static void make_good_td(struct tdx_made *m)
{
	tdx_made_init(m, TDX_BODY_15EX);
	m->levels[0].advisories = "INTEL-SA-00010";
	memset(m->quote.body.mrservicetd, 7, sizeof(m->quote.body.mrservicetd));
	memset(m->quote.body.init_servtd_hash, 8, sizeof(m->quote.body.init_servtd_hash));
	memset(m->quote.body.curr_servtd_hash, 9, sizeof(m->quote.body.curr_servtd_hash));
	memcpy(m->quote.body.init_tee_tcb_svn, m->quote.body.tee_tcb_svn,
	       sizeof(m->quote.body.init_tee_tcb_svn));
}

static struct jurat_verdict *judge_td(struct tdx_made *m, const struct jurat_policy *p)
{
	struct jurat_tdx_collateral *collateral;
	struct jurat_verdict *verdict;
	struct jurat_verifier *v;

	tdx_made_sign(m);
	tdx_made_documents(m);
	v = tdx_made_verifier(NULL);
	collateral = tdx_made_collateral(m);
	verdict = tdx_made_judge(m, v, collateral, p);
	jurat_tdx_collateral_free(collateral);
	jurat_verifier_free(v);
	return verdict;
}

/* A service TD is only accepted where the policy says so. */
static struct jurat_policy *base_td(void)
{
	static const char json[] = "{\"allow_service_td\": true}";
	struct jurat_policy *p = policy_new();

	assert_int_equal(jurat_policy_read_json(p, json, strlen(json), NULL), 0);
	return p;
}

static void assert_td(struct tdx_made *m, const char *member, const struct jurat_policy *members,
		      const char *reason)
{
	struct jurat_policy *p = base_td();
	struct jurat_verdict *verdict;

	assert_int_equal(policy_merge(p, members, NULL, NULL, NULL), 0);
	verdict = judge_td(m, p);
	if (reason && !jurat_verdict_has_reason(verdict, reason))
		FAIL_BECAUSE("%s: not refused with %s", member, reason);
	if (!reason && !jurat_verdict_accepted(verdict))
		FAIL_BECAUSE("%s: %s", member, jurat_verdict_reason_detail(verdict, 0));
	jurat_verdict_free(verdict);
	jurat_policy_free(p);
}

static void every_tdx_pin_accepts_its_evidence_and_refuses_worse(void **state)
{
	static const char *const elsewhere[] = { "measurement",          "tees",
						 "platform_instance_id", "require_event_log",
						 "kernel_cmdline",       "require_secure_boot",
						 "event_digests" };
	struct jurat_policy *base = base_td(), *p;
	struct jurat_verdict *verdict;
	struct policy_pin row;
	struct tdx_made good;
	size_t n = 0;

	make_good_td(&good);
	verdict = judge_td(&good, base);
	if (!jurat_verdict_accepted(verdict))
		FAIL_BECAUSE("%s", jurat_verdict_reason_detail(verdict, 0));
	for (size_t i = 0; policy_pin_at(i, &row); i++) {
		const char *reason = NULL;
		struct tdx_made bad;
		bool other = false;

		for (size_t k = 0; k < ARRAY_SIZE(elsewhere); k++)
			other = other || strcmp(elsewhere[k], row.member) == 0;
		if (other || !(row.scope & POLICY_OF_TDX))
			continue;
		make_good_td(&bad);
		if (!spoil_td(row.member, &bad, &reason))
			FAIL_BECAUSE("%s has no row in this test", row.member);
		p = pinned(verdict, row.member);
		assert_td(&good, row.member, p, NULL);
		assert_td(&bad, row.member, p, reason);
		jurat_policy_free(p);
		tdx_made_done(&bad);
		n++;
	}
	assert_true(n > 25);
	p = pinned(verdict, "all");
	assert_td(&good, "all", p, NULL);
	jurat_policy_free(p);
	jurat_verdict_free(verdict);
	jurat_policy_free(base);
	tdx_made_done(&good);
}

static void a_pin_on_the_tee_refuses_the_other(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_GENOA);
	struct jurat_verdict *verdict;
	struct jurat_policy *p, *q;
	struct tdx_made td;
	struct made m;

	make_good(&m);
	make_good_td(&td);
	verdict = made_judge(&m, v, NULL);
	p = pinned(verdict, "tees");
	jurat_verdict_free(verdict);
	verdict = judge_td(&td, p);
	assert_true(jurat_verdict_has_reason(verdict, "tee-not-allowed"));
	q = pinned(verdict, "tees");
	assert_refuses(&m, q, "tee-not-allowed", "tees");
	jurat_policy_free(q);
	jurat_policy_free(p);
	jurat_verdict_free(verdict);
	tdx_made_done(&td);
	jurat_verifier_free(v);
}

/* ---- event logs */

static void two_command_lines(struct events *e)
{
	events_insert(e, 8,
		      (struct event){ 3, MEASURE_EV_IPL, DATA("kernel_cmdline: init=/bin/sh\0"),
				      DATA("init=/bin/sh") });
}
static void a_command_line_that_is_not_text(struct events *e)
{
	e->items[7] = (struct event){ 3, MEASURE_EV_IPL, DATA("kernel_cmdline: \xff\0"), DATA("\xff") };
}

static void another_image_of_another_type(struct events *e)
{
	events_insert(e, 7, e->items[6]);
	event_another_image(e);
	e->items[6].type = MEASURE_EV_EFI_VARIABLE_BOOT;
}

static void what_an_event_log_says_is_pinned(void **state)
{
	static const char names[] = "event_digests,kernel_cmdline,require_event_log,require_secure_boot";
	struct event_world *w = *state;
	struct events good = events_usual(), bad = good, bytes = good, other = good;
	struct jurat_policy *p = NULL;
	struct jurat_error err = { "" };
	struct jurat_verdict *verdict;
	auto_free char *text = NULL;

	event_world_sign(w, &good);
	verdict = event_world_judge(w, &good, NULL);
	p = pinned(verdict, names);
	text = policy_write_json(p);
	assert_non_null(strstr(text, "\"kernel_cmdline\": \"" CMDLINE "\""));
	assert_non_null(strstr(text, "\"require_event_log\": true,"));
	assert_non_null(strstr(text, "\"event_digests\": {\"EV_EFI_BOOT_SERVICES_APPLICATION\": \"" IMAGE
				     "\", \"EV_IPL\": [\""));
	assert_non_null(strstr(text, "\"require_secure_boot\": true"));
	jurat_verdict_free(verdict);
	event_assert_reasons(event_world_judge(w, &good, text), "the same", "");
	verdict = event_world_judge_bytes(w, NULL, 0, text);
	assert_true(jurat_verdict_has_reason(verdict, "event-log-missing"));
	jurat_verdict_free(verdict);
	another_image_of_another_type(&other);
	event_world_sign(w, &other);
	event_assert_reasons(
		event_world_judge(w, &other, text), "another image",
		"event-not-fixed: event 7 (EV_EFI_VARIABLE_BOOT): fixed by neither event_digests nor "
		"rtmr1");
	two_command_lines(&bad);
	event_another_value_of_secure_boot(&bad);
	event_world_sign(w, &bad);
	verdict = event_world_judge(w, &bad, text);
	assert_true(jurat_verdict_has_reason(verdict, "kernel-cmdline-not-allowed"));
	assert_true(jurat_verdict_has_reason(verdict, "secure-boot-disabled"));
	jurat_verdict_free(verdict);
	a_command_line_that_is_not_text(&bytes);
	event_world_sign(w, &bytes);
	verdict = event_world_judge(w, &bytes, NULL);
	jurat_policy_free(p);
	assert_int_equal(pin(verdict, names, NULL, &p, &err), JURAT_NOT_FOUND);
	assert_string_equal(err.text, "kernel_cmdline: not printable");
	jurat_verdict_free(verdict);
}

/* ---- what the evidence lacks, and names */

static void what_the_evidence_lacks_is_named(void **state)
{
	static const struct {
		const char *names, *error;
	} bads[] = {
		{ "default,minimum_launch_mit_vector",
		  "minimum_launch_mit_vector: not in reports of this version" },
		{ "csp_id", "csp_id: no VLEK certificate" },
		{ "all,mrtd", "mrtd: not a member for SEV-SNP" },
		{ "chip_id", "chip_id: masked by the firmware" },
		{ "vmpl", "vmpl: not a privilege level" },
	};
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct jurat_error err = { "" };
	struct jurat_verdict *verdict;
	auto_free char *text = NULL;
	struct jurat_policy *p;
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	memset(m.report.chip_id, 0, sizeof(m.report.chip_id));
	m.report.vmpl = 4;
	made_sign(&m);
	verdict = made_judge(&m, v, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bads); i++) {
		assert_int_equal(pin(verdict, bads[i].names, NULL, &p, &err), JURAT_NOT_FOUND);
		assert_string_equal(err.text, bads[i].error);
	}
	p = pinned(verdict, "all");
	text = policy_write_json(p);
	assert_non_null(strstr(text,
			       "\"Not in this evidence, so not pinned: chip_id (masked by the firmware), "
			       "vmpl (not a privilege level), maximum_vmpl (not a privilege level), "
			       "minimum_launch_mit_vector (not in reports of "
			       "this version), "));
	assert_null(strstr(text, "\"chip_id\""));
	jurat_policy_free(p);
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

static void names_that_cannot_be_pinned_are_refused(void **state)
{
	static const struct {
		const char *names, *error;
	} bads[] = {
		{ "", "'' cannot be pinned" },           { "vmpl,", "'' cannot be pinned" },
		{ "vmpl,,tees", "'' cannot be pinned" }, { "vmp", "'vmp' cannot be pinned" },
		{ "vmpls", "'vmpls' cannot be pinned" }, { "tees, vmpl", "' vmpl' cannot be pinned" },
		{ "ALL", "'ALL' cannot be pinned" },     { "require_crl", "'require_crl' cannot be pinned" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bads); i++) {
		struct policy_pins pins = { .pinned = { POLICY_NOT_PINNED } }, before = pins;
		struct jurat_error err = { "" };

		assert_int_equal(policy_pins_add(&pins, bads[i].names, &err), -EINVAL);
		assert_string_equal(err.text, bads[i].error);
		assert_memory_equal(&pins, &before, sizeof(pins));
	}
}

static void every_pin_is_a_member_in_the_order_of_the_policy(void **state)
{
	struct jurat_policy *p = policy_new();
	struct policy_member m;
	struct policy_pin row;
	size_t at = 0;

	for (size_t i = 0; policy_pin_at(i, &row); i++) {
		while (policy_member_at(p, at, &m) && strcmp(m.name, row.member) != 0)
			at++;
		if (!policy_member_at(p, at, &m))
			FAIL_BECAUSE("%s is no member, or not in order", row.member);
	}
	jurat_policy_free(p);
}

/* Accepted because of its date: a list of statuses would accept it whatever its date. */
static void a_status_that_only_its_date_excuses_is_not_pinned(void **state)
{
	struct jurat_policy *base = policy_new(), *p = NULL;
	struct jurat_error err = { "" };
	struct jurat_verdict *verdict;
	auto_free char *text = NULL;
	struct tdx_made m;

	assert_int_equal(jurat_policy_set(base, "minimum_tcb_date", "2017-11-06", NULL), 0);
	tdx_made_init(&m, TDX_BODY_10);
	m.pck.pcesvn = 5;
	verdict = judge_td(&m, base);
	assert_true(jurat_verdict_accepted(verdict));
	assert_int_equal(pin(verdict, "default", base, &p, &err), 0);
	text = policy_write_json(p);
	assert_null(strstr(text, "\"accepted_tcb_statuses\""));
	assert_non_null(strstr(text, "accepted_tcb_statuses (accepted by minimum_tcb_date)"));
	assert_int_equal(policy_merge(base, p, NULL, NULL, NULL), 0);
	jurat_verdict_free(verdict);
	verdict = judge_td(&m, base);
	assert_true(jurat_verdict_accepted(verdict));
	jurat_verdict_free(verdict);
	jurat_policy_free(p);
	jurat_policy_free(base);
	tdx_made_done(&m);
}

/* ---- merging */

struct told {
	unsigned n;
	char text[200];
};

static void note(void *context, const char *member, const char *was, const char *is)
{
	struct told *told = context;

	told->n++;
	TEXT(told->text, "%s %s %s", member, was, is);
}

static void a_merge_keeps_replaces_and_tells(void **state)
{
	static const char old[] = "{\"//\": \"a\", \"//vmpl\": \"b\", \"vmpl\": 1, \"allow_smt\": false, "
				  "\"products\": \"Milan\"}";
	static const char new[] = "{\"//\": \"c\", \"//tees\": \"d\", \"vmpl\": 2, \"allow_smt\": false, "
				  "\"tees\": \"tdx\"}";
	struct jurat_policy *a = policy_new(), *b = policy_new();
	auto_free char *text = NULL, *again = NULL;
	struct told told = { 0 };

	assert_int_equal(jurat_policy_read_json(a, old, strlen(old), NULL), 0);
	assert_int_equal(jurat_policy_read_json(b, new, strlen(new), NULL), 0);
	assert_int_equal(policy_merge(a, b, note, &told, NULL), 0);
	assert_true(told.n == 1 && strcmp(told.text, "vmpl 1 2") == 0);
	text = policy_write_json(a);
	assert_string_equal(text, "{\n  \"//\": [\n    \"a\",\n    \"c\"\n  ],\n  \"allow_smt\": false,\n"
				  "  \"vmpl\": 2,\n  \"products\": \"Milan\",\n  \"//tees\": \"d\",\n"
				  "  \"tees\": \"tdx\"\n}\n");
	assert_int_equal(policy_merge(a, b, note, &told, NULL), 0); /* again: nothing new */
	again = policy_write_json(a);
	assert_string_equal(text, again);
	assert_true(told.n == 1 && strcmp(told.text, "vmpl 1 2") == 0);
	jurat_policy_free(b);
	jurat_policy_free(a);
}

static int attempt(void *verdict)
{
	struct policy_pins pins = { .pinned = { POLICY_NOT_PINNED } };
	struct jurat_policy *base = NULL, *p = NULL;
	int r;

	fail_memory_resume();
	r = policy_pins_add(&pins, "all", NULL);
	if (r == 0)
		r = jurat_policy_new(&base, NULL);
	if (r == 0)
		r = jurat_policy_new(&p, NULL);
	if (r == 0)
		r = policy_from(verdict, &pins, base, p, NULL);
	if (r == 0)
		r = policy_merge(base, p, NULL, NULL, NULL);
	fail_memory_pause();
	jurat_policy_free(base);
	jurat_policy_free(p);
	return r == -EBADMSG ? -ENOMEM : r; /* jansson without memory does not always say so */
}

static void memory_that_fails_is_an_error(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_GENOA);
	struct jurat_verdict *verdict;
	struct made m;

	make_good(&m);
	verdict = made_judge(&m, v, NULL);
	assert_true(fail_memory_each(attempt, verdict) > 100);
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_snp_pin_accepts_its_evidence_and_refuses_worse),
		cmocka_unit_test(a_vlek_is_pinned_with_its_provider),
		cmocka_unit_test(every_tdx_pin_accepts_its_evidence_and_refuses_worse),
		cmocka_unit_test(a_pin_on_the_tee_refuses_the_other),
		cmocka_unit_test_setup_teardown(what_an_event_log_says_is_pinned, event_world_make,
						event_world_end),
		cmocka_unit_test(what_the_evidence_lacks_is_named),
		cmocka_unit_test(names_that_cannot_be_pinned_are_refused),
		cmocka_unit_test(every_pin_is_a_member_in_the_order_of_the_policy),
		cmocka_unit_test(a_status_that_only_its_date_excuses_is_not_pinned),
		cmocka_unit_test(a_merge_keeps_replaces_and_tells),
		cmocka_unit_test(memory_that_fails_is_an_error),
	};

	if (!fail_libraries_begin())
		return 1;
	return cmocka_run_group_tests_name("policy_from", tests, NULL, NULL);
}
