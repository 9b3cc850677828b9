/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include <jurat/verify.h>

#include "sim/forge/forge.h"
#include "sim/forge/forge_tdx.h"

enum { AT = 1782864000 /* 2026-07-01 */, MAX_ITEMS = 8, MAX_CODES = 6 };

struct row {
	const char *items[MAX_ITEMS];
	const char *codes[MAX_CODES]; /* all reasons, in order */
	const char *policy;           /* JSON; NULL: none */
	enum sim_tdx_generation generation;
};

static int forge(const struct row *row, struct sim_forged *ret, struct jurat_error *err)
{
	const struct sim_forge_options options = { .tdx = true, .generation = row->generation };
	struct sim_order *order;
	int r = sim_order_new(AT, &order, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < MAX_ITEMS && row->items[i] && r == 0; i++)
		r = sim_order_add(order, row->items[i], err);
	if (r == 0)
		r = sim_forge(&options, order, ret, err);
	sim_order_free(order);
	return r;
}

static struct jurat_tdx_collateral *collateral_of(const struct sim_forged *forged)
{
	struct jurat_tdx_collateral *c;

	assert_int_equal(jurat_tdx_collateral_new(&c, NULL), 0);
	for (size_t i = 0; i < forged->n; i++)
		if (strncmp(forged->files[i].name, "collateral/", 11) == 0)
			(void)!jurat_tdx_collateral_add(c, forged->files[i].bytes, forged->files[i].size,
							NULL);
	return c;
}

static void check_reasons(const struct row *row, const struct jurat_verdict *verdict)
{
	const char *name = row->items[0] ? row->items[0] : "nothing";
	size_t n = 0;

	while (n < MAX_CODES && row->codes[n])
		n++;
	for (size_t i = 0; i < jurat_verdict_reason_count(verdict); i++)
		if (i >= n || strcmp(jurat_verdict_reason_code(verdict, i), row->codes[i]) != 0)
			FAIL_BECAUSE("%s: reason %zu: %s: %s", name, i, jurat_verdict_reason_code(verdict, i),
				     jurat_verdict_reason_detail(verdict, i));
	if (jurat_verdict_reason_count(verdict) != n)
		FAIL_BECAUSE("%s: accepted, or too few reasons", name);
}

