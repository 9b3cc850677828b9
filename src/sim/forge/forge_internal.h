/* SPDX-License-Identifier: MIT */
#ifndef SIM_FORGE_INTERNAL_H
#define SIM_FORGE_INTERNAL_H

#include "sim/forge/forge.h"

/* sim_forge() of one TEE: adds to `ret`, which the caller frees also on failure. */
int forge_snp(const struct sim_forge_options *options, struct sim_order *order, struct sim_forged *ret,
	      struct jurat_error *err);
int forge_tdx(const struct sim_forge_options *options, struct sim_order *order, struct sim_forged *ret,
	      struct jurat_error *err);

/* Adds a copy of the bytes; none of n = 0, which forge_add_file() does add. 0; -ENOMEM */
JURAT_MUST_CHECK int forge_add(struct sim_forged *to, const char *name, const uint8_t *bytes, size_t n,
			       struct jurat_error *err);

JURAT_MUST_CHECK int forge_add_file(struct sim_forged *to, const char *name, const uint8_t *bytes, size_t n,
				    struct jurat_error *err);

/* AMD's certificates and CRL: the hook of sim_pki. */
void forge_install_pki(struct sim_order *order, const struct sim_psp *psp, struct sim_pki *pki);

#endif
