/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <jurat/verify.h>

#include "support/fuzz.h"
#include "verify/policy_write.h"

/* What is written of a policy is read as the same policy. */
static void round_trip(const struct jurat_policy *policy)
{
	char *text = policy_write_json(policy), *again;
	struct jurat_policy *p;

	must(text && jurat_policy_new(&p, NULL) == 0);
	must(jurat_policy_read_json(p, text, strlen(text), NULL) == 0);
	again = policy_write_json(p);
	must(again && strcmp(text, again) == 0);
	jurat_policy_free(p);
	free(again);
	free(text);
}

/* A policy file, and the same text as `member=value` of the command line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jurat_policy *p;
	char text[512];
	char *value;

	must(jurat_policy_new(&p, NULL) == 0);
	if (jurat_policy_read_json(p, (const char *)data, size, NULL) == 0)
		FUZZ_REACHED("a policy is read");
	round_trip(p);
	if (size < sizeof(text)) {
		if (size > 0)
			memcpy(text, data, size);
		text[size] = '\0';
		value = strchr(text, '=');
		if (value) {
			*value++ = '\0';
			if (jurat_policy_set(p, text, value, NULL) == 0)
				FUZZ_REACHED("a member is set");
			round_trip(p);
		}
	}
	jurat_policy_free(p);
	return 0;
}
