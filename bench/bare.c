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

/* A key pair and a signature of an implementation of src/crypto. */
struct made {
	const struct crypto_ec_maker *maker; /* NULL: there is none */
	void *private, *public;
	uint8_t r[CRYPTO_EC_MAX_BYTES], s[CRYPTO_EC_MAX_BYTES];
};

static void made_done(struct made *m)
{
	if (!m->maker)
		return;
	if (m->private)
		m->maker->private_free(m->private);
	if (m->public)
		m->maker->public_free(m->public);
}

static int made_sign(struct made *m, const uint8_t *digest, size_t n)
{
	return m->maker->sign(m->private, base_env_real(), digest, n, m->r, m->s);
}

static int made_verify(const struct made *m, const uint8_t *digest, size_t n)
{
	return m->maker->verify(m->public, digest, n, m->r, m->s) == 0;
}

static int made_init(struct made *m, const struct crypto_ec_maker *maker, const uint8_t *digest, size_t n)
{
	static const uint8_t scalar[CRYPTO_EC_MAX_BYTES] = { 0x42, 0x13 };
	uint8_t xy[2 * CRYPTO_EC_MAX_BYTES];
	int r = maker->private_new(scalar, &m->private);

	m->maker = maker;
	if (r < 0)
		return r;
	maker->private_public(m->private, xy);
	r = maker->public_new(xy, &m->public);
	return r < 0 ? r : made_sign(m, digest, n);
}

struct bare_p384 {
	struct made made; /* if another implementation than hogweed */
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

int bare_p384_new(const struct crypto_ec_maker *maker, struct bare_p384 **ret)
{
	struct bare_p384 *b = calloc(1, sizeof(*b));
	struct sha384_ctx sha;
	int r = 0;

	if (!b)
		return -ENOMEM;
	ecc_point_init(&b->public, nettle_get_secp_384r1());
	ecc_scalar_init(&b->private, nettle_get_secp_384r1());
	dsa_signature_init(&b->signature);
	ecdsa_generate_keypair(&b->public, &b->private, NULL, random_bytes);
	sha384_init(&sha);
	sha384_update(&sha, sizeof(b->data), b->data);
	sha384_digest(&sha, sizeof(b->digest), b->digest);
	if (maker != &crypto_p384_hogweed)
		r = made_init(&b->made, maker, b->digest, sizeof(b->digest));
	if (r < 0) {
		bare_p384_free(b);
		return r;
	}
	bare_p384_sign(b);
	*ret = b;
	return 0;
}

void bare_p384_free(struct bare_p384 *b)
{
	if (!b)
		return;
	made_done(&b->made);
	ecc_point_clear(&b->public);
	ecc_scalar_clear(&b->private);
	dsa_signature_clear(&b->signature);
	free(b);
}

int bare_p384_sign(struct bare_p384 *b)
{
	if (b->made.maker)
		return made_sign(&b->made, b->digest, sizeof(b->digest)) == 0;
	ecdsa_sign(&b->private, NULL, random_bytes, sizeof(b->digest), b->digest, &b->signature);
	return 1;
}

int bare_p384_verify(struct bare_p384 *b)
{
	uint8_t digest[SHA384_DIGEST_SIZE];

	EVP_Digest(b->data, sizeof(b->data), digest, NULL, EVP_sha384(), NULL);
	if (b->made.maker)
		return made_verify(&b->made, digest, sizeof(digest));
	return ecdsa_verify(&b->public, sizeof(digest), digest, &b->signature);
}

struct bare_p256 {
	struct made made; /* if another implementation than OpenSSL */
	EVP_PKEY *key;
	EVP_PKEY_CTX *ctx;
	uint8_t digest[32], signature[80];
	size_t signature_size;
};

int bare_p256_new(const struct crypto_ec_maker *maker, struct bare_p256 **ret)
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
	if (maker != &crypto_p256_openssl)
		ok = ok && made_init(&b->made, maker, b->digest, sizeof(b->digest)) == 0;
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
	made_done(&b->made);
	EVP_PKEY_CTX_free(b->ctx);
	EVP_PKEY_free(b->key);
	free(b);
}

int bare_p256_verify(struct bare_p256 *b)
{
	if (b->made.maker)
		return made_verify(&b->made, b->digest, sizeof(b->digest));
	return EVP_PKEY_verify(b->ctx, b->signature, b->signature_size, b->digest, sizeof(b->digest));
}
