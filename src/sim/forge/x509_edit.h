/* SPDX-License-Identifier: MIT */
#ifndef SIM_X509_EDIT_H
#define SIM_X509_EDIT_H

#include "sim/forge/order.h"

/*
 * Changes certificates and CRLs by the names of their parts: what is between the outermost SEQUENCE and the
 * signature (tbsCertificate, tbsCertList) is taken apart, changed, put together again, and signed by the
 * caller.
 *
 * Fields of certificates: version, serial (HEX), not_before, not_after (times), issuer, subject (the common
 * name), key (`other`, or HEX of the public key's bits), algorithm (OID), ca (flag, or absent), path_len
 * (number, or absent), key_usage (HEX of the named bits, or absent), extension.OID (HEX of the value's DER,
 * or absent), critical.OID (flag), signed_by (who: see forge.h; `self`, `other`), missing (flag), trailing
 * (HEX behind the certificate). Of AMD's leaves: product_name, hwid, csp_id, spl.NAME as the extensions have
 * them. Of PCK certificates: sgx.NAME. Of CRLs: this_update, next_update (time, or absent), number, issuer,
 * revoked (names of parts or serials in HEX, separated by commas; empty: nobody), signed_by, missing.
 */
enum { SIM_X509_MAX_BYTES = 8192 };

enum sim_x509_kind { SIM_X509_CERT, SIM_X509_AMD_LEAF, SIM_X509_PCK, SIM_X509_CRL };

/* Whether a field of this kind exists and the value is one of it: for sim_order_add. 0; -EINVAL. */
JURAT_MUST_CHECK int sim_x509_check(enum sim_x509_kind kind, const char *field, const char *value, int64_t at,
				    struct jurat_error *err);

/*
 * Applies one set item to a TBS. Items about signing and leaving out are the caller's.
 *
 * tbs       *n of SIM_X509_MAX_BYTES bytes; unchanged on failure
 * Returns   0; -EINVAL
 */
JURAT_MUST_CHECK int sim_x509_edit(enum sim_x509_kind kind, const char *field, const char *value, int64_t at,
				   uint8_t *tbs, size_t *n, struct jurat_error *err);

/* The parts of a signed object: borrowed from it. -EBADMSG. */
struct sim_x509_parts {
	const uint8_t *tbs, *signature; /* signature: the bits, without the count of unused ones */
	size_t tbs_size, signature_size;
};
JURAT_MUST_CHECK int sim_x509_parts(const uint8_t *der, size_t n, struct sim_x509_parts *ret,
				    struct jurat_error *err);

#endif
