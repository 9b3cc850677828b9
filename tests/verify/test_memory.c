/* SPDX-License-Identifier: MIT */
#include "support/fail_memory.h"
#include "verify/fail_libraries.h"
#include "verify/made.h"

#include <errno.h>

#include "sim/tdx/qe.h"

/*
 * Every allocation of a whole verification fails once, and each test_step()-th once with all that follow:
 * evidence that is good is accepted or not judged, evidence that is not good is never accepted, and nothing
 * is left behind.
 */
static const int64_t now = 1767225600; /* 2026-01-01 */
enum { DAY_S = 86400, MAX_INPUTS = 8 };

struct input {
	uint8_t *bytes;
	size_t size;
};

/* What one verification needs, all of it bytes. */
struct evidence {
	bool tdx;
	int64_t at;
	struct input roots, report, certs; /* report: or quote */
	struct input log;                  /* of a TD's events */
	struct input collateral[MAX_INPUTS], crls[1];
	const char *policy, *value, *policy2, *value2;
};

static struct input input_of(const void *bytes, size_t n)
{
	return (struct input){ heap_copy(bytes, n), n };
}

static void evidence_done(struct evidence *e)
{
	free(e->roots.bytes);
	free(e->report.bytes);
	free(e->certs.bytes);
	free(e->crls[0].bytes);
	free(e->log.bytes);
	for (size_t i = 0; i < MAX_INPUTS; i++)
		free(e->collateral[i].bytes);
}

static int prepare(const struct evidence *e, struct jurat_verifier **v, struct jurat_tdx_collateral **c,
		   struct jurat_policy **p)
{
	int r = jurat_verifier_new(v, NULL);

	if (r == 0)
		r = jurat_verifier_add_roots(*v, e->roots.bytes, e->roots.size, NULL);
	if (r == 0 && e->crls[0].bytes)
		r = jurat_verifier_add_crl(*v, e->crls[0].bytes, e->crls[0].size, NULL);
	if (r == 0)
		r = jurat_policy_new(p, NULL);
	if (r == 0 && e->policy)
		r = jurat_policy_set(*p, e->policy, e->value, NULL);
	if (r == 0 && e->policy2)
		r = jurat_policy_set(*p, e->policy2, e->value2, NULL);
	if (r == 0 && e->tdx)
		r = jurat_tdx_collateral_new(c, NULL);
	for (size_t i = 0; r == 0 && i < MAX_INPUTS && e->collateral[i].bytes; i++)
		r = jurat_tdx_collateral_add(*c, e->collateral[i].bytes, e->collateral[i].size, NULL);
	return r;
}

static int judge(const struct evidence *e, struct jurat_verifier *v, const struct jurat_tdx_collateral *c,
		 const struct jurat_policy *p, struct jurat_verdict **ret)
{
	struct jurat_snp_evidence snp = { .size = sizeof(snp),
					  .report = e->report.bytes,
					  .report_size = e->report.size,
					  .certs = e->certs.bytes,
					  .certs_size = e->certs.size };
	struct jurat_tdx_evidence tdx = { .size = sizeof(tdx),
					  .quote = e->report.bytes,
					  .quote_size = e->report.size,
					  .event_log = e->log.bytes,
					  .event_log_size = e->log.size };

	if (e->tdx)
		return jurat_verify_tdx(v, &tdx, c, p, e->at, ret, NULL);
	return jurat_verify_snp(v, &snp, p, e->at, ret, NULL);
}

struct outcome {
	int prepared, judged, again; /* again: with the same verifier, and memory */
	struct fail_memory memory;
};

/* The at-th allocation fails: of what is prepared, too, or of the judgement alone. */
static struct outcome attempt(const struct evidence *e, bool preparing, unsigned long at, bool for_good)
{
	struct outcome o = { .judged = -ECANCELED, .again = -ECANCELED };
	struct jurat_verifier *v = NULL;
	struct jurat_tdx_collateral *c = NULL;
	struct jurat_policy *p = NULL;
	struct jurat_verdict *verdict = NULL;
	auto_free char *json = NULL;

