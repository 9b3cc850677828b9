/* SPDX-License-Identifier: MIT */
#ifndef ENDORSE_CHECK_H
#define ENDORSE_CHECK_H

#include "endorse/value.h"

/*
 * Whether a value is the endorsement that an item names: it chains to a trusted root, is signed, and says
 * what was asked for (product, HWID, every SPL; FMSPC, TEE, evaluation data number; issuer of a CRL). Used
 * on everything from a service, a store or a directory before it is kept or served.
 */
struct endorse_checker;

/*
 * roots     DER or PEM of roots that replace the vendors' pinned ones; n 0: the pinned ones. Copied.
 * Threads   one thread at a time
 */
JURAT_MUST_CHECK int endorse_checker_new(struct endorse_checker **ret, struct jurat_error *err);
void endorse_checker_free(struct endorse_checker *checker);
JURAT_MUST_CHECK int endorse_checker_add_roots(struct endorse_checker *checker, const void *bytes, size_t n,
					       struct jurat_error *err);

/*
 * A VCEK needs the chain of its product, a value of ENDORSE_VCEK_CHAIN that this checker has accepted
 * before; so does a CRL of AMD's. Intel's documents bring their issuer chain with them.
 *
 * at           time of the check, seconds since 1970
 * ret_expires  until when it may be served without asking again: nextUpdate of CRLs and documents, notAfter
 *              of certificates
 * value        `issued` and `number` are set, so that the later of two can be kept
 * Returns      0; -EBADMSG it is malformed, not signed, or another item: `err` says what was expected and
 *              found; -ESTALE it has expired or is not yet valid at `at`; -ENOKEY the chain that it needs
 *              was not checked before; -ENOMEM
 */
JURAT_MUST_CHECK int endorse_check(struct endorse_checker *checker, const struct endorse_item *item,
				   struct endorse_value *value, int64_t at, int64_t *ret_expires,
				   struct jurat_error *err);
/* The item whose value endorse_check() of `item` needs first; false: none. */
bool endorse_check_needs(const struct endorse_item *item, struct endorse_item *ret);

#endif
