/* SPDX-License-Identifier: MIT */
#include "cli/certs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "store/access.h"

/* `jurat certs check`: text is printed as it is found, JSON at the end. */
struct check {
	struct cli *cli;
	const char *path;
	struct certs_signer signer;
	struct snp_certs table;               /* empty when it is malformed */
	json_t *entries, *reasons, *warnings; /* NULL: text */
	bool refused, failed;                 /* failed: out of memory */
};

static void put(struct check *c, json_t *list, json_t *item)
{
	if (json_array_append_new(list, item) < 0)
		c->failed = true;
}

__attribute__((format(printf, 3, 4))) static void refuse(struct check *c, const char *code,
							 const char *format, ...)
{
	auto_free char *detail = NULL;
	char advice[CERTS_ADVICE_BYTES] = "";
	va_list ap;

	va_start(ap, format);
	detail = cli_text(format, ap);
	va_end(ap);
	c->refused = true;
	if (c->signer.whose)
		certs_advice(code, &c->signer, &c->table, advice);
	if (!detail) {
		c->failed = true;
	} else if (c->reasons) {
		put(c, c->reasons,
		    json_pack("{s:s, s:s, s:s?}", "code", code, "detail", detail, "advice",
			      advice[0] ? advice : NULL));
	} else {
		cli_fail(c->cli, CLI_REFUSED, "check: '%s': %s: %s", c->path, code, detail);
		if (advice[0])
			cli_fail(c->cli, CLI_REFUSED, "check: '%s': %s", c->path, advice);
	}
}

/* What is no reason for a guest to refuse a report. */
__attribute__((format(printf, 3, 4))) static void warn(struct check *c, const char *code, const char *format,
						       ...)
{
	auto_free char *detail = NULL;
	va_list ap;

	va_start(ap, format);
	detail = cli_text(format, ap);
	va_end(ap);
	if (!detail || (c->warnings && cli_add_finding(c->warnings, code, detail) < 0))
		c->failed = true;
	else if (!c->warnings)
		cli_warn(c->cli, "check: '%s': %s: %s", c->path, code, detail);
}

/* Whether the subject of a certificate is one of another entry. */
static bool belongs_elsewhere(const struct crypto_cert *cert, enum snp_cert_kind kind)
{
	static const struct {
		const char *cn;
		enum snp_cert_kind kind;
	} rows[] = {
		{ "SEV-VCEK", SNP_CERT_VCEK }, { "SEV-VLEK-", SNP_CERT_ASK }, { "SEV-VLEK", SNP_CERT_VLEK },
		{ "SEV-", SNP_CERT_ASK },      { "ARK-", SNP_CERT_ARK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].cn);

		if (cert->subject_cn.size >= n && !memcmp(cert->subject_cn.data, rows[i].cn, n))
			return rows[i].kind != kind;
	}
	return false; /* whose it is, a verifier says */
}

static void check_entry(struct check *c, const struct snp_cert_entry *e)
{
	const char *name = snp_cert_name(e->kind);
	char guid[SNP_CERTS_GUID_TEXT_SIZE];
	struct jurat_error err = { "" };
	struct crypto_cert cert;
	struct crypto_crl crl;
	int r = 0;

	if (e->kind == SNP_CERT_CRL)
		r = crypto_crl_read(e->data.data, e->data.size, &crl, &err);
	else if (e->kind != SNP_CERT_OTHER)
		r = crypto_cert_read(e->data.data, e->data.size, &cert, &err);
	if (c->entries)
		put(c, c->entries,
		    json_pack("{s:s, s:s, s:I, s:b}", "kind", name, "guid",
			      snp_cert_guid_format(e->guid, guid), "bytes", (json_int_t)e->data.size,
			      "well_formed", r == 0));
	else if (r == 0)
		printf("%-6s %zu bytes\n", name, e->data.size);
	if (r < 0)
		refuse(c, "entry-malformed", "%s: %s", name, err.text);
	else if (e->kind != SNP_CERT_CRL && e->kind != SNP_CERT_OTHER && belongs_elsewhere(&cert, e->kind))
		refuse(c, "entry-mixed-up", "the %s entry has the certificate of '%.*s'", name,
		       (int)cert.subject_cn.size, (const char *)cert.subject_cn.data);
}

