/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "crypto/hash.h"
#include "sim/psp/psp_internal.h"
#include "support/env.h"
#include "support/fuzz.h"

/*
 * The state of a platform as a file has it: what loads is saved as the same bytes, what does not changes
 * nothing. The first byte says which platform it is loaded into, and with HASH that the digest at its end is
 * made anew; the rest is the file.
 */
enum { HASH = 0x80 };

/* What `jurat run --state` makes of a file: a platform like the one that wrote it. */
static void make_from(const struct fuzz_bytes *file)
{
	struct sim_psp_options options = { .env = fuzz_env() };
	struct sim_psp *psp;
	int r;

	if (sim_psp_state_platform(file->p, file->n, &options.product, &options.report_version, NULL) != 0)
		return;
	r = sim_psp_new(&options, &psp, NULL);
	must(r == 0 || r == -EINVAL);
	if (r == 0)
		sim_psp_free(psp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sim_psp_options platforms[] = { { .product = SNP_MILAN, .report_version = 3 },
							    { .product = SNP_GENOA, .report_version = 5 },
							    { .product = SNP_TURIN, .report_version = 5 } };
	struct sim_psp_options options;
	uint8_t before[SIM_PSP_STATE_BYTES], after[SIM_PSP_STATE_BYTES];
	struct sim_psp *psp;
	int r;

	if (size < 1)
		return 0;
	auto_bytes file = fuzz_copy(data + 1, size - 1);
	if (data[0] & HASH && file.n == SIM_PSP_STATE_BYTES)
		crypto_sha256(file.p, file.n - CRYPTO_SHA256_BYTES, file.p + file.n - CRYPTO_SHA256_BYTES);
	make_from(&file);
	options = platforms[(data[0] & 0x7f) % ARRAY_SIZE(platforms)];
	options.env = fuzz_env();
	must(sim_psp_new(&options, &psp, NULL) == 0);
	sim_psp_save(psp, before);
	r = sim_psp_load(psp, file.p, file.n, NULL);
	sim_psp_save(psp, after);
	if (r == 0) {
		FUZZ_REACHED("a state is loaded");
		if (psp->vlek_en)
			FUZZ_REACHED("a state with a VLEK is loaded");
		must(memcmp(after, file.p, sizeof(after)) == 0);
	} else {
		must(r == -EINVAL || r == -EBADMSG);
		if (r == -EINVAL)
			FUZZ_REACHED("another platform's state");
		must(memcmp(before, after, sizeof(after)) == 0);
	}
	sim_psp_free(psp);
	return 0;
}