	if (preparing)
		fail_memory_arm(at, for_good);
	o.prepared = prepare(e, &v, &c, &p);
	if (!preparing)
		fail_memory_arm(at, for_good);
	if (o.prepared == 0) {
		o.judged = judge(e, v, c, p, &verdict);
		if (verdict)
			json = jurat_verdict_json(verdict);
	}
	o.memory = fail_memory_disarm();
	assert_true(json || o.memory.fired || o.judged < 0);
	if (verdict)
		assert_int_equal(o.judged, jurat_verdict_accepted(verdict) ? 0 : JURAT_REFUSED);
	jurat_verdict_free(verdict);
	if (o.prepared == 0)
		o.again = judge(e, v, c, p, NULL);
	jurat_tdx_collateral_free(c);
	jurat_policy_free(p);
	jurat_verifier_free(v);
	return o;
}

/*
 * Without memory there is no verdict, or the right one. OpenSSL does not always tell a signature that does
 * not hold, or a key that is none, from memory that it did not get, nor jansson JSON that is none: then it
 * may also be a refusal, which is not remembered.
 */
static bool may_be(const struct fail_memory *memory, int is, int right, int refusal)
{
	return is == right || (memory->fired && is == -ENOMEM) || (memory->fired_in_library && is == refusal);
}

static void assert_outcome(const struct outcome *o, int right, unsigned long at)
{
	if (!may_be(&o->memory, o->prepared, 0, -EBADMSG))
		FAIL_BECAUSE("allocation %lu: preparing: %d", at, o->prepared);
	if (o->prepared == 0 && !may_be(&o->memory, o->judged, right, JURAT_REFUSED))
		FAIL_BECAUSE("allocation %lu: judged %d, with memory %d", at, o->judged, right);
	if (o->prepared == 0 && o->again != right)
		FAIL_BECAUSE("allocation %lu: afterwards %d, with memory %d", at, o->again, right);
}

static void run_out_of_memory(const struct evidence *e, int right)
{
	struct outcome o = attempt(e, true, 0, false); /* and OpenSSL has fetched what it keeps */

	assert_outcome(&o, right, 0);
	for (unsigned way = 0; way < 4; way++) {
		unsigned long at = 1, attempts = 0, none = 0, step = way & 2 ? test_step() : 1;

		if (right != 0 && way & 1)
			continue; /* preparing is the same for good and bad */
		do {
			long live = fail_memory_disarm().live;

			o = attempt(e, way & 1, at, way & 2);
			assert_outcome(&o, right, at);
			if (fail_memory_disarm().live != live)
				FAIL_BECAUSE("allocation %lu: %ld blocks left", at,
					     fail_memory_disarm().live - live);
			none += o.prepared == -ENOMEM || o.judged == -ENOMEM;
			attempts++;
			at += step;
		} while (o.memory.fired);
		test_say("way %u: %lu allocations failed, %lu without a verdict", way, attempts - 1, none);
		assert_true(none > 4 / step);
	}
}

static struct evidence snp_evidence(void)
{
	struct evidence e = { .policy = "require_crl", .value = "true" };
	uint8_t crl[SIM_CERT_MAX_BYTES];
	struct made m;
	size_t n;

	made_init(&m, SNP_MILAN, false, 3);
	e.at = m.at;
	e.report = input_of(m.report_bytes, m.report_size);
	e.roots = input_of(m.root, m.root_size);
	m.root_size = 0;
	e.certs.bytes = made_table(&m, &e.certs.size);
	assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, false, false, crl, &n, NULL), 0);
	e.crls[0] = input_of(crl, n);
	return e;
}

static void flip(struct input *input, size_t off)
{
	assert_true(off < input->size);
	input->bytes[off] ^= 1;
}

static void a_report_is_accepted_or_not_judged(void **state)
{
	struct evidence e = snp_evidence();

	run_out_of_memory(&e, 0);
	evidence_done(&e);
}