/* What some clients or tools stumble on. */
static void warn_of_shape(struct check *c, const uint8_t *bytes, size_t n)
{
	const struct snp_cert_entry *vlek = snp_certs_find(&c->table, SNP_CERT_VLEK);
	const struct snp_cert_entry *ask = snp_certs_find(&c->table, SNP_CERT_ASK);

	if (vlek && snp_certs_find(&c->table, SNP_CERT_VCEK))
		warn(c, "two-leaves",
		     "the table has a VCEK and a VLEK: reports are signed with one of them, and some clients "
		     "always use the VLEK");
	else if (vlek && ask && ask < vlek)
		warn(c, "entry-order",
		     "the VLEK comes after the ASVK, so some tools take the ASVK for an ASK");
	if (snp_certs_find(&c->table, SNP_CERT_CRL))
		warn(c, "has-crl", "some clients fail on a table with a CRL");
	if (c->table.size < n && !bytes_all(bytes + c->table.size, n - c->table.size, 0))
		warn(c, "trailing-bytes", "%zu bytes follow the last certificate: guests get them too",
		     n - c->table.size);
}

/* Checks without a report: every known entry parses, and a Linux guest accepts the table. */
static void check_shape(struct check *c, const uint8_t *bytes, size_t n)
{
	struct jurat_error err = { "" };
	struct snp_certs either;

	if (snp_certs_read(bytes, n, &c->table, &err) < 0) {
		c->table.n = 0;
		refuse(c, "table-malformed", "%s", err.text);
		return;
	}
	for (unsigned i = 0; i < c->table.n; i++)
		check_entry(c, &c->table.entries[i]);
	if (snp_certs_read_any(bytes, n, &either, &err) < 0) /* some GUIDs in either order */
		refuse(c, "guid-order", "%s: guests recognise only GUIDs in printed order", err.text);
	else if (snp_certs_is_mixed_endian(bytes, n))
		refuse(c, "guid-order",
		       "the GUIDs are in EFI's mixed-endian order: guests do not recognise these "
		       "certificates");
	if (c->table.n == 0)
		refuse(c, "no-entries", "the table has no entries: guests get no certificates");
	if (c->table.size > SNP_CERTS_LINUX_MAX_BYTES)
		refuse(c, "table-too-large", "the table has %zu bytes, but a Linux guest accepts at most %d",
		       c->table.size, SNP_CERTS_LINUX_MAX_BYTES);
	warn_of_shape(c, bytes, n);
}

static void refuse_for_reasons(struct check *c, const struct jurat_verdict *verdict)
{
	for (size_t i = 0; i < jurat_verdict_reason_count(verdict); i++)
		refuse(c, jurat_verdict_reason_code(verdict, i), "%s",
		       jurat_verdict_reason_detail(verdict, i));
}

static int new_verifier(struct check *c, struct jurat_verifier **ret)
{
	struct jurat_error err = { "" };

	if (jurat_verifier_new(ret, &err) < 0)
		return cli_fail(c->cli, CLI_INTERNAL, "%s", err.text);
	return cli_load_all(c->cli, *ret, "roots", CLI_LOAD_ROOTS);
}

static int check_report(struct check *c, const uint8_t *bytes, size_t n, const struct cli_evidence *loaded,
			int64_t at)
{
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence),
					       .report = loaded->report,
					       .report_size = loaded->report_size,
					       .certs = bytes,
					       .certs_size = n };
	struct jurat_verifier *verifier = NULL;
	struct jurat_policy *policy = NULL;
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };
	int status = new_verifier(c, &verifier);

	certs_signer_of_report(loaded->report, loaded->report_size, &c->signer);
	certs_signer_complete(&c->signer, &c->table);
	if (status == CLI_OK && (jurat_policy_new(&policy, &err) < 0 ||
				 jurat_policy_set(policy, "allow_debug", "true", &err) < 0 ||
				 jurat_verify_snp(verifier, &evidence, policy, at, &verdict, &err) < 0))
		status = cli_fail(c->cli, CLI_INTERNAL, "%s", err.text);
	if (status == CLI_OK)
		refuse_for_reasons(c, verdict);
	jurat_verdict_free(verdict);
	jurat_policy_free(policy);
	jurat_verifier_free(verifier);
	return status;
}

/* A stranger's lock stops updates of a blob that is served; who writes to it decides what guests get. */
static void warn_of_access(struct check *c)
{
	const char *slash = strrchr(c->path, '/');
	size_t n = !slash ? 0 : slash == c->path ? 1 : (size_t)(slash - c->path);
	auto_free char *dir = n > 0 ? strndup(c->path, n) : strdup(".");
	struct base_env *env = base_env_real();
	struct jurat_error err = { "" };
	struct base_stat of_dir, of_blob;

	if (!strcmp(c->path, "-"))
		return;
	if (!dir) {
		c->failed = true;
		return;
	}
	if (base_stat(env, dir, &of_dir) < 0 || base_stat(env, c->path, &of_blob) < 0)
		return;
	if (store_check_directory(dir, &of_dir, &err) < 0)
		warn(c, "permissions", "%s", err.text);
	if (store_check_blob(c->path, &of_blob, &of_dir, &err) < 0)
		warn(c, "permissions", "%s", err.text);
}

