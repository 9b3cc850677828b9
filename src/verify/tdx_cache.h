/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_CACHE_H
#define VERIFY_TDX_CACHE_H

#include "verify/entry.h"
#include "verify/tdx_pck.h"
#include "verify/verdict.h"
#include "wire/tdx_quote.h"

/*
 * A verifier's cache for TDX evidence and collateral. It holds facts that never change, such as that a key
 * made a signature. Validity period, revocation and trust are checked anew each time.
 */
enum { TDX_FACTS = 96, TDX_KEYS = 32, TDX_QES = 64, QE_CHAIN_MAX = 8 };

/* The fact that the key of certificate `issuer` signed `object`; both are the SHA-256 of the whole object. */
struct tdx_fact {
	uint8_t object[CRYPTO_SHA256_BYTES], issuer[CRYPTO_SHA256_BYTES];
	uint64_t used;
};

/* The public key of a certificate, ready for use. */
struct tdx_key {
	uint8_t cert[CRYPTO_SHA256_BYTES];
	struct crypto_ec_public *key;
	uint64_t used;
};

/*
 * The constant part of a quote, which stays the same as long as its quoting enclave keeps its key: all
 * signature data after the quote signature. It is found by comparing every byte.
 */
struct qe_entry {
	struct crypto_ec_public *key; /* attestation key; NULL: not a point on the curve */
	bool bound; /* the QE report covers the attestation key and the authentication data */
	uint8_t report_digest[CRYPTO_SHA256_BYTES];
	uint8_t report_sha256[CRYPTO_SHA256_BYTES]; /* of the QE report and its signature */
	/* From the certification data, owned; NULL when missing. */
	struct cert_entry *leaf, *intermediate, *root;
	size_t stray; /* number, from 1, of a certificate that is none of the three; 0: there is none */
	char stray_name[VERDICT_NAME_BYTES];
	uint64_t used;
	size_t size;
	uint8_t bytes[];
};

struct tdx_cache {
	struct tdx_fact facts[TDX_FACTS];
	struct tdx_key keys[TDX_KEYS];
	struct qe_entry *qes[TDX_QES];
	size_t n_facts, n_keys, n_qes;
	uint64_t clock;
	const struct crypto_ec_public
		*like; /* during one verification: a key from which others are created faster; NULL: none */
};

/*
 * bytes     the quote that `quote` was read from
 * Returns   0; -EBADMSG the certificates inside are malformed or not a chain: `err` says why; -ENOMEM
 */
JURAT_MUST_CHECK int qe_entry_new(const struct tdx_cache *cache, const uint8_t *bytes,
				  const struct tdx_quote *quote, struct qe_entry **ret,
				  struct jurat_error *err);
void qe_entry_free(struct qe_entry *entry);

/* NULL: not in the cache. */
struct qe_entry *tdx_cache_find_qe(struct tdx_cache *cache, const uint8_t *bytes,
				   const struct tdx_quote *quote);
/* Adds the entry and takes ownership; it must not be in the cache yet. Evicts the least recently used. */
void tdx_cache_put_qe(struct tdx_cache *cache, struct qe_entry *entry);
void tdx_cache_done(struct tdx_cache *cache);

/*
 * Check whether the key of `issuer` made a signature, from the cache or by verifying it. 0 it did;
 * JURAT_REFUSED, also when the key is not on P-256; -ENOMEM or another -errno.
 */
JURAT_MUST_CHECK int tdx_cert_signed_by(struct tdx_cache *cache, const struct cert_entry *cert,
					const struct cert_entry *issuer);
JURAT_MUST_CHECK int tdx_crl_signed_by(struct tdx_cache *cache, const struct crl_entry *crl,
				       const struct cert_entry *issuer);
/* object SHA-256 over digest, r and s */
JURAT_MUST_CHECK int tdx_digest_signed_by(struct tdx_cache *cache, const uint8_t object[CRYPTO_SHA256_BYTES],
					  const uint8_t digest[CRYPTO_SHA256_BYTES], const uint8_t r[32],
					  const uint8_t s[32], const struct cert_entry *issuer);
/*
 * Caches that `issuer` signed `object`. Only for issuers below a trusted root: others could fill the cache.
 */
void tdx_learn(struct tdx_cache *cache, const uint8_t object[CRYPTO_SHA256_BYTES],
	       const uint8_t issuer[CRYPTO_SHA256_BYTES]);

#endif
