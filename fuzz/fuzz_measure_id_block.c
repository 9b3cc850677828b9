/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "jurat/error.h"
#include "measure/id_block.h"
#include "support/fuzz.h"

/* A byte: what is expected, a bit each. Then the parts ID block and ID authentication information. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zeros[MEASURE_DIGEST_BYTES];
	static const uint64_t policy = 1ULL << 17;
	static const uint32_t svn = 1;
	struct bytes_rd in = bytes_rd(data, size);
	uint8_t expect = fuzz_u8(&in);
	const struct id_block_expected expected = {
		.measurement = expect & 1 ? zeros : NULL,
		.family_id = expect & 2 ? zeros : NULL,
		.image_id = expect & 4 ? zeros : NULL,
		.guest_svn = expect & 8 ? &svn : NULL,
		.policy = expect & 16 ? &policy : NULL,
		.id_key_digest = expect & 32 ? zeros : NULL,
		.author_key_digest = expect & 64 ? zeros : NULL,
	};
	auto_bytes block = fuzz_part(&in), auth = fuzz_part(&in);
	struct id_block_result result;
	struct jurat_error err = { "" };
	int r = id_block_check(block.p, block.n, auth.p, auth.n, &expected, &result, &err);

	must(r == 0 || r == JURAT_REFUSED || (r == -EBADMSG && err.text[0]));
	if (r < 0)
		return 0;
	must((r == 0) == (result.n_reasons == 0) && result.n_reasons < ID_BLOCK_MAX_REASONS);
	must(!(expect & 32) || r == JURAT_REFUSED); /* no key has that digest */
	for (size_t i = 0; i < result.n_reasons; i++)
		must(result.reasons[i].code && result.reasons[i].detail[0]);
	if (r == JURAT_REFUSED)
		FUZZ_REACHED("refused");
	else if (result.keys.has_author_key)
		FUZZ_REACHED("accepted, with an author key");
	else
		FUZZ_REACHED("accepted");
	return 0;
}
