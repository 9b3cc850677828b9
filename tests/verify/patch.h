/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VERIFY_PATCH_H
#define TESTS_VERIFY_PATCH_H

#include "support/test.h"

/* Changes of DER in place that keep every length around them true; whoever signed it must sign it again. */

/* Where these n bytes stand: there must be exactly one such place. */
uint8_t *patch_find(uint8_t *der, size_t size, const char *bytes, size_t n);
/* Its subject key id loses three bytes and becomes critical, which no certificate's is. */
void patch_critical_key_id(uint8_t *der, size_t size);
/* Its CRL number gives way to a critical extension that nobody knows. */
void patch_critical_crl(uint8_t *der, size_t size);

#endif
