/* SPDX-License-Identifier: MIT */
#include "verify/tdx_made.h"

#include <errno.h>

#include "verify/tdx_collateral.h"

static int add(const char *text, size_t n, struct jurat_error *err)
{
	auto_free uint8_t *copy = heap_copy(text, n);
	struct jurat_tdx_collateral *c;
	int r;

	assert_int_equal(jurat_tdx_collateral_new(&c, NULL), 0);
	r = jurat_tdx_collateral_add(c, copy, n, err);
	if (r < 0)
		assert_int_equal(c->n_certs + c->n_crls + c->n_tcb_infos + c->n_identities, 0);
	jurat_tdx_collateral_free(c);
	return r;
}

static void json_is_read_strictly_V12(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ "{}", true },
		{ " [ ] ", true },
		{ "[1,-1,0,1.5,1e3,-0.1E+2,true,false,null,\"\\u00e9\\n\"]", true },
		{ "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}", true },
		{ "", false },
		{ "{", false },
		{ "{}x", false },
		{ "{} {}", false },
		{ "{\"a\":1,}", false },
		{ "[1,]", false },
		{ "[,1]", false },
		{ "[1 2]", false },
		{ "{\"a\" 1}", false },
		{ "{a:1}", false },
		{ "{\"a\":1,\"a\":2}", false },       /* a name twice */
		{ "{\"\\u0061\":1,\"a\":2}", false }, /* and in disguise */
		{ "{\"a\":1,\"A\":2}", false },
		{ "{\"tcb_info\":1,\"tcbInfo\":2}", false },
		{ "{\"b\":[{\"ISV_SVN\":1,\"c\":0,\"isvsvn\":2}]}", false },
		{ "{\"a\":1,\"a_\":2}", false },
		{ "{\"a\":1,\"ab\":2,\"b\":3,\"_\":4}", true },
		{ "[01]", false },
		{ "[+1]", false },
		{ "[1.]", false },
		{ "[.5]", false },
		{ "[1e]", false },
		{ "[-]", false },
		{ "[nul]", false },
		{ "[True]", false },
		{ "[\"\\x\"]", false },
		{ "[\"\\u12g4\"]", false },
		{ "[\"\t\"]", false },
		/* UTF-8: two to four bytes, each as short as can be, whole, no control, no half of a pair */
		{ "[\"\xc3\xa9\"]", true },
		{ "{\"\xe6\x97\xa5\":1}", true },
		{ "[\"\xf0\x9f\x94\x92\"]", true },
		{ "[\"\xf4\x8f\xbf\xbf\"]", true },
		{ "[\"\xc2\x85\"]", false },
		{ "[\"\xc1\xa9\"]", false },
		{ "[\"\xe0\x9f\xbf\"]", false },
		{ "[\"\xf0\x8f\xbf\xbf\"]", false },
		{ "[\"\xf4\x90\x80\x80\"]", false },
		{ "[\"\xed\xa0\x80\"]", false },
		{ "[\"\xa9\"]", false },
		{ "[\"\xc3\"]", false },
		{ "[\"\xe6\x97\"]", false },
		{ "[\"\xff\"]", false },
		{ "[\"\xf8\x88\x80\x80\x80\"]", false },
		{ "[\"a]", false },
		{ "[/* c */]", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].text);
		auto_free uint8_t *copy = heap_copy(rows[i].text, n);
		struct json_rd json = { 0 };
		int r = json_rd_open(copy, n, &json, NULL);

		if (r != (rows[i].good ? 0 : -EBADMSG))
			FAIL_BECAUSE("%s: %d", rows[i].text, r);
		json_rd_done(&json);
	}
}

static void nesting_is_bounded_V12(void **state)
{
	static const size_t depths[] = { JSON_MAX_DEPTH, JSON_MAX_DEPTH + 1, 100000 };
	static char text[2 * 100000];

	for (size_t i = 0; i < ARRAY_SIZE(depths); i++) {
		struct json_rd json = { 0 };

		memset(text, '[', depths[i]);
		memset(text + depths[i], ']', depths[i]);
		assert_int_equal(json_rd_open((uint8_t *)text, 2 * depths[i], &json, NULL),
				 i == 0 ? 0 : -EBADMSG);
		json_rd_done(&json);
	}
}

