/* SPDX-License-Identifier: MIT */
#include "bench/bare.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

enum { SIGNED_BYTES = 672, NUMBER_BYTES = 48, R_OFF = 0x2a0, S_OFF = 0x2e8 };

static void little_to_big(const uint8_t *little, uint8_t big[NUMBER_BYTES])
{
	for (unsigned i = 0; i < NUMBER_BYTES; i++)
		big[i] = little[NUMBER_BYTES - 1 - i];
}

/* r and s as a DER SEQUENCE for OpenSSL. */
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
