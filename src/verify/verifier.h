/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_VERIFIER_H
#define VERIFY_VERIFIER_H

#include <jurat/verify.h>

#include "verify/entry.h"
#include "verify/tdx_cache.h"

enum {
	VERIFIER_LEAVES = 64,      /* cached endorsement key certificates of evidence */
	VERIFIER_AUTHORITIES = 16, /* cached roots and intermediates of evidence */
	VERIFIER_CRLS = 4,         /* cached CRLs of evidence */
};

struct pointers {
	void **items;
	size_t n, room;
};

struct jurat_verifier {
	bool roots_given;
	struct pointers roots; /* struct cert_entry: supplied trust anchors */
	struct pointers
		authorities; /* struct cert_entry: supplied, untrusted: other CAs, possibly pinned roots */
	struct pointers
		leaves; /* struct cert_entry: supplied, untrusted; sorted by kind and HWID if leaves_sorted */
	bool leaves_sorted;
	struct pointers crls; /* struct crl_entry */
	struct cert_cache seen_leaves, seen_authorities;
	struct crl_entry *seen_crls[VERIFIER_CRLS]; /* the oldest is evicted */
	size_t next_crl;
	struct tdx_cache tdx;
};

/* The supplied leaves of one kind and chip: items [*ret_first, *ret_end). VLEKs have a HWID of zeros. */
void verifier_leaves_of(struct jurat_verifier *verifier, enum vek_kind kind, const uint8_t hwid[64],
			size_t *ret_first, size_t *ret_end);

/* All of that kind. */
void verifier_leaves_of_kind(struct jurat_verifier *verifier, enum vek_kind kind, size_t *ret_first,
			     size_t *ret_end);

/*
 * AMD's own roots. Spec: AMD KDS (57230); SHA-256 of SubjectPublicKeyInfo and of the whole
 * certificate.
 */
bool root_is_pinned(enum snp_product product, const uint8_t spki_sha256[32]);
/* Whether it is the certificate that AMD publishes, whose self-signature is known to be valid. */
bool root_is_published(enum snp_product product, const uint8_t sha256[32]);

#endif
