/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/struct.h"
#include "verify/verdict.h"

enum jurat_signer verdict_snp_signer(const struct jurat_verdict *verdict)
{
	if (verdict->report.key_info >> SNP_KEY_INFO_MASK_CHIP_KEY_BIT & 1)
		return JURAT_SIGNER_NONE;
	switch (snp_key_info_signing_key(verdict->report.key_info)) {
	case SNP_SIGNED_BY_VCEK:
		return JURAT_SIGNER_VCEK;
	case SNP_SIGNED_BY_VLEK:
		return JURAT_SIGNER_VLEK;
	default:
		return JURAT_SIGNER_NONE;
	}
}

static const struct snp_report *report_of(const struct jurat_verdict *verdict)
{
	return verdict && verdict->has_report && !verdict->tdx ? &verdict->report : NULL;
}

const char *jurat_verdict_snp_product(const struct jurat_verdict *verdict)
{
	if (!report_of(verdict) || verdict->product == SNP_PRODUCT_UNKNOWN)
		return NULL;
	return snp_product_name(verdict->product);
}

const uint8_t *jurat_verdict_snp_chip_id(const struct jurat_verdict *verdict)
{
	const struct snp_report *report = report_of(verdict);

	return report ? report->chip_id : NULL;
}

/* Gets a TCB of the report by its kind; false when there is none. */
static bool tcb_of(const struct snp_report *report, enum jurat_snp_tcb_kind kind, uint64_t *ret)
{
	switch (kind) {
	case JURAT_SNP_TCB_REPORTED:
		*ret = report->reported_tcb;
		return true;
	case JURAT_SNP_TCB_COMMITTED:
		*ret = report->committed_tcb;
		return true;
	case JURAT_SNP_TCB_CURRENT:
		*ret = report->current_tcb;
		return true;
	case JURAT_SNP_TCB_LAUNCH:
		*ret = report->launch_tcb;
		return true;
	}
	return false;
}

int jurat_verdict_snp_tcb(const struct jurat_verdict *verdict, enum jurat_snp_tcb_kind kind,
			  struct jurat_snp_tcb *ret)
{
	const struct snp_report *report = report_of(verdict);
	struct jurat_snp_tcb tcb;
	struct snp_tcb parts;
	uint64_t raw;
	int r = base_struct_take(&tcb, ret, microcode, "jurat_snp_tcb", NULL);

	if (r < 0)
		return r;
	if (!report || !tcb_of(report, kind, &raw))
		return JURAT_NOT_FOUND;
	tcb = (struct jurat_snp_tcb){ .raw = raw };
	if (verdict->product != SNP_PRODUCT_UNKNOWN && snp_tcb_read(verdict->product, raw, &parts)) {
		tcb.has_parts = 1;
		tcb.fmc = parts.fmc;
		tcb.boot_loader = parts.boot_loader;
		tcb.tee = parts.tee;
		tcb.snp = parts.snp;
		tcb.microcode = parts.microcode;
	}
	base_struct_give(ret, &tcb);
	return 0;
}
