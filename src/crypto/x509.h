/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_X509_H
#define CRYPTO_X509_H

#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/ec.h"
#include "crypto/rsa.h"

/*
 * X.509 v3 certificates and v2 CRLs as the vendors of TEEs issue them (RFC 5280), read strictly and without
 * allocation. Everything borrows from the DER it was read from. Reading proves nothing: a field means
 * something only after crypto_cert_check_signature() against an issuer that is trusted.
 */
enum crypto_key_kind { CRYPTO_KEY_OTHER, CRYPTO_KEY_RSA, CRYPTO_KEY_P256, CRYPTO_KEY_P384 };
enum crypto_signature_kind {
	CRYPTO_SIG_OTHER,          /* an unsupported algorithm */
	CRYPTO_SIG_RSA_PSS_SHA384, /* salt 48, MGF1 SHA-384; explicit trailerField 1 present or absent */
	CRYPTO_SIG_ECDSA_SHA256,
	CRYPTO_SIG_ECDSA_SHA384,
};

/* keyUsage bits, as RFC 5280 4.2.1.3 numbers them */
enum crypto_usage {
	CRYPTO_USAGE_DIGITAL_SIGNATURE = 1 << 0,
	CRYPTO_USAGE_KEY_CERT_SIGN = 1 << 5,
	CRYPTO_USAGE_CRL_SIGN = 1 << 6,
};

struct crypto_cert {
	struct bytes_rd der, tbs; /* the whole certificate; the signed part */
	struct bytes_rd serial;   /* big-endian, non-negative, no leading zeros; zero has one byte 00 */
	struct bytes_rd issuer, subject; /* Name in DER */
	/*
	 * the last commonName: UTF-8 without control characters, not NUL-terminated; size 0 when there is
	 * none
	 */
	struct bytes_rd subject_cn, issuer_cn;
	int64_t not_before, not_after; /* seconds since 1970 */
	struct bytes_rd spki;          /* SubjectPublicKeyInfo in DER, by which roots are pinned */
	enum crypto_key_kind key_kind;
	struct bytes_rd key_point;    /* P-256, P-384: x then y, without the 04 */
	struct bytes_rd key_n, key_e; /* RSA */
	enum crypto_signature_kind signature_kind;
	struct bytes_rd signature;  /* the BIT STRING's bytes */
	struct bytes_rd extensions; /* content of the SEQUENCE of extensions */
	bool has_basic_constraints, is_ca, has_path_len;
	uint32_t path_len;
	bool has_key_usage;
	uint32_t key_usage;
	struct bytes_rd subject_key_id, authority_key_id; /* size 0 when absent */
	/* A critical extension other than basicConstraints and keyUsage: RFC 5280 requires refusal. */
	bool has_unknown_critical;
};

/*
 * der       n bytes, untrusted, borrowed by `ret`
 * Returns   0; -EBADMSG not one v3 certificate in strict DER, or one that the profile of RFC 5280 forbids
 *           (duplicate extension, inner and outer algorithm differ ...): `err` names the field, and says so
 *           if it is PEM.
 */
JURAT_MUST_CHECK int crypto_cert_read(const uint8_t *der, size_t n, struct crypto_cert *ret,
				      struct jurat_error *err);

/*
 * Gets the content of an extension's OCTET STRING. `oid` is the DER content of the OID; ret_critical may be
 * NULL. 0, or JURAT_NOT_FOUND.
 */
int crypto_cert_extension(const struct crypto_cert *cert, const uint8_t *oid, size_t oid_size,
			  struct bytes_rd *ret, bool *ret_critical);

/*
 * Formats a Name as text, the last RDN first: "CN=SEV-Milan,O=Advanced Micro Devices,...". Everything but
 * printable ASCII is escaped. Spec: RFC 4514.
 *
 * buf       room bytes; receives the NUL-terminated text, truncated to fit. May be NULL when room is 0
 * Returns   the length of the untruncated text without NUL, as snprintf(3)
 */
size_t crypto_name_format(const struct bytes_rd *name, char *buf, size_t room);

/*
 * A public key that verifies signatures on certificates, CRLs and digests. Several threads may use it at
 * once.
 */
