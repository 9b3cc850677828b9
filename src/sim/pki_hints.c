/* SPDX-License-Identifier: MIT */
/* Made by scripts/make-pki-hints. Do not edit. */
#include "sim/pki_internal.h"

const uint32_t sim_pki_hints[SNP_N_PRODUCTS][SIM_N_CAS][2] = {
	[SNP_MILAN] = { { 0 } },
};