static void a_report_with_another_signature_is_never_accepted(void **state)
{
	struct evidence e = snp_evidence();

	flip(&e.report, 0x2a0);
	run_out_of_memory(&e, JURAT_REFUSED);
	evidence_done(&e);
}

static void a_report_below_a_revoked_ask_is_never_accepted(void **state)
{
	struct evidence e = snp_evidence();
	uint8_t crl[SIM_CERT_MAX_BYTES];
	size_t n;

	free(e.crls[0].bytes);
	assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, true, false, crl, &n, NULL), 0);
	e.crls[0] = input_of(crl, n);
	run_out_of_memory(&e, JURAT_REFUSED);
	evidence_done(&e);
}

#define EVENT(imr, digest)                                                                                   \
	"{\"imr\":" imr ",\"event_type\":13,\"digest\":\"" digest "\",\"event\":\"\",\"event_payload\":"     \
	"\"\"}"
/* SHA-384 of "quiet", and of 4 zeros */
#define QUIET                                                                                                \
	"c00854e86c17e8d7d50c2b6ef918bfbc5a2e28c3b7897dcadff4fb441e5c7da0"                                   \
	"8bd7949193720cfad366374ce4fcaace"
#define SEPARATOR                                                                                            \
	"394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae4101"                                   \
	"9f5818b4b971c9effc60e1ad9f1289f0"

/* measured: RTMR0 and RTMR2 are extended. */
static struct evidence tdx_evidence_of(const struct sim_collateral_options *o, bool measured)
{
	struct evidence e = {
		.tdx = true, .at = now, .policy = "rejected_advisories", .value = "[\"INTEL-SA-1\"]"
	};
	struct sim_tdx_options options = { .generation = SIM_TDX_15 };
	struct sim_td_params params = { .attributes = 1ull << 28, .xfam = 0xe7 };
	uint8_t data[64] = { 1 }, report[TDX_REPORT_BYTES];
	struct sim_pki_intel *pki;
	struct sim_tdx_platform *platform;
	struct sim_td *td;
	struct sim_qe *qe;
	struct sim_collateral made = { 0 };
	const uint8_t *root;
	size_t n;

	assert_int_equal(sim_pki_intel_new("jurat", &pki, NULL), 0);
	assert_int_equal(sim_tdx_platform_new(&options, &platform, NULL), 0);
	assert_int_equal(sim_td_new(platform, &params, 16, &td, NULL), 0);
	assert_int_equal(sim_qe_new(platform, pki, NULL, &qe, NULL), 0);
	root = sim_pki_intel_cert(pki, SIM_INTEL_ROOT, &n);
	e.roots = input_of(root, n);
	for (unsigned rtmr = 0; measured && rtmr <= 2; rtmr += 2) {
		uint8_t digest[TDX_MR_BYTES];

		assert_true(bytes_from_hex(rtmr == 0 ? SEPARATOR : QUIET, digest, sizeof(digest)));
		assert_int_equal(sim_td_rtmr_extend(td, rtmr, digest), UAPI_TDCALL_SUCCESS);
	}
	assert_int_equal(sim_td_mr_report(td, data, report), UAPI_TDCALL_SUCCESS);
	assert_int_equal(sim_qe_quote(qe, report, sizeof(report), &e.report.bytes, &e.report.size, NULL), 0);
	assert_int_equal(sim_qe_collateral(qe, o, &made, NULL), 0);
	for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS; i++)
		e.collateral[i] = input_of(made.parts[i].bytes, made.parts[i].size);
	sim_collateral_done(&made);
	sim_qe_free(qe);
	sim_td_free(td);
	sim_tdx_platform_free(platform);
	sim_pki_intel_free(pki);
	return e;
}

static struct evidence tdx_evidence(const struct sim_collateral_options *o)
{
	return tdx_evidence_of(o, false);
}