static void check(const struct row *row)
{
	struct jurat_verdict *verdict = NULL;
	struct jurat_tdx_collateral *c;
	struct jurat_error err = { "" };
	struct sim_forged forged = { 0 };
	struct jurat_policy *policy;
	struct jurat_verifier *v;
	const struct sim_forged_file *quote, *root;
	struct jurat_tdx_evidence e = { .size = sizeof(e) };

	if (forge(row, &forged, &err) != 0)
		FAIL_BECAUSE("%s: %s", row->items[0] ? row->items[0] : "nothing", err.text);
	quote = sim_forged_find(&forged, "quote.bin");
	root = sim_forged_find(&forged, "root.der");
	assert_non_null(quote);
	assert_non_null(root);
	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	if (row->policy && jurat_policy_read_json(policy, row->policy, strlen(row->policy), &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(v, root->bytes, root->size, NULL), 0);
	c = collateral_of(&forged);
	e.quote = quote->bytes;
	e.quote_size = quote->size;
	(void)!jurat_verify_tdx(v, &e, c, policy, AT, &verdict, &err);
	if (!verdict)
		FAIL_BECAUSE("%s: %s", row->items[0], err.text);
	check_reasons(row, verdict);
	jurat_verdict_free(verdict);
	jurat_tdx_collateral_free(c);
	jurat_verifier_free(v);
	jurat_policy_free(policy);
	sim_forged_done(&forged);
}

/* clang-format off */
#define ACCEPTED(...) { .items = { __VA_ARGS__ } }
#define REFUSED(code, ...) { .items = { __VA_ARGS__ }, .codes = { code } }
#define REFUSED_TWICE(code, also, ...) { .items = { __VA_ARGS__ }, .codes = { code, also } }
#define STATUS(status, ...) \
	{ .items = { __VA_ARGS__ }, .policy = "{\"accepted_tcb_statuses\":[\"UpToDate\",\"" status "\"]}" }
/* clang-format on */

static const struct row presets[] = {
	REFUSED("tcb-status-not-accepted", "tcb-sw-hardening-needed"),
	REFUSED("tcb-status-not-accepted", "tcb-configuration-needed"),
	REFUSED("tcb-status-not-accepted", "tcb-configuration-and-sw-hardening-needed"),
	REFUSED("tcb-status-not-accepted", "tcb-out-of-date"),
	REFUSED("tcb-status-not-accepted", "tcb-out-of-date-configuration-needed"),
	REFUSED("tcb-status-not-accepted", "tcb-revoked"),
	REFUSED("tcb-status-unrecognized", "tcb-status-unknown"),
	REFUSED("tcb-not-supported", "tcb-not-supported"),
	REFUSED("tcb-status-not-accepted", "tcb-advisories"),
	ACCEPTED("tcb-advisories-up-to-date"),
	REFUSED("tcb-status-not-accepted", "tcb-info-early"),
	REFUSED("tcb-status-not-accepted", "tdx-module-out-of-date"),
	REFUSED("tcb-status-not-accepted", "tdx-module-revoked"),
	REFUSED_TWICE("tdx-module-unknown", "tcb-not-supported", "tdx-module-unknown"),
	REFUSED("tcb-status-not-accepted", "td-relaunch-advised"),
	REFUSED("tcb-status-not-accepted", "td-relaunch-advised-configuration-needed"),
	REFUSED("tcb-info-expired", "tcb-info-expired"),
	REFUSED("tcb-info-not-yet-valid", "tcb-info-not-yet-valid"),
	REFUSED("collateral-missing", "tcb-info-missing"),
	REFUSED("tcb-info-signature", "tcb-info-changed"),
	REFUSED("tcb-info-signature", "tcb-info-other-signer"),
	REFUSED("tcb-info-fmspc-mismatch", "tcb-info-other-fmspc"),
	REFUSED("tcb-info-pceid-mismatch", "tcb-info-other-pceid"),
	REFUSED_TWICE("tcb-info-id", "tdx-module-identities-missing", "tcb-info-of-sgx"),
	REFUSED("tcb-status-not-accepted", "qe-out-of-date"),
	REFUSED("tcb-status-not-accepted", "qe-revoked"),
	REFUSED_TWICE("qe-debug", "qe-attributes-mismatch", "qe-debug"),
	REFUSED("qe-mrsigner-mismatch", "qe-other-signer"),
	REFUSED("qe-isvprodid-mismatch", "qe-other-product"),
	REFUSED("qe-identity-expired", "qe-identity-expired"),
	REFUSED("qe-identity-not-yet-valid", "qe-identity-not-yet-valid"),
	REFUSED("collateral-missing", "qe-identity-missing"),
	REFUSED("qe-identity-signature", "qe-identity-changed"),
	REFUSED("qe-identity-signature", "qe-identity-other-signer"),
	REFUSED("qe-identity-id", "qe-identity-of-sgx"),
	ACCEPTED("quote-v5"),
	REFUSED("quote-signature", "quote-other-signer"),
	REFUSED("quote-signature", "quote-changed"),
	REFUSED("quote-malformed", "quote-truncated"),
	REFUSED("qe-report-signature", "qe-report-other-signer"),
	REFUSED("qe-report-data-mismatch", "qe-report-other-key"),
	ACCEPTED("pck-chain-leaf-only"),
	REFUSED("intermediate-missing", "pck-chain-truncated"),
	REFUSED("certificate-malformed", "pck-chain-missing"),
	ACCEPTED("pck-chain-crlf"),
	REFUSED("td-debug", "td-debug"),
	REFUSED("td-attributes-not-allowed", "td-migratable"),
	REFUSED("service-td-not-allowed", "td-service-td"),
	REFUSED("leaf-expired", "pck-expired"),
	REFUSED("leaf-not-yet-valid", "pck-not-yet-valid"),
	REFUSED("leaf-signature", "pck-other-signer"),
	REFUSED("intermediate-expired", "pck-ca-expired"),
	REFUSED("intermediate-not-yet-valid", "pck-ca-not-yet-valid"),
	REFUSED("intermediate-signature", "pck-ca-other-signer"),
	REFUSED("root-expired", "intel-root-expired"),
	REFUSED("root-not-yet-valid", "intel-root-not-yet-valid"),
	REFUSED("tcb-signer-expired", "tcb-signing-expired"),
	REFUSED("tcb-signer-not-yet-valid", "tcb-signing-not-yet-valid"),
	REFUSED("tcb-signer-signature", "tcb-signing-other-signer"),
	REFUSED("leaf-revoked", "pck-revoked"),
	REFUSED("intermediate-revoked", "pck-ca-revoked"),
	REFUSED("tcb-signer-revoked", "tcb-signing-revoked"),
	REFUSED("tcb-info-fmspc-mismatch", "pck-other-fmspc"),
	REFUSED("qe-report-signature", "pck-other-key"),
	REFUSED("crl-stale", "pck-crl-stale"),
	REFUSED("crl-not-yet-valid", "pck-crl-not-yet-valid"),
	REFUSED("crl-signature", "pck-crl-other-signer"),
	REFUSED("crl-missing", "pck-crl-missing"),
	REFUSED("crl-stale", "root-crl-stale"),
	REFUSED("crl-not-yet-valid", "root-crl-not-yet-valid"),
	REFUSED("crl-signature", "root-crl-other-signer"),
	REFUSED("crl-missing", "root-crl-missing"),
	REFUSED("crl-missing", "pck-crl-other-issuer"),
	{ .items = { "intel-root-other-world" },
	  .codes = { "root-not-trusted", "intermediate-signature", "tcb-signer-signature" } },
};

static const struct row statuses[] = {
	STATUS("SWHardeningNeeded", "tcb_info.status=SWHardeningNeeded"),
	STATUS("ConfigurationNeeded", "tcb_info.status=ConfigurationNeeded"),
	STATUS("ConfigurationAndSWHardeningNeeded", "tcb_info.status=ConfigurationAndSWHardeningNeeded"),
	STATUS("OutOfDate", "tcb_info.status=OutOfDate"),
	STATUS("OutOfDateConfigurationNeeded", "tcb_info.status=OutOfDateConfigurationNeeded"),
	STATUS("TDRelaunchAdvised", "td-relaunch-advised"),
	STATUS("TDRelaunchAdvisedConfigurationNeeded", "td-relaunch-advised-configuration-needed"),
	ACCEPTED("tcb_info.status=UpToDate", "tcb_info.module_status=UpToDate",
		 "qe_identity.status=UpToDate"),
	STATUS("OutOfDate", "qe_identity.status=OutOfDate"),
	STATUS("OutOfDate", "tcb_info.module_status=OutOfDate"),
	STATUS("OutOfDate", "platform.later_tee_tcb_svn[0]=+1", "tcb_info.status=OutOfDate"),
	{ .items = { "tcb_info.status=OutOfDate", "tcb_info.advisories=INTEL-SA-1,INTEL-SA-2" },
	  .codes = { "advisory-not-accepted" },
	  .policy = "{\"accepted_tcb_statuses\":[\"OutOfDate\"],\"accepted_advisories\":[\"INTEL-SA-1\"]}" },
};

static const struct row fields[] = {
	ACCEPTED("platform.fmspc=00906ea10000"),
	REFUSED("tcb-info-fmspc-mismatch", "platform.fmspc=00906ea10000", "tcb_info.fmspc=544553540000"),
	ACCEPTED("platform.pceid=0100"),
	REFUSED("tcb-info-pceid-mismatch", "platform.pceid=0100", "tcb_info.pceId=0000"),
	REFUSED("tcb-status-not-accepted", "platform.pcesvn=5", "tcb_info.tcbLevels[0].tcb.pcesvn=13"),
	ACCEPTED("platform.cpusvn[15]=9", "tcb_info.tcbLevels[0].tcb.sgxtcbcomponents[15].svn=9"),
	ACCEPTED("platform.tee_tcb_svn[0]=+1", "tcb_info.tdxModuleIdentities[0].tcbLevels[0].tcb.isvsvn=8"),
	ACCEPTED("platform.tee_tcb_svn[1]=5", "tcb_info.tdxModuleIdentities[0].id=TDX_05"),
	REFUSED("tcb-status-not-accepted", "platform.qe_isv_svn=3", "qe_identity.tcbLevels[0].tcb.isvsvn=4"),
	ACCEPTED("platform.sgx_type=0"),
	ACCEPTED("platform.generation=1.5ex"),
	ACCEPTED("td.attributes.PERFMON=yes"),
	ACCEPTED("td.rtmr3=x77"),
	REFUSED("quote-version", "quote.version=3"),
	REFUSED("quote-version", "quote.version=6"),
	REFUSED("not-a-td-quote", "quote.tee_type=0"),
	REFUSED("quote-key-type", "quote.attestation_key_type=3"),
	REFUSED("quote-vendor", "quote.vendor_id=x00"),
	REFUSED("quote-vendor", "unsigned quote.vendor_id[0]=0"),
	REFUSED("quote-signature", "unsigned quote.user_data=x01"),
	ACCEPTED("quote.user_data=x01"),
	REFUSED("quote-signature", "quote.signed_by=pck"),
	ACCEPTED("quote.negated_s=yes"),
	ACCEPTED("qe_report.negated_s=yes"),
	REFUSED("quote-signature", "quote.signature=x00"),
	REFUSED("quote-attestation-key", "quote.attestation_key=x00"),
	REFUSED_TWICE("qe-report-data-mismatch", "quote-attestation-key",
		      "unsigned quote.attestation_key[0]=+1"),
	ACCEPTED("quote.auth_data=0102"),
	ACCEPTED("quote.auth_data="),
	REFUSED("qe-report-data-mismatch", "unsigned quote.auth_data=0102"),
	ACCEPTED("quote.chain=root,pck_ca,pck"),
	REFUSED("certificate-malformed", "quote.chain=pck,pck_ca,root,tcb_signing"),
	ACCEPTED("quote.line_ends=cr"),
	ACCEPTED("quote.has_nul=no"),
	ACCEPTED("quote.chain_trailing=0a0a"),
	REFUSED("quote-unsupported", "quote.nesting=flat"),
	REFUSED("quote-unsupported", "quote.nesting=twice"),
	ACCEPTED("quote.trailing=x00*70"),
	ACCEPTED("quote.size=+5"),
	REFUSED("quote-malformed", "quote.size=-1"),
	REFUSED("quote-malformed", "quote.size=100"),
	REFUSED("certificate-malformed", "quote.cert_type=4"),
	ACCEPTED("quote.cert_type=4", "quote.chain=pck"),
	REFUSED("quote-unsupported", "quote.cert_type=6"),
	REFUSED("leaf-missing", "quote.cert_type=1", "quote.cert_data=x00*36"),
	REFUSED("quote-malformed", "quote.cert_size=+1"),
	REFUSED("quote-malformed", "quote.outer_cert_size=+1"),
	REFUSED("quote-unsupported", "quote.outer_cert_type=5"),
	REFUSED("quote-malformed", "quote.signature_data_size=-1"),
	REFUSED("quote-unsupported", "quote.auth_data_size=+1"),
	REFUSED("quote-malformed", "quote.version=5", "quote.body_size=+1"),
	REFUSED("quote-unsupported", "quote.version=5", "quote.body_type=1"),
	ACCEPTED("body.mrtd=x00"),
	REFUSED("tdx-module-mrsigner-mismatch", "body.mrsignerseam=x01"),
	REFUSED("tdx-module-attributes", "body.seam_attributes=1"),
	REFUSED("tcb-status-not-accepted", "body.tee_tcb_svn[0]=6"),
	REFUSED("service-td-not-allowed", "quote-v5", "body.mrservicetd=x01"),
	REFUSED("tcb-status-not-accepted", "qe_report.isv_svn=1"),
	REFUSED("qe-miscselect-mismatch", "qe_report.miscselect=1"),
	REFUSED("qe-report-data-mismatch", "qe_report.report_data[40]=1"),
	REFUSED("qe-report-signature", "qe_report.signature=x00"),
	REFUSED("qe-report-signature", "unsigned qe_report.cpusvn=x00"),
	REFUSED("quote-signature", "damage quote.signature:last"),
	REFUSED("quote-signature", "damage body.mrtd:47"),
	REFUSED("qe-report-signature", "damage qe_report.mrenclave"),
	REFUSED("qe-report-signature", "damage qe_report.signature"),
	REFUSED("qe-report-data-mismatch", "damage quote.auth_data"),
	REFUSED("certificate-malformed", "damage quote.cert_data:100"),
	REFUSED("quote-signature", "damage quote:400"),
	REFUSED("quote-signature", "damage body:136"),
};

static const struct row documents[] = {
	REFUSED("collateral-unusable", "tcb_info.version=2"),
	REFUSED("tcb-info-type", "tcb_info.tcbType=1"),
	ACCEPTED("tcb_info.issueDate=at"),
	ACCEPTED("tcb_info.nextUpdate=at"),
	REFUSED("tcb-status-not-accepted", "tcb_info.tcbLevels[0].tcb.sgxtcbcomponents[3].svn=+1"),
	REFUSED("tcb-status-not-accepted", "tcb_info.tcbLevels[0].tcb.tdxtcbcomponents[2].svn=+1"),
	ACCEPTED("tcb_info.tcbLevels[+0]=@tcbLevels[1]", "tcb_info.tcbLevels[0].tcbStatus=Revoked"),
	REFUSED("tcb-not-supported", "tcb_info.tcbLevels=[]"),
	ACCEPTED("tcb_info.tcbLevels[1]=absent"),
	REFUSED("collateral-unusable", "tcb_info.tdxModule=absent"),
	REFUSED_TWICE("tdx-module-identities-missing", "tcb-not-supported",
		      "tcb_info.tdxModuleIdentities=absent"),
	REFUSED("tcb-info-signature", "tcb_info.signed_by=root"),
	REFUSED("tcb-info-signature", "tcb_info.signature=x00"),
	ACCEPTED("tcb_info.spaced=yes"),
	REFUSED("tcb-info-signature", "unsigned tcb_info.appended=,\"a\":1"),
	ACCEPTED("tcb_info.appended=,\"a\":1"),
	ACCEPTED("tcb_info.trailing=0a"),
	REFUSED("tcb-info-signature", "damage tcb_info.signature"),
	REFUSED("qe-identity-signature", "damage qe_identity.signature:last"),
	REFUSED_TWICE("tcb-info-not-yet-valid", "tcb-info-signature", "damage tcb_info:50"),
	REFUSED_TWICE("tcb-signer-missing", "tcb-signer-missing", "tcb_info.chain=", "qe_identity.chain="),
	ACCEPTED("tcb_info.chain=root,tcb_signing"),
	REFUSED("qe-miscselect-mismatch", "qe_identity.miscselect=00000001"),
	REFUSED("collateral-unusable", "qe_identity.mrsigner=absent"),
	REFUSED("tcb-status-not-accepted", "qe_identity.tcbLevels[0].tcb.isvsvn=+1"),
	ACCEPTED("qe_identity.advisories=INTEL-SA-1"),
};

static void check_all(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(&rows[i]);
}

static void evidence_without_items_is_accepted(void **state)
{
	(void)state;
	check(&(struct row){ .generation = SIM_TDX_15 });
	check(&(struct row){ .generation = SIM_TDX_10 });
	check(&(struct row){ .generation = SIM_TDX_15EX });
	check(&(struct row){ .items = { "quote.version=5" } });
	check(&(struct row){ .items = { "quote.version=5", "quote.body_type=3" } });
}

static void every_preset_has_exactly_its_reasons(void **state)
{
	(void)state;
	check_all(presets, ARRAY_SIZE(presets));
	for (size_t i = 0; order_presets_tdx[i].name; i++) {
		size_t k = 0;

		while (k < ARRAY_SIZE(presets) && strcmp(presets[k].items[0], order_presets_tdx[i].name) != 0)
			k++;
		if (k == ARRAY_SIZE(presets))
			FAIL_BECAUSE("%s: no row has it", order_presets_tdx[i].name);
	}
}

static void statuses_are_those_that_were_ordered(void **state)
{
	(void)state;
	check_all(statuses, ARRAY_SIZE(statuses));
}

static void fields_of_platforms_and_quotes_are_as_ordered(void **state)
{
	(void)state;
	check_all(fields, ARRAY_SIZE(fields));
}

static void documents_are_as_ordered(void **state)
{
	(void)state;
	check_all(documents, ARRAY_SIZE(documents));
}

/* Every field of a layout takes its own kind of value, and the evidence then has it. */
static void set_every_field(const char *part, const struct wire_layout *layout, const char *also)
{
	for (size_t i = 0; i < layout->n_fields; i++) {
		const struct wire_field *field = &layout->fields[i];
		bool is_bytes = field->kind == WIRE_BYTES || field->kind == WIRE_ZERO;
		struct sim_forged forged = { 0 };
		struct jurat_error err = { "" };
		char set[128], late[128];
		struct row row = { .items = { set, also } };

		TEXT(set, "%s.%s=%s", part, field->name, is_bytes ? "x01" : "1");
		if (strcmp(field->name, "version") == 0)
			continue; /* another version has another layout */
		if (forge(&row, &forged, &err) != 0)
			FAIL_BECAUSE("%s: %s", set, err.text);
		sim_forged_done(&forged);
		if (strcmp(part, "platform") == 0)
			continue;
		TEXT(late, "unsigned %s", set);
		row.items[0] = late;
		if (forge(&row, &forged, &err) != 0)
			FAIL_BECAUSE("%s: %s", late, err.text);
		sim_forged_done(&forged);
		TEXT(late, "damage %s.%s", part, field->name);
		if (forge(&row, &forged, &err) != 0)
			FAIL_BECAUSE("%s: %s", late, err.text);
		sim_forged_done(&forged);
	}
}

static void every_field_can_be_set(void **state)
{
	(void)state;
	set_every_field("platform", &forge_platform_layout, NULL);
	set_every_field("quote", &tdx_quote_hdr_layout, NULL);
	set_every_field("quote", &forge_body_hdr_layout, "quote.version=5");
	set_every_field("quote", &forge_signature_layout, NULL);
	set_every_field("quote", &forge_auth_layout, NULL);
	set_every_field("quote", &forge_cert_layout, NULL);
	set_every_field("body", &tdx_body_10_layout, NULL);
	set_every_field("body", &tdx_body_15_layout, "quote-v5");
	set_every_field("body", &tdx_body_layout, "platform.generation=1.5ex");
	set_every_field("qe_report", &sgx_report_layout, NULL);
	set_every_field("qe_report", &forge_qe_signature_layout, NULL);
}

static struct tdx_quote quote_of(const struct row *row, struct sim_forged *forged)
{
	struct tdx_quote quote = { 0 };
	const struct sim_forged_file *file;

	assert_int_equal(forge(row, forged, NULL), 0);
	file = sim_forged_find(forged, "quote.bin");
	assert_non_null(file);
	assert_int_equal(tdx_quote_read(file->bytes, file->size, &quote, NULL), 0);
	return quote;
}

static void launch_values_are_in_the_quote(void **state)
{
	const struct row row = { .items = { "td.attributes=0x10000000", "td.xfam=7", "td.mrtd=x01",
					    "td.mrconfigid=x02", "td.mrowner=x03", "td.mrownerconfig=x04",
					    "td.rtmr0=x05", "td.rtmr3=x06" },
				 .generation = SIM_TDX_10 };
	struct sim_forged forged = { 0 };
	struct tdx_quote quote = quote_of(&row, &forged);

	(void)state;
	assert_int_equal(quote.hdr.version, 4);
	assert_true(quote.body.td_attributes == 0x10000000);
	assert_true(quote.body.xfam == 7);
	assert_true(bytes_all(quote.body.mrtd, TDX_MR_BYTES, 1));
	assert_true(bytes_all(quote.body.mrconfigid, TDX_MR_BYTES, 2));
	assert_true(bytes_all(quote.body.mrowner, TDX_MR_BYTES, 3));
	assert_true(bytes_all(quote.body.mrownerconfig, TDX_MR_BYTES, 4));
	assert_true(bytes_all(quote.body.rtmr0, TDX_MR_BYTES, 5));
	assert_true(bytes_all(quote.body.rtmr3, TDX_MR_BYTES, 6));
	sim_forged_done(&forged);
}

static void a_later_module_counts_from_the_one_that_launches(void **state)
{
	const struct row row = { .items = { "platform.later_tee_tcb_svn[0]=+2", "platform.tee_tcb_svn[0]=20",
					    "platform.qe_id=x17" } };
	struct sim_forged forged = { 0 };
	struct tdx_quote quote = quote_of(&row, &forged);

	(void)state;
	assert_int_equal(quote.body_type, TDX_BODY_15);
	assert_int_equal(quote.body.tee_tcb_svn[0], 20);
	assert_int_equal(quote.body.tee_tcb_svn2[0], 22);
	assert_true(bytes_all(quote.hdr.user_data, 16, 0x17));
	sim_forged_done(&forged);
}

/* What verifiers take either way is in the quote all the same. */
static void accepted_variants_are_in_the_quote(void **state)
{
	static const char *const items[] = { "platform.ppid=x01",
					     "platform.platform_instance_id=x01",
					     "platform.sgx_type=0",
					     "quote.negated_s=yes",
					     "qe_report.negated_s=yes",
					     "quote.auth_data=0102",
					     "quote.line_ends=crlf",
					     "quote.line_ends=cr",
					     "quote.has_nul=no",
					     "quote.chain_trailing=0a0a",
					     "quote.chain=root,pck_ca,pck",
					     "quote.trailing=01",
					     "quote.size=+5",
					     "quote.user_data=x01" };
	struct sim_forged usual = { 0 };
	struct tdx_quote without = quote_of(&(struct row){ .generation = SIM_TDX_15 }, &usual);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		struct sim_forged forged = { 0 };
		struct tdx_quote with = quote_of(&(struct row){ .items = { items[i] } }, &forged);
		const struct bytes_rd *pem = &with.cert_data;
		bool in_pck = strncmp(items[i], "platform.", 9) == 0 || strstr(items[i], "chain") ||
			      strstr(items[i], "line_ends") || strstr(items[i], "nul");
		bool same_pem = pem->size == without.cert_data.size &&
				memcmp(pem->data, without.cert_data.data, pem->size) == 0;

		if (same_pem == in_pck)
			FAIL_BECAUSE("%s: certification data", items[i]);
		if (!in_pck && with.size + with.trailing == without.size + without.trailing &&
		    memcmp(forged.files[0].bytes, usual.files[0].bytes, with.size) == 0)
			FAIL_BECAUSE("%s: the same quote", items[i]);
		assert_memory_equal(with.signature, without.signature, i == 13 ? 0 : 32); /* r */
		sim_forged_done(&forged);
	}
	sim_forged_done(&usual);
}

