/* SPDX-License-Identifier: MIT */
#include "crypto/ec_nonce.h"

#include <string.h>

#include "base/bytes.h"

int ec_nonce_init(struct ec_nonce *nonce, struct base_env *env, const uint8_t *scalar, size_t n,
		  const uint8_t *digest, size_t digest_size)
{
	int r;

	*nonce = (struct ec_nonce){ 0 };
	r = env ? base_random(env, nonce->random, sizeof(nonce->random)) : 0;
	if (r < 0)
		return r;
	memcpy(nonce->scalar, scalar, n);
	crypto_sha512(digest, digest_size, nonce->digest);
	return 0;
}

void ec_nonce_draw(void *ctx, size_t n, uint8_t *to)
{
	struct ec_nonce *nonce = ctx;
	uint8_t block[CRYPTO_SHA512_BYTES];

	while (n > 0) {
		size_t part = n < sizeof(block) ? n : sizeof(block);

		bytes_put_le(nonce->counter, bytes_get_le(nonce->counter, sizeof(nonce->counter)) + 1,
			     sizeof(nonce->counter));
		crypto_sha512(nonce, sizeof(*nonce), block);
		memcpy(to, block, part);
		to += part;
		n -= part;
	}
	bytes_wipe(block, sizeof(block));
}
