/* SPDX-License-Identifier: MIT */
#include "crypto/rsa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/rsa_maker.h"

enum { MIN_BITS = 2048, MAX_BITS = 8 * CRYPTO_RSA_BYTES };

/* A public key: the implementation and its key. */
struct crypto_rsa_public {
	const struct crypto_rsa_maker *maker;
	void *key;
	size_t size;
};

/* Strips leading zeros. */
static void strip(const uint8_t **number, size_t *n)
{
	while (*n > 0 && **number == 0) {
		(*number)++;
		(*n)--;
	}
}

static int bits_of(const uint8_t *number, size_t n)
{
	return n == 0 ? 0 : 8 * (int)n - (__builtin_clz(number[0]) - 24);
}

int crypto_rsa_public_made_by(const struct crypto_rsa_maker *maker, const uint8_t *n, size_t n_size,
			      const uint8_t *e, size_t e_size, struct crypto_rsa_public **ret,
			      struct jurat_error *err)
{
	static const uint8_t exponent[] = { 0x01, 0x00, 0x01 }; /* 65537 */
	auto_free struct crypto_rsa_public *k = NULL;
	int bits, r;

	if (n_size > CRYPTO_RSA_BYTES || e_size > CRYPTO_RSA_BYTES)
		return jurat_fail(err, -EBADMSG, "RSA key: modulus of %zu bytes, exponent of %zu", n_size,
				  e_size);
	strip(&n, &n_size);
	strip(&e, &e_size);
	bits = bits_of(n, n_size);
	if (bits < MIN_BITS || bits > MAX_BITS)
		return jurat_fail(err, -EBADMSG, "RSA key: modulus of %d bits, not %d to %d", bits, MIN_BITS,
				  MAX_BITS);
	if ((n[n_size - 1] & 1) == 0)
		return jurat_fail(err, -EBADMSG, "RSA key: modulus is even");
	if (e_size != sizeof(exponent) || memcmp(e, exponent, sizeof(exponent)) != 0)
		return jurat_fail(err, -EBADMSG, "RSA key: exponent is not 65537");
	k = calloc(1, sizeof(*k));
	if (!k)
		return jurat_fail_memory(err);
	k->maker = maker;
	k->size = n_size;
	r = maker->public_new(n, n_size, &k->key);
	if (r < 0)
		return jurat_fail(err, r, "RSA key: cannot be made ready");
	*ret = take_ptr(k);
	return 0;
}

int crypto_rsa_public_new(const uint8_t *n, size_t n_size, const uint8_t *e, size_t e_size,
			  struct crypto_rsa_public **ret, struct jurat_error *err)
{
	return crypto_rsa_public_made_by(&CRYPTO_RSA_MAKER, n, n_size, e, e_size, ret, err);
}

void crypto_rsa_public_free(struct crypto_rsa_public *key)
{
	if (!key)
		return;
	key->maker->public_free(key->key);
	free(key);
}

int crypto_rsa_pss_verify(const struct crypto_rsa_public *key, const uint8_t digest[CRYPTO_SHA384_BYTES],
			  const uint8_t *signature, size_t signature_size)
{
	if (signature_size != key->size)
		return JURAT_REFUSED;
	return key->maker->verify(key->key, digest, signature, signature_size);
}