static void lines_end_as_ordered(void **state)
{
	struct sim_forged forged = { 0 };
	struct tdx_quote quote = quote_of(&(struct row){ .items = { "quote.line_ends=cr" } }, &forged);

	(void)state;
	assert_null(memchr(quote.cert_data.data, '\n', quote.cert_data.size));
	assert_non_null(memchr(quote.cert_data.data, '\r', quote.cert_data.size));
	sim_forged_done(&forged);
	quote = quote_of(&(struct row){ .items = { "quote.line_ends=crlf" } }, &forged);
	assert_non_null(memmem(quote.cert_data.data, quote.cert_data.size, "-\r\nM", 4));
	sim_forged_done(&forged);
}

/* A machine that was made before: `jurat run`. */
static void an_order_can_be_installed_later(void **state)
{
	struct sim_tdx_options options = { .generation = SIM_TDX_15 };
	struct sim_td_params params = { 0 };
	struct sim_qe_options qe_options = { .padding = 3 };
	struct sim_tdx_platform *platform;
	uint8_t report[TDX_REPORT_BYTES], *bytes;
	const uint8_t digest[TDX_REPORT_DATA_BYTES] = { 1 };
	struct sim_pki_intel *pki;
	struct sim_order *order;
	struct tdx_quote quote;
	struct sim_qe *qe;
	struct sim_td *td;
	size_t n = 0;

	(void)state;
	assert_int_equal(sim_order_new(AT, &order, NULL), 0);
	assert_int_equal(sim_order_add(order, "td.rtmr2=x09", NULL), 0);
	assert_int_equal(sim_order_add(order, "platform.qe_isv_svn=3", NULL), 0);
	assert_int_equal(sim_order_add(order, "unsigned body.mrtd=x08", NULL), 0);
	assert_int_equal(sim_forge_tdx_options(order, &options, &qe_options, &params, NULL), 0);
	assert_int_equal(sim_tdx_platform_new(&options, &platform, NULL), 0);
	assert_int_equal(sim_pki_intel_new("jurat", &pki, NULL), 0);
	assert_int_equal(sim_qe_new(platform, pki, &qe_options, &qe, NULL), 0);
	assert_int_equal(sim_td_new(platform, &params, 1, &td, NULL), 0);
	assert_int_equal(sim_forge_install_intel(order, pki, NULL), 0);
	assert_int_equal(sim_forge_install_qe(order, qe, NULL), 0);
	assert_true(sim_td_rtmr_extend(td, 2, digest) == 0);
	assert_true(sim_td_rtmr_extend(td, 3, digest) == 0);
	assert_true(sim_td_mr_report(td, digest, report) == 0);
	assert_int_equal(sim_qe_quote(qe, report, sizeof(report), &bytes, &n, NULL), 0);
	assert_int_equal(tdx_quote_read(bytes, n, &quote, NULL), 0);
	assert_int_equal(quote.trailing, 3);
	assert_int_equal(quote.qe_report.isv_svn, 3);
	assert_true(bytes_all(quote.body.rtmr2, TDX_MR_BYTES, 9)); /* whatever extends it */
	assert_false(bytes_all(quote.body.rtmr3, TDX_MR_BYTES, 0));
	assert_true(bytes_all(quote.body.mrtd, TDX_MR_BYTES, 8));
	assert_int_equal(sim_order_unused(order, NULL), 0);
	assert_int_equal(sim_order_add(order, "platform.other_world=yes", NULL), 0);
	assert_int_equal(sim_forge_install_qe(order, qe, NULL), -EINVAL);
	free(bytes);
	sim_td_free(td);
	sim_qe_free(qe);
	sim_pki_intel_free(pki);
	sim_tdx_platform_free(platform);
	sim_order_free(order);
}

