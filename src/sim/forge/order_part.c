/* SPDX-License-Identifier: MIT */
#include "sim/forge/order.h"

static const char *const part_names[SIM_N_PARTS] = {
	[SIM_PART_GUEST] = "guest",
	[SIM_PART_PLATFORM] = "platform",
	[SIM_PART_REPORT] = "report",
	[SIM_PART_TABLE] = "table",
	[SIM_PART_VCEK] = "vcek",
	[SIM_PART_VLEK] = "vlek",
	[SIM_PART_ASK] = "ask",
	[SIM_PART_ASVK] = "asvk",
	[SIM_PART_ARK] = "ark",
	[SIM_PART_CRL] = "crl",
	[SIM_PART_TD] = "td",
	[SIM_PART_QUOTE] = "quote",
	[SIM_PART_BODY] = "body",
	[SIM_PART_QE_REPORT] = "qe_report",
	[SIM_PART_PCK] = "pck",
	[SIM_PART_PCK_CA] = "pck_ca",
	[SIM_PART_ROOT] = "root",
	[SIM_PART_TCB_SIGNING] = "tcb_signing",
	[SIM_PART_PCK_CRL] = "pck_crl",
	[SIM_PART_ROOT_CRL] = "root_crl",
	[SIM_PART_TCB_INFO] = "tcb_info",
	[SIM_PART_QE_IDENTITY] = "qe_identity",
};

const char *sim_part_name(enum sim_part part)
{
	return part_names[part];
}
