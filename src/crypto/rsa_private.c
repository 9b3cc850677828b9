/* SPDX-License-Identifier: MIT */
/*
 * Private keys, for the software platform only. Uses GMP and nettle because OpenSSL does not accept a salt.
 */
#include "crypto/rsa.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/bignum.h>
#include <nettle/nettle-meta.h>
#include <nettle/pkcs1.h>
#include <nettle/pss.h>
#include <nettle/rsa.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"
#include "crypto/mpz.h"

enum {
	EXPONENT = 65537,
	PRIME_BYTES = CRYPTO_RSA_BYTES / 2,
};

struct crypto_rsa_private {
	struct rsa_public_key public;
	struct rsa_private_key private;
	uint8_t blinding[CRYPTO_SHA512_BYTES]; /* key that blinding factors are derived from */
};

/* An odd number with the top two bits set, so that the product of two has 4096 bits. */
static void starting_point(const void *secret, size_t secret_size, const char *label, mpz_t ret)
{
	uint8_t bytes[PRIME_BYTES];

	crypto_derive(secret, secret_size, label, NULL, 0, bytes, sizeof(bytes));
	bytes[0] |= 0xc0;
	bytes[PRIME_BYTES - 1] |= 1;
	nettle_mpz_set_str_256_u(ret, sizeof(bytes), bytes);
	bytes_wipe(bytes, sizeof(bytes));
}

/* The exponent needs an inverse modulo p - 1. It is prime, so it is enough that it does not divide p - 1. */
static bool suits_exponent(const mpz_t p)
{
	return mpz_fdiv_ui(p, EXPONENT) != 1;
}

/* hint, ret_hint half the distance of the prime from the starting point; both are odd */
static int find_prime(const void *secret, size_t secret_size, const char *label, const uint32_t *hint,
		      mpz_t ret, uint32_t *ret_hint)
{
	mpz_t start, half;
	bool fits;

	mpz_init(start);
	mpz_init(half);
	starting_point(secret, secret_size, label, start);
	if (hint) {
		mpz_set_ui(half, *hint);
		mpz_mul_2exp(half, half, 1);
		mpz_add(ret, start, half);
	} else {
		mpz_sub_ui(ret, start, 1); /* the next prime is the first that is greater */
		do {
			mpz_nextprime(ret, ret);
		} while (!suits_exponent(ret));
	}
	mpz_sub(half, ret, start);
	mpz_fdiv_q_2exp(half, half, 1);
	fits = mpz_cmp_ui(half, UINT32_MAX) <= 0;
	if (fits)
		*ret_hint = (uint32_t)mpz_get_ui(half);
	crypto_mpz_wipe(start);
	mpz_clear(start);
	mpz_clear(half);
	return fits ? 0 : -ERANGE;
}

/* Computes the other numbers of the key from p and q. Spec: RFC 8017 3.2, the second representation. */
static int complete(struct crypto_rsa_private *k)
{
	struct rsa_private_key *key = &k->private;
	mpz_t less;
	int ok;

	mpz_mul(k->public.n, key->p, key->q);
	mpz_set_ui(k->public.e, EXPONENT);
	mpz_init(less);
	mpz_sub_ui(less, key->p, 1);
	ok = mpz_invert(key->a, k->public.e, less);
	mpz_sub_ui(less, key->q, 1);
	ok = ok && mpz_invert(key->b, k->public.e, less);
	ok = ok && mpz_invert(key->c, key->q, key->p); /* fails when p = q */
	crypto_mpz_wipe(less);
	mpz_clear(less);
	return ok && rsa_public_key_prepare(&k->public) && rsa_private_key_prepare(key) ? 0 : -ERANGE;
}

int crypto_rsa_private_derive(const void *secret, size_t secret_size, const uint32_t hints[2],
			      struct crypto_rsa_private **ret, uint32_t ret_hints[2], struct jurat_error *err)
{
	struct crypto_rsa_private *k = calloc(1, sizeof(*k));
	uint32_t found[2];
	int r;

	if (!k)
		return jurat_fail_memory(err);
	rsa_public_key_init(&k->public);
	rsa_private_key_init(&k->private);
	crypto_derive(secret, secret_size, "jurat rsa-4096 blinding", NULL, 0, k->blinding,
		      sizeof(k->blinding));
	r = find_prime(secret, secret_size, "jurat rsa-4096 p", hints ? &hints[0] : NULL, k->private.p,
		       &found[0]);
	if (r == 0)
		r = find_prime(secret, secret_size, "jurat rsa-4096 q", hints ? &hints[1] : NULL,
			       k->private.q, &found[1]);
	if (r == 0)
		r = complete(k);
	if (r < 0) {
		crypto_rsa_private_free(k);
		return jurat_fail(err, r, "RSA key: no key can be derived from this secret");
	}
	*ret = k;
	if (ret_hints)
		memcpy(ret_hints, found, sizeof(found));
	return 0;
}

void crypto_rsa_private_free(struct crypto_rsa_private *key)
{
	if (!key)
		return;
	crypto_mpz_wipe(key->private.p);
	crypto_mpz_wipe(key->private.q);
	crypto_mpz_wipe(key->private.a);
	crypto_mpz_wipe(key->private.b);
	crypto_mpz_wipe(key->private.c);
	rsa_private_key_clear(&key->private);
	rsa_public_key_clear(&key->public);
	bytes_wipe(key->blinding, sizeof(key->blinding));
	free(key);
}

