/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "measure/linux_header.h"
#include "measure/pe.h"
#include "support/fuzz.h"

/* An input is a kernel. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_bytes copy = fuzz_copy(data, size);
	const struct measure_bytes kernel = { copy.p, copy.n };
	const struct linux_boot boot = { kernel, size / 2, "console=ttyS0", (uint64_t)size << 20 };
	uint8_t plain[MEASURE_DIGEST_BYTES], patched[MEASURE_DIGEST_BYTES], head[LINUX_HEADER_BYTES];
	struct jurat_error err = { "" };
	int r = pe_authenticode(kernel, (struct measure_bytes){ NULL, 0 }, "kernel", plain, &err);

	must(r == 0 || (r == -EBADMSG && err.text[0]));
	if (r < 0)
		return 0;
	FUZZ_REACHED("a PE image");
	r = linux_header_patch(&boot, head, &err);
	must(r == 0 || ((r == -EBADMSG || r == -EINVAL) && err.text[0]));
	if (r < 0)
		return 0;
	FUZZ_REACHED("a kernel that QEMU boots");
	r = pe_authenticode(kernel, (struct measure_bytes){ head, sizeof(head) }, "kernel", patched, NULL);
	must(r == 0);
	must(memcmp(head, copy.p, sizeof(head)) != 0 || memcmp(plain, patched, sizeof(plain)) == 0);
	return 0;
}
