/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <jurat/verify.h>

#include "support/fuzz.h"

/* A policy file, and the same text as `member=value` of the command line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jurat_policy *p;
	char text[512];
	char *value;

	must(jurat_policy_new(&p, NULL) == 0);
	if (jurat_policy_read_json(p, (const char *)data, size, NULL) == 0)
		FUZZ_REACHED("a policy is read");
	if (size < sizeof(text)) {
		if (size > 0)
			memcpy(text, data, size);
		text[size] = '\0';
		value = strchr(text, '=');
		if (value) {
			*value++ = '\0';
			if (jurat_policy_set(p, text, value, NULL) == 0)
				FUZZ_REACHED("a member is set");
		}
	}
	jurat_policy_free(p);
	return 0;
}
