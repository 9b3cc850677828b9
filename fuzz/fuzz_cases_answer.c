/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cases/run.h"
#include "support/fuzz.h"

/* An input is what an adapter printed for the case `snp-fuzzed`. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_bytes copy = fuzz_copy(data, size);
	struct cases_result result = { .answer = CASES_N_ANSWERS };

	memset(result.text, 0xff, sizeof(result.text));
	cases_answer_read((const char *)copy.p, copy.n, "snp-fuzzed", &result);
	must(result.answer < CASES_N_ANSWERS && memchr(result.text, '\0', sizeof(result.text)));
	for (const char *c = result.text; *c; c++)
		must((unsigned char)*c >= ' ' && *c != 0x7f);
	switch (result.answer) {
	case CASES_ANSWERED_ERROR:
		must(result.text[0]);
		FUZZ_REACHED("an error of the adapter");
		break;
	case CASES_ANSWERED_UNSUPPORTED:
		FUZZ_REACHED("a case that is not supported");
		break;
	default:
		FUZZ_REACHED("a verdict");
		break;
	}
	return 0;
}
