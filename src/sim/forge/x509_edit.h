/* SPDX-License-Identifier: MIT */
#ifndef SIM_X509_EDIT_H
#define SIM_X509_EDIT_H

#include "sim/forge/order.h"

/*
 * Changes certificates and CRLs by the names of their parts: the signed part (tbsCertificate, tbsCertList) is
 * taken apart, changed and put together again; the caller signs it.
 *
 * DER is HEX of one element. A time may have "utc:" or "generalized:" in front for that encoding, whatever
 * its year, and "utc-text:" or "generalized-text:" stand before any text in its place. An OID is "2.5.29.19",
 * or a name: basic_constraints, key_usage, ext_key_usage, subject_key_id, authority_key_id, name_constraints,
 * policies, crl_points, crl_number, sgx, and those of AMD's below ("hwid").
 *
 *	version            number as encoded: 2 is version 3 (CRL: 1 is version 2); 0, the default: absent
 *	serial             HEX of the INTEGER's content: "ff" is negative, "0001" has a zero too many
 *	not_before, not_after                  time
 *	issuer, subject    the common name; with "printable:", "utf8:", "ia5:" or "bmp:", in that encoding
 *	issuer_name, subject_name              the whole Name as DER; absent: no attributes
 *	key                HEX of the public key's bits, or of another key that is the same for all who ask
 *	                   for it: other (of the same kind), other-p256, other-p384, other-rsa
 *	spki               the SubjectPublicKeyInfo as DER
 *	inner_algorithm    AlgorithmIdentifier of the signed part only: as `algorithm`
 *	ca                 flag, or absent (no basicConstraints); path_len: number, or absent
 *	key_usage          HEX of the named bits, highest first: 06 is keyCertSign and cRLSign; or absent
 *	subject_key_id, authority_key_id       HEX, other (of that key), or absent
 *	extension.OID      the value's DER, or any HEX; absent removes it; the first one of that OID
 *	critical.OID       flag of it
 *	another.OID        HEX: one more at the end, not critical, also of an OID that there is
 *	extensions         absent: none at all; reversed: their order; empty: an empty list
 *	append             DER behind all else of the signed part
 *
 * AMD's leaves: struct_version (number), product_name, csp_id (text), hwid (HEX of any length, or xNN),
 * spl.NAME (number; blSPL, teeSPL, snpSPL, spl4 to spl7, ucodeSPL, fmcSPL); each may be absent.
 *
 * PCK certificates, of the SGX extension: sgx.NAME: ppid, cpusvn, pceid, fmspc, platform_instance_id (HEX);
 * component_1 to component_16, pcesvn, type (number); dynamic_platform, cached_keys, smt (flag); each, and
 * tcb and configuration, may be absent, or twice; sgx.unknown=yes: one more element of an OID that no one
 * uses; sgx.order=reversed.
 *
 * CRLs: version, issuer, issuer_name, inner_algorithm, extension.OID, critical.OID, another.OID, extensions,
 * authority_key_id and append as above; this_update, next_update (time; absent), number (HEX as `serial`; or
 * absent), revoked (names of parts or serials in HEX, separated by commas; empty: nobody), revoked_at (time,
 * of all entries), entry.OID (HEX: a further extension of all entries), entry_critical.OID (flag of it).
 *
 * About all of them, and done by forge_certs.c:
 *
 *	signed_by          key: ark, ask, asvk, vcek, vlek, root, pck_ca, tcb_signing, pck, self, other
 *	algorithm          how it is signed, named in both places: rsa-pss-HASH (salt as long as the hash),
 *	                   rsa-pss-HASH-saltN, either with "-trailer" for an explicit trailerField; rsa-HASH
 *	                   (PKCS #1 v1.5), ecdsa-HASH; HASH: sha256, sha384, sha512. The key has to fit it
 *	outer_algorithm    only what stands behind the signed part: one of these, or DER
 *	signature          HEX of the signature's bits
 *	missing            yes: nobody gets it
 *	trailing           HEX behind it
 *	encoding           long-length, tbs-long-length (a zero byte too many in that length), indefinite
 *	product            AMD: it is that of another product ("Genoa"; `other`: the next one)
 */
enum { SIM_X509_MAX_BYTES = 8192 };

enum sim_x509_kind { SIM_X509_CERT, SIM_X509_AMD_LEAF, SIM_X509_PCK, SIM_X509_CRL };

/*
 * Whether a field of this kind exists, and the value is one of it: for sim_order_add. The fields that the
 * caller does count, too.
 *
 * value     NULL: damage, which needs a field that has a place
 * Returns   0; -EINVAL
 */
JURAT_MUST_CHECK int sim_x509_check(enum sim_x509_kind kind, const char *field, const char *value, int64_t at,
				    struct jurat_error *err);

/*
 * Applies one item to a signed part, whose names and words (`other`) stand for bytes: the caller has replaced
 * them.
 *
 * tbs       *n of SIM_X509_MAX_BYTES bytes; unchanged on failure
 * Returns   0; -EINVAL; -ENOMEM
 */
JURAT_MUST_CHECK int sim_x509_edit(enum sim_x509_kind kind, const char *field, const char *value, int64_t at,
				   uint8_t *tbs, size_t *n, struct jurat_error *err);

/* Where a field's value is in a signed part, without tag and length. 0; -EINVAL: it has none; -ENOMEM. */
JURAT_MUST_CHECK int sim_x509_find(enum sim_x509_kind kind, const char *field, const uint8_t *tbs, size_t n,
				   size_t *ret_off, size_t *ret_size, struct jurat_error *err);

#endif
