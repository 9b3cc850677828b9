/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "measure/gpt.h"
#include "support/fuzz.h"

/* An input is what a disk begins with, or the data of an event. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_bytes copy = fuzz_copy(data, size);
	auto_free uint8_t *got = NULL, *again = NULL;
	struct jurat_error err = { "" };
	size_t n, n_again;
	int r = gpt_data((struct measure_bytes){ copy.p, copy.n }, &got, &n, &err);

	must(r == 0 || (r == -EBADMSG && err.text[0]));
	if (r < 0)
		return 0;
	FUZZ_REACHED("a table");
	must(gpt_data((struct measure_bytes){ got, n }, &again, &n_again, NULL) == 0);
	must(n == n_again && memcmp(got, again, n) == 0);
	return 0;
}
