/* SPDX-License-Identifier: MIT */
#include "crypto/p256_signer.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/ec.h"
#include "crypto/hash.h"

enum { N = CRYPTO_P256_BYTES };

/*
 * nettle signs, which needs no memory that it could lack, or else aborts. Where AWS-LC is faster, it signs
 * with the same nonce, and nettle only if AWS-LC cannot.
 */
struct crypto_p256_signer {
	void *key, *fast;
	uint8_t scalar[N]; /* for nonces */
	uint8_t xy[2 * N];
};

/* Derives the first scalar in range; one in 2^32 is not. Must agree with crypto_ec_private_derive(). */
static int derive_key(struct crypto_p256_signer *signer, const void *secret, size_t secret_size)
{
	uint8_t context[4];
	int r = -EDOM;

	for (uint32_t counter = 0; r == -EDOM; counter++) {
		bytes_put_le(context, counter, sizeof(context));
		crypto_derive(secret, secret_size, "jurat ecdsa p-256", context, sizeof(context),
			      signer->scalar, N);
		r = crypto_p256_hogweed.private_new(signer->scalar, &signer->key);
	}
#ifdef CRYPTO_P256_FAST
	if (r == 0)
		r = CRYPTO_P256_FAST.private_new(signer->scalar, &signer->fast);
#endif
	return r;
}

int crypto_p256_signer_derive(const void *secret, size_t secret_size, struct crypto_p256_signer **ret,
			      struct jurat_error *err)
{
	struct crypto_p256_signer *signer = base_secret_new(sizeof(*signer));

	if (!signer)
		return jurat_fail_memory(err);
	if (derive_key(signer, secret, secret_size) < 0) {
		crypto_p256_signer_free(signer);
		return jurat_fail_memory(err);
	}
	crypto_p256_hogweed.private_public(signer->key, signer->xy);
	*ret = signer;
	return 0;
}

void crypto_p256_signer_free(struct crypto_p256_signer *signer)
{
	if (!signer)
		return;
#ifdef CRYPTO_P256_FAST
	CRYPTO_P256_FAST.private_free(signer->fast);
#endif
	crypto_p256_hogweed.private_free(signer->key);
	base_secret_free(signer, sizeof(*signer));
}

const uint8_t *crypto_p256_signer_public(const struct crypto_p256_signer *signer)
{
	return signer->xy;
}

const uint8_t *crypto_p256_signer_private(const struct crypto_p256_signer *signer)
{
	return signer->scalar;
}

struct nonce {
	uint8_t scalar[N];
	uint8_t digest_and_counter[N + 4]; /* another is drawn when one is out of range */
};

static void draw(void *ctx, size_t n, uint8_t *to)
{
	struct nonce *nonce = ctx;
	uint8_t *counter = nonce->digest_and_counter + N;

	bytes_put_le(counter, bytes_get_le(counter, 4) + 1, 4);
	crypto_derive(nonce->scalar, N, "jurat ecdsa p-256 nonce", nonce->digest_and_counter,
		      sizeof(nonce->digest_and_counter), to, n);
}

static int sign_by(const struct crypto_ec_maker *maker, const void *key, const uint8_t *scalar,
		   const uint8_t *digest, uint8_t *ret)
{
	struct nonce nonce = { 0 };
	int r;

	memcpy(nonce.scalar, scalar, N);
	memcpy(nonce.digest_and_counter, digest, N);
	r = maker->sign_drawn(key, draw, &nonce, digest, N, ret, ret + N);
	bytes_wipe(&nonce, sizeof(nonce));
	return r;
}

void crypto_p256_signer_sign(const struct crypto_p256_signer *signer, const uint8_t digest[32],
			     uint8_t ret[2 * N])
{
#ifdef CRYPTO_P256_FAST
	if (sign_by(&CRYPTO_P256_FAST, signer->fast, signer->scalar, digest, ret) == 0)
		return;
#endif
	(void)sign_by(&crypto_p256_hogweed, signer->key, signer->scalar, digest, ret); /* does not fail */
}
