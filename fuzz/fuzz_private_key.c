/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "crypto/ec.h"
#include "support/fuzz.h"

/* An input is a file with a private key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_bytes copy = fuzz_copy(data, size);

	for (int curve = CRYPTO_P256; curve <= CRYPTO_P384; curve++) {
		uint8_t xy[2 * CRYPTO_EC_MAX_BYTES];
		struct crypto_ec_private *key = NULL;
		struct jurat_error err = { "" };
		int r = crypto_ec_private_read((enum crypto_curve)curve, copy.p, copy.n, &key, &err);

		must(r == 0 || (r == -EBADMSG && !key && err.text[0]));
		if (r < 0)
			continue;
		crypto_ec_private_public(key, xy);
		crypto_ec_private_free(key);
		if (copy.p[0] == '-')
			FUZZ_REACHED("a private key in PEM");
		else
			FUZZ_REACHED("a private key in DER");
	}
	return 0;
}
