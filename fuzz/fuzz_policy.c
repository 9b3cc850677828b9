/* deps: verify_dep */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include <jurat/verify.h>

/* A policy file, and the same text as `member=value` of the command line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jurat_policy *p;
	char text[512];
	char *value;

	if (jurat_policy_new(&p, NULL) != 0)
		return 0;
	(void)!jurat_policy_read_json(p, (const char *)data, size, NULL);
	if (size < sizeof(text)) {
		if (size > 0)
			memcpy(text, data, size);
		text[size] = '\0';
		value = strchr(text, '=');
		if (value) {
			*value++ = '\0';
			(void)!jurat_policy_set(p, text, value, NULL);
		}
	}
	jurat_policy_free(p);
	return 0;
}
