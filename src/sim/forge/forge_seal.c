/* SPDX-License-Identifier: MIT */
#include "sim/forge/forge_seal.h"

#include <errno.h>
#include <string.h>

#include "crypto/hash.h"
#include "sim/pki/pki_internal.h"

void forge_key_done(struct forge_key *key)
{
	crypto_rsa_private_free(key->own_rsa);
	crypto_p256_signer_free(key->own_p256);
	crypto_ec_private_free(key->own_p384);
	*key = (struct forge_key){ .kind = FORGE_RSA };
}

int forge_key_other(int kind, struct forge_key *ret, struct jurat_error *err)
{
	struct forge_key key = { .kind = FORGE_RSA };
	uint8_t secret[SIM_WORLD_BYTES];
	int r;

	sim_pki_other_secret(secret);
	switch (kind) {
	case FORGE_RSA:
		r = crypto_rsa_private_derive(secret, sizeof(secret), sim_pki_other_hints, &key.own_rsa, NULL,
					      err);
		key.rsa = key.own_rsa;
		break;
	case FORGE_P256:
		r = crypto_p256_signer_derive(secret, sizeof(secret), &key.own_p256, err);
		key.kind = FORGE_P256;
		key.p256 = key.own_p256;
		break;
	default:
		r = crypto_ec_private_derive(CRYPTO_P384, secret, sizeof(secret), &key.own_p384, err);
		key.kind = FORGE_P384;
		key.p384 = key.own_p384;
	}
	if (r == 0)
		*ret = key;
	return r;
}

/* The numbers of a public key. */
static size_t public_bytes(const struct forge_key *key, uint8_t to[CRYPTO_RSA_BYTES])
{
	switch (key->kind) {
	case FORGE_RSA:
		crypto_rsa_private_modulus(key->rsa, to);
		return CRYPTO_RSA_BYTES;
	case FORGE_P256:
		memcpy(to, crypto_p256_signer_public(key->p256), 64);
		return 64;
	default:
		crypto_ec_private_public(key->p384, to);
		return 96;
	}
}

void forge_key_put_spki(const struct forge_key *key, struct der_wr *d)
{
	uint8_t numbers[CRYPTO_RSA_BYTES];

	public_bytes(key, numbers);
	if (key->kind == FORGE_RSA)
		pki_put_rsa_key(d, numbers);
	else
		x509_put_ec_key(d, key->kind == FORGE_P256 ? CRYPTO_P256 : CRYPTO_P384, numbers);
}

void forge_key_id(const struct forge_key *key, uint8_t ret[20])
{
	uint8_t numbers[CRYPTO_RSA_BYTES], digest[CRYPTO_SHA256_BYTES];

	crypto_sha256(numbers, public_bytes(key, numbers), digest);
	memcpy(ret, digest, 20);
}

struct tbs_algorithm forge_key_algorithm(const struct forge_key *key, bool has_trailer_field)
{
	switch (key->kind) {
	case FORGE_RSA:
		return (struct tbs_algorithm){ .scheme = TBS_RSA_PSS,
					       .hash_bytes = CRYPTO_SHA384_BYTES,
					       .salt_bytes = CRYPTO_RSA_SALT_BYTES,
					       .has_trailer_field = has_trailer_field };
	case FORGE_P256:
		return (struct tbs_algorithm){ .scheme = TBS_ECDSA, .hash_bytes = CRYPTO_SHA256_BYTES };
	default:
		return (struct tbs_algorithm){ .scheme = TBS_ECDSA, .hash_bytes = CRYPTO_SHA384_BYTES };
	}
}

static void hash(size_t hash_bytes, const uint8_t *bytes, size_t n, uint8_t ret[CRYPTO_SHA512_BYTES])
{
	if (hash_bytes == CRYPTO_SHA256_BYTES)
		crypto_sha256(bytes, n, ret);
	else if (hash_bytes == CRYPTO_SHA384_BYTES)
		crypto_sha384(bytes, n, ret);
	else
		crypto_sha512(bytes, n, ret);
}

static int sign_rsa(const struct forge_key *key, const struct tbs_algorithm *a, const struct sim_pki *pki,
		    const uint8_t *digest, uint8_t *ret)
{
	uint8_t salt[CRYPTO_RSA_MAX_SALT_BYTES] = { 0 };

	if (a->scheme == TBS_RSA_PKCS1)
		return crypto_rsa_sign_otherwise(key->rsa, digest, a->hash_bytes, NULL, 0, ret);
	if (pki)
		sim_pki_salt(pki, digest, a->hash_bytes, salt, a->salt_bytes);
	return crypto_rsa_sign_otherwise(key->rsa, digest, a->hash_bytes, salt, a->salt_bytes, ret);
}

/* SEQUENCE { r, s } */
static int sign_ec(const struct forge_key *key, const struct tbs_algorithm *a, const uint8_t *digest,
		   uint8_t *ret, size_t *ret_size)
{
	struct der_wr d = der_wr(ret, FORGE_SIGNATURE_MAX_BYTES);
	const size_t n = key->kind == FORGE_P256 ? 32 : 48;
	uint8_t rs[2 * CRYPTO_EC_MAX_BYTES];
	int r = 0;

	if (key->kind == FORGE_P256) /* the leftmost bits of a digest that is longer: FIPS 186-4 6.4 */
		crypto_p256_signer_sign(key->p256, digest, rs);
	else
		r = crypto_ec_sign(key->p384, NULL, digest, a->hash_bytes, rs, rs + n);
	der_put_open(&d, DER_SEQUENCE);
	der_put_big_uint(&d, rs, n);
	der_put_big_uint(&d, rs + n, n);
	der_put_close(&d);
	*ret_size = d.w.off;
	return r;
}

int forge_key_sign(const struct forge_key *key, const struct tbs_algorithm *algorithm,
		   const struct sim_pki *pki, const uint8_t *bytes, size_t n,
		   uint8_t ret[FORGE_SIGNATURE_MAX_BYTES], size_t *ret_size, struct jurat_error *err)
{
	uint8_t digest[CRYPTO_SHA512_BYTES];
	int r;

	if ((key->kind == FORGE_RSA) != (algorithm->scheme != TBS_ECDSA))
		return jurat_fail(err, -EINVAL, "%s does not sign with this algorithm",
				  key->kind == FORGE_RSA ? "an RSA key" : "a key on a curve");
	hash(algorithm->hash_bytes, bytes, n, digest);
	*ret_size = CRYPTO_RSA_BYTES;
	r = key->kind == FORGE_RSA ? sign_rsa(key, algorithm, pki, digest, ret)
				   : sign_ec(key, algorithm, digest, ret, ret_size);
	return r == 0 ? 0 : jurat_fail(err, r, "the signature cannot be made");
}
