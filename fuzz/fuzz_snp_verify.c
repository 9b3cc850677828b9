/* deps: verify_dep */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jurat/verify.h>

#include "base/bytes.h"
#include "wire/snp_report.h"

/*
 * Evidence from anybody: a report with its certificate table, then the same bytes as endorsements, roots
 * and CRL. No input can be accepted, for none is signed by a root; every verdict must print.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(struct jurat_verifier *v, const uint8_t *data, size_t size)
{
	struct jurat_snp_evidence e = { .size = sizeof(e), .report = data };
	struct jurat_verdict *verdict = NULL;

	e.report_size = size < SNP_REPORT_BYTES ? size : SNP_REPORT_BYTES;
	e.certs = data + e.report_size;
	e.certs_size = size - e.report_size;
	if (jurat_verify_snp(v, &e, NULL, 1750000000, &verdict, NULL) != JURAT_REFUSED)
		abort();
	char *json = jurat_verdict_json(verdict), *text = jurat_verdict_text(verdict);

	if (!json || !text)
		abort();
	free(json);
	free(text);
	jurat_verdict_free(verdict);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *rest = data + (size < SNP_REPORT_BYTES ? size : SNP_REPORT_BYTES);
	size_t n = size - (size_t)(rest - data);
	struct jurat_verifier *v;

	if (jurat_verifier_new(&v, NULL) != 0)
		return 0;
	judge(v, data, size);
	(void)!jurat_verifier_add_certificates(v, rest, n, NULL, NULL);
	(void)!jurat_verifier_add_crl(v, rest, n, NULL);
	judge(v, data, size);
	jurat_verifier_free(v);
	return 0;
}
