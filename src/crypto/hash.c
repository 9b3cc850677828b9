/* SPDX-License-Identifier: MIT */
/* SHA-2 is from nettle: it needs no heap memory, cannot fail and takes no lock. */
#include "crypto/hash.h"

#include <assert.h>
#include <string.h>

#include <nettle/sha2.h>

#include "base/bytes.h"

enum { BLOCK_BYTES = SHA512_BLOCK_SIZE };

void crypto_sha256(const void *data, size_t n, uint8_t ret[CRYPTO_SHA256_BYTES])
{
	struct sha256_ctx c;

	sha256_init(&c);
	sha256_update(&c, n, data);
	sha256_digest(&c, CRYPTO_SHA256_BYTES, ret);
}

void crypto_sha384(const void *data, size_t n, uint8_t ret[CRYPTO_SHA384_BYTES])
{
	struct sha512_ctx c;

	sha384_init(&c);
	sha384_update(&c, n, data);
	sha384_digest(&c, CRYPTO_SHA384_BYTES, ret);
}

static_assert(sizeof(struct sha512_ctx) <= sizeof(struct crypto_sha384) &&
		      _Alignof(struct sha512_ctx) <= _Alignof(struct crypto_sha384),
	      "nettle's context fits");

void crypto_sha384_init(struct crypto_sha384 *c)
{
	sha384_init((struct sha512_ctx *)c->opaque);
}

void crypto_sha384_add(struct crypto_sha384 *c, const void *data, size_t n)
{
	sha384_update((struct sha512_ctx *)c->opaque, n, data);
}

void crypto_sha384_end(struct crypto_sha384 *c, uint8_t ret[CRYPTO_SHA384_BYTES])
{
	sha384_digest((struct sha512_ctx *)c->opaque, CRYPTO_SHA384_BYTES, ret);
}

void crypto_sha512(const void *data, size_t n, uint8_t ret[CRYPTO_SHA512_BYTES])
{
	struct sha512_ctx c;

	sha512_init(&c);
	sha512_update(&c, n, data);
	sha512_digest(&c, CRYPTO_SHA512_BYTES, ret);
}

/* HMAC-SHA-512 (RFC 2104): both pads are hashed once, and the states copied for each use. */
struct hmac {
	struct sha512_ctx inner, outer;
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
	sha512_init(&h->inner);
	sha512_update(&h->inner, sizeof(pad), pad);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	sha512_init(&h->outer);
	sha512_update(&h->outer, sizeof(pad), pad);
	bytes_wipe(pad, sizeof(pad));
}

static void hmac_final(struct hmac *h, uint8_t ret[CRYPTO_SHA512_BYTES])
{
	sha512_digest(&h->inner, CRYPTO_SHA512_BYTES, ret);
	sha512_update(&h->outer, CRYPTO_SHA512_BYTES, ret);
	sha512_digest(&h->outer, CRYPTO_SHA512_BYTES, ret);
}

void crypto_extract(const void *secret, size_t n, uint8_t ret[CRYPTO_SHA512_BYTES])
{
	struct hmac h;

	hmac_key(&h, NULL, 0);
	sha512_update(&h.inner, n, secret);
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
			sha512_update(&h.inner, sizeof(t), t);
		sha512_update(&h.inner, strlen(label) + 1, (const uint8_t *)label);
		sha512_update(&h.inner, context_size, context);
		sha512_update(&h.inner, 1, &i);
		hmac_final(&h, t);
		memcpy(to, t, n);
		to += n;
		ret_size -= n;
	}
	bytes_wipe(&keyed, sizeof(keyed));
	bytes_wipe(&h, sizeof(h));
	bytes_wipe(t, sizeof(t));
}
