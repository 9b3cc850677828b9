/* SPDX-License-Identifier: MIT */
#include "bench/bare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <nettle/ecc-curve.h>
#include <nettle/ecdsa.h>
#include <nettle/sha2.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

enum { SIGNED_BYTES = 672 };

struct bare_p384 {
	struct ecc_point public;
	struct ecc_scalar private;
	struct dsa_signature signature;
	uint8_t data[SIGNED_BYTES], digest[SHA384_DIGEST_SIZE];
};

static void random_bytes(void *ctx, size_t n, uint8_t *to)
{
	(void)ctx;
	while (n > 0) {
		ssize_t r = getrandom(to, n, 0);

		if (r > 0) {
			to += r;
			n -= (size_t)r;
		}
	}
}

int bare_p384_new(struct bare_p384 **ret)
{
	struct bare_p384 *b = calloc(1, sizeof(*b));
	struct sha384_ctx sha;

	if (!b)
		return -ENOMEM;
	ecc_point_init(&b->public, nettle_get_secp_384r1());
	ecc_scalar_init(&b->private, nettle_get_secp_384r1());
	dsa_signature_init(&b->signature);
	ecdsa_generate_keypair(&b->public, &b->private, NULL, random_bytes);
	sha384_init(&sha);
	sha384_update(&sha, sizeof(b->data), b->data);
	sha384_digest(&sha, sizeof(b->digest), b->digest);
	bare_p384_sign(b);
	*ret = b;
	return 0;
}

void bare_p384_free(struct bare_p384 *b)
{
	if (!b)
		return;
	ecc_point_clear(&b->public);
	ecc_scalar_clear(&b->private);
	dsa_signature_clear(&b->signature);
	free(b);
}

void bare_p384_sign(struct bare_p384 *b)
{
	ecdsa_sign(&b->private, NULL, random_bytes, sizeof(b->digest), b->digest, &b->signature);
}

int bare_p384_verify(struct bare_p384 *b)
{
	uint8_t digest[SHA384_DIGEST_SIZE];

	EVP_Digest(b->data, sizeof(b->data), digest, NULL, EVP_sha384(), NULL);
	return ecdsa_verify(&b->public, sizeof(digest), digest, &b->signature);
}

struct bare_p256 {
	EVP_PKEY *key;
	EVP_PKEY_CTX *ctx;
	uint8_t digest[32], signature[80];
	size_t signature_size;
};

int bare_p256_new(struct bare_p256 **ret)
{
	struct bare_p256 *b = calloc(1, sizeof(*b));
	EVP_PKEY_CTX *sign = NULL;
	int ok;

	if (!b)
		return -ENOMEM;
	b->signature_size = sizeof(b->signature);
	b->key = EVP_EC_gen("P-256");
	sign = b->key ? EVP_PKEY_CTX_new(b->key, NULL) : NULL;
	b->ctx = b->key ? EVP_PKEY_CTX_new(b->key, NULL) : NULL;
	ok = sign && b->ctx && EVP_PKEY_sign_init(sign) == 1 &&
	     EVP_PKEY_sign(sign, b->signature, &b->signature_size, b->digest, sizeof(b->digest)) == 1 &&
	     EVP_PKEY_verify_init(b->ctx) == 1;
	EVP_PKEY_CTX_free(sign);
	if (!ok) {
		bare_p256_free(b);
		return -ENOMEM;
	}
	*ret = b;
	return 0;
}

void bare_p256_free(struct bare_p256 *b)
{
	if (!b)
		return;
	EVP_PKEY_CTX_free(b->ctx);
	EVP_PKEY_free(b->key);
	free(b);
}

int bare_p256_verify(struct bare_p256 *b)
{
	return EVP_PKEY_verify(b->ctx, b->signature, b->signature_size, b->digest, sizeof(b->digest));
}
