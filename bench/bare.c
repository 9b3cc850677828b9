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
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

enum { SIGNED_BYTES = 672, NUMBER_BYTES = 48, R_OFF = 0x2a0, S_OFF = 0x2e8 };

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

static void little_to_big(const uint8_t *little, uint8_t big[NUMBER_BYTES])
{
	for (unsigned i = 0; i < NUMBER_BYTES; i++)
		big[i] = little[NUMBER_BYTES - 1 - i];
}

/* r and s as OpenSSL wants them: a DER SEQUENCE. */
static int der_signature(const uint8_t *report, uint8_t **ret)
{
	uint8_t r[NUMBER_BYTES], s[NUMBER_BYTES];
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int n = -1;

	little_to_big(report + R_OFF, r);
	little_to_big(report + S_OFF, s);
	if (sig && ECDSA_SIG_set0(sig, BN_bin2bn(r, sizeof(r), NULL), BN_bin2bn(s, sizeof(s), NULL)))
		n = i2d_ECDSA_SIG(sig, ret);
	ECDSA_SIG_free(sig);
	return n;
}

static int verify_report(const struct bare_chain *chain, X509 *leaf)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *signature = NULL;
	int n = der_signature(chain->report, &signature), ok;

	ok = ctx && n > 0 &&
	     EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, X509_get0_pubkey(leaf)) == 1 &&
	     EVP_DigestVerify(ctx, signature, (size_t)n, chain->report, SIGNED_BYTES) == 1;
	OPENSSL_free(signature);
	EVP_MD_CTX_free(ctx);
	return ok;
}

static int verify_chain(const struct bare_chain *chain, X509 *leaf, X509 *intermediate, X509 *root)
{
	STACK_OF(X509) *between = sk_X509_new_null();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	int ok = 0;

	if (between && ctx && store && sk_X509_push(between, intermediate) > 0 &&
	    X509_STORE_add_cert(store, root) == 1 && X509_STORE_CTX_init(ctx, store, leaf, between) == 1) {
		X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), (time_t)chain->at);
		ok = X509_verify_cert(ctx) == 1;
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(between);
	return ok;
}

int bare_openssl_verify(const struct bare_chain *chain)
{
	const uint8_t *at = chain->leaf;
	X509 *leaf = d2i_X509(NULL, &at, (long)chain->leaf_size), *intermediate, *root;
	int ok;

	at = chain->intermediate;
	intermediate = d2i_X509(NULL, &at, (long)chain->intermediate_size);
	at = chain->root;
	root = d2i_X509(NULL, &at, (long)chain->root_size);
	ok = leaf && intermediate && root && chain->report_size >= SIGNED_BYTES + 512 &&
	     verify_chain(chain, leaf, intermediate, root) && verify_report(chain, leaf);
	X509_free(leaf);
	X509_free(intermediate);
	X509_free(root);
	return ok;
}