static const struct {
	const char *item, *error;
} bad_items[] = {
	{ "quote.foo=1", "quote.foo: no field 'foo'; nearest: size, chain, version" },
	{ "td.vmid=1", "td.vmid: no field 'vmid'; nearest: mrtd, xfam, rtmr0" },
	{ "td.mrtd=12", "td.mrtd: expected 48 bytes as 96 hex digits, or xNN for that byte in all of them; "
			"got 2 characters" },
	{ "unsigned td.mrtd=x12", "td.mrtd: it is not signed by itself, so it can only be set" },
	{ "damage td", "td: it is not signed by itself, so it can only be set" },
	{ "platform.qe_isv_svn=65536",
	  "platform.qe_isv_svn: expected a number from 0 to 65535, not '65536'" },
	{ "platform.sgx_type=2", "platform.sgx_type: expected a number from 0 to 1, not '2'" },
	{ "quote.signed_by=me", "quote.signed_by: no value 'me'; nearest: pck, other, attestation_key" },
	{ "quote.chain=pck,foo", "quote.chain: no value 'foo'; nearest: root, pck, pck_ca" },
	{ "quote.chain=pck,pck,pck,pck,pck,pck,pck,pck,pck", "quote.chain: expected at most 8 certificates" },
	{ "quote.negated_s=maybe", "quote.negated_s: expected yes or no, not 'maybe'" },
	{ "quote.auth_data=0",
	  "quote.auth_data: expected bytes as hex digits, or xNN*COUNT; got 1 characters" },
	{ "damage quote.foo", "quote.foo: no field 'foo'; nearest: size, chain, version" },
	{ "damage tcb_info.fmspc", "tcb_info.fmspc: only the document or its signature can be damaged" },
	{ "tcb_info..fmspc=1",
	  "tcb_info..fmspc: expected a path such as tcbLevels[0].tcb.pcesvn, not '.fmspc'" },
	{ "tcb_info.tcbLevels[=1",
	  "tcb_info.tcbLevels[: expected a path such as tcbLevels[0].tcb.pcesvn, not 'tcbLevels['" },
	{ "tcb_info.a[+0].b=1",
	  "tcb_info.a[+0].b: expected a path such as tcbLevels[0].tcb.pcesvn, not 'a[+0].b'" },
	{ "tcb_info.a[10000]=1",
	  "tcb_info.a[10000]: expected a path such as tcbLevels[0].tcb.pcesvn, not 'a[10000]'" },
	{ "tcb_info.a=@b..c", "tcb_info.a: expected a path such as tcbLevels[0].tcb.pcesvn, not 'b..c'" },
	{ "tcb_info.a={\"a\"", "tcb_info.a: expected JSON, not '{\"a\"'" },
	{ "tcb_info.signature=00", "tcb_info.signature: expected 64 bytes as 128 hex digits, or xNN for that "
				   "byte in all of them; got 2 characters" },
	{ "tcb_info.issueDate=at+5q", "tcb_info.issueDate: expected a time such as 2026-07-01T00:00:00Z, at, "
				      "at-1s or at+30d (s, m, h, d, y), not 'at+5q'" },
};

