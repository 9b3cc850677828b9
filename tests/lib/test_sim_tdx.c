/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include <jurat/sim.h>
#include <jurat/verify.h>

#include "uapi/tdx.h"
#include "wire/tdx_quote.h"
#include "wire/tdx_report.h"

/* libjurat-sim against libjurat, by what both install: quotes, root and collateral of a TDX platform. */

enum { AT = 1900000000 };

static struct jurat_tdx_sim *make(const struct jurat_tdx_sim_options *like, const char *const *items,
				  size_t n)
{
	struct jurat_tdx_sim_options options = *like;
	struct jurat_error err = { "" };
	struct jurat_tdx_sim *sim = NULL;

	options.size = sizeof(options);
	options.at = AT;
	options.evidence = items;
	options.evidence_count = n;
	if (jurat_tdx_sim_new(&options, &sim, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	return sim;
}

static struct jurat_tdx_collateral *collateral_of(struct jurat_tdx_sim *sim)
{
	struct jurat_tdx_collateral *c;
	const uint8_t *part;
	size_t n;
	int r;

	assert_int_equal(jurat_tdx_collateral_new(&c, NULL), 0);
	for (size_t i = 0; (r = jurat_tdx_sim_collateral(sim, i, NULL, &part, &n, NULL)) == 0; i++)
		(void)!jurat_tdx_collateral_add(c, part, n, NULL); /* what cannot be read is missing */
	assert_int_equal(r, JURAT_NOT_FOUND);
	return c;
}

/* The first reason of the verdict at AT; "" when the quote is accepted. */
static const char *judge(struct jurat_tdx_sim *sim, const uint8_t *quote, size_t n)
{
	struct jurat_tdx_evidence evidence = { sizeof(evidence), quote, n };
	struct jurat_tdx_collateral *collateral = collateral_of(sim);
	struct jurat_verdict *verdict = NULL;
	struct jurat_verifier *verifier;
	static char reason[64];
	const uint8_t *root;
	size_t root_size;
	int r;

	assert_int_equal(jurat_verifier_new(&verifier, NULL), 0);
	assert_int_equal(jurat_tdx_sim_root(sim, &root, &root_size, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(verifier, root, root_size, NULL), 0);
	r = jurat_verify_tdx(verifier, &evidence, collateral, NULL, AT, &verdict, NULL);
	assert_true(r == 0 || r == JURAT_REFUSED);
	TEXT(reason, "%s", r == 0 ? "" : jurat_verdict_reason_code(verdict, 0));
	jurat_verdict_free(verdict);
	jurat_verifier_free(verifier);
	jurat_tdx_collateral_free(collateral);
	return reason;
}

/* The same of a quote by a new TD of this platform. */
static const char *judge_new(struct jurat_tdx_sim *sim)
{
	const uint8_t data[64] = { 1 }, *quote;
	struct jurat_error err = { "" };
	struct jurat_tdx_sim_td *td;
	const char *reason;
	size_t n;

	assert_int_equal(jurat_tdx_sim_td_new(sim, NULL, &td, NULL), 0);
	if (jurat_tdx_sim_td_quote(td, data, &quote, &n, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	reason = judge(sim, quote, n);
	jurat_tdx_sim_td_free(td);
	return reason;
}

static void ordered_evidence_gets_its_reason(void **state)
{
	static const struct {
		const char *items[3];
		const char *reason;
	} rows[] = {
		{ { NULL }, "" },
		{ { "pck-expired" }, "leaf-expired" },
		{ { "pck.not_after=at" }, "" },
		{ { "pck.not_after=at-1s" }, "leaf-expired" },
		{ { "td.attributes.DEBUG=yes" }, "td-debug" },
		{ { "quote.version=5" }, "" },
		{ { "quote.version=5", "damage quote.signature" }, "quote-signature" },
		{ { "unsigned body.mrtd=x11" }, "quote-signature" },
		{ { "tcb_info.tcbLevels[0].tcbStatus=\"Revoked\"" }, "tcb-status-not-accepted" },
		{ { "platform.other_world=yes" }, "root-not-trusted" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_tdx_sim *sim;
		const char *reason;
		size_t n = 0;

		while (rows[i].items[n])
			n++;
		sim = make(&(struct jurat_tdx_sim_options){ 0 }, rows[i].items, n);
		reason = judge_new(sim);
		jurat_tdx_sim_free(sim);
		if (strcmp(reason, rows[i].reason))
			FAIL_BECAUSE("row %zu: '%s', expected '%s'", i, reason, rows[i].reason);
	}
}

static void every_module_attests(void **state)
{
	static const struct {
		uint32_t module;
		uint8_t quote_version;
	} rows[] = {
		{ JURAT_TDX_SIM_MODULE_1_0, 4 },
		{ JURAT_TDX_SIM_MODULE_1_5, 4 },
		{ JURAT_TDX_SIM_MODULE_1_5_EX, 5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_tdx_sim_options options = { .module = rows[i].module, .linux_release = "6.12" };
		struct jurat_tdx_sim *sim = make(&options, NULL, 0);
		const uint8_t data[64] = { 1 }, *quote;
		struct jurat_tdx_sim_td *td;
		size_t n;

		assert_int_equal(jurat_tdx_sim_td_new(sim, NULL, &td, NULL), 0);
		assert_int_equal(jurat_tdx_sim_td_quote(td, data, &quote, &n, NULL), 0);
		assert_int_equal(quote[0], rows[i].quote_version);
		assert_string_equal(judge(sim, quote, n), "");
		jurat_tdx_sim_td_free(td);
		jurat_tdx_sim_free(sim);
	}
}

static void read_body(const uint8_t *bytes, size_t n, struct tdx_body *ret)
{
	struct tdx_quote quote;

	assert_int_equal(tdx_quote_read(bytes, n, &quote, NULL), 0);
	*ret = quote.body;
}

static void launch_values_are_those_of_the_quote(void **state)
{
	struct jurat_tdx_sim_launch launch = { .size = sizeof(launch), .attributes = 1, .xfam = 3 };
	struct jurat_tdx_sim *sim = make(&(struct jurat_tdx_sim_options){ 0 }, NULL, 0);
	const uint8_t data[64] = { 2 }, digest[48] = { 3 }, *quote;
	struct jurat_error err = { "" };
	struct jurat_tdx_sim_td *td;
	struct tdx_body body;
	size_t n;

	(void)state;
	memset(launch.mrtd, 0x11, 48);
	memset(launch.mrconfigid, 0x22, 48);
	memset(launch.mrowner, 0x33, 48);
	memset(launch.mrownerconfig, 0x44, 48);
	assert_int_equal(jurat_tdx_sim_td_new(sim, &launch, &td, NULL), 0);
	assert_int_equal(jurat_tdx_sim_td_extend(td, 3, digest, NULL), 0);
	assert_int_equal(jurat_tdx_sim_td_extend(td, 4, digest, &err), -EINVAL);
	assert_string_equal(err.text, "RTMR 4: expected 0 to 3");
	assert_int_equal(jurat_tdx_sim_td_quote(td, data, &quote, &n, NULL), 0);
	read_body(quote, n, &body);
	assert_true(body.td_attributes == 1 && body.xfam == 3);
	assert_memory_equal(body.mrtd, launch.mrtd, 48);
	assert_memory_equal(body.mrconfigid, launch.mrconfigid, 48);
	assert_memory_equal(body.mrowner, launch.mrowner, 48);
	assert_memory_equal(body.mrownerconfig, launch.mrownerconfig, 48);
	assert_memory_equal(body.report_data, data, 64);
	assert_true(bytes_all(body.rtmr2, 48, 0) && !bytes_all(body.rtmr3, 48, 0));
	jurat_tdx_sim_td_free(td);
	launch = (struct jurat_tdx_sim_launch){ .size = sizeof(launch), .xfam = 4 };
	td = NULL;
	assert_int_equal(jurat_tdx_sim_td_new(sim, &launch, &td, NULL), -EINVAL);
	assert_null(td);
	jurat_tdx_sim_free(sim);
}

/* A TD of the platform is verified with collateral that the platform had before there was the TD. */
static void the_tds_of_a_platform_share_its_keys(void **state)
{
	static const char *const items[] = { "td.mrowner=x55", "pck.not_after=at" };
	struct jurat_tdx_sim *sim = make(&(struct jurat_tdx_sim_options){ .seed = "another" }, items, 2);
	const uint8_t data[64] = { 1 }, *quotes[2];
	struct jurat_tdx_sim_td *tds[2];
	struct tdx_body body;
	size_t n[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(judge_new(sim), "");
		assert_int_equal(jurat_tdx_sim_td_new(sim, NULL, &tds[i], NULL), 0);
		assert_int_equal(jurat_tdx_sim_td_quote(tds[i], data, &quotes[i], &n[i], NULL), 0);
	}
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(quotes[0], quotes[1], n[0]);
	read_body(quotes[0], n[0], &body);
	assert_true(bytes_all(body.mrowner, 48, 0x55));
	for (size_t i = 0; i < 2; i++)
		jurat_tdx_sim_td_free(tds[i]);
	jurat_tdx_sim_free(sim);
}

static void the_device_makes_td_reports(void **state)
{
	struct jurat_tdx_sim *sim = make(&(struct jurat_tdx_sim_options){ 0 }, NULL, 0);
	struct {
		uint8_t report_data[TDX_REPORT_DATA_BYTES], report[TDX_REPORT_BYTES];
	} request = { { 9, 8, 7 }, { 0 } };
	struct jurat_tdx_sim_td *td;

	(void)state;
	assert_int_equal(jurat_tdx_sim_td_new(sim, NULL, &td, NULL), 0);
	assert_int_equal(jurat_tdx_sim_td_ioctl(td, UAPI_TDX_CMD_GET_REPORT0, &request), 0);
	assert_int_equal(request.report[0], 0x81);
	assert_memory_equal(request.report + 128, request.report_data, 64);
	assert_int_equal(jurat_tdx_sim_td_ioctl(td, UAPI_TDX_CMD_GET_QUOTE, &request), -ENOTTY);
	assert_int_equal(jurat_tdx_sim_td_ioctl(td, UAPI_TDX_CMD_GET_REPORT0, NULL), -EFAULT);
	jurat_tdx_sim_td_free(td);
	jurat_tdx_sim_free(sim);
}

static void collateral_has_the_names_of_files(void **state)
{
	static const char *const whole[] = {
		"pck_crl_issuer_chain.pem",  "root_ca_crl.der", "pck_crl.der",
		"tcb_info_issuer_chain.pem", "tcb_info.json",   "qe_identity_issuer_chain.pem",
		"qe_identity.json"
	};
	static const char *const items[] = { "tcb_info.missing=yes" };
	struct jurat_tdx_sim *sim = make(&(struct jurat_tdx_sim_options){ 0 }, NULL, 0);
	const uint8_t *part;
	const char *name;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		assert_int_equal(jurat_tdx_sim_collateral(sim, i, &name, &part, &n, NULL), 0);
		assert_string_equal(name, whole[i]);
		assert_true(n > 0);
	}
	assert_int_equal(jurat_tdx_sim_collateral(sim, ARRAY_SIZE(whole), &name, &part, &n, NULL),
			 JURAT_NOT_FOUND);
	jurat_tdx_sim_free(sim);
	sim = make(&(struct jurat_tdx_sim_options){ 0 }, items, 1);
	for (size_t i = 0; jurat_tdx_sim_collateral(sim, i, &name, &part, &n, NULL) == 0; i++)
		assert_string_not_equal(name, "tcb_info.json");
	jurat_tdx_sim_free(sim);
}

static void what_cannot_be_ordered_is_refused(void **state)
{
	static const struct {
		struct jurat_tdx_sim_options options;
		const char *items[2], *text;
	} rows[] = {
		{ { .evidence_count = 1 }, { "pck-expird" }, "'pck-expird': " },
		{ { .evidence_count = 2 },
		  { "pck-expired", "vcek-expired" },
		  "'vcek-expired': 'vcek' is a part of SEV-SNP evidence" },
		{ { .evidence_count = 1 }, { NULL }, "evidence: expected 1 items, and item 0 is NULL" },
		{ { .evidence_count = 1 }, { "td.event_log=00" }, "td.event_log: this TD has no event log" },
		{ { .module = JURAT_TDX_SIM_MODULE_1_0, .evidence_count = 1 },
		  { "body.mrservicetd=x11" },
		  "body.mrservicetd=x11: this evidence has no such part" },
		{ { .at = -5 }, { NULL }, "at: expected a time since 1970, found -5" },
		{ { .module = 3 }, { NULL }, "unknown TDX module 3" },
		{ { .linux_release = "5.9" }, { NULL }, "Linux '5.9' is not simulated" },
	};
	struct jurat_error err = { "" };
	struct jurat_tdx_sim *sim = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_tdx_sim_options options = rows[i].options;

		options.size = sizeof(options);
		options.evidence = rows[i].items;
		assert_int_equal(jurat_tdx_sim_new(&options, &sim, &err), -EINVAL);
		if (strncmp(err.text, rows[i].text, strlen(rows[i].text)))
			FAIL_BECAUSE("row %zu: '%s', expected '%s'", i, err.text, rows[i].text);
	}
	assert_null(sim);
}

static int attempt(void *ctx)
{
	static const char *const items[] = { "pck.not_after=at", "quote.version=5" };
	struct jurat_tdx_sim_options options = {
		.size = sizeof(options), .at = AT, .evidence = items, .evidence_count = 2
	};
	const uint8_t data[64] = { 1 }, *quote = NULL, *bytes = NULL;
	struct jurat_tdx_sim *sim = NULL;
	struct jurat_tdx_sim_td *td = NULL;
	size_t n;
	int r;

	(void)ctx;
	fail_memory_resume();
	r = jurat_tdx_sim_new(&options, &sim, NULL);
	if (r == 0)
		r = jurat_tdx_sim_root(sim, &bytes, &n, NULL);
	if (r == 0)
		r = jurat_tdx_sim_collateral(sim, 0, NULL, &bytes, &n, NULL);
	if (r == 0)
		r = jurat_tdx_sim_td_new(sim, NULL, &td, NULL);
	if (r == 0)
		r = jurat_tdx_sim_td_quote(td, data, &quote, &n, NULL);
	fail_memory_pause();
	if (r < 0 && td)
		r = -ENOMEM; /* of what the TD's driver is not told */
	assert_true(td ? sim != NULL : r != 0);
	assert_int_equal(quote != NULL, r == 0);
	jurat_tdx_sim_td_free(td);
	jurat_tdx_sim_free(sim);
	return r;
}

static void without_memory_there_is_no_quote(void **state)
{
	(void)state;
	assert_true(fail_memory_each(attempt, NULL) > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordered_evidence_gets_its_reason),
		cmocka_unit_test(every_module_attests),
		cmocka_unit_test(launch_values_are_those_of_the_quote),
		cmocka_unit_test(the_tds_of_a_platform_share_its_keys),
		cmocka_unit_test(the_device_makes_td_reports),
		cmocka_unit_test(collateral_has_the_names_of_files),
		cmocka_unit_test(what_cannot_be_ordered_is_refused),
		cmocka_unit_test(without_memory_there_is_no_quote),
	};

	return cmocka_run_group_tests_name("sim_tdx", tests, NULL, NULL);
}
