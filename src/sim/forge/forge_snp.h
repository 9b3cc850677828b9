/* SPDX-License-Identifier: MIT */
#ifndef SIM_FORGE_SNP_H
#define SIM_FORGE_SNP_H

#include "sim/forge/forge_internal.h"
#include "sim/forge/order_snp.h"

/* Applies the items of `guest`. */
JURAT_MUST_CHECK int forge_snp_launch(struct sim_order *order, struct sim_launch *launch,
				      struct jurat_error *err);
/* Applies the items of `platform` that are a platform's state. */
JURAT_MUST_CHECK int forge_snp_platform(struct sim_order *order, struct sim_psp *psp,
					struct jurat_error *err);

/* The members of struct sim_psp_edit; ctx is the order. */
int forge_snp_before(void *ctx, const struct sim_psp *psp, uint8_t report[SNP_REPORT_BYTES],
		     enum sim_psp_signer *signer);
int forge_snp_after(void *ctx, const struct sim_psp *psp, uint8_t *report, size_t room, size_t *size);
int forge_snp_endorse(void *ctx, const struct sim_psp *psp, struct sim_psp_request *request,
		      struct jurat_error *err);
int forge_snp_table(void *ctx, struct sim_psp *psp, struct sim_pki *pki, uint64_t tcb, const char *csp_id,
		    uint8_t **table, size_t *size, struct jurat_error *err);

#endif