void crypto_rsa_private_modulus(const struct crypto_rsa_private *key, uint8_t ret_n[CRYPTO_RSA_BYTES])
{
	nettle_mpz_get_str_256(CRYPTO_RSA_BYTES, ret_n, key->public.n);
}

/* Blinding hides the timing of the private operation, not its result, so it may be derived from the key. */
struct blinding {
	const struct crypto_rsa_private *key;
	struct {
		uint8_t digest[CRYPTO_SHA384_BYTES], salt[CRYPTO_RSA_SALT_BYTES], counter[4];
	} context;
};

static void next_blinding(void *ctx, size_t n, uint8_t *to)
{
	struct blinding *b = ctx;
	uint8_t *counter = b->context.counter;

	bytes_put_le(counter, bytes_get_le(counter, 4) + 1, 4);
	crypto_derive(b->key->blinding, sizeof(b->key->blinding), "jurat rsa-4096 blind", &b->context,
		      sizeof(b->context), to, n);
}

int crypto_rsa_pss_sign(const struct crypto_rsa_private *key, const uint8_t digest[CRYPTO_SHA384_BYTES],
			const uint8_t salt[CRYPTO_RSA_SALT_BYTES], uint8_t ret_signature[CRYPTO_RSA_BYTES])
{
	struct blinding b = { .key = key };
	mpz_t s;
	int ok;

	memcpy(b.context.digest, digest, sizeof(b.context.digest));
	memcpy(b.context.salt, salt, sizeof(b.context.salt));
	mpz_init(s);
	ok = rsa_pss_sha384_sign_digest_tr(&key->public, &key->private, &b, next_blinding,
					   CRYPTO_RSA_SALT_BYTES, salt, digest, s);
	if (ok)
		nettle_mpz_get_str_256(CRYPTO_RSA_BYTES, ret_signature, s);
	mpz_clear(s);
	return ok ? 0 : -EIO;
}

/* The DER of a DigestInfo up to the digest, by size of the hash. Spec: RFC 8017 9.2, note 1 */
static size_t digest_info(size_t hash_bytes, const uint8_t *digest, uint8_t to[19 + CRYPTO_SHA512_BYTES])
{
	static const uint8_t oid[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02 };
	struct bytes_wr w = bytes_wr(to, 19 + CRYPTO_SHA512_BYTES);

	bytes_wr_copy(&w, (const uint8_t[]){ 0x30, (uint8_t)(17 + hash_bytes), 0x30, 0x0d, 0x06, 0x09 }, 6);
	bytes_wr_copy(&w, oid, sizeof(oid));
	bytes_wr_u8(&w, (uint8_t)(hash_bytes / 16 - 1)); /* 1 SHA-256, 2 SHA-384, 3 SHA-512 */
	bytes_wr_copy(&w, (const uint8_t[]){ 0x05, 0x00, 0x04, (uint8_t)hash_bytes }, 4);
	bytes_wr_copy(&w, digest, hash_bytes);
	return w.off;
}

/* The private operation by the Chinese remainder theorem, checked with the public one. */
static bool compute_root(const struct crypto_rsa_private *key, const mpz_t m, mpz_t s)
{
	const struct rsa_private_key *k = &key->private;
	mpz_t by_p, by_q;
	bool ok;

	mpz_init(by_p);
	mpz_init(by_q);
	mpz_powm(by_p, m, k->a, k->p);
	mpz_powm(by_q, m, k->b, k->q);
	mpz_sub(by_p, by_p, by_q);
	mpz_mul(by_p, by_p, k->c);
	mpz_mod(by_p, by_p, k->p);
	mpz_mul(s, by_p, k->q);
	mpz_add(s, s, by_q);
	mpz_powm(by_p, s, key->public.e, key->public.n);
	ok = mpz_cmp(by_p, m) == 0;
	mpz_clear(by_p);
	mpz_clear(by_q);
	return ok;
}

int crypto_rsa_sign_otherwise(const struct crypto_rsa_private *key, const uint8_t *digest, size_t hash_bytes,
			      const uint8_t *salt, size_t salt_size, uint8_t ret_signature[CRYPTO_RSA_BYTES])
{
	const struct nettle_hash *hash = hash_bytes == CRYPTO_SHA256_BYTES   ? &nettle_sha256
					 : hash_bytes == CRYPTO_SHA384_BYTES ? &nettle_sha384
					 : hash_bytes == CRYPTO_SHA512_BYTES ? &nettle_sha512
									     : NULL;
	uint8_t info[19 + CRYPTO_SHA512_BYTES];
	mpz_t m, s;
	bool ok;

	if (!hash || salt_size > CRYPTO_RSA_MAX_SALT_BYTES)
		return -EINVAL;
	mpz_init(m);
	mpz_init(s);
	ok = salt ? pss_encode_mgf1(m, 8 * CRYPTO_RSA_BYTES - 1, hash, salt_size, salt, digest)
		  : pkcs1_rsa_digest_encode(m, CRYPTO_RSA_BYTES, digest_info(hash_bytes, digest, info), info);
	ok = ok && compute_root(key, m, s);
	if (ok)
		nettle_mpz_get_str_256(CRYPTO_RSA_BYTES, ret_signature, s);
	mpz_clear(m);
	mpz_clear(s);
	return ok ? 0 : -EIO;
}
