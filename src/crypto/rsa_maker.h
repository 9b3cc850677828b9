/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_RSA_MAKER_H
#define CRYPTO_RSA_MAKER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "crypto/rsa.h"

enum { RSA_EXPONENT = 65537 };

/*
 * An implementation of RSA verification, of which src/crypto/meson.build chooses one; here so that tests and
 * benchmarks can compare them. rsa.c checks the numbers of a key and the size of a signature before it calls
 * these functions.
 */
struct crypto_rsa_maker {
	const char *name;            /* "hogweed", "openssl", "awslc" */
	void (*describe)(char *ret); /* CRYPTO_LIBRARY_BYTES bytes: crypto/describe.h */
	/* n: odd, of `size` bytes, 256 to 512, the first of them not 0. 0; -ENOMEM */
	int (*public_new)(const uint8_t *n, size_t size, void **ret);
	void (*public_free)(void *key);
	/* signature: as long as the modulus. 0; JURAT_REFUSED; -ENOMEM */
	int (*verify)(const void *key, const uint8_t digest[CRYPTO_SHA384_BYTES], const uint8_t *signature,
		      size_t size);
};

extern const struct crypto_rsa_maker crypto_rsa_hogweed, crypto_rsa_openssl;
#ifdef CRYPTO_HAVE_AWS_LC
extern const struct crypto_rsa_maker crypto_rsa_awslc;
#endif

/* As crypto_rsa_public_new(), by an implementation of the caller's choice. */
JURAT_MUST_CHECK int crypto_rsa_public_made_by(const struct crypto_rsa_maker *maker, const uint8_t *n,
					       size_t n_size, const uint8_t *e, size_t e_size,
					       struct crypto_rsa_public **ret, struct jurat_error *err);

#endif
