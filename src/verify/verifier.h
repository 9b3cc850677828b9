/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_VERIFIER_H
#define VERIFY_VERIFIER_H

#include <jurat/verify.h>

#include "verify/entry.h"
#include "verify/tdx_cache.h"

enum {
	VERIFIER_LEAVES = 128,     /* cached endorsement key certificates of evidence */
	VERIFIER_AUTHORITIES = 16, /* cached roots and intermediates of evidence */
	VERIFIER_CRLS = 4,         /* cached CRLs of evidence */
};

struct pointers {
	void **items;
	size_t n, room;
};

/*
 * What was supplied changes only in calls that have the verifier to themselves (jurat_verifier_add_*). All
 * else changes in verifications, in any number of threads: in the caches, and in entries, both of which are
 * made for that.
 */
struct jurat_verifier {
	bool roots_given;
	/* All that was supplied. Of struct cert_entry: */
	struct pointers roots;       /* trust anchors */
	struct pointers authorities; /* untrusted: other CAs, possibly pinned roots */
	struct pointers veks;        /* untrusted: VCEKs and VLEKs, sorted by kind, HWID and SHA-256 */
	struct pointers leaves;      /* untrusted: other certificates that are not a CA's, as they came */
	struct pointers crls;        /* struct crl_entry */
	struct cache seen_leaves, seen_authorities, seen_crls; /* of certificate tables */
	struct tdx_cache tdx; /* from here on, jurat_verifier_new() leaves pages untouched */
	CACHE_SPACE(VERIFIER_LEAVES) leaf_space;
	CACHE_SPACE(VERIFIER_AUTHORITIES) authority_space;
	CACHE_SPACE(VERIFIER_CRLS) crl_space;
};

/* The supplied VEKs of one kind and chip: items [*ret_first, *ret_end). VLEKs have a HWID of zeros. */
void verifier_veks_of(const struct jurat_verifier *verifier, enum vek_kind kind, const uint8_t hwid[64],
		      size_t *ret_first, size_t *ret_end);

/* All of that kind. */
void verifier_veks_of_kind(const struct jurat_verifier *verifier, enum vek_kind kind, size_t *ret_first,
			   size_t *ret_end);

/*
 * AMD's own roots. Spec: AMD KDS (57230); SHA-256 of SubjectPublicKeyInfo and of the whole
 * certificate.
 */
bool root_is_pinned(enum snp_product product, const uint8_t spki_sha256[32]);
/* Whether it is the certificate that AMD publishes, whose self-signature is known to be valid. */
bool root_is_published(enum snp_product product, const uint8_t sha256[32]);

#endif
