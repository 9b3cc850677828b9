/* SPDX-License-Identifier: MIT */
#include "verify/tdx_made.h"

#include "verify/tdx_verdict.h"
#include "wire/tdx_report.h"

static void in_version_5(struct tdx_made *m)
{
	m->quote.hdr.version = 5;
}

static void good_quotes_of_every_body_are_accepted(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "1.0", .body = TDX_BODY_10, .status = "UpToDate" },
		{ .what = "1.0 in version 5 (V19)", .early = in_version_5, .status = "UpToDate" },
		{ .what = "1.5 (V19)", .body = TDX_BODY_15, .status = "UpToDate" },
		{ .what = "1.5ex (V19)", .body = TDX_BODY_15EX, .status = "UpToDate" },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void sgx_quote(struct tdx_made *m)
{
	bytes_put_le(m->bytes + 4, TDX_QUOTE_TEE_SGX, 4);
}
static void version_3(struct tdx_made *m)
{
	sgx_quote(m);
	bytes_put_le(m->bytes, 3, 2);
}
static void version_3_of_a_td(struct tdx_made *m)
{
	bytes_put_le(m->bytes, 3, 2);
}
static void version_6(struct tdx_made *m)
{
	bytes_put_le(m->bytes, 6, 2);
}
static void tee_type(struct tdx_made *m)
{
	bytes_put_le(m->bytes + 4, 0x82, 4);
}
static void key_type(struct tdx_made *m)
{
	bytes_put_le(m->bytes + 2, 3, 2);
}
static void vendor(struct tdx_made *m)
{
	m->bytes[12] ^= 1;
}
static void body_type_5(struct tdx_made *m)
{
	bytes_put_le(m->bytes + 48, 5, 2);
}
static void body_type_1(struct tdx_made *m)
{
	bytes_put_le(m->bytes + 48, 1, 2);
}
static void inner_type_6(struct tdx_made *m)
{
	bytes_put_le(m->bytes + 636 + 584 + sizeof(m->auth_data), 6, 2);
}
static void outer_type(struct tdx_made *m)
{
	bytes_put_le(m->bytes + 636 + 128, 5, 2);
}
static void cut(struct tdx_made *m)
{
	m->size -= 1;
}
static void only_a_header(struct tdx_made *m)
{
	m->size = 47;
}