struct crypto_public {
	enum crypto_key_kind kind;
	struct crypto_rsa_public *rsa;
	struct crypto_ec_public *ec;
};

/*
 * 0; -EBADMSG invalid key; -ENOTSUP unsupported kind of key; -ENOMEM. crypto_public_done() accepts NULL and
 * an all-zero struct, too.
 */
JURAT_MUST_CHECK int crypto_public_init(struct crypto_public *key, const struct crypto_cert *cert,
					struct jurat_error *err);
void crypto_public_done(struct crypto_public *key);

/*
 * Verifies the signature only. 0 valid; JURAT_REFUSED invalid, or the algorithm does not match the key (P-256
 * requires SHA-256, P-384 SHA-384); < 0 -errno.
 */
JURAT_MUST_CHECK int crypto_cert_check_signature(const struct crypto_cert *cert,
						 const struct crypto_public *issuer);

struct crypto_crl {
	struct bytes_rd der, tbs, issuer;
	struct bytes_rd issuer_cn;        /* as in struct crypto_cert */
	int64_t this_update, next_update; /* next_update INT64_MIN when absent */
	struct bytes_rd revoked;          /* content of revokedCertificates; size 0 when none */
	struct bytes_rd crl_number;       /* big-endian; size 0 when absent */
	struct bytes_rd authority_key_id; /* size 0 when absent */
	enum crypto_signature_kind signature_kind;
	struct bytes_rd signature;
	bool has_unknown_critical; /* in crlExtensions or in an entry: the CRL must be refused */
};

JURAT_MUST_CHECK int crypto_crl_read(const uint8_t *der, size_t n, struct crypto_crl *ret,
				     struct jurat_error *err);
JURAT_MUST_CHECK int crypto_crl_check_signature(const struct crypto_crl *crl,
						const struct crypto_public *issuer);
/* Whether the CRL lists a serial number (as in crypto_cert.serial). */
bool crypto_crl_lists(const struct crypto_crl *crl, const struct bytes_rd *serial);
/* Iterates over the listed serial numbers: start with *rest = crl->revoked; false at the end. */
bool crypto_crl_next(struct bytes_rd *rest, struct bytes_rd *ret_serial);

/* Whether a line of the text begins a PEM block, with no NUL before it. */
bool crypto_pem_is(const uint8_t *text, size_t n);

/*
 * Iterates over the PEM blocks of a text (RFC 7468; text before, between and after blocks is skipped). Input
 * that is a DER SEQUENCE, or has no block, is returned whole as DER.
 *
 * text, n   untrusted
 * *off      start with 0; advances past the block
 * ret, ret_size  heap copy of the DER that the caller frees with free()
 * label     "CERTIFICATE", "X509 CRL", or "" for raw DER; at most 32 bytes with NUL
 * Returns   0; JURAT_NOT_FOUND no further block; -EBADMSG a malformed block, or one with another label;
 *           -ENOMEM
 */
JURAT_MUST_CHECK int crypto_pem_next(const uint8_t *text, size_t n, size_t *off, char label[32],
				     uint8_t **ret, size_t *ret_size, struct jurat_error *err);

/*
 * Decodes the first block that has one of these labels, without a copy of it on the heap; other blocks are
 * skipped.
 *
 * labels    NULL after the last
 * to        room bytes; wiped by the caller if they are secret, also after a failure
 * Returns   0; JURAT_NOT_FOUND no such block; -EBADMSG a malformed or encrypted block
 */
JURAT_MUST_CHECK int crypto_pem_find(const uint8_t *text, size_t n, const char *const *labels, uint8_t *to,
				     size_t room, size_t *ret_size, size_t *ret_label,
				     struct jurat_error *err);

/*
 * Writes one certificate, n bytes of DER, as a PEM block with lines of 64 characters. The caller checks
 * ferror(3).
 */
void crypto_pem_write(FILE *to, const uint8_t *der, size_t n);
/* The same of something else: "X509 CRL". */
void crypto_pem_write_as(FILE *to, const char *label, const uint8_t *der, size_t n);

#endif
