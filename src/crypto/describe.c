/* SPDX-License-Identifier: MIT */
#include "crypto/describe.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/ec.h"
#include "crypto/rsa_maker.h"

void crypto_describe(char ret[CRYPTO_DESCRIPTION_BYTES])
{
	const struct {
		const char *what;
		void (*describe)(char ret[CRYPTO_LIBRARY_BYTES]);
	} parts[] = { { "P-256", CRYPTO_P256_MAKER.describe },
		      { "P-384", CRYPTO_P384_MAKER.describe },
		      { "RSA", CRYPTO_RSA_MAKER.describe } };
	char library[CRYPTO_LIBRARY_BYTES];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		bool said = false;

		for (size_t j = 0; j < i; j++)
			said |= parts[j].describe == parts[i].describe;
		if (said)
			continue;
		n += (size_t)snprintf(ret + n, CRYPTO_DESCRIPTION_BYTES - n, "%s%s", n > 0 ? "; " : "",
				      parts[i].what);
		for (size_t j = i + 1; j < ARRAY_SIZE(parts); j++)
			if (parts[j].describe == parts[i].describe)
				n += (size_t)snprintf(ret + n, CRYPTO_DESCRIPTION_BYTES - n, ", %s",
						      parts[j].what);
		parts[i].describe(library);
		n += (size_t)snprintf(ret + n, CRYPTO_DESCRIPTION_BYTES - n, ": %s", library);
	}
}