static void every_truncation_of_the_documents_is_refused(void **state)
{
	struct tdx_made m;

	tdx_made_init(&m, TDX_BODY_10);
	tdx_made_documents(&m);
	assert_int_equal(add(m.tcb_info, strlen(m.tcb_info), NULL), 0);
	assert_int_equal(add(m.qe_identity, strlen(m.qe_identity), NULL), 0);
	for (size_t n = 0; n < strlen(m.tcb_info); n++)
		assert_int_equal(add(m.tcb_info, n, NULL), -EBADMSG);
	for (size_t n = 0; n < strlen(m.qe_identity); n++)
		assert_int_equal(add(m.qe_identity, n, NULL), -EBADMSG);
	tdx_made_done(&m);
}

static void what_counts_must_be_there_and_be_what_it_must_be_V10(void **state)
{
	static const struct {
		bool identity;
		const char *from, *to;
	} rows[] = {
		{ false, "\"version\":3", "\"version\":2" },
		{ false, "\"version\":3", "\"version\":3.0" },
		{ false, "\"version\":3", "\"version\":\"3\"" },
		{ false, "\"version\":3,", "" },
		{ false, "\"tcbType\":0", "\"tcbType\":-1" },
		{ false, "\"tcbType\":0", "\"tcbType\":4294967296" },
		{ false, "\"id\":\"TDX\"", "\"id\":\"TDXTDXTDX\"" },
		{ false, "\"issueDate\":\"2", "\"issueDate\":\"x" },
		{ false, "\"nextUpdate\"", "\"nextupdate\"" },
		{ false, "\"pceId\":\"0000\"", "\"pceId\":\"000\"" },
		{ false, "\"tdxModule\":{", "\"tdxmodule\":{" },
		{ false, "\"pcesvn\":11", "\"pcesvn\":65536" },
		{ false, "\"svn\":", "\"svm\":" },
		{ false, "{\"svn\":2", "{\"svn\":256" },
		{ false, "{\"svn\":2", "2,{\"svn\":2" },
		{ false, "\"sgxtcbcomponents\":[", "\"sgxtcbcomponents\":[{\"svn\":0}," }, /* 17 */
		{ false, "\"tdxtcbcomponents\":[", "\"tdxtcbcomponents\":null,\"x\":[" },
		{ false, "\"tcbStatus\":\"", "\"tcbStatus\":\"\\u0041" },
		{ false, "\"INTEL-SA-00001\"", "\"INTEL SA\"" },
		{ false, "\"INTEL-SA-00001\"", "1" },
		{ false, "\"signature\":\"", "\"signature\":\"0" },
		{ false, "\"tcbInfo\":{", "\"tcbInfo\":[],\"x\":{" },
		{ true, "\"version\":2", "\"version\":3" },
		{ true, "\"isvprodid\":2", "\"isvprodid\":65536" },
		{ true, "\"isvsvn\":4", "\"isvsvn\":-4" },
		{ true, "\"mrsigner\":\"", "\"mrsigner\":\"0" },
		{ true, "\"miscselectMask\"", "\"miscselectmask\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_error err;
		struct tdx_made m;
		char **text = rows[i].identity ? &m.qe_identity : &m.tcb_info;

		tdx_made_init(&m, TDX_BODY_10);
		tdx_made_documents(&m);
		tdx_made_patch(text, rows[i].from, rows[i].to);
		if (add(*text, strlen(*text), &err) != -EBADMSG)
			FAIL_BECAUSE("%s for %s", rows[i].to, rows[i].from);
		tdx_made_done(&m);
	}
}

/* Fifteen components: the last one of the first level goes. */
static void fifteen_components_are_refused_V10(void **state)
{
	struct tdx_made m;
	char *end, *last;

	tdx_made_init(&m, TDX_BODY_10);
	tdx_made_documents(&m);
	end = strstr(strstr(m.tcb_info, "\"sgxtcbcomponents\":["), "]");
	for (last = end; *last != ','; last--)
		;
	memmove(last, end, strlen(end) + 1);
	assert_int_equal(add(m.tcb_info, strlen(m.tcb_info), NULL), -EBADMSG);
	tdx_made_done(&m);
}

/* It would not be said which of them applies. */
static void a_module_has_one_identity(void **state)
{
	struct sim_module_identity modules[2];
	struct jurat_error err = { "" };
	struct tdx_made m;

	tdx_made_init(&m, TDX_BODY_10);
	modules[0] = modules[1] = m.module;
	m.info.modules = modules;
	m.info.n_modules = 2;
	tdx_made_documents(&m);
	assert_int_equal(add(m.tcb_info, strlen(m.tcb_info), &err), -EBADMSG);
	assert_string_equal(err.text, "collateral: TCB info: tdxModuleIdentities, 2: id: duplicate 'TDX_01'");
	modules[1].major = 3;
	tdx_made_documents(&m);
	assert_int_equal(add(m.tcb_info, strlen(m.tcb_info), &err), 0);
	tdx_made_done(&m);
}

static void dates_are_those_of_the_calendar(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: none */
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-02-01T14:49:26Z", 1769957366 },
		{ "2024-02-29T23:59:59Z", 1709251199 },
		{ "2000-03-01T00:00:00Z", 951868800 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
		{ "2023-02-29T00:00:00Z", -1 },
		{ "2100-02-29T00:00:00Z", -1 },
		{ "2026-13-01T00:00:00Z", -1 },
		{ "2026-00-01T00:00:00Z", -1 },
		{ "2026-04-31T00:00:00Z", -1 },
		{ "2026-04-01T24:00:00Z", -1 },
		{ "2026-04-01T00:60:00Z", -1 },
		{ "2026-04-01T00:00:60Z", -1 },
		{ "2026-04-01 00:00:00Z", -1 },
		{ "2026-04-01T00:00:00", -1 },
		{ "2026-04-01T00:00:00+00", -1 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t t = -1;

		assert_int_equal(collateral_time(rows[i].text, &t), rows[i].seconds >= 0);
		assert_int_equal(t, rows[i].seconds);
	}
}

/* One JSON object with all of it: documents as they were served, or bare with their signature beside them. */
static void a_bundle_is_taken_whole_or_not_at_all(void **state)
{
	struct tdx_made m;
	char *bundle, *inner, *signature;
	const uint8_t *der;
	char hex[BYTES_HEX_SIZE(SIM_INTEL_CERT_MAX_BYTES)], hex2[BYTES_HEX_SIZE(SIM_INTEL_CRL_MAX_BYTES)];
	uint8_t crl[SIM_INTEL_CRL_MAX_BYTES];
	struct jurat_tdx_collateral *c;
	size_t n, size;

	tdx_made_init(&m, TDX_BODY_10);
	tdx_made_documents(&m);
	der = sim_pki_intel_cert(tdx_made_pki(), SIM_INTEL_TCB_SIGNING, &n);
	assert_int_equal(sim_pki_intel_crl(tdx_made_pki(), SIM_INTEL_ROOT, NULL, 0, m.crl_issued, m.crl_next,
					   crl, &size, NULL),
			 0);
	inner = strstr(m.qe_identity, "{\"id\"");
	signature = strstr(m.qe_identity, ",\"signature\":\"");
	assert_true(inner && signature);
	*signature = '\0';
	signature += strlen(",\"signature\":\"");
	signature[128] = '\0';
	for (char *p = inner; *p; p++) /* so that it needs no escapes here: the signature does not count */
		if (*p == '"')
			*p = '\'';
	assert_true(asprintf(&bundle,
			     "{\"tcb_info_issuer_chain\":\"%s\",\"root_ca_crl\":\"%s\",\"tcb_info\":null,"
			     "\"qe_identity\":\"%s\",\"qe_identity_signature\":\"%s\"}",
			     bytes_to_hex(der, n, hex), bytes_to_hex(crl, size, hex2), inner, signature) > 0);
	assert_int_equal(jurat_tdx_collateral_new(&c, NULL), 0);
	assert_int_equal(jurat_tdx_collateral_add(c, bundle, strlen(bundle), NULL),
			 -EBADMSG); /* null is no text */
	assert_int_equal(c->n_certs + c->n_crls, 0);
	tdx_made_patch(&bundle, "\"tcb_info\":null,", "");
	assert_int_equal(jurat_tdx_collateral_add(c, bundle, strlen(bundle), NULL),
			 -EBADMSG); /* ' are no quotes */
	assert_int_equal(c->n_certs + c->n_crls, 0);
	while (strchr(bundle, '\''))
		tdx_made_patch(&bundle, "'", "\\\"");
	assert_int_equal(jurat_tdx_collateral_add(c, bundle, strlen(bundle) + 1, NULL), 0); /* with its NUL */
	assert_int_equal(c->n_certs, 1);
	assert_int_equal(c->n_crls, 1);
	assert_int_equal(c->n_identities, 1);
	jurat_tdx_collateral_free(c);
	free(bundle);
	tdx_made_done(&m);
}

/* What stands in one object with collateral is read, is plainly something else, or is an error. */
static void a_member_that_claims_to_be_collateral_is_not_passed_over(void **state)
{
	static const struct {
		const char *member;
		bool good;
	} rows[] = {
		{ "\"fmspc\":\"B0C06F000000\"", true },
		{ "\"version\":3,\"tee_type\":129,\"pck_crl_size\":7", true },
		{ "\"pck_certificate_chain\":null", true },
		{ "\"pckCrl\":\"00\"", false },
		{ "\"PCK_CRL\":\"00\"", false },
		{ "\"crls\":[\"00\"]", false },
		{ "\"rootCaCrl\":\"00\"", false }, /* root_ca_crl is there: one name that comes twice */
		{ "\"pckCrlIssuerChain\":\"00\"", false },
		{ "\"qeIdentity\":\"{}\"", false },
		{ "\"tcbInfo\":{}", false },
		{ "\"enclaveIdentity\":{}", false },
		{ "\"signature\":\"00\"", false },
		{ "\"extra-certificates\":\"00\"", false },
		{ "\"pck_crl\":true", false },
		{ "\"pck_crl\":\"\"", false },
	};
	char hex[BYTES_HEX_SIZE(SIM_INTEL_CRL_MAX_BYTES)];
	uint8_t crl[SIM_INTEL_CRL_MAX_BYTES];
	struct tdx_made m;
	size_t size;

	tdx_made_init(&m, TDX_BODY_10);
	tdx_made_documents(&m);
	assert_int_equal(sim_pki_intel_crl(tdx_made_pki(), SIM_INTEL_ROOT, NULL, 0, m.crl_issued, m.crl_next,
					   crl, &size, NULL),
			 0);
	bytes_to_hex(crl, size, hex);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free char *bundle = NULL, *served = NULL;
		struct jurat_error err = { "" };
		bool has_null = strstr(rows[i].member, ":null") != NULL;

		assert_true(asprintf(&bundle, "{\"root_ca_crl\":\"%s\",%s}", hex, rows[i].member) > 0);
		if (add(bundle, strlen(bundle), &err) != (rows[i].good ? 0 : -EBADMSG))
			FAIL_BECAUSE("bundle with %s: '%s'", rows[i].member, err.text);
		if (strstr(rows[i].member, "true") || has_null)
			continue; /* no text that could be collateral */
		assert_true(asprintf(&served, "{%s,%s", rows[i].member, m.tcb_info + 1) > 0);
		if (add(served, strlen(served), &err) != (rows[i].good ? 0 : -EBADMSG))
			FAIL_BECAUSE("TCB info with %s: '%s'", rows[i].member, err.text);
	}
	tdx_made_done(&m);
}

static void what_is_none_of_it_is_refused(void **state)
{
	static const char *const texts[] = { "",
					     "x",
					     "{}",
					     "{\"tcbInfo\":{}}",
					     "[]",
					     "\0",
					     "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(add(texts[i], strlen(texts[i]), NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_read_strictly_V12),
		cmocka_unit_test(nesting_is_bounded_V12),
		cmocka_unit_test(every_truncation_of_the_documents_is_refused),
		cmocka_unit_test(what_counts_must_be_there_and_be_what_it_must_be_V10),
		cmocka_unit_test(fifteen_components_are_refused_V10),
		cmocka_unit_test(a_module_has_one_identity),
		cmocka_unit_test(dates_are_those_of_the_calendar),
		cmocka_unit_test(a_bundle_is_taken_whole_or_not_at_all),
		cmocka_unit_test(a_member_that_claims_to_be_collateral_is_not_passed_over),
		cmocka_unit_test(what_is_none_of_it_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
