/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "sim/forge/forge_internal.h"
#include "sim/forge/order_internal.h"

int order_check_tdx(const struct sim_edit *edit, int64_t at, struct jurat_error *err)
{
	(void)edit;
	(void)at;
	return jurat_fail(err, -EINVAL, "no such field");
}

const struct sim_field order_fields_tdx[] = { { .name = NULL } };

int forge_tdx(const struct sim_forge_options *options, struct sim_order *order, struct sim_forged *ret,
	      struct jurat_error *err)
{
	(void)options;
	(void)order;
	(void)ret;
	return jurat_fail(err, -EINVAL, "no evidence of TDX can be made to order yet");
}
