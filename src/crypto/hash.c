/* SPDX-License-Identifier: MIT */
/*
 * The SHA functions of OpenSSL that it calls low-level and deprecated are the right ones here: they work on
 * the caller's stack, always succeed, and take no lock. EVP allocates a context and, through the one-shot
 * SHA384(), looks its algorithm up by name on every call; both can fail, and a digest that can fail would
 * make every caller carry an error path. They are compiled from the same assembly.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include <assert.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/bytes.h"

enum { BLOCK_BYTES = SHA512_CBLOCK };

void crypto_sha256(const void *data, size_t n, uint8_t ret[CRYPTO_SHA256_BYTES])
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, data, n);
	SHA256_Final(ret, &c);
}

void crypto_sha384(const void *data, size_t n, uint8_t ret[CRYPTO_SHA384_BYTES])
{
	SHA512_CTX c;

	SHA384_Init(&c);
	SHA384_Update(&c, data, n);
	SHA384_Final(ret, &c);
}

void crypto_sha512(const void *data, size_t n, uint8_t ret[CRYPTO_SHA512_BYTES])
{
	SHA512_CTX c;

	SHA512_Init(&c);
	SHA512_Update(&c, data, n);
	SHA512_Final(ret, &c);
}

/* HMAC-SHA-512 (RFC 2104): both pads hashed once, copied for each use. */
struct hmac {
	SHA512_CTX inner, outer;
};

static void hmac_key(struct hmac *h, const void *key, size_t n)
{
	uint8_t pad[BLOCK_BYTES] = { 0 };

	if (n > sizeof(pad))
		crypto_sha512(key, n, pad);
	else if (n > 0)
		memcpy(pad, key, n);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	SHA512_Init(&h->inner);
	SHA512_Update(&h->inner, pad, sizeof(pad));
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA512_Init(&h->outer);
	SHA512_Update(&h->outer, pad, sizeof(pad));
	bytes_wipe(pad, sizeof(pad));
}

static void hmac_final(struct hmac *h, uint8_t ret[CRYPTO_SHA512_BYTES])
{
	SHA512_Final(ret, &h->inner);
	SHA512_Update(&h->outer, ret, CRYPTO_SHA512_BYTES);
	SHA512_Final(ret, &h->outer);
}

void crypto_extract(const void *secret, size_t n, uint8_t ret[CRYPTO_SHA512_BYTES])
{
	struct hmac h;

	hmac_key(&h, NULL, 0);
	SHA512_Update(&h.inner, secret, n);
	hmac_final(&h, ret);
	bytes_wipe(&h, sizeof(h));
}

void crypto_derive(const void *secret, size_t secret_size, const char *label, const void *context,
		   size_t context_size, void *ret, size_t ret_size)
{
	uint8_t prk[CRYPTO_SHA512_BYTES];

	crypto_extract(secret, secret_size, prk);
	crypto_expand(prk, label, context, context_size, ret, ret_size);
	bytes_wipe(prk, sizeof(prk));
}

void crypto_expand(const uint8_t prk[CRYPTO_SHA512_BYTES], const char *label, const void *context,
		   size_t context_size, void *ret, size_t ret_size)
{
	struct hmac keyed, h;
	uint8_t t[CRYPTO_SHA512_BYTES];
	uint8_t *to = ret;

	assert(ret_size <= 255 * sizeof(t));
	hmac_key(&keyed, prk, CRYPTO_SHA512_BYTES);
	/* Spec: RFC 5869 2.3: T(i) = HMAC(PRK, T(i-1) | info | i). */
	for (uint8_t i = 1; ret_size > 0; i++) {
		size_t n = ret_size < sizeof(t) ? ret_size : sizeof(t);

		h = keyed;
		if (i > 1)
			SHA512_Update(&h.inner, t, sizeof(t));
		SHA512_Update(&h.inner, label, strlen(label) + 1);
		SHA512_Update(&h.inner, context, context_size);
		SHA512_Update(&h.inner, &i, 1);
		hmac_final(&h, t);
		memcpy(to, t, n);
		to += n;
		ret_size -= n;
	}
	bytes_wipe(&keyed, sizeof(keyed));
	bytes_wipe(&h, sizeof(h));
	bytes_wipe(t, sizeof(t));
}