static const struct {
	const char *items[2], *error;
} bad_orders[] = {
	{ { "damage quote:100000" }, "quote: it has 5055 bytes, so there is no byte 100000" },
	{ { "body.mrservicetd=x01" }, "body.mrservicetd=x01: this evidence has no such part" },
	{ { "quote.body_type=3" }, "quote.body_type=3: this evidence has no such part" },
	{ { "quote.nesting=flat", "qe_report.isv_svn=1" },
	  "qe_report.isv_svn=1: this evidence has no such part" },
	{ { "quote.cert_data=00", "quote.line_ends=cr" },
	  "quote.line_ends=cr: this evidence has no such part" },
	{ { "tcb_info.tcbLevels[9]=absent" }, "tcb_info.tcbLevels[9]: the document has no 'tcbLevels[9]'" },
	{ { "tcb_info.tcbLevels[9].tcb.pcesvn=1" },
	  "tcb_info.tcbLevels[9].tcb.pcesvn: the document has no 'tcbLevels[9].tcb.pcesvn'" },
	{ { "tcb_info.tcbLevels[+3]=1" }, "tcb_info.tcbLevels[+3]: the document has no 'tcbLevels[+3]'" },
	{ { "tcb_info.tcbLevels[+]=@fmspz" }, "tcb_info.tcbLevels[+]: the document has no 'fmspz'" },
	{ { "tcb_info.tcbLevels[+0]=absent" },
	  "tcb_info.tcbLevels[+0]: the document has no 'tcbLevels[+0]'" },
	{ { "tcb_info.fmspc.x=1" }, "tcb_info.fmspc.x: the document has no 'fmspc.x'" },
	{ { "platform.pcesvn=-14" },
	  "platform.pcesvn: it is 0xd, so -14 is not in the range from 0 to 0xffff" },
	{ { "platform.generation=1.0", "td.servtd_hash=x01" }, "TDX 1.0 has no service TDs" },
	{ { "td.xfam=1" }, "xfam 0x1 lacks x87 or SSE" },
	{ { "report.policy=1" }, "report.policy=1: this evidence has no such part" },
};

