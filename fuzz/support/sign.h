/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_SIGN_H
#define FUZZ_SIGN_H

#include "support/fuzz.h"

/*
 * Replaces the signature of the certificate or CRL in `der` with a valid one. Data that is not a SEQUENCE of
 * a signed part, an algorithm and a signature is returned unchanged.
 *
 * sign      signs n bytes into `to`, which has room for 1024, and returns the signature's size
 */
struct fuzz_bytes fuzz_sign_der(const uint8_t *der, size_t n,
				size_t (*sign)(const void *key, const uint8_t *bytes, size_t n, uint8_t *to),
				const void *key);

#endif
