/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <unistd.h>

#include <jurat/sim.h>
#include <jurat/verify.h>

#include "uapi/sev.h"

/* libjurat-sim against libjurat, by what both install: evidence, root and CRL of an SEV-SNP machine. */

enum { AT = 1900000000, RESPONSE_HEADER_BYTES = 32 };

struct request {
	uint8_t report_data[64];
	uint32_t vmpl;
	uint8_t reserved[28];
};
struct guest_request {
	uint8_t msg_version;
	uint64_t req_data, resp_data, exitinfo2;
};

struct world {
	char dir[32], blob[48];
	struct jurat_snp_sim *sim;
	struct jurat_snp_sim_guest *guest;
	uint8_t response[4000], certs[16384];
	size_t certs_size;
};

static void attest(struct world *w)
{
	struct request request = { { 7 } };
	struct guest_request arg = { 1, (uintptr_t)&request, (uintptr_t)w->response, 0 };
	FILE *blob;

	assert_int_equal(jurat_snp_sim_guest_new(w->sim, NULL, &w->guest, NULL), 0);
	assert_int_equal(jurat_snp_sim_guest_ioctl(w->guest, 0, UAPI_SNP_GET_REPORT, &arg), 0);
	blob = fopen(w->blob, "rb");
	assert_non_null(blob);
	w->certs_size = fread(w->certs, 1, sizeof(w->certs), blob);
	fclose(blob);
}

