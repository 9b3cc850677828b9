/* SPDX-License-Identifier: MIT */
/*
 * GMP, which nettle uses, aborts the process when memory is exhausted; -ENOMEM refers to allocations here
 * only.
 */
#include "crypto/p256_signer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/bignum.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/mpz.h"

enum { N = CRYPTO_P256_BYTES };

struct crypto_p256_signer {
	struct ecc_scalar d;
	/* limbs of d, here and not in GMP's memory, so that they can be wiped */
	mp_limb_t limbs[N / sizeof(mp_limb_t)];
	uint8_t scalar[N]; /* d as bytes, for nonces */
	uint8_t xy[2 * N];
};

/* Derives the first scalar in range; one in 2^32 is not. Must agree with crypto_ec_private_derive(). */
static void derive_scalar(struct crypto_p256_signer *signer, const void *secret, size_t secret_size)
{
	uint8_t context[4];
	int is_in_range;
	mpz_t d;

	mpz_init(d);
	for (uint32_t counter = 0;; counter++) {
		bytes_put_le(context, counter, sizeof(context));
		crypto_derive(secret, secret_size, "jurat ecdsa p-256", context, sizeof(context),
			      signer->scalar, N);
		nettle_mpz_set_str_256_u(d, N, signer->scalar);
		is_in_range = ecc_scalar_set(&signer->d, d);
		if (is_in_range)
			break;
	}
	crypto_mpz_wipe(d);
	mpz_clear(d);
}

int crypto_p256_signer_derive(const void *secret, size_t secret_size, struct crypto_p256_signer **ret,
			      struct jurat_error *err)
{
	struct crypto_p256_signer *signer = base_secret_new(sizeof(*signer));
	struct ecc_point point;
	mpz_t x, y;

	if (!signer)
		return jurat_fail_memory(err);
	signer->d = (struct ecc_scalar){ .ecc = nettle_get_secp_256r1(), .p = signer->limbs };
	assert(ecc_size(signer->d.ecc) == ARRAY_SIZE(signer->limbs));
	derive_scalar(signer, secret, secret_size);
	ecc_point_init(&point, nettle_get_secp_256r1());
	ecc_point_mul_g(&point, &signer->d);
	mpz_init(x);
	mpz_init(y);
	ecc_point_get(&point, x, y);
	nettle_mpz_get_str_256(N, signer->xy, x);
	nettle_mpz_get_str_256(N, signer->xy + N, y);
	mpz_clear(x);
	mpz_clear(y);
	ecc_point_clear(&point);
	*ret = signer;
	return 0;
}

void crypto_p256_signer_free(struct crypto_p256_signer *signer)
{
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
	uint8_t digest_and_counter[N + 4]; /* nettle asks for another nonce when one is out of range */
};

static void next_nonce(void *ctx, size_t n, uint8_t *to)
{
	struct nonce *nonce = ctx;
	uint8_t *counter = nonce->digest_and_counter + N;

	bytes_put_le(counter, bytes_get_le(counter, 4) + 1, 4);
	crypto_derive(nonce->scalar, N, "jurat ecdsa p-256 nonce", nonce->digest_and_counter,
		      sizeof(nonce->digest_and_counter), to, n);
}

void crypto_p256_signer_sign(const struct crypto_p256_signer *signer, const uint8_t digest[32],
			     uint8_t ret[2 * N])
{
	struct nonce nonce = { 0 };
	struct dsa_signature sig;

	memcpy(nonce.scalar, signer->scalar, N);
	memcpy(nonce.digest_and_counter, digest, N);
	dsa_signature_init(&sig);
	ecdsa_sign(&signer->d, &nonce, next_nonce, N, digest, &sig);
	bytes_wipe(&nonce, sizeof(nonce));
	nettle_mpz_get_str_256(N, ret, sig.r);
	nettle_mpz_get_str_256(N, ret + N, sig.s);
	dsa_signature_clear(&sig);
}
