/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_ENTRY_H
#define VERIFY_ENTRY_H

#include <stdatomic.h>

#include "crypto/hash.h"
#include "crypto/x509.h"
#include "verify/snp_vek.h"

/*
 * A certificate or CRL in the verifier's own memory, with facts about it that never change: its fields, its
 * public key ready for use, and who signed it. It says nothing about trust, validity period or revocation,
 * which are checked anew each time.
 */
struct cert_entry {
	atomic_uint users;                   /* its owner, and the verdicts that show it */
	uint8_t sha256[CRYPTO_SHA256_BYTES]; /* of the whole DER: the identity of the entry (B52) */
	uint8_t spki_sha256[CRYPTO_SHA256_BYTES];
	struct crypto_cert cert; /* borrows from der */
	struct crypto_public key;
	bool has_key;
	struct vek vek;           /* leaves only */
	enum vek_fault vek_fault; /* what was wrong with it */
	struct jurat_error vek_error;
	bool signed_ok;
	uint8_t signed_by[CRYPTO_SHA256_BYTES]; /* SHA-256 of the certificate whose key made the signature */
	uint64_t used;
	uint8_t der[];
};

struct crl_entry {
	uint8_t sha256[CRYPTO_SHA256_BYTES];
	struct crypto_crl crl; /* borrows from der */
	bool signed_ok;
	uint8_t signed_by[CRYPTO_SHA256_BYTES];
	uint64_t used;
	uint8_t der[];
};

/* der   n bytes, untrusted, copied. 0; -EBADMSG with the reason; -ENOMEM. Freed with cert_entry_free. */
JURAT_MUST_CHECK int cert_entry_new(const uint8_t *der, size_t n, struct cert_entry **ret,
				    struct jurat_error *err);
/* The same without parsing AMD's names and extensions. */
JURAT_MUST_CHECK int cert_entry_new_plain(const uint8_t *der, size_t n, struct cert_entry **ret,
					  struct jurat_error *err);
/*
 * Another user of the same entry, who frees it too, in any thread. Uses nothing but what creation sets: only
 * the owner adds a key or a signer. NULL stays NULL.
 */
struct cert_entry *cert_entry_share(struct cert_entry *entry);
void cert_entry_free(struct cert_entry *entry);
JURAT_MUST_CHECK int crl_entry_new(const uint8_t *der, size_t n, struct crl_entry **ret,
				   struct jurat_error *err);

/* Creates the public key on first use. 0; -EBADMSG, -ENOTSUP no key that can verify signatures; -ENOMEM. */
JURAT_MUST_CHECK int cert_entry_need_key(struct cert_entry *entry, struct jurat_error *err);
/*
 * Checks whether `issuer`'s key signed `entry`, and caches a success by the digest of `issuer`. 0 it did;
 * JURAT_REFUSED; -ENOMEM or another -errno. Names, times and extensions are not checked.
 */
JURAT_MUST_CHECK int cert_entry_signed_by(struct cert_entry *entry, struct cert_entry *issuer);
JURAT_MUST_CHECK int crl_entry_signed_by(struct crl_entry *entry, struct cert_entry *issuer);

/* A cache of certificates by digest, which evicts the least recently used. */
enum { CERT_CACHE_MAX = 64 };

struct cert_cache {
	size_t room; /* <= CERT_CACHE_MAX */
	size_t n;
	uint64_t clock;
	struct cert_entry *entries[CERT_CACHE_MAX];
};

struct cert_entry *cert_cache_find(struct cert_cache *cache, const uint8_t sha256[CRYPTO_SHA256_BYTES]);
/* Adds the entry and takes ownership; it must not be in the cache yet. */
void cert_cache_put(struct cert_cache *cache, struct cert_entry *entry);
void cert_cache_done(struct cert_cache *cache);

#endif
