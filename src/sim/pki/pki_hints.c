/* SPDX-License-Identifier: MIT */
/* Made by scripts/make-pki-hints. Do not edit. */
#include "sim/pki/pki_internal.h"

/* clang-format off */
const uint32_t sim_pki_hints[SNP_N_PRODUCTS][SIM_N_CAS][2] = {
	[SNP_MILAN] = { { 559, 32 }, { 640, 1089 }, { 782, 690 } },
	[SNP_GENOA] = { { 1041, 28 }, { 282, 1138 }, { 618, 590 } },
	[SNP_TURIN] = { { 698, 94 }, { 87, 426 }, { 575, 154 } },
};
const uint32_t sim_pki_other_hints[2] = { 1509, 122 };
