/* SPDX-License-Identifier: MIT */
#include "cli/fetch_subject.h"

#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/load.h"
#include "verify/tdx_verdict.h"
#include "verify/entry.h"
#include "wire/snp_report.h"

/* ---- SEV-SNP */

bool fetch_subject_chip_id(const char *hex, uint8_t ret[64])
{
	memset(ret, 0, 64);
	return bytes_from_hex(hex, ret, 64) || bytes_from_hex(hex, ret, 8);
}

bool fetch_subject_tcb(const char *hex, uint64_t *ret)
{
	uint8_t raw[8];

	if (!bytes_from_hex(hex, raw, sizeof(raw)))
		return false;
	*ret = 0;
	for (size_t i = 0; i < sizeof(raw); i++)
		*ret = *ret << 8 | raw[i];
	return true;
}

static int subject_of_options(struct cli *cli, struct fetch_subject *s)
{
	const char *chip = cli_get(cli, "chip-id"), *tcb = cli_get(cli, "tcb"),
		   *product = cli_get(cli, "product");

	if (!product)
		return cli_fail(cli, CLI_USAGE, "expected --report or --product");
	if (!chip != !tcb)
		return cli_fail(cli, CLI_USAGE, "--chip-id and --tcb must be used together");
	s->products[0] = snp_product_by_name(product);
	s->n_products = 1;
	if (!chip)
		return CLI_OK;
	if (!fetch_subject_chip_id(chip, s->chip_id))
		return cli_fail(cli, CLI_USAGE,
				"--chip-id: expected 128 hex digits (Turin: 16), found %zu characters",
				strlen(chip));
	if (!fetch_subject_tcb(tcb, &s->reported_tcb))
		return cli_fail(cli, CLI_USAGE, "--tcb: expected a TCB_VERSION of 16 hex digits, found '%s'",
				tcb);
	s->has_chip = true;
	return CLI_OK;
}

static int subject_of_report(struct cli *cli, const uint8_t *bytes, size_t n, struct fetch_subject *s)
{
	const char *product = cli_get(cli, "product");
	struct jurat_error err = { "" };
	struct snp_report report;

	if (snp_report_read(bytes, n, &report, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.text);
	s->n_products = 1;
	s->products[0] = snp_product_of_report(&report);
	if (s->products[0] == SNP_PRODUCT_UNKNOWN && product) {
		s->products[0] = snp_product_by_name(product);
	} else if (s->products[0] == SNP_PRODUCT_UNKNOWN && report.version < 3) {
		s->products[0] = SNP_MILAN; /* it does not say which of these it is */
		s->products[1] = SNP_GENOA;
		s->n_products = 2;
	} else if (s->products[0] == SNP_PRODUCT_UNKNOWN) {
		return cli_fail(cli, CLI_REFUSED,
				"the report is from an unknown product: family 0x%x, model 0x%x",
				report.cpuid_fam_id, report.cpuid_mod_id);
	} else if (product && s->products[0] != snp_product_by_name(product)) {
		return cli_fail(cli, CLI_USAGE, "--product: the report is from %s",
				snp_product_name(s->products[0]));
	}
	s->vlek = snp_key_info_signing_key(report.key_info) == SNP_SIGNED_BY_VLEK;
	s->has_chip = true;
	memcpy(s->chip_id, report.chip_id, sizeof(s->chip_id));
	s->reported_tcb = report.reported_tcb;
	return CLI_OK;
}

int fetch_subject_snp(struct cli *cli, struct fetch_subject *ret)
{
	struct cli_evidence e auto_call(cli_evidence_done) = { 0 };
	struct fetch_subject s = { .n_products = 0 };
	const char *path = cli_get(cli, "report");
	int status;

	if (!path) {
		status = subject_of_options(cli, &s);
	} else if (cli_has(cli, "chip-id") || cli_has(cli, "tcb")) {
		status = cli_fail(
			cli, CLI_USAGE,
			"--report cannot be used with --chip-id and --tcb, which the report contains");
	} else {
		status = cli_load_evidence(cli, path, &e);
		if (status == CLI_OK && !e.report)
			status = cli_fail(cli, CLI_ENVIRONMENT,
					  "'%s': expected an SEV-SNP report, found a quote", path);
		if (status == CLI_OK)
			status = subject_of_report(cli, e.report, e.report_size, &s);
	}
	if (status == CLI_OK)
		*ret = s;
	return status;
}

/* ---- TDX */

enum endorse_ca fetch_subject_ca(const struct crypto_cert *pck)
{
	static const char processor[] = "Processor";

	return memmem(pck->issuer_cn.data, pck->issuer_cn.size, processor, sizeof(processor) - 1)
		       ? ENDORSE_PROCESSOR
		       : ENDORSE_PLATFORM;
}

/* The platform that the PCK certificate in a quote names. Nothing about the quote is trusted yet. */
static int subject_of_quote(struct cli *cli, const struct cli_evidence *e, struct fetch_subject *s)
{
	struct jurat_tdx_evidence evidence = { .size = sizeof(evidence),
					       .quote = e->quote,
					       .quote_size = e->quote_size };
	struct jurat_verifier *verifier = NULL;
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };
	int r = jurat_verifier_new(&verifier, &err), status = CLI_OK;

	if (r == 0)
		r = jurat_verify_tdx(verifier, &evidence, NULL, NULL, 0, &verdict, &err);
	if (r < 0) {
		status = cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	} else if (!verdict->tdx || !verdict->tdx->has_pck || !verdict->leaf) {
		status = cli_fail(cli, CLI_REFUSED,
				  "the quote has no readable PCK certificate, which contains the FMSPC");
	} else {
		memcpy(s->fmspc, verdict->tdx->pck.fmspc, sizeof(s->fmspc));
		s->ca = fetch_subject_ca(&verdict->leaf->cert);
		s->has_platform = true;
	}
	jurat_verdict_free(verdict);
	jurat_verifier_free(verifier);
	return status;
}

int fetch_subject_tdx(struct cli *cli, struct fetch_subject *ret)
{
	struct cli_evidence e auto_call(cli_evidence_done) = { 0 };
	const char *path = cli_get(cli, "quote"), *fmspc = cli_get(cli, "fmspc"), *ca = cli_get(cli, "ca");
	struct fetch_subject s = { .ca = ca && !strcmp(ca, "processor") ? ENDORSE_PROCESSOR
									: ENDORSE_PLATFORM };
	int status = CLI_OK;

	if (!path == !fmspc)
		return cli_fail(cli, CLI_USAGE, "expected --quote or --fmspc");
	if (fmspc && !bytes_from_hex(fmspc, s.fmspc, sizeof(s.fmspc)))
		return cli_fail(cli, CLI_USAGE, "--fmspc: expected 12 hex digits, found '%s'", fmspc);
	if (path) {
		if (ca)
			return cli_fail(cli, CLI_USAGE,
					"--ca cannot be used with --quote, which determines the CA");
		status = cli_load_evidence(cli, path, &e);
		if (status == CLI_OK && !e.quote)
			status = cli_fail(cli, CLI_ENVIRONMENT,
					  "'%s': expected a TD quote, found an SEV-SNP report", path);
		if (status == CLI_OK)
			status = subject_of_quote(cli, &e, &s);
	}
	s.has_platform = status == CLI_OK;
	if (status == CLI_OK)
		*ret = s;
	return status;
}
