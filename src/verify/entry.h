/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_ENTRY_H
#define VERIFY_ENTRY_H

#include <stdatomic.h>

#include "crypto/hash.h"
#include "crypto/x509.h"
#include "verify/cache.h"
#include "verify/snp_vek.h"

/*
 * A certificate or CRL in the verifier's own memory, with facts about it that never change: its fields, its
 * public key ready for use, and who signed it. It says nothing about trust, validity period or revocation,
 * which are checked anew each time.
 *
 * Any number of threads may use an entry at once. What is not known at its creation is published once, by the
 * thread that finds it out first; what another thread found out meanwhile is the same, and dropped.
 */

/* The certificate, by its SHA-256, whose key made the signature of an entry. */
struct entry_signer {
	atomic_uint state; /* 0; SIGNER_WRITING; SIGNER_KNOWN, and `sha256` stays as it is */
	uint8_t sha256[CRYPTO_SHA256_BYTES];
};

struct cert_entry {
	atomic_uint users;                   /* its owner, and the verdicts that show it */
	uint8_t sha256[CRYPTO_SHA256_BYTES]; /* of the whole DER: the identity of the entry (B52) */
	uint8_t spki_sha256[CRYPTO_SHA256_BYTES];
	struct crypto_cert cert;  /* borrows from der */
	void *_Atomic key;        /* of the kind of `cert`, created on first use; NULL: not yet */
	struct vek vek;           /* leaves only */
	enum vek_fault vek_fault; /* what was wrong with it */
	struct jurat_error vek_error;
	struct entry_signer signer;
	uint8_t der[];
};

struct crl_entry {
	uint8_t sha256[CRYPTO_SHA256_BYTES];
	struct crypto_crl crl; /* borrows from der */
	struct entry_signer signer;
	uint8_t der[];
};

/* der   n bytes, untrusted, copied. 0; -EBADMSG with the reason; -ENOMEM. Freed with cert_entry_free. */
JURAT_MUST_CHECK int cert_entry_new(const uint8_t *der, size_t n, struct cert_entry **ret,
				    struct jurat_error *err);
/* The same without parsing AMD's names and extensions. */
JURAT_MUST_CHECK int cert_entry_new_plain(const uint8_t *der, size_t n, struct cert_entry **ret,
					  struct jurat_error *err);
/*
 * Another user of the same entry, who frees it too, in any thread. Only a user adds one. NULL stays NULL.
 */
struct cert_entry *cert_entry_share(struct cert_entry *entry);
void cert_entry_free(struct cert_entry *entry);
JURAT_MUST_CHECK int crl_entry_new(const uint8_t *der, size_t n, struct crl_entry **ret,
				   struct jurat_error *err);

/*
 * The public key, created on first use, borrowed from the entry. 0; -EBADMSG, -ENOTSUP no key that can verify
 * signatures; -ENOMEM.
 */
JURAT_MUST_CHECK int cert_entry_key(struct cert_entry *entry, struct crypto_public *ret,
				    struct jurat_error *err);
/* The same if it was created before; false: it was not. */
bool cert_entry_has_key(const struct cert_entry *entry, struct crypto_public *ret);
/*
 * Checks whether `issuer`'s key signed `entry`, unless that is known. 0 it did; JURAT_REFUSED; -ENOMEM or
 * another -errno. Names, times and extensions are not checked.
 */
JURAT_MUST_CHECK int cert_entry_signed_by(const struct cert_entry *entry, struct cert_entry *issuer);
JURAT_MUST_CHECK int crl_entry_signed_by(const struct crl_entry *entry, struct cert_entry *issuer);
/*
 * Notes that `issuer` signed the entry, for good. Only for issuers below a trusted root: otherwise evidence
 * with another certificate of the same key could take the place of the one that counts.
 */
void cert_entry_learn(struct cert_entry *entry, const struct cert_entry *issuer);
void crl_entry_learn(struct crl_entry *entry, const struct cert_entry *issuer);
bool crl_entry_has_signer(const struct crl_entry *entry);

/* Caches of entries, by the SHA-256 of the whole DER. */
extern const struct cache_kind cert_cache_kind, crl_cache_kind;

#endif
