/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_X509_PARTS_H
#define CRYPTO_X509_PARTS_H

#include "crypto/der.h"
#include "crypto/x509.h"

/*
 * Parsers shared by x509.c and crl.c. Each reads its part from `r`; on failure `err` says which rule was
 * violated, and the caller prepends the name of the field.
 */

/* Limit of the number of extensions: real lists have 12, and the search for duplicates is quadratic. */
enum { X509_EXTENSIONS_MAX = 64, X509_SERIAL_BYTES_MAX = 20 };

/* SEQUENCE { tbs SEQUENCE, AlgorithmIdentifier, BIT STRING }: all of `der`. */
struct x509_signed {
	struct bytes_rd tbs_whole, tbs; /* with, and without tag and length */
	struct bytes_rd algorithm;      /* whole */
	struct bytes_rd signature;
};
JURAT_MUST_CHECK int x509_signed_read(const uint8_t *der, size_t n, struct x509_signed *ret,
				      struct jurat_error *err);

/*
 * Reads the algorithm inside the signed part, which must equal the outer one byte for byte (RFC 5280
 * 4.1.1.2).
 */
JURAT_MUST_CHECK int x509_algorithm_read(struct bytes_rd *r, const struct x509_signed *outer,
					 enum crypto_signature_kind *ret, struct jurat_error *err);

/* ret_name: the whole Name; ret_cn: the last commonName, size 0 when there is none */
JURAT_MUST_CHECK int x509_name_read(struct bytes_rd *r, struct bytes_rd *ret_name, struct bytes_rd *ret_cn,
				    struct jurat_error *err);

JURAT_MUST_CHECK int x509_serial_read(struct bytes_rd *r, struct bytes_rd *ret, struct jurat_error *err);

struct x509_extension {
	struct bytes_rd oid, value;
	bool critical;
};
/* The next extension of a list, checked before or not. Malformed input makes `list` bad. */
struct x509_extension x509_extension_next(struct bytes_rd *list);
/* Reads a SEQUENCE of at least one well-formed extension, without duplicates; ret is its content. */
JURAT_MUST_CHECK int x509_extensions_read(struct bytes_rd *r, struct bytes_rd *ret, struct jurat_error *err);
/* Gets the keyIdentifier of an authorityKeyIdentifier; size 0 when it has none. */
JURAT_MUST_CHECK int x509_authority_key_id_read(const struct bytes_rd *value, struct bytes_rd *ret,
						struct jurat_error *err);

extern const uint8_t x509_oid_authority_key_id[3];

/* 0 valid; JURAT_REFUSED; < 0 -errno */
JURAT_MUST_CHECK int x509_signature_check(const struct bytes_rd *tbs, enum crypto_signature_kind kind,
					  const struct bytes_rd *signature,
					  const struct crypto_public *issuer);

#endif
