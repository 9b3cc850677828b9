/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "crypto/ec.h"
#include "crypto/hash.h"
#include "crypto/p256_signer.h"
#include "crypto/rsa_maker.h"
#include "support/env.h"
#include "support/fuzz.h"

/*
 * Public keys, digests and signatures from anybody. All implementations are asked and must agree. A byte of
 * flags: 0 to 2 the curve and RSA, 4 the signature is made with the key of the secret that follows, and then
 * edited as fuzz_edit() has it; then the parts.
 */
enum { KIND_MASK = 3, KIND_P256 = 0, KIND_P384 = 1, KIND_RSA = 2, FLAG_SIGN = 4 };

/* Pads a part with zeros, or cuts it, to what the interface takes. */
static void fixed(struct bytes_rd *in, uint8_t *to, size_t n)
{
	auto_bytes part = fuzz_part(in);

	memset(to, 0, n);
	if (part.n > 0)
		memcpy(to, part.p, part.n < n ? part.n : n);
}

static const struct {
	enum crypto_curve curve;
	const struct crypto_ec_maker *maker;
} ec_makers[] = {
	{ CRYPTO_P256, &crypto_p256_hogweed }, { CRYPTO_P256, &crypto_p256_openssl },
	{ CRYPTO_P384, &crypto_p384_hogweed }, { CRYPTO_P384, &crypto_p384_openssl },
#ifdef CRYPTO_HAVE_AWS_LC
	{ CRYPTO_P256, &crypto_p256_awslc },   { CRYPTO_P384, &crypto_p384_awslc },
#endif
};
static const struct crypto_rsa_maker *const rsa_makers[] = { &crypto_rsa_hogweed, &crypto_rsa_openssl,
#ifdef CRYPTO_HAVE_AWS_LC
							     &crypto_rsa_awslc
#endif
};

/*
 * -EBADMSG no point of the curve, or the verdict. A fuzzer does not find the one signature that old nettle
 * refuses (src/crypto/ec_hogweed.c).
 */
static int ask(const struct crypto_ec_maker *maker, const uint8_t *xy, const uint8_t *digest, size_t n,
	       const uint8_t *r, const uint8_t *s)
{
	void *key;
	int result = maker->public_new(xy, &key);

	must(result == 0 || result == -EBADMSG);
	if (result == 0) {
		result = maker->verify(key, digest, n, r, s);
		maker->public_free(key);
	}
	return result;
}

static void ask_all(enum crypto_curve curve, const uint8_t *xy, const uint8_t *digest, size_t n,
		    const uint8_t *r, const uint8_t *s)
{
	const size_t first = curve == CRYPTO_P256 ? 0 : 2; /* of ec_makers */
	int expected = ask(ec_makers[first].maker, xy, digest, n, r, s);

	if (curve == CRYPTO_P384 && expected != -EBADMSG)
		FUZZ_REACHED("a point of P-384");
	for (size_t i = first + 1; i < ARRAY_SIZE(ec_makers); i++)
		must(ec_makers[i].curve != curve || ask(ec_makers[i].maker, xy, digest, n, r, s) == expected);
}

/* By the key of a secret, the same each time. P-256 signs digests of 32 bytes. */
static void make(enum crypto_curve curve, const uint8_t secret[32], const uint8_t *digest,
		 size_t *digest_size, uint8_t *xy, uint8_t *r, uint8_t *s)
{
	struct crypto_p256_signer *signer;
	struct crypto_ec_private *key;
	uint8_t rs[64];

	if (curve == CRYPTO_P384) {
		must(crypto_ec_private_derive(curve, secret, 32, &key, NULL) == 0);
		crypto_ec_private_public(key, xy);
		must(crypto_ec_sign(key, fuzz_env(), digest, *digest_size, r, s) == 0);
		crypto_ec_private_free(key);
		return;
	}
	must(crypto_p256_signer_derive(secret, 32, &signer, NULL) == 0);
	memcpy(xy, crypto_p256_signer_public(signer), 64);
	*digest_size = CRYPTO_SHA256_BYTES;
	crypto_p256_signer_sign(signer, digest, rs);
	memcpy(r, rs, 32);
	memcpy(s, rs + 32, 32);
	crypto_p256_signer_free(signer);
}

static void ec(struct bytes_rd *in, enum crypto_curve curve, bool sign)
{
	const size_t n = crypto_curve_bytes(curve);
	uint8_t secret[32], xy[2 * CRYPTO_EC_MAX_BYTES], r[CRYPTO_EC_MAX_BYTES], s[CRYPTO_EC_MAX_BYTES];
	struct crypto_ec_public *public = NULL, *like = NULL;
	auto_bytes message = fuzz_part(in);
	uint8_t digest[CRYPTO_SHA512_BYTES];
	size_t digest_size = 1 + fuzz_u8(in) % CRYPTO_SHA512_BYTES;
	int verdict;

	crypto_sha512(message.p, message.n, digest);
	fixed(in, xy, 2 * n);
	fixed(in, r, n);
	fixed(in, s, n);
	if (sign) {
		fixed(in, secret, sizeof(secret));
		make(curve, secret, digest, &digest_size, xy, r, s);
		fuzz_edit(in, xy, 2 * n);
		fuzz_edit(in, r, n);
		fuzz_edit(in, s, n);
	}
	ask_all(curve, xy, digest, digest_size, r, s);
	if (crypto_ec_public_new(curve, xy, &public, NULL) != 0)
		return;
	verdict = crypto_ec_verify(public, digest, digest_size, r, s);
	must(verdict == 0 || verdict == JURAT_REFUSED);
	if (verdict == 0)
		FUZZ_REACHED("an ECDSA signature holds");
	if (curve == CRYPTO_P256) {
		must(crypto_p256_public_like(public, xy, &like, NULL) == 0);
		must(crypto_ec_verify(like, digest, digest_size, r, s) == verdict);
		crypto_ec_public_free(like);
	}
	crypto_ec_public_free(public);
}

static void rsa(struct bytes_rd *in)
{
	auto_bytes n = fuzz_part(in), e = fuzz_part(in), signature = fuzz_part(in);
	uint8_t digest[CRYPTO_SHA384_BYTES];
	struct crypto_rsa_public *key;
	int made, verdict, expected = 0;

	fixed(in, digest, sizeof(digest));
	for (size_t i = 0; i < ARRAY_SIZE(rsa_makers); i++) {
		made = crypto_rsa_public_made_by(rsa_makers[i], n.p, n.n, e.p, e.n, &key, NULL);
		must(made == 0 || made == -EBADMSG);
		if (made != 0)
			return;
		FUZZ_REACHED("an RSA key");
		verdict = crypto_rsa_pss_verify(key, digest, signature.p, signature.n);
		must(verdict == 0 || verdict == JURAT_REFUSED);
		must(i == 0 || verdict == expected);
		expected = verdict;
		if (verdict == 0)
			FUZZ_REACHED("an RSA signature holds");
		crypto_rsa_public_free(key);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes_rd in = bytes_rd(data, size);
	uint8_t flags = fuzz_u8(&in);

	if ((flags & KIND_MASK) >= KIND_RSA)
		rsa(&in);
	else
		ec(&in, (flags & KIND_MASK) == KIND_P384 ? CRYPTO_P384 : CRYPTO_P256, flags & FLAG_SIGN);
	return 0;
}