static void items_that_are_none_are_refused(void **state)
{
	struct sim_order *order;

	(void)state;
	assert_int_equal(sim_order_new(AT, &order, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad_items); i++) {
		struct jurat_error err = { "" };

		assert_int_equal(sim_order_add(order, bad_items[i].item, &err), -EINVAL);
		assert_string_equal(err.text, bad_items[i].error);
	}
	sim_order_free(order);
}

static void orders_that_cannot_be_made_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_orders); i++) {
		const struct row row = { .items = { bad_orders[i].items[0], bad_orders[i].items[1] } };
		struct sim_forged forged = { 0 };
		struct jurat_error err = { "" };

		assert_int_equal(forge(&row, &forged, &err), -EINVAL);
		assert_string_equal(err.text, bad_orders[i].error);
		assert_int_equal(forged.n, 0);
	}
}

static int try_order(void *ctx)
{
	static const struct row row = { .items = { "quote.chain=pck,pck_ca", "quote.auth_data=01",
						   "tcb_info.tcbLevels[+0]=@tcbLevels[1]",
						   "tcb_info.trailing=0a", "unsigned qe_identity.version=3",
						   "tcb_info.signed_by=other", "qe_identity.spaced=yes",
						   "tcb_info.advisories=A,B" } };
	struct sim_forged forged = { 0 };
	int r;

	(void)ctx;
	fail_memory_resume();
	r = forge(&row, &forged, NULL);
	fail_memory_pause();
	sim_forged_done(&forged);
	return r;
}

static void no_failed_allocation_is_overlooked(void **state)
{
	(void)state;
	assert_true(fail_memory_each(try_order, NULL) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_without_items_is_accepted),
		cmocka_unit_test(every_preset_has_exactly_its_reasons),
		cmocka_unit_test(statuses_are_those_that_were_ordered),
		cmocka_unit_test(fields_of_platforms_and_quotes_are_as_ordered),
		cmocka_unit_test(documents_are_as_ordered),
		cmocka_unit_test(every_field_can_be_set),
		cmocka_unit_test(launch_values_are_in_the_quote),
		cmocka_unit_test(a_later_module_counts_from_the_one_that_launches),
		cmocka_unit_test(accepted_variants_are_in_the_quote),
		cmocka_unit_test(lines_end_as_ordered),
		cmocka_unit_test(an_order_can_be_installed_later),
		cmocka_unit_test(items_that_are_none_are_refused),
		cmocka_unit_test(orders_that_cannot_be_made_are_refused),
		cmocka_unit_test(no_failed_allocation_is_overlooked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
