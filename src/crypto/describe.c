/* SPDX-License-Identifier: MIT */
#include "crypto/describe.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/ec.h"
#include "crypto/rsa_maker.h"

static void put(struct bytes_wr *w, const char *text)
{
	bytes_wr_copy(w, (const uint8_t *)text, strlen(text));
}

void crypto_describe(char ret[CRYPTO_DESCRIPTION_BYTES])
{
	const struct {
		const char *what;
		void (*describe)(char *ret);
	} parts[] = { { "P-256", CRYPTO_P256_MAKER.describe },
		      { "P-384", CRYPTO_P384_MAKER.describe },
		      { "RSA", CRYPTO_RSA_MAKER.describe } };
	struct bytes_wr w = bytes_wr((uint8_t *)ret, CRYPTO_DESCRIPTION_BYTES);
	bool done[ARRAY_SIZE(parts)] = { false };
	char library[CRYPTO_LIBRARY_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (done[i])
			continue;
		parts[i].describe(library);
		put(&w, i > 0 ? ", " : "");
		put(&w, library);
		for (size_t j = i; j < ARRAY_SIZE(parts); j++)
			if (parts[j].describe == parts[i].describe) {
				put(&w, j == i ? " (" : ", ");
				put(&w, parts[j].what);
				done[j] = true;
			}
		put(&w, ")");
	}
	bytes_wr_u8(&w, '\0');
}
