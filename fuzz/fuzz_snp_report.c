/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "support/fuzz.h"
#include "wire/snp_report.h"

static void show(const struct snp_report *report)
{
	enum snp_product product = snp_product_of_report(report);
	struct snp_tcb tcb;
	char text[512];

	snp_policy_format(report->policy, text, sizeof(text));
	snp_key_info_format(report->key_info, text, sizeof(text));
	wire_bits_format(&snp_platform_info_bits, report->platform_info, text, sizeof(text));
	if (!snp_tcb_read(product, report->reported_tcb, &tcb))
		return;
	must(snp_tcb_write(product, &tcb) == report->reported_tcb && snp_tcb_at_least(&tcb, &tcb));
	snp_tcb_format(product, &tcb, text, sizeof(text));
	if (product == SNP_TURIN)
		FUZZ_REACHED("a TCB of Turin");
	else
		FUZZ_REACHED("a TCB of Milan or Genoa");
}

/* What is read is written back to the letter; so are the signature's numbers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t back[SNP_REPORT_BYTES], r[48], s[48];
	struct snp_report report;
	struct jurat_error err;

	if (snp_report_read(data, size, &report, &err) != 0)
		return 0;
	FUZZ_REACHED("a report reads");
	show(&report);
	must(wire_check_zero(&snp_report_layout, &report, &err) == 0 || strlen(err.text) > 0);
	if (snp_report_signature(&report, r, s)) {
		FUZZ_REACHED("its signature is two numbers of 48 bytes");
		snp_report_set_signature(&report, r, s);
	}
	wire_write(&snp_report_layout, &report, back);
	must(memcmp(back, data, sizeof(back)) == 0);
	return 0;
}
