/* SPDX-License-Identifier: MIT */
#include "support/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "support/fuzz.h"
#include "verify/policy_from.h"
#include "verify/policy_write.h"

static void use_reasons(const struct jurat_verdict *v)
{
	size_t n = jurat_verdict_reason_count(v);

	must((n == 0) == (jurat_verdict_accepted(v) == 1));
	for (size_t i = 0; i < n; i++) {
		must(jurat_verdict_reason_code(v, i) && jurat_verdict_reason_detail(v, i));
		must(jurat_verdict_has_reason(v, jurat_verdict_reason_code(v, i)));
	}
	must(!jurat_verdict_reason_code(v, n) && !jurat_verdict_reason_detail(v, n));
	n = jurat_verdict_not_judged_count(v);
	for (size_t i = 0; i < n; i++)
		must(jurat_verdict_not_judged_code(v, i) && jurat_verdict_not_judged_detail(v, i));
	must(!jurat_verdict_not_judged_code(v, n) && !jurat_verdict_not_judged_detail(v, n));
}

static void use_fields(const struct jurat_verdict *v)
{
	static const char *const names[] = { "policy",    "platform_info", "chip_id",  "launch_mit_vector",
					     "vmpl",      "td_attributes", "mrtd",     "mr_service_td",
					     "report_id", "reported_tcb",  "qe_report" };
	const uint8_t *bytes;
	uint64_t number;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)!jurat_verdict_field_number(v, names[i], &number);
		if (jurat_verdict_field_bytes(v, names[i], &bytes, &n) == 0)
			must(n > 0 && bytes[n - 1] <= 0xff);
	}
	must(!jurat_verdict_report_data(v) == !jurat_verdict_measurement(v));
}

static void use_snp(const struct jurat_verdict *v)
{
	for (int kind = JURAT_SNP_TCB_REPORTED; kind <= JURAT_SNP_TCB_LAUNCH + 1; kind++) {
		struct jurat_snp_tcb tcb = { .size = sizeof(tcb) };
		int r = jurat_verdict_snp_tcb(v, (enum jurat_snp_tcb_kind)kind, &tcb);

		must((r == 0) == (kind <= JURAT_SNP_TCB_LAUNCH) && (r == 0 || r == JURAT_NOT_FOUND));
	}
	must(jurat_verdict_snp_chip_id(v));
	(void)jurat_verdict_snp_product(v);
}

static void use_tdx(const struct jurat_verdict *v)
{
	struct jurat_tdx_event_log log = { .size = sizeof(log) };
	size_t n = jurat_verdict_tdx_advisory_count(v);
	const char *line;

	for (int part = JURAT_TDX_TCB_PART_ALL; part <= JURAT_TDX_TCB_PART_THIS_PLATFORM + 1; part++) {
		struct jurat_tdx_tcb tcb = { .size = sizeof(tcb) };

		if (jurat_verdict_tdx_tcb(v, (enum jurat_tdx_tcb_part)part, &tcb) == 0)
			must(jurat_tdx_tcb_status_name(tcb.status));
	}
	for (size_t i = 0; i < n; i++)
		must(jurat_verdict_tdx_advisory(v, i));
	must(!jurat_verdict_tdx_advisory(v, n) && !jurat_verdict_tdx_rtmr(v, 4));
	(void)jurat_verdict_tdx_fmspc(v);
	if (jurat_verdict_tdx_event_log(v, &log) == 0)
		for (size_t i = 0; (line = jurat_verdict_tdx_kernel_cmdline(v, i)); i++)
			must(i < log.kernel_cmdline_count && strlen(line) < SIZE_MAX);
}

static void use_shortfalls(const struct jurat_verdict *v)
{
	size_t n = jurat_verdict_shortfall_count(v);

	for (size_t i = 0; i < n; i++) {
		struct jurat_shortfall s = { .size = sizeof(s) };

		must(jurat_verdict_shortfall(v, i, &s) == 0 && s.part && s.component && s.name);
		for (size_t k = 0; k < s.advisory_count; k++)
			must(jurat_verdict_shortfall_advisory(v, i, k));
		must(!jurat_verdict_shortfall_advisory(v, i, s.advisory_count));
	}
	must(jurat_verdict_shortfall(v, n,
				     &(struct jurat_shortfall){ .size = sizeof(struct jurat_shortfall) }) ==
	     JURAT_NOT_FOUND);
}

void fuzz_use_verdict(const struct jurat_verdict *verdict)
{
	char *json = jurat_verdict_json(verdict), *text = jurat_verdict_text(verdict);

	must(json && text);
	free(json);
	free(text);
	use_reasons(verdict);
	use_fields(verdict);
	if (jurat_verdict_measurement(verdict)) {
		if (jurat_verdict_tee(verdict) == JURAT_TEE_TDX)
			use_tdx(verdict);
		else
			use_snp(verdict);
	}
	use_shortfalls(verdict);
}

/* What is written of a policy is read as the same policy. */
static struct jurat_policy *read_again(const struct jurat_policy *policy)
{
	char *text = policy_write_json(policy), *again;
	struct jurat_policy *p;

	must(text && jurat_policy_new(&p, NULL) == 0);
	must(jurat_policy_read_json(p, text, strlen(text), NULL) == 0);
	again = policy_write_json(p);
	must(again && strcmp(text, again) == 0);
	free(again);
	free(text);
	return p;
}

struct jurat_policy *fuzz_policy_from(const struct jurat_verdict *verdict, const struct jurat_policy *policy)
{
	struct jurat_policy *base, *pinned, *ret = NULL;
	struct policy_pins pins = { 0 };
	int r;

	must(policy_pins_add(&pins, "default,all", NULL) == 0);
	must(jurat_policy_new(&base, NULL) == 0 && jurat_policy_new(&pinned, NULL) == 0);
	if (policy)
		must(policy_merge(base, policy, NULL, NULL, NULL) == 0);
	r = policy_from(verdict, &pins, base, pinned, NULL);
	must(r == 0 || (r == JURAT_NOT_FOUND && !jurat_verdict_measurement(verdict)));
	if (r == 0) {
		must(policy_merge(base, pinned, NULL, NULL, NULL) == 0);
		ret = read_again(base);
	}
	jurat_policy_free(pinned);
	jurat_policy_free(base);
	return ret;
}
