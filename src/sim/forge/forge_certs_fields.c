/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "sim/forge/order_internal.h"
#include "sim/forge/x509_edit.h"

static enum sim_x509_kind kind_of(enum sim_part part)
{
	switch (part) {
	case SIM_PART_VCEK:
	case SIM_PART_VLEK:
		return SIM_X509_AMD_LEAF;
	case SIM_PART_PCK:
		return SIM_X509_PCK;
	case SIM_PART_CRL:
	case SIM_PART_PCK_CRL:
	case SIM_PART_ROOT_CRL:
		return SIM_X509_CRL;
	default:
		return SIM_X509_CERT;
	}
}

int order_check_x509(const struct sim_edit *edit, int64_t at, struct jurat_error *err)
{
	return sim_x509_check(kind_of(edit->part), edit->field, edit->value, at, err);
}

const struct sim_field order_fields_x509[] = { { .name = NULL } };