static void make(struct world *w, const char *const *items, size_t n)
{
	struct jurat_snp_sim_options options = { .size = sizeof(options),
						 .certs_path = w->blob,
						 .at = AT,
						 .evidence = items,
						 .evidence_count = n };
	struct jurat_error err = { "" };

	if (jurat_snp_sim_new(&options, &w->sim, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	assert_string_equal(err.text, "");
	attest(w);
}

static void unmake(struct world *w)
{
	jurat_snp_sim_guest_free(w->guest);
	jurat_snp_sim_free(w->sim);
	unlink(w->blob);
}

/* The first reason of the verdict at AT; "" when the evidence is accepted. With a CRL, one is required. */
static const char *judge(struct world *w, bool with_crl)
{
	static char reason[64];
	struct jurat_snp_evidence evidence = { sizeof(evidence), w->response + RESPONSE_HEADER_BYTES, 1184,
					       w->certs, w->certs_size };
	struct jurat_verifier *verifier;
	struct jurat_verdict *verdict = NULL;
	struct jurat_policy *policy;
	const uint8_t *bytes;
	size_t n;
	int r;

	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	assert_int_equal(jurat_verifier_new(&verifier, NULL), 0);
	assert_int_equal(jurat_snp_sim_root(w->sim, &bytes, &n, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(verifier, bytes, n, NULL), 0);
	if (with_crl) {
		assert_int_equal(jurat_snp_sim_crl(w->sim, &bytes, &n, NULL), 0);
		assert_int_equal(jurat_verifier_add_crl(verifier, bytes, n, NULL), 0);
	}
	assert_int_equal(jurat_policy_set(policy, "require_crl", "true", NULL), 0);
	r = jurat_verify_snp(verifier, &evidence, with_crl ? policy : NULL, AT, &verdict, NULL);
	assert_true(r == 0 || r == JURAT_REFUSED);
	TEXT(reason, "%s", r == 0 ? "" : jurat_verdict_reason_code(verdict, 0));
	jurat_verdict_free(verdict);
	jurat_verifier_free(verifier);
	jurat_policy_free(policy);
	return reason;
}

static void ordered_evidence_gets_its_reason(void **state)
{
	static const struct {
		const char *items[3];
		const char *reason;
		bool crl;
	} rows[] = {
		{ { NULL }, "" },
		{ { NULL }, "", true },
		{ { "vcek-expired" }, "leaf-expired" },
		{ { "vcek.not_after=at" }, "" },
		{ { "vcek.not_after=at-1s" }, "leaf-expired" },
		{ { "guest.policy=0xb0000" }, "debug-allowed" },
		{ { "unsigned report.measurement=x11" }, "report-signature" },
		{ { "guest.guest_svn=3", "damage report.signature" }, "report-signature" },
		{ { "ark-expired" }, "root-expired" },
		{ { "crl-stale" }, "crl-stale", true },
		{ { "crl-stale" }, "" },
		{ { "ask-revoked" }, "intermediate-revoked", true },
		{ { "ark.signed_by=other" }, "" }, /* a verifier has its root already */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *reason;
		size_t n = 0;

		while (rows[i].items[n])
			n++;
		make(*state, rows[i].items, n);
		reason = judge(*state, rows[i].crl);
		unmake(*state);
		if (strcmp(reason, rows[i].reason))
			FAIL_BECAUSE("row %zu: '%s', expected '%s'", i, reason, rows[i].reason);
	}
}

static void a_crl_that_is_left_out_is_not_found(void **state)
{
	static const char *const items[] = { "crl-missing" };
	const uint8_t *crl = NULL;
	size_t n = 0;
	struct world *w = *state;

	make(w, items, 1);
	assert_int_equal(jurat_snp_sim_crl(w->sim, &crl, &n, NULL), JURAT_NOT_FOUND);
	assert_null(crl);
	unmake(w);
}

/* Certificates of a VLEK are used after it is loaded: neither key's items are without a use. */
static void items_of_both_keys_are_taken(void **state)
{
	static const char *const items[] = { "vlek-expired", "vcek.not_after=at" };
	struct world *w = *state;
	const char *reason;

	make(w, items, 2);
	assert_string_equal(judge(w, false), "");
	jurat_snp_sim_guest_free(w->guest);
	w->guest = NULL;
	assert_int_equal(jurat_snp_sim_update(w->sim, JURAT_SNP_SIM_VLEK_LOAD, 0, NULL), 0);
	attest(w);
	reason = judge(w, false);
	unmake(w);
	assert_string_equal(reason, "leaf-expired");
}

static void what_cannot_be_ordered_is_refused(void **state)
{
	static const struct {
		struct jurat_snp_sim_options options;
		const char *items[2], *text;
	} rows[] = {
		{ { .evidence_count = 1 }, { "vcek-expird" }, "'vcek-expird': " },
		{ { .evidence_count = 1 },
		  { "report.polcy=1" },
		  "'report.polcy=1': report.polcy: no field 'polcy' of " },
		{ { .evidence_count = 2 },
		  { "vcek-expired", "td.mrtd=x11" },
		  "'td.mrtd=x11': 'td' is a part of TDX evidence" },
		{ { .evidence_count = 1 },
		  { "pck-expired" },
		  "'pck-expired': 'pck' is a part of TDX evidence" },
		{ { .evidence_count = 2 },
		  { "vcek-expired" },
		  "evidence: expected 2 items, and item 1 is NULL" },
		{ { .evidence_count = 1 },
		  { "no-table" },
		  "'table' cannot be set without certs_path: there is no certificate table" },
		{ { .at = -1 }, { NULL }, "at: expected a time since 1970, found -1" },
	};
	struct jurat_snp_sim_options no_items = { .size = sizeof(no_items), .evidence_count = 1 };
	struct jurat_error err = { "" };
	struct jurat_snp_sim *sim = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_snp_sim_options options = rows[i].options;

		options.size = sizeof(options);
		options.evidence = rows[i].items;
		assert_int_equal(jurat_snp_sim_new(&options, &sim, &err), -EINVAL);
		if (strncmp(err.text, rows[i].text, strlen(rows[i].text)))
			FAIL_BECAUSE("row %zu: '%s', expected '%s'", i, err.text, rows[i].text);
	}
	assert_int_equal(jurat_snp_sim_new(&no_items, &sim, &err), -EINVAL);
	assert_string_equal(err.text, "evidence: expected 1 items, and item 0 is NULL");
	assert_null(sim);
}

/* A program that was built before there was `at` and `evidence`: what is behind its struct is not read. */
static void an_older_caller_orders_nothing(void **state)
{
	static const char *const items[] = { "vcek-expird" };
	struct jurat_snp_sim_options options = { .size = offsetof(struct jurat_snp_sim_options, at),
						 .evidence = items,
						 .evidence_count = 1 };
	struct jurat_snp_sim *sim = NULL;

	(void)state;
	assert_int_equal(jurat_snp_sim_new(&options, &sim, NULL), 0);
	jurat_snp_sim_free(sim);
}

static int attempt(void *ctx)
{
	static const char *const items[] = { "vcek.not_after=at", "ark.not_after=at" };
	struct jurat_snp_sim_options options = {
		.size = sizeof(options), .seed = "jurat/2", .at = AT, .evidence = items, .evidence_count = 2
	};
	struct jurat_snp_sim *sim = NULL;
	const uint8_t *root = NULL;
	size_t n;
	int r;

	(void)ctx;
	fail_memory_resume();
	r = jurat_snp_sim_new(&options, &sim, NULL);
	assert_int_equal(sim != NULL, r == 0);
	if (r == 0)
		r = jurat_snp_sim_root(sim, &root, &n, NULL);
	fail_memory_pause();
	assert_int_equal(root != NULL, r == 0);
	jurat_snp_sim_free(sim);
	return r;
}

static void without_memory_there_is_no_machine(void **state)
{
	(void)state;
	assert_true(fail_memory_each(attempt, NULL) > 20);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	TEXT(w->dir, "/tmp/jurat-sim-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	TEXT(w->blob, "%s/certs", w->dir);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	rmdir(w->dir);
	free(w);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordered_evidence_gets_its_reason),
		cmocka_unit_test(a_crl_that_is_left_out_is_not_found),
		cmocka_unit_test(items_of_both_keys_are_taken),
		cmocka_unit_test(what_cannot_be_ordered_is_refused),
		cmocka_unit_test(an_older_caller_orders_nothing),
		cmocka_unit_test(without_memory_there_is_no_machine),
	};

	return cmocka_run_group_tests_name("sim", tests, set_up, tear_down);
}
