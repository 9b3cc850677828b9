/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_X509_PARTS_H
#define CRYPTO_X509_PARTS_H

#include "crypto/der.h"
#include "crypto/x509.h"

/*
 * What certificates and CRLs are both made of, for x509.c and crl.c only. Each reads its part from `r`; on
 * failure it says which rule was broken, for the caller to put the field's name in front.
 */

/* The longest list of extensions that is read: real ones have 12, and looking for duplicates is quadratic. */
enum { X509_EXTENSIONS_MAX = 64, X509_SERIAL_BYTES_MAX = 20 };

/* SEQUENCE { tbs SEQUENCE, AlgorithmIdentifier, BIT STRING }: all of `der`. */
struct x509_signed {
	struct bytes_rd tbs_whole, tbs; /* with and without tag and length */
	struct bytes_rd algorithm;      /* whole */
	struct bytes_rd signature;
};
JURAT_MUST_CHECK int x509_signed_read(const uint8_t *der, size_t n, struct x509_signed *ret,
				      struct jurat_error *err);

/* The algorithm inside the signed part: must be the outer one, byte for byte (RFC 5280 4.1.1.2). */
JURAT_MUST_CHECK int x509_algorithm_read(struct bytes_rd *r, const struct x509_signed *outer,
					 enum crypto_signature_kind *ret, struct jurat_error *err);

/* ret_name  whole; ret_cn the last commonName, size 0 when none */
JURAT_MUST_CHECK int x509_name_read(struct bytes_rd *r, struct bytes_rd *ret_name, struct bytes_rd *ret_cn,
				    struct jurat_error *err);

JURAT_MUST_CHECK int x509_serial_read(struct bytes_rd *r, struct bytes_rd *ret, struct jurat_error *err);

struct x509_extension {
	struct bytes_rd oid, value;
	bool critical;
};
/* The next of a checked or unchecked list. Bad input makes `list` bad. */
struct x509_extension x509_extension_next(struct bytes_rd *list);
/* A SEQUENCE of at least one well-formed extension, no two of a kind; ret is its content. */
JURAT_MUST_CHECK int x509_extensions_read(struct bytes_rd *r, struct bytes_rd *ret, struct jurat_error *err);
/* The keyIdentifier of an authorityKeyIdentifier's value, size 0 when it has none. */
JURAT_MUST_CHECK int x509_authority_key_id_read(const struct bytes_rd *value, struct bytes_rd *ret,
						struct jurat_error *err);

extern const uint8_t x509_oid_authority_key_id[3];

/* 0 holds; JURAT_REFUSED; < 0 -errno */
JURAT_MUST_CHECK int x509_signature_check(const struct bytes_rd *tbs, enum crypto_signature_kind kind,
					  const struct bytes_rd *signature,
					  const struct crypto_public *issuer);

#endif
