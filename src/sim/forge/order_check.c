/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "sim/forge/order_internal.h"
#include "sim/forge/order_snp.h"

int order_check(const struct sim_edit *edit, int64_t at, struct jurat_error *err)
{
	switch (edit->part) {
	case SIM_PART_GUEST:
	case SIM_PART_REPORT:
	case SIM_PART_TABLE:
		return order_check_snp(edit, at, err);
	case SIM_PART_PLATFORM:
		return order_is_snp_platform(edit->field) ? order_check_snp(edit, at, err)
							  : order_check_tdx(edit, at, err);
	case SIM_PART_VCEK:
	case SIM_PART_VLEK:
		return edit->kind == SIM_EDIT_SET && !strncmp(edit->field, "for_", 4)
			       ? order_check_snp(edit, at, err)
			       : order_check_x509(edit, at, err);
	case SIM_PART_TD:
	case SIM_PART_QUOTE:
	case SIM_PART_BODY:
	case SIM_PART_QE_REPORT:
	case SIM_PART_TCB_INFO:
	case SIM_PART_QE_IDENTITY:
		return order_check_tdx(edit, at, err);
	case SIM_PART_PCK_CRL:
		return strcmp(edit->field, "chain") == 0 ? order_check_tdx(edit, at, err)
							 : order_check_x509(edit, at, err);
	default:
		return order_check_x509(edit, at, err);
	}
}
