/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "sim/forge/forge_internal.h"
#include "sim/forge/forge_tdx.h"
#include "sim/forge/order_internal.h"

int order_check_x509(const struct sim_edit *edit, int64_t at, struct jurat_error *err)
{
	(void)edit;
	(void)at;
	return jurat_fail(err, -EINVAL, "no such field");
}

const struct sim_field order_fields_x509[] = { { .name = NULL } };

int forge_install_pki(struct sim_order *order, struct sim_pki *pki, struct jurat_error *err)
{
	(void)order;
	(void)pki;
	(void)err;
	return 0;
}

int sim_forge_install_intel(struct sim_order *order, struct sim_pki_intel *pki, struct jurat_error *err)
{
	const struct sim_pki_intel_hook hook = { .before = forge_tdx_before,
						 .after = forge_tdx_after,
						 .ctx = order };

	return sim_pki_intel_set_hook(pki, &hook, err);
}