static const struct sim_collateral_options good = { .platform_status = "UpToDate",
						    .module_status = "UpToDate",
						    .qe_status = "UpToDate",
						    .issued = now - DAY_S,
						    .next_update = now + DAY_S,
						    .evaluation = 17 };

static void a_quote_is_accepted_or_not_judged(void **state)
{
	struct evidence e = tdx_evidence(&good);

	run_out_of_memory(&e, 0);
	evidence_done(&e);
}

static void a_quote_with_another_signature_is_never_accepted(void **state)
{
	struct evidence e = tdx_evidence(&good);

	flip(&e.report, 636);
	run_out_of_memory(&e, JURAT_REFUSED);
	evidence_done(&e);
}

static void a_quote_under_a_revoked_pck_is_never_accepted(void **state)
{
	struct sim_collateral_options options = good;
	struct evidence e;

	options.revokes_pck = true;
	e = tdx_evidence(&options);
	run_out_of_memory(&e, JURAT_REFUSED);
	evidence_done(&e);
}

static void a_quote_of_an_old_enclave_is_never_accepted(void **state)
{
	struct sim_collateral_options options = good;
	struct evidence e;

	options.qe_status = "OutOfDate";
	e = tdx_evidence(&options);
	run_out_of_memory(&e, JURAT_REFUSED);
	evidence_done(&e);
}

/* Its status is one that the policy accepts: the advisory alone keeps it out, and must not get lost. */
static void a_quote_under_a_rejected_advisory_is_never_accepted(void **state)
{
	struct sim_collateral_options options = good;
	struct evidence e;
	struct outcome o;

	options.platform_status = "SWHardeningNeeded";
	e = tdx_evidence(&options);
	e.policy2 = "accepted_tcb_statuses";
	e.value2 = "[\"UpToDate\", \"SWHardeningNeeded\"]";
	o = attempt(&e, true, 0, false);
	assert_outcome(&o, 0, 0); /* it has others */
	e.value = "[\"INTEL-SA-99991\"]";
	run_out_of_memory(&e, JURAT_REFUSED);
	evidence_done(&e);
}

static void a_quote_with_an_event_log_is_accepted_or_not_judged(void **state)
{
	static const char log[] = "[" EVENT("0", SEPARATOR) "," EVENT("2", QUIET) "]";
	struct evidence e = tdx_evidence_of(&good, true);

	e.log = input_of(log, sizeof(log) - 1);
	e.policy = "kernel_cmdline";
	e.value = "quiet";
	e.policy2 = "event_digests";
	e.value2 = "{\"EV_IPL\": [\"" QUIET "\", \"" SEPARATOR "\"]}";
	run_out_of_memory(&e, 0);
	evidence_done(&e);
}

static void a_quote_that_its_event_log_does_not_explain_is_never_accepted(void **state)
{
	static const char log[] =
		"[" EVENT("0", SEPARATOR) "," EVENT("1", SEPARATOR) "," EVENT("2", QUIET) "]";
	struct evidence e = tdx_evidence_of(&good, true);

	e.log = input_of(log, sizeof(log) - 1);
	run_out_of_memory(&e, JURAT_REFUSED);
	evidence_done(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_accepted_or_not_judged),
		cmocka_unit_test(a_report_with_another_signature_is_never_accepted),
		cmocka_unit_test(a_report_below_a_revoked_ask_is_never_accepted),
		cmocka_unit_test(a_quote_is_accepted_or_not_judged),
		cmocka_unit_test(a_quote_with_another_signature_is_never_accepted),
		cmocka_unit_test(a_quote_under_a_revoked_pck_is_never_accepted),
		cmocka_unit_test(a_quote_of_an_old_enclave_is_never_accepted),
		cmocka_unit_test(a_quote_under_a_rejected_advisory_is_never_accepted),
		cmocka_unit_test(a_quote_with_an_event_log_is_accepted_or_not_judged),
		cmocka_unit_test(a_quote_that_its_event_log_does_not_explain_is_never_accepted),
	};

	if (!fail_libraries_begin())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
