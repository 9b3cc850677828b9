/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_VERIFIER_H
#define VERIFY_VERIFIER_H

#include <jurat/verify.h>

#include "verify/entry.h"
#include "verify/tdx_cache.h"

enum {
	VERIFIER_LEAVES = 64,      /* endorsement keys of the evidence that are remembered */
	VERIFIER_AUTHORITIES = 16, /* roots and intermediates of the evidence that are remembered */
	VERIFIER_CRLS = 4,         /* CRLs of the evidence that are remembered */
};

struct pointers {
	void **items;
	size_t n, room;
};

struct jurat_verifier {
	bool roots_given;
	struct pointers roots; /* struct cert_entry: anchors, when given */
	struct pointers
		authorities; /* struct cert_entry: given, untrusted: other CAs, and pinned roots among them */
	struct pointers
		leaves; /* struct cert_entry: given, untrusted: ordered by kind and HWID when leaves_sorted */
	bool leaves_sorted;
	struct pointers crls; /* struct crl_entry */
	struct cert_cache seen_leaves, seen_authorities;
	struct crl_entry *seen_crls[VERIFIER_CRLS]; /* the oldest goes */
	size_t next_crl;
	struct tdx_cache tdx;
};

/* The given leaves of one kind and chip: items [*ret_first, *ret_end). VLEKs have a HWID of zeros. */
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
/* The certificate as AMD publishes it: its signature on itself is known to hold. */
bool root_is_published(enum snp_product product, const uint8_t sha256[32]);

#endif
