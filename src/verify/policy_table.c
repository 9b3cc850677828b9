/* SPDX-License-Identifier: MIT */
#include "verify/policy_table.h"

#include <string.h>

#include "base/cleanup.h"
#include "verify/policy_bits.h"
#include "verify/report_data.h"
#include "verify/tdx_status.h"
#include "wire/tdx_report.h"

/* clang-format off */
#define ROW(name, member, scope, kind, arg, widens) \
	{ name, POLICY_OF_##scope, POLICY_KIND_##kind, offsetof(struct jurat_policy, member), arg, widens }
#define MEMBER(name, scope, kind, arg) ROW(#name, name, scope, kind, arg, false)
#define WIDENS(name, scope, kind, arg) ROW(#name, name, scope, kind, arg, true)
/* clang-format on */
#define GUEST_BIT_MEMBER(member, scope, value, bit, wrong, reason)                                           \
	ROW(#member, member, scope, BOOL, 0, value != wrong),
#define TD_BYTES_MEMBER(field, size, reason) MEMBER(field, TDX, BYTES, size),

const struct policy_row policy_rows[] = {
	MEMBER(report_data, ANY, REPORT_DATA, REPORT_DATA_BYTES),
	MEMBER(measurement, ANY, BYTES, 48),
	MEMBER(host_data, SNP, BYTES, 32),
	MEMBER(id_key_digest, SNP, BYTES, 48),
	MEMBER(author_key_digest, SNP, BYTES, 48),
	MEMBER(family_id, SNP, BYTES, 16),
	MEMBER(image_id, SNP, BYTES, 16),
	MEMBER(report_id, SNP, BYTES, 32),
	MEMBER(chip_id, SNP, CHIP_ID, 64),
	POLICY_GUEST_BITS(GUEST_BIT_MEMBER) ROW("vmpl", vmpls, SNP, NUMBERS, 3, false),
	MEMBER(maximum_vmpl, SNP, NUMBER, 3),
	MEMBER(minimum_guest_svn, SNP, NUMBER, UINT32_MAX),
	MEMBER(minimum_policy_abi, SNP, VERSION, 2),
	MEMBER(minimum_firmware, SNP, VERSION, 3),
	MEMBER(minimum_committed_firmware, SNP, VERSION, 3),
	MEMBER(minimum_tcb, SNP, TCB, 0),
	MEMBER(minimum_committed_tcb, SNP, TCB, 0),
	MEMBER(minimum_current_tcb, SNP, TCB, 0),
	MEMBER(minimum_launch_tcb, SNP, TCB, 0),
	MEMBER(minimum_launch_mit_vector, SNP, VECTOR, 0),
	MEMBER(minimum_current_mit_vector, SNP, VECTOR, 0),
	MEMBER(require_launch_mitigations, SNP, BOOL, 0),
	MEMBER(allow_provisional_firmware, SNP, BOOL, 0),
	MEMBER(required_platform_info, SNP, FLAGS, POLICY_PLATFORM_INFO),
	MEMBER(forbidden_platform_info, SNP, FLAGS, POLICY_PLATFORM_INFO),
	WIDENS(allow_unknown_platform_info, SNP, UNKNOWN, POLICY_PLATFORM_INFO),
	MEMBER(products, SNP, PRODUCTS, 0),
	MEMBER(allow_vcek, SNP, BOOL, 0),
	MEMBER(allow_vlek, SNP, BOOL, 0),
	WIDENS(allow_masked_chip_id, SNP, BOOL, 0),
	MEMBER(csp_id, VLEK, WORDS, 0),
	MEMBER(require_crl, ANY, BOOL, 0),
	MEMBER(tees, ANY, TEES, 0),
	POLICY_TD_BYTES(TD_BYTES_MEMBER) POLICY_PCK_BYTES(TD_BYTES_MEMBER) MEMBER(sgx_type, TDX, NUMBERS, 31),
	MEMBER(minimum_tee_tcb_svn, TDX, SVNS, 0),
	WIDENS(minimum_tcb_date, TDX, TIME, 0),
	WIDENS(allowed_td_attributes, TDX, FLAGS, POLICY_TD_ATTRIBUTES),
	MEMBER(required_td_attributes, TDX, FLAGS, POLICY_TD_ATTRIBUTES),
	WIDENS(allowed_xfam, TDX, FLAGS, POLICY_XFAM),
	MEMBER(required_xfam, TDX, FLAGS, POLICY_XFAM),
	WIDENS(allow_unknown_td_attributes, TDX, UNKNOWN, POLICY_TD_ATTRIBUTES),
	WIDENS(allow_unknown_xfam, TDX, UNKNOWN, POLICY_XFAM),
	WIDENS(allow_service_td, TDX, BOOL, 0),
	WIDENS(allow_no_collateral, TDX, BOOL, 0),
	WIDENS(accepted_tcb_statuses, TDX, STATUSES, 0),
	MEMBER(accepted_current_tcb_statuses, TDX, STATUSES, 0),
	MEMBER(accepted_advisories, TDX, ADVISORIES, 0),
	MEMBER(rejected_advisories, TDX, ADVISORIES, 0),
	MEMBER(maximum_collateral_age_days, TDX, NUMBER, 36500),
	MEMBER(minimum_tcb_evaluation_data_number, TDX, NUMBER, UINT32_MAX),
	MEMBER(require_event_log, TDX, BOOL, 0),
	MEMBER(event_digests, TDX, EVENTS, 0),
	MEMBER(kernel_cmdline, TDX, TEXTS, 0),
	MEMBER(require_secure_boot, TDX, BOOL, 0),
	WIDENS(allow_unexplained_rtmr3, TDX, BOOL, 0),
};

const size_t policy_n_rows = ARRAY_SIZE(policy_rows);
_Static_assert(ARRAY_SIZE(policy_rows) <= POLICY_MAX_MEMBERS, "a policy remembers which members were set");

const struct policy_row *policy_row_find(const char *name)
{
	for (size_t i = 0; i < policy_n_rows; i++)
		if (strcmp(policy_rows[i].name, name) == 0)
			return &policy_rows[i];
	return NULL;
}

void policy_init(struct jurat_policy *policy)
{
	*policy = (struct jurat_policy){
#define GUEST_BIT_DEFAULT(member, scope, value, bit, wrong, reason) .member = value,
		POLICY_GUEST_BITS(GUEST_BIT_DEFAULT) /* no debug, nothing else restricted */
			.vmpls = 0xf,
		.maximum_vmpl = 3,
		.allow_provisional_firmware = true,
		.products = UINT32_MAX,
		.allow_vcek = true,
		.allow_vlek = true,
		.tees = UINT32_MAX,
		.sgx_type = UINT32_MAX,
		.minimum_tcb_date = INT64_MAX,
		.allowed_td_attributes = TDX_ATTR_ESTABLISHED_MASK,
		.allowed_xfam = TDX_XFAM_FIXED0,
		.required_xfam = TDX_XFAM_FIXED1,
		.accepted_tcb_statuses = 1u << TCB_UP_TO_DATE,
		.accepted_current_tcb_statuses = UINT32_MAX,
	};
}