static void header_rules_V9_V19_V20_are_kept(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "SGX", .late = sgx_quote, .codes = { "not-a-td-quote" } },
		{ .what = "version 3", .late = version_3, .codes = { "not-a-td-quote" } },
		{ .what = "version 3 of a TD", .late = version_3_of_a_td, .codes = { "quote-version" } },
		{ .what = "SGX in version 5",
		  .body = TDX_BODY_15,
		  .late = sgx_quote,
		  .codes = { "not-a-td-quote" } },
		{ .what = "body type 1 of a TD",
		  .body = TDX_BODY_15,
		  .late = body_type_1,
		  .codes = { "quote-unsupported" } },
		{ .what = "inner type 6", .late = inner_type_6, .codes = { "quote-unsupported" } },
		{ .what = "version 6", .late = version_6, .codes = { "quote-version" } },
		{ .what = "TEE type", .late = tee_type, .codes = { "not-a-td-quote" } },
		{ .what = "key type", .late = key_type, .codes = { "quote-key-type" } },
		{ .what = "vendor", .late = vendor, .codes = { "quote-vendor" } },
		{ .what = "body type 5",
		  .body = TDX_BODY_15,
		  .late = body_type_5,
		  .codes = { "quote-unsupported" } },
		{ .what = "outer type", .late = outer_type, .codes = { "quote-unsupported" } },
		{ .what = "cut", .late = cut, .codes = { "quote-malformed" } },
		{ .what = "header", .late = only_a_header, .codes = { "quote-malformed" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void other_report(struct tdx_made *m)
{
	m->other_signs_report = true;
}
static void other_quote(struct tdx_made *m)
{
	m->other_signs_quote = true;
}
static void loose(struct tdx_made *m)
{
	m->loose_auth = true;
}
/* The half of the QE's report data that some verifiers do not look at: signed, but not zero. */
static void half_bound(struct tdx_made *m)
{
	m->bytes[636 + 134 + 320 + 32] ^= 1;
}
static void trailing(struct tdx_made *m)
{
	uint8_t *more = realloc(m->bytes, m->size + 39);

	assert_non_null(more);
	memset(more + m->size, 'x', 39);
	m->bytes = more;
	m->size += 39;
}
static void no_point(struct tdx_made *m)
{
	m->bytes[636 + 64 + 63] ^= 1;
}

static void signatures_and_binding_are_checked(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "QE report", .early = other_report, .codes = { "qe-report-signature" } },
		{ .what = "quote", .early = other_quote, .codes = { "quote-signature" } },
		{ .what = "binding", .early = loose, .codes = { "qe-report-data-mismatch" } },
		{ .what = "the other half of report data",
		  .late = half_bound,
		  .codes = { "qe-report-signature", "qe-report-data-mismatch" } },
		{ .what = "attestation key",
		  .late = no_point,
		  .codes = { "qe-report-data-mismatch", "quote-attestation-key" } },
		{ .what = "bytes behind the quote", .late = trailing },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void early_leaf(struct tdx_made *m)
{
	m->pck.not_before = m->at + 1;
	m->pck.not_after = m->at + TDX_MADE_DAY;
}
static void late_leaf(struct tdx_made *m)
{
	m->pck.not_before = m->at - TDX_MADE_DAY;
	m->pck.not_after = m->at - 1;
}
static void revoked_leaf(struct tdx_made *m)
{
	m->revokes_leaf = true;
}
static void revoked_intermediate(struct tdx_made *m)
{
	m->revokes_intermediate = true;
}
static void revoked_signer(struct tdx_made *m)
{
	m->revokes_signer = true;
}
static void old_crls(struct tdx_made *m)
{
	m->crl_issued -= 2 * TDX_MADE_DAY;
}
static void stale_crls(struct tdx_made *m)
{
	m->crl_next = m->at - 1;
}
static void future_crls(struct tdx_made *m)
{
	m->crl_issued = m->at + 1;
}
static void broken_leaf(struct tdx_made *m)
{
	assert_int_equal(sim_pki_intel_pck(tdx_made_pki(), &m->pck, m->leaf, &m->leaf_size, NULL, NULL), 0);
	m->leaf[m->leaf_size - 1] ^= 1;
}
static void ca_for_leaf(struct tdx_made *m)
{
	const uint8_t *der = sim_pki_intel_cert(tdx_made_pki(), SIM_INTEL_TCB_SIGNING, &m->leaf_size);

	memcpy(m->leaf, der, m->leaf_size);
}
static void no_pem(struct tdx_made *m)
{
	m->chain = strdup("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
}
static void ppid_only(struct tdx_made *m)
{
	static const uint8_t ppid[36];

	m->quote.cert_type = TDX_CERT_PPID;
	m->quote.cert_data = bytes_rd(ppid, sizeof(ppid));
}

static void chain_and_dates_V13_V17_V21_are_judged(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "leaf to come", .early = early_leaf, .codes = { "leaf-not-yet-valid" } },
		{ .what = "leaf of the past", .early = late_leaf, .codes = { "leaf-expired" } },
		{ .what = "revoked leaf", .early = revoked_leaf, .codes = { "leaf-revoked" } },
		{ .what = "revoked CA", .early = revoked_intermediate, .codes = { "intermediate-revoked" } },
		{ .what = "revoked signer", .early = revoked_signer, .codes = { "tcb-signer-revoked" } },
		{ .what = "stale CRLs", .early = stale_crls, .codes = { "crl-stale", "crl-stale" } },
		{ .what = "CRLs to come",
		  .early = future_crls,
		  .codes = { "crl-not-yet-valid", "crl-not-yet-valid" } },
		{ .what = "leaf's signature", .early = broken_leaf, .codes = { "leaf-signature" } },
		{ .what = "TCB signer for a leaf",
		  .early = ca_for_leaf,
		  .codes = { "leaf-name", "leaf-issuer", "leaf-extension-missing", "intermediate-missing",
			     "certificate-unrelated", "qe-report-signature" } },
		{ .what = "PEM", .early = no_pem, .codes = { "certificate-malformed" } },
		{ .what = "PPID", .early = ppid_only, .codes = { "leaf-missing" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void info_bit(struct tdx_made *m)
{
	tdx_made_patch(&m->tcb_info, "\"pceId\":\"0000\"", "\"pceId\": \"0000\""); /* one space */
}
static void identity_bit(struct tdx_made *m)
{
	tdx_made_patch(&m->qe_identity, "\"isvprodid\":2", "\"isvprodid\": 2");
}
static void info_of_sgx(struct tdx_made *m)
{
	tdx_made_patch(&m->tcb_info, "\"id\":\"TDX\"", "\"id\":\"SGX\"");
	tdx_made_resign(&m->tcb_info, "tcbInfo");
}
static void info_type(struct tdx_made *m)
{
	tdx_made_patch(&m->tcb_info, "\"tcbType\":0", "\"tcbType\":1");
	tdx_made_resign(&m->tcb_info, "tcbInfo");
}
static void info_fmspc(struct tdx_made *m)
{
	m->info.fmspc[5] = 1;
}
static void info_pceid(struct tdx_made *m)
{
	m->info.pceid[1] = 1;
}
static void mixed_case(struct tdx_made *m)
{
	if (strstr(m->tcb_info, "b0c06f000000"))
		tdx_made_patch(&m->tcb_info, "b0c06f000000", "B0c06F000000");
	else
		tdx_made_patch(&m->tcb_info, "B0C06F000000", "B0c06F000000");
	tdx_made_resign(&m->tcb_info, "tcbInfo");
}
static void identity_of_qe(struct tdx_made *m)
{
	tdx_made_patch(&m->qe_identity, "TD_QE", "QE");
	tdx_made_resign(&m->qe_identity, "enclaveIdentity");
}
static void info_past(struct tdx_made *m)
{
	m->info.next_update = m->at - 1;
}
static void info_future(struct tdx_made *m)
{
	m->info.issued = m->at + 1;
}
static void identity_past(struct tdx_made *m)
{
	m->identity.next_update = m->at - 1;
}
static void identity_future(struct tdx_made *m)
{
	m->identity.issued = m->at + 1;
}
static void leaf_signs(struct tdx_made *m)
{
	m->no_signer = true;
	m->leaf_for_signer = true;
}
static void nobody_signs(struct tdx_made *m)
{
	m->no_signer = true;
}
static void no_info(struct tdx_made *m)
{
	free(m->tcb_info);
	m->tcb_info = NULL;
}

static void collateral_V1_V13_V14_V18_V23_is_judged(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "a space in TCB info", .late = info_bit, .codes = { "tcb-info-signature" } },
		{ .what = "a space in QE identity (V1)",
		  .late = identity_bit,
		  .codes = { "qe-identity-signature" } },
		{ .what = "TCB info of SGX",
		  .late = info_of_sgx,
		  .codes = { "tcb-info-id", "tdx-module-identities-missing" } },
		{ .what = "tcbType", .late = info_type, .codes = { "tcb-info-type" } },
		{ .what = "FMSPC", .early = info_fmspc, .codes = { "tcb-info-fmspc-mismatch" } },
		{ .what = "FMSPC in mixed case (V14)", .late = mixed_case, .status = "UpToDate" },
		{ .what = "PCEID (V23)", .early = info_pceid, .codes = { "tcb-info-pceid-mismatch" } },
		{ .what = "identity of QE (V14)", .late = identity_of_qe, .codes = { "qe-identity-id" } },
		{ .what = "TCB info of the past", .early = info_past, .codes = { "tcb-info-expired" } },
		{ .what = "TCB info to come (V13)",
		  .early = info_future,
		  .codes = { "tcb-info-not-yet-valid" } },
		{ .what = "identity of the past",
		  .early = identity_past,
		  .codes = { "qe-identity-expired" } },
		{ .what = "identity to come",
		  .early = identity_future,
		  .codes = { "qe-identity-not-yet-valid" } },
		{ .what = "PCK for TCB signer (V18)",
		  .late = leaf_signs,
		  .codes = { "tcb-signer-name", "tcb-signer-signature", "tcb-info-signature",
			     "qe-identity-signature" } },
		{ .what = "no signer",
		  .late = nobody_signs,
		  .codes = { "tcb-signer-missing", "tcb-signer-missing" } },
		{ .what = "no TCB info", .late = no_info, .codes = { "collateral-missing" } },
		{ .what = "no TCB info, allowed",
		  .late = no_info,
		  .member = "allow_no_collateral",
		  .value = "true" },
		{ .what = "evaluation number",
		  .member = "minimum_tcb_evaluation_data_number",
		  .value = "18",
		  .codes = { "tcb-evaluation-below-minimum", "tcb-evaluation-below-minimum" } },
		{ .what = "age (V21)",
		  .member = "maximum_collateral_age_days",
		  .value = "2",
		  .codes = { "collateral-too-old", "collateral-too-old", "collateral-too-old",
			     "collateral-too-old" } }, /* two CRLs, two documents */
		{ .what = "age of CRLs alone (V21)",
		  .early = old_crls,
		  .member = "maximum_collateral_age_days",
		  .value = "4",
		  .codes = { "collateral-too-old", "collateral-too-old" } },
		{ .what = "age", .member = "maximum_collateral_age_days", .value = "3" },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void debug(struct tdx_made *m)
{
	m->quote.body.td_attributes |= 1;
}
static void profiling(struct tdx_made *m)
{
	m->quote.body.td_attributes |= 1 << TDX_ATTR_PERF_PROF_BIT;
}
static void bit_39(struct tdx_made *m)
{
	m->quote.body.td_attributes |= 1ull << 39;
}
static void perfmon(struct tdx_made *m)
{
	m->quote.body.td_attributes |= 1ull << TDX_ATTR_PERFMON_BIT;
}
static void no_sept(struct tdx_made *m)
{
	m->quote.body.td_attributes = 0;
}
static void wide_xfam(struct tdx_made *m)
{
	m->quote.body.xfam |= 1ull << 19;
}
static void no_sse(struct tdx_made *m)
{
	m->quote.body.xfam &= ~2ull;
}
static void service_td(struct tdx_made *m)
{
	m->quote.body.mrservicetd[0] = 1;
}

#define HEX16(x) x x x x x x x x x x x x x x x x
#define HEX15(x) x x x x x x x x x x x x x x x
#define HEX47(x) HEX16(x) HEX16(x) HEX15(x)
#define HEX48(x) HEX16(x) HEX16(x) HEX16(x)
#define HEX64(x) HEX48(x) HEX16(x)

static void what_a_td_may_be_V7_V8_V22_V25_is_the_policy_s(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "debug (V7)", .early = debug, .codes = { "td-debug" } },
		{ .what = "debug allowed", .early = debug, .member = "allow_debug", .value = "true" },
		{ .what = "profiling", .early = profiling, .codes = { "td-attributes-not-allowed" } },
		{ .what = "bit 39 (V22)", .early = bit_39, .codes = { "td-attributes-not-allowed" } },
		{ .what = "PERFMON (V22)", .early = perfmon },
		{ .what = "no SEPT_VE_DISABLE (V8)", .early = no_sept },
		{ .what = "SEPT_VE_DISABLE required (V8)",
		  .early = no_sept,
		  .member = "required_td_attributes",
		  .value = "SEPT_VE_DISABLE",
		  .codes = { "td-attributes-required" } },
		{ .what = "fewer attributes allowed",
		  .early = perfmon,
		  .member = "allowed_td_attributes",
		  .value = "0x10000000",
		  .codes = { "td-attributes-not-allowed" } },
		{ .what = "XFAM (V8)", .early = wide_xfam, .codes = { "xfam-not-allowed" } },
		{ .what = "XFAM allowed", .early = wide_xfam, .member = "allowed_xfam", .value = "0xedbe7" },
		{ .what = "XFAM fixed", .early = no_sse, .codes = { "xfam-required" } },
		{ .what = "service TD (V25)",
		  .body = TDX_BODY_15,
		  .early = service_td,
		  .codes = { "service-td-not-allowed" } },
		{ .what = "service TD allowed",
		  .body = TDX_BODY_15,
		  .early = service_td,
		  .member = "allow_service_td",
		  .value = "true" },
		{ .what = "TEE", .member = "tees", .value = "sev-snp", .codes = { "tee-not-allowed" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void what_the_policy_names_is_compared(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "MRTD", .member = "mrtd", .value = HEX48("11") },
		{ .what = "other MRTD",
		  .member = "mrtd",
		  .value = HEX48("12"),
		  .codes = { "mrtd-mismatch" } },
		{ .what = "measurement",
		  .member = "measurement",
		  .value = HEX48("12"),
		  .codes = { "measurement-mismatch" } },
		{ .what = "RTMR0", .member = "rtmr0", .value = HEX48("31"), .codes = { "rtmr0-mismatch" } },
		{ .what = "RTMR1", .member = "rtmr1", .value = HEX48("30"), .codes = { "rtmr1-mismatch" } },
		{ .what = "RTMR2", .member = "rtmr2", .value = HEX48("30"), .codes = { "rtmr2-mismatch" } },
		{ .what = "RTMR3", .member = "rtmr3", .value = HEX48("30"), .codes = { "rtmr3-mismatch" } },
		{ .what = "MRSEAM",
		  .member = "mrseam",
		  .value = HEX48("00"),
		  .codes = { "mrseam-mismatch" } },
		{ .what = "MRCONFIGID",
		  .member = "mrconfigid",
		  .value = HEX48("01"),
		  .codes = { "mrconfigid-mismatch" } },
		{ .what = "MROWNER",
		  .member = "mrowner",
		  .value = HEX48("01"),
		  .codes = { "mrowner-mismatch" } },
		{ .what = "MROWNERCONFIG",
		  .member = "mrownerconfig",
		  .value = HEX48("01"),
		  .codes = { "mrownerconfig-mismatch" } },
		{ .what = "MRSERVICETD (V25)",
		  .body = TDX_BODY_15,
		  .early = service_td,
		  .member = "mrservicetd",
		  .value = "01" HEX47("00") },
		{ .what = "other MRSERVICETD (V25)",
		  .body = TDX_BODY_15,
		  .early = service_td,
		  .member = "mrservicetd",
		  .value = HEX48("01"),
		  .codes = { "mrservicetd-mismatch" } },
		{ .what = "no MRSERVICETD where one is wanted",
		  .body = TDX_BODY_15,
		  .member = "mrservicetd",
		  .value = HEX48("01"),
		  .codes = { "mrservicetd-mismatch" } },
		{ .what = "report data", .member = "report_data", .value = HEX64("44") },
		{ .what = "other report data",
		  .member = "report_data",
		  .value = HEX64("45"),
		  .codes = { "report-data-mismatch" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void without_given_roots_a_test_root_is_not_trusted_V16(void **state)
{
	static const char *const codes[] = { "root-not-trusted" };
	struct jurat_verifier *v;
	struct jurat_tdx_collateral *c;
	struct jurat_verdict *verdict;
	struct tdx_made m;

	tdx_made_init(&m, TDX_BODY_10);
	tdx_made_documents(&m);
	tdx_made_sign(&m);
	c = tdx_made_collateral(&m);
	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	verdict = tdx_made_judge(&m, v, c, NULL);
	assert_int_equal(jurat_verdict_reason_count(verdict), 1);
	assert_string_equal(jurat_verdict_reason_code(verdict, 0), codes[0]);
	assert_false(verdict->tdx->has_evaluation);
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
	jurat_tdx_collateral_free(c);
	tdx_made_done(&m);
}

/* A quote that names its platform only, and the certificates that were given for it. */
static struct jurat_verdict *judge_named_platform(struct tdx_made *m, unsigned others, bool its_own)
{
	uint8_t ppid[36] = { 0 }, der[SIM_INTEL_CERT_MAX_BYTES];
	struct jurat_verifier *v = tdx_made_verifier(NULL);
	struct jurat_tdx_collateral *c;
	struct jurat_verdict *verdict;
	const uint8_t *ca;
	size_t n;

	tdx_made_init(m, TDX_BODY_10);
	memcpy(ppid + 16, m->pck.cpusvn, 16);
	bytes_put_le(ppid + 32, m->pck.pcesvn, 2);
	m->quote.cert_type = TDX_CERT_PPID;
	m->quote.cert_data = bytes_rd(ppid, sizeof(ppid));
	tdx_made_documents(m);
	tdx_made_sign(m);
	c = tdx_made_collateral(m);
	for (unsigned i = 0; i < others; i++) { /* of the same TCB, and another key each */
		struct crypto_p256_signer *key;
		struct sim_pck pck = m->pck;

		assert_int_equal(crypto_p256_signer_derive(&i, sizeof(i), &key, NULL), 0);
		memcpy(pck.public_xy, crypto_p256_signer_public(key), sizeof(pck.public_xy));
		crypto_p256_signer_free(key);
		assert_int_equal(sim_pki_intel_pck(tdx_made_pki(), &pck, der, &n, NULL, NULL), 0);
		assert_int_equal(jurat_verifier_add_certificates(v, der, n, NULL, NULL), 0);
	}
	if (its_own)
		assert_int_equal(jurat_verifier_add_certificates(v, m->leaf, m->leaf_size, NULL, NULL), 0);
	ca = sim_pki_intel_cert(tdx_made_pki(), SIM_INTEL_PLATFORM_CA, &n);
	assert_int_equal(jurat_verifier_add_certificates(v, ca, n, NULL, NULL), 0);
	verdict = tdx_made_judge(m, v, c, NULL);
	jurat_verifier_free(v);
	jurat_tdx_collateral_free(c);
	return verdict;
}

static void a_given_pck_certificate_serves_where_the_quote_names_a_platform(void **state)
{
	struct tdx_made m;
	struct jurat_verdict *verdict = judge_named_platform(&m, 0, true);

	assert_true(jurat_verdict_accepted(verdict));
	jurat_verdict_free(verdict);
	tdx_made_done(&m);
}

/* Each that fits costs a verification: 64 are tried, however many somebody hands over. */
static void certificates_that_fit_are_tried_up_to_a_limit(void **state)
{
	struct tdx_made m;
	struct jurat_verdict *verdict = judge_named_platform(&m, 63, true);

	assert_true(jurat_verdict_accepted(verdict));
	jurat_verdict_free(verdict);
	tdx_made_done(&m);
	verdict = judge_named_platform(&m, 64, true);
	assert_false(jurat_verdict_accepted(verdict));
	assert_string_equal(jurat_verdict_reason_code(verdict, 0), "leaf-missing");
	jurat_verdict_free(verdict);
	tdx_made_done(&m);
}

static void a_verdict_is_written_as_text_and_json(void **state)
{
	struct jurat_verifier *v = tdx_made_verifier(NULL);
	struct jurat_tdx_collateral *c;
	struct jurat_verdict *verdict;
	struct tdx_made m;
	char *text;

	tdx_made_init(&m, TDX_BODY_15);
	m.quote.body.tee_tcb_svn[0] = 3;
	tdx_made_documents(&m);
	tdx_made_sign(&m);
	c = tdx_made_collateral(&m);
	verdict = tdx_made_judge(&m, v, c, NULL);
	text = jurat_verdict_json(verdict);
	assert_non_null(strstr(text, "\"tee\": \"tdx\""));
	assert_non_null(strstr(text, "\"tcb_status\": \"TDRelaunchAdvised\""));
	assert_non_null(strstr(text, "INTEL-SA-00003"));
	free(text);
	text = jurat_verdict_text(verdict);
	assert_non_null(strstr(text, "TDRelaunchAdvised"));
	assert_non_null(strstr(text, "SUPPLIED ROOTS"));
	free(text);
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
	jurat_tdx_collateral_free(c);
	tdx_made_done(&m);
}

static void every_truncation_is_refused(void **state)
{
	struct jurat_verifier *v = tdx_made_verifier(NULL);
	struct jurat_tdx_collateral *c;
	struct tdx_made m;
	size_t whole;

	tdx_made_init(&m, TDX_BODY_15);
	tdx_made_documents(&m);
	tdx_made_sign(&m);
	c = tdx_made_collateral(&m);
	whole = m.size;
	for (m.size = 0; m.size < whole; m.size++) {
		struct jurat_verdict *verdict = tdx_made_judge(&m, v, c, NULL);

		assert_false(jurat_verdict_accepted(verdict));
		jurat_verdict_free(verdict);
	}
	jurat_tdx_collateral_free(c);
	jurat_verifier_free(v);
	tdx_made_done(&m);
}

/* Any number of seconds is a time to verify at; ages are not counted beyond its ends. */
static void the_ends_of_time_are_defined(void **state)
{
	static const struct {
		int64_t at;
		bool too_old;
	} rows[] = { { INT64_MIN, false }, { INT64_MIN + 1, false }, { -1, false },
		     { 0, false },         { INT64_MAX - 1, true },  { INT64_MAX, true } };
	struct jurat_tdx_collateral *c;
	struct jurat_verifier *v;
	struct jurat_policy *policy;
	struct tdx_made m;

	tdx_made_init(&m, TDX_BODY_10);
	tdx_made_documents(&m);
	tdx_made_sign(&m);
	v = tdx_made_verifier(&m);
	c = tdx_made_collateral(&m);
	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	assert_int_equal(jurat_policy_set(policy, "maximum_collateral_age_days", "36500", NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_verdict *verdict;
		auto_free char *json = NULL, *text = NULL;

		m.at = rows[i].at;
		verdict = tdx_made_judge(&m, v, c, policy);
		json = jurat_verdict_json(verdict);
		text = jurat_verdict_text(verdict);
		assert_false(jurat_verdict_accepted(verdict));
		assert_true(json && text);
		assert_int_equal(strstr(json, "\"collateral-too-old\"") != NULL, rows[i].too_old);
		assert_int_equal(strstr(json, "\"tcb-info-expired\"") != NULL, rows[i].too_old);
		assert_int_equal(strstr(json, "\"tcb-info-not-yet-valid\"") != NULL, !rows[i].too_old);
		jurat_verdict_free(verdict);
	}
	jurat_policy_free(policy);
	jurat_tdx_collateral_free(c);
	jurat_verifier_free(v);
	tdx_made_done(&m);
}

static void a_crl_that_is_not_current_says_when_it_was(void **state)
{
	static const struct {
		int issued, next; /* days from the time of verification */
		const char *code, *detail;
	} rows[] = {
		{ -3, -1, "crl-stale",
		  "CRL of 'Intel SGX Root CA': next update was due at 2025-10-08T08:53:20Z, verified at "
		  "2025-10-09T08:53:20Z" },
		{ 1, 3, "crl-not-yet-valid",
		  "CRL of 'Intel SGX Root CA': issued at 2025-10-10T08:53:20Z, verified at "
		  "2025-10-09T08:53:20Z" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_verifier *v = tdx_made_verifier(NULL);
		struct jurat_tdx_collateral *c;
		struct jurat_verdict *verdict;
		struct tdx_made m;

		tdx_made_init(&m, TDX_BODY_10);
		m.crl_issued = m.at + rows[i].issued * TDX_MADE_DAY;
		m.crl_next = m.at + rows[i].next * TDX_MADE_DAY;
		tdx_made_documents(&m);
		tdx_made_sign(&m);
		c = tdx_made_collateral(&m);
		verdict = tdx_made_judge(&m, v, c, NULL);
		assert_string_equal(jurat_verdict_reason_code(verdict, 0), rows[i].code);
		assert_string_equal(jurat_verdict_reason_detail(verdict, 0), rows[i].detail);
		jurat_verdict_free(verdict);
		jurat_tdx_collateral_free(c);
		jurat_verifier_free(v);
		tdx_made_done(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crl_that_is_not_current_says_when_it_was),
		cmocka_unit_test(good_quotes_of_every_body_are_accepted),
		cmocka_unit_test(header_rules_V9_V19_V20_are_kept),
		cmocka_unit_test(signatures_and_binding_are_checked),
		cmocka_unit_test(chain_and_dates_V13_V17_V21_are_judged),
		cmocka_unit_test(collateral_V1_V13_V14_V18_V23_is_judged),
		cmocka_unit_test(what_a_td_may_be_V7_V8_V22_V25_is_the_policy_s),
		cmocka_unit_test(what_the_policy_names_is_compared),
		cmocka_unit_test(without_given_roots_a_test_root_is_not_trusted_V16),
		cmocka_unit_test(a_given_pck_certificate_serves_where_the_quote_names_a_platform),
		cmocka_unit_test(certificates_that_fit_are_tried_up_to_a_limit),
		cmocka_unit_test(a_verdict_is_written_as_text_and_json),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(the_ends_of_time_are_defined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