static int check_platform(struct check *c, const uint8_t *bytes, size_t n, int64_t at)
{
	struct jurat_verifier *verifier = NULL;
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };
	int status = CLI_OK, r = 0;

	certs_signer_complete(&c->signer, &c->table);
	warn_of_access(c);
	if (c->signer.mask_chip_id)
		warn(c, "chip-id-masked",
		     "chip_id in reports is zero (MASK_CHIP_ID): verifiers cannot compare it with the VCEK");
	if (c->signer.unsigned_) {
		refuse(c, "report-unsigned",
		       "reports are not signed (MASK_CHIP_KEY): no certificate verifies them");
	} else if (c->signer.signer.product == SNP_PRODUCT_UNKNOWN) {
		refuse(c, "leaf-missing", "the table has no VCEK or VLEK for a known product");
	} else {
		status = new_verifier(c, &verifier);
		if (status == CLI_OK)
			r = snp_table_fits(verifier, &c->signer.signer, bytes, n, at, &verdict, &err);
		if (r < 0)
			status = cli_fail(c->cli, cli_status(r), "check: %s", err.text);
		else if (r == JURAT_REFUSED)
			refuse_for_reasons(c, verdict);
	}
	jurat_verdict_free(verdict);
	jurat_verifier_free(verifier);
	return status;
}

static int print(struct check *c, size_t n, int status)
{
	struct certs_leaf leaf;
	char text[CERTS_SIGNER_BYTES];

	if (cli_wants_json(c->cli)) {
		certs_leaf_read(&c->table, c->signer.signer.vlek, &leaf);
		if (!leaf.is_there)
			certs_leaf_read(&c->table, !c->signer.signer.vlek, &leaf);
		return certs_print_json(
			c->cli,
			json_pack("{s:b, s:I, s:o, s:o, s:o, s:s?, s:o, s:o}", "ok", !c->refused, "bytes",
				  (json_int_t)n, "entries", c->entries, "reasons", c->reasons, "warnings",
				  c->warnings, "against", c->signer.whose, "signer",
				  c->signer.whose ? certs_signer_json(&c->signer) : json_null(),
				  "certificate", certs_leaf_json(&leaf)),
			status);
	}
	if (status == CLI_OK && c->signer.whose)
		printf("these certificates verify %s: %s\n",
		       strcmp(c->signer.whose, "report") ? "this platform's reports" : "the report",
		       certs_signer_format(&c->signer, text));
	else if (c->signer.whose)
		printf("reports are signed with the %s\n", certs_signer_format(&c->signer, text));
	return status;
}

/* All files are read before anything is printed. */
static int load(struct check *c, uint8_t **ret, size_t *ret_size, struct cli_evidence *loaded, int64_t *at)
{
	const char *report = cli_get(c->cli, "report");
	int status = cli_load_time(c->cli, at);

	if (status == CLI_OK)
		status = certs_signer_load(c->cli, &c->signer);
	if (status == CLI_OK)
		status = certs_load_table(c->cli, "check", c->path, ret, ret_size);
	if (status == CLI_OK && report)
		status = cli_load_evidence(c->cli, report, loaded);
	if (status == CLI_OK && report && !loaded->report)
		status = cli_fail(c->cli, CLI_ENVIRONMENT, "check: '%s': expected an SEV-SNP report", report);
	if (status == CLI_OK && cli_wants_json(c->cli)) {
		c->entries = json_array();
		c->reasons = json_array();
		c->warnings = json_array();
	}
	return status;
}

int certs_check(struct cli *cli, const char *path)
{
	struct check c = { .cli = cli, .path = path };
	struct cli_evidence loaded = { 0 };
	auto_free uint8_t *bytes = NULL;
	int64_t at;
	size_t n;
	int status = load(&c, &bytes, &n, &loaded, &at);

	if (status == CLI_OK) {
		check_shape(&c, bytes, n);
		if (loaded.report && !c.refused)
			status = check_report(&c, bytes, n, &loaded, at);
		else if (c.signer.whose && c.table.n > 0)
			status = check_platform(&c, bytes, n, at);
	}
	cli_evidence_done(&loaded);
	if (status == CLI_OK)
		status = c.failed ? cli_fail_memory(cli) : c.refused ? CLI_REFUSED : CLI_OK;
	if (status <= CLI_REFUSED)
		return print(&c, n, status);
	json_decref(c.entries);
	json_decref(c.reasons);
	json_decref(c.warnings);
	return status;
}
