/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/bytes.h"
#include "sim/tdx/tdx_module.h"

/* Spec: Intel TDX module base specification, measurement of TD pages: each leaf adds a block of 128 bytes. */
enum { BLOCK_BYTES = 128, GPA_AT = 16 };

static void add_block(struct sim_td_build *build, const char *leaf, uint64_t gpa)
{
	uint8_t block[BLOCK_BYTES] = { 0 };

	memcpy(block, leaf, strlen(leaf));
	bytes_put_le(block + GPA_AT, gpa, 8);
	crypto_sha384_add(&build->mrtd, block, sizeof(block));
}

void sim_td_build_init(struct sim_td_build *build)
{
	crypto_sha384_init(&build->mrtd);
}

void sim_td_page_add(struct sim_td_build *build, uint64_t gpa)
{
	add_block(build, "MEM.PAGE.ADD", gpa);
}

void sim_td_mr_extend(struct sim_td_build *build, uint64_t gpa, const uint8_t chunk[SIM_TD_CHUNK_BYTES])
{
	add_block(build, "MR.EXTEND", gpa);
	crypto_sha384_add(&build->mrtd, chunk, SIM_TD_CHUNK_BYTES);
}

void sim_td_mr_finalize(struct sim_td_build *build, struct sim_td_params *params)
{
	crypto_sha384_end(&build->mrtd, params->mrtd);
}
