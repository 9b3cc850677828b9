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
enum {
	TDX_FACTS = 320,
	TDX_KEYS = 32,
	TDX_QES = 128,
	TDX_QE_BYTES = 16384, /* four times those of a usual constant part; larger ones are not cached */
	QE_CHAIN_MAX = 8
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
	bool has_pck; /* the leaf has an SGX extension, which is well-formed */
	struct pck pck;
	size_t stray; /* number, from 1, of a certificate that is none of the three; 0: there is none */
	char stray_name[VERDICT_NAME_BYTES];
	size_t size;
	uint8_t bytes[];
};

struct tdx_cache {
	struct cache facts; /* that the key of one certificate signed a certain object */
	struct cache keys;  /* public keys of certificates, ready for use */
	struct cache qes;   /* struct qe_entry */
	/*
	 * The key of a supplied root, from which others are created faster; NULL: none. Changes with the
	 * roots only.
	 */
	const struct crypto_ec_public *like;
	CACHE_SPACE(TDX_FACTS) fact_space;
	CACHE_SPACE(TDX_KEYS) key_space;
	CACHE_SPACE(TDX_QES) qe_space;
};

void tdx_cache_init(struct tdx_cache *cache);
void tdx_cache_done(struct tdx_cache *cache);

/*
 * bytes     the quote that `quote` was read from
 * Returns   0; -EBADMSG the certificates inside are malformed or not a chain: `err` says why; -ENOMEM
 */
JURAT_MUST_CHECK int qe_entry_new(struct tdx_cache *cache, const uint8_t *bytes,
				  const struct tdx_quote *quote, struct qe_entry **ret,
				  struct jurat_error *err);
void qe_entry_free(struct qe_entry *entry);

/* As cache_find() and cache_put(). An entry that is too large stays its caller's, too. */
struct cache_slot *tdx_cache_find_qe(struct tdx_cache *cache, const uint8_t *bytes,
				     const struct tdx_quote *quote);
struct cache_slot *tdx_cache_put_qe(struct tdx_cache *cache, struct qe_entry *entry);

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
 * Caches that `issuer` signed `object`, if there is memory and room. Only for issuers below a trusted root:
 * others could fill the cache.
 */
void tdx_learn(struct tdx_cache *cache, const uint8_t object[CRYPTO_SHA256_BYTES],
	       const uint8_t issuer[CRYPTO_SHA256_BYTES]);

#endif
